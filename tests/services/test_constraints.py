"""What the database refuses by itself, whoever writes."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from services.models import Closure, Mall, Officer, OpeningHours, ServiceStandard, ServiceType

EIGHT, NOON, ONE, THREE = dt.time(8), dt.time(12), dt.time(13), dt.time(15)
TODAY = dt.date(2026, 11, 23)


@pytest.mark.parametrize(
    "wrong",
    [
        {"closes_at": EIGHT},
        {"closes_at": dt.time(7)},
        {"break_starts_at": NOON},
        {"break_ends_at": ONE},
        {"break_starts_at": ONE, "break_ends_at": NOON},
        {"extra": True},
        {"extra": True, "valid_from": TODAY},
    ],
)
def test_hours_that_make_no_sense_are_refused(mall, wrong):
    row = {"mall": mall, "opens_at": EIGHT, "closes_at": THREE}
    with pytest.raises(IntegrityError):
        OpeningHours.objects.create(**row | wrong)


@pytest.mark.parametrize(
    "right",
    [
        {"closes_at": dt.time.min},
        {"break_starts_at": NOON, "break_ends_at": ONE},
        {"extra": True, "valid_from": TODAY, "valid_to": TODAY},
    ],
)
def test_hours_that_make_sense_are_kept(mall, right):
    row = {"mall": mall, "opens_at": EIGHT, "closes_at": THREE} | right
    assert OpeningHours.objects.create(**row).pk


def test_a_closure_does_not_end_before_it_starts(mall):
    with pytest.raises(IntegrityError):
        Closure.objects.create(
            mall=mall, first_date=TODAY, last_date=TODAY - dt.timedelta(days=1), reason="x"
        )


@pytest.mark.parametrize("role", ["counter", "liaison", "agency_head"])
def test_an_agency_s_office_names_its_agency(manager, mall, role):
    with pytest.raises(IntegrityError):
        Officer.objects.create(user=manager, mall=mall, role=role)


def test_one_office_is_held_once(manager, mall):
    with pytest.raises(IntegrityError):
        Officer.objects.create(user=manager, mall=mall, role="mall_manager")


def test_an_external_service_names_its_system(agency):
    with pytest.raises(IntegrityError):
        ServiceType.objects.create(agency=agency, code="X", name="X", booking_mode="external")


def test_a_version_is_numbered_once_per_service(make_service, agency):
    service = make_service(agency, "D-01")
    with pytest.raises(IntegrityError):
        ServiceStandard.objects.create(service_type=service, version=1, valid_from=TODAY)


@pytest.mark.parametrize(
    "wrong", [{"slug": "admin"}, {"time_zone": "Asia/Mojokerto"}, {"primary_colour": "red"}]
)
def test_a_mall_has_a_free_address_a_known_zone_and_colours(wrong):
    row = {"slug": "kota", "name": "MPP", "regency": "Kota", "province": "Jawa Timur"}
    with pytest.raises(ValidationError) as refused:
        Mall(**row | wrong).clean_fields()
    assert list(refused.value.message_dict) == list(wrong)
