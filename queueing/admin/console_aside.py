"""Beside the console: the change of officers at a break, and the slip of what is missing."""

import datetime as dt
import secrets

from django import forms
from django.contrib import admin
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

import accounts.rules
from accounts import pins
from accounts.models import User
from queueing import refusals, rules
from queueing.admin.console import with_counter
from queueing.models import Counter, Ticket, TicketEvent
from services import papers
from services.permissions import CALL, agencies_for


class HandOverForm(forms.Form):
    """Who sits down now: the account and its PIN."""

    username = forms.CharField(
        label=_("Nama akun"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    pin = forms.CharField(
        label=_("PIN"),
        max_length=12,
        strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )


@admin.site.admin_view
@sensitive_post_parameters("pin")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@with_counter
def hand_over(request: HttpRequest, counter: Counter) -> HttpResponse:
    """The next officer sits down with a PIN: signed in, and the counter is theirs as it stands."""
    at = timezone.now()
    form = HandOverForm(request.POST or None)
    if form.is_valid():
        try:
            _sit_down(request, counter, form, at)
        except (accounts.rules.Refusal, refusals.Refusal) as refusal:
            form.add_error(None, str(refusal.message))
        else:
            return redirect("desks:counter", counter_id=counter.pk)
    context = {
        **admin.site.each_context(request),
        "title": _("Serah terima loket %(number)s") % {"number": counter.number},
        "counter": counter,
        "form": form,
    }
    status = 422 if form.errors else 200
    return render(request, "queueing/desk/hand_over.html", context, status=status)


def _sit_down(request: HttpRequest, counter: Counter, form: HandOverForm, at: dt.datetime) -> None:
    """Nobody is signed in anew unless they may sit there."""
    user: User = pins.user_by_pin(request=request, at=at, **form.cleaned_data)
    browser = secrets.token_hex(12)
    with transaction.atomic():
        rules.open_counter(
            counter_id=counter.pk, officer=user, at=at, browser=browser, take_over=True
        )
        pins.sign_in(request, user)
    request.session["desk_browser"] = browser


@admin.site.admin_view
@never_cache
@require_safe
@with_counter
def missing_slip(request: HttpRequest, counter: Counter, ticket_id: int) -> HttpResponse:
    """What is missing and where to get it, on 80 mm; before the end all that is asked for."""
    ticket = (
        Ticket.objects.filter(
            pk=ticket_id, mall=counter.mall, queue__agency__in=agencies_for(request.user, CALL)
        )
        .select_related("service_type__agency", "standard")
        .first()
    )
    if ticket is None:
        raise Http404
    context = {
        "counter": counter,
        "mall": counter.mall,
        "ticket": ticket,
        "papers": _asked(ticket, counter),
        "at": timezone.now(),
        "title": _("Berkas yang kurang"),
    }
    return render(request, "queueing/desk/console_slip.html", context)


def _asked(ticket: Ticket, counter: Counter) -> list[papers.Needed]:
    standard = ticket.standard
    if standard is None:
        return [papers.Needed(name=words) for words in _missing(ticket)]
    every = list(standard.requirements)
    if missing := _missing(ticket):
        # the log keeps 200 characters: the standard knows how a cut line goes on
        whole = [next((line for line in every if line.startswith(one)), one) for one in missing]
        standard.requirements = whole
    return papers.needed([standard], papers.asked_by([standard], counter.mall))


def _missing(ticket: Ticket) -> list[str]:
    if ticket.outcome != Ticket.Outcome.DOCUMENTS_MISSING:
        return []
    note = (
        TicketEvent.objects.filter(ticket=ticket, kind="ended")
        .order_by("-pk")
        .values_list("note", flat=True)
        .first()
    )
    return [part.strip() for part in (note or "").split(";") if part.strip()]
