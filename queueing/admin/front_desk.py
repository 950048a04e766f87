"""The front desk in the admin: find today's visits, and help with one press each.

A search is a POST, so that no name or phone stands in an address; after an act the page comes back
by the visit's row id.
"""

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from queueing import rules
from queueing.admin.front_desk_calls import calls_now
from queueing.admin.front_desk_door import at_the_desk, back_to, is_number
from queueing.admin.front_desk_found import find, found, scanned
from queueing.admin.front_desk_next import choices, glance, services_of
from queueing.hall import hall_code
from queueing.models import Inquiry, Ticket, Visit
from queueing.refusals import Refusal
from queueing.rules.record import UNDO_WITHIN
from services.models import Agency, Mall
from services.templatetags.portal import day

SHOWN = 20
FULL = {"full", "day_full"}


@admin.site.admin_view
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@at_the_desk
def front_desk(request: HttpRequest, mall: Mall) -> HttpResponse:
    """One search field, who was found, and a number for who just came in."""
    at = timezone.now()
    if request.method == "POST":
        text = request.POST.get("q", "").strip()[:200]
        ids = find(mall=mall, date=mall.date_at(at), text=text)
        if token := scanned(text):
            text = ""  # a token is shown to nobody
            if not ids:
                _say_which_day(request, mall, token)
        return _page(request, mall, at, ids, q=text)
    visit = request.GET.get("kunjungan", "")
    return _page(request, mall, at, [int(visit)] if is_number(visit) else None)


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
    return back_to(mall, visit)


@admin.site.admin_view
@never_cache
@require_POST
@at_the_desk
def asked(request: HttpRequest, mall: Mall) -> HttpResponse:
    """Somebody only asked: one tap, with an agency or without."""
    at = timezone.now()
    wanted = request.POST.get("agency", "")
    agency = Agency.objects.filter(mall=mall, code=wanted).first() if wanted else None
    inquiry = rules.note_inquiry(mall=mall, agency=agency, officer=request.user, at=at)
    n = Inquiry.objects.filter(mall=mall, date=inquiry.date).count()
    said = ngettext(
        "Tercatat. %(n)d orang hanya bertanya hari ini.",
        "Tercatat. %(n)d orang hanya bertanya hari ini.",
        n,
    )
    messages.success(request, said % {"n": n})
    return back_to(mall, tanya=inquiry.pk)


@admin.site.admin_view
@never_cache
@require_POST
@at_the_desk
def asked_undo(request: HttpRequest, mall: Mall) -> HttpResponse:
    """The tap was a mistake."""
    inquiry = request.POST.get("inquiry", "")
    try:
        rules.take_back_inquiry(
            mall=mall,
            inquiry_id=int(inquiry) if is_number(inquiry) else 0,
            officer=request.user,
            at=timezone.now(),
        )
        messages.success(request, _("Catatan tanya diurungkan."))
    except Refusal as refusal:
        messages.error(request, refusal.message)
    return back_to(mall)


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
    reason = _line(request, "reason")
    rules.cancel(ticket_id=ticket.pk, at=at, officer_id=request.user.pk, reason=reason)
    return _("%(label)s dibatalkan.") % {"label": ticket.label}


def _grant_priority(request: HttpRequest, visit: Visit, at: dt.datetime) -> str:
    reason = _line(request, "reason", 160)
    rules.grant_priority(visit_id=visit.pk, reason=reason, officer_id=request.user.pk, at=at)
    return _("Prioritas diberikan.")


def _revive(request: HttpRequest, visit: Visit, at: dt.datetime) -> str:
    rules.revive(visit_id=visit.pk, at=at, officer_id=request.user.pk)
    return _("Karcis berlaku lagi, dengan nomor yang sama.")


def _change_service(request: HttpRequest, visit: Visit, at: dt.datetime) -> str:
    ticket = _ticket(request, visit)
    changed = rules.change_service(
        ticket_id=ticket.pk, service=request.POST.get("service", ""), officer=request.user, at=at
    )
    return _("%(label)s sekarang untuk %(service)s.") % {
        "label": changed.label,
        "service": changed.service_type.name,
    }


ACTS: dict[str, Callable[[HttpRequest, Visit, dt.datetime], str]] = {
    "hadir": _check_in,
    "kembalikan": _bring_back,
    "batal": _cancel,
    "prioritas": _grant_priority,
    "hidupkan": _revive,
    "layanan": _change_service,
}


def _number(request: HttpRequest, mall: Mall, at: dt.datetime) -> HttpResponse:
    """A number for somebody who just came in; two presses of one form give one."""
    post = request.POST
    second = _line(request, "override_reason")
    try:
        if second and not post.get("card_seen"):
            raise Refusal("card_not_seen")
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
            override_reason=second,
            over_quota_reason=_line(request, "over_quota_reason"),
            officer_id=request.user.pk,
            request_key=_request_key(request),
        )
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return _page(request, mall, at, None, typed=post, refusal=refusal)
    labels = visit.tickets.order_by("pk").values_list("label", flat=True)
    messages.success(request, _("Nomor %(labels)s diberikan.") % {"labels": ", ".join(labels)})
    return back_to(mall, visit)


def _line(request: HttpRequest, name: str, longest: int = 200) -> str:
    return " ".join(request.POST.get(name, "").split())[:longest]


def _request_key(request: HttpRequest) -> str | None:
    try:
        return f"desk:{request.user.pk}:{uuid.UUID(request.POST.get('key', ''))}"
    except ValueError:
        return None


def _visit(request: HttpRequest, mall: Mall, at: dt.datetime) -> Visit:
    """The visit of an act: one of this mall, today; any other is not there."""
    text = request.POST.get("visit", "")
    visit = Visit.objects.filter(
        pk=int(text) if is_number(text) else None, mall=mall, date=mall.date_at(at)
    ).first()
    if visit is None:
        raise Http404
    return visit


def _ticket(request: HttpRequest, visit: Visit) -> Ticket:
    text = request.POST.get("ticket", "")
    ticket = visit.tickets.filter(pk=int(text) if is_number(text) else None).first()
    if ticket is None:
        raise Refusal("unknown_ticket")
    return ticket


# -- the page -------------------------------------------------------------------------------------


def _say_which_day(request: HttpRequest, mall: Mall, token: str) -> None:
    visit = Visit.objects.filter(mall=mall, token=token).only("date").first()
    if visit:
        messages.info(request, _("Tiket ini untuk %(date)s.") % {"date": day(visit.date)})


def _page(
    request: HttpRequest,
    mall: Mall,
    at: dt.datetime,
    ids: list[int] | None,
    *,
    q: str = "",
    typed: Any = None,
    refusal: Refusal | None = None,
) -> HttpResponse:
    date = mall.date_at(at)
    services = services_of(mall)
    refused = refusal.code if refusal else ""
    context = {
        **admin.site.each_context(request),
        "title": _("Meja depan"),
        "mall": mall,
        "malls": request.desk_malls,
        **calls_now(mall, at),
        "hall_code": hall_code(mall_id=mall.pk, at=at),
        "q": q,
        "searched": ids is not None,
        "found": found(mall, date, (ids or [])[:SHOWN], services),
        "more": max(0, len(ids or []) - SHOWN),
        "choices": choices(mall=mall, services=services, at=at),
        "agencies": list({s.agency_id: s.agency for s in services}.values()),
        "today": glance(mall, date),
        "undoable": _just_asked(request, mall, at),
        "priorities": [p for p in Visit.Priority if p],
        "needs": Visit.Need,
        "needed": typed.getlist("needs") if typed else [],
        "typed": typed or {},
        "second": refused in {"already_booked", "card_not_seen"},
        "beyond": refused in FULL,
        "key": uuid.uuid4(),
    }
    status = refusal.status if refusal else 200
    return render(request, "queueing/desk/front_desk.html", context, status=status)


def _just_asked(request: HttpRequest, mall: Mall, at: dt.datetime) -> Inquiry | None:
    """The question that was just counted, while it can be taken back."""
    text = request.GET.get("tanya", "")
    if not is_number(text):
        return None
    since = at - UNDO_WITHIN
    return Inquiry.objects.filter(pk=text, mall=mall, officer=request.user, at__gte=since).first()
