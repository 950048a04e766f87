"""Pages of the catalogue that need no queue: the malls, and a mall's looks."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.templatetags.static import static
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from services import colours, logos
from services.models import Mall
from services.rules import is_empty_installation

View = Callable[..., HttpResponse]
_YEAR_S = 365 * 24 * 3600
# Nothing in a picture may act or fetch, even where it is opened by itself.
_PICTURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
# What the error pages of this process know of the malls when the database is away.
_known: dict[str, Mall] = {}


def in_mall(view: View) -> View:
    """Give the view the mall of its address instead of the slug; 404 where there is none."""

    @wraps(view)
    def with_mall(request: HttpRequest, mall: str, *args: Any, **kwargs: Any) -> HttpResponse:
        found = get_object_or_404(Mall.objects.filter(active=True), slug=mall)
        _known[mall] = found
        return view(request, found, *args, **kwargs)

    return with_mall


def mall_of_address(path: str, *, ask: bool = True) -> Mall | None:
    """The mall an address belongs to, or the only mall there is; for pages about an error.

    Without `ask`, and while the database is away, what this process has seen of it lately.
    """
    slug = path.strip("/").partition("/")[0]
    if ask:
        try:
            found = {mall.slug: mall for mall in Mall.objects.filter(active=True).order_by("pk")}
        except DatabaseError:
            return _known.get(slug)
        _known.clear()
        _known.update(found)
        return found.get(slug) or (next(iter(found.values())) if len(found) == 1 else None)
    return _known.get(slug)


@require_safe
def malls(request: HttpRequest) -> HttpResponse:
    """The only mall at once; with several, their list; with none yet, where to begin."""
    open_malls = list(Mall.objects.filter(active=True).order_by("name"))
    if len(open_malls) == 1:
        return redirect("queueing:home", open_malls[0].slug)
    if not open_malls and is_empty_installation():
        return render(request, "services/empty.html")
    return render(request, "services/malls.html", {"malls": open_malls})


@require_safe
@cache_control(public=True, max_age=_YEAR_S, immutable=True)
@in_mall
def mall_colours(request: HttpRequest, mall: Mall) -> HttpResponse:
    """The mall's two colours as a style sheet; its address changes with them."""
    tones = colours.tones(mall.primary_colour, mall.accent_colour)
    rules = "".join(f"{name}:{value};" for name, value in tones.items())
    return HttpResponse(f":root{{{rules}}}\n", content_type="text/css; charset=utf-8")


@require_safe
@in_mall
def mall_logo(request: HttpRequest, mall: Mall) -> HttpResponse:
    """The mall's logo, else the portal's; uploads are served nowhere else."""
    if not mall.logo:
        return redirect(static("logo.svg"))
    kind = logos.content_type(mall.logo.name)
    if kind is None:
        raise Http404
    try:
        with mall.logo.open("rb") as file:
            picture = file.read()
    except FileNotFoundError:
        raise Http404 from None
    headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": _PICTURE_POLICY}
    headers["Cache-Control"] = f"public, max-age={_YEAR_S}, immutable"  # its address changes
    return HttpResponse(picture, content_type=kind, headers=headers)
