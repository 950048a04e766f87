"""The list of cases: what is late first, found by number; and the mall's terms."""

import datetime as dt

import pytest
from django.urls import reverse

from complaints import rules
from complaints.models import Case, ServiceLevel
from services.models import Holiday, Mall, Officer
from tests.house import TODAY, at

pytestmark = pytest.mark.django_db
Role = Officer.Role
LIST = "admin:complaints_case_changelist"


@pytest.fixture(autouse=True)
def _now(time_machine):
    time_machine.move_to(at(11), tick=False)


@pytest.fixture
def desk(person):
    return person(Role.COMPLAINTS_DESK)


@pytest.fixture
def rows(client):
    def rows_of(user, **query):
        client.force_login(user)
        return list(client.get(reverse(LIST), query).context["cl"].result_list)

    return rows_of


def test_what_is_late_stands_first_and_what_is_not_ours_last(rows, filed, desk, mall):
    Holiday.objects.create(mall=mall, date=TODAY - dt.timedelta(days=1), name="Libur")
    new = filed().case
    late = filed(at=at(10, days=-20)).case
    soon = filed(at=at(10, days=-6)).case
    asked = filed(at=at(10, days=-21)).case
    rules.check(case_id=asked.pk, by=desk, at=at(10, days=-20))
    rules.ask_for_more(case_id=asked.pk, text="Kapan?", by=desk, at=at(10, days=-20))
    over = filed(at=at(10, days=-30)).case
    rules.withdraw(case=over, at=at(10, days=-29))
    found = rows(desk)
    assert [row.number for row in found] == [case.number for case in (late, soon, new, asked, over)]
    assert [row.clock and row.clock.look for row in found] == ["late", "warn", "ok", None, None]
    assert found[0].clock.words == "Lewat 8 hari kerja"  # the holiday is none


def test_filters_are_in_words(rows, filed, desk, person, civil, tax, mall):
    new, late = filed().case, filed(at=at(10, days=-20), channel="kiosk").case
    ours = filed(agency_code="DUKCAPIL", channel="whatsapp").case
    rules.check(case_id=ours.pk, by=desk, at=at(10))
    rules.classify(case_id=ours.pk, level="ordinary", by=desk, at=at(10))
    rules.forward(case_id=ours.pk, agency=civil, by=desk, at=at(10))
    liaison = person(Role.LIAISON, civil)

    def numbers(user, **query):
        return {row.number for row in rows(user, **query)}

    assert numbers(desk, kerja="terlambat") == {late.number}
    assert numbers(desk, kerja="saya") == {new.number, late.number}
    assert numbers(liaison, kerja="saya") == {ours.number}
    assert numbers(desk, kerja="selesai") == set()
    assert numbers(desk, kerja="terbuka") == {new.number, late.number, ours.number}
    assert numbers(desk, status="forwarded") == {ours.number}
    assert numbers(desk, saluran="kiosk") == {late.number}
    assert numbers(desk, level__exact="ordinary") == {ours.number}
    assert numbers(desk, agency__id__exact=civil.pk) == {ours.number}


def test_channels_and_states_stand_in_the_filters_by_their_names(client, filed, desk):
    filed()
    client.force_login(desk)
    page = client.get(reverse(LIST)).content.decode()
    assert "kios" in page
    assert "Menunggu pelapor" in page
    assert "Menunggu jawaban Anda" not in page


def test_a_case_is_found_by_its_number_and_by_lapors(rows, filed, desk):
    case, other = filed().case, filed().case
    Case.objects.filter(pk=other.pk).update(lapor_id="LPR-7788")
    typed = f"{case.number[:4].lower()} {case.number[4:]}"
    assert [row.pk for row in rows(desk, q=case.number)] == [case.pk]
    assert [row.pk for row in rows(desk, q=typed)] == [case.pk]
    assert [row.pk for row in rows(desk, q="LPR-7788")] == [other.pk]
    assert rows(desk, q="Saya datang") == []


def test_fifty_cases_ask_no_more_of_the_database_than_one(
    client, filed, desk, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.force_login(desk)
    filed(agency_code="")
    client.get(reverse(LIST))
    with CaptureQueriesContext(connection) as one:
        client.get(reverse(LIST))
    for _ in range(49):
        filed()
    with django_assert_num_queries(len(one)):
        client.get(reverse(LIST))


# -- the mall's terms ------------------------------------------------------------------------------


@pytest.fixture
def term(mall):
    def add(days, **row):
        valid_from = TODAY + dt.timedelta(days=row.pop("starts_in", 5))
        return ServiceLevel.objects.create(
            **{"mall": mall, "level": "ordinary", "days": days, "valid_from": valid_from, **row}
        )

    return add


def form(mall, **fields):
    usual = {"mall": mall.pk, "level": "ordinary", "days": 10}
    return usual | {"valid_from": TODAY + dt.timedelta(days=1)} | fields


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (Role.COMPLAINTS_DESK, True),
        (Role.MALL_MANAGER, True),
        (Role.LIAISON, False),
        (Role.AGENCY_HEAD, False),
        (Role.LEADER, False),
    ],
)
def test_terms_are_set_by_the_desk_and_the_manager(client, person, civil, mall, role, may):
    of_agency = role in {Role.LIAISON, Role.AGENCY_HEAD}
    client.force_login(person(role, civil if of_agency else None))
    response = client.post(reverse("admin:complaints_servicelevel_add"), form(mall))
    assert response.status_code == (302 if may else 403)
    assert ServiceLevel.objects.exists() is may


def test_a_term_begins_today_or_later(client, desk, mall):
    client.force_login(desk)
    address = reverse("admin:complaints_servicelevel_add")
    past = client.post(address, form(mall, valid_from=TODAY - dt.timedelta(days=1)))
    assert "valid_from" in past.context["adminform"].form.errors
    assert client.post(address, form(mall, valid_from=TODAY)).status_code == 302


def test_a_term_whose_day_has_come_stays_and_a_new_one_is_added(client, desk, mall, term):
    client.force_login(desk)
    old, coming = term(14, starts_in=-30), term(10)
    for row, status in ((old, 403), (coming, 302)):
        change = reverse("admin:complaints_servicelevel_change", args=[row.pk])
        assert client.get(change).status_code == 200
        assert client.post(change, form(mall, days=7)).status_code == status
    old.refresh_from_db()
    assert old.days == 14
    for row, status in ((old, 403), (coming, 302)):
        delete = reverse("admin:complaints_servicelevel_delete", args=[row.pk])
        assert client.post(delete, {"post": "yes"}).status_code == status
    assert ServiceLevel.objects.get() == old


def test_another_malls_terms_are_out_of_reach(client, desk, term):
    other = Mall.objects.create(slug="lain", name="Lain", regency="Lain", province="Lain")
    row = term(10, mall=other)
    client.force_login(desk)
    assert (
        client.get(reverse("admin:complaints_servicelevel_change", args=[row.pk])).status_code
        == 302
    )
    response = client.post(reverse("admin:complaints_servicelevel_add"), form(other))
    assert response.status_code == 200
    assert ServiceLevel.objects.count() == 1
