"""The hall's displays: who is called where. They refresh themselves, also without JavaScript."""

import datetime as dt
import json
from hashlib import blake2b
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from queueing import live, voice
from queueing.board import Hall, NoSuchZone, hall
from queueing.devices import device_of
from queueing.estimates import Wait
from queueing.hall import hall_code
from queueing.models import Device
from services import permissions
from services.models import Mall
from services.views import in_mall

_FILES = ("js/display.js", "js/voice.js", "js/device.js", "css/theme-hall.css")
_TURN_S = 12  # how long one of several sentences stands at the foot


@require_safe
@never_cache
@in_mall
def display(request: HttpRequest, mall: Mall, zone: str = "") -> HttpResponse:
    """Numbers and counters only; the page's own script asks for the inner part alone.

    `sejak` is the highest id of a call that the page knows. Only a paired display, and who may
    keep the front desk, sees the code for checking in.
    """
    at = timezone.now()
    known = request.GET.get("sejak", "")
    since = int(known) if known.isascii() and known.isdigit() and len(known) < 19 else None
    try:
        seen = hall(mall=mall, at=at, zone=zone, since=since)
    except NoSuchZone:
        raise Http404 from None
    device = device_of(request, mall, Device.Kind.DISPLAY)
    keeper = permissions.can(request.user, permissions.FRONT_DESK, mall=mall)
    part = bool(request.htmx)
    page: dict[str, Any] = {
        "mall": mall,
        "hall": seen,
        "calls": [(call, " ".join(voice.of_call(call.label, call.counter))) for call in seen.calls],
        "at": at,
        "epoch_ms": int(at.timestamp() * 1000),
        "today": mall.date_at(at),
        "device": device,
        "hall_code": hall_code(mall_id=mall.pk, at=at) if device or keeper else "",
        "size": _size(len(seen.queues)),
        "version": _version(seen),
    }
    with translation.override(settings.LANGUAGE_CODE):  # a hall's screen speaks one language
        for queue in seen.queues:
            queue.told_wait = _told(queue.pace.newcomer)
        page["sentence"] = _sentence(seen, at)
        if not part:
            page["stream"] = live.stream_of(mall.pk)
            page["clips"] = json.dumps(voice.addresses(mall, seen.recorded))
        return render(request, f"queueing/{'_board' if part else 'display'}.html", page)


def _version(seen: Hall) -> str:
    """What a page is made of: its files, and the words of the voice; another one is loaded anew."""
    made = [sorted(seen.recorded.items()), voice.version(voice.BELL), *map(static, _FILES)]
    return blake2b(repr(made).encode(), digest_size=6).hexdigest()


def _told(wait: Wait | None) -> str:
    """A newcomer's wait in few letters: beyond two hours in whole ones, still on the safe side."""
    if wait is None:
        return _("? menit")
    if wait.high <= 120:
        return _("%(low)s–%(high)s menit") % {"low": wait.low, "high": wait.high}
    low, high = wait.low // 60, -(-wait.high // 60)
    text = _("%(low)s–%(high)s jam") if low else _("sampai %(high)s jam")
    return text % {"low": low, "high": high}


def _size(queues: int) -> str:
    """How large the tiles can be: up to eight are read at ten metres."""
    for most, name in ((4, "few"), (8, "zone"), (14, "some"), (22, "many"), (30, "all")):
        if queues <= most:
            return name
    return "crowd"


def _sentence(seen: Hall, at: dt.datetime) -> Any:
    """What stands at the foot now: a notice, or a queue that is paused; they take turns."""
    told: list[Any] = [*seen.notices, *(queue for queue in seen.queues if queue.paused)]
    return told[int(at.timestamp()) // _TURN_S % len(told)] if told else None
