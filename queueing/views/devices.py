"""A kiosk or display is paired with a code from the admin, and says that it is there."""

import json

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.text import slugify
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.addresses import client_address
from queueing import rules
from queueing.devices import COOKIE, device_of, remember_device
from queueing.models import Device
from queueing.refusals import Refusal
from services.models import Mall
from services.views import in_mall

_OF_DISPLAYS = {"", Device.Trouble.MUTE}


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@never_cache
@in_mall
def pair(request: HttpRequest, mall: Mall) -> HttpResponse:
    """One field for the code; a right one leads to the device's own page."""
    code = request.POST.get("kode", "")[:40]
    page = {"mall": mall, "device": device_of(request, mall), "code": code}
    if request.method != "POST":
        if page["device"]:
            page["home"] = _home_of(page["device"], mall)
        return render(request, "queueing/devices/pair.html", page)
    try:
        device, token = rules.pair(
            mall=mall, code=code, client=client_address(request), at=timezone.now()
        )
    except Refusal as refusal:
        page |= {"refusal": refusal, "device": None}
        return render(request, "queueing/devices/pair.html", page, status=refusal.status)
    response = redirect(_home_of(device, mall))
    remember_device(response, token)
    return response


@require_POST
@never_cache
@in_mall
def heartbeat(request: HttpRequest, mall: Mall) -> HttpResponse:
    """`{"trouble", "since"}` -> `{"reload", "at"}`; 403 tells a device that it is paired no more.

    `since` is the `at` of the first answer the page got: what was asked later asks for a reload.
    A kiosk's trouble ends when paper came out or an officer says so, not with an empty one here;
    a display has but one, that it is mute, and says itself when that is over.
    """
    device = device_of(request, mall)
    if device is None:
        return JsonResponse({"code": "unpaired"}, status=403)
    at = timezone.now()
    try:
        said = json.loads(request.body or b"{}")
        trouble, since = str(said.get("trouble") or ""), str(said.get("since") or "")
        loaded = parse_datetime(since)
    except (ValueError, AttributeError):
        return JsonResponse({"code": "bad_json"}, status=422)
    if device.kind == Device.Kind.KIOSK:
        news = trouble not in _OF_DISPLAYS
    else:
        news = trouble in _OF_DISPLAYS and trouble != device.trouble
    if news:
        rules.report_trouble(device_id=device.pk, trouble=trouble, at=at)
    asked = device.reload_at
    stale = bool(asked and loaded and loaded.tzinfo and loaded < asked)
    response = JsonResponse({"reload": stale, "at": at.isoformat()})
    remember_device(response, request.COOKIES[COOKIE])  # a device in use is never forgotten
    return response


def _home_of(device: Device, mall: Mall) -> str:
    home = reverse("queueing:home", args=[mall.slug])
    if device.kind == Device.Kind.KIOSK:
        return f"{home}kios/"
    zone = slugify(device.zone)
    return f"{home}layar/{zone}/" if zone else f"{home}layar/"
