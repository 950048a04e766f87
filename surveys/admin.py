"""Survey pages of the staff: what all say together, and forms filled in on paper.

Single responses are in no list of the admin: nobody is to see who answered what.
"""

import re
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from services import permissions
from services.models import Mall
from surveys import figures, rules
from surveys.figures import Quarter
from surveys.forms import PaperForm
from surveys.refusals import Refusal

QUARTERS = 5  # to choose from


@admin.site.admin_view
@never_cache
@require_safe
def results(request: HttpRequest) -> HttpResponse:
    """The index of one agency and quarter, among those the person may read."""
    agencies = permissions.agencies_for(request.user, permissions.READ_FIGURES)
    agencies = list(agencies.select_related("mall").order_by("mall__name", "name"))
    if not agencies:
        raise PermissionDenied
    chosen = request.GET.get("instansi", "")
    agency = next((a for a in agencies if str(a.pk) == chosen), None) if chosen else agencies[0]
    if agency is None:
        raise Http404
    today = agency.mall.date_at(timezone.now())
    quarters = [Quarter.of(today)]
    while len(quarters) < QUARTERS:
        quarters.append(quarters[-1].before)
    period = request.GET.get("periode", "")
    quarter = next((q for q in quarters if str(q) == period), None) if period else quarters[0]
    if quarter is None:
        raise Http404
    return _page(
        request,
        "results",
        _("Hasil survei"),
        mall=agency.mall,
        agency=agency,
        agencies=agencies,
        quarter=quarter,
        quarters=quarters,
        report=figures.report(agency, quarter, today=today),
        least=figures.LEAST,
        may_enter=permissions.can(request.user, permissions.ENTER_SURVEYS, mall=agency.mall),
    )


@admin.site.admin_view
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
def paper(request: HttpRequest) -> HttpResponse:
    """Enter one form; the next keeps service and day."""
    at = timezone.now()
    mall = _mall_of(request)
    if request.method != "POST":
        first: dict[str, Any] = {"date": mall.date_at(at)}
        if re.fullmatch(r"\d{1,9}", kept := request.GET.get("layanan", "")):
            first["service"] = int(kept)
        return _paper_page(request, mall, PaperForm(mall=mall, initial=first))
    form = PaperForm(request.POST, mall=mall)
    if form.is_valid():
        asked = form.asked()
        try:
            rules.enter_paper(officer=request.user, at=at, **asked)
        except Refusal as refusal:
            field = {"bad_date": "date", "text_too_long": "text"}.get(refusal.code)
            form.add_error(field, refusal.message)
        else:
            messages.success(request, _("Formulir dicatat. Masukkan yang berikutnya."))
            kept = f"?mal={mall.slug}&layanan={asked['service'].pk}"
            return redirect(request.path + kept)
    return _paper_page(request, mall, form)


def _mall_of(request: HttpRequest) -> Mall:
    """The mall named, or the first, where the person may enter forms."""
    malls = list(permissions.malls_for(request.user, permissions.ENTER_SURVEYS).order_by("pk"))
    if not malls:
        raise PermissionDenied
    slug = request.POST.get("mal") or request.GET.get("mal")
    mall = next((m for m in malls if m.slug == slug), None) if slug else malls[0]
    if mall is None:
        raise Http404
    return mall


def _paper_page(request: HttpRequest, mall: Mall, form: PaperForm) -> HttpResponse:
    status = 422 if form.errors else 200
    title = _("Survei kertas")
    return _page(request, "paper", title, status=status, mall=mall, form=form)


def _page(
    request: HttpRequest, name: str, title: str, *, status: int = 200, **context: Any
) -> HttpResponse:
    context = {**admin.site.each_context(request), "title": title, **context}
    return render(request, f"surveys/staff/{name}.html", context, status=status)
