"""What made-up officers do: sit down, call, wait, serve, set aside, send on, rest."""

import datetime as dt
import random
from collections.abc import Callable
from typing import Any

from django.db.models import Count

from accounts.models import User
from mpp_portal.rehearsal import people
from mpp_portal.rehearsal.agenda import Agenda, fate
from mpp_portal.rehearsal.surroundings import Surroundings
from queueing import rules
from queueing.models import CounterSession, Ticket
from queueing.refusals import Refusal
from queueing.workflow import AT_COUNTER, State


class Desks:
    """All counters but those left alone; what is in the database is their state."""

    def __init__(self, agenda: Agenda, hall: Surroundings, rng: random.Random) -> None:
        self.agenda, self.hall, self.rng = agenda, hall, rng
        self.at_work: set[int] = set()  # counters that have an act on the agenda
        self.leaves = 0.02  # how often somebody with nobody to call goes home
        # seconds that a counter rests from now on, 0: it works; and how slow its officer is
        self.rests: Callable[[int, dt.datetime], float] = lambda counter_id, at: 0
        self.slowness: Callable[[int], float] = lambda officer_id: 1.0

    def look_up(self, at: dt.datetime) -> None:
        """Where people wait, the desks call; a further one opens when the line grows."""
        hall = self.hall
        for counter_id in Ticket.objects.filter(
            mall=hall.mall, queue__in=hall.queue_ids, state__in=AT_COUNTER
        ).values_list("counter_id", flat=True):
            if counter_id in hall.agencies_of:
                self.wake(counter_id, at, 1)
        waiting = dict(
            Ticket.objects.filter(date=hall.date, queue__in=hall.queue_ids, state=State.WAITING)
            .values("queue_id")
            .annotate(n=Count("pk"))
            .values_list("queue_id", "n")
        )
        if not waiting:
            return
        manned = set(
            CounterSession.objects.filter(
                counter__mall=hall.mall, date=hall.date, closed_at__isnull=True
            ).values_list("counter_id", flat=True)
        )
        for queue_id, people_waiting in sorted(waiting.items()):
            desks = hall.counters_of[queue_id]
            busy = sum(desk in self.at_work for desk in desks)
            idle = [d for d in desks if d in manned and d not in self.at_work]
            empty = [d for d in desks if d not in manned and d not in self.at_work]
            if idle:
                self.wake(idle[0], at, self.rng.randrange(2, 15))
            elif empty and (busy == 0 or people_waiting > 4 * busy):
                self.wake(empty[0], at, self.rng.randrange(10, 40))

    def wake(self, counter_id: int, at: dt.datetime, seconds: float) -> None:
        if counter_id not in self.at_work:
            self.at_work.add(counter_id)
            later = at + dt.timedelta(seconds=seconds)
            self.agenda.plan(later, lambda now: self._desk(counter_id, now))

    def _desk(self, counter_id: int, at: dt.datetime) -> float | None:
        """One act of whoever sits at this counter; seconds until the next, None to rest."""
        try:
            seconds = self._act_at(counter_id, at)
        except Refusal as refusal:
            self.agenda.note(refusal)
            seconds = None
        if seconds is None:
            self.at_work.discard(counter_id)
        return seconds

    def _act_at(self, counter_id: int, at: dt.datetime) -> float | None:
        ticket = (
            Ticket.objects.filter(counter_id=counter_id, state__in=AT_COUNTER)
            .only("pk", "state", "called_at", "started_at", "recalls", "service_type_id", "returns")
            .first()
        )
        if ticket is None and (seconds := self.rests(counter_id, at)):
            self._leave(counter_id, at)
            return seconds
        officer = self._sit_down(counter_id, at)
        if officer is None:
            return None
        who: dict[str, Any] = {"counter_id": counter_id, "officer": officer, "at": at}
        if ticket is None:
            called = rules.call_next(**who)
            if called is None:
                if self.rng.random() < self.leaves:
                    rules.close_counter(**who)
                return None
            return self.rng.randrange(15, 50)
        chance = fate("ticket", ticket.pk)
        stays_away = chance.random() < people.STAYS_AWAY and not ticket.returns
        if ticket.state == State.CALLED:
            if not stays_away:
                rules.start(**who)
                return self._length_of(ticket, officer)
            if ticket.recalls < 2:
                rules.recall(**who)
                return self.rng.randrange(20, 40)
            rules.absent(**who)
            return self.rng.randrange(5, 15)
        left = (ticket.started_at - at).total_seconds() + self._length_of(ticket, officer)
        if left > 1:
            return left
        return self._finish(ticket, chance, who)

    def _finish(self, ticket: Ticket, chance: random.Random, who: dict[str, Any]) -> float | None:
        luck = chance.random()
        if luck < 0.03 and not ticket.events.filter(kind="parked").exists():
            rules.park(reason=chance.choice(people.PARK_REASONS), **who)
            return self.rng.randrange(5, 30)
        if luck > 0.98 and (target := self._another_queue(ticket)):
            rules.transfer(ticket_id=ticket.pk, service=target, note="Diarahkan petugas", **who)
            return self.rng.randrange(5, 30)
        outcome = people.outcome(chance)
        days = chance.choice((3, 5, 7))
        later = self.hall.date + dt.timedelta(days=days)
        collect_on = later if outcome == "collect_later" else None
        ending = {"outcome": outcome, "collect_on": collect_on, "note": ""}
        if outcome == "documents_missing":
            ending["note"] = chance.choice(people.MISSING)
        if luck < 0.5 and not self.rests(who["counter_id"], who["at"]):
            called = rules.end_and_call_next(**ending, **who)
            return self.rng.randrange(15, 50) if called else None
        rules.end(**ending, **who)
        return self.rng.randrange(5, 40)

    def _another_queue(self, ticket: Ticket) -> str | None:
        queue_of = {s.pk: s.queue_service.queue_id for s in self.hall.services}
        service = self.rng.choices(self.hall.services, self.hall.weights)[0]
        here = queue_of.get(ticket.service_type_id)
        online_only = service.booking_mode == service.BookingMode.ONLINE_ONLY
        return None if online_only or queue_of[service.pk] == here else service.code

    def _length_of(self, ticket: Ticket, officer: User) -> int:
        seconds = people.service_seconds(
            fate("service", ticket.pk), self.hall.minutes.get(ticket.service_type_id, 15)
        )
        return round(seconds * self.slowness(officer.pk))

    def _open_ones(self) -> dict[int, int]:
        """Which officer sits at which counter of the mall today."""
        return dict(
            CounterSession.objects.filter(
                counter__mall=self.hall.mall, closed_at__isnull=True, date=self.hall.date
            ).values_list("counter_id", "officer_id")
        )

    def _sit_down(self, counter_id: int, at: dt.datetime) -> User | None:
        """The officer at this counter, seated if it is free; None where somebody else sits."""
        hall, open_ones = self.hall, self._open_ones()
        if counter_id in open_ones:
            return hall.officers.get(open_ones[counter_id])
        seated = set(open_ones.values())
        for agency_id in sorted(hall.agencies_of[counter_id]):
            for user_id in hall.officers_of[agency_id]:
                if user_id not in seated:
                    officer = hall.officers[user_id]
                    rules.open_counter(counter_id=counter_id, officer=officer, at=at)
                    return officer
        return None

    def _leave(self, counter_id: int, at: dt.datetime) -> None:
        officer = self.hall.officers.get(self._open_ones().get(counter_id, 0))
        if officer is not None:
            rules.close_counter(counter_id=counter_id, officer=officer, at=at)
