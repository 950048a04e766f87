"""A visit shown to those whom its holder tells: a link that can be looked at and nothing else."""

import datetime as dt
from dataclasses import dataclass
from urllib.parse import quote

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from queueing import live
from queueing.models import Visit
from queueing.views.shown import Shown, shown
from services.templatetags.portal import span

signer = Signer(sep=".", salt="queueing.view-only")
_VALID_AFTER = dt.timedelta(days=1)  # the day after the visit is the last


@dataclass(frozen=True)
class Invitation:
    """The view-only address of a visit, and WhatsApp's with a text that holds it."""

    address: str
    whatsapp: str


def invitation(visit: Visit, tickets: list[Shown]) -> Invitation:
    """What the holder passes on: numbers, day, hours and the link, no service and no name."""
    address = view_only(visit)
    numbers = [
        f"{one.ticket.label} ({span(one.ticket.window, visit.mall)})"
        if one.ticket.window
        else one.ticket.label
        for one in tickets
        if one.active
    ]
    text = _("Nomor antrean saya di %(mall)s, %(date)s: %(numbers)s. Ikuti di sini: %(link)s") % {
        "mall": visit.mall.name,
        "date": format_date(visit.date, "l, j F"),
        "numbers": ", ".join(numbers),
        "link": address,
    }
    return Invitation(address, f"https://wa.me/?text={quote(text)}")


def view_only(visit: Visit) -> str:
    """The address at which a visit can be looked at and nothing else."""
    return settings.BASE_URL + reverse("queueing:shared", args=[signer.sign(str(visit.pk))])


@require_safe
@never_cache
def shared(request: HttpRequest, signed: str) -> HttpResponse:
    """Numbers, states, people ahead, time and place; gone the day after the visit and erasure."""
    at = timezone.now()
    visit = _shared_visit(signed)
    if visit is None or visit.mall.date_at(at) > visit.date + _VALID_AFTER:
        return render(request, "queueing/shared_gone.html", status=404)
    tickets = shown(visit, at)
    page = {
        "mall": visit.mall,
        "date": visit.date,
        "tickets": tickets,
        "living": any(one.active for one in tickets),
        "called": any(one.ticket.state == "called" for one in tickets),
        "stream": live.stream_of(visit.mall_id),
        "at": at,
    }
    return render(request, "queueing/shared.html", page)


def _shared_visit(signed: str) -> Visit | None:
    try:
        pk = signer.unsign(signed)
    except BadSignature:
        return None
    return Visit.objects.filter(pk=pk, erased_at=None).select_related("mall").first()
