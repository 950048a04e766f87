"""The range until called: honest against a simulated hall, unknown where nothing is known."""

import random
from heapq import heapify, heappop, heappush

import pytest
from django.core.cache import caches
from django.db import connection
from django.test.utils import CaptureQueriesContext

from queueing import rules
from queueing.estimates import for_queues
from queueing.models import DailyStatistic, Ticket, Window
from queueing.paces import Booked, Closed, Desk, Facts, Service, blend, pace_of, spread_between
from queueing.waits import SPREAD, Coming, Pace, Wait, wait
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


# -- what is known of the desks ------------------------------------------------------------------


def facts(**known):
    return Facts(
        **{"waiting": 3, "desks": [Desk(1, busy=6.0)], "usual": 12.0, "spread": 0.6, **known}
    )


def told(ahead=3, **known):
    return pace_of(facts(**known)).for_ahead(ahead)


def test_a_service_that_began_long_ago_ends_sooner_than_one_that_began_now():
    just_now, long_ago = (told(ahead=0, desks=[Desk(1, busy=b)]) for b in (0.5, 9.0))
    assert long_ago.p50 < just_now.p50


def test_a_slow_officer_makes_the_wait_longer_than_a_quick_one_at_the_same_desk():
    slow, quick = (
        told(services=[Service(1, lasted) for _n in range(8)] + [Service(2, 12.0)] * 12)
        for lasted in (20.0, 8.0)
    )
    assert slow.p50 > 1.2 * quick.p50


def test_the_time_between_two_calls_counts():
    at_once, slowly = (told(services=[Service(1, 12.0, gap)] * 10) for gap in (0.0, 3.0))
    assert slowly.p50 == pytest.approx(at_once.p50 * 15 / 12, rel=0.03)


def test_a_break_in_the_desks_day_is_not_its_pace():
    assert pace_of(facts(services=[Service(1, 12.0, 55.0)] * 10)).minutes == pytest.approx(
        pace_of(facts(services=[Service(1, 12.0)] * 10)).minutes
    )


def test_who_often_does_not_come_shortens_the_wait_of_the_others():
    assert told(absent=0.3).p50 < told().p50


def test_a_wait_that_reaches_into_the_break_goes_on_after_it():
    without, across = told(), told(gaps=[(5.0, 65.0)])
    assert across.p50 == pytest.approx(without.p50 + 60)
    assert told(ahead=0, gaps=[(300.0, 360.0)]) == told(ahead=0)


def test_a_break_in_which_the_desks_call_on_is_none():
    calling = {"desks": [Desk(1, busy=2.0)], "gaps": [(-20.0, 40.0)]}
    assert told(**calling) == told(desks=[Desk(1, busy=2.0)])
    assert told(desks=[Desk(1, busy=25.0)], gaps=[(-20.0, 40.0)]).p10 > 40


def test_a_counter_that_is_expected_shortens_a_long_wait_and_not_the_next_minutes():
    soon, far = 0, 12
    expected = {"closed": [Closed()], "hours": 2.0}
    assert told(far, **expected).p50 < 0.8 * told(far).p50
    assert told(soon, **expected).p50 == pytest.approx(told(soon).p50, rel=0.1)
    given_up = told(far, closed=[Closed()], hours=180.0)
    assert given_up.p50 == pytest.approx(told(far).p50, rel=0.01)


def test_those_booked_who_will_stand_before_a_person_are_counted_ahead():
    before = [Booked(1, -20.0, 40.0)] * 4
    behind = [Booked(9, -20.0, 40.0)] * 4
    assert told(ahead=3, booked=before).p50 > 1.2 * told(ahead=3).p50
    assert told(ahead=3, booked=behind) == told(ahead=3)
    assert told(ahead=3, booked=[Booked(1, 45.0, 105.0)]) == told(ahead=3)  # may not come yet


def test_nobody_is_counted_twice_who_comes_only_after_the_call():
    pace = Pace(3, 1.0, 0, 10.0, coming=(Coming(0, 0.9, 400.0),))
    assert pace.for_ahead(0).p50 < Pace(3, 1.0, 0, 10.0).for_ahead(0).p50 * 1.1


def test_an_officer_who_calls_nobody_while_people_wait_is_not_free():
    assert pace_of(facts(desks=[Desk(1, idle=1.0)])).free == 1
    assert pace_of(facts(desks=[Desk(1, idle=9.0)])).free == 0


def test_the_range_is_wider_where_services_differ_more():
    even, uneven = (told(spread=spread) for spread in (0.4, 1.0))
    assert uneven.p90 - uneven.p10 > 1.3 * (even.p90 - even.p10)


def test_the_spread_is_read_from_two_percentiles():
    rng = random.Random(5)
    for shape in (1, 2, 6):
        drawn = sorted(rng.gammavariate(shape, 10) for _n in range(20_000))
        assert spread_between(drawn[10_000], drawn[18_000]) == pytest.approx(shape**-0.5, rel=0.07)


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
    assert (found.waiting, found.counters, found.free, found.minutes) == (1, 0, 0, 16)
    assert found.newcomer is None


def test_the_standard_is_the_service_time_until_there_is_history(house):
    sit(house, 1, "officer", at(8))
    found = pace(house, "C", at(9))
    assert (found.waiting, found.counters, found.free, found.minutes) == (0, 1, 1, 16)
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
    of_the_queue = (30 * 2 + 16 * 5) / 7
    assert found.minutes == pytest.approx((30 * 2 + of_the_queue * 8) / 10)
    assert (found.waiting, found.free) == (0, 1)


def test_a_desk_shared_with_a_waiting_queue_counts_in_part(house):
    sit(house, 2, "officer", at(8))
    assert pace(house, "C", at(9)).counters == 1
    house.waiting("AKTA", 9, arrived=at(8, 40))
    found = pace(house, "C", at(9))
    assert (found.counters, found.free) == (0.5, 0)


def test_who_is_at_the_desk_and_for_how_long_is_known(house):
    house.waiting("KTP", 9, arrived=at(8, 40))
    sit(house, 1, "officer", at(8, 55))
    desk = {"counter_id": house.counters[1].pk, "officer": house.people["officer"]}
    rules.call_next(**desk, at=at(9))
    just, later = pace(house, "C", at(9, 1)), pace_later(house, "C", at(9, 14))
    assert just.free == later.free == 0
    assert just.lag > later.lag


def pace_later(house, prefix, now):
    caches["near"].clear()
    return pace(house, prefix, now)


def test_those_booked_for_this_hour_and_not_yet_there_are_known_by_their_place(house):
    sit(house, 1, "officer", at(8))
    first = house.book("KTP", 9, name="Ani")
    house.waiting("KTP", 9, name="Budi", arrived=at(8, 45))
    house.book("KTP", 9, name="Cici")
    house.book("KTP", 14, name="Dedi")
    found = pace(house, "C", at(9, 5))
    assert [one.behind for one in found.coming] == [0, 1]
    assert all(0 < one.chance < 1 and one.within == 55 for one in found.coming)
    assert first.state == "booked"


def test_the_other_counters_of_the_queue_are_expected_for_a_while(house):
    sit(house, 1, "officer", at(8))
    assert pace(house, "C", at(8, 5)).help  # counter 2 serves C, too
    assert sum(part for _after, part in pace_later(house, "C", at(11)).help) < 0.01


def test_the_lunch_break_of_the_hours_is_known(house):
    Window.objects.filter(queue=house.queues["C"], starts_at=at(12)).delete()
    sit(house, 1, "officer", at(8))
    assert pace(house, "C", at(11, 30)).gaps == ((30, 90),)


def test_all_queues_cost_one_query(house):
    ids = [queue.pk for queue in house.queues.values()]
    with CaptureQueriesContext(connection) as queries:
        found = for_queues(ids, TODAY, at(9))
    assert len(queries) == 1
    assert set(found) == set(ids)
    assert for_queues([], TODAY, at(9)) == {}
    assert Ticket.objects.count() == 0
