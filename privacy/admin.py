"""The reveal log, to read."""

from django.contrib import admin
from unfold.admin import ModelAdmin

from privacy.models import RevealLog


@admin.register(RevealLog)
class RevealLogAdmin(ModelAdmin):
    list_display = ["at", "user", "subject", "reference", "reason"]
    list_filter = ["subject"]
    list_select_related = ["user"]
    search_fields = ["=reference", "user__username"]
    date_hierarchy = "at"
    ordering = ["-at"]

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
