"""The kiosk's start, what one wants to have done, and the choice of a service."""

import secrets
from collections.abc import Iterable
from dataclasses import replace

from django.db.models import Count
from django.http import Http404, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from queueing import rules
from queueing.kiosk import Tile, leaf, that_can_be_taken, tiles, wanted
from queueing.kiosk_guest import Guest
from queueing.models import Queue, Visit
from queueing.offers import queues_open
from queueing.refusals import Refusal
from queueing.sought import services_in
from queueing.views.kiosk_frame import Kiosk, at_kiosk
from queueing.views.shown import drawn
from services.models import Agency

LIVE_ROWS = 6
_TILES, _LARGE_TILES, _LOW_TILES = 8, 4, 3  # on a page; the last: large and all in the lower half
# who has priority: how it is drawn and said
PRIORITIES = {
    Visit.Priority.ELDERLY: ("cane", _("Lansia"), _("60 tahun ke atas")),
    Visit.Priority.DISABLED: ("wheel", _("Penyandang disabilitas"), _("yang terlihat atau tidak")),
    Visit.Priority.PREGNANT: ("heart", _("Ibu hamil"), _("juga yang baru melahirkan")),
    Visit.Priority.CHILDREN: ("family", _("Membawa anak kecil"), _("bayi atau balita")),
}


@require_safe
@at_kiosk
def start(kiosk: Kiosk) -> HttpResponse:
    """The first page: nobody stands here yet, or somebody has just chosen how to look at it."""
    kiosk.guest = Guest(no=kiosk.guest.no, words=kiosk.guest.words)
    return kiosk.page("start", "mulai", live=_live(kiosk), scans=True)


@require_POST
@at_kiosk
def change_look(kiosk: Kiosk) -> HttpResponse:
    """The other language, the buttons low, the writing larger; then the same page again."""
    kiosk.look = kiosk.look.turned(kiosk.request.POST.get("tampilan", ""))
    return kiosk.back()


@require_POST
@at_kiosk
def call_staff(kiosk: Kiosk) -> HttpResponse:
    """Ask the front desk for a person; asking twice is once."""
    rules.call_for_help(device=kiosk.device, at=kiosk.at)
    return kiosk.back()


@require_safe
@at_kiosk
def services(kiosk: Kiosk) -> HttpResponse:
    """What most people come for, as far as a number can be taken now."""
    found = tiles(
        mall=kiosk.mall,
        services=wanted(mall=kiosk.mall, today=kiosk.mall.date_at(kiosk.at)),
        priority=bool(kiosk.guest.priority),
        at=kiosk.at,
    )
    shown = that_can_be_taken(found, most=16)
    return kiosk.page(
        "services",
        "layanan",
        leaf=leaf(shown, kiosk.request.GET.get("hal", ""), _tiles_on_a_page(kiosk)),
        none_now=bool(shown) and all(tile.code for tile in shown),
        live=_of_tiles(found) if kiosk.look.low else [],
        key=secrets.token_urlsafe(16),
    )


@require_safe
@at_kiosk
def agencies(kiosk: Kiosk) -> HttpResponse:
    """Every agency that has a service, A to Z."""
    rows = list(
        Agency.objects.filter(mall=kiosk.mall, active=True, service_types__active=True)
        .annotate(services=Count("service_types"))
        .order_by("name", "pk")
    )
    return kiosk.page(
        "agencies",
        "instansi",
        leaf=leaf(
            rows, kiosk.request.GET.get("hal", ""), _tiles_on_a_page(kiosk, least=_LARGE_TILES)
        ),
        live=_live(kiosk) if kiosk.look.low else [],
    )


@require_safe
@at_kiosk
def agency(kiosk: Kiosk, code: str) -> HttpResponse:
    """The services of an agency by name; those of which no number can be taken say why."""
    services = services_in(kiosk.mall).select_related("agency", "queue_service")
    rows = list(services.filter(agency__code=code))
    if not rows:
        raise Http404
    rows.sort(key=lambda service: service.name.casefold())
    part = leaf(rows, kiosk.request.GET.get("hal", ""), _tiles_on_a_page(kiosk))
    found = tiles(
        mall=kiosk.mall, services=part.rows, priority=bool(kiosk.guest.priority), at=kiosk.at
    )
    return kiosk.page(
        "agency",
        "layanan-instansi",
        agency=rows[0].agency,
        leaf=replace(part, rows=found),
        live=_of_tiles(found) if kiosk.look.low else [],
        key=secrets.token_urlsafe(16),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@at_kiosk
def priority(kiosk: Kiosk) -> HttpResponse:
    """Which priority: said by the person, never proved."""
    if kiosk.request.method == "POST":
        wish = kiosk.request.POST.get("prioritas", "")
        if wish not in Visit.Priority.values:
            raise Refusal("bad_priority")
        kiosk.guest = Guest(priority=wish)
        return kiosk.go("services")
    live = _live(kiosk) if kiosk.look.low else []
    return kiosk.page("priority", "prioritas", choices=PRIORITIES.items(), live=live)


@require_safe
@at_kiosk
def complaint(kiosk: Kiosk) -> HttpResponse:
    """Where a complaint is told: on one's own phone, or to a person."""
    return kiosk.page("complaint", "pengaduan", qr=drawn("complaints:new", kiosk.mall.slug))


def _live(kiosk: Kiosk) -> list[Queue]:
    """The lines of the hall, the longest first."""
    return _longest(queues_open(mall=kiosk.mall, at=kiosk.at))


def _of_tiles(found: Iterable[Tile]) -> list[Queue]:
    return _longest({tile.queue.pk: tile.queue for tile in found if tile.queue}.values())


def _longest(queues: Iterable[Queue]) -> list[Queue]:
    return sorted(queues, key=lambda queue: (-queue.waiting, queue.prefix))[:LIVE_ROWS]


def _tiles_on_a_page(kiosk: Kiosk, *, least: int = _LOW_TILES) -> int:
    if kiosk.look.large and kiosk.look.low:
        return least
    return _LARGE_TILES if kiosk.look.large or kiosk.look.low else _TILES
