"""One queue on one day of the demo's past, as a small simulation: who came, and who was served."""

import datetime as dt
import heapq
import math
import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from mpp_portal.rehearsal import people
from queueing import issuing
from queueing.models import (
    CounterSession,
    Queue,
    QueueDay,
    Ticket,
    Visit,
    Window,
)
from queueing.order import place
from queueing.windows import cut, label, plan_day
from queueing.workflow import State
from services import calendar
from services.models import Mall, ServiceType

BUSY = 0.8  # share of their time that desks work when one more is opened
BY_HOUR = (0.2, 0.23, 0.17, 0.12, 0.1, 0.09, 0.06, 0.03)  # arrivals, hour by hour from opening
SECOND = dt.timedelta(seconds=1)
MINUTE = dt.timedelta(minutes=1)


@dataclass
class Booth:
    """What is needed to play a queue's day."""

    queue: Queue
    share: int
    services: list[ServiceType]
    standards: dict[int, tuple[int | None, int]]
    desks: list[tuple[int, int | None]]  # counter, weekday
    officers: list[int]
    days: dict[dt.date, calendar.Day]
    standing: dict[dt.date, list[Window]]  # windows made ahead while those days were to come
    standing_days: dict[dt.date, QueueDay]


@dataclass
class Guest:
    """A ticket on its way through the day."""

    ticket: Ticket
    visit: Visit
    events: list[tuple[str, dt.datetime, int | None, int | None, str]]
    minutes: int


@dataclass
class Rows:
    """What is about to be written."""

    windows: list[Window] = field(default_factory=list)
    days: list[QueueDay] = field(default_factory=list)
    sessions: list[CounterSession] = field(default_factory=list)
    guests: list[Guest] = field(default_factory=list)
    standing_windows: list[Window] = field(default_factory=list)
    standing_days: list[QueueDay] = field(default_factory=list)


class QueueOfADay:
    """One queue on one date, from the bookings to the close."""

    def __init__(
        self,
        mall: Mall,
        booth: Booth,
        date: dt.date,
        day: calendar.Day,
        rng: random.Random,
        codes: set[str],
        rows: Rows,
    ) -> None:
        self.mall, self.booth, self.date, self.day = mall, booth, date, day
        self.rng, self.codes, self.rows = rng, codes, rows
        self.queue = booth.queue
        self.opens_at, self.closes_at = self._at(day.sessions[0][0]), self._at(day.sessions[-1][1])
        self.over_at = self.closes_at + 90 * MINUTE
        self.guests: list[Guest] = []

    def play(self, count: int) -> None:
        if not count:
            return
        self._stand_up_windows()
        wanted = [self.rng.choice(self.booth.services) for _ in range(count)]
        share = self.queue.online_share and 0.62
        online = [s for s in wanted if s.booking_mode != "walk_in" and self.rng.random() < share]
        for service in online:
            self._book(service)
        for moment in sorted(self._arrival() for _ in range(count - len(online))):
            self._walk_in(self.rng.choice(self.booth.services), moment)
        self._serve()
        self.rows.guests += self.guests

    def _at(self, minute: int) -> dt.datetime:
        return calendar.to_utc(self.date, minute, self.mall.zone)

    def _stand_up_windows(self) -> None:
        """The day's windows: those that stand, or new ones after the same plan as the rules'."""
        self.windows = self.booth.standing.get(self.date, [])
        self.queue_day = self.booth.standing_days.get(self.date)
        self.rows.standing_windows += self.windows
        if self.queue_day:
            self.rows.standing_days.append(self.queue_day)
        plans = []
        if not self.windows:
            plans = plan_day(
                cut(self.day.sessions, self.queue.window_minutes),
                seats_per_hour=self.queue.seats_per_hour,
                online_share=self.queue.online_share,
            )
            self.windows = [
                Window(
                    queue=self.queue,
                    date=self.date,
                    starts_at=self._at(p.start),
                    ends_at=self._at(p.end),
                    seats=p.seats,
                    online_seats=p.online_seats,
                    first_number=p.first_number,
                    block_size=p.block_size,
                )
                for p in plans
            ]
            self.rows.windows += self.windows
        if self.queue_day is None:
            self.queue_day = QueueDay(
                queue=self.queue,
                mall=self.mall,
                date=self.date,
                overflow_first=1 + sum(p.block_size for p in plans),
            )
            self.rows.days.append(self.queue_day)
        self.queue_day.closed_at = self.over_at

    def _arrival(self) -> dt.datetime:
        """When somebody without a booking comes: most of them in the morning."""
        hour = self.rng.choices(range(len(BY_HOUR)), BY_HOUR)[0]
        moment = self.opens_at + (hour * 60 + self.rng.random() * 60) * MINUTE
        if moment >= self.closes_at:
            moment = self.opens_at + self.rng.random() * (self.closes_at - self.opens_at)
        return moment.replace(microsecond=0)

    def _number(self, window: Window) -> int:
        window.taken += 1
        window.issued += 1
        if window.issued > window.block_size:
            return self._overflow()
        return window.first_number + window.issued - 1

    def _overflow(self) -> int:
        self.queue_day.overflow_issued += 1
        return self.queue_day.overflow_first + self.queue_day.overflow_issued - 1

    def _book(self, service: ServiceType) -> None:
        free = [w for w in self.windows if w.taken_online < w.online_seats and w.taken < w.seats]
        if not free:
            return
        weights = [1 / (1 + i) ** 0.5 for i in range(len(free))]
        window = self.rng.choices(free, weights)[0]
        number = self._number(window)
        window.taken_online += 1
        start, end = window.starts_at, window.ends_at
        booked_at = start - dt.timedelta(hours=self.rng.uniform(2, 120))
        channel = self.rng.choices(
            [Visit.Channel.WEB, Visit.Channel.API, Visit.Channel.HELPER], (88, 4, 8)
        )[0]
        guest = self._guest(service, window, number, booked_at, channel, walk_in=False)
        ticket = guest.ticket
        ticket.seat = Ticket.Seat.ONLINE
        ticket.priority = self.rng.random() < people.PRIORITY
        luck = self.rng.random()
        if luck < people.NO_SHOW:
            self._finish(guest, State.NO_SHOW, end + self.queue.late_minutes * MINUTE + 40 * SECOND)
        elif luck < people.NO_SHOW + people.CANCELS:
            ticket.seat = Ticket.Seat.NONE
            window.taken -= 1
            window.taken_online -= 1
            gone_at = booked_at + self.rng.random() * (start - booked_at)
            self._finish(guest, State.CANCELLED, gone_at.replace(microsecond=0))
        else:
            came_at = start + people.lateness_s(self.rng) * SECOND
            earliest = start - self.queue.early_minutes * MINUTE
            latest = min(end + (self.queue.late_minutes - 1) * MINUTE, self.closes_at)
            self._check_in(guest, window, min(max(came_at, earliest), latest))

    def _walk_in(self, service: ServiceType, moment: dt.datetime) -> None:
        channel = self.rng.choices([Visit.Channel.KIOSK, Visit.Channel.FRONT_DESK], (8, 2))[0]
        if self.rng.random() < people.PRIORITY:
            self.queue_day.priority_taken += 1
            guest = self._guest(service, None, self._overflow(), moment, channel, walk_in=True)
            guest.ticket.priority = True
            self._check_in(guest, None, moment)
            return
        window = next((w for w in self.windows if w.taken < w.seats and w.ends_at > moment), None)
        if window is None:
            return  # sent home: full
        guest = self._guest(service, window, self._number(window), moment, channel, walk_in=True)
        guest.ticket.seat = Ticket.Seat.WALK_IN
        earliest = window.starts_at - self.queue.early_minutes * MINUTE
        self._check_in(guest, window, max(moment, earliest))

    def _guest(
        self,
        service: ServiceType,
        window: Window | None,
        number: int,
        booked_at: dt.datetime,
        channel: str,
        *,
        walk_in: bool,
    ) -> Guest:
        booked_at = booked_at.replace(microsecond=0)
        code = issuing.new_short_code()
        while code in self.codes:
            code = issuing.new_short_code()
        self.codes.add(code)
        visit = Visit(
            mall=self.mall,
            date=self.date,
            token=issuing.new_token(),
            short_code=code,
            channel=channel,
            created_at=booked_at,
            erased_at=self.over_at,  # made up, and nobody's
        )
        standard, minutes = self.booth.standards.get(service.pk, (None, 15))
        ticket = Ticket(
            public_id=uuid.uuid4(),
            mall=self.mall,
            date=self.date,
            queue=self.queue,
            service_type=service,
            standard_id=standard,
            window=window,
            number=number,
            label=label(self.queue.prefix, number),
            state=State.BOOKED,
            walk_in=walk_in,
            booked_at=booked_at,
        )
        guest = Guest(ticket, visit, [("issued", booked_at, None, None, "")], minutes)
        self.guests.append(guest)
        return guest

    def _check_in(self, guest: Guest, window: Window | None, moment: dt.datetime) -> None:
        ticket = guest.ticket
        boost = self.queue.boost_minutes if ticket.priority else 0
        ticket.state = State.WAITING
        ticket.checked_in_at = guest.visit.checked_in_at = moment
        ticket.sort_at = place(
            number=ticket.number,
            starts_at=window and window.starts_at,
            ends_at=window and window.ends_at,
            arrived_at=moment,
            boost=boost * MINUTE,
        )
        guest.events.append(("checked_in", moment, None, None, ""))

    def _finish(
        self,
        guest: Guest,
        state: str,
        moment: dt.datetime,
        *,
        officer: int | None = None,
        counter: int | None = None,
        kind: str = "",
        note: str = "",
    ) -> None:
        guest.ticket.state = state
        if state != State.ABSENT:
            guest.ticket.ended_at = moment
        guest.events.append((kind or state, moment, officer, counter, note))

    # -- the desks ---------------------------------------------------------------------------------

    def _serve(self) -> None:
        """Desks call the first of those who are there, one after the other, until they go home."""
        coming = sorted(
            (g for g in self.guests if g.ticket.state == State.WAITING),
            key=lambda g: g.ticket.checked_in_at,
        )
        desks = self._desks(coming)
        free = [(self.opens_at + self.rng.randrange(20, 240) * SECOND, *desk) for desk in desks]
        heapq.heapify(free)
        line: list[tuple[dt.datetime, int, Guest]] = []
        while coming or line:
            moment, counter, officer = heapq.heappop(free)
            moment = self._not_in_the_break(moment)
            if not line and coming:
                moment = self._not_in_the_break(max(moment, coming[0].ticket.checked_in_at))
            if moment >= self.over_at:
                break
            while coming and coming[0].ticket.checked_in_at <= moment:
                guest = coming.pop(0)
                heapq.heappush(line, (guest.ticket.sort_at, guest.ticket.number, guest))
            if line:
                moment = self._attend(heapq.heappop(line)[2], moment, counter, officer)
            heapq.heappush(free, (moment, counter, officer))
        for guest in [*(entry[2] for entry in line), *coming]:
            self._finish(guest, State.UNSERVED, self.over_at)

    def _desks(self, guests: Sequence[Guest]) -> list[tuple[int, int]]:
        """As many of the weekday's desks as the work needs, each with its officer."""
        weekday = self.date.weekday()
        there = [counter for counter, day in self.booth.desks if day in (None, weekday)]
        if not there:  # a desk must stand ready for whoever came
            there = [self.booth.desks[0][0]]
        work = sum(guest.minutes for guest in guests) * 0.85
        length = sum(end - start for start, end in self.day.sessions) or 1
        needed = min(len(there), len(self.booth.officers), max(1, math.ceil(work / length / BUSY)))
        desks = list(zip(there[:needed], self.booth.officers, strict=False))
        self.rows.sessions += [
            CounterSession(
                counter_id=counter,
                officer_id=officer,
                date=self.date,
                queue_ids=[self.queue.pk],
                opened_at=self.opens_at,
                closed_at=self.over_at,
            )
            for counter, officer in desks
        ]
        return desks

    def _not_in_the_break(self, moment: dt.datetime) -> dt.datetime:
        for (_start, end), (start, _end) in zip(
            self.day.sessions, self.day.sessions[1:], strict=False
        ):
            if self._at(end) <= moment < self._at(start):
                return self._at(start) + self.rng.randrange(20, 180) * SECOND
        return moment

    def _attend(self, guest: Guest, moment: dt.datetime, counter: int, officer: int) -> dt.datetime:
        """Call and serve one person; when the desk is free again."""
        ticket, rng = guest.ticket, self.rng
        called_at = moment + rng.randrange(4, 25) * SECOND
        ticket.called_at, ticket.counter_id, ticket.officer_id = called_at, counter, officer
        guest.events.append(("called", called_at, officer, counter, ""))
        if rng.random() < people.STAYS_AWAY:
            for wait in (30, 60):
                guest.events.append(("recalled", called_at + wait * SECOND, officer, counter, ""))
            ticket.recalls = 2
            ticket.released_at = called_at + 95 * SECOND
            self._finish(guest, State.ABSENT, ticket.released_at, officer=officer, counter=counter)
            return ticket.released_at
        started_at = called_at + rng.randrange(12, 60) * SECOND
        ended_at = started_at + people.service_seconds(rng, guest.minutes) * SECOND
        ticket.started_at, ticket.released_at = started_at, ended_at
        guest.events.append(("started", started_at, officer, counter, ""))
        ticket.outcome = people.outcome(rng)
        if ticket.outcome == Ticket.Outcome.COLLECT_LATER:
            ticket.collect_on = self.date + dt.timedelta(days=rng.choice((3, 5, 7)))
        self._finish(
            guest,
            State.DONE,
            ended_at,
            officer=officer,
            counter=counter,
            kind="ended",
            note=ticket.outcome,
        )
        return ended_at + rng.randrange(8, 45) * SECOND
