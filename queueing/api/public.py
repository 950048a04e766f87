"""Windows, visits and the hall's board over the API: what a citizen needs, without signing in."""

import datetime as dt
from typing import Annotated, Any, Literal
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_noop as _
from ninja import Router, Schema
from pydantic import BaseModel, Field

from accounts.api import BearerOrNobody, request_key
from accounts.models import ApiToken
from queueing import rules
from queueing.api.answers import (
    Acted,
    EstimateOut,
    VisitOut,
    iso,
    new_visit,
    read_visit,
    told,
    visit_id_of,
)
from queueing.availability import availability, service_in
from queueing.board import hall
from queueing.models import Ticket, Visit
from queueing.refusals import Refusal
from queueing.workflow import State
from services.api import Code, Date, Text, mall_by

router = Router(tags=[_("antrean")])
visits = Router(tags=[_("kunjungan")], auth=BearerOrNobody(ApiToken.Scope.VISITS))
Id = Annotated[int, Field(strict=True, ge=1, le=2**63 - 1)]


class Wanted(BaseModel):
    service: Code = Field(examples=["DUKCAPIL-02"], description=_("kode layanan"))
    window: Id = Field(description=_("id dari daftar jam layanan itu"))


class VisitIn(BaseModel):
    mall: Text = Field(examples=["gajah-mada"])
    name: str = Field(examples=["Siti Aminah"], description=_("seperti di KTP"))
    phone: str | None = Field(None, examples=["081234567890"])
    email: str | None = Field(None, examples=["nama@contoh.id"])
    nik: str | None = Field(None, description=_("16 angka, bila layanannya memerlukan"))
    prefer: Literal["", "email", "whatsapp", "sms"] | None = Field(
        None, description=_("saluran kabar yang diinginkan, bila ada lebih dari satu")
    )
    priority: Literal["", "elderly", "disabled", "pregnant", "children"] | None = None
    needs: list[Literal["wheelchair", "sign_language", "reading", "companion"]] | None = None
    tickets: Annotated[list[Wanted], Field(max_length=50)]


class CheckInIn(BaseModel):
    hall_code: Annotated[Text, Field(max_length=20)]


class RescheduleIn(BaseModel):
    window: Id


class WindowOut(Schema):
    id: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    seats_left: int = Field(ge=0)
    code: str = Field(description=_("kosong: bisa diambil; selain itu alasannya"))


class AvailabilityOut(Schema):
    open: bool
    code: str = Field(description=_("kosong bila terbuka"), examples=["full"])
    message: str
    date: dt.date
    next_date: dt.date | None
    expected_back_at: dt.datetime | None


class Windows(Schema):
    items: list[WindowOut]
    next: str | None
    availability: AvailabilityOut


class CallOut(Schema):
    label: str
    counter: int
    zone: str
    at: dt.datetime


class QueueOut(Schema):
    prefix: str
    last_called: str | None
    waiting: int
    estimate: EstimateOut | None = Field(
        description=_("detik menunggu bagi yang datang sekarang; null: belum dapat diperkirakan")
    )
    paused: str = Field(description=_("alasan jeda; kosong: berjalan"))


class BoardOut(Schema):
    now_calling: list[CallOut]
    recent: list[CallOut]
    queues: list[QueueOut]
    stream: str = Field(description=_("alamat aliran SSE papan ini"))


@router.get(
    "/malls/{mall}/services/{code}/windows",
    response=Windows,
    summary=_("Jam yang bisa diambil"),
    description=_("Tanpa `date`: tanggal pertama yang masih punya tempat."),
)
def windows(request: HttpRequest, mall: str, code: str, date: Date | None = None) -> dict[str, Any]:
    place = mall_by(mall)
    if not code.isprintable():
        raise Refusal("unknown_service")
    service = service_in(place.pk, code)
    now = timezone.now()
    gate = availability(service=service, date=date, channel=Visit.Channel.API, at=now)
    return {
        "items": [
            {
                "id": seat.id,
                "starts_at": iso(seat.starts_at, place.zone),
                "ends_at": iso(seat.ends_at, place.zone),
                "seats_left": seat.seats_left,
                "code": seat.code,
            }
            for seat in gate.windows
        ],
        "next": None,
        "availability": {
            "open": gate.open,
            "code": gate.code,
            "message": gate.message,
            "date": gate.date,
            "next_date": gate.next_date,
            "expected_back_at": iso(gate.expected_back_at, place.zone),
        },
    }


@visits.post(
    "/visits",
    response={201: VisitOut},
    summary=_("Ambil nomor"),
    description=_("Semua nomor atau tidak satu pun, dalam satu kunjungan pada satu tanggal."),
)
def book(request: HttpRequest, asked: VisitIn) -> JsonResponse:
    at = timezone.now()
    mall = mall_by(asked.mall)
    visit = rules.book(
        mall=mall,
        wishes=[rules.Wish(ticket.service, ticket.window) for ticket in asked.tickets],
        name=asked.name,
        phone=asked.phone or "",
        email=asked.email or "",
        nik=asked.nik or "",
        priority=asked.priority or "",
        needs=asked.needs or (),
        language=(get_language() or "id")[:2],
        prefer=asked.prefer or "",
        channel=Visit.Channel.API,
        request_key=request_key(request),
        at=at,
    )
    if visit.created_at != at:  # the same request once more
        return _created(read_visit(visit.pk, at=at))
    visit.mall = mall
    codes = [ticket.service for ticket in asked.tickets]
    return _created(new_visit(visit, codes, visit.new_times))


book.keeps_its_own_key = True  # type: ignore[attr-defined]


@visits.get("/visits/{token}", response=VisitOut, summary=_("Kunjungan saya"))
def visit(request: HttpRequest, token: str) -> dict[str, Any]:
    return read_visit(visit_id_of(token), at=timezone.now())


@visits.post("/visits/{token}/cancel", response=VisitOut, summary=_("Batalkan semua nomor"))
def cancel_visit(request: HttpRequest, token: str) -> Acted:
    pk = visit_id_of(token)
    rules.cancel_visit(visit_id=pk, at=timezone.now())
    return Acted("visit", pk)


@visits.post(
    "/visits/{token}/check-in",
    response=VisitOut,
    summary=_("Lapor hadir di aula"),
    description=_("Dengan kode yang tampil di layar aula; terlalu banyak tebakan dijawab 429."),
)
def check_in(request: HttpRequest, token: str, body: CheckInIn) -> Acted:
    pk = visit_id_of(token)
    rules.check_in(visit_id=pk, at=timezone.now(), hall_code=body.hall_code)
    return Acted("visit", pk)


@visits.post(
    "/visits/{token}/tickets/{uuid:public_id}/cancel",
    response=VisitOut,
    summary=_("Batalkan satu nomor"),
)
def cancel(request: HttpRequest, token: str, public_id: UUID) -> Acted:
    ticket = _ticket(token, public_id)
    rules.cancel(ticket_id=ticket.pk, at=timezone.now())
    return Acted("visit", ticket.visit_id)


@visits.post(
    "/visits/{token}/tickets/{uuid:public_id}/reschedule",
    response=VisitOut,
    summary=_("Pindah jam"),
    description=_("Kursi baru diambil dahulu, yang lama dilepas; nomornya nomor jam yang baru."),
)
def reschedule(request: HttpRequest, token: str, public_id: UUID, body: RescheduleIn) -> Acted:
    ticket = _ticket(token, public_id)
    rules.reschedule(ticket_id=ticket.pk, window_id=body.window, at=timezone.now())
    return Acted("visit", ticket.visit_id)


@router.get(
    "/malls/{mall}/board",
    response=BoardOut,
    summary=_("Papan aula"),
    description=_("Hanya nomor dan loket; nama layanan bisa peka."),
)
def board(request: HttpRequest, mall: str) -> dict[str, Any]:
    place = mall_by(mall)
    now = timezone.now()
    seen = hall(mall=place, at=now)
    at_counters = Ticket.objects.filter(
        mall=place, date=place.date_at(now), state=State.CALLED
    ).select_related("counter")
    return {
        "now_calling": [
            {
                "label": ticket.label,
                "counter": ticket.counter.number,
                "zone": ticket.counter.zone,
                "at": iso(ticket.called_at, place.zone),
            }
            for ticket in at_counters.order_by("-called_at", "-pk")
        ],
        "recent": [
            {
                "label": call.label,
                "counter": call.counter,
                "zone": call.zone,
                "at": iso(call.at, place.zone),
            }
            for call in [*seen.now, *seen.recent]
        ],
        "queues": [
            {
                "prefix": queue.prefix,
                "last_called": queue.last_called or None,
                "waiting": queue.waiting,
                "estimate": None if queue.paused else told(queue.pace.newcomer),
                "paused": queue.paused,
            }
            for queue in seen.queues
        ],
        "stream": f"{settings.LIVE_URL}/langsung/{place.pk}/",
    }


def _created(body: dict[str, Any]) -> JsonResponse:
    return JsonResponse(body, status=201, headers={"Cache-Control": "no-store"})


def _ticket(token: str, public_id: UUID) -> Ticket:
    """A ticket of the visit that the token opens; refuses any other."""
    ticket = Ticket.objects.filter(visit_id=visit_id_of(token), public_id=public_id).first()
    if ticket is None:
        raise Refusal("unknown_ticket")
    return ticket
