"""Holidays from the calendar, drafting and approval of standards."""

import datetime as dt

import pytest

from services.calendar import add_working_days
from services.models import Holiday, ServiceStandard
from services.refusals import Refusal
from services.rules import (
    approve_drafts,
    approve_standard,
    current_standard,
    draft_standard,
    load_holidays,
)

FIRST_DAY = dt.date(2026, 1, 1)


@pytest.fixture
def service(make_service, agency):
    return make_service(agency, "D-01")


def test_holidays_of_2026_hold_the_test_vector_of_working_days(mall, at):
    new = load_holidays(mall=mall, year=2026, at=at)
    assert new == mall.holidays.count()
    every = set(mall.holidays.values_list("date", flat=True))
    national = set(mall.holidays.filter(kind="national").values_list("date", flat=True))
    start = dt.date(2026, 3, 17)
    assert add_working_days(start, 3, holidays=every) == dt.date(2026, 3, 27)
    assert add_working_days(start, 3, holidays=national) == dt.date(2026, 3, 23)


def test_loading_again_adds_nothing_and_keeps_what_was_edited(mall, at):
    load_holidays(mall=mall, year=2026, at=at)
    Holiday.objects.filter(date=dt.date(2026, 12, 25)).update(name="Natal", decree="SKB 2025")
    Holiday.objects.filter(date=dt.date(2026, 8, 17)).delete()
    assert load_holidays(mall=mall, year=2026, at=at) == 1
    assert mall.holidays.get(date=dt.date(2026, 12, 25)).name == "Natal"


def test_a_local_holiday_on_the_same_date_stays(mall, at):
    Holiday.objects.create(mall=mall, date=dt.date(2026, 8, 17), name="Hari jadi", kind="local")
    load_holidays(mall=mall, year=2026, at=at)
    assert mall.holidays.get(date=dt.date(2026, 8, 17)).kind == "local"


def test_holidays_of_a_coming_year_say_that_they_are_estimates(mall, at):
    load_holidays(mall=mall, year=2027, at=at)
    assert all("Perkiraan" in decree for decree in mall.holidays.values_list("decree", flat=True))


def test_an_approved_standard_holds_and_is_not_approved_twice(service, at, manager):
    standard = service.standards.get()
    assert current_standard(service, FIRST_DAY) is None
    approved = approve_standard(standard=standard, by=manager, at=at)
    assert (approved.approved_at, approved.approved_by) == (at, manager)
    assert current_standard(service, FIRST_DAY) == standard
    with pytest.raises(Refusal) as refused:
        approve_standard(standard=standard, by=manager, at=at)
    assert refused.value.code == "already_approved"


def test_the_version_that_holds_depends_on_the_date(service, at):
    later = FIRST_DAY + dt.timedelta(days=30)
    draft_standard(standard=ServiceStandard(service_type=service, valid_from=later))
    assert approve_drafts(mall=service.agency.mall, by=None, at=at) == 2
    assert current_standard(service, FIRST_DAY - dt.timedelta(days=1)) is None
    assert current_standard(service, later - dt.timedelta(days=1)).version == 1
    assert current_standard(service, later).version == 2


def test_of_two_versions_of_one_day_the_newer_holds(service, at):
    draft_standard(standard=ServiceStandard(service_type=service, valid_from=FIRST_DAY))
    approve_drafts(mall=service.agency.mall, by=None, at=at)
    assert current_standard(service, FIRST_DAY).version == 2


def test_the_current_standards_of_all_services_are_one_query(
    service, make_service, agency, at, django_assert_num_queries
):
    make_service(agency, "D-02")
    approve_drafts(mall=agency.mall, by=None, at=at)
    with django_assert_num_queries(1):
        assert len(ServiceStandard.objects.current(FIRST_DAY)) == 2
