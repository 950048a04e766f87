""" "Jadi datang?": the page to which the reminder of the day before leads."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from queueing import rules
from queueing.models import Visit
from queueing.refusals import Refusal
from queueing.rules.confirming import may_confirm
from queueing.views.shown import Shown, shown
from queueing.views.ticket import again, papers_of, visit_of


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Ask; only the POST confirms. Who does not come is led to the page that cancels."""
    visit = visit_of(token)
    at = timezone.now()
    if request.method == "POST" and request.POST.get("jawab") == "ya":
        try:
            rules.confirm(visit_id=visit.pk, at=at)
        except Refusal as refusal:
            return again(request, visit, refusal)
        return redirect("queueing:confirm", token)
    booked = [one for one in shown(visit, at) if may_confirm(one.ticket, at)]
    if not booked:
        return redirect("queueing:ticket", token)
    if request.method == "POST":
        return _cancelling(visit, booked)
    sure = all(one.ticket.confirmed_at for one in booked)
    page = {
        "mall": visit.mall,
        "visit": visit,
        "first_name": (visit.name.split() or [""])[0],
        "tickets": booked,
        "first": booked[0],
        "sure": sure,
        "papers": papers_of(visit, booked) if sure else [],
        "today": visit.mall.date_at(at),
    }
    return render(request, "queueing/confirm.html", page)


def _cancelling(visit: Visit, booked: list[Shown]) -> HttpResponse:
    """The page that asks before it cancels."""
    if len(booked) == 1:
        return redirect("queueing:cancel", visit.token, booked[0].ticket.public_id)
    return redirect("queueing:cancel_all", visit.token)
