"""Which kiosk or display a request comes from: the cookie of a paired device, and its last sign."""

import datetime as dt
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from queueing.models import Device
from queueing.rules.devices import fingerprint, seen
from services.models import Mall

COOKIE = "mpp_perangkat"
AWAY_AFTER = dt.timedelta(minutes=5)  # then the front desk is told
_COOKIE_S = 365 * 24 * 3600
_NOTED_EVERY = dt.timedelta(seconds=15)

View = Callable[..., HttpResponse]


def device_of(request: HttpRequest, mall: Mall, kind: str | None = None) -> Device | None:
    """The paired device that asks; None for a stranger, one switched off, of another mall or kind.

    One query; at most every 15 s another one, which notes that the device was seen.
    """
    token = request.COOKIES.get(COOKIE, "")
    if not token:
        return None
    rows = Device.objects.filter(token_hash=fingerprint(token), mall=mall, active=True)
    device = (rows.filter(kind=kind) if kind else rows).first()
    if device is None:
        return None
    device.mall = mall
    at = timezone.now()
    if device.last_seen_at is None or at - device.last_seen_at >= _NOTED_EVERY:
        seen(device_id=device.pk, at=at)
        device.last_seen_at = at
    return device


def at_device(kind: str) -> Callable[[View], View]:
    """Under `in_mall`: the view gets the paired device after the mall; others go to be paired."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, mall: Mall, *args: Any, **kwargs: Any) -> HttpResponse:
            device = device_of(request, mall, kind)
            if device is None:
                if request.method not in {"GET", "HEAD"}:
                    raise PermissionDenied
                return redirect("queueing:pair", mall.slug)
            response = view(request, mall, device, *args, **kwargs)
            patch_vary_headers(response, ["Cookie"])
            return response

        return guarded

    return decorate


def ago(moment: dt.datetime | None, at: dt.datetime) -> str:
    """How long ago something was, in words: sekarang, 12 menit lalu, belum pernah."""
    if moment is None:
        return _("belum pernah")
    minutes = int((at - moment).total_seconds() // 60)
    if minutes < 2:  # a device beats twice a minute
        return _("sekarang")
    if minutes < 60:
        return ngettext("%(n)d menit lalu", "%(n)d menit lalu", minutes) % {"n": minutes}
    if minutes < 24 * 60:
        hours = minutes // 60
        return ngettext("%(n)d jam lalu", "%(n)d jam lalu", hours) % {"n": hours}
    days = minutes // (24 * 60)
    return ngettext("%(n)d hari lalu", "%(n)d hari lalu", days) % {"n": days}


def remember_device(response: HttpResponse, token: str) -> None:
    """Give a device that was just paired its cookie; no script reads it."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=_COOKIE_S,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
