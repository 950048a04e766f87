"""The counter's work, step by step, and what it refuses."""

import datetime as dt

from queueing import rules
from queueing.models import CallAnnouncement, CounterAssignment, CounterSession, Ticket
from tests.house import TODAY, at
from tests.queueing.promises import keep_their_promises, refused, sit


def called(house, **who):
    """A counter with a called person: (arguments of its rules, ticket)."""
    house.waiting("KTP", 9, arrived=at(8, 45), **who)
    place = sit(house, 1)
    return place, rules.call_next(**place, at=at(9))


# -- sitting down ----------------------------------------------------------------------------------


def test_a_counter_calls_from_the_queues_assigned_that_day_in_order(house):
    session = rules.open_counter(
        counter_id=house.counters[2].pk, officer=house.people["officer"], at=at(8)
    )
    assert session.queue_ids == [house.queues["C"].pk, house.queues["D"].pk]
    CounterAssignment.objects.filter(counter=house.counters[2], queue=house.queues["C"]).update(
        weekday=TODAY.weekday() + 1
    )
    again = rules.open_counter(
        counter_id=house.counters[2].pk, officer=house.people["officer"], at=at(8)
    )
    assert again.pk == session.pk
    assert again.queue_ids == [house.queues["D"].pk]


def test_who_may_not_sit_down(house):
    with refused("nothing_assigned"):
        sit(house, 1, "foreign_officer")
    with refused("nothing_assigned"):
        sit(house, 1, "leader")
    sit(house, 1)
    with refused("counter_taken"):
        sit(house, 1, "colleague")
    with refused("officer_elsewhere"):
        sit(house, 3)


def test_leaving_needs_an_empty_counter(house):
    place, _ticket = called(house)
    with refused("still_serving"):
        rules.close_counter(**place, at=at(9, 1))
    rules.start(**place, at=at(9, 1))
    rules.end(**place, at=at(9, 5))
    rules.close_counter(**place, at=at(9, 6))
    rules.close_counter(**place, at=at(9, 7))
    assert CounterSession.objects.get().closed_at == at(9, 6)


def test_yesterday_is_closed_before_today_is_called(house):
    old = house.waiting("KTP", 9, arrived=at(8, 45))
    place = sit(house, 1)
    rules.open_counter(**place, at=at(8, days=1))
    assert rules.call_next(**place, at=at(8, days=1)) is None
    old.refresh_from_db()
    assert old.state == "unserved"


def test_a_session_left_open_after_the_close_does_not_block_the_next_morning(house):
    rules.close_day(mall=house.mall, date=TODAY, at=at(15))
    place = sit(house, 1, now=at(15, 30))
    with refused("counter_closed"):
        rules.call_next(**place, at=at(8, days=1))
    rules.open_counter(**place, at=at(8, days=1))
    assert rules.call_next(**place, at=at(8, days=1)) is None
    rules.close_counter(**place, at=at(8, 1, days=1))
    other = sit(house, 1, "colleague", now=at(8, 2, days=1))
    assert CounterSession.objects.get(closed_at=None).officer == other["officer"]


# -- calling ---------------------------------------------------------------------------------------


def test_the_first_of_the_line_is_called_and_shown_with_number_and_counter(house):
    place, ticket = called(house)
    later = house.waiting("KTP", 10, arrived=at(9, 30))
    assert (ticket.label, ticket.state, ticket.called_at) == ("C 012", "called", at(9))
    shown = CallAnnouncement.objects.get()
    assert (shown.label, shown.counter_number, shown.zone) == ("C 012", 1, "timur")
    rules.start(**place, at=at(9, 1))
    following = rules.end_and_call_next(**place, at=at(9, 31))
    assert following.pk == later.pk  # present people are called early rather than nobody
    keep_their_promises()


def test_nobody_waits(house):
    house.book("KTP", 9)
    place = sit(house, 1)
    assert rules.call_next(**place, at=at(9)) is None
    assert rules.call_next(**sit(house, 2, "colleague"), at=at(9)) is None


def test_of_several_queues_the_earliest_head_is_called(house):
    civil = house.waiting("KTP", 10, arrived=at(9, 40))
    deed = house.waiting("AKTA", 9, arrived=at(9, 40))
    place = sit(house, 2)
    assert rules.call_next(**place, at=at(9, 41)).pk == deed.pk
    rules.start(**place, at=at(9, 41))
    assert rules.end_and_call_next(**place, at=at(9, 45)).pk == civil.pk


def test_between_equal_times_the_first_queue_of_the_counter_goes_first(house):
    deed = house.waiting("AKTA", 9, arrived=at(8, 40))
    civil = house.waiting("KTP", 9, arrived=at(8, 41))
    assert deed.sort_at == civil.sort_at
    assert rules.call_next(**sit(house, 2), at=at(9)).pk == civil.pk


def test_who_is_elsewhere_is_passed_over_and_called_ten_minutes_after(house):
    visit = rules.book(
        mall=house.mall,
        wishes=[
            rules.Wish("KTP", house.window("C", 9).pk),
            rules.Wish("AKTA", house.window("D", 10).pk),
        ],
        name="Siti",
        at=at(7),
    )
    rules.check_in(visit_id=visit.pk, at=at(8, 45))
    next_one = house.waiting("AKTA", 11, arrived=at(10, 30))
    first, second = sit(house, 1), sit(house, 3, "colleague")
    rules.call_next(**first, at=at(9))
    assert rules.call_next(**second, at=at(9)).pk == next_one.pk
    rules.absent(**second, at=at(9, 1))
    rules.start(**first, at=at(9, 1))
    rules.end(**first, at=at(9, 5))
    assert rules.call_next(**second, at=at(9, 14)) is None
    assert rules.call_next(**second, at=at(9, 15)).visit_id == visit.pk


def test_one_at_a_time(house):
    place, _ticket = called(house)
    with refused("still_serving"):
        rules.call_next(**place, at=at(9, 1))


def test_only_the_officer_who_sits_there_calls(house):
    with refused("counter_closed"):
        rules.call_next(counter_id=house.counters[1].pk, officer=house.people["officer"], at=at(9))
    place = sit(house, 1)
    with refused("not_allowed"):
        rules.call_next(**{**place, "officer": house.people["colleague"]}, at=at(9))
    with refused("nobody_at_counter"):
        rules.start(**place, at=at(9))


# -- the steps at the counter ----------------------------------------------------------------------


def test_a_person_is_recalled_at_most_twice(house):
    place, _ticket = called(house)
    rules.recall(**place, at=at(9, 1))
    rules.recall(**place, at=at(9, 2))
    with refused("recalled_enough"):
        rules.recall(**place, at=at(9, 3))
    assert list(CallAnnouncement.objects.order_by("pk").values_list("recall", flat=True)) == [
        False,
        True,
        True,
    ]


def test_steps_out_of_order_are_refused(house):
    place, _ticket = called(house)
    with refused("wrong_state"):
        rules.end(**place, at=at(9, 1))
    rules.start(**place, at=at(9, 1))
    for step in (rules.start, rules.recall, rules.absent):
        with refused("wrong_state"):
            step(**place, at=at(9, 2))


def test_service_ends_with_an_outcome(house):
    place, ticket = called(house)
    rules.start(**place, at=at(9, 1))
    with refused("bad_outcome"):
        rules.end(**place, at=at(9, 5), outcome="hebat")
    for date in (None, TODAY - dt.timedelta(days=1)):
        with refused("collect_date_needed"):
            rules.end(**place, at=at(9, 5), outcome="collect_later", collect_on=date)
    rules.end(**place, at=at(9, 5), outcome="collect_later", collect_on=TODAY)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.outcome, ticket.collect_on) == ("done", "collect_later", TODAY)
    assert (ticket.started_at, ticket.ended_at) == (at(9, 1), at(9, 5))


def test_parking_needs_a_reason(house):
    place, ticket = called(house)
    with refused("reason_needed"):
        rules.park(**place, reason="  ya ", at=at(9, 1))
    rules.park(**place, reason="fotokopi KK", at=at(9, 1))
    ticket.refresh_from_db()
    assert (ticket.state, ticket.parked_reason) == ("parked", "fotokopi KK")
    assert rules.call_next(**place, at=at(9, 2)) is None
    assert Ticket.objects.filter(state="parked").count() == 1
