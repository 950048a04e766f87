"""A visit's tickets as its citizen sees them: place in the line, when, where, what came of it."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import segno
from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from queueing import estimates, places, turns
from queueing.estimates import Between
from queueing.models import Counter, Queue, Ticket, Visit, Window
from queueing.places import Place
from queueing.workflow import ACTIVE, AT_COUNTER, State, may
from services.models import ServiceStandard, ServiceType
from services.near import kept

_KEPT_S = 30  # a queue's settings, a service's name, where a counter stands
_AT_COUNTER = tuple(str(state) for state in AT_COUNTER)
_IN_LINE = (State.WAITING, State.PRINTING)
_ON_THE_WAY = (State.PRINTING, State.BOOKED, State.WAITING, State.PARKED, State.ABSENT)
# state: (look, icon)
LOOKS = {
    State.PRINTING: ("wait", "print"),
    State.BOOKED: ("wait", "cal"),
    State.WAITING: ("wait", "clock"),
    State.CALLED: ("call", "bell"),
    State.SERVING: ("serve", "person"),
    State.PARKED: ("warn", "pause"),
    State.DONE: ("ok", "check"),
    State.ABSENT: ("skip", "skip"),
    State.CANCELLED: ("off", "x"),
    State.NO_SHOW: ("skip", "skip"),
    State.UNSERVED: ("skip", "skip"),
}


@dataclass(frozen=True)
class Shown:
    """A ticket as its citizen sees it."""

    ticket: Ticket
    at: dt.datetime
    look: str
    icon: str
    ahead: int = 0
    serving: list[str] = field(default_factory=list)  # labels at this queue's counters
    paused: str = ""
    back_at: dt.datetime | None = None
    between: Between | None = None  # when it will probably be called
    place: Place | None = None
    closes_at: dt.datetime | None = None  # the end of the queue's last window of the day
    note: str = ""  # what the officer wrote at the end
    unconfirmed: bool = False  # out of the line because nobody said that its paper came out
    expired: bool = False  # a place that the mall chose, and that nobody confirmed in time
    can_undo: bool = False  # cancelled by its citizen within the last minute
    is_today: bool = False

    @property
    def opens_at(self) -> dt.datetime | None:
        """From when presence can be reported."""
        window = self.ticket.window
        early = dt.timedelta(minutes=self.ticket.queue.early_minutes)
        return window.starts_at - early if window else None

    @property
    def last_at(self) -> dt.datetime | None:
        """Until when presence can be reported."""
        window = self.ticket.window
        late = dt.timedelta(minutes=self.ticket.queue.late_minutes)
        return window.ends_at + late if window else None

    @property
    def can_check_in(self) -> bool:
        if self.ticket.state != State.BOOKED or not (self.opens_at and self.last_at):
            return False
        return self.is_today and self.opens_at <= self.at <= self.last_at

    @property
    def lapsed(self) -> bool:
        """Booked and too late to report present; soon it is marked as a no-show."""
        return self.ticket.state == State.BOOKED and bool(self.last_at and self.at > self.last_at)

    @property
    def late_minutes(self) -> int:
        """Whole minutes since the booked window ended, while presence can still be reported."""
        if not self.can_check_in or self.at <= self.ticket.window.ends_at:
            return 0
        return max(1, int((self.at - self.ticket.window.ends_at).total_seconds() // 60))

    @property
    def arrive_at(self) -> dt.datetime | None:
        """When it is early enough to be there; None when that is now."""
        stretch = self.ticket.window if self.ticket.state == State.BOOKED else self.between
        return turns.arrive_at(stretch.starts_at if stretch else None, self.at)

    @property
    def advice(self) -> str:
        """What somebody who waits does meanwhile: see turns.py."""
        return turns.advice(self.between, ahead=self.ahead, at=self.at, paused=self.paused)

    @property
    def active(self) -> bool:
        return self.ticket.state in ACTIVE

    @property
    def usable(self) -> bool:
        """Whether it can still lead to a counter: one missed twice, or yesterday, cannot."""
        return self.active and (self.ticket.state != State.ABSENT or self.can_return)

    @property
    def can_cancel(self) -> bool:
        return may("cancelled", self.ticket.state)

    @property
    def can_move(self) -> bool:
        return may("rescheduled", self.ticket.state)

    @property
    def can_return(self) -> bool:
        """Missed once, or sent for a paper: the holder rejoins the line with the hall's code."""
        if not self.is_today or (self.closes_at and self.at > self.closes_at):
            return False
        if self.ticket.state == State.ABSENT:
            return not self.ticket.returns
        return self.ticket.outcome == Ticket.Outcome.DOCUMENTS_MISSING

    @property
    def calls(self) -> int:
        """How often this queue calls a number at most."""
        return self.ticket.queue.max_recalls + 1


# Asked by every phone that follows its turn: one statement, and what seldom changes is kept apart.
_ROWS = f"""
SELECT t.*, w.starts_at, w.ends_at,
       CASE WHEN t.state = 'waiting' OR t.state = 'printing' AND t.sort_at IS NOT NULL
              OR w.ends_at < %(at)s AND t.state = 'booked' THEN (
            SELECT count(*) FROM queueing_ticket o
             WHERE o.queue_id = t.queue_id AND o.date = t.date AND o.state = 'waiting'
               AND (o.sort_at, o.number) < (coalesce(t.sort_at, %(at)s - CASE WHEN t.priority
                   THEN make_interval(mins => q.boost_minutes) ELSE interval '0' END), t.number))
            ELSE 0 END AS ahead,
       CASE WHEN t.state = 'waiting' THEN ARRAY(
            SELECT o.label FROM queueing_ticket o
             WHERE o.queue_id = t.queue_id AND o.date = t.date AND o.state IN {_AT_COUNTER}
             ORDER BY o.number) ELSE ARRAY[]::text[] END AS serving,
       coalesce(d.paused_reason, '') AS paused, d.expected_back_at AS back_at,
       (SELECT max(l.ends_at) FROM queueing_window l
         WHERE l.queue_id = t.queue_id AND l.date = t.date) AS closes_at,
       CASE WHEN t.state = 'done' THEN coalesce((
            SELECT e.note FROM queueing_ticketevent e
             WHERE e.ticket_id = t.id AND e.kind = 'ended' ORDER BY e.id DESC LIMIT 1), '')
            ELSE '' END AS note,
       CASE WHEN t.state = 'cancelled' THEN (
            SELECT e.kind FROM queueing_ticketevent e
             WHERE e.ticket_id = t.id ORDER BY e.id DESC LIMIT 1)
            ELSE '' END AS ended_by,
       t.state = 'cancelled' AND t.ended_at > %(at)s - interval '60 seconds' AND NOT EXISTS (
            SELECT 1 FROM queueing_ticketevent e
             WHERE e.ticket_id = t.id AND e.at >= t.ended_at
               AND (e.officer_id IS NOT NULL OR e.kind = 'kept_expired'))
            AS can_undo
  FROM queueing_ticket t
  JOIN queueing_queue q ON q.id = t.queue_id
  LEFT JOIN queueing_window w ON w.id = t.window_id
  LEFT JOIN queueing_queueday d ON d.queue_id = t.queue_id AND d.date = t.date
 WHERE t.visit_id = %(visit)s AND t.state <> 'transferred'
 ORDER BY w.starts_at, t.id
"""  # noqa: S608 - constants of the house


def shown(visit: Visit, at: dt.datetime) -> list[Shown]:
    """The visit's tickets in the order of their windows, who is called first."""
    tickets = _rows(visit, at)
    queues = {t.queue_id for t in tickets if t.state in _IN_LINE}
    paces = estimates.for_queues(queues, visit.date, at)
    where = places.for_queues({t.queue_id for t in tickets if t.state in _ON_THE_WAY}, visit.date)
    today = visit.date == visit.mall.date_at(at)
    found = []
    for ticket in tickets:
        look, icon = LOOKS[State(ticket.state)]
        found.append(
            Shown(
                ticket,
                at,
                look,
                icon,
                ahead=ticket.ahead,
                serving=ticket.serving,
                paused=ticket.paused,
                back_at=ticket.back_at,
                between=_between(ticket, paces.get(ticket.queue_id), at),
                place=where.get(ticket.queue_id),
                closes_at=ticket.closes_at,
                note="" if ticket.note == ticket.outcome else ticket.note,
                unconfirmed=today and ticket.ended_by == "print_expired",
                expired=ticket.ended_by == "kept_expired",
                can_undo=ticket.can_undo,
                is_today=today,
            )
        )
    return sorted(found, key=lambda one: one.ticket.state != State.CALLED)


def _between(ticket: Ticket, pace: estimates.Pace | None, at: dt.datetime) -> Between | None:
    """When it is probably called, if it waits or will once its paper is out."""
    if ticket.state not in _IN_LINE or not ticket.sort_at:
        return None
    return turns.between(
        pace, ahead=ticket.ahead, at=at, paused=ticket.paused, back_at=ticket.back_at
    )


def _rows(visit: Visit, at: dt.datetime) -> list[Ticket]:
    """The tickets with what lies around them: the people ahead, the day of the queue, the place."""
    tickets = list(Ticket.objects.raw(_ROWS, {"visit": visit.pk, "at": at}))
    queues = _kept(Queue.objects.all(), (t.queue_id for t in tickets))
    services = _kept(
        ServiceType.objects.select_related("agency"), (t.service_type_id for t in tickets)
    )
    standards = _kept(ServiceStandard.objects.all(), (t.standard_id for t in tickets))
    counters = _kept(Counter.objects.all(), (t.counter_id for t in tickets))
    for ticket in tickets:
        ticket.visit = visit
        ticket.queue, ticket.service_type = (
            queues[ticket.queue_id],
            services[ticket.service_type_id],
        )
        ticket.standard = standards.get(ticket.standard_id)
        ticket.counter = counters.get(ticket.counter_id)
        ticket.window = ticket.window_id and Window(
            pk=ticket.window_id, starts_at=ticket.starts_at, ends_at=ticket.ends_at
        )
    return tickets


def _kept(rows: QuerySet, wanted: Iterable[int | None]) -> dict[int | None, Any]:
    ids = sorted({pk for pk in wanted if pk})
    if not ids:
        return {}
    return kept(rows.model._meta.label, ids, _KEPT_S, lambda: rows.in_bulk(ids))


def qr(visit: Visit) -> SafeString:
    """The address of this page as a drawing; kiosk and front desk read the token out of it."""
    return drawn("queueing:ticket", visit.token)


def drawn(name: str, *parts: str) -> SafeString:
    """The full address of one of our pages as a QR code."""
    return _drawn(settings.BASE_URL + reverse(name, args=parts))


@lru_cache(maxsize=256)  # trying the masks costs more than the rest of the page's template
def _drawn(address: str) -> SafeString:
    drawing = segno.make(address, error="m").svg_inline(
        omitsize=True, svgclass="m-qr", lineclass=None, border=2
    )
    return mark_safe(drawing)  # noqa: S308 - drawn here from our own address
