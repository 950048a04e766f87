"""The day goes on: an hour of it touches nothing quiet, breaks nothing, and moves the hall."""

import datetime as dt
from itertools import count

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.db.models import Count, F, Q

from mpp_portal.management.commands import rehearse
from mpp_portal.rehearsal import house, plan
from mpp_portal.rehearsal.agenda import fate
from mpp_portal.rehearsal.simulation import KEY, Simulation
from notifications.models import Message
from queueing import rules
from queueing.models import CounterSession, Ticket, TicketEvent, Visit, Window
from queueing.workflow import State
from tests.rehearsal.conftest import FIRST_START, WEDNESDAY, moment

HOUR = dt.timedelta(hours=1)


def the_quiet(mall):
    """Everything of the quiet queue that could change."""
    quiet = house.quiet(mall)
    tickets = Ticket.objects.filter(queue=quiet.queue, date__gte=WEDNESDAY).order_by("pk")
    windows = Window.objects.filter(queue=quiet.queue, date__gte=WEDNESDAY).order_by("pk")
    seats = Q(counter__in=quiet.counters) | Q(officer__in=quiet.officers)
    return [
        list(tickets.values_list("pk", "state", "sort_at", "counter_id")),
        list(windows.values_list("pk", "taken", "issued")),
        CounterSession.objects.filter(seats, date__gte=WEDNESDAY).count(),
        TicketEvent.objects.filter(seats, at__gte=moment(WEDNESDAY, 0)).count(),
    ]


def test_an_hour_goes_by_and_the_quiet_queue_stays_as_it_was(demo):
    before, events = the_quiet(demo), TicketEvent.objects.count()
    visits = Visit.objects.filter(mall=demo, request_key__startswith=KEY).count()
    day = Simulation(demo, at=FIRST_START)
    day.play(start=FIRST_START, until=FIRST_START + HOUR)

    assert len(before[0]) == 30
    assert the_quiet(demo) == before
    assert TicketEvent.objects.count() - events > 100
    came = Visit.objects.filter(mall=demo, request_key__startswith=KEY).count() - visits
    assert 20 <= came <= 65
    kinds = set(TicketEvent.objects.filter(at__gt=FIRST_START).values_list("kind", flat=True))
    assert {"issued", "printed", "checked_in", "called", "started", "ended"} <= kinds
    assert not Message.objects.exclude(channel="console", rehearsal=True).exists()
    held = Count("tickets", filter=~Q(tickets__seat=""))
    assert not Window.objects.annotate(held=held).exclude(held=F("taken")).exists()


def test_a_second_simulation_takes_over_where_the_first_ended(demo):
    half = dt.timedelta(minutes=30)
    Simulation(demo, at=FIRST_START).play(start=FIRST_START, until=FIRST_START + half)
    at_counters = Ticket.objects.filter(state__in=["called", "serving"]).values_list("pk")
    left = [pk for (pk,) in at_counters]
    Simulation(demo, at=FIRST_START + half).play(
        start=FIRST_START + half, until=FIRST_START + 3 * half
    )
    assert left
    still = Ticket.objects.filter(pk__in=left, state__in=["called", "serving"])
    assert still.count() < len(left)


def test_nobody_acts_in_the_place_of_a_real_visitor(demo):
    window = Window.objects.filter(queue__prefix="C", starts_at__gt=FIRST_START).earliest(
        "starts_at"
    )
    visit = rules.book(
        mall=demo,
        wishes=[rules.Wish("DUKCAPIL-01", window.pk)],
        name="Tamu",
        at=FIRST_START,
        phone="081234567890",
    )
    Simulation(demo, at=FIRST_START, per_hour=4).play(
        start=FIRST_START, until=FIRST_START + 2 * HOUR
    )
    assert visit.new_tickets[0].events.count() == 1


def test_a_refusal_is_part_of_life(demo):
    """Queues are paused and an officer's seat is taken: the day goes on."""
    for queue in demo.queues.exclude(prefix=plan.QUIET):
        rules.pause(queue_id=queue.pk, reason="Sistem pusat terganggu", at=FIRST_START)
    day = Simulation(demo, at=FIRST_START)
    day.play(start=FIRST_START, until=FIRST_START + HOUR / 2)
    assert day.refused["paused"] > 5


def test_an_act_that_the_database_interrupted_is_done_later(demo, monkeypatch):
    day = Simulation(demo, at=FIRST_START)
    day.begin(FIRST_START)
    waiting = len(day.entries)
    monkeypatch.setattr(day.citizens, "who_booked", _gone)
    with pytest.raises(OperationalError):
        day.step(day.next_at())
    assert len(day.entries) == waiting


def test_the_command_outlives_the_database_and_stops_when_asked(demo, monkeypatch):
    tries = count(1)

    def live(command):
        if next(tries) == 1:
            raise OperationalError("terminating connection")
        command.stopped = True

    monkeypatch.setattr(rehearse.Command, "live_through_a_day", live)
    monkeypatch.setattr(rehearse.signal, "signal", lambda *words: None)
    monkeypatch.setattr(rehearse.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(rehearse.connection, "close", lambda: None)
    call_command("rehearse")
    assert next(tries) == 3


def test_after_midnight_a_new_day_opens_and_the_old_one_is_closed(demo, monkeypatch):
    past_midnight = moment(WEDNESDAY + dt.timedelta(days=1), 0, 1)
    monkeypatch.setattr(rehearse.timezone, "now", lambda: past_midnight)
    day = rehearse.start_day(demo)
    assert day.date == past_midnight.date()
    today = Ticket.objects.filter(mall=demo, date=day.date, queue__prefix=plan.QUIET)
    assert today.filter(state=State.WAITING).count() == 30
    assert not Ticket.objects.filter(date=WEDNESDAY, state=State.WAITING).exists()
    day.play(start=past_midnight, until=past_midnight + HOUR / 2)
    assert CounterSession.objects.filter(date=day.date, closed_at=None).exists()
    assert not CounterSession.objects.filter(date=WEDNESDAY, closed_at=None).exists()


def test_the_same_day_is_played_the_same_way():
    assert fate("ticket", 7).random() == fate("ticket", 7).random()


def _gone(at):
    raise OperationalError("server closed the connection unexpectedly")
