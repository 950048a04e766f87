"""Finding a service: by the words people use, by agency, by what one wants to have done."""

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from queueing.models import Counter
from queueing.offers import offers
from services.directory import directory, theme_name
from services.models import Agency, Mall, ServiceType
from services.search import nearest_words, search, understand, vocabulary
from services.views import in_mall

_MOST_RESULTS = 12


@require_safe
@in_mall
def find(request: HttpRequest, mall: Mall) -> HttpResponse:
    """Services by the words people use; without any, the themes and another spelling."""
    at = timezone.now()
    text = request.GET.get("q", "").strip()
    found = search(mall=mall, text=text, limit=_MOST_RESULTS) if text else []
    page = {"mall": mall, "at": at, "text": text}
    if found:
        page["offers"] = offers(mall=mall, services=found, at=at)
        page["mended"] = understand(text, vocabulary(mall)).mended
    else:
        page["themes"] = directory(mall).themes
        page["nearest"] = nearest_words(mall=mall, text=text) if text else []
    return render(request, "queueing/find.html", page)


@require_safe
@in_mall
def agency(request: HttpRequest, mall: Mall, code: str) -> HttpResponse:
    """What one agency does in the mall, where it sits, and who watches over it."""
    at = timezone.now()
    agency = get_object_or_404(Agency, mall=mall, code=code, active=True)
    services = list(_offered(mall).filter(agency=agency).order_by("name", "pk"))
    page = {
        "mall": mall,
        "at": at,
        "agency": agency,
        "offers": offers(mall=mall, services=services, at=at),
        "places": _places(agency),
    }
    return render(request, "queueing/agency.html", page)


@require_safe
@in_mall
def theme(request: HttpRequest, mall: Mall, theme: str) -> HttpResponse:
    """What can be done about one need, whichever agency does it."""
    at = timezone.now()
    every = _offered(mall).select_related("agency").exclude(theme="")
    services = [
        s for s in every.order_by("agency__name", "name", "pk") if slugify(s.theme) == theme
    ]
    if not services:
        raise Http404
    page = {
        "mall": mall,
        "at": at,
        "name": theme_name(services[0].theme),
        "offers": offers(mall=mall, services=services, at=at),
    }
    return render(request, "queueing/theme.html", page)


def _places(agency: Agency) -> dict[str, list[int]]:
    """The numbers of the agency's counters by floor."""
    places: dict[str, list[int]] = {}
    counters = Counter.objects.filter(active=True, assignments__queue__agency=agency)
    for floor, number in counters.order_by("floor", "number").values_list("floor", "number"):
        places.setdefault(floor, []).append(number)
    return places


def _offered(mall: Mall) -> QuerySet[ServiceType]:
    return ServiceType.objects.filter(agency__mall=mall, agency__active=True, active=True)
