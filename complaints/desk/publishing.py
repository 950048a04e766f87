"""Where the desk writes what the public may read of a case: the original beside the new words."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from complaints import rules
from complaints.models import Case, Publication
from complaints.redaction import Known, Piece, pieces, redacted
from complaints.refusals import Refusal
from complaints.rules import LONGEST_SUBJECT, LONGEST_TEXT
from complaints.workflow import Step, may
from services import permissions

_FIELDS: dict[str, tuple[str | Promise, int]] = {
    "subject": (gettext_lazy("Judul"), LONGEST_SUBJECT),
    "text": (gettext_lazy("Cerita"), LONGEST_TEXT),
    "answer": (gettext_lazy("Jawabannya"), LONGEST_TEXT),
}


class Row(NamedTuple):
    """One of the texts: as it was told, what a machine found in it, and the words for all."""

    name: str
    label: str | Promise
    original: list[Piece]
    typed: str
    longest: int
    error: str


def urls(model_admin: Any) -> list[URLPattern]:
    """The address under the admin of cases."""

    @never_cache
    @require_http_methods(["GET", "HEAD", "POST"])
    def write(request: HttpRequest, pk: int) -> HttpResponse:
        return publish_page(model_admin, request, pk)

    wrapped = model_admin.admin_site.admin_view(write)
    return [path("<int:pk>/terbitkan/", wrapped, name="complaints_case_publish")]


def publish_page(model_admin: Any, request: HttpRequest, pk: int) -> HttpResponse:
    """Show the words, look at them as the public would, publish them, or take them back."""
    seen_last = rules.last_event(Case(pk=pk))  # before the case: what happens between is noticed
    case = model_admin.seen(request, str(pk))
    if not permissions.can(request.user, permissions.HANDLE_ALL_CASES, mall=case.mall):
        raise PermissionDenied
    if request.method != "POST":
        return _page(model_admin, request, case, seen_last)
    typed = {name: request.POST.get(name, "").replace("\0", "") for name in _FIELDS}
    try:
        if "tarik" in request.POST:
            rules.unpublish(case_id=pk, by=request.user, at=timezone.now())
            messages.success(request, _("Ditarik dari halaman umum."))
        elif "terbitkan" in request.POST:
            rules.publish(
                case_id=pk,
                by=request.user,
                at=timezone.now(),
                read_over=request.POST.get("read_over") == "1",
                seen=_number(request.POST.get("seen", "")),
                **typed,
            )
            messages.success(request, _("Terbit di halaman pengaduan untuk umum."))
        else:
            return _page(model_admin, request, case, seen_last, typed=typed)
    except Refusal as refusal:
        return _page(model_admin, request, case, seen_last, typed=typed, refusal=refusal)
    return redirect("admin:complaints_case_publish", pk)


def _page(
    model_admin: Any,
    request: HttpRequest,
    case: Case,
    seen: int,
    *,
    typed: Mapping[str, str] | None = None,
    refusal: Refusal | None = None,
) -> HttpResponse:
    known = rules.names_known(case)
    told = Publication.objects.filter(case=case).select_related("published_by").first()
    original = _original(case)
    fields = refusal.fields if refusal else {}
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Terbitkan tanpa nama"),
        "case": case,
        "mall": case.mall,
        "possible": may(Step.PUBLISHED, case.state) and not case.erased_at,
        "publication": told,
        "shown": told is not None and told.withdrawn_at is None,
        "rows": _rows(original, known, typed or _start(original, known, told), fields),
        "refusal": refusal,
        "read_over_error": fields.get("read_over", ""),
        "preview": typed if typed and not refusal else None,
        "seen": seen,
    }
    status = refusal.status if refusal else 200
    return render(request, "complaints/desk/publish.html", context, status=status)


def _original(case: Case) -> dict[str, str]:
    """What was told, and the last answer."""
    answers = case.events.filter(kind=Step.ANSWERED, visible_to_reporter=True)
    answer = answers.order_by("-pk").values_list("note", flat=True).first()
    return {"subject": case.subject, "text": case.text, "answer": answer or ""}


def _start(
    original: Mapping[str, str], known: Known, told: Publication | None
) -> Mapping[str, str]:
    """The words to begin with: those published before, else what a machine has redacted."""
    if told is not None:
        return {name: getattr(told, name) for name in _FIELDS}
    return {name: redacted(text, known) for name, text in original.items()}


def _rows(
    original: Mapping[str, str], known: Known, typed: Mapping[str, str], errors: Mapping[str, str]
) -> list[Row]:
    return [
        Row(name, label, pieces(original[name], known), typed[name], longest, errors.get(name, ""))
        for name, (label, longest) in _FIELDS.items()
    ]


def _number(typed: str) -> int:
    return int(typed) if typed.isdecimal() and len(typed) < 19 else 0
