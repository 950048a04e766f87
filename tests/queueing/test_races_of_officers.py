"""Officers against each other: taking a counter over, sending somebody on, taking an act back.

Each promise with its control: the same rule without its guard, its constraints away, must break.
"""

import contextlib

import pytest
from django.db import connection, transaction
from django.db.models import Count

from accounts.models import User
from queueing import rules
from queueing.models import CounterSession, Ticket, TicketEvent
from queueing.refusals import Refusal
from queueing.rules import calling, moving, sitting
from queueing.workflow import AT_COUNTER, State
from services.models import Officer
from tests.house import at, at_once
from tests.queueing.promises import (
    keep_their_promises,
    many_counters,
    must_break,
    seats,
    sit,
    tally,
    without_constraints,
)


def nap(seconds: float = 0.1) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s)", [seconds])


def officers(house, number):
    """More people who may sit at the counters of queue C."""
    people = [User.objects.create(username=f"rekan{n}", is_staff=True) for n in range(number)]
    for person in people:
        Officer.objects.create(
            user=person, mall=house.mall, agency=house.civil, role=Officer.Role.COUNTER
        )
    return people


def waiting(house, number):
    window = seats(house.window("C", 9), 100, block_size=150)
    tickets = []
    for _n in range(number):
        wish = rules.Wish("KTP", window.pk)
        visit = rules.book(mall=house.mall, wishes=[wish], name="Siti", at=at(7, 30))
        rules.check_in(visit_id=visit.pk, at=at(8, 45))
        tickets += visit.new_tickets
    return tickets


def one_open_session_each():
    """Of every counter and of every officer."""
    there = CounterSession.objects.filter(closed_at=None)
    for who in ("counter", "officer"):
        assert not there.values(who).annotate(n=Count("pk")).filter(n__gt=1).exists(), who


# -- taking over -----------------------------------------------------------------------------------


def test_a_counter_taken_over_by_eight_at_once_ends_with_one_officer(open_house):
    place = sit(open_house, 1)
    ticket = waiting(open_house, 1)[0]
    rules.call_next(**place, at=at(9))
    people = officers(open_house, 8)
    counter = place["counter_id"]
    outcomes = at_once(
        8,
        lambda n: rules.open_counter(
            counter_id=counter, officer=people[n], at=at(9, 1), browser=f"b{n}", take_over=True
        ),
    )
    assert tally(outcomes) == {"ok": 8}  # one after the other: the last one sits there
    one_open_session_each()
    ticket.refresh_from_db()
    holder = CounterSession.objects.get(counter=counter, closed_at=None)
    assert ticket.officer_id == holder.officer_id
    assert ticket.state == State.CALLED
    keep_their_promises()


def test_one_officer_who_takes_over_two_counters_at_once_sits_at_one(open_house):
    places = many_counters(open_house, "C", 8)
    [person] = officers(open_house, 1)
    outcomes = at_once(
        8,
        lambda n: rules.open_counter(
            counter_id=places[n]["counter_id"], officer=person, at=at(9), take_over=True
        ),
    )
    assert tally(outcomes)["ok"] == 1, tally(outcomes)
    assert set(tally(outcomes)) <= {"ok", "officer_elsewhere"}
    one_open_session_each()


def test_the_officer_who_lost_the_counter_does_not_call_there_any_more(open_house):
    place = sit(open_house, 1)
    waiting(open_house, 2)
    [person] = officers(open_house, 1)

    def act(n):
        if n:
            return rules.call_next(**place, at=at(9))
        return rules.open_counter(
            counter_id=place["counter_id"], officer=person, at=at(9), take_over=True
        )

    outcomes = at_once(2, act)
    assert tally(outcomes) in ({"ok": 2}, {"ok": 1, "not_allowed": 1})
    one_open_session_each()
    for ticket in Ticket.objects.filter(state__in=AT_COUNTER):
        assert ticket.officer_id == person.pk
    keep_their_promises()


def test_without_lock_and_constraints_two_officers_hold_one_counter(open_house, monkeypatch):
    """The control: look, wait, sit down, with nothing that stands behind it."""

    def looked_then_sat(new, take_over, at):
        there = CounterSession.objects.filter(counter=new.counter, closed_at=None)
        found = list(there)
        nap()
        for session in found:
            session.closed_at = at
            session.save(update_fields=["closed_at"])
        new.pk = None
        new.save(force_insert=True)
        return new

    monkeypatch.setattr(sitting, "_open", looked_then_sat)
    counter = open_house.counters[1]
    people = officers(open_house, 4)
    with no_double_sessions_forbidden():

        def attempt(n):
            CounterSession.objects.all().delete()
            at_once(
                4,
                lambda m: rules.open_counter(
                    counter_id=counter.pk, officer=people[m], at=at(9), take_over=True
                ),
            )
            return CounterSession.objects.filter(counter=counter, closed_at=None).count() > 1

        must_break(attempt)


@contextlib.contextmanager
def no_double_sessions_forbidden():
    """The two constraints of sessions away; their rows with them before they are back."""
    names = ("one_open_session_per_counter", "one_open_session_per_officer")
    with without_constraints(*names):
        yield
        CounterSession.objects.all().delete()


# -- sending on, while being called ----------------------------------------------------------------


def test_who_is_sent_on_while_being_called_is_in_one_place(open_house):
    places = many_counters(open_house, "C", 4)
    desk = open_house.people["front_desk"]
    for _n in range(6):
        [ticket] = waiting(open_house, 1)

        def act(n, pk=ticket.pk):
            if n == 4:
                return rules.transfer(ticket_id=pk, service="AKTA", officer=desk, at=at(9))
            return rules.call_next(**places[n], at=at(9))

        outcomes = at_once(5, act)
        assert set(tally(outcomes)) <= {"ok", "still_serving"}
        standing = Ticket.objects.filter(visit=ticket.visit_id).exclude(state=State.TRANSFERRED)
        assert standing.count() == 1
        ticket.refresh_from_db()
        if ticket.state == State.TRANSFERRED:  # in the other queue, at no counter of this one
            assert standing.get().state == State.WAITING
        keep_their_promises()
        for place in places:
            with contextlib.suppress(Refusal):
                rules.absent(**place, at=at(9))


def test_a_transfer_that_reads_first_and_locks_nothing_leaves_the_person_twice(
    open_house, monkeypatch
):
    def read_first(ticket_id):
        ticket = Ticket.objects.select_related("window", "queue", "visit", "mall").get(pk=ticket_id)
        nap()
        return ticket

    def call_without_looking(counter_id, officer, at):
        """The call as it is, but of what was read a moment ago."""
        head = Ticket.objects.filter(state=State.WAITING, queue__prefix="C").first()
        nap(0.3)  # and the transfer is through
        if head:
            Ticket.objects.filter(pk=head.pk).update(
                state=State.CALLED, counter_id=counter_id, officer=officer, called_at=at
            )
        return head

    monkeypatch.setattr(moving, "lock_with_window", read_first)
    monkeypatch.setattr(calling, "_call_next", call_without_looking)
    [place] = many_counters(open_house, "C", 1)
    desk = open_house.people["front_desk"]
    with without_constraints("one_label_per_mall_and_date", "one_counter_per_visit"):

        def attempt(n):
            ticket = waiting(open_house, 1)[0]
            at_once(
                2,
                lambda m: (
                    rules.call_next(**place, at=at(9))
                    if m
                    else rules.transfer(ticket_id=ticket.pk, service="AKTA", officer=desk, at=at(9))
                ),
            )
            of_visit = Ticket.objects.filter(visit=ticket.visit_id)
            twice = of_visit.exclude(state=State.TRANSFERRED).count() > 1
            of_visit.update(state=State.TRANSFERRED, counter=None)
            return twice

        must_break(attempt)


# -- taking back, against the next press -----------------------------------------------------------


def test_undo_against_next_leaves_one_person_at_the_counter(open_house):
    """Two windows of one officer: "undo" in one, "next" in the other."""
    place = many_counters(open_house, "C", 1)[0]
    waiting(open_house, 8)
    for n in range(4):
        rules.call_next(**place, at=at(9, n))
        rules.start(**place, at=at(9, n))
        rules.end(**place, at=at(9, n))
        outcomes = at_once(
            2,
            lambda m, n=n: (
                rules.call_next(**place, at=at(9, n, 5))
                if m
                else rules.undo(**place, at=at(9, n, 5))
            ),
        )
        # undo first: the person is here again and next is refused; next first: that call is undone
        assert tally(outcomes) in ({"ok": 2}, {"ok": 1, "still_serving": 1})
        here = Ticket.objects.filter(counter=place["counter_id"], state__in=AT_COUNTER)
        assert here.count() <= 1
        if tally(outcomes)["ok"] == 2:
            assert not here.exists()
        keep_their_promises()
        if here.exists():
            rules.end(**place, at=at(9, n, 10))


def test_undo_pressed_by_eight_at_once_takes_back_one_act(open_house):
    place = many_counters(open_house, "C", 1)[0]
    [ticket] = waiting(open_house, 1)
    rules.call_next(**place, at=at(9))
    outcomes = at_once(8, lambda n: rules.undo(**place, at=at(9, 0, 5)))
    assert tally(outcomes) == {"ok": 1, "nothing_to_undo": 7}
    assert TicketEvent.objects.filter(kind="undone").count() == 1
    ticket.refresh_from_db()
    assert ticket.state == State.WAITING
    keep_their_promises()


def test_undo_without_the_lock_on_the_counter_puts_two_people_at_it(open_house, monkeypatch):
    """The control: undo and next read who is at the counter, and neither waits for the other."""
    monkeypatch.setattr(
        calling, "_SESSION", calling._SESSION.replace("FOR UPDATE OF s", "").rstrip()
    )
    restored = moving._restore
    monkeypatch.setattr(moving, "_restore", lambda *args: (nap(0.15), restored(*args)))
    place = many_counters(open_house, "C", 1)[0]
    with without_constraints("one_ticket_per_counter"):

        def attempt(n):
            waiting(open_house, 2)
            Ticket.objects.filter(state__in=AT_COUNTER).update(state=State.DONE, counter=None)
            rules.call_next(**place, at=at(9, n))
            rules.start(**place, at=at(9, n))
            rules.end(**place, at=at(9, n))

            def act(m):
                if m:
                    nap(0.05)
                    return rules.call_next(**place, at=at(9, n, 5))
                with transaction.atomic():
                    return rules.undo(**place, at=at(9, n, 5))

            at_once(2, act)
            here = Ticket.objects.filter(counter=place["counter_id"], state__in=AT_COUNTER)
            return here.count() > 1

        must_break(attempt)


@pytest.fixture(autouse=True)
def _the_guards_are_there():
    """What the controls take away is what the rules rest on."""
    assert "FOR UPDATE OF s" in calling._SESSION
