"""Complaints over the API: file one, and follow it with number and PIN."""

import datetime as dt
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_noop as _
from ninja import Header, Router, Schema
from ninja.responses import Status
from pydantic import BaseModel, Field, StrictBool

from accounts.api import BearerOrNobody, request_key
from accounts.models import ApiToken
from complaints import rules
from complaints.channels import API
from complaints.deadlines import end_of
from complaints.models import Case
from complaints.workflow import State
from services.api import Code, Text, mall_by

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


class FiledOut(Schema):
    number: str
    pin: str = Field(description=_("hanya terlihat sekali ini; simpan"))
    first_answer_due_at: dt.datetime
    promise: str


class EventOut(Schema):
    kind: str
    label: str
    at: dt.datetime
    note: str


class CaseOut(Schema):
    number: str
    kind: str = Field(json_schema_extra={"enum": Case.Kind.values})
    state: str = Field(json_schema_extra={"enum": State.values})
    label: str = Field(description=_("status dalam kata"))
    subject: str
    agency: str | None
    service: str | None
    anonymous: bool
    confidential: bool
    received_at: dt.datetime
    first_answer_due_at: dt.datetime
    promise: str
    events: list[EventOut]


@router.post(
    "/complaints",
    response={201: FiledOut},
    summary=_("Sampaikan pengaduan"),
    description=_("`Idempotency-Key` yang sama memberi nomor dan PIN yang sama."),
)
def file_case(request: HttpRequest, asked: CaseIn) -> Status:
    mall = mall_by(asked.mall)
    contact = asked.contact or ContactIn()
    filed = rules.file_case(
        mall=mall,
        kind=asked.kind,
        text=asked.text,
        at=timezone.now(),
        subject=asked.subject or "",
        agency_code=asked.agency or "",
        service_code=asked.service or "",
        ticket_public_id=asked.ticket,
        anonymous=asked.anonymous,
        confidential=asked.confidential,
        name=contact.name or "",
        phone=contact.phone or "",
        email=contact.email or "",
        channel=API,
        language=(get_language() or "id")[:2],
        request_key=request_key(request),
    )
    answer = {
        "number": filed.case.number,
        "pin": filed.pin,
        "first_answer_due_at": end_of(filed.case.first_answer_due_on, mall),
        "promise": filed.case.promise,
    }
    return Status(201, answer)


file_case.keeps_its_own_key = True  # type: ignore[attr-defined]


@router.get(
    "/complaints/{number}",
    response=CaseOut,
    summary=_("Pengaduan saya"),
    description=_("PIN di kepala `X-PIN`; terlalu banyak percobaan dijawab 429."),
)
def case(
    request: HttpRequest,
    number: str,
    x_pin: Annotated[str, Header(alias="X-PIN", max_length=20)] = "",
) -> dict[str, Any]:
    case = rules.open_with_pin(number=number, pin=x_pin, at=timezone.now())
    zone = case.mall.zone
    return {
        "number": case.number,
        "kind": case.kind,
        "state": case.state,
        "label": case.get_state_display(),
        "subject": case.subject,
        "agency": case.agency.code if case.agency else None,
        "service": case.service_type.code if case.service_type else None,
        "anonymous": case.anonymous,
        "confidential": case.confidential,
        "received_at": case.received_at.astimezone(zone),
        "first_answer_due_at": end_of(case.first_answer_due_on, case.mall),
        "promise": case.promise,
        "events": [
            {
                "kind": event.kind,
                "label": event.get_kind_display(),
                "at": event.at.astimezone(zone),
                "note": event.note,
            }
            for event in case.events.filter(visible_to_reporter=True).order_by("pk")
        ],
    }
