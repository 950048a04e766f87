"""What a month's messages cost a mall: by channel and agency, as a page and as CSV."""

import csv
import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mpp_portal.messaging.names import channel_name, rupiah
from notifications import rules
from services.models import Agency, Mall
from services.permissions import ARRANGE, active_malls_for, first_mall_id

MONTHS = 12


class Line(NamedTuple):
    """The messages of one agency by one channel; "" as agency: the mall's own."""

    channel: Any
    agency: str
    messages: int
    parts: int
    undelivered: int
    cost: Decimal

    @property
    def price(self) -> str:
        return rupiah(self.cost)


@admin.site.admin_view
@never_cache
@require_safe
def costs(request: HttpRequest) -> HttpResponse:
    """`?mal=` and `?bulan=2026-11` choose; `?bentuk=csv` gives the same as a file."""
    user = request.user
    malls = active_malls_for(user, ARRANGE)
    if not malls:
        raise PermissionDenied
    if own := [m for m in malls if m.pk == first_mall_id(user)]:
        request.staff_mall = own[0]  # type: ignore[attr-defined]  # the frame asks no more
    wanted = request.GET.get("mal")
    mall = next((m for m in malls if m.slug == wanted), None if wanted else malls[0])
    if mall is None:
        raise Http404
    months = _months(mall.date_at(timezone.now()))
    chosen = request.GET.get("bulan") or f"{months[0]:%Y-%m}"
    month = next((m for m in months if f"{m:%Y-%m}" == chosen), None)
    if month is None:
        raise Http404
    lines = _lines(mall, month)
    if request.GET.get("bentuk") == "csv":
        return _as_csv(mall, month, lines)
    page = {
        **admin.site.each_context(request),
        "title": _("Biaya pesan"),
        "mall": mall,
        "malls": malls,
        "month": month,
        "months": months,
        "lines": lines,
        "channels": _by_channel(lines),
        "total": _total(lines),
    }
    return render(request, "messaging/costs.html", page)


def _months(today: dt.date) -> list[dt.date]:
    """First days of this month and of those before."""
    months = [today.replace(day=1)]
    while len(months) < MONTHS:
        months.append((months[-1] - dt.timedelta(days=1)).replace(day=1))
    return months


def _lines(mall: Mall, month: dt.date) -> list[Line]:
    """By channel, the dearest agency first; the month as it was at the mall."""
    after = (month + dt.timedelta(days=32)).replace(day=1)
    first, until = (dt.datetime.combine(day, dt.time(), mall.zone) for day in (month, after))
    names = dict(Agency.objects.filter(mall=mall).values_list("pk", "name"))
    lines = [
        Line(
            channel_name(row["channel"]),
            names.get(row["agency_id"], ""),
            row["messages"],
            row["parts_billed"],
            row["undelivered"],
            row["cost_total"],
        )
        for row in rules.costs(first=first, until=until, malls=[mall.pk])
    ]
    return sorted(lines, key=lambda line: (str(line.channel), -line.cost, -line.messages))


def _total(lines: Iterable[Line], channel: Any = "", agency: str = "") -> Line:
    lines = list(lines)
    return Line(
        channel,
        agency,
        sum(line.messages for line in lines),
        sum(line.parts for line in lines),
        sum(line.undelivered for line in lines),
        sum((line.cost for line in lines), Decimal(0)),
    )


def _by_channel(lines: list[Line]) -> list[Line]:
    channels = list(dict.fromkeys(line.channel for line in lines))
    return [_total((o for o in lines if o.channel == name), name) for name in channels]


def _as_csv(mall: Mall, month: dt.date, lines: list[Line]) -> HttpResponse:
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    name = f"biaya-pesan-{mall.slug}-{month:%Y-%m}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    writer = csv.writer(response)
    writer.writerow(["saluran", "instansi", "pesan", "bagian", "tidak_sampai", "rupiah"])
    for line in lines:
        figures = [line.messages, line.parts, line.undelivered, line.cost]
        writer.writerow([line.channel, _cell(line.agency), *figures])
    return response


def _cell(text: str) -> str:
    """Words that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@"} else text
