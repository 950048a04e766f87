"""The hall's display: who is called where. It refreshes itself, with and without JavaScript."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from queueing.board import hall
from services.models import Mall
from services.views import in_mall


@require_safe
@never_cache
@in_mall
def display(request: HttpRequest, mall: Mall) -> HttpResponse:
    """Numbers and counters only; htmx asks for the inner part alone."""
    at = timezone.now()
    page = {
        "mall": mall,
        "hall": hall(mall=mall, at=at),
        "at": at,
        "today": mall.date_at(at),
        "shown_call": request.GET.get("panggilan", ""),
    }
    template = "queueing/_board.html" if request.htmx else "queueing/display.html"
    with translation.override(settings.LANGUAGE_CODE):  # a hall's screen speaks one language
        return render(request, template, page)
