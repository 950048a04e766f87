"""A tiny demo, prepared once for each file: three days of history and sixty visits a day.

Tests look at it, or start the demo again at another moment, in a transaction that is rolled back.
"""

import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.management import call_command
from django.test import override_settings

from mpp_portal.rehearsal import house
from queueing.models import Queue
from services.models import Mall

WIB = ZoneInfo("Asia/Jakarta")
WEDNESDAY, SUNDAY = dt.date(2026, 11, 25), dt.date(2026, 11, 29)
CHRISTMAS = dt.date(2026, 12, 25)
VISITS = 60
Prepare = Callable[[dt.datetime], Mall]


def moment(date: dt.date, hour: int, minute: int = 0) -> dt.datetime:
    """A moment of the clock in Mojokerto."""
    return dt.datetime.combine(date, dt.time(hour, minute), WIB)


FIRST_START = moment(WEDNESDAY, 10, 20)


def start_demo(at: dt.datetime, *, days: int = 3, visits: int = VISITS) -> Mall:
    """Prepare the demo as if it were `at`; its mall."""
    with time_machine.travel(at, tick=False):
        call_command("prepare_demo", days=days, visits=visits, verbosity=0)
    return Mall.objects.get(slug=house.SLUG)


@pytest.fixture(scope="module")
def _demo_of_the_module(django_db_setup, django_db_blocker, tmp_path_factory):
    place = tmp_path_factory.mktemp("demo")
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with (
        django_db_blocker.unblock(),
        override_settings(DATA_DIR=place, PASSWORD_HASHERS=hashers),
    ):
        start_demo(FIRST_START)
        Queue.objects.update(book_ahead_days=4)  # later starts make fewer windows
        yield place
        call_command("flush", interactive=False, verbosity=0)


@pytest.fixture
def demo(_demo_of_the_module, db) -> Mall:
    """The demo's mall after its first start."""
    return Mall.objects.get(slug=house.SLUG)


@pytest.fixture
def card(_demo_of_the_module):
    """Where the demo writes who may log in."""
    return _demo_of_the_module / "demo.json"
