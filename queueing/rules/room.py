"""The seats that are left in some queues, in memory while their days and windows are locked."""

import datetime as dt
from collections.abc import Collection, Iterator, Sequence

from django.db import connection, models

from queueing.availability import ONLINE
from queueing.contact import contact_of
from queueing.models import Queue, QueueDay, Ticket, Window
from queueing.rules.freeing import let_unoffered_go
from queueing.rules.rebuilding import Crowded, all_online, fit, queue_days, rebuild_day
from queueing.windows import label
from queueing.workflow import ACTIVE, State
from services.models import ServiceStandard

MORE_DAYS = 7
Span = tuple[dt.datetime, dt.datetime]
Kept = dict[int, Window]  # by ticket


def span_of(ticket: Ticket) -> Span:
    """From when to when a ticket's window is."""
    if ticket.window is None:
        raise ValueError("a ticket without a window")
    return ticket.window.starts_at, ticket.window.ends_at


class Room:
    """Windows and days of queues from today on; seats are left and taken here, then written once.

    The caller has locked the days and windows: what is read here stays true until the commit.
    """

    def __init__(self, queues: Sequence[Queue], at: dt.datetime, *, first: dt.date) -> None:
        self.queues = {queue.pk: queue for queue in queues}
        self.at, self.first = at, first
        self.limits: dict[int, tuple[int, int]] = {}
        self.changed: set[int] = set()
        self.spent_days: set[int] = set()
        self.keys = {
            bytes(key or b"")
            for key in Ticket.objects.filter(
                queue__in=self.queues, date__gte=first, state__in=ACTIVE, person_key__isnull=False
            ).values_list("person_key", flat=True)
        }
        self.given: dict[tuple[int, dt.date], int] = {}
        self.standards: dict[tuple[int, dt.date], int | None] = {}
        self.windows: dict[int, Window] = {}
        self.read()

    def read(self) -> None:
        """Read windows and days; those that are known already keep what was done to them."""
        self.days = {
            (day.queue_id, day.date): day
            for day in QueueDay.objects.filter(queue__in=self.queues, date__gte=self.first)
        } | getattr(self, "days", {})
        found = Window.objects.filter(
            queue__in=self.queues, date__gte=self.first, ends_at__gt=self.at
        ).order_by("starts_at")
        self.windows = {window.pk: window for window in found} | self.windows
        self.by_day: dict[tuple[int, dt.date], list[Window]] = {}
        for window in sorted(self.windows.values(), key=lambda w: w.starts_at):
            self.by_day.setdefault((window.queue_id, window.date), []).append(window)

    def limit(self, crowded: Sequence[Crowded]) -> None:
        """These windows will hold no more than so many; with none they are given to nobody."""
        self.limits = {c.window.pk: (c.seats, c.online) for c in crowded}

    def further(self) -> None:
        """Make the windows of one more week than may be booked."""
        for queue in self.queues.values():
            ends = queue.mall.date_at(self.at) + dt.timedelta(days=queue.book_ahead_days)
            last = max([ends, *(date for q, date in self.by_day if q == queue.pk)])
            first = last + dt.timedelta(days=1)
            days = queue_days(queue, first, last + dt.timedelta(days=MORE_DAYS))
            for date, day in days.items():
                online = all_online(queue)
                rebuild_day(queue=queue, date=date, day=day, at=self.at, all_online=online)
        self.read()

    def free_the_kept(self) -> None:
        """Whom the mall moves come before the list: seats kept for nobody yet are theirs."""
        for seat in let_unoffered_go(self.windows, at=self.at):
            window = self.windows[seat.window_id]
            window.taken -= 1
            window.taken_online -= 1

    def leave(self, ticket: Ticket) -> None:
        """Give back the seat of a ticket."""
        self._count(ticket, -1)

    def stay(self, ticket: Ticket) -> None:
        """Take the seat again that was just given back."""
        self._count(ticket, 1)

    def _count(self, ticket: Ticket, by: int) -> None:
        if ticket.seat and ticket.window_id:
            window = self.windows[ticket.window_id]
            window.taken += by
            window.taken_online += by if ticket.seat == Ticket.Seat.ONLINE else 0
            self.changed.add(window.pk)

    def places(
        self, tickets: Sequence[Ticket], date: dt.date, busy: Sequence[Span], *, queues: dict
    ) -> Kept | None:
        """A window on `date` for each of a visit's tickets, apart from each other and `busy`."""
        if not tickets:
            return {}
        ticket, *others = tickets
        if self._kept_out(ticket, date):
            return None
        for window in self._free(ticket, queues[ticket.pk], date):
            span = (window.starts_at, window.ends_at)
            if any(start < span[1] and span[0] < end for start, end in busy):
                continue
            rest = self.places(others, date, [*busy, span], queues=queues)
            if rest is not None:
                return {ticket.pk: window, **rest}
        return None

    def _free(self, ticket: Ticket, queue_id: int, date: dt.date) -> Iterator[Window]:
        """Windows with a seat: at or after the old hour first; earlier ones only on another day."""
        day = self.days.get((queue_id, date))
        if day is None or day.closed_at or (day.last_ticket_at and self.at >= day.last_ticket_at):
            return
        zone = self.queues[queue_id].mall.zone
        hour = span_of(ticket)[0].astimezone(zone).time()
        later: list[Window] = []
        earlier: list[Window] = []
        for window in self.by_day.get((queue_id, date), []):
            if day.paused_reason and (
                day.expected_back_at is None or window.starts_at < day.expected_back_at
            ):
                continue
            if window.taken < self.limits.get(window.pk, (window.seats, 0))[0]:
                starts = window.starts_at.astimezone(zone).time()
                (later if starts >= hour else earlier).append(window)
        yield from later
        if date != ticket.date:
            yield from reversed(earlier)

    def _kept_out(self, ticket: Ticket, date: dt.date) -> bool:
        """Whether the person, or the service, may have no further number on that date."""
        if date == ticket.date:
            return False
        key = self.key(ticket, date)
        if key and key in self.keys:
            return True
        seats = ticket.service_type.seats
        return seats is not None and self._given(ticket.service_type_id, date) >= seats

    def _given(self, service_id: int, date: dt.date) -> int:
        if (service_id, date) not in self.given:
            rows = Ticket.objects.filter(service_type=service_id, date=date)
            rows = rows.exclude(state__in=[State.CANCELLED, State.TRANSFERRED])
            self.given[service_id, date] = rows.count()
        return self.given[service_id, date]

    def _standard(self, service_id: int, date: dt.date) -> int | None:
        if (service_id, date) not in self.standards:
            rows = ServiceStandard.objects.filter(
                service_type=service_id, approved_at__isnull=False, valid_from__lte=date
            ).order_by("-valid_from", "-version")
            self.standards[service_id, date] = rows.values_list("pk", flat=True).first()
        return self.standards[service_id, date]

    def key(self, ticket: Ticket, date: dt.date) -> bytes | None:
        """The key of the ticket's person on another date."""
        if not ticket.person_key:
            return None
        return contact_of(ticket.visit).person_key(date, ticket.service_type_id)

    def take(self, ticket: Ticket, window: Window) -> None:
        """Take a seat and a number of this window; the ticket in memory is changed, not saved.

        Beyond the share of online booking it takes one of the seats for the hall.
        """
        day = self.days[window.queue_id, window.date]
        share = self.limits.get(window.pk, (0, window.online_seats))[1]
        online = ticket.visit.channel in ONLINE and window.taken_online < share
        if window.issued < window.block_size:
            ticket.number = window.first_number + window.issued
        else:
            ticket.number = day.overflow_first + day.overflow_issued
            day.overflow_issued += 1
            self.spent_days.add(day.pk)
        window.issued += 1
        ticket.seat = Ticket.Seat.ONLINE if online else Ticket.Seat.WALK_IN
        if window.date != ticket.date:
            ticket.confirmed_at = None
            ticket.person_key = self.key(ticket, window.date)
            if ticket.person_key:
                self.keys.add(ticket.person_key)
            service = ticket.service_type_id, window.date
            self.given[service] = self._given(*service) + 1
            ticket.standard_id = self._standard(ticket.service_type_id, window.date)
        ticket.window = window
        ticket.queue_id, ticket.date = window.queue_id, window.date
        ticket.label = label(self.queues[window.queue_id].prefix, ticket.number)
        self._count(ticket, 1)

    def write(self) -> None:
        """Write the windows and days that changed."""
        for pk, (seats, online) in self.limits.items():
            if pk in self.windows and fit(self.windows[pk], seats, online):
                self.changed.add(pk)
        columns = ["seats", "online_seats", "taken", "taken_online", "issued"]
        write_all([self.windows[pk] for pk in sorted(self.changed)], columns)
        days = [day for day in self.days.values() if day.pk in self.spent_days]
        write_all(days, ["overflow_issued"])

    def left(self, queue_id: int, date: dt.date) -> tuple[int, int]:
        """How many windows ahead a queue's day still has, and how many seats are free in them."""
        windows = [w for w in self.by_day.get((queue_id, date), []) if w.seats]
        return len(windows), sum(w.seats - w.taken for w in windows)


def write_all(rows: Sequence[models.Model], columns: Sequence[str]) -> None:
    """Write these columns of many rows of one table in one statement."""
    if not rows:
        return
    table = rows[0]._meta
    fields = [field for field in table.concrete_fields if field.name in {"id", *columns}]
    arrays = ", ".join(f"%s::{field.rel_db_type(connection)}[]" for field in fields)
    names = ", ".join(f'"{field.column}"' for field in fields)
    sets = ", ".join(
        f'"{field.column}" = new."{field.column}"' for field in fields if field.name != "id"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE "{table.db_table}" AS old SET {sets}'  # noqa: S608 - names of our own columns
            f" FROM unnest({arrays}) AS new({names}) WHERE old.id = new.id",
            [[getattr(row, field.attname) for row in rows] for field in fields],
        )


def closed_to(queues: Collection[int], room: Room, date: dt.date) -> list[Crowded]:
    """Every window of these queues on `date` that lies ahead, as one that goes."""
    return [
        Crowded(window)
        for (queue_id, day), windows in room.by_day.items()
        if queue_id in queues and day == date
        for window in windows
    ]
