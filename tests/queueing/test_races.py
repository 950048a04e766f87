"""Everything scarce, taken by 32 at once; and the same rule without its guard, which must break.

A control replaces one named guard and drops the constraints that stand behind it.
"""

import datetime as dt
import time

import pytest
from django.db import OperationalError, connection, transaction
from django.test import RequestFactory

from mpp_portal import edge
from queueing import issuing, rules
from queueing.models import CounterSession, QueueDay, Ticket, TicketEvent, Visit, Window
from queueing.rules import booking, calling
from queueing.workflow import State
from tests.house import TODAY, at, at_once
from tests.queueing.promises import (
    keep_their_promises,
    many_counters,
    must_break,
    refused,
    seats,
    sit,
    tally,
    without_constraints,
)


def book_one(house, window, *, service="KTP", now=None, **who):
    return rules.book(
        mall=house.mall,
        wishes=[rules.Wish(service, window.pk)],
        at=now or at(7, 30),
        **{"name": "Siti Aminah", **who},
    )


def nap(seconds: float = 0.01) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s)", [seconds])


def nik(n: int) -> str:
    return f"35760112019{n:05d}"


# -- the last seat ---------------------------------------------------------------------------------


def test_the_last_seat_goes_to_one_of_thirty_two(open_house):
    window = seats(open_house.window("C", 9), 1)
    outcomes = at_once(32, lambda n: book_one(open_house, window, nik=nik(n)))
    assert tally(outcomes) == {"ok": 1, "full": 31}
    keep_their_promises()


def take_seats_by_reading_first(window_ids, *, online):
    taken = {}
    for pk in sorted(window_ids):
        window = Window.objects.get(pk=pk)
        if window.taken >= window.seats:
            continue
        nap()
        Window.objects.filter(pk=pk).update(
            taken=window.taken + 1,
            taken_online=window.taken_online + online,
            issued=window.issued + 1,
        )
        taken[pk] = window.first_number + window.issued
    return taken


def test_read_check_write_sells_the_last_seat_twice(open_house, monkeypatch):
    monkeypatch.setattr(issuing, "take_seats", take_seats_by_reading_first)
    with without_constraints("never_more_taken_than_seats", "one_label_per_mall_and_date"):

        def attempt(n):
            window = seats(open_house.window("C", 8 + n % 7, days=1), 1, taken=0, taken_online=0)
            outcomes = at_once(8, lambda m: book_one(open_house, window, nik=nik(8 * n + m)))
            return tally(outcomes)["ok"] > 1

        must_break(attempt)


def test_thirty_two_clients_on_a_hundred_seats_get_thirty_two_numbers(open_house):
    window = seats(open_house.window("C", 9), 100, block_size=150)
    outcomes = at_once(32, lambda n: book_one(open_house, window, nik=nik(n)))
    assert tally(outcomes) == {"ok": 32}
    assert len({visit.new_tickets[0].label for visit in outcomes}) == 32
    window.refresh_from_db()
    assert (window.taken, window.issued) == (32, 32)
    keep_their_promises()


# -- one number ------------------------------------------------------------------------------------


def two_spent_windows(house, days=0):
    return [seats(house.window("C", hour, days=days), 100, block_size=2) for hour in (9, 10)]


def test_no_number_is_given_twice_when_the_blocks_are_spent(open_house):
    windows = two_spent_windows(open_house)
    outcomes = at_once(32, lambda n: book_one(open_house, windows[n % 2], nik=nik(n)))
    assert tally(outcomes) == {"ok": 32}
    assert len({visit.new_tickets[0].label for visit in outcomes}) == 32
    day = QueueDay.objects.get(queue=open_house.queues["C"], date=TODAY)
    assert day.overflow_issued == 28
    keep_their_promises()


def test_overflow_numbers_counted_without_a_lock_come_twice(open_house, monkeypatch):
    def next_by_reading_first(day_id):
        day = QueueDay.objects.get(pk=day_id)
        nap()
        QueueDay.objects.filter(pk=day_id).update(overflow_issued=day.overflow_issued + 1)
        return day.overflow_first + day.overflow_issued

    monkeypatch.setattr(issuing, "lock_days", lambda ids: None)
    monkeypatch.setattr(issuing, "next_overflow_number", next_by_reading_first)
    windows = two_spent_windows(open_house)
    with without_constraints("one_label_per_mall_and_date"):

        def attempt(n):
            outcomes = at_once(
                8, lambda m: book_one(open_house, windows[m % 2], nik=nik(8 * n + m))
            )
            labels = [visit.new_tickets[0].label for visit in outcomes]
            return len(set(labels)) < len(labels)

        must_break(attempt)


# -- one counter -----------------------------------------------------------------------------------


def people_waiting(house, number, *, service="KTP", hour=9, days=0):
    window = seats(house.window("C", hour, days=days), 100, block_size=150)
    tickets = []
    for _n in range(number):
        visit = book_one(house, window, service=service)
        rules.check_in(visit_id=visit.pk, at=at(hour - 1, 45))
        tickets += visit.new_tickets
    return tickets


def test_no_ticket_is_called_to_two_counters(open_house):
    tickets = people_waiting(open_house, 40)
    places = many_counters(open_house, "C", 16)

    def work(n):
        called = []
        while ticket := rules.call_next(**places[n], at=at(9)):
            called.append(ticket.pk)
            rules.start(**places[n], at=at(9))
            rules.end(**places[n], at=at(9))
        return called

    outcomes = at_once(16, work)
    assert tally(outcomes) == {"ok": 16}
    assert sorted(pk for called in outcomes for pk in called) == [t.pk for t in tickets]
    assert TicketEvent.objects.filter(kind="called").count() == 40
    keep_their_promises()


def test_thirty_two_counters_call_thirty_two_people(open_house):
    people_waiting(open_house, 32)
    places = many_counters(open_house, "C", 32)
    outcomes = at_once(32, lambda n: rules.call_next(**places[n], at=at(9)))
    assert len({ticket.pk for ticket in outcomes}) == 32
    keep_their_promises()


def test_without_the_lock_on_the_head_one_ticket_is_called_to_two_counters(open_house, monkeypatch):
    monkeypatch.setattr(calling, "LOCK_HEAD", "")
    people_waiting(open_house, 40)
    places = many_counters(open_house, "C", 8)

    def attempt(_n):
        called = at_once(8, lambda m: rules.call_next(**places[m], at=at(9)))
        called = [ticket.pk for ticket in called if isinstance(ticket, Ticket)]
        Ticket.objects.filter(pk__in=called).update(state=State.WAITING, counter=None)
        return len(set(called)) < len(called)

    must_break(attempt)


def test_a_double_press_calls_one_person(open_house):
    people_waiting(open_house, 5)
    place = sit(open_house, 1)
    outcomes = at_once(32, lambda n: rules.call_next(**place, at=at(9)))
    assert tally(outcomes) == {"ok": 1, "still_serving": 31}
    keep_their_promises()


def test_without_the_lock_on_the_session_a_double_press_calls_two(open_house, monkeypatch):
    monkeypatch.setattr(calling, "_SESSION", calling._SESSION.replace("FOR UPDATE OF s", ""))
    people_waiting(open_house, 20)
    place = sit(open_house, 1)
    with without_constraints("one_ticket_per_counter"):

        def attempt(_n):
            outcomes = at_once(8, lambda m: rules.call_next(**place, at=at(9)))
            Ticket.objects.filter(state=State.CALLED).update(state=State.WAITING, counter=None)
            return tally(outcomes)["ok"] > 1

        must_break(attempt)


def two_tickets_of_one_person(house, n=0):
    """A visit in queues C and D; both wait."""
    visit = rules.book(
        mall=house.mall,
        wishes=[
            rules.Wish("KTP", seats(house.window("C", 9), 100, block_size=150).pk),
            rules.Wish("AKTA", seats(house.window("D", 10), 100, block_size=150).pk),
        ],
        name="Siti Aminah",
        nik=nik(n),
        at=at(7, 30),
    )
    rules.check_in(visit_id=visit.pk, at=at(8, 45))
    return visit


def test_one_person_is_never_at_two_counters(open_house):
    places = [sit(open_house, 1), sit(open_house, 3, "colleague")]
    for n in range(3):
        two_tickets_of_one_person(open_house, n)
        outcomes = at_once(2, lambda m: rules.call_next(**places[m], at=at(9)))
        assert sorted(o is None for o in outcomes) == [False, True], outcomes
        keep_their_promises()
        at_counter = Ticket.objects.get(state=State.CALLED)
        rules.cancel_visit(visit_id=at_counter.visit_id, at=at(9))
        rules.absent(**places[outcomes.index(None) - 1], at=at(9))
        rules.cancel(ticket_id=at_counter.pk, at=at(9))


def test_without_the_look_and_the_index_a_person_is_at_two_counters(open_house, monkeypatch):
    monkeypatch.setattr(calling, "PERSON_IS_FREE", "true")
    places = [sit(open_house, 1), sit(open_house, 3, "colleague")]
    with without_constraints("one_counter_per_visit"):
        visit = two_tickets_of_one_person(open_house)

        def attempt(_n):
            at_once(2, lambda m: rules.call_next(**places[m], at=at(9)))
            return visit.tickets.filter(state=State.CALLED).count() == 2

        must_break(attempt)


def test_two_officers_at_one_counter_and_one_officer_at_two(open_house):
    people, counters = open_house.people, open_house.counters
    outcomes = at_once(
        32,
        lambda n: rules.open_counter(
            counter_id=counters[1].pk,
            officer=people["officer" if n % 2 else "colleague"],
            at=at(8),
        ),
    )
    assert tally(outcomes) == {"ok": 16, "counter_taken": 16}
    outcomes = at_once(
        2,
        lambda n: rules.open_counter(
            counter_id=counters[2 + n].pk, officer=people["third"], at=at(8)
        ),
    )
    assert tally(outcomes)["ok"] == 1
    assert CounterSession.objects.filter(closed_at=None).count() == 2


# -- one person ------------------------------------------------------------------------------------


def test_the_same_person_gets_one_number(open_house):
    window = seats(open_house.window("C", 9), 100, block_size=150)
    outcomes = at_once(32, lambda n: book_one(open_house, window, nik=nik(1)))
    assert tally(outcomes) == {"ok": 1, "already_booked": 31}
    keep_their_promises()


def look_up_slowly(**asked):
    known = look_up_person(**asked)
    nap()
    return known


look_up_person = issuing.look_up_person


def without_the_persons_lock(monkeypatch):
    monkeypatch.setattr(issuing, "lock_people", lambda keys: "")
    monkeypatch.setattr(issuing, "look_up_person", look_up_slowly)


def test_without_the_lock_and_the_index_a_person_gets_two_numbers(open_house, monkeypatch):
    without_the_persons_lock(monkeypatch)
    window = seats(open_house.window("C", 9), 200, block_size=300)
    with without_constraints("one_active_ticket_per_person"):
        must_break(
            lambda n: (
                tally(at_once(8, lambda _m: book_one(open_house, window, nik=nik(n))))["ok"] > 1
            )
        )


def test_a_double_tap_on_the_last_seat_shows_the_ticket(open_house):
    window = seats(open_house.window("C", 9), 1)
    outcomes = at_once(32, lambda n: book_one(open_house, window, request_key="tap"))
    assert tally(outcomes) == {"ok": 32}
    assert len({visit.new_tickets[0].pk for visit in outcomes}) == 1
    keep_their_promises()


def test_a_double_tap_at_the_kiosk_prints_one_ticket(open_house):
    Window.objects.update(seats=0, online_seats=0)
    seats(open_house.window("C", 14), 1)
    outcomes = at_once(
        32,
        lambda n: rules.walk_in(
            mall=open_house.mall, services=["KTP"], printing=True, request_key="tap", at=at(10)
        ),
    )
    assert tally(outcomes) == {"ok": 32}
    assert Ticket.objects.count() == 1
    keep_their_promises()


def test_without_the_lock_a_double_tap_is_told_that_it_is_full(open_house, monkeypatch):
    without_the_persons_lock(monkeypatch)
    with without_constraints("one_visit_per_request"):

        def attempt(n):
            window = seats(open_house.window("C", 8 + n % 7), 1, taken=0, taken_online=0)
            outcomes = at_once(8, lambda m: book_one(open_house, window, request_key=f"tap {n}"))
            return tally(outcomes).get("full", 0) > 0

        must_break(attempt)


def test_a_contact_gets_three_numbers_a_day(open_house):
    window = seats(open_house.window("C", 9), 100, block_size=150)
    outcomes = at_once(
        32, lambda n: book_one(open_house, window, phone="081234567890", name=f"Anak {n}")
    )
    assert tally(outcomes) == {"ok": 3, "contact_cap": 29}
    keep_their_promises()


def test_without_the_lock_a_contact_gets_more_than_three(open_house, monkeypatch):
    without_the_persons_lock(monkeypatch)
    window = seats(open_house.window("C", 9), 200, block_size=300)

    def attempt(n):
        phone = f"08123456{n:04d}"
        outcomes = at_once(8, lambda m: book_one(open_house, window, phone=phone, name=f"A {m}"))
        return tally(outcomes)["ok"] > 3

    must_break(attempt)


def test_a_service_with_a_limit_of_its_own_gives_no_number_more(open_house):
    service = open_house.services["KTP"]
    service.seats = 4
    service.save(update_fields=["seats"])
    windows = two_spent_windows(open_house)
    outcomes = at_once(32, lambda n: book_one(open_house, windows[n % 2], nik=nik(n)))
    assert tally(outcomes) == {"ok": 4, "day_full": 28}
    keep_their_promises()


# -- moving and giving back ------------------------------------------------------------------------


def test_two_people_swap_their_windows(open_house):
    first, second = open_house.window("C", 9), open_house.window("C", 10)
    one, two = (book_one(open_house, window).new_tickets[0] for window in (first, second))
    for n in range(10):
        to = (second, first) if n % 2 == 0 else (first, second)
        outcomes = at_once(
            2,
            lambda m, to=to: rules.reschedule(
                ticket_id=(one, two)[m].pk, window_id=to[m].pk, at=at(7, 40)
            ),
        )
        assert tally(outcomes) == {"ok": 2}
    keep_their_promises()


def test_movers_bookers_and_people_who_give_up_never_block_each_other(open_house):
    windows = [seats(open_house.window("C", hour), 100, block_size=150) for hour in (9, 10)]
    other = seats(open_house.window("D", 11), 100, block_size=150)
    movers = [book_one(open_house, windows[n % 2]).new_tickets[0] for n in range(12)]
    leavers = [
        rules.book(
            mall=open_house.mall,
            wishes=[rules.Wish("KTP", windows[n % 2].pk), rules.Wish("AKTA", other.pk)],
            name="Siti",
            at=at(7),
        )
        for n in range(10)
    ]

    def act(n):
        if n < 12:
            target = windows[(n + 1) % 2]
            return rules.reschedule(ticket_id=movers[n].pk, window_id=target.pk, at=at(7, 40))
        if n < 22:
            return rules.cancel_visit(visit_id=leavers[n - 12].pk, at=at(7, 40))
        return rules.book(
            mall=open_house.mall,
            wishes=[rules.Wish("AKTA", other.pk), rules.Wish("KK", windows[n % 2].pk)],
            name="Budi",
            at=at(7, 40),
        )

    started = time.monotonic()
    assert tally(at_once(32, act)) == {"ok": 32}
    assert time.monotonic() - started < 10
    keep_their_promises()


def test_cancelling_and_moving_one_ticket_leaves_it_cancelled_with_its_seat_free(open_house):
    for n in range(4):
        first, second = open_house.window("C", 9), open_house.window("C", 10)
        ticket = book_one(open_house, first, nik=nik(n)).new_tickets[0]
        outcomes = at_once(
            2,
            lambda m, t=ticket, to=second: (
                rules.cancel(ticket_id=t.pk, at=at(7, 40))
                if m
                else rules.reschedule(ticket_id=t.pk, window_id=to.pk, at=at(7, 40))
            ),
        )
        assert tally(outcomes) in ({"ok": 2}, {"ok": 1, "cannot_reschedule": 1})
        ticket.refresh_from_db()
        assert ticket.state == State.CANCELLED
        assert not Window.objects.filter(taken__gt=0).exists()
        keep_their_promises()


def test_one_ticket_cancelled_by_thirty_two_frees_one_seat(open_house):
    window = open_house.window("C", 9)
    tickets = [book_one(open_house, window).new_tickets[0] for _ in range(2)]
    assert tally(at_once(32, lambda n: rules.cancel(ticket_id=tickets[0].pk, at=at(8)))) == {
        "ok": 32
    }
    window.refresh_from_db()
    assert window.taken == 1


def test_a_cancelling_taken_back_against_others_who_want_the_last_seat(open_house):
    window = seats(open_house.window("C", 9), 1)
    ticket = open_house.book("KTP", 9, nik=nik(0))
    rules.cancel(ticket_id=ticket.pk, at=at(8))

    def act(n):
        if n % 2:
            return book_one(open_house, window, nik=nik(n), now=at(8))
        return rules.undo_cancel(visit_id=ticket.visit_id, at=at(8, 0, 30))

    outcomes = at_once(32, act)
    assert Ticket.objects.filter(state="booked").count() == 1
    assert set(tally(outcomes)) <= {"ok", "full"}
    keep_their_promises()


def test_one_ticket_moved_by_thirty_two_moves_once(open_house):
    ticket = book_one(open_house, open_house.window("C", 9)).new_tickets[0]
    target = open_house.window("C", 10)
    outcomes = at_once(
        32, lambda n: rules.reschedule(ticket_id=ticket.pk, window_id=target.pk, at=at(8))
    )
    assert tally(outcomes) == {"ok": 1, "same_window": 31}
    keep_their_promises()


# -- the hall --------------------------------------------------------------------------------------


def test_walk_ins_and_online_bookings_share_a_window(open_house):
    window = seats(open_house.window("C", 9), 10, online=6)

    def come(n):
        if n % 2:
            return book_one(open_house, window, nik=nik(n), now=at(9))
        return rules.walk_in(mall=open_house.mall, services=["KTP"], at=at(9))

    outcomes = at_once(32, come)
    walked = [o for n, o in enumerate(outcomes) if n % 2 == 0]
    booked = tally(outcomes[1::2])
    assert tally(walked) == {"ok": 16}  # the next window takes whom this one cannot
    assert set(booked) <= {"ok", "full"}
    window.refresh_from_db()
    assert window.taken == 10
    assert window.taken_online == booked["ok"] <= 6
    keep_their_promises()


def test_thirty_two_walk_ins_fill_the_windows_one_after_the_other(open_house):
    outcomes = at_once(
        32, lambda n: rules.walk_in(mall=open_house.mall, services=["KTP"], at=at(8))
    )
    assert tally(outcomes) == {"ok": 32}
    taken = Window.objects.filter(queue=open_house.queues["C"], date=TODAY).order_by("starts_at")
    assert list(taken.values_list("taken", flat=True)) == [6, 6, 6, 6, 6, 2, 0]
    keep_their_promises()


def test_the_priority_cap_holds(open_house):
    open_house.queues["C"].priority_per_day = 5
    open_house.queues["C"].save(update_fields=["priority_per_day"])
    outcomes = at_once(
        32,
        lambda n: rules.walk_in(
            mall=open_house.mall, services=["KTP"], priority="elderly", at=at(8)
        ),
    )
    assert tally(outcomes) == {"ok": 5, "priority_cap": 27}
    keep_their_promises()


def test_who_checks_in_at_the_last_moment_is_no_no_show(open_house):
    tickets = [book_one(open_house, open_house.window("C", 9)).new_tickets[0] for _ in range(3)]
    last_moment = at(10, 30)

    def act(n):
        if n == 0:
            return rules.mark_no_shows(at=last_moment + dt.timedelta(seconds=1))
        return rules.check_in(visit_id=tickets[n - 1].visit_id, at=last_moment)

    outcomes = at_once(4, act)
    assert set(tally(outcomes)) <= {"ok", "too_late"}
    missed = Ticket.objects.filter(state=State.NO_SHOW).count()
    assert outcomes[0] == missed
    assert Ticket.objects.filter(state=State.WAITING).count() == 3 - missed
    heir = open_house.window("C", 10)
    assert heir.seats == 6 + missed
    keep_their_promises()


def test_no_shows_marked_twice_at_once_pass_their_seats_on_once(open_house):
    for _ in range(3):
        book_one(open_house, open_house.window("C", 9))
    assert sum(at_once(8, lambda n: rules.mark_no_shows(at=at(10, 31)))) == 3
    assert open_house.window("C", 10).seats == 9
    keep_their_promises()


def test_nobody_is_called_out_of_a_closed_day(open_house):
    people_waiting(open_house, 12)
    places = many_counters(open_house, "C", 8)

    def act(n):
        if n == 8:
            return rules.close_day(mall=open_house.mall, date=TODAY, at=at(9))
        return rules.call_next(**places[n], at=at(9))

    outcomes = at_once(9, act)
    assert set(tally(outcomes)) <= {"ok", "counter_closed"}
    assert outcomes[8] == 12
    assert set(Ticket.objects.values_list("state", flat=True)) == {State.UNSERVED}
    assert not CounterSession.objects.filter(closed_at=None).exists()
    keep_their_promises()


def test_a_day_closed_early_takes_nobody_in(open_house):
    windows = [seats(open_house.window("C", hour), 100, block_size=150) for hour in (9, 10)]

    def act(n):
        if n == 8:
            return rules.close_day(mall=open_house.mall, date=TODAY, at=at(8))
        if n % 2:
            return rules.walk_in(mall=open_house.mall, services=["KTP"], at=at(8))
        return book_one(open_house, windows[n % 4 // 2], nik=nik(n))

    outcomes = at_once(32, act)
    assert set(tally(outcomes)) <= {"ok", "full", "past", "closed", "day_full"}
    assert not Ticket.objects.exclude(state__in=[State.NO_SHOW, State.UNSERVED]).exists()
    keep_their_promises()


def test_undo_against_the_calls_of_colleagues(open_house):
    mine, *theirs = many_counters(open_house, "C", 8)
    ticket = people_waiting(open_house, 1)[0]
    for n in range(3):
        rules.call_next(**mine, at=at(9, n))
        outcomes = at_once(
            8,
            lambda m, n=n: (
                rules.undo(**mine, at=at(9, n))
                if m == 0
                else rules.call_next(**theirs[m - 1], at=at(9, n))
            ),
        )
        assert tally(outcomes) == {"ok": 8}
        called = [o for o in outcomes[1:] if o]
        assert len(called) <= 1
        keep_their_promises()
        if called:
            place = theirs[outcomes.index(called[0]) - 1]
            rules.undo(**place, at=at(9, n))
        ticket.refresh_from_db()
        assert ticket.state == State.WAITING


def test_undoing_a_park_while_the_desk_brings_the_person_to_a_colleague(open_house):
    mine, theirs = many_counters(open_house, "C", 2)
    ticket = people_waiting(open_house, 1)[0]
    for n in range(4):
        rules.call_next(**mine, at=at(9, n))
        rules.park(**mine, reason="fotokopi", at=at(9, n))

        def act(m, n=n):
            if m == 0:
                return rules.undo(**mine, at=at(9, n))
            rules.bring_back(ticket_id=ticket.pk, at=at(9, n))
            return rules.call_next(**theirs, at=at(9, n))

        outcomes = at_once(2, act)
        assert tally(outcomes) in (
            {"ok": 1, "acted_on": 1},  # the person came back to the line first
            {"ok": 1, "wrong_state": 1},  # the undo was first: at my counter again
        )
        keep_their_promises()
        ticket.refresh_from_db()
        if ticket.state == State.WAITING:
            continue
        where = mine if ticket.counter_id == mine["counter_id"] else theirs
        rules.park(**where, reason="diulang", at=at(9, n))
        rules.bring_back(ticket_id=ticket.pk, at=at(9, n))


def test_one_transfer_of_thirty_two_makes_one_ticket(open_house):
    ticket = people_waiting(open_house, 1)[0]
    officer = open_house.people["front_desk"]
    outcomes = at_once(
        32,
        lambda n: rules.transfer(ticket_id=ticket.pk, service="AKTA", officer=officer, at=at(9)),
    )
    assert tally(outcomes) == {"ok": 1, "wrong_state": 31}
    assert Ticket.objects.filter(state=State.WAITING).count() == 1
    keep_their_promises()


# -- too busy to wait for --------------------------------------------------------------------------


def test_who_waits_too_long_for_a_lock_is_told_to_try_again(open_house):
    window = open_house.window("C", 9)
    busy = edge.refusals(lambda request: None)

    def act(n):
        if n == 0:
            with transaction.atomic():
                list(Window.objects.select_for_update().filter(pk=window.pk))
                time.sleep(0.6)
            return None
        time.sleep(0.1)
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '200ms'")
        return book_one(open_house, window)

    outcome = at_once(2, act)[1]
    assert isinstance(outcome, OperationalError)
    answer = busy.process_exception(RequestFactory().post("/api/v1/visits"), outcome)
    assert answer.status_code == 503
    assert b'"busy"' in answer.content
    assert not Visit.objects.exists()
    keep_their_promises()


@pytest.mark.django_db
def test_a_window_that_changes_under_every_look_is_busy(house, monkeypatch):
    def always_gone(*args, **more):
        raise issuing.TryAgain

    monkeypatch.setattr(booking.issuing, "take_seats", always_gone)
    with refused("busy"):
        house.book("KTP", 9)
