"""The range until called: honest against a simulated hall, unknown where nothing is known."""

import random
from heapq import heapify, heappop, heappush

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from queueing import rules
from queueing.estimates import SPREAD, Pace, Wait, blend, for_queues, wait
from queueing.models import DailyStatistic, Ticket
from tests.house import TODAY, at

MINUTES = 12.0


def simulated(ahead, counters, rng):
    """Minutes until called in a hall that has long been busy, service times of SPREAD."""
    shape = 1 / SPREAD**2

    def service():
        return rng.gammavariate(shape, MINUTES / shape)

    desks = [0.0] * counters
    heapify(desks)
    arrival = 20 * MINUTES  # from when on the desks are long at work and out of step
    while desks[0] < arrival:
        heappush(desks, heappop(desks) + service())
    for _n in range(ahead):
        heappush(desks, heappop(desks) + service())
    return desks[0] - arrival


@pytest.mark.parametrize("counters", [1, 2, 5])
@pytest.mark.parametrize("ahead", [0, 3, 8, 25])
def test_about_eight_in_ten_simulated_waits_fall_into_the_range(ahead, counters):
    rng = random.Random(f"{ahead} {counters}")
    range_ = wait(ahead=ahead, counters=counters, minutes=MINUTES)
    waits = [simulated(ahead, counters, rng) for _n in range(1500)]
    inside = sum(range_.p10 <= w <= range_.p90 for w in waits) / len(waits)
    assert 0.75 <= inside <= 0.90
    shorter = sum(w <= range_.p50 for w in waits) / len(waits)
    assert 0.40 <= shorter <= 0.66


def test_it_grows_with_the_people_ahead_and_shrinks_with_the_counters():
    few, many = (wait(ahead=n, counters=2, minutes=10) for n in (2, 9))
    more_desks = wait(ahead=9, counters=4, minutes=10)
    assert few.p50 < more_desks.p50 < many.p50
    for each in (few, many, more_desks):
        assert each.p10 < each.p50 < each.p90


def test_a_free_counter_and_nobody_ahead_is_at_once():
    now = wait(ahead=0, counters=2, minutes=30, free=1)
    assert now.p90 <= 5
    assert (now.low, now.high) == (0, 10)


@pytest.mark.parametrize(
    "unknown", [{"counters": 0, "minutes": 10}, {"counters": 2, "minutes": None}]
)
def test_without_counters_or_service_times_nothing_is_said(unknown):
    assert wait(ahead=3, **unknown) is None


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (Wait(0, 1, 4), (0, 10)),
        (Wait(12.4, 18, 26.1), (10, 30)),
        (Wait(11, 12, 14), (10, 20)),
        (Wait(20, 25, 30), (20, 30)),
    ],
)
def test_it_is_shown_in_fives_and_never_narrower_than_ten(given, shown):
    assert (given.low, given.high) == shown


def test_as_times_of_the_day_it_keeps_to_fives_and_ten_minutes():
    now = Wait(0, 1, 4).between(at(10, 41))
    assert (now.starts_at, now.ends_at) == (at(10, 40), at(10, 50))
    later = Wait(14.5, 20, 26).between(at(10, 41))
    assert (later.starts_at, later.ends_at) == (at(10, 55), at(11, 10))


def test_a_few_services_of_today_do_not_outweigh_what_is_usual():
    assert blend(None, 0, 15.0) == 15
    assert blend(30.0, 1, 15.0) == pytest.approx(17.5)
    assert blend(30.0, 20, 15.0) == pytest.approx(27)
    assert blend(30.0, 3, None) == 30


# -- the facts ---------------------------------------------------------------------------------


def sit(house, number, officer, now):
    rules.open_counter(counter_id=house.counters[number].pk, officer=house.people[officer], at=now)


def serve(house, number, officer, start, end):
    desk = {"counter_id": house.counters[number].pk, "officer": house.people[officer]}
    rules.call_next(**desk, at=start)
    rules.start(**desk, at=start)
    rules.end(**desk, at=end)


def pace(house, prefix, now):
    queue = house.queues[prefix]
    return for_queues([queue.pk], TODAY, now)[queue.pk]


def test_before_a_counter_opens_the_wait_is_unknown(house):
    house.waiting("KTP", 9, arrived=at(8, 40))
    found = pace(house, "C", at(8, 45))
    assert found == Pace(1, 0, 0, 16)
    assert found.newcomer is None


def test_the_standard_is_the_service_time_until_there_is_history(house):
    sit(house, 1, "officer", at(8))
    assert pace(house, "C", at(9)) == Pace(0, 1, 1, 16)
    for service, seconds in (("KTP", 1200), ("KK", 600)):
        DailyStatistic.objects.create(
            mall=house.mall,
            agency=house.civil,
            service_type=house.services[service],
            date=at(9, days=-2).date(),
            serviced=1,
            service_sum_s=seconds,
            rolled_up_at=at(1),
        )
    assert pace(house, "C", at(9)).minutes == pytest.approx(16)
    assert pace(house, "D", at(9)).minutes == pytest.approx(16)


def test_the_services_of_today_move_the_service_time(house):
    for n in range(2):
        house.waiting("KTP", 9, name=f"Warga {n}", arrived=at(8, 40))
    sit(house, 1, "officer", at(8, 55))
    serve(house, 1, "officer", at(9), at(9, 30))
    serve(house, 1, "officer", at(9, 30), at(10))
    found = pace(house, "C", at(10, 1))
    assert found.minutes == pytest.approx((30 * 2 + 16 * 5) / 7)
    assert (found.waiting, found.free) == (0, 1)


def test_a_desk_shared_with_a_waiting_queue_counts_in_part(house):
    sit(house, 2, "officer", at(8))
    assert pace(house, "C", at(9)).counters == 1
    house.waiting("AKTA", 9, arrived=at(8, 40))
    found = pace(house, "C", at(9))
    assert (found.counters, found.free) == (0.5, 0)


def test_all_queues_cost_one_query(house):
    ids = [queue.pk for queue in house.queues.values()]
    with CaptureQueriesContext(connection) as queries:
        found = for_queues(ids, TODAY, at(9))
    assert len(queries) == 1
    assert set(found) == set(ids)
    assert for_queues([], TODAY, at(9)) == {}
    assert Ticket.objects.count() == 0
