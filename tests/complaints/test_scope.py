"""Everybody reads what their office covers: the desk all, a liaison the agency's own, no names."""

import pytest
from django.urls import reverse

from accounts.models import User
from complaints.models import Case
from services.models import Agency, Mall, Officer

pytestmark = pytest.mark.django_db
Role = Officer.Role
LIST = "admin:complaints_case_changelist"
WHO = {"name": "Siti Aminah", "phone": "081234567890", "email": "siti@contoh.id"}


@pytest.fixture
def cases(filed, civil, tax, passed_on):
    filed_ones = {
        "civil": filed(agency_code="DUKCAPIL", **WHO).case,
        "secret": filed(agency_code="DUKCAPIL", confidential=True, **WHO).case,
        "tax": filed(agency_code="BPKPD", **WHO).case,
        "hall": filed(**WHO).case,
    }
    for name in ("civil", "secret", "tax"):
        passed_on(filed_ones[name])
    return filed_ones


@pytest.mark.parametrize("role", [Role.LIAISON, Role.AGENCY_HEAD])
def test_an_agency_sees_a_case_once_the_desk_has_passed_it_on(
    client, person, filed, civil, passed_on, role
):
    case = filed(agency_code="DUKCAPIL").case
    client.force_login(person(role, civil))
    page = reverse("admin:complaints_case_change", args=[case.pk])
    for status, seen in ((302, []), (200, [case])):
        assert client.get(page).status_code == status
        assert list(client.get(reverse(LIST)).context["cl"].result_list) == seen
        passed_on(case)


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        (Role.LIAISON, {"civil"}),
        (Role.COMPLAINTS_DESK, {"civil", "secret", "tax", "hall"}),
        (Role.MALL_MANAGER, {"civil", "secret", "tax", "hall"}),
        (Role.COUNTER, None),
        (Role.FRONT_DESK, None),
        (Role.LEADER, None),
        (Role.HELPER, None),
    ],
)
def test_each_office_sees_its_cases_and_opens_no_other(client, person, cases, civil, role, seen):
    of_agency = role in {Role.LIAISON, Role.COUNTER, Role.AGENCY_HEAD}
    client.force_login(person(role, civil if of_agency else None))
    answer = client.get(reverse(LIST))
    if seen is None:
        assert answer.status_code == 403
    else:
        numbers = {case.number for case in answer.context["cl"].result_list}
        assert numbers == {cases[name].number for name in seen}
    for name, case in cases.items():
        page = client.get(reverse("admin:complaints_case_change", args=[case.pk]))
        assert (page.status_code == 200) == (name in (seen or set())), name


def test_another_malls_desk_sees_nothing(client, person, cases):
    other = Mall.objects.create(slug="lain", name="Lain", regency="Lain", province="Lain")
    Agency.objects.create(mall=other, code="DUKCAPIL", name="Dukcapil lain")
    desk = person(Role.COMPLAINTS_DESK, place=other)
    assert not Case.objects.visible_to(desk).exists()
    client.force_login(desk)
    for case in cases.values():
        page = client.get(reverse("admin:complaints_case_change", args=[case.pk]))
        assert page.status_code != 200


def test_the_agency_reads_the_story_but_not_who_told_it(client, person, cases, civil):
    client.force_login(person(Role.LIAISON, civil))
    page = client.get(reverse("admin:complaints_case_change", args=[cases["civil"].pk]))
    text = page.content.decode()
    assert "baru dipanggil" in text
    assert not any(value in text for value in ("Siti", "81234567890", "siti@"))


def test_the_desk_reads_who_told_it_with_a_reason(client, person, cases):
    client.force_login(person(Role.COMPLAINTS_DESK))
    page = client.get(reverse("admin:complaints_case_change", args=[cases["secret"].pk]))
    assert "Siti Aminah" not in page.content.decode()
    address = reverse("admin:complaints_case_identity", args=[cases["secret"].pk])
    page = client.post(address, {"reason": "menelepon pelapor"})
    assert "Siti Aminah" in page.content.decode()


def test_nobody_edits_a_case_around_the_rules(client, cases):
    client.force_login(User.objects.create(username="root", is_staff=True, is_superuser=True))
    address = reverse("admin:complaints_case_change", args=[cases["tax"].pk])
    assert client.get(address).status_code == 200
    assert client.post(address, {"state": "closed"}).status_code == 403
    assert client.get(reverse("admin:complaints_case_add")).status_code == 403


def test_a_longer_list_asks_no_more_of_the_database(
    client, person, filed, civil, tax, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.force_login(person(Role.COMPLAINTS_DESK))
    filed(agency_code="DUKCAPIL")
    client.get(reverse(LIST))
    with CaptureQueriesContext(connection) as one:
        client.get(reverse(LIST))
    filed(agency_code="BPKPD")
    filed(agency_code="DUKCAPIL")
    with django_assert_num_queries(len(one)):
        client.get(reverse(LIST))


def test_a_case_about_oneself_is_not_there_and_an_agency_learns_of_no_person(
    client, person, cases, civil
):
    liaison, desk = person(Role.LIAISON, civil), person(Role.COMPLAINTS_DESK)
    page = reverse("admin:complaints_case_change", args=[cases["civil"].pk])
    for about, reader, status in (
        (desk, desk, 302),
        (desk, liaison, 200),
        (liaison, liaison, 302),
        (liaison, desk, 200),
    ):
        Case.objects.filter(pk=cases["civil"].pk).update(about_person=about)
        client.force_login(reader)
        answer = client.get(page)
        assert answer.status_code == status, (about, reader)
        if reader == liaison and status == 200:
            assert desk.username not in answer.content.decode().partition("<main")[2]
