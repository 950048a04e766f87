"""The HTTP edge: refusals become pages or JSON; the access log writes the route, never the path."""

import time
import traceback
from collections.abc import Callable

import structlog
from csp.constants import NONCE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

import accounts.rules
import complaints.refusals
import privacy.rules
import queueing.refusals
import services.refusals

REFUSALS = (
    queueing.refusals.Refusal,
    services.refusals.Refusal,
    privacy.rules.Refusal,
    complaints.refusals.Refusal,
    accounts.rules.Refusal,
)
# lock_timeout, deadlock, serialisation failure
_BUSY = {"55P03", "40P01", "40001"}
_log = structlog.get_logger("access")
Handler = Callable[[HttpRequest], HttpResponse]


# django-unfold runs Alpine, which evaluates expressions in attributes, and writes its colours in a
# <style> without a nonce. So the admin, and only the admin, has this wider policy.
ADMIN_POLICY = {
    "script-src": [SELF, NONCE, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
}


def policy(get_response: Handler) -> Handler:
    """The content security policy where it is not the one of the citizen's pages."""

    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.path.startswith("/admin/"):
            response._csp_replace = ADMIN_POLICY  # type: ignore[attr-defined]
        elif response.get("Content-Type", "").startswith("application/json"):
            response._csp_exempt = True  # type: ignore[attr-defined]  # nothing to run in there
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


class refusals:
    """Turns a rule's refusal, and a database too busy to wait for, into an answer that says so."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, OperationalError):
            if getattr(error.__cause__, "pgcode", None) not in _BUSY:
                return _crashed(error)
            error = queueing.refusals.Refusal("busy")
        if not isinstance(error, REFUSALS):
            return _crashed(error)
        return answer(request, error)


def _crashed(error: Exception) -> None:
    """Log where it broke, never what the error says: its text can hold what a person typed."""
    if isinstance(error, (Http404, PermissionDenied, SuspiciousOperation)):
        return
    frames = traceback.extract_tb(error.__traceback__)
    _log.error(
        "crash",
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
        response = render(request, "refused.html", {"refusal": error}, status=status)
    if status == 503:
        response["Retry-After"] = "2"
    response["Cache-Control"] = "no-store"
    return response
