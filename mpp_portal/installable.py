"""What makes the portal installable and readable without a signal: worker, manifest, icons."""

import hashlib
import struct
import zlib
from functools import cache

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from services import logos
from services.models import Mall
from services.views import in_mall

ICON_SIZES = (192, 512)
_DRAWN_WITH = ("bootstrap/bootstrap.min.css", "css/theme.css", "icons.svg", "logo.svg")
_SCRIPTS = ("js/live.js", "js/offline.js", "js/push.js")
_YEAR_S = 365 * 24 * 3600
_MORI, _KUNYIT, _WHITE = "#f6f5f2", "#ffc629", "#ffffff"
# The left half of the gate on a grid of 32: (left, top, right, bottom); the right one mirrors it.
_STEPS = (
    (11.8, 4, 14, 28),
    (9.7, 8, 14, 28),
    (7.6, 12.5, 14, 28),
    (5.3, 17, 14, 28),
    (3, 22, 14, 28),
)
_DOT = (16, 24.5, 1.65)
_SAFE = 0.7  # of the width: a mask may cut away all but the inner four fifths
_SHADES = 4  # between the ground and the dot, so that its edge is smooth


@require_safe
@cache_control(no_cache=True)
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker, at the root so that it may see every page; new with the static files."""
    text = f"// {_version()}\n{_source()}"
    return HttpResponse(text, content_type="text/javascript; charset=utf-8")


@require_safe
@cache_control(max_age=3600)
@in_mall
def manifest(request: HttpRequest, mall: Mall) -> HttpResponse:
    """The mall as an application of the phone: it opens on the tickets of this device."""
    return JsonResponse(
        {
            "id": reverse("queueing:home", args=[mall.slug]),
            "name": f"{mall.name}, {mall.regency}",
            "short_name": mall.name,
            "lang": request.LANGUAGE_CODE,
            "start_url": reverse("queueing:my_tickets", args=[mall.slug]),
            "scope": "/",
            "display": "standalone",
            "theme_color": mall.primary_colour,
            "background_color": _MORI,
            "icons": _icons(mall),
        },
        content_type="application/manifest+json",
    )


def _icons(mall: Mall) -> list[dict[str, str]]:
    """The mall's own logo; the gate for a mall without one."""
    name = mall.logo.name or ""
    if kind := logos.content_type(name):
        address = f"{reverse('services:logo', args=[mall.slug])}?v={logos.version(name)}"
        return [{"src": address, "sizes": "any", "type": kind}]
    return [
        {"src": static("logo.svg"), "sizes": "any", "type": "image/svg+xml"},
        *(
            {
                "src": f"{reverse('icon', args=[mall.slug, size])}?v={mall.primary_colour[1:]}",
                "sizes": f"{size}x{size}",
                "type": "image/png",
                "purpose": purpose,
            }
            for size in ICON_SIZES
            for purpose in ("any", "maskable")
        ),
    ]


@require_safe
@cache_control(public=True, max_age=_YEAR_S, immutable=True)
@in_mall
def icon(request: HttpRequest, mall: Mall, size: int) -> HttpResponse:
    """The gate on the mall's colour; its address changes with the colour."""
    if size not in ICON_SIZES:
        raise Http404
    return HttpResponse(drawing(size, mall.primary_colour), content_type="image/png")


@require_safe
@in_mall
def offline(request: HttpRequest, mall: Mall) -> HttpResponse:
    """What the worker shows instead of a page that it does not keep."""
    return render(request, "mpp_portal/offline.html", {"mall": mall})


@cache
def drawing(size: int, ground: str) -> bytes:
    """The icon as a PNG of `size` pixels with a palette: ground, white, shades up to the dot."""
    mixes = [_mix(ground, _KUNYIT, share / _SHADES) for share in range(1, _SHADES + 1)]
    palette = b"".join([_rgb(ground), _rgb(_WHITE), *mixes])
    unit, edge = size * _SAFE / 32, size * (1 - _SAFE) / 2
    rows = [bytearray(size) for _ in range(size)]
    for left, top, right, bottom in _STEPS:
        for start, end in ((left, right), (32 - right, 32 - left)):
            first, last = round(edge + start * unit), round(edge + end * unit)
            for row in rows[round(edge + top * unit) : round(edge + bottom * unit)]:
                row[first:last] = b"\1" * (last - first)
    x, y, radius = (edge + _DOT[0] * unit, edge + _DOT[1] * unit, _DOT[2] * unit)
    for line in range(int(y - radius) - 1, int(y + radius) + 2):
        for column in range(int(x - radius) - 1, int(x + radius) + 2):
            away = ((column + 0.5 - x) ** 2 + (line + 0.5 - y) ** 2) ** 0.5
            share = min(max(radius - away + 0.5, 0), 1)
            if shade := round(share * _SHADES):
                rows[line][column] = 1 + shade
    pixels = b"".join(b"\0" + bytes(row) for row in rows)
    header = struct.pack(">IIBBBBB", size, size, 8, 3, 0, 0, 0)
    chunks = (b"IHDR" + header, b"PLTE" + palette, b"IDAT" + zlib.compress(pixels, 9), b"IEND")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        for chunk in chunks
    )


def _rgb(colour: str) -> bytes:
    return bytes.fromhex(colour[1:])


def _mix(one: str, other: str, share: float) -> bytes:
    pairs = zip(_rgb(one), _rgb(other), strict=True)
    return bytes(round(a + (b - a) * share) for a, b in pairs)


@cache
def _source() -> str:
    return (settings.BASE_DIR / "static" / "js" / "worker.js").read_text()


@cache
def _version() -> str:
    """Changes when a page is drawn with other files than before."""
    names = [static(name) for name in (*_DRAWN_WITH, *_SCRIPTS)]
    return hashlib.sha256(" ".join(names).encode()).hexdigest()[:12]
