"""Finding a ticket again: by its short code and a code to the contact, or by a message with it."""

from typing import Any

from django.conf import settings
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.addresses import client_address
from queueing import rules
from queueing.find_forms import FiguresForm, ShortCodeForm
from queueing.forms import Draft
from queueing.refusals import Refusal
from queueing.views.mall import remember
from services.models import Mall
from services.views import in_mall


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@never_cache
@in_mall
def find_ticket(request: HttpRequest, mall: Mall) -> HttpResponse:
    """The short code, then the figures sent to the contact; the codes travel in POST fields."""
    if request.method != "POST":
        return _ask(request, mall, ShortCodeForm())
    form = ShortCodeForm(request.POST)
    if not form.is_valid():
        return _ask(request, mall, form)
    if request.POST.get("aksi") == "buka":
        return _open(request, mall, form.cleaned_data["kode"])
    return _send(request, mall, form.cleaned_data["kode"])


@require_POST
@sensitive_post_parameters()
@never_cache
@in_mall
def send_link(request: HttpRequest, mall: Mall, code: str) -> HttpResponse:
    """From the booking's last step: the link of the number there is, to the contact on file."""
    draft = Draft.read(request.POST, code)
    typed = {name: draft.who.get(name, "")[:254] for name in ("name", "phone", "email", "nik")}
    rules.send_link(
        mall=mall, wishes=draft.wishes, **typed, client=client_address(request), at=timezone.now()
    )
    return render(request, "queueing/link_sent.html", {"mall": mall})


def _send(request: HttpRequest, mall: Mall, short_code: str) -> HttpResponse:
    try:
        code = rules.send_code(
            mall=mall, short_code=short_code, client=client_address(request), at=timezone.now()
        )
    except Refusal as refusal:
        return _ask(request, mall, ShortCodeForm(initial={"kode": short_code}), refusal)
    page = {"form": FiguresForm()}
    if settings.DEMO and mall.rehearsal and not settings.PRODUCTION:
        page["rehearsed"] = code
    return _ask_figures(request, mall, short_code, page)


def _open(request: HttpRequest, mall: Mall, short_code: str) -> HttpResponse:
    form = FiguresForm(request.POST)
    if not form.is_valid():
        return _ask_figures(request, mall, short_code, {"form": form}, 422)
    try:
        visit = rules.open_with_code(
            mall=mall,
            short_code=short_code,
            code=form.cleaned_data["angka"],
            client=client_address(request),
            at=timezone.now(),
        )
    except Refusal as refusal:
        form.add_error("angka", refusal.message)
        return _ask_figures(request, mall, short_code, {"form": form}, refusal.status)
    response = redirect("queueing:ticket", visit.token)
    remember(request, response, visit)
    return response


def _ask(
    request: HttpRequest, mall: Mall, form: Form, refusal: Refusal | None = None
) -> HttpResponse:
    page = {"mall": mall, "form": form, "refusal": refusal}
    status = refusal.status if refusal else 422 if form.errors else 200
    return render(request, "queueing/find_ticket.html", page, status=status)


def _ask_figures(
    request: HttpRequest, mall: Mall, short_code: str, page: dict[str, Any], status: int = 200
) -> HttpResponse:
    page |= {"mall": mall, "short_code": short_code}
    return render(request, "queueing/find_code.html", page, status=status)
