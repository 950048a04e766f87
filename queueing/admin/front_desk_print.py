"""The front desk prints a visit's paper again: written down first, then shown for a few minutes."""

import datetime as dt

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from queueing import rules
from queueing.admin.front_desk_door import at_the_desk, back_to, is_number
from queueing.models import TicketEvent, Visit
from queueing.refusals import Refusal
from queueing.views.shown import qr, shown
from queueing.views.ticket import papers_of
from queueing.workflow import AT_COUNTER
from services.models import Mall

SIZES = {"80mm": "80 mm", "58mm": "58 mm", "a6": "A6"}
_SHOWN_FOR = dt.timedelta(minutes=10)


@admin.site.admin_view
@never_cache
@require_POST
@at_the_desk
def reprint(request: HttpRequest, mall: Mall) -> HttpResponse:
    """Write the reprint down and go to the paper."""
    text = request.POST.get("visit", "")
    visit = Visit.objects.filter(pk=int(text) if is_number(text) else None, mall=mall).first()
    if visit is None:
        raise Http404
    try:
        rules.reprint(visit_id=visit.pk, officer_id=request.user.pk, at=timezone.now())
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return back_to(mall, visit)
    return redirect(f"{reverse('desks:paper', args=[visit.pk])}?mal={mall.slug}")


@admin.site.admin_view
@never_cache
@require_safe
@at_the_desk
def paper(request: HttpRequest, mall: Mall, visit_id: int) -> HttpResponse:
    """The paper that this officer has just asked for; the token is in the drawing alone."""
    at = timezone.now()
    visit = Visit.objects.filter(
        pk=visit_id, mall__in=request.desk_malls, erased_at__isnull=True
    ).first()
    if visit is None or not _just_printed(visit, request.user.pk, at):
        raise Http404
    visit.mall = next(one for one in request.desk_malls if one.pk == visit.mall_id)
    tickets = [one for one in shown(visit, at) if one.active and one.ticket.state not in AT_COUNTER]
    if not tickets:
        raise Http404
    wanted = request.GET.get("ukuran", "")
    if wanted in SIZES:
        request.session["paper"] = wanted
    page = {
        "mall": visit.mall,
        "visit": visit,
        "tickets": tickets,
        "papers": papers_of(visit, tickets),
        "qr": qr(visit),
        "size": request.session.get("paper", "80mm"),
        "sizes": SIZES,
        "fresh": not wanted,
        "at": at,
    }
    return render(request, "queueing/desk/front_desk_paper.html", page)


def _just_printed(visit: Visit, officer_id: int, at: dt.datetime) -> bool:
    return TicketEvent.objects.filter(
        ticket__visit=visit, kind="reprinted", officer=officer_id, at__gt=at - _SHOWN_FOR
    ).exists()
