"""The history of changes as a list to read, each row to those whose office covers what it is of."""

from typing import Any

from auditlog.models import LogEntry
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from mpp_portal import history
from mpp_portal.messaging import outbox  # noqa: F401  (the outbox registers itself)
from services.scoped_admin import RelatedRowsFilter

LOOKS = {"ok": "success", "wait": "info", "skip": "danger"}  # of the house, and of Unfold
admin.site.unregister(LogEntry)


class KindFilter(admin.SimpleListFilter):
    """The kinds of rows whose changes are kept; not those nobody in this office may see."""

    title = _("jenis data")
    parameter_name = "jenis"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        seen = set(
            history.visible_to(request.user)
            .order_by()
            .values_list("content_type", flat=True)
            .distinct()
        )
        kinds = ContentType.objects.get_for_models(*(t.model for t in history.TRACKED))
        return [
            (kind.model, str(model._meta.verbose_name).capitalize())
            for model, kind in kinds.items()
            if kind.pk in seen
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        known = {value for value, _label in self.lookup_choices}
        return (
            queryset.filter(content_type__model=self.value()) if self.value() in known else queryset
        )


class ActFilter(admin.SimpleListFilter):
    title = _("perubahan")
    parameter_name = "perubahan"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(value), str(words)) for value, (_look, words) in history.ACTS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        value = self.value()
        return queryset.filter(action=int(value)) if value in {"0", "1", "2"} else queryset


@admin.register(LogEntry)
class ChangeAdmin(ModelAdmin):
    """Recent changes; the one of a row stands on its page behind "Riwayat"."""

    list_display = ["when", "who", "kind", "row", "act", "what"]
    list_display_links = None
    list_filter = [KindFilter, ActFilter, ("actor", RelatedRowsFilter)]
    date_hierarchy = "timestamp"
    search_fields = ["object_repr", "actor__username"]
    search_help_text = _("Nama data atau nama akun.")
    ordering = ["-timestamp", "-pk"]
    list_per_page = 50
    show_full_result_count = False
    fields = readonly_fields = ["when", "who", "kind", "row", "act", "what"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[LogEntry]:
        return history.visible_to(request.user).order_by(*self.ordering)

    @admin.display(description=_("saat"), ordering="timestamp")
    def when(self, entry: LogEntry) -> Any:
        return entry.timestamp

    @admin.display(description=_("oleh"), ordering="actor")
    def who(self, entry: LogEntry) -> str:
        return str(entry.actor or _("sistem"))

    @admin.display(description=_("jenis data"))
    def kind(self, entry: LogEntry) -> str:
        model = entry.content_type.model_class()
        return str(model._meta.verbose_name if model else entry.content_type.model)

    @admin.display(description=_("data"), ordering="object_repr")
    def row(self, entry: LogEntry) -> str | SafeString:
        if entry.action == LogEntry.Action.DELETE:
            return entry.object_repr
        kind = entry.content_type
        try:
            address = reverse(
                f"admin:{kind.app_label}_{kind.model}_history", args=[entry.object_id]
            )
        except NoReverseMatch:  # a row on the page of another
            return entry.object_repr
        look = "text-primary-600 underline dark:text-primary-300"
        return format_html('<a class="{}" href="{}">{}</a>', look, address, entry.object_repr)

    @display(description=_("perubahan"), label={look: look for look in LOOKS.values()})
    def act(self, entry: LogEntry) -> tuple[str, Any]:
        look, words = history.ACTS.get(entry.action, ("wait", "–"))
        return LOOKS[look], words

    @admin.display(description=_("dari dan menjadi"))
    def what(self, entry: LogEntry) -> SafeString:
        changes = history.changes(entry) if entry.action == LogEntry.Action.UPDATE else []
        return render_to_string("mpp_portal/_what.html", {"changes": changes})

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_staff and history.may_read(request.user)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
