"""A token is seen once, works while it lives, and nobody else's program can use it."""

from datetime import UTC, datetime, timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.sessions.models import Session
from django.db import IntegrityError
from django.utils import translation

from accounts import rules
from accounts.models import ApiToken, User
from privacy.rules import erase_expired

AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def officer():
    return User.objects.create_user("petugas", first_name="Rina", last_name="Dewi")


def issue(officer, **changes) -> str:
    return rules.issue_token(**{"user": officer, "name": "loket 3", "at": AT, **changes})


def test_a_token_opens_its_owners_door_and_is_not_in_the_database(officer):
    token = issue(officer)
    assert token.startswith("mpp_")
    assert len(token) == 36
    assert rules.user_for_token(token=token, at=AT) == officer
    assert token.encode() not in bytes(ApiToken.objects.get().token_hash)
    assert issue(officer) != token


def test_one_question_to_the_database_tells_who_it_is(officer, django_assert_num_queries):
    token = issue(officer)
    rules.user_for_token(token=token, at=AT)
    with django_assert_num_queries(1):
        user = rules.user_for_token(token=token, at=AT + timedelta(seconds=59))
        assert user.get_full_name() == "Rina Dewi"


def test_it_is_noted_once_a_minute_that_a_token_was_used(officer):
    token = issue(officer)
    assert ApiToken.objects.get().last_used_at is None
    for seconds, noted in ((0, 0), (59, 0), (60, 60), (61, 60)):
        rules.user_for_token(token=token, at=AT + timedelta(seconds=seconds))
        assert ApiToken.objects.get().last_used_at == AT + timedelta(seconds=noted)


def test_a_token_keeps_the_scopes_it_was_made_with(officer):
    token = issue(officer, scopes=["visits", "counters", "visits"])
    user = rules.user_for_token(token=token, at=AT)
    assert user.api_token.scopes == ["counters", "visits"]
    with pytest.raises(rules.Refusal) as refused:
        issue(officer, scopes=[])
    assert (refused.value.code, refused.value.status) == ("no_scope", 422)
    with pytest.raises(ValueError, match="semua"):
        issue(officer, scopes=["semua"])


@pytest.mark.parametrize("token", ["", "mpp_", "mpp_" + "a" * 32, "Bearer x", "mpp_\x00é"])
def test_any_other_string_opens_nothing(officer, token):
    issue(officer)
    assert rules.user_for_token(token=token, at=AT) is None


def test_a_revoked_token_is_dead_and_the_first_moment_counts(officer):
    token = issue(officer)
    row = ApiToken.objects.get()
    rules.revoke_token(token=row, at=AT + HOUR)
    rules.revoke_token(token=row, at=AT + 2 * HOUR)
    assert row.revoked_at == AT + HOUR
    assert rules.user_for_token(token=token, at=AT + HOUR) is None


def test_a_token_dies_at_its_hour(officer):
    token = issue(officer, expires_at=AT + HOUR)
    assert rules.user_for_token(token=token, at=AT + HOUR - timedelta(seconds=1)) == officer
    assert rules.user_for_token(token=token, at=AT + HOUR) is None


def test_who_left_the_office_is_not_let_in(officer):
    token = issue(officer)
    User.objects.update(is_active=False)
    assert rules.user_for_token(token=token, at=AT) is None


def test_no_token_for_who_left(officer):
    officer.is_active = False
    with pytest.raises(rules.Refusal) as refused:
        issue(officer)
    assert refused.value.code == "inactive"
    assert not ApiToken.objects.exists()


def test_no_token_that_is_over_before_it_begins(officer):
    with pytest.raises(rules.Refusal) as refused:
        issue(officer, expires_at=AT)
    assert (refused.value.code, refused.value.status) == ("already_over", 422)
    with translation.override("id"):
        assert "masa depan" in str(refused.value.fields["expires_at"])
    with pytest.raises(IntegrityError, match="token_expires_after_it_was_made"):
        ApiToken.objects.create(
            user=officer, name="x", token_hash=b"x", created_at=AT, expires_at=AT
        )


def test_traces_of_the_staff_go_after_the_retention(officer, settings):
    settings.RETENTION_LOG_DAYS = 10
    for days in (11, 9):
        then = AT - timedelta(days=days)
        LogEntry.objects.create(user=officer, object_repr="x", action_flag=CHANGE, action_time=then)
        attempt = AccessAttempt.objects.create(
            username=f"petugas{days}", ip_address="192.0.2.1", failures_since_start=days
        )
        AccessAttempt.objects.filter(pk=attempt.pk).update(attempt_time=then)
        Session.objects.create(
            session_key=str(days), session_data="x", expire_date=AT + timedelta(days=days - 10)
        )
    erased = erase_expired(at=AT)
    assert (erased["admin.LogEntry"], erased["axes"], erased["sessions"]) == (1, 1, 1)
    assert LogEntry.objects.get().action_time == AT - timedelta(days=9)
    assert AccessAttempt.objects.get().failures_since_start == 9
    assert Session.objects.get().session_key == "11"
