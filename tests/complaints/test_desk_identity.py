"""Who reported: for the desk, with a reason, once; for an agency nowhere at all."""

import uuid

import pytest
from django.urls import reverse

import privacy.rules
from complaints import rules
from complaints.models import Case
from complaints.refusals import Refusal
from complaints.rules import reveal_identity
from complaints.workflow import Step
from privacy.models import RevealLog
from services.models import Officer
from tests.house import at

pytestmark = pytest.mark.django_db
Role = Officer.Role
WHO = {"name": "Siti Aminah", "phone": "081234567890", "email": "siti@contoh.id"}
MORE = {"account": "@siti_aminah", "permalink": "https://contoh.id/p/77"}
SECRETS = ["Siti", "81234567890", "siti@contoh", "@siti_aminah", "contoh.id/p/77"]


@pytest.fixture
def case(filed, civil, passed_on):
    entered = filed(agency_code="DUKCAPIL", ticket_public_id=uuid.uuid4(), **WHO).case
    Case.objects.filter(pk=entered.pk).update(**MORE)
    return passed_on(Case.objects.get(pk=entered.pk))


@pytest.fixture
def desk(person):
    return person(Role.COMPLAINTS_DESK)


def addresses(case):
    change, history = (
        reverse(f"admin:complaints_case_{page}", args=[case.pk]) for page in ("change", "history")
    )
    cases = reverse("admin:complaints_case_changelist")
    searches = [f"{cases}?q={word}" for word in ("Siti", "081234567890", case.number)]
    return [change, history, cases, *searches, f"{cases}?kerja=terbuka", f"{change}?gabung=x"]


def body(page, address=""):
    """The page without the word that was searched for: it comes back in the box."""
    typed = address.partition("?q=")[2]
    return page.content.decode().replace(typed, "") if typed else page.content.decode()


@pytest.mark.parametrize("role", [Role.COMPLAINTS_DESK, Role.MALL_MANAGER])
def test_the_desk_does_not_see_it_by_the_way(client, person, case, role):
    client.force_login(person(role))
    for address in addresses(case):
        page = client.get(address)
        assert page.status_code == 200, address
        assert not [word for word in SECRETS if word in body(page, address)], address
    assert "nama, telepon, surel, akun pelapor, tautan asli, tiket" in body(
        client.get(addresses(case)[0])
    )


@pytest.mark.parametrize("flags", [{}, {"anonymous": True}, {"confidential": True}])
@pytest.mark.parametrize("role", [Role.LIAISON, Role.AGENCY_HEAD])
def test_an_agency_meets_it_nowhere(client, person, case, civil, desk, flags, role):
    Case.objects.filter(pk=case.pk).update(**flags)
    reveal_identity(case_id=case.pk, reason="menelepon Ibu Siti", by=desk, at=at(11))
    client.force_login(person(role, civil))
    hidden = "confidential" in flags
    for address in addresses(case):
        page = client.get(address)
        assert page.status_code in ({200, 302} if hidden else {200})
        text = body(page, address)
        words = [*SECRETS, "Identitas pelapor", "Lihat identitas"]
        assert not [word for word in words if word in text], address
        if hidden:
            assert case.number not in text
        elif "?q=" in address and case.number not in address:
            assert not page.context["cl"].result_list
    look = client.post(
        reverse("admin:complaints_case_identity", args=[case.pk]), {"reason": "ingin tahu"}
    )
    assert look.status_code == (404 if hidden else 403)
    assert not [word for word in SECRETS if word in look.content.decode()]
    assert RevealLog.objects.count() == 1


def test_a_look_needs_a_reason_and_is_written_down_twice(client, case, desk):
    client.force_login(desk)
    address = reverse("admin:complaints_case_identity", args=[case.pk])
    page = client.get(address)
    assert not [word for word in SECRETS if word in page.content.decode()]
    refused = client.post(address, {"reason": " a "})
    assert refused.status_code == 422
    assert not [word for word in SECRETS if word in refused.content.decode()]
    assert not RevealLog.objects.exists()
    shown = client.post(address, {"reason": "menelepon  pelapor"})
    assert shown.status_code == 200
    assert "no-store" in shown["Cache-Control"]
    assert all(word in shown.content.decode() for word in SECRETS)
    look, event = RevealLog.objects.get(), case.events.get(kind=Step.REVEALED)
    assert (look.user, look.reference, look.reason) == (desk, case.number, "menelepon pelapor")
    assert (event.by, event.note, event.visible_to_reporter) == (desk, "menelepon pelapor", False)
    assert not [word for word in SECRETS if word in client.get(address).content.decode()]


def test_the_rule_refuses_who_is_not_of_the_desk_and_what_is_erased(case, desk, person, civil):
    with pytest.raises(Refusal, match="desk_only"):
        reveal_identity(
            case_id=case.pk, reason="ingin tahu", by=person(Role.LIAISON, civil), at=at(11)
        )
    with pytest.raises(privacy.rules.Refusal, match="reason_needed"):
        reveal_identity(case_id=case.pk, reason="  ", by=desk, at=at(11))
    Case.objects.filter(pk=case.pk).update(
        erased_at=at(10), pin_hash=None, request_key=None, name="", phone=""
    )
    with pytest.raises(Refusal, match="no_such_case"):
        reveal_identity(case_id=case.pk, reason="menelepon", by=desk, at=at(11))
    assert not case.events.filter(kind=Step.REVEALED).exists()


def test_nobody_looks_at_a_case_about_themselves(client, case, desk):
    Case.objects.filter(pk=case.pk).update(about_person=desk)
    client.force_login(desk)
    address = reverse("admin:complaints_case_identity", args=[case.pk])
    assert client.post(address, {"reason": "ingin tahu"}).status_code == 404
    with pytest.raises(Refusal, match="no_such_case"):
        rules.reveal_identity(case_id=case.pk, reason="ingin tahu", by=desk, at=at(11))


def test_who_left_nothing_has_nothing_to_open(client, filed, desk):
    client.force_login(desk)
    case = filed(anonymous=True).case
    page = client.get(reverse("admin:complaints_case_change", args=[case.pk])).content.decode()
    assert "Pelapor tidak meninggalkan nama atau kontak." in page
    assert "Alasan melihat identitas" not in page
