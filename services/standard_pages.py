"""Pages of the admin for versions of standards: draft the next, compare, approve with its date."""

import datetime as dt
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from services import changes, rules, versions
from services.models import ServiceStandard, ServiceType
from services.refusals import Refusal


class ApproveForm(forms.Form):
    """From when the version holds."""

    valid_from = forms.DateField(
        label=_("Berlaku mulai"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


def new_version(request: HttpRequest, service: ServiceType) -> HttpResponse:
    """Ask once, then draft the next version; the caller has checked who may."""
    at = timezone.now()
    latest = service.standards.order_by("-version").first()
    if request.method == "POST":
        try:
            draft = rules.new_version(service=service, at=at)
        except Refusal as refusal:
            messages.error(request, refusal.message)
            return redirect("admin:services_servicetype_change", service.pk)
        text = _("Versi %(version)d dibuat. Ubah isinya, lalu bandingkan dan sahkan.")
        messages.success(request, text % {"version": draft.version})
        return redirect("admin:services_servicestandard_change", draft.pk)
    waiting = latest if latest and latest.approved_at is None else None
    return _page(
        request,
        "services/staff/new_version.html",
        _("Versi baru"),
        service=service,
        latest=latest,
        waiting=waiting,
    )


def compare(request: HttpRequest, standard: ServiceStandard, *, may_approve: bool) -> HttpResponse:
    """What a version changes; for a draft, the date and the button that approve it."""
    at = timezone.now()
    today = standard.service_type.agency.mall.date_at(at)
    form = None
    if may_approve and standard.approved_at is None:
        first = {"valid_from": max(standard.valid_from, today)}
        form = ApproveForm(request.POST or None, initial=first)
    if form and request.method == "POST" and form.is_valid():
        try:
            rules.approve_standard(standard=standard, by=request.user, at=at, **form.cleaned_data)
        except Refusal as refusal:
            form.add_error("valid_from", refusal.message)
        else:
            messages.success(request, _said(form.cleaned_data["valid_from"], today))
            return redirect("admin:services_servicestandard_compare", object_id=standard.pk)
    other = versions.compared_with(standard, today)
    shown = versions.with_standing(ServiceStandard.objects.filter(pk=standard.pk), at).get()
    return _page(
        request,
        "services/staff/compare.html",
        _("Bandingkan versi"),
        status=422 if form and form.errors else 200,
        standard=standard,
        service=standard.service_type,
        look=_LOOKS[shown.standing],
        standing=versions.standing_in_words(shown)[1],
        other=other,
        changes=changes.compare(other, standard),
        empty=changes.empty_parts(standard) if form else [],
        form=form,
    )


_LOOKS = {"draft": "call", "coming": "wait", "holds": "ok", "replaced": "skip"}


def _said(valid_from: dt.date, today: dt.date) -> Any:
    if valid_from <= today:
        return _("Versi disahkan dan berlaku sekarang.")
    return _("Versi disahkan. Sampai tanggal itu versi sekarang tetap berlaku.")


def _page(
    request: HttpRequest, template: str, title: Any, *, status: int = 200, **context: Any
) -> HttpResponse:
    context = {**admin.site.each_context(request), "title": title, **context}
    return render(request, template, context, status=status)
