"""How well the mall does, for everybody: half of the waits, nine in ten, agency by agency."""

import datetime as dt

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from queueing.open_figures import waits_of_span
from services.models import Mall
from services.views import in_mall

_SPAN = dt.timedelta(days=30)


@require_safe
@in_mall
def performance(request: HttpRequest, mall: Mall) -> HttpResponse:
    """The waits of the last thirty whole days, the longest first."""
    last = mall.date_at(timezone.now()) - dt.timedelta(days=1)
    first = last - _SPAN + dt.timedelta(days=1)
    everyone, agencies = waits_of_span(mall=mall, first=first, last=last)
    page = {"mall": mall, "first": first, "last": last, "everyone": everyone, "agencies": agencies}
    return render(request, "queueing/performance.html", page)
