"""The desk writes down what came by another channel, and gets the answer to paste there."""

from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from complaints import channels, drafts, rules
from complaints.desk.door import desk_case, desk_mall, desk_malls
from complaints.entry_forms import EntryForm
from complaints.files import ACCEPTED, receiving
from complaints.models import Case
from complaints.refusals import Refusal
from complaints.rules import Entered
from services.models import Mall

TITLES: dict[str, str | Promise] = {
    drafts.RECEIVED: gettext_lazy("Laporan diterima"),
    drafts.ASKED: gettext_lazy("Ada pertanyaan"),
    drafts.ANSWERED: gettext_lazy("Laporan dijawab"),
}


def urls(model_admin: Any) -> list[URLPattern]:
    """The addresses under the admin of cases."""

    view = model_admin.admin_site.admin_view(partial(reply, model_admin=model_admin))
    return [path("<int:pk>/balasan/", view, name="complaints_case_reply")]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
def enter(request: HttpRequest, *, model_admin: Any) -> HttpResponse:
    """The form; sent, it answers with number and PIN, which are shown this once."""
    at, mall = timezone.now(), desk_mall(request)
    with timezone.override(mall.zone):
        if request.method != "POST":
            kept = request.GET.get("saluran", "")
            first = {"channel": kept if kept in channels.entered() else ""}
            return _form_page(model_admin, request, mall, EntryForm(mall=mall, initial=first))
        form = EntryForm(request.POST, mall=mall)
        if not form.is_valid():
            return _form_page(model_admin, request, mall, form, status=422)
        try:
            with receiving(request.FILES.getlist("files")) as files:
                entered = rules.enter_case(
                    mall=mall, by=request.user, at=at, files=files, **form.asked()
                )
        except Refusal as refusal:
            form.show(refusal)
            return _form_page(model_admin, request, mall, form, status=refusal.status)
        if entered.known:
            context = {"known": _link_to(model_admin, request, entered.case), "done": None}
            return _form_page(model_admin, request, mall, form, status=409, **context)
        done = _done(entered)
        if "lagi" not in request.POST:
            context = _frame(model_admin, request, _("Pengaduan tercatat"), mall=mall, **done)
            return render(request, "complaints/desk/entered.html", context, status=201)
        form = EntryForm(mall=mall, initial={"channel": entered.case.channel})
        return _form_page(model_admin, request, mall, form, status=201, done=done)


@never_cache
@require_safe
def reply(request: HttpRequest, pk: int, *, model_admin: Any) -> HttpResponse:
    """Answers to paste where the case came from, as it stands now."""
    case = desk_case(model_admin, request, pk)
    events = list(case.events.filter(visible_to_reporter=True).order_by("pk"))
    context = _frame(
        model_admin,
        request,
        _("Balasan untuk ditempel"),
        mall=case.mall,
        case=case,
        drafts=_shown(drafts.drafts(case, events, address=_followed_at())),
    )
    return render(request, "complaints/desk/reply.html", context)


def _done(entered: Entered) -> dict[str, Any]:
    case, pin = entered.case, f"{entered.pin[:3]} {entered.pin[3:]}"
    made = drafts.drafts(case, [], address=_followed_at(), pin=pin)
    return {"case": case, "pin": pin, "drafts": _shown(made)}


def _shown(made: list[drafts.Draft]) -> list[dict[str, Any]]:
    return [{"title": TITLES[one.about], "draft": one, "count": len(one.text)} for one in made]


def _followed_at() -> str:
    return settings.BASE_URL + reverse("complaints:lookup")


def _link_to(model_admin: Any, request: HttpRequest, case: Case) -> dict[str, Any]:
    """The known case, opened only by who may see it."""
    may = model_admin.has_view_permission(request, case)
    return {"case": case if may else None}


def _form_page(
    model_admin: Any,
    request: HttpRequest,
    mall: Mall,
    form: EntryForm,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    context = _frame(
        model_admin,
        request,
        _("Catat dari saluran lain"),
        mall=mall,
        malls=desk_malls(request),
        form=form,
        accepted=ACCEPTED,
        **more,
    )
    return render(request, "complaints/desk/entry.html", context, status=status)


def _frame(model_admin: Any, request: HttpRequest, title: str, **context: Any) -> dict[str, Any]:
    return {**model_admin.admin_site.each_context(request), "title": title, **context}
