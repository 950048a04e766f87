"""Bodies of requests: one larger than its address takes is refused before anything reads it.

The check against forged requests reads a form, so this stands before it.
"""

import time
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from complaints.refusals import Refusal
from mpp_portal import edge

LARGEST = 4_000_000  # bytes, where a view does not say otherwise (`complaints.uploads`)
_DRAIN_S, _DRAIN, _SIP = 2.0, 64_000_000, 256 * 1024


class bodies:
    """Refuses large bodies by what they say of their length, and one that does not say it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if request.path.startswith("/api/"):
            return None  # reads no more than DATA_UPLOAD_MAX_MEMORY_SIZE, and says so in JSON
        largest: int = getattr(view, "largest_body", LARGEST)
        length = request.META.get("CONTENT_LENGTH") or ""
        unknown = not length and request.META.get("HTTP_TRANSFER_ENCODING")
        if unknown or (length.isdecimal() and int(length) > largest):
            response = edge.answer(
                request, Refusal("request_too_large", limit=largest // 1_000_000)
            )
            _drain(request)
            return response
        if handler := getattr(view, "upload_handler", None):
            request.upload_handlers = [handler(request)]
        return None


def _drain(request: HttpRequest) -> None:
    """Let go by a part of what is being sent: a browser that is cut off shows no page.

    Who asks first whether to send is only told no.
    """
    if request.META.get("HTTP_EXPECT"):
        return
    end, left = time.monotonic() + _DRAIN_S, _DRAIN
    while left > 0 and time.monotonic() < end and (sip := request.read(_SIP)):
        left -= len(sip)
