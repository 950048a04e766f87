"""The catalogue over the API: malls, and a mall's services with their published standards."""

import datetime as dt
import re
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any

from django.db import connection
from django.db.models import Prefetch, Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as _
from ninja import Query, Router, Schema
from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from services.models import Fee, Mall, Paper, ServiceStandard, ServiceType
from services.papers import asked_by, needed, papers_by_name
from services.refusals import Refusal
from services.search import search

router = Router(tags=[_("katalog")])
MOST = 500


def storable(text: str) -> str:
    """The text when PostgreSQL can hold it: no NUL, no half of a surrogate pair."""
    if "\x00" in text or any("\ud800" <= c <= "\udfff" for c in text):
        raise ValueError("not storable")
    return text


def written_date(value: object) -> object:
    """Only dates as they are written, 2026-11-25: no seconds since 1970, no times of day."""
    if isinstance(value, str) and _DATE.fullmatch(value):
        return value
    raise PydanticCustomError("date_parsing", "not a date")


_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
Text = Annotated[str, AfterValidator(storable)]
Code = Annotated[Text, Field(max_length=40)]
Date = Annotated[dt.date, BeforeValidator(written_date), Field(examples=["2026-11-25"])]


class MallOut(Schema):
    slug: str = Field(examples=["gajah-mada"])
    name: str


class AgencyOut(Schema):
    code: str
    name: str


class FeeOut(Schema):
    amount: int | None = Field(description=_("Rupiah; null: bervariasi; 0: gratis"))
    variant: str
    exemption: str
    legal_basis: str
    collected_by: str


class PaperOut(Schema):
    name: str
    detail: str = Field(description=_("bentuk dan jumlah, misalnya asli, 1 fotokopi"))
    where: str = Field(description=_("di mana mendapatkannya bila belum punya"))
    made_by: str | None = Field(description=_("kode layanan di mal ini yang menerbitkannya"))


class ServiceOut(Schema):
    code: str
    name: str
    agency: AgencyOut
    booking_mode: ServiceType.BookingMode
    external_system: str
    external_url: str
    needs_nik: bool
    needs_person_present: bool
    theme: str
    fee: int | None = Field(description=_("Rupiah bila hanya ada satu jumlah; null: bervariasi"))
    fees: list[FeeOut]
    counter_minutes: int | None
    processing_days: int | None
    requirements: list[str] = Field(description=_("seperti tertulis di standar pelayanan"))
    papers: list[PaperOut] = Field(description=_("isi `requirements`, terurai"))
    product: str


class Malls(Schema):
    items: list[MallOut]
    next: str | None


class Services(Schema):
    items: list[ServiceOut]
    next: str | None


class Asked(Schema):
    q: Annotated[Text, Field(max_length=200)] = Field("", description=_("kata sehari-hari"))
    agency: Code = Field("", description=_("kode instansi"))
    limit: Annotated[int, Field(ge=1, le=MOST)] | None = None
    cursor: Annotated[Text, Field(max_length=80)] = Field(
        "", description=_("`next` dari jawaban sebelumnya")
    )


@router.get("/malls", response=Malls, summary=_("Mal pelayanan publik"))
def malls(request: HttpRequest) -> dict[str, Any]:
    items = Mall.objects.filter(active=True).order_by("slug").values("slug", "name")
    return {"items": list(items), "next": None}


@router.get(
    "/malls/{mall}/services",
    response=Services,
    summary=_("Layanan sebuah mal"),
    description=_("Semua layanan bila `limit` tidak ditulis; `q` mencari dengan kata sehari-hari."),
)
def services(
    request: HttpRequest,
    mall: str,
    asked: Query[Asked],
) -> dict[str, Any]:
    place = mall_by(mall)
    limit = asked.limit
    if asked.q.strip():
        found = search(mall=place, text=asked.q, limit=limit or MOST)
        if asked.agency:
            found = [service for service in found if service.agency.code == asked.agency]
        rest = False
    else:
        rows = ServiceType.objects.filter(agency__mall=place, agency__active=True, active=True)
        if asked.agency:
            rows = rows.filter(agency__code=asked.agency)
        if asked.cursor:
            owner, _colon, code = asked.cursor.partition(":")
            rows = rows.filter(Q(agency__code__gt=owner) | Q(agency__code=owner, code__gt=code))
        rows = rows.select_related("agency").order_by("agency__code", "code")
        found = list(rows[: limit + 1] if limit else rows)
        rest = bool(limit) and len(found) > (limit or 0)
        found = found[:limit]
    standards = _standards(place, found)
    papers = papers_by_name(asked_by(standards.values(), place))
    return {
        "items": [_service(service, standards.get(service.pk), papers) for service in found],
        "next": f"{found[-1].agency.code}:{found[-1].code}" if rest else None,
    }


def mall_by(slug: str) -> Mall:
    """The active mall with this address, in one query; refuses an unknown one."""
    row = None
    if slug.isprintable():
        with connection.cursor() as cursor:  # asked on every call: composing it costs more than it
            cursor.execute(_mall_by_slug(), [slug])
            row = cursor.fetchone()
    if row is None:
        text = gettext_lazy("Mal itu tidak ada. Kembali ke beranda.")
        raise Refusal("unknown_mall", text, status=404)
    return Mall.from_db("default", [f.attname for f in Mall._meta.concrete_fields], row)


@cache
def _mall_by_slug() -> str:
    columns = ", ".join(f'"{field.column}"' for field in Mall._meta.concrete_fields)
    return f"SELECT {columns} FROM services_mall WHERE slug = %s AND active"  # noqa: S608


def _standards(mall: Mall, services: list[ServiceType]) -> dict[int, ServiceStandard]:
    """The standard in force of each service, with its fees in force, in two queries."""
    today = mall.today()
    in_force = Fee.objects.filter(
        Q(valid_from=None) | Q(valid_from__lte=today), Q(valid_to=None) | Q(valid_to__gte=today)
    ).order_by("pk")
    rows = ServiceStandard.objects.filter(service_type__in=services).current(today)
    found = rows.prefetch_related(Prefetch("fees", in_force))
    return {standard.service_type_id: standard for standard in found}


def _service(
    service: ServiceType, standard: ServiceStandard | None, papers: Mapping[str, Paper]
) -> dict[str, Any]:
    fees = list(standard.fees.all()) if standard else []
    amounts = {fee.amount for fee in fees}
    return {
        "code": service.code,
        "name": service.name,
        "agency": {"code": service.agency.code, "name": service.agency.name},
        "booking_mode": service.booking_mode,
        "external_system": service.external_system,
        "external_url": service.external_url,
        "needs_nik": service.needs_nik,
        "needs_person_present": service.needs_person_present,
        "theme": service.theme,
        "fee": amounts.pop() if len(amounts) == 1 else None,
        "fees": [
            {
                "amount": fee.amount,
                "variant": fee.variant,
                "exemption": fee.exemption,
                "legal_basis": fee.legal_basis,
                "collected_by": fee.collected_by,
            }
            for fee in fees
        ],
        "counter_minutes": standard.counter_minutes if standard else None,
        "processing_days": standard.processing_days if standard else None,
        "requirements": standard.requirements if standard else [],
        "papers": [
            {
                "name": need.name,
                "detail": need.detail,
                "where": need.where,
                "made_by": need.made_by.code if need.made_by else None,
            }
            for need in (needed([standard], papers) if standard else [])
        ],
        "product": standard.product if standard else "",
    }
