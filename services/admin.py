"""The catalogue, hours and officers in the admin, within the reach of each person's office."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from modeltranslation.admin import TranslationAdmin
from unfold.widgets import UnfoldAdminTextareaWidget

from services import permissions, rules
from services.catalogue_admin import CatalogueAdminMixin
from services.mall_form import MallForm
from services.models import (
    Agency,
    Closure,
    Fee,
    Holiday,
    Mall,
    Officer,
    OpeningHours,
    Paper,
    ServiceStandard,
    ServiceType,
)
from services.refusals import Refusal
from services.scoped_admin import RelatedRowsFilter, ScopedAdmin, ScopedInline


class LinesField(forms.CharField):
    """A list written one entry per line, so that an entry may hold commas."""

    widget = UnfoldAdminTextareaWidget

    def __init__(self, *, entry_length: int, **kwargs: Any) -> None:
        self.entry_length = entry_length
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        lines = [line.strip() for line in (super().to_python(value) or "").splitlines()]
        for line in lines:
            if len(line) > self.entry_length:
                raise ValidationError(
                    _("Satu baris paling panjang %(limit)d huruf.") % {"limit": self.entry_length}
                )
        return [line for line in lines if line]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return list(initial or []) != self.to_python(data)


class ListsByLine:
    """Show array columns as text with one entry per line; `hints` say more about some of them."""

    hints: ClassVar[dict[str, Any]] = {}

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **kwargs: Any):
        if isinstance(db_field, ArrayField):
            return LinesField(
                entry_length=db_field.base_field.max_length,
                required=not db_field.blank,
                label=db_field.verbose_name,
                help_text=self.hints.get(db_field.name, _("Satu per baris.")),
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)


@admin.register(Mall)
class MallAdmin(ScopedAdmin, TranslationAdmin):
    view_permission = change_permission = permissions.ARRANGE
    mall_path = "pk"
    list_display = ["name", "regency", "slug", "active", "rehearsal"]
    search_fields = ["name", "regency", "slug"]
    ordering = ["name"]
    actions = ["load_holidays"]
    form = MallForm
    readonly_fields = ["citizens_page"]
    fieldsets = [
        (None, {"fields": ["name", "regency", "province", "slug", "time_zone", "active"]}),
        (
            _("Tampilan"),
            {
                "fields": [
                    "citizens_page",
                    "primary_colour",
                    "accent_colour",
                    "logo",
                    "greeting",
                    "hero",
                ]
            },
        ),
        (
            _("Kunjungan"),
            {
                "fields": [
                    "address",
                    "map_url",
                    "phone",
                    "email",
                    "facilities",
                    "sign_language_days",
                ]
            },
        ),
        (_("Latihan"), {"fields": ["rehearsal"]}),
    ]

    @admin.display(description=_("halaman warga"))
    def citizens_page(self, mall: Mall) -> str:
        if not mall.pk:
            return _("Ada setelah disimpan.")
        return format_html(
            '<a class="text-primary-600 underline dark:text-primary-300" href="{}">{}</a>',
            reverse("queueing:home", args=[mall.slug]),
            _("Lihat halaman warga"),
        )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_active and request.user.is_superuser

    @admin.action(description=_("Muat hari libur tahun ini dan tahun depan"))
    def load_holidays(self, request: HttpRequest, queryset: QuerySet[Mall]) -> None:
        at = timezone.now()
        for mall in queryset:
            year = mall.date_at(at).year
            new = sum(rules.load_holidays(mall=mall, year=y, at=at) for y in (year, year + 1))
            messages.success(
                request, _("%(mall)s: %(new)d hari libur baru.") % {"mall": mall, "new": new}
            )


@admin.register(Agency)
class AgencyAdmin(ScopedAdmin):
    view_permission = change_permission = permissions.EDIT_CATALOGUE
    agency_path = "pk"
    mall_path = "mall"
    list_display = ["name", "code", "kind", "mall", "active"]
    list_filter = [("mall", RelatedRowsFilter), "kind", "active"]
    list_select_related = ["mall"]
    search_fields = ["name", "code"]
    ordering = ["name"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_staff and permissions.holds_a_mall(
            request.user, self.change_permission
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """What the mall and the agency agreed on is not the agency's alone to change."""
        if permissions.holds_a_mall(request.user, self.change_permission):
            return []
        return ["mall", "code", "kind", "agreed_days", "agreed_desks", "active"]


class StandardInline(ScopedInline):
    view_permission = change_permission = permissions.EDIT_CATALOGUE
    model = ServiceStandard
    fields = readonly_fields = [
        "version",
        "valid_from",
        "counter_minutes",
        "processing_days",
        "approved_at",
    ]
    ordering = ["-version"]
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class FeeInline(ScopedInline):
    """Fees of a version; like the rest of it, fixed once it is approved."""

    view_permission = change_permission = permissions.EDIT_CATALOGUE
    model = Fee

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_add_permission(request, obj) and _is_draft(obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and _is_draft(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)


def _is_draft(standard: ServiceStandard | None) -> bool:
    return standard is None or standard.approved_at is None


@admin.register(ServiceType)
class ServiceTypeAdmin(CatalogueAdminMixin, ListsByLine, ScopedAdmin, TranslationAdmin):
    view_permission = change_permission = permissions.EDIT_CATALOGUE
    agency_path = "agency"
    mall_path = "agency__mall"
    list_display = ["name", "code", "agency", "booking_mode", "active"]
    list_filter = [("agency", RelatedRowsFilter), "booking_mode", "needs_nik", "theme", "active"]
    list_select_related = ["agency"]
    search_fields = ["name_ind", "name_en", "code", "agency__name"]
    ordering = ["agency__code", "code"]
    inlines = [StandardInline]


@admin.register(ServiceStandard)
class ServiceStandardAdmin(ListsByLine, ScopedAdmin):
    """Versions are drafted and approved here; an approved one is never changed again."""

    view_permission = change_permission = permissions.EDIT_CATALOGUE
    agency_path = "service_type__agency"
    mall_path = "service_type__agency__mall"
    list_display = ["service_type", "agency", "version", "valid_from", "approved_at"]
    list_filter = [
        ("service_type__agency", RelatedRowsFilter),
        ("approved_at", admin.EmptyFieldListFilter),
    ]
    list_select_related = ["service_type__agency"]
    search_fields = ["service_type__name_ind", "service_type__code"]
    ordering = ["service_type__code", "-version"]
    readonly_fields = ["version", "approved_at", "approved_by"]
    inlines = [FeeInline]
    actions = ["approve"]
    hints = {
        "requirements": _(
            "Satu berkas per baris: namanya, lalu sesudah titik dua bentuk dan jumlahnya. Contoh: "
            "KTP-el: asli, 1 fotokopi. Yang dikenal: asli, digital, asli atau digital, 1 fotokopi, "
            "2 lembar, bila ada. Warga diberi tahu cara mendapatkannya bila namanya ada di daftar "
            "berkas."
        )
    }

    @admin.display(description=_("instansi"), ordering="service_type__agency__name")
    def agency(self, standard: ServiceStandard) -> str:
        return str(standard.service_type.agency)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and _is_draft(obj)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
        else:
            rules.draft_standard(standard=obj)

    @admin.action(description=_("Sahkan versi terpilih"), permissions=["change"])
    def approve(self, request: HttpRequest, queryset: QuerySet[ServiceStandard]) -> None:
        at, approved = timezone.now(), 0
        for standard in queryset.select_related("service_type__agency"):
            if not self.covers(request.user, self.change_permission, standard):
                continue
            try:
                rules.approve_standard(standard=standard, by=request.user, at=at)
            except Refusal as refusal:
                messages.warning(request, f"{standard.service_type}: {refusal.message}")
            else:
                approved += 1
        messages.success(request, _("%(count)d versi disahkan.") % {"count": approved})


@admin.register(Paper)
class PaperAdmin(ScopedAdmin, TranslationAdmin):
    """What citizens are told about a paper that they do not have."""

    view_permission = change_permission = permissions.EDIT_CATALOGUE
    mall_path = "mall"
    deletable = True
    list_display = ["name", "where", "made_by", "mall"]
    list_filter = [("mall", RelatedRowsFilter), ("made_by", admin.EmptyFieldListFilter)]
    list_select_related = ["mall", "made_by"]
    search_fields = ["name_ind", "name_en", "where_ind", "made_by__name_ind"]
    ordering = ["name_ind"]


@admin.register(OpeningHours)
class OpeningHoursAdmin(ScopedAdmin):
    view_permission = change_permission = permissions.ARRANGE
    agency_path = "agency"
    mall_path = "mall"
    deletable = True
    list_display = [
        "mall",
        "agency",
        "weekday",
        "opens_at",
        "closes_at",
        "valid_from",
        "valid_to",
        "extra",
    ]
    list_filter = [("mall", RelatedRowsFilter), ("agency", RelatedRowsFilter), "weekday", "extra"]
    list_select_related = ["mall", "agency"]
    search_fields = ["note", "mall__name", "agency__name"]
    ordering = ["mall", "agency", "valid_from", "weekday", "opens_at"]


@admin.register(Closure)
class ClosureAdmin(ScopedAdmin):
    view_permission = change_permission = permissions.ARRANGE
    agency_path = "agency"
    mall_path = "mall"
    deletable = True
    list_display = ["reason", "mall", "agency", "first_date", "last_date"]
    list_filter = [("mall", RelatedRowsFilter), ("agency", RelatedRowsFilter)]
    list_select_related = ["mall", "agency"]
    search_fields = ["reason"]
    ordering = ["-first_date"]


@admin.register(Holiday)
class HolidayAdmin(ScopedAdmin):
    view_permission = change_permission = permissions.ARRANGE
    mall_path = "mall"
    deletable = True
    list_display = ["date", "name", "kind", "decree", "mall"]
    list_filter = [("mall", RelatedRowsFilter), "kind"]
    list_select_related = ["mall"]
    search_fields = ["name", "decree"]
    ordering = ["date"]


@admin.register(Officer)
class OfficerAdmin(ScopedAdmin):
    view_permission = change_permission = permissions.APPOINT
    agency_path = "agency"
    mall_path = "mall"
    deletable = True
    list_display = ["user", "role", "mall", "agency", "active"]
    list_filter = [("mall", RelatedRowsFilter), ("agency", RelatedRowsFilter), "role", "active"]
    list_select_related = ["user", "mall", "agency"]
    search_fields = ["user__username", "user__first_name", "user__last_name"]
    ordering = ["user__username", "role"]
