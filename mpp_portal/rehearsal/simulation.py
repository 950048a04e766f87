"""The day goes on: made-up citizens and officers who act through the same rules as everybody.

An agenda of acts in the order of time. `play` runs it with past times, as fast as it goes; `step`
runs the next act when its time has come. What is in the database is the state: after a restart the
officers and citizens go on from there. People who are not made up are called and served like all
others, but nobody acts in their place.
"""

import datetime as dt
import heapq
import logging
import random
import secrets
from collections import Counter as Tally
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from django.db.models import Count, Q

from accounts.models import User
from mpp_portal.rehearsal import house, people, plan
from queueing import rules
from queueing.models import (
    CounterAssignment,
    CounterSession,
    Ticket,
    Visit,
    Window,
)
from queueing.refusals import Refusal
from queueing.workflow import AT_COUNTER, State
from services.models import Mall, Officer, ServiceType

KEY = "latihan-"  # request keys of made-up citizens
VISITS_PER_HOUR = 40
ON_THE_WAY = dt.timedelta(minutes=12)
Act = Callable[..., Any]  # its time; seconds until it wants to act again
_log = logging.getLogger(__name__)


def _fate(kind: str, pk: int) -> random.Random:
    """Chance that is the same whenever it is asked about the same row."""
    return random.Random(f"{kind} {pk}")  # noqa: S311


class Simulation:
    """One mall's day. The quiet queue, its counters and its officers are left alone."""

    def __init__(self, mall: Mall, *, at: dt.datetime, per_hour: float = VISITS_PER_HOUR) -> None:
        house.refuse_unless_rehearsal(mall)
        self.mall, self.date, self.per_hour = mall, mall.date_at(at), per_hour
        seen = Visit.objects.filter(mall=mall, date=self.date).count()
        self.rng = random.Random(f"{mall.slug} {self.date} {seen}")  # noqa: S311
        self.refused: Tally[str] = Tally()
        self.tick_s = 45.0
        self.agenda: list[tuple[dt.datetime, int, Act]] = []
        self.acts = 0
        self.at_work: set[int] = set()  # counters that have an act on the agenda
        self._look_around()

    def _look_around(self) -> None:
        quiet = house.quiet(self.mall)
        quiet_counters = {counter.pk for counter in quiet.counters}
        self.queue_ids = set(
            self.mall.queues.filter(active=True)
            .exclude(pk=quiet.queue.pk)
            .values_list("pk", flat=True)
        )
        shares = {line.prefix: line.share for line in plan.LINES}
        self.services: list[ServiceType] = list(
            ServiceType.objects.filter(
                queue_service__queue__in=self.queue_ids, active=True
            ).select_related("queue_service__queue")
        )
        per_queue = Tally(s.queue_service.queue_id for s in self.services)
        self.weights = [
            shares.get(s.queue_service.queue.prefix, 1) / per_queue[s.queue_service.queue_id]
            for s in self.services
        ]
        self.minutes = dict(
            ServiceType.objects.filter(
                pk__in=[s.pk for s in self.services], standards__approved_at__isnull=False
            ).values_list("pk", "standards__counter_minutes")
        )
        self.counters_of: dict[int, list[int]] = defaultdict(list)
        self.agencies_of: dict[int, set[int]] = defaultdict(set)
        for counter_id, queue_id, agency_id in (
            CounterAssignment.objects.filter(
                Q(weekday__isnull=True) | Q(weekday=self.date.weekday()),
                counter__mall=self.mall,
                counter__active=True,
                queue__in=self.queue_ids,
            )
            .exclude(counter__in=quiet_counters)
            .order_by("position", "counter__number")
            .values_list("counter_id", "queue_id", "queue__agency_id")
        ):
            self.counters_of[queue_id].append(counter_id)
            self.agencies_of[counter_id].add(agency_id)
        officers = (
            Officer.objects.filter(mall=self.mall, role=Officer.Role.COUNTER, active=True)
            .exclude(user__in=quiet.officers)
            .filter(user__email__endswith=f"@{house.MAIL_DOMAIN}", user__is_active=True)
            .select_related("user")
            .order_by("user__username")
        )
        self.officers: dict[int, User] = {o.user_id: o.user for o in officers}
        self.officers_of: dict[int, list[int]] = defaultdict(list)
        for officer in officers:
            self.officers_of[officer.agency_id].append(officer.user_id)
        self.front_desk = list(
            Officer.objects.filter(mall=self.mall, role=Officer.Role.FRONT_DESK).values_list(
                "user_id", flat=True
            )
        )

    # -- the agenda --------------------------------------------------------------------------------

    def begin(self, at: dt.datetime) -> None:
        """Put the first acts on the agenda."""
        self._plan(at, self._tick)
        self._plan(at + dt.timedelta(seconds=self._until_next_visit()), self._somebody_comes)

    def play(self, *, start: dt.datetime, until: dt.datetime, booked_before: int = 0) -> None:
        """Run the day from `start` to `until` with past times, in the order of time."""
        evening_before = start - dt.timedelta(hours=6)
        for n in range(booked_before):
            at = evening_before + dt.timedelta(minutes=n)
            self.run(self._book_for_today_or_soon, at, self._today_only)
        self.begin(start)
        while self.agenda and self.agenda[0][0] <= until:
            self.step(self.agenda[0][0])

    def next_at(self) -> dt.datetime:
        """When the next act wants to run."""
        return self.agenda[0][0]

    def step(self, at: dt.datetime) -> None:
        """Run the next act at `at`. When the database is away the act stays on the agenda."""
        entry = heapq.heappop(self.agenda)
        done = False
        try:
            again = self.run(entry[2], at)
            done = True
        finally:
            if not done:
                heapq.heappush(self.agenda, entry)
        if again is not None:
            self._plan(at + dt.timedelta(seconds=again), entry[2])

    def _plan(self, at: dt.datetime, act: Act) -> None:
        self.acts += 1
        heapq.heappush(self.agenda, (at, self.acts, act))

    def run(self, act: Act, at: dt.datetime, *more: object) -> Any:
        """Run an act; to be refused is part of life."""
        try:
            return act(at, *more)
        except Refusal as refusal:
            self.refused[refusal.code] += 1
            _log.debug("refused: %s", refusal.code)
            return None

    # -- citizens ----------------------------------------------------------------------------------

    def _until_next_visit(self) -> float:
        return self.rng.expovariate(self.per_hour / 3600)

    def _somebody_comes(self, at: dt.datetime) -> float:
        kind = self.rng.random()
        if kind < 0.45:
            self.run(self._take_paper, at)
        elif kind < 0.55:
            self.run(self._ask_the_front_desk, at)
        elif kind < 0.85:
            self.run(self._book_for_today_or_soon, at, self._today_only)
        else:
            self.run(self._book_for_today_or_soon, at, self._soon)
        return self._until_next_visit()

    def _service(self, *, online: bool) -> ServiceType:
        while True:
            service = self.rng.choices(self.services, self.weights)[0]
            refused = (
                ServiceType.BookingMode.WALK_IN if online else ServiceType.BookingMode.ONLINE_ONLY
            )
            if service.booking_mode != refused:
                return service

    def _take_paper(self, at: dt.datetime) -> None:
        """The kiosk prints; the paper comes out some seconds later, or now and then never."""
        who = people.citizen(self.rng)
        comes_out = self.rng.random() > 0.02
        visit = rules.walk_in(
            mall=self.mall,
            services=[self._service(online=False).code],
            at=at,
            printing=True,
            priority=who.priority,
            request_key=_new_key(),
        )
        if comes_out:

            def take_it(later: dt.datetime) -> None:
                rules.confirm_print(visit_id=visit.pk, at=later)

            self._plan(at + dt.timedelta(seconds=self.rng.randrange(4, 12)), take_it)

    def _ask_the_front_desk(self, at: dt.datetime) -> None:
        who = people.citizen(self.rng, priority=self.rng.random() < 0.25)
        wanted = [self._service(online=False)]
        if self.rng.random() < 0.2:
            other = self._service(online=False)
            if other.queue_service.queue_id != wanted[0].queue_service.queue_id:
                wanted.append(other)
        rules.walk_in(
            mall=self.mall,
            services=[service.code for service in wanted],
            at=at,
            channel=Visit.Channel.FRONT_DESK,
            name=who.name,
            priority=who.priority,
            needs=who.needs,
            accommodation=who.accommodation,
            officer_id=self.rng.choice(self.front_desk) if self.front_desk else None,
            request_key=_new_key(),
        )

    def _today_only(self, at: dt.datetime) -> dt.date:
        return self.date

    def _soon(self, at: dt.datetime) -> dt.date:
        return self.date + dt.timedelta(days=self.rng.randrange(1, 8))

    def _book_for_today_or_soon(
        self, at: dt.datetime, date_for: Callable[[dt.datetime], dt.date]
    ) -> None:
        service = self._service(online=True)
        free = [
            window
            for window in Window.objects.filter(
                queue=service.queue_service.queue_id, date=date_for(at), ends_at__gt=at
            ).order_by("starts_at")[:5]
            if window.taken_online < window.online_seats
        ]
        if not free:
            return
        who = people.citizen(self.rng)
        window = self.rng.choice(free)
        rules.book(
            mall=self.mall,
            wishes=[rules.Wish(service.code, window.pk)],
            name=who.name,
            at=at,
            phone=who.phone,
            nik=who.nik if service.needs_nik else "",
            priority=who.priority,
            needs=who.needs,
            accommodation=who.accommodation,
            language="en" if self.rng.random() < 0.05 else "id",
            request_key=_new_key(),
        )

    # -- what happens by itself --------------------------------------------------------------------

    def _tick(self, at: dt.datetime) -> float:
        """Those who booked come, stay away or cancel; those who left come back; desks are woken."""
        for act in (self._who_booked, self._who_left, self._wake_the_desks):
            self.run(act, at)
        return self.tick_s

    def mine(self) -> Q:
        """Today's tickets of made-up citizens."""
        return Q(
            mall=self.mall,
            date=self.date,
            queue__in=self.queue_ids,
            visit__request_key__startswith=KEY,
        )

    def _who_booked(self, at: dt.datetime) -> None:
        soon = dt.timedelta(minutes=30)
        booked = (
            Ticket.objects.filter(
                self.mine(),
                state=State.BOOKED,
                window__starts_at__lte=at + soon,
                window__ends_at__gt=at - soon,
            )
            .order_by("pk")
            .values_list("visit_id", "walk_in", "window__starts_at", "booked_at")
        )
        for visit_id, walk_in, starts_at, booked_at in booked:
            fate = _fate("visit", visit_id)
            luck = fate.random()
            comes_at = starts_at + dt.timedelta(seconds=people.lateness_s(fate))
            comes_at = max(comes_at, booked_at + ON_THE_WAY)
            if walk_in:
                luck = 1.0  # they are in the hall, and scan their paper again
            if luck < people.NO_SHOW or comes_at > at:
                continue
            if luck < people.NO_SHOW + people.CANCELS:
                self.run(lambda now, pk=visit_id: rules.cancel_visit(visit_id=pk, at=now), at)
            else:
                self.run(lambda now, pk=visit_id: rules.check_in(visit_id=pk, at=now), at)

    def _who_left(self, at: dt.datetime) -> None:
        left = (
            Ticket.objects.filter(
                self.mine(),
                Q(state=State.PARKED) | Q(state=State.ABSENT, returns=0),
                released_at__gt=at - dt.timedelta(minutes=40),
            )
            .order_by("pk")
            .values_list("pk", "state", "released_at")
        )
        for pk, state, released_at in left:
            fate = _fate(state, pk)
            back_at = released_at + dt.timedelta(minutes=fate.uniform(3, 12))
            if back_at <= at and (state == State.PARKED or fate.random() < people.COMES_BACK):
                self.run(
                    lambda now, pk=pk: rules.bring_back(ticket_id=pk, at=now),
                    at,
                )

    def _wake_the_desks(self, at: dt.datetime) -> None:
        """Where people wait, the desks call; a further one opens when the line grows."""
        for counter_id in Ticket.objects.filter(
            mall=self.mall, queue__in=self.queue_ids, state__in=AT_COUNTER
        ).values_list("counter_id", flat=True):
            if counter_id in self.agencies_of:
                self._wake(counter_id, at, 1)
        waiting = dict(
            Ticket.objects.filter(date=self.date, queue__in=self.queue_ids, state=State.WAITING)
            .values("queue_id")
            .annotate(n=Count("pk"))
            .values_list("queue_id", "n")
        )
        if not waiting:
            return
        manned = set(
            CounterSession.objects.filter(
                counter__mall=self.mall, date=self.date, closed_at__isnull=True
            ).values_list("counter_id", flat=True)
        )
        for queue_id, people_waiting in sorted(waiting.items()):
            desks = self.counters_of[queue_id]
            busy = sum(desk in self.at_work for desk in desks)
            idle = [d for d in desks if d in manned and d not in self.at_work]
            empty = [d for d in desks if d not in manned and d not in self.at_work]
            if idle:
                self._wake(idle[0], at, self.rng.randrange(2, 15))
            elif empty and (busy == 0 or people_waiting > 4 * busy):
                self._wake(empty[0], at, self.rng.randrange(10, 40))

    def _wake(self, counter_id: int, at: dt.datetime, seconds: int) -> None:
        if counter_id not in self.at_work:
            self.at_work.add(counter_id)
            self._plan(at + dt.timedelta(seconds=seconds), lambda now: self._desk(counter_id, now))

    # -- officers ----------------------------------------------------------------------------------

    def _desk(self, counter_id: int, at: dt.datetime) -> float | None:
        """One act of whoever sits at this counter; seconds until the next, None to rest."""
        try:
            seconds = self._act_at(counter_id, at)
        except Refusal as refusal:
            self.refused[refusal.code] += 1
            seconds = None
        if seconds is None:
            self.at_work.discard(counter_id)
        return seconds

    def _act_at(self, counter_id: int, at: dt.datetime) -> float | None:
        officer = self._sit_down(counter_id, at)
        if officer is None:
            return None
        ticket = (
            Ticket.objects.filter(counter_id=counter_id, state__in=AT_COUNTER)
            .only("pk", "state", "called_at", "started_at", "recalls", "service_type_id", "returns")
            .first()
        )
        who: dict[str, Any] = {"counter_id": counter_id, "officer": officer, "at": at}
        if ticket is None:
            called = rules.call_next(**who)
            if called is None:
                if self.rng.random() < 0.02:
                    rules.close_counter(**who)
                return None
            return self.rng.randrange(15, 50)
        fate = _fate("ticket", ticket.pk)
        stays_away = fate.random() < people.STAYS_AWAY and not ticket.returns
        if ticket.state == State.CALLED:
            if not stays_away:
                rules.start(**who)
                return self._length_of(ticket)
            if ticket.recalls < 2:
                rules.recall(**who)
                return self.rng.randrange(20, 40)
            rules.absent(**who)
            return self.rng.randrange(5, 15)
        left = (ticket.started_at - at).total_seconds() + self._length_of(ticket)
        if left > 1:
            return left
        return self._finish(ticket, fate, who)

    def _finish(self, ticket: Ticket, fate: random.Random, who: dict[str, Any]) -> float | None:
        luck = fate.random()
        if luck < 0.03 and not ticket.events.filter(kind="parked").exists():
            rules.park(reason=fate.choice(people.PARK_REASONS), **who)
            return self.rng.randrange(5, 30)
        if luck > 0.98 and (target := self._another_queue(ticket)):
            rules.transfer(ticket_id=ticket.pk, service=target, note="Diarahkan petugas", **who)
            return self.rng.randrange(5, 30)
        outcome = people.outcome(fate)
        days = fate.choice((3, 5, 7))
        collect_on = self.date + dt.timedelta(days=days) if outcome == "collect_later" else None
        ending = {"outcome": outcome, "collect_on": collect_on, "note": ""}
        if outcome == "documents_missing":
            ending["note"] = fate.choice(people.MISSING)
        if luck < 0.5:
            called = rules.end_and_call_next(**ending, **who)
            return self.rng.randrange(15, 50) if called else None
        rules.end(**ending, **who)
        return self.rng.randrange(5, 40)

    def _another_queue(self, ticket: Ticket) -> str | None:
        queue_of = {s.pk: s.queue_service.queue_id for s in self.services}
        service = self._service(online=False)
        here = queue_of.get(ticket.service_type_id)
        return service.code if queue_of[service.pk] != here else None

    def _length_of(self, ticket: Ticket) -> int:
        return people.service_seconds(
            _fate("service", ticket.pk), self.minutes.get(ticket.service_type_id, 15)
        )

    def _sit_down(self, counter_id: int, at: dt.datetime) -> User | None:
        """The officer at this counter, seated if it is free; None where somebody else sits."""
        open_ones = dict(
            CounterSession.objects.filter(
                counter__mall=self.mall, closed_at__isnull=True, date=self.date
            ).values_list("counter_id", "officer_id")
        )
        if counter_id in open_ones:
            return self.officers.get(open_ones[counter_id])
        seated = set(open_ones.values())
        for agency_id in sorted(self.agencies_of[counter_id]):
            for user_id in self.officers_of[agency_id]:
                if user_id not in seated:
                    officer = self.officers[user_id]
                    rules.open_counter(counter_id=counter_id, officer=officer, at=at)
                    return officer
        return None


def _new_key() -> str:
    return KEY + secrets.token_hex(12)
