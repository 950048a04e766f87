"""The open figures: small groups stay out of sight, also against subtraction."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.rules import issue_token
from queueing import open_figures
from queueing.models import DailyStatistic
from tests.house import TODAY, at

URL = "/api/v1/malls/gajah-mada/statistics"
counts = st.integers(0, 12)


def _row(**figures):
    empty = dict.fromkeys((*open_figures.FIGURES, "waited", "serviced"), 0)
    return {**empty, **figures}


@given(st.tuples(*[counts] * len(open_figures.ENDED)), st.integers(0, 84))
def test_no_small_count_is_shown_nor_left_alone_in_its_sum(ended, walk_in):
    total = sum(ended)
    walk_in = min(walk_in, total)
    row = _row(
        **dict(zip(open_figures.ENDED, ended, strict=True)), booked=total - walk_in, walk_in=walk_in
    )
    shown = open_figures.suppress(row)
    for group in (open_figures.TAKEN, open_figures.ENDED):
        assert all(shown[name] is None or shown[name] not in {1, 2, 3, 4} for name in group)
        assert sum(shown[name] is None for name in group) != 1


@pytest.fixture
def figures(house):
    def statistic(code, date, served):
        service = house.services[code]
        DailyStatistic.objects.create(
            mall=house.mall,
            agency=service.agency,
            service_type=service,
            date=date,
            booked=served,
            served=served,
            rolled_up_at=at(20),
        )

    for code, served in (("KTP", 30), ("KK", 3), ("AKTA", 9), ("PBB", 2)):
        statistic(code, TODAY, served)
    return house


def _get(client, **query):
    query = {"from": TODAY.isoformat(), "to": TODAY.isoformat(), **query}
    headers = query.pop("headers", {})
    return client.get(URL, query, headers=headers)


def test_agencies_by_day_are_public(client, figures):
    items = _get(client).json()["items"]
    shown = {item["agency"]: (item["date"], item["served"]) for item in items}
    assert shown == {"DUKCAPIL": ("2026-11-25", 42), "BPKPD": ("2026-11-25", None)}


def test_a_lone_hidden_service_takes_its_smallest_neighbour_along(client, figures):
    items = _get(client, by="service").json()["items"]
    shown = {item["service"]: item["served"] for item in items}
    assert shown == {"KTP": 30, "KK": None, "AKTA": None, "PBB": None}
    assert {item["date"] for item in items} == {"2026-11"}


def test_a_head_reads_the_own_services_by_day_whole(client, figures):
    token = issue_token(user=figures.people["head"], name="t", at=at(8))
    headers = {"Authorization": f"Bearer {token}"}
    items = _get(client, by="service", headers=headers).json()["items"]
    assert {i["service"]: i["served"] for i in items} == {"KTP": 30, "KK": 3, "AKTA": 9}


def test_an_officer_reads_what_the_public_reads(client, figures):
    token = issue_token(user=figures.people["officer"], name="t", at=at(8))
    headers = {"Authorization": f"Bearer {token}"}
    items = _get(client, by="service", headers=headers).json()["items"]
    assert {i["service"]: i["served"] for i in items}["KK"] is None


def test_the_same_as_csv(client, figures):
    answer = _get(client, format="csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    lines = answer.content.decode().splitlines()
    assert lines[0].startswith("date,agency,booked,walk_in,served")
    assert len(lines) == 3


@pytest.mark.parametrize(
    ("first", "last"), [(TODAY, TODAY - dt.timedelta(days=1)), (dt.date(2020, 1, 1), TODAY)]
)
def test_a_span_that_runs_backwards_or_too_long_is_refused(client, house, first, last):
    answer = client.get(URL, {"from": first.isoformat(), "to": last.isoformat()})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_span")
