"""A visit's tickets as its citizen sees them: place in the line, when, where, what came of it."""

import datetime as dt
from dataclasses import dataclass, field
from functools import lru_cache

import segno
from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    Case,
    CharField,
    Count,
    DateTimeField,
    IntegerField,
    Max,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from queueing import estimates, places
from queueing.estimates import Between
from queueing.models import QueueDay, Ticket, TicketEvent, Visit, Window
from queueing.places import Place
from queueing.workflow import ACTIVE, AT_COUNTER, State, may

ARRIVE_BEFORE = dt.timedelta(minutes=10)
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
    def arrive_at(self) -> dt.datetime | None:
        """When it is early enough to be there; None when that is now."""
        stretch = self.ticket.window if self.ticket.state == State.BOOKED else self.between
        when = stretch.starts_at - ARRIVE_BEFORE if stretch else None
        return when if when and when > self.at else None

    @property
    def active(self) -> bool:
        return self.ticket.state in ACTIVE

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


def shown(visit: Visit, at: dt.datetime) -> list[Shown]:
    """The visit's tickets in the order of their windows, who is called first; three queries."""
    tickets = list(_rows(visit))
    queues = {t.queue_id for t in tickets if t.state == State.WAITING}
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
                serving=ticket.serving or [],
                paused=ticket.paused,
                back_at=ticket.back_at,
                between=_between(ticket, paces.get(ticket.queue_id), at),
                place=where.get(ticket.queue_id),
                closes_at=ticket.closes_at,
                note="" if ticket.note == ticket.outcome else ticket.note,
                is_today=today,
            )
        )
    return sorted(found, key=lambda one: one.ticket.state != State.CALLED)


def _between(ticket: Ticket, pace: estimates.Pace | None, at: dt.datetime) -> Between | None:
    """When it is probably called; from the expected return on where the queue is paused."""
    if ticket.state != State.WAITING or pace is None or (ticket.paused and not ticket.back_at):
        return None
    wait = pace.for_ahead(ticket.ahead)
    return wait.between(max(at, ticket.back_at) if ticket.paused else at) if wait else None


def _rows(visit: Visit) -> list[Ticket]:
    of_queue = {"queue": OuterRef("queue"), "date": OuterRef("date")}
    before = Q(sort_at__lt=OuterRef("sort_at")) | Q(
        sort_at=OuterRef("sort_at"), number__lt=OuterRef("number")
    )
    ahead = (
        Ticket.objects.filter(before, **of_queue, state=State.WAITING)
        .order_by()
        .values("queue")
        .annotate(n=Count("pk"))
        .values("n")
    )
    serving = Ticket.objects.filter(**of_queue, state__in=AT_COUNTER).order_by("number")
    day = QueueDay.objects.filter(**of_queue)
    last = (
        Window.objects.filter(**of_queue)
        .order_by()
        .values("queue")
        .annotate(end=Max("ends_at"))
        .values("end")
    )
    ended = TicketEvent.objects.filter(ticket=OuterRef("pk"), kind="ended").order_by("-pk")
    return list(
        visit.tickets.exclude(state=State.TRANSFERRED)
        .select_related("service_type__agency", "window", "queue", "counter", "standard")
        .annotate(
            ahead=_while_waiting(Coalesce(Subquery(ahead), 0), Value(0), IntegerField()),
            serving=_while_waiting(ArraySubquery(serving.values("label")), Value(None), None),
            paused=_text(day.values("paused_reason")[:1]),
            back_at=Subquery(day.values("expected_back_at")[:1]),
            closes_at=Subquery(last, output_field=DateTimeField()),
            note=Case(
                When(state=State.DONE, then=_text(ended.values("note")[:1])), default=Value("")
            ),
        )
        .order_by("window__starts_at", "pk")
    )


def _while_waiting(found: object, other: Value, kind: object) -> Case:
    return Case(When(state=State.WAITING, then=found), default=other, output_field=kind)


def _text(values: object) -> Coalesce:
    return Coalesce(Subquery(values), Value(""), output_field=CharField())


def qr(visit: Visit) -> SafeString:
    """The address of this page as a drawing; kiosk and front desk read the token out of it."""
    return _drawn(settings.BASE_URL + reverse("queueing:ticket", args=[visit.token]))


@lru_cache(maxsize=256)  # trying the masks costs more than the rest of the page's template
def _drawn(address: str) -> SafeString:
    drawing = segno.make(address, error="m").svg_inline(
        omitsize=True, svgclass="m-qr", lineclass=None, border=2
    )
    return mark_safe(drawing)  # noqa: S308 - drawn here from our own address
