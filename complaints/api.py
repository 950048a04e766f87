"""Complaints over the API: file one, and follow it with number and PIN."""

import datetime as dt
from collections.abc import Callable
from typing import Annotated, Any, Literal
from uuid import UUID

from django.db.models import Prefetch
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_noop as _
from ninja import Header, Router, Schema
from ninja.responses import Status
from pydantic import BaseModel, Field, StrictBool, StrictInt

from accounts.api import BearerOrNobody, request_key
from accounts.models import ApiToken
from complaints import limits, rules
from complaints.channels import API
from complaints.deadlines import end_of
from complaints.models import Attachment, Case, Level
from complaints.workflow import State, Step
from complaints.workflow import holder as holder_in
from services.api import Code, Date, Text, mall_by

router = Router(tags=[_("pengaduan")], auth=BearerOrNobody(ApiToken.Scope.COMPLAINTS))


class ContactIn(BaseModel):
    name: Text | None = None
    phone: Text | None = None
    email: Text | None = None


class CaseIn(BaseModel):
    mall: Text = Field(examples=["gajah-mada"])
    kind: Literal["complaint", "aspiration", "information"]
    text: Text
    subject: Text | None = None
    agency: Code | None = None
    service: Code | None = None
    ticket: UUID | None = Field(None, description=_("public_id sebuah tiket"))
    anonymous: StrictBool = Field(False, description=_("identitas pelapor disembunyikan"))
    confidential: StrictBool = Field(False, description=_("seluruh laporan dirahasiakan"))
    contact: ContactIn | None = None
    place: Text | None = Field(None, max_length=120)
    happened_on: Date | None = None
    counter: StrictInt | None = Field(None, ge=1, le=999, description=_("nomor loket"))


class FiledOut(Schema):
    number: str
    pin: str = Field(description=_("hanya terlihat sekali ini; simpan"))
    first_answer_due_at: dt.datetime
    promise: str


class AttachmentOut(Schema):
    id: UUID
    name: str
    kind: str = Field(json_schema_extra={"enum": Attachment.Kind.values})
    size: int = Field(description=_("bita"))


class EventOut(Schema):
    kind: str = Field(json_schema_extra={"enum": Step.values})
    label: str
    at: dt.datetime
    note: str
    attachments: list[AttachmentOut]


class CaseOut(Schema):
    number: str
    kind: str = Field(json_schema_extra={"enum": Case.Kind.values})
    state: str = Field(json_schema_extra={"enum": State.values})
    label: str = Field(description=_("status dalam kata"))
    holder: str | None = Field(description=_("siapa yang memegangnya sekarang, sebagai peran"))
    subject: str
    agency: str | None
    service: str | None
    anonymous: bool
    confidential: bool
    received_at: dt.datetime
    counted_from: dt.date = Field(description=_("hari kerja dihitung sejak hari ini"))
    first_answer_due_at: dt.datetime
    first_answered_at: dt.datetime | None
    promise: str
    level: str | None = Field(json_schema_extra={"enum": [*Level.values, None]})
    completion_due_at: dt.datetime | None = Field(description=_("setelah tingkatnya ditetapkan"))
    waiting_since: dt.date | None = Field(description=_("jam berhenti: menunggu jawaban pelapor"))
    waited_days: int = Field(description=_("hari kerja selama jam berhenti"))
    closes_on: dt.date | None = Field(description=_("selesai sendiri bila tidak dibalas"))
    closed_at: dt.datetime | None
    rating: int | None = Field(description=_("1 sampai 4"))
    lapor_id: str | None
    events: list[EventOut]


class WordsIn(BaseModel):
    text: Text


class RatingIn(BaseModel):
    rating: StrictInt = Field(description=_("1 tidak puas, 4 sangat puas"))


@router.post(
    "/complaints",
    response={201: FiledOut},
    summary=_("Sampaikan pengaduan"),
    description=_("`Idempotency-Key` yang sama memberi nomor dan PIN yang sama."),
)
def file_case(request: HttpRequest, asked: CaseIn) -> Status:
    mall = mall_by(asked.mall)
    contact = asked.contact or ContactIn()
    at, key = timezone.now(), request_key(request)
    phone, email = contact.phone or "", contact.email or ""

    def file() -> rules.Filed:
        return rules.file_case(
            mall=mall,
            kind=asked.kind,
            text=asked.text,
            at=at,
            subject=asked.subject or "",
            agency_code=asked.agency or "",
            service_code=asked.service or "",
            ticket_public_id=asked.ticket,
            anonymous=asked.anonymous,
            confidential=asked.confidential,
            name=contact.name or "",
            phone=phone,
            email=email,
            place=asked.place or "",
            happened_on=asked.happened_on,
            counter_number=asked.counter,
            channel=API,
            language=(get_language() or "id")[:2],
            request_key=key,
        )

    filed = limits.file_counted(
        file, request=request, at=at, phone=phone, email=email, request_key=key
    )
    answer = {
        "number": filed.case.number,
        "pin": filed.pin,
        "first_answer_due_at": end_of(filed.case.first_answer_due_on, mall),
        "promise": filed.case.promise,
    }
    return Status(201, answer)


file_case.keeps_its_own_key = True  # type: ignore[attr-defined]


Pin = Annotated[str, Header(alias="X-PIN", max_length=20)]


@router.get(
    "/complaints/{number}",
    response=CaseOut,
    summary=_("Pengaduan saya"),
    description=_("PIN di kepala `X-PIN`; terlalu banyak percobaan dijawab 429."),
)
def case(request: HttpRequest, number: str, x_pin: Pin = "") -> dict[str, Any]:
    at = timezone.now()
    return _shown(limits.open_counted(request=request, number=number, pin=x_pin, at=at))


@router.post("/complaints/{number}/complete", response=CaseOut, summary=_("Jawab pertanyaan"))
def complete_case(
    request: HttpRequest, number: str, asked: WordsIn, x_pin: Pin = ""
) -> dict[str, Any]:
    return _said(request, number, x_pin, rules.complete, asked.text)


@router.post("/complaints/{number}/add", response=CaseOut, summary=_("Tambah keterangan"))
def add_to_case(
    request: HttpRequest, number: str, asked: WordsIn, x_pin: Pin = ""
) -> dict[str, Any]:
    return _said(request, number, x_pin, rules.add, asked.text)


@router.post("/complaints/{number}/object", response=CaseOut, summary=_("Ajukan keberatan"))
def object_to_case(
    request: HttpRequest, number: str, asked: WordsIn, x_pin: Pin = ""
) -> dict[str, Any]:
    return _said(request, number, x_pin, rules.object_to, asked.text)


@router.post("/complaints/{number}/reopen", response=CaseOut, summary=_("Buka lagi pengaduan"))
def reopen_case(
    request: HttpRequest, number: str, asked: WordsIn, x_pin: Pin = ""
) -> dict[str, Any]:
    return _said(request, number, x_pin, rules.reopen, asked.text)


@router.post("/complaints/{number}/rate", response=CaseOut, summary=_("Nilai jawabannya"))
def rate_case(
    request: HttpRequest, number: str, asked: RatingIn, x_pin: Pin = ""
) -> dict[str, Any]:
    at = timezone.now()
    found = limits.open_counted(request=request, number=number, pin=x_pin, at=at)
    return _shown(rules.rate(case=found, rating=asked.rating, at=at))


@router.post("/complaints/{number}/withdraw", response=CaseOut, summary=_("Cabut pengaduan"))
def withdraw_case(request: HttpRequest, number: str, x_pin: Pin = "") -> dict[str, Any]:
    at = timezone.now()
    found = limits.open_counted(request=request, number=number, pin=x_pin, at=at)
    return _shown(rules.withdraw(case=found, at=at))


# Each asks for the PIN every time, so a repeat is never told by its key alone; said twice, done
# once.
for _operation in (
    complete_case,
    add_to_case,
    object_to_case,
    reopen_case,
    rate_case,
    withdraw_case,
):
    _operation.keeps_its_own_key = True  # type: ignore[attr-defined]


def _said(
    request: HttpRequest, number: str, pin: str, rule: Callable[..., Case], text: str
) -> dict[str, Any]:
    at = timezone.now()
    found = limits.open_counted(request=request, number=number, pin=pin, at=at)
    return _shown(rule(case=found, text=text, at=at))


def _shown(case: Case) -> dict[str, Any]:
    zone = case.mall.zone
    attached = Prefetch("attachments", Attachment.objects.filter(erased_at=None).order_by("pk"))
    events = case.events.filter(visible_to_reporter=True).prefetch_related(attached)
    due = case.completion_due_on
    holder = holder_in(case.state, of_agency=bool(case.agency_id) and not case.confidential)
    return {
        "number": case.number,
        "kind": case.kind,
        "state": case.state,
        "label": case.get_state_display(),
        "holder": str(holder) if holder else None,
        "subject": case.subject,
        "agency": case.agency.code if case.agency else None,
        "service": case.service_type.code if case.service_type else None,
        "anonymous": case.anonymous,
        "confidential": case.confidential,
        "received_at": case.received_at.astimezone(zone),
        "counted_from": case.counted_from,
        "first_answer_due_at": end_of(case.first_answer_due_on, case.mall),
        "first_answered_at": case.first_answered_at and case.first_answered_at.astimezone(zone),
        "promise": case.promise,
        "level": case.level or None,
        "completion_due_at": end_of(due, case.mall) if due else None,
        "waiting_since": case.waiting_since,
        "waited_days": case.waited_days,
        "closes_on": case.closes_on,
        "closed_at": case.closed_at and case.closed_at.astimezone(zone),
        "rating": case.rating,
        "lapor_id": case.lapor_id or None,
        "events": [
            {
                "kind": event.kind,
                "label": event.get_kind_display(),
                "at": event.at.astimezone(zone),
                "note": event.note,
                "attachments": [
                    {
                        "id": file.stored_as,
                        "name": file.name,
                        "kind": file.kind,
                        "size": file.size,
                    }
                    for file in event.attachments.all()
                ],
            }
            for event in events.order_by("pk")
        ],
    }
