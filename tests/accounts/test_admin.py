"""In the admin a token is shown once and seen by its owner only; logs are read, never changed."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from accounts import rules
from accounts.models import ApiToken, User
from notifications.models import Message
from notifications.rules import Draft, enqueue
from privacy.models import RevealLog
from privacy.rules import reveal

AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
LIST = "admin:accounts_apitoken_changelist"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _only_the_admin(settings):
    settings.MIDDLEWARE = [m for m in settings.MIDDLEWARE if not m.startswith("mpp_portal.")]
    static = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": static}


@pytest.fixture
def officer():
    user = User.objects.create_user("petugas", is_staff=True)
    rights = ["view_apitoken", "add_apitoken", "view_user", "change_user"]
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    return user


@pytest.fixture
def boss():
    return User.objects.create_superuser("kepala")


def test_a_new_token_is_shown_once_and_works(client, officer):
    client.force_login(officer)
    form = {"user": officer.pk, "name": "loket 3", "scopes": ["counters"]}
    form |= {"expires_at_0": "", "expires_at_1": ""}
    page = client.post(reverse("admin:accounts_apitoken_add"), form, follow=True)
    token = page.content.decode().partition("mpp_")[2][:32]
    opened = rules.user_for_token(token=f"mpp_{token}", at=AT)
    assert (opened, opened.api_token.scopes) == (officer, ["counters"])
    again = client.get(reverse(LIST)).content.decode()
    assert "loket 3" in again
    assert "mpp_" not in again


def test_a_token_that_is_already_over_is_refused_in_the_form(client, officer):
    client.force_login(officer)
    form = {
        "user": officer.pk,
        "name": "x",
        "scopes": ["counters"],
        "expires_at_0": "2020-01-01",
        "expires_at_1": "00:00",
    }
    page = client.post(reverse("admin:accounts_apitoken_add"), form)
    assert "masa depan" in page.content.decode()
    assert not ApiToken.objects.exists()


def test_an_officer_makes_and_sees_only_their_own_tokens(client, officer, boss):
    rules.issue_token(user=boss, name="milik kepala", at=AT)
    client.force_login(officer)
    assert "milik kepala" not in client.get(reverse(LIST)).content.decode()
    form = {
        "user": boss.pk,
        "name": "curian",
        "scopes": ["counters"],
        "expires_at_0": "",
        "expires_at_1": "",
    }
    client.post(reverse("admin:accounts_apitoken_add"), form)
    theirs = ApiToken.objects.get()
    client.post(reverse(LIST), {"action": "revoke", "_selected_action": [theirs.pk]})
    theirs.refresh_from_db()
    assert theirs.revoked_at is None


def test_a_token_is_revoked_from_the_list(client, officer):
    token = rules.issue_token(user=officer, name="loket 3", at=AT)
    client.force_login(officer)
    chosen = {"action": "revoke", "_selected_action": [ApiToken.objects.get().pk]}
    client.post(reverse(LIST), chosen)
    assert rules.user_for_token(token=token, at=AT) is None


def test_only_a_superuser_changes_accounts(client, officer, boss):
    address = reverse("admin:accounts_user_change", args=[officer.pk])
    client.force_login(officer)
    client.post(address, {"username": "petugas", "is_superuser": "on"})
    officer.refresh_from_db()
    assert not officer.is_superuser
    client.force_login(boss)
    assert client.get(address).status_code == 200
    assert client.get(reverse("admin:accounts_user_add")).status_code == 200
    assert client.get(reverse("admin:auth_user_password_change", args=[boss.pk])).status_code == 200


@pytest.mark.parametrize("model", ["notifications_message", "privacy_reveallog"])
def test_the_outbox_and_the_reveal_log_are_read_without_personal_data(client, boss, model):
    draft = Draft(
        kind="booked", email="budi@contoh.id", context={"first_name": "Bambang"},
        about="tiket-1", send_after=AT, dedup_key="k", rehearsal=True,
    )  # fmt: skip
    enqueue(drafts=[draft], at=AT)
    reveal(user=boss, subject="queueing.Visit.nik", reference="tiket-1", reason="cocokkan", at=AT)
    row = {"notifications_message": Message, "privacy_reveallog": RevealLog}[model].objects.get()
    client.force_login(boss)
    listed = client.get(reverse(f"admin:{model}_changelist"), {"q": "tiket-1"}).content.decode()
    shown = client.get(reverse(f"admin:{model}_change", args=[row.pk])).content.decode()
    assert "tiket-1" in listed
    for page in (listed, shown):
        assert "budi@contoh.id" not in page
        assert "Bambang" not in page
    assert client.get(reverse(f"admin:{model}_add")).status_code == 403
    assert client.post(reverse(f"admin:{model}_delete", args=[row.pk])).status_code == 403
    if model == "notifications_message":
        assert "contoh.id" not in listed  # not even masked: one unreadable row would shut the list
        assert "b***@contoh.id" in shown
