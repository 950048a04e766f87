"""The figures over the API: public ones rounded off by `open_figures`, finer ones by permission."""

import csv
import datetime as dt
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext_noop as _
from ninja import Query, Router, Schema
from pydantic import Field, create_model

from accounts.api import BearerOrNobody
from accounts.models import ApiToken
from queueing import open_figures
from queueing.refusals import Refusal
from services.api import Date, mall_by
from services.permissions import READ_FIGURES, agencies_for

router = Router(tags=[_("kinerja")], auth=BearerOrNobody(ApiToken.Scope.STATISTICS))
LONGEST = dt.timedelta(days=366)


class Row(Schema):
    date: str = Field(description=_("tanggal, atau bulan seperti 2026-11"), examples=["2026-11-25"])
    agency: str
    service: str | None = Field(None, description=_("hanya bila by=service"))


_FIGURE = Field(description=_("null: disembunyikan, karena menyangkut terlalu sedikit orang"))
_figures: dict[str, Any] = dict.fromkeys(open_figures.FIGURES, (int | None, _FIGURE))
FiguresOut = create_model("FiguresOut", __base__=Row, **_figures)


class Statistics(Schema):
    items: list[FiguresOut]  # type: ignore[valid-type]
    next: str | None


@router.get(
    "/malls/{mall}/statistics",
    response=Statistics,
    summary=_("Kinerja per instansi atau layanan"),
    description=_(
        "Tanpa token: instansi per hari, layanan per bulan. Dengan token yang berwenang: layanan "
        "per hari."
    ),
    openapi_extra={"responses": {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}},
)
def statistics(
    request: HttpRequest,
    mall: str,
    first: Date | None = Query(None, alias="from"),
    last: Date | None = Query(None, alias="to"),
    by: Query[Literal["agency", "service"]] = "agency",
    format: Query[Literal["json", "csv"]] = "json",
) -> HttpResponse:
    place = mall_by(mall)
    last = last or place.date_at(timezone.now())
    first = first or last - dt.timedelta(days=30)
    if first > last or last - first > LONGEST:
        raise Refusal("bad_span")
    user = request.auth  # type: ignore[attr-defined]
    rows: list[dict[str, Any]]
    if by == "agency":
        rows = open_figures.by_agency_and_day(mall=place, first=first, last=last)
    elif user.is_authenticated and (
        agencies := agencies_for(user, READ_FIGURES).filter(mall=place)
    ):
        rows = open_figures.by_service_and_day(agencies=agencies, first=first, last=last)
    else:
        rows = open_figures.by_service_and_month(mall=place, first=first, last=last)
    columns = ["date", "agency", *(["service"] if by == "service" else []), *open_figures.FIGURES]
    items = [{name: row[name] for name in columns} for row in rows]
    if format == "json":
        return JsonResponse({"items": items, "next": None})
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{place.slug}-{first}-{last}.csv"'
    writer = csv.DictWriter(response, columns)
    writer.writeheader()
    writer.writerows(items)
    return response
