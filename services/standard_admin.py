"""Versions of standards in the admin: drafted, compared, approved; then never changed again."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from services import permissions, rules, standard_pages, versions
from services.lines_field import ListsByLine
from services.models import Fee, ServiceStandard
from services.refusals import Refusal
from services.scoped_admin import RelatedRowsFilter, ScopedAdmin, ScopedInline


def is_draft(standard: ServiceStandard | None) -> bool:
    return standard is None or standard.approved_at is None


class FeeInline(ScopedInline):
    """Fees of a version; like the rest of it, fixed once it is approved."""

    view_permission = change_permission = permissions.EDIT_CATALOGUE
    model = Fee

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_add_permission(request, obj) and is_draft(obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and is_draft(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)


class ServiceStandardAdmin(ListsByLine, ScopedAdmin):
    """A draft may be thrown away; an approved version is only read."""

    view_permission = change_permission = permissions.EDIT_CATALOGUE
    agency_path = "service_type__agency"
    mall_path = "service_type__agency__mall"
    list_display = ["service_type", "agency", "version", "standing", "valid_from", "approved_by"]
    list_filter = [versions.StandingFilter, ("service_type__agency", RelatedRowsFilter)]
    list_select_related = ["service_type__agency", "approved_by"]
    date_hierarchy = "valid_from"
    search_fields = ["service_type__name_ind", "service_type__name_en", "=service_type__code"]
    search_help_text = _("Nama atau kode layanan.")
    ordering = ["service_type__agency__name", "service_type__code", "-version"]
    fieldsets = [
        (None, {"fields": ["service_type", "version", "valid_from", "approved_at", "approved_by"]}),
        (
            _("Yang dibaca warga"),
            {
                "fields": [
                    "requirements",
                    "procedure",
                    "counter_minutes",
                    "processing_days",
                    "product",
                    "complaint_handling",
                ]
            },
        ),
        (
            _("Di dalam instansi"),
            {
                "fields": [
                    "legal_basis",
                    "facilities",
                    "competence",
                    "internal_supervision",
                    "staff_count",
                    "service_guarantee",
                    "safety_guarantee",
                    "performance_evaluation",
                ]
            },
        ),
    ]
    readonly_fields = ["version", "approved_at", "approved_by"]
    inlines = [FeeInline]
    actions = ["approve"]
    actions_detail = ["compare", "new_version"]
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

    @display(
        description=_("keadaan"),
        label={look: look for look in versions.LOOKS.values()},
    )
    def standing(self, standard: ServiceStandard) -> tuple[str, str]:
        return versions.standing_in_words(standard)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ServiceStandard]:
        return versions.annotated_now(super().get_queryset(request))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and is_draft(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is not None and self.has_change_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*self.readonly_fields, *(["service_type"] if obj else [])]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
        else:
            rules.draft_standard(standard=obj)

    @action(description=_("Bandingkan dan sahkan"), url_path="bandingkan", icon="compare")
    def compare(self, request: HttpRequest, object_id: str) -> HttpResponse:
        standard = self.seen(request, object_id)
        may_approve = self.has_change_permission(request, standard)
        return standard_pages.compare(request, standard, may_approve=may_approve)

    @action(description=_("Buat versi baru"), url_path="versi-baru", icon="post_add")
    def new_version(self, request: HttpRequest, object_id: str) -> HttpResponse:
        standard = self.seen(request, object_id)
        return standard_pages.new_version(request, standard.service_type)

    @admin.action(description=_("Sahkan versi terpilih"), permissions=["change"])
    def approve(self, request: HttpRequest, queryset: QuerySet[ServiceStandard]) -> None:
        """One rule per row: what may not be approved says why, the others go through."""
        at, approved = timezone.now(), 0
        for standard in queryset.order_by("pk"):
            try:
                rules.approve_standard(standard=standard, by=request.user, at=at)
            except Refusal as refusal:
                messages.warning(request, f"{standard.service_type}: {refusal.message}")
            else:
                approved += 1
        messages.success(request, _("%(count)d versi disahkan.") % {"count": approved})
