"""A visit to take along: on paper in two sizes, and in a calendar."""

from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Count, Max, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from queueing.agenda import calendar_file
from queueing.views.sharing import view_only
from queueing.views.shown import qr, shown
from queueing.views.ticket import papers_of, visit_of
from queueing.workflow import State

SIZES = {"a6": "A6", "80mm": "80 mm"}


@require_safe
@never_cache
def slip(request: HttpRequest, token: str) -> HttpResponse:
    """The numbers still ahead, as a slip of paper that needs no screen."""
    visit = visit_of(token)
    at = timezone.now()
    tickets = [one for one in shown(visit, at) if one.active]
    if not tickets:
        raise Http404
    size = request.GET.get("ukuran", "")
    page = {
        "mall": visit.mall,
        "visit": visit,
        "tickets": tickets,
        "papers": papers_of(visit, tickets),
        "qr": qr(visit),
        "size": size if size in SIZES else "a6",
        "sizes": SIZES,
        "at": at,
    }
    return render(request, "queueing/slip.html", page)


@require_safe
@never_cache
def calendar(request: HttpRequest, token: str) -> HttpResponse:
    """The visit's windows as a calendar file; opening a later one moves or cancels the events."""
    visit = visit_of(token)
    changed = Q(events__kind__in=["rescheduled", "displaced", "cancelled"])
    tickets = (
        visit.tickets.exclude(state=State.TRANSFERRED)
        .exclude(window=None)
        .select_related("window")
        .annotate(changes=Count("events", filter=changed), changed_at=Max("events__at"))
        .order_by("window__starts_at", "pk")
    )
    rows = [(t, t.changes, t.changed_at or t.booked_at) for t in tickets]
    if not rows:
        raise Http404
    body = calendar_file(
        mall=visit.mall,
        tickets=rows,
        link=view_only(visit),
        host=urlsplit(settings.BASE_URL).hostname or "localhost",
    )
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="mpp-{visit.date}.ics"'
    return response
