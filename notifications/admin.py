"""The outbox, to read: whom something reached and why not, without the words."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from notifications.channels.console import masked
from notifications.models import Message


@admin.register(Message)
class MessageAdmin(ModelAdmin):
    list_display = ["about", "kind", "channel", "masked_address", "state", "send_after", "sent_at"]
    list_filter = ["state", "kind", "channel", "rehearsal"]
    search_fields = ["=about"]
    ordering = ["-id"]
    show_full_result_count = False
    fields = [
        *["about", "kind", "channel", "masked_address", "language", "state", "attempts"],
        *["last_error", "send_after", "not_after", "created_at", "sent_at", "ended_at"],
        *["rehearsal", "erased_at"],
    ]

    @admin.display(description=_("alamat"))
    def masked_address(self, message):
        return masked(message.address or "")

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
