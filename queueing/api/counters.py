"""Counters and tickets over the API, for officers and the front desk by their own bearer token.

Every row is fetched with the permission to act on it: who may not hears that there is none.
"""

from collections.abc import Iterable
from typing import Annotated, Any
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_noop as _
from ninja import Router, Schema
from pydantic import BaseModel, Field, StrictBool

from accounts.api import Bearer
from accounts.models import ApiToken, User
from queueing import rules
from queueing.api.answers import NOTHING, Acted, StaffTicketOut, for_staff
from queueing.models import Counter, CounterAssignment, CounterSession, Queue, Ticket
from queueing.refusals import Refusal
from queueing.workflow import AT_COUNTER
from services.api import Code, Date, Text
from services.permissions import CALL, FRONT_DESK, agencies_for, malls_for

Scope = ApiToken.Scope
router = Router(tags=[_("loket")], auth=Bearer(Scope.COUNTERS))
Note = Annotated[Text, Field(max_length=160)]


class OfficersRequest(HttpRequest):
    """A request whose bearer token was somebody's."""

    auth: User


class OpenIn(BaseModel):
    take_over: StrictBool = Field(
        False, description=_("ambil alih dari petugas atau peramban yang sedang memakainya")
    )


class CallIn(BaseModel):
    ticket: UUID = Field(description=_("public_id nomor yang menunggu"))
    reason: Note = Field(description=_("paling sedikit 5 huruf; dicatat"))


class EndIn(BaseModel):
    outcome: str = Field(
        Ticket.Outcome.SERVED.value, json_schema_extra={"enum": Ticket.Outcome.values}
    )
    collect_on: Date | None = Field(None, description=_("wajib bila diambil kemudian"))
    note: Note = Field(
        "", description=_("dibaca warga: berkas yang kurang, atau ke mana diarahkan")
    )
    goes_on: StrictBool = Field(
        False, description=_("langsung ke layanan lain dari kunjungan ini, tanpa jeda 10 menit")
    )


class ParkIn(BaseModel):
    reason: Note = Field(description=_("paling sedikit 5 huruf"))


class TransferIn(BaseModel):
    service: Code = Field(description=_("kode layanan tujuan"))
    note: Note = ""


class QueueRef(Schema):
    prefix: str
    name: str


class CounterOut(Schema):
    id: int
    number: int
    queues: list[QueueRef]
    open: bool
    mine: bool = Field(description=_("Anda yang membukanya"))
    current: StaffTicketOut | None


class Counters(Schema):
    items: list[CounterOut]
    next: str | None


@router.get(
    "/counters",
    response=Counters,
    summary=_("Loket saya"),
    description=_("Loket yang antreannya hari ini boleh Anda panggil."),
)
def counters(request: OfficersRequest) -> dict[str, Any]:
    return {"items": _counters(request.auth), "next": None}


@router.post("/counters/{int:counter}/open", response=CounterOut, summary=_("Buka loket"))
def open_counter(request: OfficersRequest, counter: int, body: OpenIn | None = None) -> Acted:
    pk = _own(request.auth, counter)
    rules.open_counter(
        counter_id=pk,
        officer=request.auth,
        at=timezone.now(),
        take_over=body is not None and body.take_over,
    )
    return Acted("counter", pk)


@router.post("/counters/{int:counter}/close", response=CounterOut, summary=_("Tutup loket"))
def close_counter(request: OfficersRequest, counter: int) -> Acted:
    pk = _own(request.auth, counter)
    rules.close_counter(counter_id=pk, officer=request.auth, at=timezone.now())
    return Acted("counter", pk)


@router.post(
    "/counters/{int:counter}/call-next",
    response={200: StaffTicketOut, 204: None},
    summary=_("Panggil berikutnya"),
    description=_("204 bila tidak ada yang menunggu; 409 bila masih ada nomor di loket."),
)
def call_next(request: OfficersRequest, counter: int) -> Acted:
    pk = _own(request.auth, counter)
    ticket = rules.call_next(counter_id=pk, officer=request.auth, at=timezone.now())
    return Acted("ticket", ticket.pk) if ticket else NOTHING


@router.post(
    "/counters/{int:counter}/call",
    response=StaffTicketOut,
    summary=_("Panggil nomor pilihan"),
    description=_("Nomor yang menunggu di antrean loket ini, di luar urutan, dengan alasan."),
)
def call(request: OfficersRequest, counter: int, body: CallIn) -> Acted:
    pk = _own(request.auth, counter)
    chosen = Ticket.objects.filter(public_id=body.ticket).values_list("pk", flat=True).first()
    ticket = rules.call_chosen(
        counter_id=pk,
        ticket_id=chosen or 0,  # the rule says no to what does not wait in the counter's queues
        reason=body.reason,
        officer=request.auth,
        at=timezone.now(),
    )
    return _told(ticket)


@router.post("/counters/{int:counter}/recall", response=StaffTicketOut, summary=_("Panggil ulang"))
def recall(request: OfficersRequest, counter: int) -> Acted:
    pk = _own(request.auth, counter)
    return _told(rules.recall(counter_id=pk, officer=request.auth, at=timezone.now()))


@router.post("/counters/{int:counter}/start", response=StaffTicketOut, summary=_("Mulai melayani"))
def start(request: OfficersRequest, counter: int) -> Acted:
    pk = _own(request.auth, counter)
    return _told(rules.start(counter_id=pk, officer=request.auth, at=timezone.now()))


@router.post("/counters/{int:counter}/end", response=StaffTicketOut, summary=_("Selesai"))
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
        goes_on=body.goes_on,
    )
    return _told(ticket)


@router.post("/counters/{int:counter}/park", response=StaffTicketOut, summary=_("Tunda"))
def park(request: OfficersRequest, counter: int, body: ParkIn) -> Acted:
    pk = _own(request.auth, counter)
    return _told(
        rules.park(counter_id=pk, officer=request.auth, reason=body.reason, at=timezone.now())
    )


@router.post("/counters/{int:counter}/absent", response=StaffTicketOut, summary=_("Tidak hadir"))
def absent(request: OfficersRequest, counter: int) -> Acted:
    pk = _own(request.auth, counter)
    return _told(rules.absent(counter_id=pk, officer=request.auth, at=timezone.now()))


@router.post(
    "/counters/{int:counter}/transfer",
    response=StaffTicketOut,
    summary=_("Pindahkan"),
    description=_(
        "Nomor di loket dikirim ke antrean layanan lain; jawabannya nomor di antrean baru."
    ),
)
def transfer(request: OfficersRequest, counter: int, body: TransferIn) -> Acted:
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


@router.post("/counters/{int:counter}/undo", response=StaffTicketOut, summary=_("Urungkan"))
def undo(request: OfficersRequest, counter: int) -> Acted:
    pk = _own(request.auth, counter)
    return _told(rules.undo(counter_id=pk, officer=request.auth, at=timezone.now()))


@router.post(
    "/tickets/{uuid:public_id}/check-in",
    response=StaffTicketOut,
    auth=Bearer(Scope.FRONT_DESK),
    summary=_("Lapor hadir"),
    description=_("Meja depan; kode layar tidak perlu. Berlaku untuk seluruh kunjungan."),
)
def check_in(request: OfficersRequest, public_id: UUID) -> Acted:
    at_desk = Q(mall__in=malls_for(request.auth, FRONT_DESK))
    ticket = _ticket(public_id, at_desk)
    rules.check_in(visit_id=ticket.visit_id, at=timezone.now(), officer_id=request.auth.pk)
    return _told(ticket)


@router.post(
    "/tickets/{uuid:public_id}/return",
    response=StaffTicketOut,
    auth=Bearer(Scope.FRONT_DESK, Scope.COUNTERS),
    summary=_("Kembali antre"),
    description=_("Meja depan, atau petugas yang boleh memanggil antreannya."),
)
def bring_back(request: OfficersRequest, public_id: UUID) -> Acted:
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
        if row.holds_on(row.counter.mall.date_at(now)):
            queues = found.setdefault(row.counter, [])
            if row.queue not in queues:
                queues.append(row.queue)
    return found


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
