"""Cases for the staff: the desk has its mall's, a liaison the agency's own; the mall's terms."""

import datetime as dt
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from complaints.codes import read_number
from complaints.desk import bridge, clocks, entry, files, pages, publishing, words
from complaints.desk.links import DeskLinks
from complaints.desk.lists import CaseList, ChannelFilter, StateFilter, WorkFilter
from complaints.models import USUAL_DAYS, Case, ServiceLevel
from services import permissions
from services.scoped_admin import RelatedRowsFilter, ScopedAdmin

TWO_LINES = '<span class="m-cell"><b>{}</b><small>{}</small></span>'
_FILTERED = {"kerja", "status", "saluran", "level", "agency", "confidential"}


@admin.register(Case)
class CaseAdmin(DeskLinks, ScopedAdmin):
    """Cases change by their rules only, on the page of `desk/pages.py`."""

    view_permission = change_permission = permissions.HANDLE_CASES
    agency_path = "agency"
    mall_path = "mall"
    change_list_template = "complaints/desk/list.html"
    list_display = ["shown_number", "due", "shown_state", "about", "where", "came_by"]
    list_filter = [
        WorkFilter,
        StateFilter,
        "level",
        ("agency", RelatedRowsFilter),
        ChannelFilter,
        "confidential",
    ]
    list_select_related = ["mall", "agency"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["=number", "=lapor_id"]
    search_help_text = _("Nomor pengaduan, atau nomor LAPOR!.")

    def get_urls(self):
        own = [*pages.urls(self), *files.urls(self), *publishing.urls(self)]
        own += [*entry.urls(self), *bridge.urls(self)]
        return [*own, *super().get_urls()]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The page of the case; one that is out of reach is answered as in the whole admin.

        The form of the admin would show every field, so no other method reaches it.
        """
        if request.method not in {"GET", "HEAD", "POST"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        if request.method != "POST" and (case := self.get_object(request, object_id)):
            return pages.show(self, request, case.pk)
        return super().change_view(request, object_id, form_url, extra_context)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Only what the filters offer: by any other column one could guess at what is hidden."""
        offered = lookup.partition("__")[0] in _FILTERED
        return offered and super().lookup_allowed(lookup, value, request)

    def rows_for(self, user: Any, *held: str) -> QuerySet[Case]:
        related = ("mall", "agency", "service_type", "entered_by", "about_person", "merged_into")
        return clocks.with_due(Case.objects.visible_to(user)).select_related(*related)

    def covers(self, user: Any, permission: str, row: Case) -> bool:
        return Case.objects.visible_to(user).filter(pk=row.pk).exists()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[CaseList]:
        return CaseList

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        return clocks.LATEST_FIRST

    def get_search_results(self, request, queryset, search_term):
        """A number as people type it: with spaces, in small letters."""
        found, distinct = super().get_search_results(request, queryset, search_term)
        if search_term:
            found |= queryset.filter(number=read_number(search_term)[:20])
        return found, distinct

    @admin.display(description=_("nomor"), ordering="number")
    def shown_number(self, case: Case) -> str:
        number = f"{case.number[:4]} {case.number[4:]}"
        return format_html('<span class="m-cell m-cell--number">{}</span>', number)

    @admin.display(description=_("batas berikutnya"), ordering="next_due")
    def due(self, case: Any) -> str:
        clock = case.clock
        if clock is None:
            return "–"
        return format_html('<span class="m-state m-state--{}">{}</span>', clock.look, clock.words)

    @admin.display(description=_("status"), ordering="state")
    def shown_state(self, case: Case) -> Any:
        return words.state(case.state)

    @admin.display(description=_("perihal"))
    def about(self, case: Case) -> str:
        told = case.subject or case.text
        told = told if len(told) <= 60 else f"{told[:59]}…"
        flags = [str(word) for flag, word in words.FLAGS.items() if getattr(case, flag)]
        kind = " · ".join([case.get_level_display() or case.get_kind_display(), *flags])
        return format_html(TWO_LINES, told or "–", kind)

    @admin.display(description=_("instansi"), ordering="agency__name")
    def where(self, case: Case) -> str:
        return format_html(
            '<span class="m-cell">{}</span>', case.agency.name if case.agency else "–"
        )

    @admin.display(description=_("masuk"), ordering="received_at")
    def came_by(self, case: Case) -> str:
        on = case.mall.date_at(case.received_at)
        return format_html(TWO_LINES, f"{on:%d.%m.%Y}", case.channel_label)


class ServiceLevelForm(forms.ModelForm):
    """A term begins today or later: what was promised stays promised."""

    def clean_valid_from(self) -> dt.date:
        valid_from = self.cleaned_data["valid_from"]
        if valid_from < timezone.localdate():
            raise forms.ValidationError(
                _("Tanggal berlaku sudah lewat. Pilih hari ini atau sesudahnya.")
            )
        return valid_from


@admin.register(ServiceLevel)
class ServiceLevelAdmin(ScopedAdmin):
    """Within how many working days; a row whose day has come stays, and a new one is added."""

    view_permission = change_permission = permissions.HANDLE_ALL_CASES
    mall_path = "mall"
    deletable = True
    form = ServiceLevelForm
    list_before_template = "complaints/desk/_terms.html"
    fields = ["mall", "level", "days", "valid_from"]
    list_display = ["level", "days", "valid_from", "mall"]
    list_filter = ["level", ("mall", RelatedRowsFilter)]
    list_select_related = ["mall"]
    search_fields = ["mall__name"]
    ordering = ["level", "-valid_from"]

    def changelist_view(self, request, extra_context=None):
        usual = [(level.label, days) for level, days in USUAL_DAYS.items()]
        return super().changelist_view(request, {**(extra_context or {}), "usual": usual})

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (
            obj is None or obj.valid_from > timezone.localdate()
        )
