"""The figures over the API: public ones rounded off by `open_figures`, finer ones by permission."""

import csv
import datetime as dt
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from ninja import Query, Router

from accounts.rules import user_for_token
from queueing import open_figures
from queueing.refusals import Refusal
from services.api import mall_by
from services.permissions import READ_FIGURES, agencies_for

router = Router(tags=["kinerja"])
LONGEST = dt.timedelta(days=366)


@router.get("/malls/{mall}/statistics", summary="Kinerja per instansi atau layanan")
def statistics(
    request: HttpRequest,
    mall: str,
    first: dt.date | None = Query(None, alias="from"),
    last: dt.date | None = Query(None, alias="to"),
    by: Query[Literal["agency", "service"]] = "agency",
    format: Query[Literal["json", "csv"]] = "json",
) -> HttpResponse:
    """Tanpa token: instansi per hari, layanan per bulan. Dengan token yang berwenang: per hari."""
    place = mall_by(mall)
    last = last or place.date_at(timezone.now())
    first = first or last - dt.timedelta(days=30)
    if first > last or last - first > LONGEST:
        raise Refusal("bad_span")
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    user = user_for_token(token=token, at=timezone.now()) if scheme == "Bearer" else None
    rows: list[dict[str, Any]]
    if by == "agency":
        rows = open_figures.by_agency_and_day(mall=place, first=first, last=last)
    elif user is not None and (agencies := agencies_for(user, READ_FIGURES).filter(mall=place)):
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
