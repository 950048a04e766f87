"""Where providers report what became of messages: they act for nobody and are known by a secret.

A report names a person's number; nothing of it is kept or logged but the provider's id and a code.
"""

import base64
import binascii
import hashlib
import hmac
import json

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from notifications import rules
from notifications.channels import sms_report
from notifications.channels import whatsapp as whatsapp_channel
from notifications.channels.base import Report

MOST_BYTES = 1024 * 1024


@csrf_exempt
@never_cache
@require_http_methods(["GET", "POST"])
def whatsapp(request: HttpRequest) -> HttpResponse:
    """Webhook of the Cloud API: GET shows once that it is ours, POST brings the statuses."""
    if request.method == "GET":
        asked = request.GET
        known = _same(asked.get("hub.verify_token", ""), settings.WHATSAPP_VERIFY_TOKEN)
        if not known or asked.get("hub.mode") != "subscribe":
            return _answer(403)
        return HttpResponse(asked.get("hub.challenge", "")[:200], content_type="text/plain")
    if (body := _body(request)) is None:
        return _answer(413)
    secret = settings.WHATSAPP_APP_SECRET
    signed = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    if not (secret and _same(request.headers.get("X-Hub-Signature-256", ""), f"sha256={signed}")):
        return _answer(403)
    try:
        reports = whatsapp_channel.reports(json.loads(body))
    except (ValueError, RecursionError):
        return _answer(400)
    return _take("whatsapp", reports)


@csrf_exempt
@never_cache
@require_POST
def sms(request: HttpRequest) -> HttpResponse:
    """Delivery reports of the SMS gateway, in the shape that SMS_REPORT describes."""
    if (body := _body(request)) is None:
        return _answer(413)
    if not _knows_the_secret(request):
        return _answer(403)
    try:
        told = request.POST.dict() or json.loads(body)
        reports = sms_report.reports(sms_report.reading(), told)
    except (ValueError, RecursionError):
        return _answer(400)
    return _take("sms", reports)


def _take(channel: str, reports: list[Report]) -> HttpResponse:
    if rules.take_reports(channel=channel, reports=reports, at=timezone.now()):
        return _answer(200)
    response = _answer(503)
    response["Retry-After"] = "30"
    return response


def _body(request: HttpRequest) -> bytes | None:
    """What was sent; None when it is too long to be read."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    return request.body if length.isdecimal() and int(length) <= MOST_BYTES else None


def _knows_the_secret(request: HttpRequest) -> bool:
    """By the header X-Report-Secret, as a bearer, or as the password of a basic log-in."""
    given = request.headers.get("X-Report-Secret", "")
    kind, _, words = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer":
        given = words
    elif kind.lower() == "basic":
        try:
            given = base64.b64decode(words, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return False
    return _same(given, settings.SMS_REPORT_SECRET)


def _same(given: str, ours: str) -> bool:
    """Compared in a time that tells nothing; no secret of ours, no way in."""
    return bool(ours) and hmac.compare_digest(given.encode(), ours.encode())


def _answer(status: int) -> HttpResponse:
    return HttpResponse(status=status, content_type="text/plain")
