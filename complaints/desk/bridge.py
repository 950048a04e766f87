"""The desk's bridge to SP4N-LAPOR!: a case's id there, packages to take along, statuses back."""

import datetime as dt
import tempfile
from collections.abc import Iterator
from functools import partial
from typing import IO, Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Prefetch, Sum
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

import privacy.rules
from complaints import bridge, rules, statuses
from complaints.codes import read_number
from complaints.desk.door import desk_case, desk_mall, desk_malls
from complaints.entry_forms import ExportForm, LaporForm, StatusFileForm
from complaints.models import Attachment, Case, CaseEvent, CaseQuerySet
from complaints.refusals import Refusal
from complaints.storage import path_of
from services.models import Mall

MOST_CASES, MOST_WITH_IDENTITY, MOST_BYTES = 1_000, 100, 500_000_000
_AT_ONCE = 50  # cases in memory
_USUAL_DAYS = dt.timedelta(days=30)
_IN_MEMORY = 1_000_000  # bytes; the rest of a package lies on the disk until it is sent


def urls(model_admin: Any) -> list[URLPattern]:
    """The addresses under the admin of cases."""
    view = model_admin.admin_site.admin_view(partial(lapor, model_admin=model_admin))
    return [path("<int:pk>/lapor/", view, name="complaints_case_lapor")]


# -- one case there --------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def lapor(request: HttpRequest, pk: int, *, model_admin: Any) -> HttpResponse:
    """The tracking id of a case and its status there, written down by hand."""
    case = desk_case(model_admin, request, pk)
    if request.method == "POST":
        form = LaporForm(request.POST)
        if form.is_valid():
            try:
                rules.link_to_lapor(
                    case_id=case.pk, by=request.user, at=timezone.now(), **form.cleaned_data
                )
            except Refusal as refusal:
                form.show(refusal)
            else:
                messages.success(request, _("Nomor dan status LAPOR! tercatat."))
                return redirect("admin:complaints_case_change", case.pk)
    else:
        known = {"lapor_id": case.lapor_id, "status": case.lapor_status}
        form = LaporForm(initial={**known, "seen": rules.last_event(case)})
    title = _("Nomor dan status LAPOR!")
    return _page(model_admin, request, "lapor", title, form, case=case, mall=case.mall)


# -- taking cases along ----------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
def export(request: HttpRequest, *, model_admin: Any) -> HttpResponse:
    """Which cases, and in what form; sent, it answers with the file."""
    at, mall = timezone.now(), desk_mall(request)
    if request.method == "POST":
        form = ExportForm(request.POST, mall=mall)
        if form.is_valid():
            try:
                return _package(request, mall, form.cleaned_data, at)
            except (Refusal, privacy.rules.Refusal) as refusal:
                form.show(refusal)
    else:
        today = mall.date_at(at)
        number = request.GET.get("nomor", "")[:20]
        dates = {"first": today - _USUAL_DAYS, "last": today}
        form = ExportForm(mall=mall, initial={"number": number} if number else dates)
    title = _("Ekspor pengaduan")
    most = {"cases": MOST_CASES, "named": MOST_WITH_IDENTITY}
    malls = desk_malls(request)
    return _page(model_admin, request, "export", title, form, mall=mall, malls=malls, most=most)


def _package(
    request: HttpRequest, mall: Mall, asked: dict[str, Any], at: dt.datetime
) -> FileResponse:
    """The file of the cases asked for; who reported goes along only once that is written down."""
    cases, name = _chosen(request.user, mall, asked)
    _refuse_too_much(cases, MOST_WITH_IDENTITY if asked["identity"] else MOST_CASES)
    who = _reveal(cases, asked["reason"], request.user, at) if asked["identity"] else None
    target: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - sent, then closed
    as_csv = request.POST.get("bentuk") == "csv"
    if as_csv:
        bridge.write_csv(target, _whole(cases), who=who)
    else:
        bridge.write_package(target, _whole(cases), mall=mall.slug, at=at, path_of=path_of, who=who)
    target.seek(0)
    kind = "text/csv; charset=utf-8" if as_csv else "application/zip"
    name = f"pengaduan-{name}.{'csv' if as_csv else 'zip'}"
    return FileResponse(target, as_attachment=True, filename=name, content_type=kind)


def _chosen(user: Any, mall: Mall, asked: dict[str, Any]) -> tuple[CaseQuerySet, str]:
    """The cases asked for among those the person sees, and what names them."""
    cases = Case.objects.visible_to(user).filter(mall=mall, erased_at=None)
    if not asked["confidential"]:
        cases = cases.filter(confidential=False)
    if asked["number"]:
        number = read_number(asked["number"])
        return cases.filter(number=number), number if number.isalnum() else ""
    first, last = asked["first"], asked["last"]
    start = dt.datetime.combine(first, dt.time(), mall.zone)
    end = dt.datetime.combine(last + dt.timedelta(days=1), dt.time(), mall.zone)
    cases = cases.filter(received_at__gte=start, received_at__lt=end)
    if asked["state"]:
        cases = cases.filter(state=asked["state"])
    if asked["agency"]:
        cases = cases.filter(agency=asked["agency"])
    return cases, f"{mall.slug}-{first}-{last}"


def _refuse_too_much(cases: CaseQuerySet, most: int) -> None:
    """Refuse nothing at all, and more than one download holds."""
    count = cases.count()
    if not count:
        raise Refusal("nothing_to_export")
    size = Attachment.objects.filter(case__in=cases, erased_at=None).aggregate(all=Sum("size"))
    if count > most or (size["all"] or 0) > MOST_BYTES:
        raise Refusal("export_too_large", cases=most, size=MOST_BYTES // 1_000_000)


@transaction.atomic
def _reveal(cases: CaseQuerySet, reason: str, user: Any, at: dt.datetime) -> dict[int, Any]:
    """Who reported, by case; who asked to stay anonymous stays so. All is written down, or none."""
    named = cases.filter(anonymous=False).order_by("pk").values_list("pk", flat=True)
    return {
        pk: rules.reveal_identity(case_id=pk, reason=reason, by=user, at=at) for pk in list(named)
    }


def _whole(cases: CaseQuerySet) -> Iterator[Case]:
    """The cases with what the reporter may read of them, a few at a time."""
    events = CaseEvent.objects.filter(visible_to_reporter=True).order_by("pk")
    files = Attachment.objects.filter(erased_at=None, event__visible_to_reporter=True)
    return (
        cases.select_related("mall", "agency", "service_type")
        .order_by("received_at", "pk")
        .prefetch_related(
            Prefetch("events", queryset=events, to_attr="shown_events"),
            Prefetch("attachments", queryset=files.order_by("pk"), to_attr="shown_files"),
        )
        .iterator(chunk_size=_AT_ONCE)
    )


# -- statuses back ---------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def import_statuses(request: HttpRequest, *, model_admin: Any) -> HttpResponse:
    """A table of statuses: first what it would do, then done."""
    at, mall = timezone.now(), desk_mall(request)
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form = StatusFileForm(*sent)
    page = partial(_page, model_admin, request, "import", _("Impor status LAPOR!"), form)
    malls, most = desk_malls(request), statuses.MOST_ROWS
    page = partial(page, mall=mall, malls=malls, most=most)
    if not (form.is_bound and form.is_valid()):
        return page()
    file, kept = form.cleaned_data["file"], form.cleaned_data["table"]
    data = file.read(statuses.MOST_BYTES + 1) if file else kept.encode()
    rows, errors = statuses.read(data)
    lines = statuses.compare(rows, mall=mall, by=request.user)
    new = [line for line in lines if line.outcome == statuses.NEW]
    if "terapkan" in request.POST and new:
        written, refused = statuses.write_down(lines, mall=mall, by=request.user, at=at)
        text = ngettext("%(n)d status tercatat.", "%(n)d status tercatat.", written)
        messages.success(request, text % {"n": written})
        if not refused:
            return redirect("admin:complaints_case_changelist")
        return page(refused=refused, status=409)
    looked = {"lines": lines, "new": len(new), "errors": errors, "looked": True}
    if new:
        looked["table"] = data.decode("utf-8-sig", "replace")
    return page(**looked, status=422 if errors and not lines else 200)


def _page(
    model_admin: Any,
    request: HttpRequest,
    name: str,
    title: str,
    form: Any,
    *,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    frame = model_admin.admin_site.each_context(request)
    status = 422 if form.errors and status == 200 else status
    context = {**frame, "title": title, "form": form, **context}
    return render(request, f"complaints/desk/{name}.html", context, status=status)
