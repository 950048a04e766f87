"""The open page of a mall's complaints: are promises kept, and what was asked and answered.

For everybody: nothing here comes from a case but figures without small groups, and what the desk
wrote for the public.
"""

import csv
import io
from collections.abc import Callable
from hashlib import blake2b
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from complaints.bridge import safe_cell
from complaints.figures import SMALLEST, Figures, figures_of, rows
from complaints.published import page as page_of
from complaints.published import published as publications
from services import near
from services.models import Agency, Mall
from services.views import in_mall

_KEPT_S = 300
LICENCE = "CC BY 4.0"
COLUMNS = (
    "of",
    "agency_code",
    "agency",
    "cases",
    "in_time",
    "share_in_time",
    "median_working_days",
)
_LONGEST_WORDS = 100


@require_safe
@in_mall
def open_page(request: HttpRequest, mall: Mall) -> HttpResponse:
    """Figures of the last twelve months, and published cases by agency and words."""
    agencies = list(Agency.objects.filter(mall=mall, active=True).order_by("name"))
    asked = request.GET.get("instansi", "")
    agency = next((one for one in agencies if one.code == asked), None)
    words = " ".join(request.GET.get("kata", "").replace("\0", " ").split())[:_LONGEST_WORDS]
    words = words.encode("utf-8", "ignore").decode()
    after = request.GET.get("sesudah", "")
    page = page_of(mall, agency=agency, words=words, after=after)
    kept = {"instansi": agency.code if agency else "", "kata": words}
    context = {
        "mall": mall,
        "figures": _figures(mall),
        "smallest": SMALLEST,
        "agencies": agencies,
        "agency": agency,
        "words": words,
        "page": page,
        "later": bool(after),
        "filtered": bool(agency or words),
        "next": urlencode({k: v for k, v in {**kept, "sesudah": page.next}.items() if v}),
    }
    return render(request, "complaints/open.html", context)


@require_safe
@in_mall
def one(request: HttpRequest, mall: Mall, published: int) -> HttpResponse:
    """One published case and its answer."""
    publication = get_object_or_404(publications(mall), pk=published)
    return render(request, "complaints/open_case.html", {"mall": mall, "item": publication})


@require_safe
@cache_control(public=True, max_age=_KEPT_S)
@in_mall
def figures(request: HttpRequest, mall: Mall, form: str) -> HttpResponse:
    """The figures of the open page as data, with the same groups hidden."""
    if form not in _FORMS:
        raise Http404
    response = _FORMS[form](mall, _figures(mall))
    etag = f'"{blake2b(response.content, digest_size=16).hexdigest()}"'
    response["ETag"] = etag
    response["Access-Control-Allow-Origin"] = "*"
    return get_conditional_response(request, etag=etag, response=response) or response


def _figures(mall: Mall) -> Figures:
    today = mall.date_at(timezone.now())
    return near.kept(
        "complaint-figures", (mall.pk, today), _KEPT_S, lambda: figures_of(mall, today=today)
    )


def _as_json(mall: Mall, figures: Figures) -> HttpResponse:
    told = {
        "mall": mall.slug,
        "first": figures.first,
        "last": figures.last,
        "licence": LICENCE,
        "hidden_below": SMALLEST,
        "items": rows(figures),
    }
    return JsonResponse(told)


def _as_csv(mall: Mall, figures: Figures) -> HttpResponse:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("mall", "first", "last", *COLUMNS, "licence"))
    span = (mall.slug, *(date.isoformat() for date in (figures.first, figures.last)))
    for row in rows(figures):
        writer.writerow((*span, *(safe_cell(row[column]) for column in COLUMNS), LICENCE))
    response = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="pengaduan-{mall.slug}.csv"'
    return response


_FORMS: dict[str, Callable[[Mall, Figures], HttpResponse]] = {"json": _as_json, "csv": _as_csv}
