"""The page of an earlier hour: the wish to be told, and what is offered then."""

import datetime as dt
import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from notifications.channels import push
from queueing import earlier, rules
from queueing.models import Ticket, Visit
from queueing.refusals import Refusal
from queueing.rules.suiting import reachable
from queueing.views.changing import moved_text
from queueing.views.ticket import ticket_of, visit_of
from queueing.workflow import State


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def earlier_hour(request: HttpRequest, token: str) -> HttpResponse:
    """Show list and offer; only a POST wishes, withdraws, takes or passes."""
    visit = visit_of(token)
    at = timezone.now()
    if request.method != "POST":
        return _page(request, visit, at)
    act = ACTS.get(request.POST.get("aksi", ""))
    if act is None:
        return _page(request, visit, at)
    ticket = ticket_of(visit, _public_id(request))
    try:
        text = act(request, ticket, at)
    except Refusal as refusal:
        return _page(request, visit_of(token), at, refusal)
    messages.success(request, text)
    return redirect("queueing:ticket", token)


def _wish(request: HttpRequest, ticket: Ticket, at: dt.datetime) -> str:
    start = _number(request, "mulai")
    if not start:
        raise Refusal("not_earlier")
    not_before = dt.datetime.fromtimestamp(start, tz=dt.UTC)
    rules.wish_earlier(ticket_id=ticket.pk, not_before=not_before, at=at)
    return _("Anda di daftar. Kami kabari bila ada tempat yang lebih awal.")


def _withdraw(request: HttpRequest, ticket: Ticket, at: dt.datetime) -> str:
    rules.end_wish(ticket_id=ticket.pk, at=at)
    return _("Anda tidak lagi di daftar. Nomor Anda tetap.")


def _take(request: HttpRequest, ticket: Ticket, at: dt.datetime) -> str:
    moved = rules.take_offer(offer_id=_number(request, "tawaran"), ticket_id=ticket.pk, at=at)
    return moved_text(ticket.label, moved.label)


def _pass(request: HttpRequest, ticket: Ticket, at: dt.datetime) -> str:
    rules.decline_offer(offer_id=_number(request, "tawaran"), ticket_id=ticket.pk, at=at)
    return _("Tawaran dilewati. Nomor Anda tetap, dan Anda masih di daftar.")


ACTS = {"kabari": _wish, "berhenti": _withdraw, "ambil": _take, "lewati": _pass}


def _page(
    request: HttpRequest, visit: Visit, at: dt.datetime, refusal: Refusal | None = None
) -> HttpResponse:
    tickets = list(
        visit.tickets.exclude(state__in=[State.TRANSFERRED, State.CANCELLED])
        .select_related("window", "service_type")
        .order_by("window__starts_at", "pk")
    )
    fixed = len(tickets) > 1
    found = earlier.of_tickets(tickets, at)
    rows: list[dict[str, Any]] = [
        {
            "earlier": one,
            "minutes": one.minutes_left(at),
            "wished": one.wish and visit.mall.date_at(one.wish.not_before),
            "choices": earlier.choices(one.ticket, at, day_is_fixed=fixed),
        }
        for one in found
    ]
    page = {
        "mall": visit.mall,
        "visit": visit,
        "rows": rows,
        "several": len(rows) > 1,
        "reachable": reachable(visit, visit.mall),
        "by_push": push.offered(),
        "offered": any(one.offer for one in found),
        "refusal": refusal,
        "today": visit.mall.date_at(at),
        "at": at,
    }
    status = refusal.status if refusal else 200
    return render(request, "queueing/earlier.html", page, status=status)


def _public_id(request: HttpRequest) -> uuid.UUID:
    try:
        return uuid.UUID(request.POST.get("nomor", ""))
    except ValueError:
        raise Http404 from None


def _number(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0
