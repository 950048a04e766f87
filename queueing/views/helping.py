"""Booking for others: who may, a helper's own numbers, and their slips."""

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from queueing import places, rules
from queueing.help_forms import request_keys
from queueing.helping import HelpersDay, days_of, taken_by
from queueing.models import Ticket
from queueing.views.keeping import SIZES
from queueing.views.shown import LOOKS, qr
from queueing.workflow import ACTIVE, State
from services import papers, permissions
from services.models import Mall
from services.views import in_mall

View = Callable[..., HttpResponse]


@dataclass(frozen=True)
class Slip:
    """A number on paper, for the person it was taken for."""

    ticket: Ticket
    place: places.Place | None
    papers: list[papers.Needed]
    qr: SafeString


def for_helpers(view: View) -> View:
    """The view for who may book for others in the mall of its address; nothing is kept."""

    @wraps(view)
    def guarded(request: HttpRequest, mall: Mall, *args: Any, **kwargs: Any) -> HttpResponse:
        if not permissions.can(request.user, permissions.BOOK_FOR_OTHERS, mall=mall):
            raise PermissionDenied
        return view(request, mall, *args, **kwargs)

    return never_cache(login_required(in_mall(guarded), login_url="accounts:sign_in"))


@require_safe
@never_cache
@login_required(login_url="accounts:sign_in")
def arrival(request: HttpRequest) -> HttpResponse:
    """Where a person goes after signing in: the staff to the admin, helpers to their mall."""
    if request.user.is_staff:
        return redirect("admin:index")
    mall = (
        permissions.malls_for(request.user, permissions.BOOK_FOR_OTHERS)
        .filter(active=True)
        .order_by("pk")
        .first()
    )
    if mall is None:
        raise PermissionDenied
    return redirect("queueing:helper", mall.slug)


@require_safe
@for_helpers
def helper(request: HttpRequest, mall: Mall) -> HttpResponse:
    """The numbers I took for others, from today on, and my quota; what was just taken first."""
    today = mall.date_at(timezone.now())
    days = days_of(taken_by(request.user, first=today), mall_id=mall.pk)
    for day in days.values():
        for ticket in day.tickets:
            ticket.look, ticket.icon = LOOKS[State(ticket.state)]
    new = set(request_keys(request.GET.get("kumpulan", "")))
    page = {
        "mall": mall,
        "today": days.get(today) or HelpersDay(today),
        "days": [day for day in days.values() if day.tickets],
        "new": [t for d in days.values() for t in d.tickets if t.visit.request_key in new],
        "batch": request.GET.get("kumpulan", ""),
    }
    return render(request, "queueing/helper.html", page)


@require_http_methods(["GET", "HEAD", "POST"])
@for_helpers
def helper_cancel(request: HttpRequest, mall: Mall, public_id: uuid.UUID) -> HttpResponse:
    """Cancel a number I took; the button is on its own page."""
    at = timezone.now()
    mine = taken_by(request.user, first=mall.date_at(at)).filter(mall=mall)
    ticket = get_object_or_404(mine, public_id=public_id)
    if request.method == "POST":
        rules.cancel(ticket_id=ticket.pk, at=at, officer_id=request.user.pk)
        return redirect("queueing:helper", mall.slug)
    return render(request, "queueing/helper_cancel.html", {"mall": mall, "ticket": ticket})


@require_safe
@for_helpers
def helper_slips(request: HttpRequest, mall: Mall) -> HttpResponse:
    """Slips to print: of one number, of what was taken together, or of a day (today's)."""
    today = mall.date_at(timezone.now())
    mine = taken_by(request.user, first=today).filter(mall=mall, state__in=ACTIVE)
    if batch := request.GET.get("kumpulan"):
        mine = mine.filter(visit__request_key__in=request_keys(batch))
    elif number := request.GET.get("nomor"):
        mine = mine.filter(public_id=_uuid(number))
    else:
        mine = mine.filter(date=_date(request.GET.get("tanggal", "")) or today)
    asked = request.GET.get("ukuran", "")
    page = {
        "mall": mall,
        "slips": _slips(mall, list(mine)),
        "size": asked if asked in SIZES else "80mm",
        "sizes": SIZES,
        "wanted": {k: request.GET[k] for k in ("kumpulan", "nomor", "tanggal") if k in request.GET},
    }
    return render(request, "queueing/helper_slips.html", page)


def _slips(mall: Mall, tickets: list[Ticket]) -> list[Slip]:
    """The slips of these numbers; one query for their papers and one for each of their days."""
    standards = [ticket.standard for ticket in tickets if ticket.standard]
    known = list(papers.asked_by(standards, mall)) if standards else []
    where = {
        date: places.for_queues([t.queue_id for t in tickets if t.date == date], date)
        for date in {ticket.date for ticket in tickets}
    }
    return [
        Slip(
            ticket,
            where[ticket.date].get(ticket.queue_id),
            papers.needed([ticket.standard], known) if ticket.standard else [],
            qr(ticket.visit),
        )
        for ticket in tickets
    ]


def _date(text: str) -> dt.date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Http404 from None
