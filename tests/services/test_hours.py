"""When the agencies of a mall are open, read from their rows."""

import datetime as dt

import pytest

from services.hours import agency_days, mall_days
from services.models import Agency, Closure, Holiday, OpeningHours

MONDAY = dt.date(2026, 11, 23)
TUESDAY = MONDAY + dt.timedelta(days=1)


@pytest.fixture
def hours(mall, foreign):
    """The mall is open from 8 to 15 on every day, the foreign agency from 9 to 14 on Mondays."""
    OpeningHours.objects.create(mall=mall, opens_at=dt.time(8), closes_at=dt.time(15))
    return OpeningHours.objects.create(
        mall=mall, agency=foreign, weekday=0, opens_at=dt.time(9), closes_at=dt.time(14)
    )


def days_of(agency, first=MONDAY, last=TUESDAY):
    found = agency_days(agencies=[agency], first=first, last=last)
    return [(day.sessions, day.reason) for day in found.values()]


def test_an_agency_without_rows_keeps_the_hours_of_the_mall(agency, hours):
    assert days_of(agency) == [(((480, 900),), "")] * 2


def test_an_agency_with_rows_of_its_own_keeps_only_those(foreign, hours):
    assert days_of(foreign) == [(((540, 840),), ""), ((), "closed")]


def test_a_holiday_of_the_mall_closes_its_agencies(agency, hours, mall):
    Holiday.objects.create(mall=mall, date=MONDAY, name="Libur")
    assert [reason for _, reason in days_of(agency)] == ["holiday", ""]


def test_a_closure_of_the_mall_closes_every_agency_and_one_of_an_agency_only_that(
    mall, agency, foreign, hours
):
    Closure.objects.create(mall=mall, first_date=TUESDAY, last_date=TUESDAY, reason="Listrik")
    Closure.objects.create(
        mall=mall, agency=foreign, first_date=MONDAY, last_date=MONDAY, reason="Rapat"
    )
    assert [reason for _, reason in days_of(agency)] == ["", "closed"]
    assert [reason for _, reason in days_of(foreign)] == ["closed", "closed"]


def test_a_closure_in_another_mall_changes_nothing(agency, hours, other_mall):
    Closure.objects.create(mall=other_mall, first_date=MONDAY, last_date=TUESDAY, reason="Banjir")
    assert [reason for _, reason in days_of(agency)] == ["", ""]


def test_a_year_of_all_agencies_takes_three_queries(mall, hours, django_assert_num_queries):
    for n in range(20):
        Agency.objects.create(mall=mall, code=f"A{n}", name=f"Dinas {n}")
    agencies = list(Agency.objects.all())
    with django_assert_num_queries(3):
        found = agency_days(agencies=agencies, first=MONDAY, last=MONDAY + dt.timedelta(days=364))
    assert len(found) == len(agencies) * 365


def test_the_mall_itself_has_days(mall, foreign, hours):
    Closure.objects.create(
        mall=mall, agency=foreign, first_date=MONDAY, last_date=MONDAY, reason="Rapat"
    )
    Holiday.objects.create(mall=mall, date=TUESDAY, name="Libur")
    found = mall_days(mall=mall, first=MONDAY, last=TUESDAY)
    assert found[MONDAY].sessions == ((480, 900),)
    assert found[TUESDAY].reason == "holiday"
