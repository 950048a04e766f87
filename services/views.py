"""Pages of the catalogue that need no queue: malls, search, an agency's services, colours."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from services import colours
from services.models import Agency, Mall, ServiceType
from services.search import search

View = Callable[..., HttpResponse]
_YEAR_S = 365 * 24 * 3600


def in_mall(view: View) -> View:
    """Give the view the mall of its address instead of the slug; 404 where there is none."""

    @wraps(view)
    def with_mall(request: HttpRequest, mall: str, *args: Any, **kwargs: Any) -> HttpResponse:
        found = get_object_or_404(Mall.objects.filter(active=True), slug=mall)
        return view(request, found, *args, **kwargs)

    return with_mall


@require_safe
def malls(request: HttpRequest) -> HttpResponse:
    """The only mall at once; with several, their list."""
    open_malls = list(Mall.objects.filter(active=True).order_by("name"))
    if len(open_malls) == 1:
        return redirect("queueing:home", open_malls[0].slug)
    return render(request, "services/malls.html", {"malls": open_malls})


@require_safe
@in_mall
def find(request: HttpRequest, mall: Mall) -> HttpResponse:
    """Services by the words people use."""
    text = request.GET.get("q", "").strip()
    found = search(mall=mall, text=text) if text else []
    return render(request, "services/search.html", {"mall": mall, "text": text, "found": found})


@require_safe
@in_mall
def agency(request: HttpRequest, mall: Mall, code: str) -> HttpResponse:
    """What one agency does in the mall."""
    agency = get_object_or_404(Agency, mall=mall, code=code, active=True)
    services = ServiceType.objects.filter(agency=agency, active=True).order_by("name")
    return render(
        request, "services/agency.html", {"mall": mall, "agency": agency, "services": services}
    )


@require_safe
@cache_control(public=True, max_age=_YEAR_S, immutable=True)
@in_mall
def mall_colours(request: HttpRequest, mall: Mall) -> HttpResponse:
    """The mall's two colours as a style sheet; its address changes with them."""
    tones = colours.tones(mall.primary_colour, mall.accent_colour)
    rules = "".join(f"{name}:{value};" for name, value in tones.items())
    return HttpResponse(f":root{{{rules}}}\n", content_type="text/css; charset=utf-8")
