"""Giving numbers back, one or all of a visit, and moving one to another day or hour."""

import datetime as dt
import uuid
from dataclasses import replace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from queueing import rules
from queueing.availability import Seat, availability
from queueing.models import Ticket, Visit
from queueing.refusals import Refusal
from queueing.together import Choice, next_good, overlap
from queueing.views.ticket import again, ticket_of, visit_of
from queueing.workflow import State, may


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def cancel(request: HttpRequest, token: str, public_id: uuid.UUID) -> HttpResponse:
    """Ask once; only the POST gives the number back."""
    visit = visit_of(token)
    ticket = ticket_of(visit, public_id)
    if request.method == "POST":
        rules.cancel(ticket_id=ticket.pk, at=timezone.now())
        return redirect("queueing:ticket", token)
    return _ask(request, visit, [ticket])


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def cancel_all(request: HttpRequest, token: str) -> HttpResponse:
    """The same for every number of the visit that can still be given back."""
    visit = visit_of(token)
    if request.method == "POST":
        rules.cancel_visit(visit_id=visit.pk, at=timezone.now())
        return redirect("queueing:ticket", token)
    tickets = (
        visit.tickets.exclude(state=State.TRANSFERRED)
        .select_related("service_type__agency__mall", "window")
        .order_by("window__starts_at", "pk")
    )
    return _ask(request, visit, list(tickets))


@require_POST
@never_cache
def undo_cancel(request: HttpRequest, token: str) -> HttpResponse:
    """A slip of the finger: what was cancelled within the last minute holds again."""
    visit = visit_of(token)
    try:
        rules.undo_cancel(visit_id=visit.pk, at=timezone.now())
    except Refusal as refusal:
        return again(request, visit, refusal)
    return redirect("queueing:ticket", token)


def _ask(request: HttpRequest, visit: Visit, tickets: list[Ticket]) -> HttpResponse:
    open_ones = [ticket for ticket in tickets if may("cancelled", ticket.state)]
    if not open_ones:
        raise Refusal("cannot_cancel")
    page = {"mall": visit.mall, "visit": visit, "tickets": open_ones, "at": timezone.now()}
    return render(request, "queueing/cancel.html", page)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def move(request: HttpRequest, token: str, public_id: uuid.UUID) -> HttpResponse:
    """Choose another day or hour; the old one is kept until the new one is taken."""
    visit = visit_of(token)
    ticket = ticket_of(visit, public_id)
    at = timezone.now()
    refusal = None
    if request.method == "POST":
        try:
            moved = rules.reschedule(ticket_id=ticket.pk, window_id=_window(request), at=at)
        except Refusal as error:
            refusal = error
        else:
            messages.success(request, moved_text(ticket.label, moved.label))
            return redirect("queueing:ticket", token)
    if not may("rescheduled", ticket.state):
        raise refusal or Refusal("cannot_reschedule")
    page = _choice(visit, ticket, _date(request.GET.get("tanggal", "")), at) | {"refusal": refusal}
    return render(request, "queueing/move.html", page, status=refusal.status if refusal else 200)


def moved_text(old: str, new: str) -> str:
    """What is said of a move. Pressed twice, or on another day, the label may be the same."""
    text = _("Sudah pindah. Nomor Anda kini %(new)s.")
    if old != new:
        text = _("Sudah pindah. Nomor Anda kini %(new)s. Nomor %(old)s tidak dipakai lagi.")
    return text % {"old": old, "new": new}


def _choice(
    visit: Visit, ticket: Ticket, asked: dt.date | None, at: dt.datetime
) -> dict[str, object]:
    """The other windows of a day: at first of the ticket's own, the next free one chosen."""
    others = list(
        visit.tickets.exclude(pk=ticket.pk)
        .exclude(state__in=[State.TRANSFERRED, State.CANCELLED])
        .select_related("window")
    )
    gate = availability(
        service=ticket.service_type,
        date=asked if asked and not others else visit.date,
        channel=visit.channel,
        at=at,
    )
    seats = [_beside(seat, others) for seat in gate.windows if seat.id != ticket.window_id]
    free = [seat for seat in seats if not seat.code]
    good = next_good(seats, after=None, at=at)
    return {
        "mall": visit.mall,
        "visit": visit,
        "ticket": ticket,
        "service": ticket.service_type,
        "gate": gate,
        "seats": seats,
        "free": free,
        "most": max((seat.seats_left for seat in seats), default=0),
        "picked": good.id if good else None,
        "today": visit.mall.date_at(at),
        "day_is_fixed": bool(others),
    }


def _beside(seat: Seat, others: list[Ticket]) -> Choice:
    """The window as it is offered: closed where it overlaps another number of the visit."""
    ahead = [t.window for t in others if t.state in (State.BOOKED, State.WAITING) and t.window]
    choice = Choice(**vars(seat))
    if choice.code or not any(overlap(seat, window) for window in ahead):
        return choice
    return replace(choice, code="overlapping")


def _window(request: HttpRequest) -> int:
    text = request.POST.get("jam", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0


def _date(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None
