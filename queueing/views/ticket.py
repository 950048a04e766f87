"""The citizen's page of a visit: its numbers, the people ahead, check-in, moving, cancelling."""

import datetime as dt
import uuid
from dataclasses import dataclass

import segno
from django.conf import settings
from django.db.models import Case, Count, IntegerField, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from queueing import rules
from queueing.availability import availability
from queueing.hall import check_hall_code
from queueing.models import QueueDay, Ticket, Visit
from queueing.refusals import Refusal
from queueing.workflow import AT_COUNTER, State, may

_NEAR = 5  # people ahead from which the page asks more often
_POLL_S, _POLL_NEAR_S = 30, 10
_LIVING = (State.PRINTING, State.BOOKED, State.WAITING, *AT_COUNTER, State.PARKED, State.ABSENT)
# state: (look, icon)
_LOOKS = {
    State.PRINTING: ("wait", "print"),
    State.BOOKED: ("wait", "cal"),
    State.WAITING: ("wait", "clock"),
    State.CALLED: ("call", "bell"),
    State.SERVING: ("serve", "person"),
    State.PARKED: ("warn", "pause"),
    State.DONE: ("ok", "check"),
    State.ABSENT: ("skip", "skip"),
    State.CANCELLED: ("off", "x"),
    State.NO_SHOW: ("skip", "skip"),
    State.UNSERVED: ("skip", "skip"),
}


@dataclass(frozen=True)
class Shown:
    """A ticket as its citizen sees it."""

    ticket: Ticket
    ahead: int
    paused: str
    look: str
    icon: str
    opens_at: dt.datetime | None  # from when presence can be reported
    can_check_in: bool

    @property
    def can_cancel(self) -> bool:
        return may("cancelled", self.ticket.state)

    @property
    def can_move(self) -> bool:
        return may("rescheduled", self.ticket.state)


@require_safe
@never_cache
def ticket(request: HttpRequest, token: str) -> HttpResponse:
    """The page; htmx asks for the living part alone and reloads when a state changed."""
    visit = _visit(token)
    page = _page(visit)
    if not request.htmx:
        return render(request, "queueing/ticket.html", page)
    if request.GET.get("keadaan") != page["states"]:
        response = HttpResponse(status=204)
        response["HX-Refresh"] = "true"
        return response
    return render(request, "queueing/_ticket.html", page)


@require_POST
@never_cache
def check_in(request: HttpRequest, token: str) -> HttpResponse:
    """Report present with the code shown in the hall."""
    visit = _visit(token)
    try:
        rules.check_in(visit_id=visit.pk, at=timezone.now(), hall_code=request.POST.get("kode", ""))
    except Refusal as refusal:
        return _again(request, visit, refusal)
    return redirect("queueing:ticket", token)


@require_POST
@never_cache
def come_back(request: HttpRequest, token: str, public_id: uuid.UUID) -> HttpResponse:
    """A missed number rejoins the line; the hall's code shows that its holder is there."""
    visit = _visit(token)
    ticket = _ticket(visit, public_id)
    at = timezone.now()
    try:
        check_hall_code(
            visit_id=visit.pk, mall_id=visit.mall_id, code=request.POST.get("kode", ""), at=at
        )
        rules.bring_back(ticket_id=ticket.pk, at=at)
    except Refusal as refusal:
        return _again(request, visit, refusal)
    return redirect("queueing:ticket", token)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def cancel(request: HttpRequest, token: str, public_id: uuid.UUID) -> HttpResponse:
    """Ask once; only the POST gives the number back."""
    visit = _visit(token)
    ticket = _ticket(visit, public_id)
    if request.method == "POST":
        rules.cancel(ticket_id=ticket.pk, at=timezone.now())
        return redirect("queueing:ticket", token)
    if not may("cancelled", ticket.state):
        raise Refusal("cannot_cancel")
    page = {"mall": visit.mall, "visit": visit, "ticket": ticket}
    return render(request, "queueing/cancel.html", page)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def move(request: HttpRequest, token: str, public_id: uuid.UUID) -> HttpResponse:
    """Choose another day or hour; the old one is kept until the new one is taken."""
    visit = _visit(token)
    ticket = _ticket(visit, public_id)
    at = timezone.now()
    refusal = None
    if request.method == "POST":
        text = request.POST.get("jam", "")
        window_id = int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0
        try:
            rules.reschedule(ticket_id=ticket.pk, window_id=window_id, at=at)
        except Refusal as error:
            refusal = error
        else:
            return redirect("queueing:ticket", token)
    if not may("rescheduled", ticket.state):
        raise refusal or Refusal("cannot_reschedule")
    alone = not visit.tickets.exclude(pk=ticket.pk).exclude(state=State.TRANSFERRED).exists()
    gate = availability(
        service=ticket.service_type,
        date=_date(request.GET.get("tanggal", "")) if alone else visit.date,
        channel=visit.channel,
        at=at,
    )
    seats = [seat for seat in gate.windows if seat.id != ticket.window_id]
    free = [seat for seat in seats if not seat.code]
    page = {
        "mall": visit.mall,
        "visit": visit,
        "ticket": ticket,
        "service": ticket.service_type,
        "gate": gate,
        "seats": seats,
        "free": free,
        "most": max((seat.seats_left for seat in seats), default=0),
        "picked": free[0].id if free else None,
        "today": visit.mall.date_at(at),
        "day_is_fixed": not alone,
        "refusal": refusal,
    }
    status = refusal.status if refusal else 200
    return render(request, "queueing/move.html", page, status=status)


def _visit(token: str) -> Visit:
    return get_object_or_404(
        Visit.objects.filter(erased_at=None).select_related("mall"), token=token
    )


def _ticket(visit: Visit, public_id: uuid.UUID) -> Ticket:
    ticket = (
        visit.tickets.exclude(state=State.TRANSFERRED)
        .filter(public_id=public_id)
        .select_related("service_type__agency__mall", "window")
        .first()
    )
    if ticket is None:
        raise Http404
    return ticket


def _again(request: HttpRequest, visit: Visit, refusal: Refusal) -> HttpResponse:
    page = _page(visit) | {"refusal": refusal}
    return render(request, "queueing/ticket.html", page, status=refusal.status)


def _page(visit: Visit) -> dict[str, object]:
    at = timezone.now()
    tickets = _shown(visit, at)
    waiting = [shown.ahead for shown in tickets if shown.ticket.state == State.WAITING]
    called = any(shown.ticket.state == State.CALLED for shown in tickets)
    near = called or any(ahead < _NEAR for ahead in waiting)
    return {
        "mall": visit.mall,
        "visit": visit,
        "first_name": (visit.name.split() or [""])[0],
        "tickets": tickets,
        "states": ",".join(shown.ticket.state for shown in tickets),
        "living": any(shown.ticket.state in _LIVING for shown in tickets),
        "check_in_now": any(shown.can_check_in for shown in tickets),
        "absent": [shown for shown in tickets if shown.ticket.state == State.ABSENT],
        "called": called,
        "poll_s": _POLL_NEAR_S if near else _POLL_S,
        "to_bring": list(
            dict.fromkeys(
                item
                for shown in tickets
                if shown.ticket.state in _LIVING and shown.ticket.standard
                for item in shown.ticket.standard.requirements
            )
        ),
        "qr": _qr(visit),
        "today": visit.mall.date_at(at),
        "at": at,
    }


def _shown(visit: Visit, at: dt.datetime) -> list[Shown]:
    """The visit's tickets with the people ahead of each, in one query."""
    before = Q(sort_at__lt=OuterRef("sort_at")) | Q(
        sort_at=OuterRef("sort_at"), number__lt=OuterRef("number")
    )
    ahead = (
        Ticket.objects.filter(
            before, queue=OuterRef("queue"), date=OuterRef("date"), state=State.WAITING
        )
        .order_by()
        .values("queue")
        .annotate(n=Count("pk"))
        .values("n")
    )
    paused = QueueDay.objects.filter(queue=OuterRef("queue"), date=OuterRef("date"))
    tickets = (
        visit.tickets.exclude(state=State.TRANSFERRED)
        .select_related("service_type__agency", "window", "queue", "counter", "standard")
        .annotate(
            ahead=Case(
                When(state=State.WAITING, then=Coalesce(Subquery(ahead), 0)),
                default=Value(0),
                output_field=IntegerField(),
            ),
            paused=Coalesce(Subquery(paused.values("paused_reason")[:1]), Value("")),
        )
        .order_by("window__starts_at", "pk")
    )
    return [_one(ticket, visit, at) for ticket in tickets]


def _one(ticket: Ticket, visit: Visit, at: dt.datetime) -> Shown:
    look, icon = _LOOKS[State(ticket.state)]
    opens_at, in_time = None, False
    if ticket.state == State.BOOKED and ticket.window:
        opens_at = ticket.window.starts_at - dt.timedelta(minutes=ticket.queue.early_minutes)
        ends_at = ticket.window.ends_at + dt.timedelta(minutes=ticket.queue.late_minutes)
        in_time = opens_at <= at <= ends_at and ticket.date == visit.mall.date_at(at)
    return Shown(ticket, ticket.ahead, ticket.paused, look, icon, opens_at, in_time)


def _qr(visit: Visit) -> SafeString:
    """The address of this page as a drawing; kiosk and front desk read the token out of it."""
    address = settings.BASE_URL + reverse("queueing:ticket", args=[visit.token])
    drawing = segno.make(address, error="m").svg_inline(
        omitsize=True, svgclass="m-qr", lineclass=None, border=2
    )
    return mark_safe(drawing)  # noqa: S308 - drawn here from our own address


def _date(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None
