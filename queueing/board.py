"""The hall as anybody may see it: who is called where, and how many wait. Numbers, never names."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import CharField, Count, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from queueing.hall import hall_code
from queueing.models import CallAnnouncement, Queue, QueueDay, Ticket
from queueing.workflow import State
from services.models import Mall

RECENT = 5


@dataclass(frozen=True)
class Call:
    """A number called to a counter."""

    id: int
    label: str
    counter: int
    zone: str
    at: dt.datetime


@dataclass(frozen=True)
class Hall:
    """What the hall's display shows; `now` is the latest call while its number is still called."""

    now: Call | None
    recent: list[Call]
    queues: list[Queue]
    hall_code: str
    last_call_id: int


def queues_now(*, mall: Mall, at: dt.datetime) -> QuerySet[Queue]:
    """The mall's queues by prefix, each with `waiting`, `last_called` and `paused`; one query."""
    today = mall.date_at(at)
    of_queue = {"queue": OuterRef("pk"), "date": today}
    waiting = (
        Ticket.objects.filter(**of_queue, state=State.WAITING)
        .order_by()
        .values("queue")
        .annotate(n=Count("pk"))
        .values("n")
    )
    called = Ticket.objects.filter(**of_queue, called_at__isnull=False).order_by("-called_at")
    day = QueueDay.objects.filter(**of_queue)
    return (
        Queue.objects.filter(mall=mall, active=True, agency__active=True)
        .select_related("agency")
        .annotate(
            waiting=Coalesce(Subquery(waiting), 0),
            last_called=_or_empty(called.values("label")[:1]),
            paused=_or_empty(day.values("paused_reason")[:1]),
        )
        .order_by("prefix")
    )


def hall(*, mall: Mall, at: dt.datetime) -> Hall:
    """The hall at this moment, in two queries."""
    latest = (
        CallAnnouncement.objects.filter(mall=mall, date=mall.date_at(at))
        .select_related("ticket")
        .order_by("-pk")[: 4 * RECENT]
    )
    calls: dict[int, tuple[Call, str]] = {}
    for row in latest:
        call = Call(row.pk, row.label, row.counter_number, row.zone, row.at)
        calls.setdefault(row.ticket_id, (call, row.ticket.state))
    shown = list(calls.values())
    now = next((call for call, state in shown if state == State.CALLED), None)
    return Hall(
        now=now,
        recent=[call for call, _ in shown if call is not now][:RECENT],
        queues=list(queues_now(mall=mall, at=at)),
        hall_code=hall_code(mall_id=mall.pk, at=at),
        last_call_id=shown[0][0].id if shown else 0,
    )


def _or_empty(values: QuerySet) -> Coalesce:
    return Coalesce(Subquery(values), Value(""), output_field=CharField())
