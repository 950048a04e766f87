"""At the front desk: who calls for help at a kiosk, and which kiosks and displays need a hand."""

import datetime as dt
from typing import Any, NamedTuple

from django.contrib import admin, messages
from django.db.models import Max, Min, OuterRef, Q, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from queueing import rules
from queueing.admin.front_desk_door import at_the_desk, back_to, is_number
from queueing.devices import AWAY_AFTER, ago
from queueing.models import Device, HelpCall, Window
from queueing.refusals import Refusal
from services.models import Mall


class Call(NamedTuple):
    """An open call for help; `minutes` somebody has been waiting."""

    pk: int
    device: Device
    at: dt.datetime
    minutes: int


class Trouble(NamedTuple):
    """A device that needs a hand."""

    device: Device
    away: str  # how long it has not been seen, "" where it is there


@admin.site.admin_view
@never_cache
@require_safe
@at_the_desk
def calls(request: HttpRequest, mall: Mall) -> HttpResponse:
    """The part of the front desk's page that asks for itself every quarter of a minute."""
    page = {"mall": mall, **calls_now(mall, timezone.now())}
    return render(request, "queueing/desk/front_desk_calls.html", page)


@admin.site.admin_view
@never_cache
@require_POST
@at_the_desk
def answer(request: HttpRequest, mall: Mall) -> HttpResponse:
    """Somebody goes there."""
    text = request.POST.get("panggilan", "")
    try:
        call = rules.answer_help(
            call_id=int(text) if is_number(text) else 0,
            mall=mall,
            officer=request.user,
            at=timezone.now(),
        )
        said = _("Anda menjawab panggilan dari %(device)s. Temui warga di sana.")
        messages.success(request, said % {"device": call.device.name})
    except Refusal as refusal:
        messages.error(request, refusal.message)
    return back_to(mall)


def calls_now(mall: Mall, at: dt.datetime) -> dict[str, Any]:
    """Open calls by their age, and devices in trouble; one query, two where one is silent."""
    ours = HelpCall.objects.filter(device=OuterRef("pk"), answered_at__isnull=True)
    silent = Q(last_seen_at__lt=at - AWAY_AFTER)
    devices = list(
        Device.objects.filter(mall=mall)
        .annotate(call=Subquery(ours.values("pk")[:1]), call_at=Subquery(ours.values("at")[:1]))
        .filter(
            Q(call__isnull=False) | (Q(active=True) & ~Q(token_hash="") & (silent | ~Q(trouble="")))
        )
        .order_by("name")
    )
    waiting = [
        Call(one.call, one, one.call_at, max(0, int((at - one.call_at).total_seconds() // 60)))
        for one in devices
        if one.call
    ]
    waiting.sort(key=lambda call: call.at)
    return {"calls": waiting, "troubles": _troubles(devices, mall, at)}


def _troubles(devices: list[Device], mall: Mall, at: dt.datetime) -> list[Trouble]:
    """Paired devices with a trouble; those not seen for five minutes while the mall is open."""
    found = [
        Trouble(device, ago(device.last_seen_at, at) if _is_silent(device, at) else "")
        for device in devices
        if device.active and device.token_hash and (device.trouble or _is_silent(device, at))
    ]
    if not any(one.away for one in found) or _is_open(mall, at):
        return found
    return [one._replace(away="") for one in found if one.device.trouble]


def _is_silent(device: Device, at: dt.datetime) -> bool:
    return bool(device.last_seen_at and at - device.last_seen_at > AWAY_AFTER)


def _is_open(mall: Mall, at: dt.datetime) -> bool:
    """Whether `at` lies between the day's first window and its last."""
    day = Window.objects.filter(queue__mall=mall, date=mall.date_at(at)).aggregate(
        opens=Min("starts_at"), closes=Max("ends_at")
    )
    return bool(day["opens"]) and day["opens"] <= at < day["closes"]
