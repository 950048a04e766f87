"""A small mall without queues, its cast, and a story to tell."""

import pytest

from accounts.models import User
from complaints import rules
from complaints.models import CaseEvent
from complaints.workflow import Step
from services.models import Agency, Mall, Officer, ServiceType
from tests.house import at

STORY = "Saya datang pukul 9 sesuai jadwal, tetapi baru dipanggil pukul 10.20."


@pytest.fixture(autouse=True)
def _storage_of_its_own(settings, tmp_path):
    """No file of a test lies where people's files do."""
    settings.PRIVATE_ROOT = tmp_path / "private"


@pytest.fixture
def mall(db):
    return Mall.objects.create(
        slug="gajah-mada", name="MPP Gajah Mada", regency="Kota Mojokerto", province="Jawa Timur"
    )


@pytest.fixture
def civil(mall):
    return Agency.objects.create(mall=mall, code="DUKCAPIL", name="Dinas Dukcapil")


@pytest.fixture
def tax(mall):
    return Agency.objects.create(mall=mall, code="BPKPD", name="Badan Pendapatan Daerah")


@pytest.fixture
def ktp(civil):
    return ServiceType.objects.create(agency=civil, code="KTP", name="KTP-el hilang")


@pytest.fixture
def filed(mall):
    """File a case as a citizen would, with what the test cares about."""

    def file(**asked):
        usual = {"kind": "complaint", "text": STORY, "at": at(10), "channel": "web"}
        return rules.file_case(**({"mall": mall, "language": "id"} | usual | asked))

    return file


@pytest.fixture
def passed_on():
    """Let a case count as passed on to its agency, its state as it is; the case."""

    def passed(case):
        CaseEvent.objects.create(
            case=case, kind=Step.FORWARDED, at=at(10), visible_to_reporter=True
        )
        return case

    return passed


@pytest.fixture
def person(mall):
    """Somebody with an office."""

    def appoint(role, agency=None, *, place=None):
        user = User.objects.create(username=f"{role}-{agency and agency.code}", is_staff=True)
        Officer.objects.create(user=user, mall=place or mall, agency=agency, role=role)
        return user

    return appoint
