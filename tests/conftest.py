"""Fixtures that every room's tests may use."""

import gc
import os

import pytest
from django.conf import settings as configured
from django.core.cache import cache
from django.utils import translation

from services import search
from tests.emptying import empty_quickly
from tests.house import House, pour_house


def pytest_configure():
    """Where several processes test at once, each has a Redis database of its own.

    Passwords of the tests are hashed in no time, and nothing is kept near for a moment: both are
    tested on their own. Set once: new caches for each test would leave their connections behind.
    """
    fast = "django.contrib.auth.hashers.MD5PasswordHasher"
    configured.PASSWORD_HASHERS = [fast, *configured.PASSWORD_HASHERS]
    configured.CACHES["near"] = {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if worker:
        server, _slash, database = configured.REDIS_URL.rpartition("/")
        address = f"{server}/{int(database) + 1 + int(worker[2:])}"
        os.environ["REDIS_URL"] = configured.REDIS_URL = configured.CELERY_BROKER_URL = address
        configured.CACHES["default"]["LOCATION"] = address
    empty_quickly()


def pytest_collection_finish():
    """What is loaded stays: looking through it for garbage again and again is a tenth of it all."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


# Where several processes test at once, the files that last longest begin first.
LONGEST = [
    "safety/test_who_may",
    "browser/test_display",
    "bench/",
    "browser/",
    "faults/",
    "safety/",
]


def pytest_collection_modifyitems(items):
    def rank(item):
        return next((n for n, name in enumerate(LONGEST) if name in item.nodeid), len(LONGEST))

    items.sort(key=rank)


@pytest.fixture(autouse=True)
def _plain_static_files(settings):
    """Tests need no collected static files, and no test client reads those of a demo in."""
    settings.STATIC_ROOT = None
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(autouse=True)
def _in_indonesian():
    """No test speaks the language that a page of the one before was asked in."""
    translation.deactivate()


@pytest.fixture
def house(db) -> House:
    """The small mall, inside the test's transaction."""
    return pour_house()


@pytest.fixture
def open_house(transactional_db) -> House:
    """The small mall, committed, for tests with threads."""
    return pour_house()


@pytest.fixture(autouse=True)
def _empty_cache():
    """Nothing is kept from the test before, whose rows had the same numbers."""
    cache.clear()
    search._vocabulary.cache_clear()
