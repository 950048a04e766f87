"""Pages about what went wrong: one voice, a next step, no personal data.

Where the database may be away they ask it nothing: the mall in their header is the one this process
has seen lately, or none.
"""

import math
import re
from datetime import timedelta
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.addresses import client_address
from mpp_portal.look import mall_of
from services.views import mall_of_address

AWAY_S = 10  # until one should ask again: the database is away
MAINTENANCE_S = 600
_STAFF = ("/admin/", "/dasbor/")
_ON = {"1", "true", "yes", "on"}  # maintenance without a word about its end
_HOUR = re.compile(r"(?:sampai pukul |until )?(\d{1,2})[.:](\d{2})", re.IGNORECASE)


def page(
    request: HttpRequest, template: str, *, status: int, ask: bool = True, **context: Any
) -> HttpResponse:
    """The page of an error, under the header of the mall its address belongs to."""
    context |= {
        "mall": mall_of_address(request.path, ask=ask),
        "for_staff": request.path.startswith(_STAFF),
        "match": request.resolver_match,
        "nameless": True,  # says no address: it can hold a token, or what a person searched
    }
    response = render(request, template, context, status=status)
    response["Cache-Control"] = "no-store"
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return page(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return page(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return page(request, "404.html", status=404)


def failed(request: HttpRequest) -> HttpResponse:
    """A crash; its code is in the log, beside the place where it broke."""
    code = getattr(request, "crash_code", "")
    return page(request, "500.html", status=500, ask=False, code=code)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return page(request, "403_csrf.html", status=403)


def locked_out(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """Too many wrong passwords: until when, by the clock of the mall where there is only one."""
    at = timezone.now()
    last = (
        AccessAttempt.objects.filter(
            username=request.POST.get("username", "")[:255], ip_address=client_address(request)
        )
        .order_by("-attempt_time")
        .values_list("attempt_time", flat=True)
        .first()
    )
    until = max((last or at) + settings.AXES_COOLOFF_TIME, at + timedelta(seconds=1))
    seconds = math.ceil((until - at).total_seconds())
    mall = mall_of(request)
    context = {"minutes": math.ceil(seconds / 60), "until": until, "its_mall": mall}
    response = page(request, "locked_out.html", status=429, **context)
    response["Retry-After"] = str(seconds)
    return response


def away(request: HttpRequest) -> HttpResponse:
    """The database cannot be reached."""
    if request.path == "/sehat/":
        response: HttpResponse = JsonResponse({"database": False}, status=503)
    elif request.path.startswith("/api/"):
        response = _json("unavailable", _("Portal sedang terganggu. Coba lagi sebentar lagi."))
    else:
        response = page(request, "busy.html", status=503, ask=False)
    response["Retry-After"] = str(AWAY_S)
    response["Cache-Control"] = "no-store"
    return response


def maintenance(request: HttpRequest) -> HttpResponse | None:
    """The calm page of a portal that is being maintained; None while it is not."""
    until = settings.MAINTENANCE.strip()
    if until.lower() in {"", "0", "false", "no", "off"} or request.path == "/sehat/":
        return None
    until = "" if until.lower() in _ON else _until(until)
    if request.path.startswith("/api/"):
        response = _json("maintenance", _("Portal sedang dirawat. Coba lagi nanti."))
    else:
        response = page(request, "maintenance.html", status=503, ask=False, until=until)
    response["Retry-After"] = str(MAINTENANCE_S)
    return response


def _until(written: str) -> str:
    """When it ends: a time of day in the reader's language, anything else as it was written."""
    hour = _HOUR.fullmatch(written)
    if hour is None:
        return written
    mark = ":" if get_language() == "en" else "."
    return _("sampai pukul %(time)s") % {"time": mark.join(hour.groups())}


def _json(code: str, message: str) -> JsonResponse:
    response = JsonResponse({"code": code, "message": message, "fields": {}}, status=503)
    response["Cache-Control"] = "no-store"
    return response
