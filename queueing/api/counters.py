"""Counters and tickets over the API, for officers and the front desk by their own bearer token.

Every row is fetched with the permission to act on it: who may not hears that there is none.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Annotated, Any
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from accounts.models import User
from queueing import rules
from queueing.api.answers import NOTHING, Acted, StaffTicketOut, for_staff
from queueing.models import Counter, CounterAssignment, CounterSession, Queue, Ticket
from queueing.refusals import Refusal
from queueing.workflow import AT_COUNTER
from services.api import Code, Text
from services.permissions import CALL, FRONT_DESK, agencies_for, malls_for

router = Router(tags=["loket"])
Note = Annotated[Text, Field(max_length=160)]


class OfficersRequest(HttpRequest):
    """A request whose bearer token was somebody's."""

    auth: User


class EndIn(Schema):
    outcome: str = Ticket.Outcome.SERVED.value
    collect_on: dt.date | None = None
    note: Note = ""


class ParkIn(Schema):
    reason: Note


class TransferIn(Schema):
    service: Code
    note: Note = ""


class QueueRef(Schema):
    prefix: str
    name: str


class CounterOut(Schema):
    id: int
    number: int
    queues: list[QueueRef]
    open: bool
    mine: bool
    current: StaffTicketOut | None


class Counters(Schema):
    items: list[CounterOut]
    next: str | None


@router.get("/counters", response=Counters, summary="Loket saya")
def counters(request: OfficersRequest) -> dict[str, Any]:
    """Loket yang antreannya hari ini boleh Anda panggil."""
    return {"items": _counters(request.auth), "next": None}


@router.post("/counters/{int:counter}/open", response=CounterOut, summary="Buka loket")
def open_counter(request: OfficersRequest, counter: int) -> Acted:
    pk = _own(request.auth, counter)
    rules.open_counter(counter_id=pk, officer=request.auth, at=timezone.now())
    return Acted("counter", pk)


@router.post("/counters/{int:counter}/close", response=CounterOut, summary="Tutup loket")
def close_counter(request: OfficersRequest, counter: int) -> Acted:
    pk = _own(request.auth, counter)
    rules.close_counter(counter_id=pk, officer=request.auth, at=timezone.now())
    return Acted("counter", pk)


@router.post(
    "/counters/{int:counter}/call-next",
    response={200: StaffTicketOut, 204: None},
    summary="Panggil berikutnya",
)
def call_next(request: OfficersRequest, counter: int) -> Acted:
    """204 bila tidak ada yang menunggu; 409 bila masih ada nomor di loket."""
    pk = _own(request.auth, counter)
    ticket = rules.call_next(counter_id=pk, officer=request.auth, at=timezone.now())
    return Acted("ticket", ticket.pk) if ticket else NOTHING


@router.post("/counters/{int:counter}/recall", response=StaffTicketOut, summary="Panggil ulang")
def recall(request: OfficersRequest, counter: int) -> Acted:
    pk = _own(request.auth, counter)
    return _told(rules.recall(counter_id=pk, officer=request.auth, at=timezone.now()))


@router.post("/counters/{int:counter}/start", response=StaffTicketOut, summary="Mulai melayani")
def start(request: OfficersRequest, counter: int) -> Acted:
    pk = _own(request.auth, counter)
    return _told(rules.start(counter_id=pk, officer=request.auth, at=timezone.now()))


@router.post("/counters/{int:counter}/end", response=StaffTicketOut, summary="Selesai")
def end(request: OfficersRequest, counter: int, body: EndIn | None = None) -> Acted:
    pk = _own(request.auth, counter)
    body = body or EndIn()
    ticket = rules.end(
        counter_id=pk,
        officer=request.auth,
        at=timezone.now(),
        outcome=body.outcome,
        collect_on=body.collect_on,
        note=body.note,
    )
    return _told(ticket)


@router.post("/counters/{int:counter}/park", response=StaffTicketOut, summary="Tunda")
def park(request: OfficersRequest, counter: int, body: ParkIn) -> Acted:
    pk = _own(request.auth, counter)
    return _told(
        rules.park(counter_id=pk, officer=request.auth, reason=body.reason, at=timezone.now())
    )


@router.post("/counters/{int:counter}/absent", response=StaffTicketOut, summary="Tidak hadir")
def absent(request: OfficersRequest, counter: int) -> Acted:
    pk = _own(request.auth, counter)
    return _told(rules.absent(counter_id=pk, officer=request.auth, at=timezone.now()))


@router.post("/counters/{int:counter}/transfer", response=StaffTicketOut, summary="Pindahkan")
def transfer(request: OfficersRequest, counter: int, body: TransferIn) -> Acted:
    """Nomor di loket dikirim ke antrean layanan lain; jawabannya nomor di antrean baru."""
    pk = _own(request.auth, counter)
    current = Ticket.objects.filter(counter_id=pk, state__in=AT_COUNTER).first()
    if current is None:
        raise Refusal("nobody_at_counter")
    moved = rules.transfer(
        ticket_id=current.pk,
        service=body.service,
        officer=request.auth,
        counter_id=pk,
        note=body.note,
        at=timezone.now(),
    )
    return _told(moved)


@router.post("/counters/{int:counter}/undo", response=StaffTicketOut, summary="Urungkan")
def undo(request: OfficersRequest, counter: int) -> Acted:
    pk = _own(request.auth, counter)
    return _told(rules.undo(counter_id=pk, officer=request.auth, at=timezone.now()))


@router.post("/tickets/{uuid:public_id}/check-in", response=StaffTicketOut, summary="Lapor hadir")
def check_in(request: OfficersRequest, public_id: UUID) -> Acted:
    """Meja depan; kode layar tidak perlu. Berlaku untuk seluruh kunjungan."""
    at_desk = Q(mall__in=malls_for(request.auth, FRONT_DESK))
    ticket = _ticket(public_id, at_desk)
    rules.check_in(visit_id=ticket.visit_id, at=timezone.now(), officer_id=request.auth.pk)
    return _told(ticket)


@router.post("/tickets/{uuid:public_id}/return", response=StaffTicketOut, summary="Kembali antre")
def bring_back(request: OfficersRequest, public_id: UUID) -> Acted:
    """Meja depan, atau petugas yang boleh memanggil antreannya."""
    user = request.auth
    ticket = _ticket(
        public_id,
        Q(mall__in=malls_for(user, FRONT_DESK)) | Q(queue__agency__in=agencies_for(user, CALL)),
    )
    rules.bring_back(ticket_id=ticket.pk, at=timezone.now(), officer_id=user.pk)
    return _told(ticket)


def read_counter(pk: int, *, user: User) -> dict[str, Any]:
    """A counter as the officer sees it."""
    return _counters(user, pk)[0]


def _told(ticket: Ticket) -> Acted:
    return Acted("ticket", ticket.pk)


def _own(user: User, counter_id: int) -> int:
    """The counter's id when one of its queues today belongs to an agency this person may call."""
    if not _queues_today(user, counter_id):
        raise Refusal("unknown_counter")
    return counter_id


def _ticket(public_id: UUID, allowed: Q) -> Ticket:
    ticket = Ticket.objects.filter(allowed, public_id=public_id).first()
    if ticket is None:
        raise Refusal("unknown_ticket")
    return ticket


def _queues_today(user: User, counter_id: int | None = None) -> dict[Counter, list[Queue]]:
    """Counters with the queues that this person may call from there today; one query."""
    now = timezone.now()
    rows = CounterAssignment.objects.filter(
        counter__active=True, queue__active=True, queue__agency__in=agencies_for(user, CALL)
    )
    if counter_id is not None:
        rows = rows.filter(counter_id=counter_id)
    found: dict[Counter, list[Queue]] = {}
    rows = rows.select_related("counter__mall", "queue")
    for row in rows.order_by("counter__mall", "counter__number", "position", "pk"):
        if _holds(row, row.counter.mall.date_at(now)):
            queues = found.setdefault(row.counter, [])
            if row.queue not in queues:
                queues.append(row.queue)
    return found


def _holds(row: CounterAssignment, date: dt.date) -> bool:
    """Whether an assignment counts on a date."""
    return (
        (row.weekday is None or row.weekday == date.weekday())
        and (row.first_date is None or row.first_date <= date)
        and (row.last_date is None or date <= row.last_date)
    )


def _counters(user: User, counter_id: int | None = None) -> list[dict[str, Any]]:
    """The person's counters, each with what stands there now; three queries."""
    found = _queues_today(user, counter_id)
    sessions = {
        row.counter_id: row.officer_id
        for row in CounterSession.objects.filter(counter__in=found, closed_at=None)
    }
    current = _at_counters(found)
    answers = []
    for counter, queues in found.items():
        ticket = current.get(counter.pk)
        if ticket and ticket.queue not in queues:
            ticket = None  # another agency's, at a desk that is shared
        answers.append(
            {
                "id": counter.pk,
                "number": counter.number,
                "queues": [{"prefix": queue.prefix, "name": queue.name} for queue in queues],
                "open": counter.pk in sessions,
                "mine": sessions.get(counter.pk) == user.pk,
                "current": ticket and for_staff(ticket, officer_id=user.pk),
            }
        )
    return answers


def _at_counters(counters: Iterable[Counter]) -> dict[int | None, Ticket]:
    rows = Ticket.objects.filter(counter__in=list(counters), state__in=AT_COUNTER)
    rows = rows.select_related("service_type", "queue", "counter", "visit", "mall")
    return {ticket.counter_id: ticket for ticket in rows}
