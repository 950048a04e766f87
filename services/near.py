"""What many people ask in the same moment is worked out once and kept for seconds, in this process.

Only what is the same for everybody is kept here, and nobody clears it: it grows old. Rules never
read it.
"""

from collections.abc import Callable
from functools import wraps
from hashlib import blake2b
from typing import Any, TypeVar

from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language

T = TypeVar("T")
View = Callable[..., HttpResponse]
_MISSING = object()


def kept(what: str, of: object, seconds: float, make: Callable[[], T]) -> T:
    """`what` the mall's people ask `of` something, as `make` gave it in the last `seconds`."""
    near = caches["near"]
    key = f"{what}:{blake2b(repr(of).encode(), digest_size=16).hexdigest()}"
    found = near.get(key, _MISSING)
    if found is _MISSING:
        found = make()
        near.set(key, found, seconds)
    return found


def shared_page(seconds: float, *, own: str = "") -> Callable[[View], View]:
    """Show everybody the same page for `seconds`; who has the cookie `own` gets one of their own.

    For pages without a form token, a message or a word about who reads them; an address with a
    query is always worked out, as there are too many of them.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def show(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method != "GET" or request.GET or (own and own in request.COOKIES):
                return view(request, *args, **kwargs)
            key = f"page:{get_language()}:{request.path}"
            near = caches["near"]
            page = near.get(key)
            if page is None:
                response = view(request, *args, **kwargs)
                if response.status_code != 200 or response.cookies:
                    return response
                page = response.content
                near.set(key, page, seconds)
            return HttpResponse(page)

        return show

    return decorate
