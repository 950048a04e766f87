"""A mall with two agencies, and the people who hold its offices."""

import datetime as dt
from pathlib import Path

import pytest

from accounts.models import User
from services.catalogue import import_catalogue
from services.models import Agency, Mall, Officer, ServiceStandard, ServiceType

AT = dt.datetime(2026, 11, 23, 2, 0, tzinfo=dt.UTC)
CATALOGUE = Path(__file__).parents[2] / "services" / "data" / "catalogue.csv"


@pytest.fixture
def at():
    return AT


@pytest.fixture
def mall(db):
    return Mall.objects.create(
        slug="gajah-mada", name="MPP Gajah Mada", regency="Kota Mojokerto", province="Jawa Timur"
    )


@pytest.fixture
def other_mall(db):
    return Mall.objects.create(
        slug="lain", name="MPP Lain", regency="Kabupaten Lain", province="Bali"
    )


@pytest.fixture
def agency(mall):
    return Agency.objects.create(mall=mall, code="DUKCAPIL", name="Dinas Kependudukan")


@pytest.fixture
def foreign(mall):
    """Another agency of the same mall."""
    return Agency.objects.create(mall=mall, code="IMIGRASI", name="Kantor Imigrasi")


@pytest.fixture
def far_agency(other_mall):
    """An agency of another mall."""
    return Agency.objects.create(mall=other_mall, code="JAUH", name="Dinas Jauh")


@pytest.fixture
def hold_office(db):
    """Return a function that makes a person with one office."""

    def hold(role, *, mall, agency=None):
        user = User.objects.create(username=f"{role}-{User.objects.count()}", is_staff=True)
        Officer.objects.create(user=user, mall=mall, agency=agency, role=role)
        return user

    return hold


@pytest.fixture
def head(hold_office, mall, agency):
    return hold_office("agency_head", mall=mall, agency=agency)


@pytest.fixture
def manager(hold_office, mall):
    return hold_office("mall_manager", mall=mall)


@pytest.fixture
def make_service():
    """Return a function that makes a service with the first version of its standard."""

    def make(agency, code, **standard):
        service = ServiceType.objects.create(agency=agency, code=code, name_ind=f"Layanan {code}")
        ServiceStandard.objects.create(
            service_type=service, valid_from=dt.date(2026, 1, 1), **standard
        )
        return service

    return make


@pytest.fixture
def catalogue(mall, at):
    """The mall with the whole demo catalogue."""
    assert import_catalogue(mall=mall, data=CATALOGUE.read_bytes(), at=at).errors == ()
    return mall
