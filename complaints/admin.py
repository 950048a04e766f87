"""Cases for the staff to read: the desk sees its mall's, a liaison the agency's own."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from complaints.models import Case, CaseEvent
from services import permissions
from services.scoped_admin import RelatedRowsFilter, ScopedAdmin, ScopedInline

# Who reported and who is complained about: for the desk alone.
IDENTITY = ["name", "phone", "email", "ticket_public_id", "about_person", "merged_into"]
REPORT = [
    "number",
    "kind",
    "state",
    "subject",
    "text",
    "mall",
    "agency",
    "service_type",
    "anonymous",
    "confidential",
    "channel",
    "language",
    "received_at",
    "counted_from",
    "first_answer_due_on",
    "promise",
    "level",
    "level_days",
    "completion_due_on",
    "waiting_since",
    "waited_days",
    "first_answered_at",
    "closes_on",
    "rating",
    "closed_at",
    "erased_at",
]


class ReadOnly:
    """Cases change by their rules only."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class CaseEventInline(ReadOnly, ScopedInline):
    model = CaseEvent
    view_permission = change_permission = permissions.HANDLE_CASES
    fields = ["at", "kind", "by", "note", "visible_to_reporter"]
    ordering = ["pk"]
    hide_title = True

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("by")


@admin.register(Case)
class CaseAdmin(ReadOnly, ScopedAdmin):
    view_permission = change_permission = permissions.HANDLE_CASES
    agency_path = "agency"
    mall_path = "mall"
    list_display = [
        "number",
        "received_at",
        "kind",
        "state",
        "first_answer_due_on",
        "completion_due_on",
        "agency",
        "channel",
        "anonymous",
        "confidential",
    ]
    list_filter = [
        "state",
        "kind",
        "level",
        ("agency", RelatedRowsFilter),
        "channel",
        "confidential",
    ]
    list_select_related = ["agency"]
    search_fields = ["=number"]
    ordering = ["-received_at"]
    inlines = [CaseEventInline]

    def rows_for(self, user, *held):
        if user.is_active and user.is_superuser:
            return Case.objects.all()
        return Case.objects.visible_to(user)

    def covers(self, user, permission, row):
        if row.about_person_id == user.pk:
            return False
        if permissions.can(user, permissions.HANDLE_ALL_CASES, mall=row.mall):
            return True
        return (
            not row.confidential
            and row.agency is not None
            and permissions.can(user, permission, agency=row.agency)
        )

    def get_fields(self, request, obj=None):
        """Who reported is for the desk; the agency reported on never sees it."""
        desk = obj is not None and permissions.can(
            request.user, permissions.HANDLE_ALL_CASES, mall=obj.mall
        )
        return [*REPORT, *IDENTITY] if desk else REPORT
