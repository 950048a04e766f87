"""The HTTP edge: refusals become pages or JSON; the access log writes the route, never the path."""

import re
import secrets
import time
import traceback
from collections.abc import Callable

import brotli
import structlog
from csp.constants import NONCE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import patch_vary_headers

import accounts.rules
import complaints.refusals
import notifications.refusals
import privacy.rules
import queueing.refusals
import services.refusals
import surveys.refusals
from mpp_portal import errors

REFUSALS = (
    queueing.refusals.Refusal,
    services.refusals.Refusal,
    privacy.rules.Refusal,
    complaints.refusals.Refusal,
    notifications.refusals.Refusal,
    surveys.refusals.Refusal,
    accounts.rules.Refusal,
)
# lock_timeout, deadlock, serialisation failure
_BUSY = {"55P03", "40P01", "40001"}
# no answer at all, shutting down or starting, no connection left
_AWAY = {None, "57P01", "57P02", "57P03", "53300", "08000", "08001", "08003", "08004", "08006"}
# What is worth compressing, and from how many bytes.
_WORDS = {"text/html", "text/css", "application/json", "image/svg+xml"}
_WORDS |= {"application/manifest+json", "text/calendar", "text/csv", "text/javascript"}
_TOO_SMALL = 400
_TAKES_BROTLI = re.compile(r"(?:^|,)\s*br(?:\s*$|\s*,|\s*;\s*q=(?!0(?:\.0*)?\s*(?:,|$)))")
_log = structlog.get_logger("access")
Handler = Callable[[HttpRequest], HttpResponse]


# django-unfold runs Alpine, which evaluates expressions in attributes, and writes its colours in a
# <style> without a nonce. So the admin, and only the admin, has this wider policy.
ADMIN_POLICY = {
    "script-src": [SELF, NONCE, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
}


def policy(get_response: Handler) -> Handler:
    """The content security policy where it is not the one of the citizen's pages; no microphone.

    The one page that records says so itself.
    """

    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.path.startswith("/admin/"):
            response._csp_replace = ADMIN_POLICY  # type: ignore[attr-defined]
        elif response.get("Content-Type", "").startswith("application/json"):
            response._csp_exempt = True  # type: ignore[attr-defined]  # nothing to run in there
        response.headers.setdefault("Permissions-Policy", "microphone=()")
        return response

    return handle


def compressed(get_response: Handler) -> Handler:
    """Sends words with brotli to whoever takes it; static files are compressed when gathered.

    What is secret on a page (the CSRF token) is masked anew each time, so its length tells nothing.
    """

    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if (
            response.streaming
            or len(response.content) < _TOO_SMALL
            or "Content-Encoding" in response
            or response.get("Content-Type", "").partition(";")[0] not in _WORDS
        ):
            return response
        patch_vary_headers(response, ["Accept-Encoding"])
        if _TAKES_BROTLI.search(request.headers.get("Accept-Encoding", "")):
            response.content = brotli.compress(response.content, quality=5)
            response["Content-Encoding"] = "br"
            response["Content-Length"] = str(len(response.content))
        return response

    return handle


def access_log(get_response: Handler) -> Handler:
    """One line per request: method, route, status, milliseconds. Paths can carry tokens."""

    def handle(request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = get_response(request)
        match = request.resolver_match
        _log.info(
            "request",
            method=request.method,
            route=match.route if match else "-",
            status=response.status_code,
            ms=round((time.perf_counter() - started) * 1000, 1),
        )
        return response

    return handle


def maintenance(get_response: Handler) -> Handler:
    """Answers everything but `/sehat/` with 503 while MAINTENANCE is set."""

    def handle(request: HttpRequest) -> HttpResponse:
        return errors.maintenance(request) or get_response(request)

    return handle


class refusals:
    """Turns a rule's refusal, and a database too busy to wait for, into an answer that says so."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, (OperationalError, InterfaceError)):
            state = getattr(error.__cause__, "pgcode", None)
            if state in _AWAY:
                _crashed(request, error)
                return errors.away(request)
            if state in _BUSY:
                error = queueing.refusals.Refusal("busy")
        if not isinstance(error, REFUSALS):
            return _crashed(request, error)
        return answer(request, error)


def _crashed(request: HttpRequest, error: Exception) -> None:
    """Log where it broke, never what the error says: its text can hold what a person typed.

    The code is what the page of the error shows, so that somebody can find the line.
    """
    if isinstance(error, (Http404, PermissionDenied, SuspiciousOperation)):
        return
    request.crash_code = secrets.token_hex(3)  # type: ignore[attr-defined]
    frames = traceback.extract_tb(error.__traceback__)
    _log.error(
        "crash",
        code=request.crash_code,  # type: ignore[attr-defined]
        error=type(error).__name__,
        where=[f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-8:]],
    )


def body_of(error: Exception) -> dict[str, object]:
    """A refusal as the API gives it: code, message, fields and, where known, the next date."""
    body: dict[str, object] = {
        "code": error.code,  # type: ignore[attr-defined]
        "message": str(error.message),  # type: ignore[attr-defined]
        "fields": {k: str(v) for k, v in getattr(error, "fields", {}).items()},
    }
    if next_date := getattr(error, "next_date", None):
        body["next_date"] = next_date.isoformat()
    return body


def answer(request: HttpRequest, error: Exception) -> HttpResponse:
    """The refusal as JSON under /api/, as a page elsewhere."""
    status = error.status  # type: ignore[attr-defined]
    if request.path.startswith("/api/"):
        response: HttpResponse = JsonResponse(body_of(error), status=status)
    else:
        template, ask = ("busy.html", False) if status == 503 else ("refused.html", True)
        response = errors.page(request, template, status=status, ask=ask, refusal=error)
    if status == 503:
        response["Retry-After"] = "2"
    response["Cache-Control"] = "no-store"
    return response
