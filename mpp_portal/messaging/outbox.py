"""The outbox in the admin: whom something reached and why not, without address and words.

A manager sees those of the own malls. What was given up stands first, and may be tried again.
"""

from typing import Any

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin
from unfold.decorators import display

from mpp_portal.messaging.names import CHANNELS, channel_name, rupiah
from notifications import rules
from notifications.channels.console import masked
from notifications.models import Message
from privacy.fields import Undecryptable
from services.models import Mall
from services.permissions import ARRANGE, holds_a_mall, malls_for, scope_ids

PARKED, EVERYTHING = "diparkir", "semua"
MOST = 10_000  # rows counted, shown page by page and tried again at once
LOOKS = {
    "due": "info",
    "claimed": "info",
    "sent": "success",
    "voided": "default",
    "expired": "warning",
    "failed": "danger",
}
REPORTS = {"delivered": "success", "read": "success", "undelivered": "danger"}
REASONS = {
    "capped": _("sudah cukup pesan untuk orang ini hari ini"),
    "worker_lost": _("pengirim terhenti berulang kali"),
    "undecryptable": _("alamat tidak terbaca"),
    "template": _("teksnya rusak"),
    "bad_address": _("alamat salah"),
    "timeout": _("penyedia tidak menjawab"),
    "unreachable": _("penyedia tidak terjangkau"),
    "disconnected": _("sambungan terputus"),
    "undelivered": _("tidak sampai"),
    "left": _("sedang dikirim"),
}


_GIVEN_UP = {"state": Message.State.FAILED, "erased_at": None, "ended_at__isnull": False}


def count_to(most: int, rows: QuerySet) -> int:
    """How many rows, but never counting further than `most`."""
    return rows.order_by().values("pk")[:most].count()


class NearPages(Paginator):
    """Pages of the newest rows: of millions, nobody waits for the number of the last page."""

    @cached_property
    def count(self) -> int:
        return count_to(MOST, self.object_list)  # type: ignore[arg-type]


class StateFilter(admin.SimpleListFilter):
    """Unasked, what was given up while its words are still there; all when there is none."""

    title = _("keadaan")
    parameter_name = "keadaan"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        given_up = model_admin.get_queryset(request).filter(**_GIVEN_UP)
        self.unasked = PARKED if given_up.exists() else EVERYTHING
        return [(PARKED, _("perlu dilihat")), (EVERYTHING, _("semua")), *Message.State.choices]

    def choices(self, changelist: Any) -> Any:
        _everything, *others = super().choices(changelist)
        for choice, (value, _words) in zip(others, self.lookup_choices, strict=True):
            yield {**choice, "selected": value == (self.value() or self.unasked)}

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        value = self.value() or self.unasked
        if value == PARKED:
            return queryset.filter(**_GIVEN_UP)
        return queryset if value not in Message.State.values else queryset.filter(state=value)


class ChannelFilter(admin.SimpleListFilter):
    title = _("saluran")
    parameter_name = "saluran"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(CHANNELS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(channel=self.value()) if self.value() in CHANNELS else queryset


class MallFilter(admin.SimpleListFilter):
    """The malls that the person manages."""

    title = _("mal")
    parameter_name = "mal"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        malls = malls_for(request.user, ARRANGE).order_by("name").values_list("slug", "name")
        return list(malls)

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() not in {slug for slug, _name in self.lookup_choices}:
            return queryset
        return queryset.filter(mall_id__in=Mall.objects.filter(slug=self.value()))


@admin.register(Message)
class MessageAdmin(ModelAdmin):
    list_display = [
        *["when", "kind", "way", "state_label", "tries", "why", "report_label"],
        *["price", "mall_name"],
    ]
    list_filter = [StateFilter, "kind", ChannelFilter, MallFilter, "rehearsal"]
    search_fields = ["about__exact"]
    search_help_text = _("Tanda tiket yang dimaksud, seluruhnya.")
    ordering = ["-id"]
    list_per_page = 50
    paginator = NearPages
    show_full_result_count = False
    actions = ["retry_chosen"]
    fields = readonly_fields = [
        *["about", "kind", "way", "masked_address", "language", "state_label", "tries"],
        *["why", "send_after", "not_after", "created_at", "sent_at", "ended_at"],
        *["report_label", "reported_at", "parts", "price", "mall_name", "rehearsal"],
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        """Without addresses: one that cannot be read would shut the whole list."""
        rows = super().get_queryset(request).defer("address", "routes", "context")
        names = Mall.objects.filter(pk=OuterRef("mall_id")).values("name")[:1]
        rows = rows.annotate(mall_called=Subquery(names))
        if request.user.is_superuser:
            return rows
        return rows.filter(mall_id__in=scope_ids(request.user, ARRANGE)[0])

    @admin.display(description=_("saat"), ordering="send_after")
    def when(self, message: Message) -> Any:
        return message.sent_at or message.send_after

    @admin.display(description=_("saluran"), ordering="channel")
    def way(self, message: Message) -> str:
        return str(channel_name(message.channel))

    @display(description=_("keadaan"), label={look: look for look in LOOKS.values()})
    def state_label(self, message: Message) -> tuple[str, str]:
        return LOOKS[message.state], message.get_state_display()

    @admin.display(description=_("percobaan"))
    def tries(self, message: Message) -> int:
        return message.attempts

    @admin.display(description=_("sebab"))
    def why(self, message: Message) -> str:
        return str(REASONS.get(message.last_error, message.last_error) or "–")

    @display(description=_("kabar"), label={look: look for look in REPORTS.values()})
    def report_label(self, message: Message) -> tuple[str, str] | None:
        if not message.report:
            return None
        return REPORTS[message.report], message.get_report_display()

    @admin.display(description=_("biaya"))
    def price(self, message: Message) -> str:
        return rupiah(message.cost) if message.cost else "–"

    @admin.display(description=_("mal"))
    def mall_name(self, message: Message) -> str:
        return message.mall_called or "–"  # type: ignore[attr-defined]

    @admin.display(description=_("alamat"))
    def masked_address(self, message: Message) -> str:
        try:
            address = message.address or ""
        except Undecryptable:
            return str(_("tidak terbaca"))
        return str(_("sebuah peramban")) if message.channel == "push" else masked(address)

    @admin.action(description=_("Coba kirim lagi"), permissions=["retry"])
    def retry_chosen(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        failed = queryset.filter(state=Message.State.FAILED)
        ids = list(failed.order_by("-pk").values_list("pk", flat=True)[:MOST])
        others = queryset.exclude(state=Message.State.FAILED)
        again = rules.retry(ids=ids, at=timezone.now())
        if again:
            text = ngettext(
                "%(count)d pesan dikirim lagi sebentar lagi.",
                "%(count)d pesan dikirim lagi sebentar lagi.",
                again,
            )
            messages.success(request, text % {"count": again})
        if left := len(ids) - again + count_to(MOST, others):
            text = ngettext(
                "%(count)d pesan tidak: tidak gagal, sudah terlambat, atau sudah dihapus.",
                "%(count)d pesan tidak: tidak gagal, sudah terlambat, atau sudah dihapus.",
                left,
            )
            messages.warning(request, text % {"count": left})

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return request.user.is_staff and holds_a_mall(request.user, ARRANGE)

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False
