"""The roll-up: a day counted by hand, repeated, merged."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queueing import rules, statistics
from queueing.models import DailyStatistic
from queueing.statistics import BOUNDS
from tests.house import TODAY, at


def _serve(house, ticket, *, called, started, ended, outcome="served"):
    counter, officer = house.counters[1].pk, house.people["officer"]
    got = rules.call_next(counter_id=counter, officer=officer, at=called)
    assert got.pk == ticket.pk
    rules.start(counter_id=counter, officer=officer, at=started)
    rules.end(counter_id=counter, officer=officer, at=ended, outcome=outcome)


@pytest.fixture
def golden_day(house):
    """KTP: one served (waited 20 minutes, 10 at the counter), one only asked (waited 40, 2 at the
    counter), one cancelled, one who never came; KK: one walk-in left unserved."""
    counter, officer = house.counters[1].pk, house.people["officer"]
    rules.open_counter(counter_id=counter, officer=officer, at=at(8))
    first = house.waiting("KTP", 9, arrived=at(8, 50), name="Satu")
    second = house.waiting("KTP", 9, arrived=at(8, 52), name="Dua")
    dropped = house.book("KTP", 10, name="Tiga")
    rules.cancel(ticket_id=dropped.pk, at=at(8, 0))
    house.book("KTP", 9, name="Empat")
    _serve(house, first, called=at(9, 10), started=at(9, 11), ended=at(9, 21))
    _serve(
        house,
        second,
        called=at(9, 32),
        started=at(9, 33),
        ended=at(9, 35),
        outcome="information_only",
    )
    rules.walk_in(mall=house.mall, services=["KK"], at=at(9, 40))
    rules.mark_no_shows(at=at(11))
    rules.close_day(mall=house.mall, date=TODAY, at=at(16))
    return house


def test_the_golden_day_is_counted_as_by_hand(golden_day):
    assert statistics.roll_up(mall=golden_day.mall, date=TODAY) == 2
    ktp = DailyStatistic.objects.get(service_type__code="KTP")
    assert (ktp.booked, ktp.walk_in) == (4, 0)
    assert (ktp.served, ktp.information_only, ktp.cancelled, ktp.no_show) == (1, 1, 1, 1)
    assert (ktp.waited, ktp.wait_sum_s) == (2, 20 * 60 + 40 * 60)
    assert (ktp.wait_p50_s, ktp.wait_p90_s) == (1200, 2400)
    assert ktp.within_standard == 0
    assert (ktp.serviced, ktp.service_sum_s) == (2, 12 * 60)
    assert sum(ktp.wait_histogram) == 2
    assert ktp.arrivals_by_hour[8] == 2
    kk = DailyStatistic.objects.get(service_type__code="KK")
    assert (kk.booked, kk.walk_in, kk.unserved, kk.waited) == (0, 1, 1, 0)


def test_rolling_up_twice_gives_the_same_rows(golden_day):
    statistics.roll_up(mall=golden_day.mall, date=TODAY, at=at(17))
    before = list(DailyStatistic.objects.order_by("pk").values())
    statistics.roll_up(mall=golden_day.mall, date=TODAY, at=at(17))
    assert list(DailyStatistic.objects.order_by("pk").values()) == before


def test_a_service_without_tickets_any_more_leaves_no_row(house):
    ticket = house.book("KTP", 9)
    statistics.roll_up(mall=house.mall, date=TODAY)
    rules.reschedule(ticket_id=ticket.pk, window_id=house.window("C", 9, days=1).pk, at=at(8))
    statistics.roll_up(mall=house.mall, date=TODAY)
    assert not DailyStatistic.objects.filter(date=TODAY).exists()


def test_a_transferred_ticket_is_counted_once_where_it_went(house):
    counter, officer = house.counters[1].pk, house.people["officer"]
    rules.open_counter(counter_id=counter, officer=officer, at=at(8))
    ticket = house.waiting("KTP", 9, arrived=at(8, 50))
    rules.call_next(counter_id=counter, officer=officer, at=at(9))
    rules.transfer(
        ticket_id=ticket.pk, service="AKTA", officer=officer, at=at(9, 1), counter_id=counter
    )
    statistics.roll_up(mall=house.mall, date=TODAY)
    rows = DailyStatistic.objects.values_list("service_type__code", "booked", "open")
    assert list(rows) == [("AKTA", 1, 1)]


def test_merged_percentiles_are_within_one_bucket_of_the_exact_ones():
    rng = random.Random(7)
    waits = sorted(int(rng.lognormvariate(6.3, 0.9)) for _ in range(200_000))
    days = [[0] * (len(BOUNDS) + 1) for _ in range(20)]
    for i, wait in enumerate(waits):
        days[i % 20][_bucket(wait)] += 1
    merged = statistics.merge_histograms(days)
    for share in (0.5, 0.9):
        exact = waits[int(share * len(waits))]
        assert abs(_bucket(statistics.percentile(merged, share)) - _bucket(exact)) <= 1


@given(st.lists(st.integers(0, 20_000), min_size=1, max_size=60), st.sampled_from([0.1, 0.5, 0.9]))
def test_a_percentile_is_within_one_bucket_whatever_the_waits(waits, share):
    histogram = [0] * (len(BOUNDS) + 1)
    for wait in waits:
        histogram[_bucket(wait)] += 1
    ordered = sorted(waits)
    exact = ordered[max(0, -(-int(share * 1000) * len(waits) // 1000) - 1)]
    assert abs(_bucket(statistics.percentile(histogram, share)) - _bucket(exact)) <= 1


def _bucket(seconds):
    return sum(1 for bound in BOUNDS if seconds >= bound)


def test_a_call_that_was_undone_is_no_call(house):
    counter, officer = house.counters[1].pk, house.people["officer"]
    rules.open_counter(counter_id=counter, officer=officer, at=at(8))
    house.waiting("KTP", 9, arrived=at(8, 50))
    rules.call_next(counter_id=counter, officer=officer, at=at(9))
    rules.undo(counter_id=counter, officer=officer, at=at(9, 0, 30))
    rules.call_next(counter_id=counter, officer=officer, at=at(9, 20))
    statistics.roll_up(mall=house.mall, date=TODAY)
    assert DailyStatistic.objects.get().wait_sum_s == 30 * 60
