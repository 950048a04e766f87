"""How visits and tickets are told over the API, and the reference by which an act is told again.

Two audiences: the citizen, who holds the token, and the staff, who never see token, phone or NIK.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext_noop as _
from ninja import Schema
from pydantic import Field

from queueing import estimates
from queueing.models import Ticket, Visit
from queueing.refusals import Refusal
from queueing.workflow import State


class Acted(NamedTuple):
    """What an act changed: its kind and primary key. The answer is read from it, also later."""

    kind: str
    pk: int


NOTHING = Acted("", 0)


class EstimateOut(Schema):
    p10_s: int = Field(ge=0, description=_("satu dari sepuluh orang menunggu lebih singkat"))
    p50_s: int = Field(ge=0, description=_("perkiraan tengah"))
    p90_s: int = Field(ge=0, description=_("sembilan dari sepuluh orang dipanggil sebelumnya"))


_ESTIMATE = _("detik sampai dipanggil; null: belum dapat diperkirakan")


class TicketOut(Schema):
    public_id: UUID
    label: str = Field(examples=["C 037"])
    state: State
    service: str = Field(description=_("kode layanan"))
    window: int | None
    starts_at: dt.datetime | None
    ends_at: dt.datetime | None
    counter: int | None = Field(description=_("nomor loket yang memanggil"))
    ahead: int | None = Field(description=_("orang di depan; null: sudah dipanggil atau selesai"))
    estimate: EstimateOut | None = Field(description=_ESTIMATE)


class VisitOut(Schema):
    token: str = Field(description=_("membuka kunjungan ini; hanya untuk warganya"))
    short_code: str = Field(examples=["K7M2QX"])
    mall: str
    date: dt.date
    tickets: list[TicketOut]


class ServiceRef(Schema):
    code: str
    name: str


class StaffTicketOut(Schema):
    public_id: UUID
    label: str = Field(examples=["C 037"])
    state: State
    service: ServiceRef
    queue: str = Field(description=_("huruf antrean"))
    counter: int | None
    name: str | None = Field(description=_("hanya untuk petugas yang melayaninya"))
    priority: bool
    accommodation: str
    checked_in_at: dt.datetime | None
    called_at: dt.datetime | None
    started_at: dt.datetime | None
    ended_at: dt.datetime | None
    recalls: int
    outcome: Ticket.Outcome | Literal[""]
    collect_on: dt.date | None


def iso(moment: dt.datetime | None, zone: dt.tzinfo) -> str | None:
    """A moment in the mall's zone, ISO 8601 with offset."""
    return moment.astimezone(zone).isoformat() if moment else None


def new_visit(
    visit: Visit, codes: Sequence[str], times: dict[int, tuple[dt.datetime, dt.datetime]]
) -> dict[str, Any]:
    """The answer to a booking, from what the rule returned; `times`: start and end by window."""
    zone = visit.mall.zone
    tickets = []
    for ticket, code in zip(visit.new_tickets, codes, strict=True):
        starts_at, ends_at = times[ticket.window_id]
        tickets.append(_for_citizen(ticket, code, starts_at, ends_at, zone, None, None, None))
    return _visit(visit, tickets)


def told(wait: estimates.Wait | None, later_s: float = 0) -> dict[str, int] | None:
    """A wait in seconds; `later_s` when the queue goes on only after a while."""
    if wait is None:
        return None
    low, middle, high = (
        round(minutes * 60 + later_s) for minutes in (wait.p10, wait.p50, wait.p90)
    )
    return {"p10_s": low, "p50_s": middle, "p90_s": high}


def read_visit(pk: int, *, at: dt.datetime) -> dict[str, Any]:
    """A visit as its citizen sees it, in four queries, however many tickets it has."""
    visit = Visit.objects.select_related("mall").get(pk=pk)
    zone = visit.mall.zone
    rows = (
        visit.tickets.exclude(state=State.TRANSFERRED)
        .select_related("window", "service_type", "counter")
        .order_by("pk")
    )
    ahead, waits = _ahead(visit, at)
    return _visit(
        visit,
        [
            _for_citizen(
                ticket,
                ticket.service_type.code,
                ticket.window.starts_at if ticket.window else None,
                ticket.window.ends_at if ticket.window else None,
                zone,
                ticket.counter.number if ticket.counter else None,
                ahead.get(ticket.pk),
                waits.get(ticket.pk),
            )
            for ticket in rows
        ],
    )


def read_ticket(pk: int, *, officer_id: int | None) -> dict[str, Any]:
    """A ticket as the staff see it; the name only for the officer who serves it."""
    rows = Ticket.objects.select_related("service_type", "queue", "counter", "visit", "mall")
    return for_staff(rows.get(pk=pk), officer_id=officer_id)


def for_staff(ticket: Ticket, *, officer_id: int | None) -> dict[str, Any]:
    """Reads service_type, queue, counter, visit and mall: fetch them with the ticket."""
    zone = ticket.mall.zone
    mine = officer_id is not None and ticket.officer_id == officer_id
    return {
        "public_id": str(ticket.public_id),
        "label": ticket.label,
        "state": ticket.state,
        "service": {"code": ticket.service_type.code, "name": ticket.service_type.name},
        "queue": ticket.queue.prefix,
        "counter": ticket.counter.number if ticket.counter else None,
        "name": ticket.visit.name if mine else None,
        "priority": ticket.priority,
        "accommodation": ticket.visit.accommodation if mine else "",
        "checked_in_at": iso(ticket.checked_in_at, zone),
        "called_at": iso(ticket.called_at, zone),
        "started_at": iso(ticket.started_at, zone),
        "ended_at": iso(ticket.ended_at, zone),
        "recalls": ticket.recalls,
        "outcome": ticket.outcome,
        "collect_on": ticket.collect_on,
    }


def visit_id_of(token: str) -> int:
    """The visit a citizen's token opens; refuses any other text."""
    if token.isascii() and token.isprintable():
        found = Visit.objects.filter(token=token).values_list("pk", flat=True).first()
        if found:
            return found
    raise Refusal("unknown_ticket")


def _visit(visit: Visit, tickets: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "token": visit.token,
        "short_code": visit.short_code,
        "mall": visit.mall.slug,
        "date": visit.date.isoformat(),
        "tickets": tickets,
    }


def _for_citizen(
    ticket: Ticket,
    service: str,
    starts_at: dt.datetime | None,
    ends_at: dt.datetime | None,
    zone: dt.tzinfo,
    counter: int | None,
    ahead: int | None,
    estimate: dict[str, int] | None,
) -> dict[str, Any]:
    return {
        "public_id": str(ticket.public_id),
        "label": ticket.label,
        "state": str(ticket.state),
        "service": service,
        "window": ticket.window_id,
        "starts_at": iso(starts_at, zone),
        "ends_at": iso(ends_at, zone),
        "counter": counter,
        "ahead": ahead,
        "estimate": estimate,
    }


# Those who wait or are booked for an earlier place of the same queue and day; `place` of order.py
# for who has not come yet.
_AHEAD = """
SELECT t.id, t.queue_id, t.state, coalesce(d.paused_reason, '') <> '', d.expected_back_at, (
    SELECT count(*) FROM queueing_ticket o LEFT JOIN queueing_window ow ON ow.id = o.window_id
     WHERE o.mall_id = t.mall_id AND o.date = t.date AND o.queue_id = t.queue_id AND o.id <> t.id
       AND o.state IN ('waiting', 'booked')
       AND coalesce(o.sort_at, ow.starts_at + o.number * interval '1 millisecond')
         < coalesce(t.sort_at, w.starts_at + t.number * interval '1 millisecond'))
  FROM queueing_ticket t LEFT JOIN queueing_window w ON w.id = t.window_id
  LEFT JOIN queueing_queueday d ON d.queue_id = t.queue_id AND d.date = t.date
 WHERE t.visit_id = %s AND t.state IN ('waiting', 'booked')
"""


def _ahead(
    visit: Visit, at: dt.datetime
) -> tuple[dict[int, int], dict[int, dict[str, int] | None]]:
    """By ticket: how many are ahead, and for who waits in a queue that moves, how long still."""
    with connection.cursor() as cursor:
        cursor.execute(_AHEAD, [visit.pk])
        rows = cursor.fetchall()
    waiting = [row for row in rows if row[2] == State.WAITING and (row[4] or not row[3])]
    paces = estimates.for_queues({row[1] for row in waiting}, visit.date, at)
    waits = {}
    for pk, queue, _state, paused, back_at, ahead in waiting:
        later_s = max(0.0, (back_at - at).total_seconds()) if paused else 0.0
        waits[pk] = told(paces[queue].for_ahead(ahead), later_s)
    return {row[0]: row[5] for row in rows}, waits
