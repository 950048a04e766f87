"""The front desk in the admin: find today's visits, and help with one press each.

A search is a POST, so that no name or phone stands in an address; after an act the page comes back
by the visit's row id.
"""

import datetime as dt
import re
import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from privacy.identity import fold_name, mask_phone
from queueing import rules
from queueing.hall import hall_code
from queueing.models import Ticket, TicketEvent, Visit
from queueing.refusals import Refusal
from queueing.windows import label
from queueing.workflow import State, may
from services.models import Mall, ServiceType
from services.permissions import FRONT_DESK, malls_for

SHOWN = 20
SHORTEST_PHONE = 4
WHOLE_PHONE = 9
LOOKS = {
    State.WAITING: "wait",
    State.CALLED: "call",
    State.SERVING: "serve",
    State.DONE: "ok",
    State.BOOKED: "ok",
}
View = Callable[..., HttpResponse]


class Offer(NamedTuple):
    """A ticket as the desk sees it, and what may be done with it."""

    ticket: Ticket
    look: str
    returns: bool
    cancels: bool


class Found(NamedTuple):
    """A visit as the desk sees it, and what may be done with it."""

    visit: Visit
    phone: str
    tickets: list[Offer]
    checks_in: bool
    revives: bool
    prioritises: bool

    @property
    def acts(self) -> bool:
        return self.checks_in or self.revives or any(offer.returns for offer in self.tickets)


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


@admin.site.admin_view
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@at_the_desk
def front_desk(request: HttpRequest, mall: Mall) -> HttpResponse:
    """One search field, who was found, and a number for who just came in."""
    at = timezone.now()
    if request.method == "POST":
        text = request.POST.get("q", "").strip()[:100]
        return _page(request, mall, at, find(mall=mall, date=mall.date_at(at), text=text), q=text)
    visit = request.GET.get("kunjungan", "")
    return _page(request, mall, at, [int(visit)] if _is_number(visit) else None)


@admin.site.admin_view
@never_cache
@require_POST
@at_the_desk
def act(request: HttpRequest, mall: Mall, act: str) -> HttpResponse:
    """One act; a refusal comes back as a sentence, and what was typed stays."""
    at = timezone.now()
    if act == "nomor":
        return _number(request, mall, at)
    if act not in ACTS:
        raise Http404
    visit = _visit(request, mall, at)
    try:
        messages.success(request, ACTS[act](request, visit, at))
    except Refusal as refusal:
        messages.error(request, refusal.message)
    return _back_to(mall, visit)


def find(*, mall: Mall, date: dt.date, text: str) -> list[int]:
    """Ids of the day's visits that match a number, a short code, a name, or a phone's last digits.

    Phones are encrypted: they are looked at only when nothing else matched.
    """
    visits = Visit.objects.filter(mall=mall, date=date).order_by("pk")
    bare = re.sub(r"[\s.\-]", "", text).upper()
    if not bare:
        return []
    tickets = Ticket.objects.filter(mall=mall, date=date).filter(_numbered(bare)).values("visit")
    found = list(visits.filter(Q(short_code=bare) | Q(pk__in=tickets)).values_list("pk", flat=True))
    if found:
        return found
    words = fold_name(text).split()
    people = visits.filter(erased_at__isnull=True)
    found = [
        pk for pk, name in people.values_list("pk", "name") if words and _is_called(name, words)
    ]
    digits = re.sub(r"\D", "", text)
    if found or len(digits) < SHORTEST_PHONE or re.search(r"[^\W\d]", text):
        return found
    tail = digits.lstrip("0") if len(digits) >= WHOLE_PHONE else digits
    return [pk for pk, phone in people.values_list("pk", "phone") if phone and phone.endswith(tail)]


def _numbered(bare: str) -> Q:
    """Tickets that "C37", "D2037" or "037" may mean."""
    labels = [
        label(bare[:n], int(bare[n:]))
        for n in (1, 2)
        if re.fullmatch(r"[0-9]{1,4}", bare[n:]) and bare[0].isalpha()
    ]
    wanted = Q(label__in=labels)
    return wanted | Q(number=int(bare)) if re.fullmatch(r"[0-9]{1,4}", bare) else wanted


def _is_called(name: str, words: list[str]) -> bool:
    parts = fold_name(name).split()
    return all(any(part.startswith(word) for part in parts) for word in words)


# -- the acts -------------------------------------------------------------------------------------


def _check_in(request: HttpRequest, visit: Visit, at: dt.datetime) -> str:
    rules.check_in(visit_id=visit.pk, at=at, officer_id=request.user.pk)
    return _("Lapor hadir tercatat.")


def _bring_back(request: HttpRequest, visit: Visit, at: dt.datetime) -> str:
    ticket = _ticket(request, visit)
    rules.bring_back(ticket_id=ticket.pk, at=at, officer_id=request.user.pk)
    return _("%(label)s kembali ke antrean.") % {"label": ticket.label}


def _cancel(request: HttpRequest, visit: Visit, at: dt.datetime) -> str:
    ticket = _ticket(request, visit)
    reason = " ".join(request.POST.get("reason", "").split())[:200]
    rules.cancel(ticket_id=ticket.pk, at=at, officer_id=request.user.pk, reason=reason)
    return _("%(label)s dibatalkan.") % {"label": ticket.label}


def _grant_priority(request: HttpRequest, visit: Visit, at: dt.datetime) -> str:
    reason = " ".join(request.POST.get("reason", "").split())[:160]
    rules.grant_priority(visit_id=visit.pk, reason=reason, officer_id=request.user.pk, at=at)
    return _("Prioritas diberikan.")


def _revive(request: HttpRequest, visit: Visit, at: dt.datetime) -> str:
    rules.revive(visit_id=visit.pk, at=at, officer_id=request.user.pk)
    return _("Karcis berlaku lagi, dengan nomor yang sama.")


ACTS: dict[str, Callable[[HttpRequest, Visit, dt.datetime], str]] = {
    "hadir": _check_in,
    "kembalikan": _bring_back,
    "batal": _cancel,
    "prioritas": _grant_priority,
    "hidupkan": _revive,
}


def _number(request: HttpRequest, mall: Mall, at: dt.datetime) -> HttpResponse:
    """A number for somebody who just came in; two presses of one form give one."""
    post = request.POST
    try:
        visit = rules.walk_in(
            mall=mall,
            services=[post["service"]] if post.get("service") else [],
            at=at,
            channel=Visit.Channel.FRONT_DESK,
            name=post.get("name", ""),
            phone=post.get("phone", ""),
            priority=post.get("priority", ""),
            priority_reason=post.get("priority_reason", "")[:160],
            needs=post.getlist("needs"),
            accommodation=post.get("accommodation", "")[:160],
            override_reason=" ".join(post.get("override_reason", "").split())[:200],
            officer_id=request.user.pk,
            request_key=_request_key(request),
        )
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return _page(request, mall, at, None, typed=post, status=refusal.status)
    labels = visit.tickets.order_by("pk").values_list("label", flat=True)
    messages.success(request, _("Nomor %(labels)s diberikan.") % {"labels": ", ".join(labels)})
    return _back_to(mall, visit)


def _request_key(request: HttpRequest) -> str | None:
    try:
        return f"desk:{request.user.pk}:{uuid.UUID(request.POST.get('key', ''))}"
    except ValueError:
        return None


def _visit(request: HttpRequest, mall: Mall, at: dt.datetime) -> Visit:
    """The visit of an act: one of this mall, today; any other is not there."""
    text = request.POST.get("visit", "")
    visit = Visit.objects.filter(
        pk=int(text) if _is_number(text) else None, mall=mall, date=mall.date_at(at)
    ).first()
    if visit is None:
        raise Http404
    return visit


def _ticket(request: HttpRequest, visit: Visit) -> Ticket:
    text = request.POST.get("ticket", "")
    ticket = visit.tickets.filter(pk=int(text) if _is_number(text) else None).first()
    if ticket is None:
        raise Refusal("unknown_ticket")
    return ticket


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 18


def _back_to(mall: Mall, visit: Visit) -> HttpResponse:
    return redirect(f"{reverse('desks:front_desk')}?mal={mall.slug}&kunjungan={visit.pk}")


# -- the page -------------------------------------------------------------------------------------


def _page(
    request: HttpRequest,
    mall: Mall,
    at: dt.datetime,
    ids: list[int] | None,
    *,
    q: str = "",
    typed: Any = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": _("Meja depan"),
        "mall": mall,
        "malls": request.desk_malls,
        "hall_code": hall_code(mall_id=mall.pk, at=at),
        "q": q,
        "searched": ids is not None,
        "found": _found(mall, mall.date_at(at), (ids or [])[:SHOWN]),
        "more": max(0, len(ids or []) - SHOWN),
        "services": _services(mall),
        "priorities": [p for p in Visit.Priority if p],
        "needs": Visit.Need,
        "needed": typed.getlist("needs") if typed else [],
        "typed": typed or {},
        "key": uuid.uuid4(),
    }
    return render(request, "queueing/desk/front_desk.html", context, status=status)


def _found(mall: Mall, date: dt.date, ids: list[int]) -> list[Found]:
    """The visits with their tickets, in two queries."""
    last = TicketEvent.objects.filter(ticket=OuterRef("pk")).order_by("-pk").values("kind")[:1]
    tickets: dict[int, list[Ticket]] = {}
    for ticket in (
        Ticket.objects.filter(visit__in=ids)
        .exclude(state=State.TRANSFERRED)
        .select_related("service_type", "window", "counter")
        .annotate(last_kind=Subquery(last))
        .order_by("window__starts_at", "pk")
    ):
        tickets.setdefault(ticket.visit_id, []).append(ticket)
    visits = Visit.objects.filter(pk__in=ids, mall=mall, date=date).order_by("pk")
    return [_as_found(visit, tickets.get(visit.pk, [])) for visit in visits]


def _as_found(visit: Visit, tickets: list[Ticket]) -> Found:
    states = {ticket.state for ticket in tickets}
    not_yet = {State.BOOKED, State.WAITING, State.PRINTING}
    return Found(
        visit=visit,
        phone=mask_phone(visit.phone or ""),
        tickets=[
            Offer(t, LOOKS.get(State(t.state), "skip"), _may_return(t), may("cancelled", t.state))
            for t in tickets
        ],
        checks_in=State.BOOKED in states,
        revives=any(t.state == State.CANCELLED and t.last_kind == "print_expired" for t in tickets),
        prioritises=any(t.state in not_yet and not t.priority for t in tickets),
    )


def _may_return(ticket: Ticket) -> bool:
    missing = ticket.outcome == Ticket.Outcome.DOCUMENTS_MISSING
    return may("returned", ticket.state) and (ticket.state != State.DONE or missing)


def _services(mall: Mall) -> QuerySet[ServiceType]:
    return (
        ServiceType.objects.filter(
            agency__mall=mall, agency__active=True, active=True, queue_service__queue__active=True
        )
        .exclude(booking_mode=ServiceType.BookingMode.EXTERNAL)
        .select_related("agency")
        .order_by("agency__name", "agency", "name")
    )
