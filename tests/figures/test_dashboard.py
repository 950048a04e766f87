"""The head's page: the own agency only, today live, as many queries for one service as for all."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from queueing import statistics
from queueing.models import DailyStatistic
from tests.house import TODAY, at

pytestmark = pytest.mark.usefixtures("_now_is_the_tests_day")


@pytest.fixture
def _now_is_the_tests_day(time_machine):
    time_machine.move_to(at(11), tick=False)


def _statistic(house, code, days_ago, served=4):
    service = house.services[code]
    DailyStatistic.objects.create(
        mall=house.mall, agency=service.agency, service_type=service,
        date=TODAY - dt.timedelta(days=days_ago), booked=served, served=served,
        wait_histogram=[0] * (len(statistics.BOUNDS) + 1),
        service_histogram=[0] * (len(statistics.BOUNDS) + 1), rolled_up_at=timezone.now(),
    )  # fmt: skip


def test_the_head_sees_todays_numbers_of_the_own_agency(client, house):
    house.waiting("KTP", 9, arrived=at(8, 50))
    house.book("KK", 10, name="Budi")
    house.waiting("PBB", 9, arrived=at(8, 50), name="Cici")
    client.force_login(house.people["head"])
    answer = client.get("/dasbor/")
    assert answer.status_code == 200
    assert (answer.context["today"].waiting, answer.context["today"].booked) == (1, 1)
    assert answer.context["agency"] == house.civil
    assert answer["Cache-Control"].startswith("max-age=0, no-cache, no-store")


def test_the_month_adds_up(client, house):
    for days_ago in (1, 2, 40):
        _statistic(house, "KTP", days_ago)
    _statistic(house, "PBB", 1)
    client.force_login(house.people["head"])
    assert client.get("/dasbor/").context["month"].served == 8


def test_another_agency_is_not_found(client, house):
    client.force_login(house.people["head"])
    assert client.get("/dasbor/", {"instansi": "BPKPD"}).status_code == 404


def test_the_manager_chooses_among_all(client, house):
    client.force_login(house.people["manager"])
    answer = client.get("/dasbor/", {"instansi": "BPKPD"})
    assert answer.context["agency"] == house.tax


@pytest.mark.parametrize("who", ["officer", "front_desk", "liaison", "helper"])
def test_who_may_not_read_figures_is_refused(client, house, who):
    client.force_login(house.people[who])
    assert client.get("/dasbor/").status_code == 403


def test_a_stranger_is_asked_to_log_in(client, house):
    assert client.get("/dasbor/").status_code == 302


def test_as_many_queries_for_a_full_month_as_for_one_day(client, house):
    client.force_login(house.people["head"])
    _statistic(house, "KTP", 1)
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get("/dasbor/")
    for code in ("KTP", "KK", "AKTA"):
        for days_ago in range(2, 30):
            _statistic(house, code, days_ago)
    with CaptureQueriesContext(connection) as many:
        client.get("/dasbor/")
    assert len(few) == len(many) <= 8
