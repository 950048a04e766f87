"""The catalogue, hours and officers in the admin, within the reach of each person's office."""

from typing import Any

from django.contrib import admin, messages
from django.db import models
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from modeltranslation.admin import TranslationAdmin
from unfold.decorators import action

from accounts.models import User
from services import permissions, rules, standard_pages
from services.catalogue_admin import CatalogueAdminMixin
from services.lines_field import ListsByLine
from services.mall_form import MallForm
from services.models import (
    Agency,
    Closure,
    Holiday,
    Mall,
    Officer,
    OpeningHours,
    Paper,
    ServiceStandard,
    ServiceType,
)
from services.scoped_admin import RelatedRowsFilter, ScopedAdmin, ScopedInline
from services.standard_admin import ServiceStandardAdmin


@admin.register(Mall)
class MallAdmin(ScopedAdmin, TranslationAdmin):
    view_permission = change_permission = permissions.ARRANGE
    mall_path = "pk"
    list_display = ["name", "regency", "slug", "active", "rehearsal"]
    list_filter = ["active", "rehearsal"]
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
    actions_detail = ["new_version"]

    @action(description=_("Buat versi baru"), url_path="versi-baru", icon="post_add")
    def new_version(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return standard_pages.new_version(request, self.changeable(request, object_id))


admin.site.register(ServiceStandard, ServiceStandardAdmin)


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
    search_fields = ["reason", "agency__name"]
    date_hierarchy = "first_date"
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
    date_hierarchy = "date"
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

    def choices_for(self, model: type[models.Model], request: HttpRequest) -> QuerySet | None:
        """Accounts without an office yet, and those with one in the person's own malls."""
        if model is not User or request.user.is_superuser:
            return super().choices_for(model, request)
        malls = permissions.malls_for(request.user, self.change_permission)
        mine = Q(pk__in=Officer.objects.filter(mall__in=malls).values("user"))
        free = ~Q(pk__in=Officer.objects.values("user"))
        return User.objects.filter(mine | free, is_active=True, is_superuser=False)

    actions_detail = ["second_factor"]

    @action(
        description=_("Atur ulang dua langkah"),
        url_path="dua-langkah",
        icon="phonelink_lock",
    )
    def second_factor(self, request: HttpRequest, object_id: str) -> HttpResponse:
        office = get_object_or_404(self.get_queryset(request), pk=object_id)
        return redirect("reset_second_factor", office.user_id)
