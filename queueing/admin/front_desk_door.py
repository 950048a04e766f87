"""Who enters the front desk: the mall comes with its permission, or there is no page."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from queueing.models import Visit
from services.models import Mall
from services.permissions import FRONT_DESK, malls_for

View = Callable[..., HttpResponse]


def at_the_desk(view: View) -> View:
    """Fetch the mall whose front desk this person keeps; without one there is no page."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        malls = list(malls_for(request.user, FRONT_DESK).filter(active=True).order_by("name"))
        if not malls:
            raise PermissionDenied
        wanted = request.POST.get("mal") or request.GET.get("mal")
        mall = next((m for m in malls if m.slug == wanted), None if wanted else malls[0])
        if mall is None:
            raise Http404
        request.desk_malls = malls
        return view(request, mall, *args, **kwargs)

    return guarded


def is_number(text: str) -> bool:
    """Whether this can be the id of a row."""
    return text.isascii() and text.isdigit() and len(text) < 18


def back_to(mall: Mall, visit: Visit | None = None, **more: object) -> HttpResponse:
    """To the desk of this mall, with the visit where there is one."""
    query = "".join(f"&{name}={value}" for name, value in more.items())
    found = f"&kunjungan={visit.pk}" if visit else ""
    return redirect(f"{reverse('desks:front_desk')}?mal={mall.slug}{found}{query}")
