"""What happened, to read: visits, tickets with their log, windows, queue days, counter sessions.

Contacts are masked and the token is never shown. A NIK is opened with a reason, once, on its own
page; the look is written down.
"""

import datetime as dt
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

import privacy.rules
from privacy.identity import mask_email, mask_nik, mask_phone
from queueing.models import (
    CounterSession,
    Queue,
    QueueDay,
    Ticket,
    TicketEvent,
    Visit,
    Window,
)
from services import permissions
from services.scoped_admin import ScopedAdmin, ScopedInline

KINDS = {
    "issued": _("nomor diambil"),
    "printed": _("karcis tercetak"),
    "print_expired": _("karcis tidak tercetak"),
    "revived": _("karcis dihidupkan"),
    "checked_in": _("lapor hadir"),
    "prioritised": _("diberi prioritas"),
    "reprinted": _("dicetak ulang"),
    "service_changed": _("layanan diganti"),
    "paper": _("dicatat dari kertas"),
    "called": _("dipanggil"),
    "recalled": _("dipanggil ulang"),
    "confirmed": _("dipastikan datang"),
    "started": _("mulai dilayani"),
    "ended": _("selesai dilayani"),
    "parked": _("ditunda"),
    "absent": _("tidak hadir saat dipanggil"),
    "returned": _("kembali ke antrean"),
    "transferred": _("dipindahkan"),
    "transferred_in": _("pindahan dari antrean lain"),
    "rescheduled": _("dijadwalkan ulang"),
    "displaced": _("dipindahkan mal"),
    "kept_expired": _("tempat yang disimpan dilepas"),
    "cancelled": _("dibatalkan"),
    "no_show": _("tidak datang"),
    "unserved": _("tidak sempat dilayani"),
    "closed": _("ditutup otomatis"),
    "undone": _("diurungkan"),
}


@admin.display(description=_("antrean"), ordering="queue")
def queue_name(row: Any) -> str:
    return str(row.queue)


@admin.display(description=_("loket"), ordering="counter")
def counter_name(row: Any) -> str:
    return str(row.counter or "–")


@admin.display(description=_("petugas"), ordering="officer")
def officer_name(row: Any) -> str:
    return str(row.officer or "–")


class ReadOnly:
    """Rows that the rules write: nothing is added, changed or deleted here."""

    view_permission = change_permission = permissions.SEE_QUEUE

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class RecordAdmin(ReadOnly, ScopedAdmin):
    show_full_result_count = False
    list_per_page = 50


class RecordInline(ReadOnly, ScopedInline):
    can_delete = False
    hide_title = True


class DayFilter(admin.SimpleListFilter):
    """The records of today; of a week or of all days only when asked for."""

    title = _("hari")
    parameter_name = "hari"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("pekan", _("7 hari terakhir")), ("depan", _("mendatang")), ("semua", _("semua"))]

    def choices(self, changelist: Any):
        everything, *others = super().choices(changelist)
        yield {**everything, "display": _("hari ini")}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        today = timezone.localdate()
        if self.value() == "semua":
            return queryset
        if self.value() == "depan":
            return queryset.filter(date__gt=today)
        first = today - dt.timedelta(days=6) if self.value() == "pekan" else today
        return queryset.filter(date__range=(first, today))


class QueueFilter(admin.SimpleListFilter):
    """The queues of the person's office: from the queues, not from every record ever written."""

    title = _("antrean")
    parameter_name = "antrean"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        agencies = permissions.agencies_for(request.user, model_admin.view_permission)
        queues = Queue.objects.filter(agency__in=agencies).order_by("mall", "prefix")
        return [(str(queue.pk), str(queue)) for queue in queues]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        known = {value for value, _name in self.lookup_choices}
        return queryset.filter(queue=self.value()) if self.value() in known else queryset


class EventInline(RecordInline):
    model = TicketEvent
    fields = readonly_fields = ["at", "what", officer_name, counter_name, "note"]
    ordering = ["pk"]
    verbose_name_plural = _("riwayat")

    def get_queryset(self, request: HttpRequest) -> QuerySet[TicketEvent]:
        return super().get_queryset(request).select_related("officer", "counter", "ticket")

    @admin.display(description=_("kejadian"))
    def what(self, event: TicketEvent) -> str:
        return str(KINDS.get(event.kind, event.kind))


class TicketInline(RecordInline):
    model = Ticket
    fields = readonly_fields = ["label", "service_type", "queue", "state", "counter", "outcome"]
    ordering = ["number"]
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ticket]:
        return super().get_queryset(request).select_related("service_type", "queue", "counter")


@admin.register(Visit)
class VisitAdmin(RecordAdmin):
    """Whole-mall offices see visits. No search by name here: it would stand in the address."""

    mall_path = "mall"
    list_display = ["short_code", "date", "name", "masked_phone", "channel", "checked_in_at"]
    list_filter = [DayFilter, "channel", "priority"]
    search_fields = ["=short_code", "=tickets__label"]
    search_help_text = _("Kode kunjungan atau nomor. Mencari nama: di meja depan.")
    ordering = ["-pk"]
    fields = readonly_fields = [
        "short_code",
        "mall",
        "date",
        "name",
        "masked_phone",
        "masked_email",
        "masked_nik",
        "priority",
        "priority_reason",
        "accommodation",
        "language",
        "channel",
        "created_at",
        "checked_in_at",
        "erased_at",
    ]
    inlines = [TicketInline]
    actions_detail = ["reveal_nik"]

    @admin.display(description=_("telepon"))
    def masked_phone(self, visit: Visit) -> str:
        return mask_phone(visit.phone or "") or "–"

    @admin.display(description=_("surel"))
    def masked_email(self, visit: Visit) -> str:
        return mask_email(visit.email) if visit.email else "–"

    @admin.display(description=_("NIK"))
    def masked_nik(self, visit: Visit) -> str:
        return mask_nik(visit.nik or "") or "–"

    def has_reveal_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.is_staff and permissions.holds_a_mall(request.user, permissions.REVEAL)

    @action(description=_("Lihat NIK"), url_path="nik", icon="visibility", permissions=["reveal"])
    def reveal_nik(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for the reason; write the look down; show the NIK once."""
        visit = self.get_object(request, object_id)
        if visit is None:
            raise Http404
        if not self.covers(request.user, permissions.REVEAL, visit):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": _("Lihat NIK"),
            "visit": visit,
            "masked": mask_nik(visit.nik or ""),
        }
        status = 200
        if request.method == "POST" and visit.nik:
            try:
                privacy.rules.reveal(
                    user=request.user,
                    subject="queueing.Visit.nik",
                    reference=f"{visit.date} {visit.short_code}",
                    reason=request.POST.get("reason", ""),
                    at=timezone.now(),
                )
            except privacy.rules.Refusal as refusal:
                context["error"], status = refusal.message, refusal.status
            else:
                context["nik"] = visit.nik
        return render(request, "queueing/desk/reveal.html", context, status=status)


@admin.register(Ticket)
class TicketAdmin(RecordAdmin):
    agency_path = "queue__agency"
    mall_path = "mall"
    list_display = [
        "label",
        "date",
        "service_type",
        "queue",
        "state",
        "priority",
        "counter",
        "arrived",
        "called",
    ]
    list_filter = [DayFilter, QueueFilter, "state", "priority", "walk_in", "outcome", "flagged"]
    list_select_related = ["service_type", "queue", "counter"]
    search_fields = ["=label", "=visit__short_code"]
    search_help_text = _("Nomor (C 037) atau kode kunjungan.")
    ordering = ["-pk"]
    fields = readonly_fields = [
        "label",
        "visit_code",
        "date",
        "service_type",
        "queue",
        "window_span",
        "state",
        "seat_kind",
        "walk_in",
        "priority",
        "counter",
        "officer",
        "booked_at",
        "checked_in_at",
        "called_at",
        "started_at",
        "ended_at",
        "recalls",
        "returns",
        "outcome",
        "collect_on",
        "parked_reason",
        "flagged",
    ]
    inlines = [EventInline]

    @admin.display(description=_("lapor hadir"), ordering="checked_in_at")
    def arrived(self, ticket: Ticket) -> str:
        return _clock(ticket.checked_in_at)

    @admin.display(description=_("dipanggil"), ordering="called_at")
    def called(self, ticket: Ticket) -> str:
        return _clock(ticket.called_at)

    @admin.display(description=_("jendela"))
    def window_span(self, ticket: Ticket) -> str:
        window = ticket.window
        return f"{_clock(window.starts_at)}–{_clock(window.ends_at)}" if window else "–"

    @admin.display(description=_("kursi"))
    def seat_kind(self, ticket: Ticket) -> str:
        return ticket.get_seat_display()

    @admin.display(description=_("kunjungan"))
    def visit_code(self, ticket: Ticket) -> str:
        return str(ticket.visit)


class OfAQueue(RecordAdmin):
    """Records of a queue, by its agency and mall."""

    agency_path = "queue__agency"
    mall_path = "queue__mall"
    list_filter = [DayFilter, QueueFilter]
    list_select_related = ["queue"]
    search_fields = ["=queue__prefix", "queue__name"]


@admin.register(Window)
class WindowAdmin(OfAQueue):
    list_display = fields = readonly_fields = [
        queue_name,
        "date",
        "starts_at",
        "ends_at",
        "seats",
        "taken",
        "online_seats",
        "taken_online",
        "issued",
    ]
    ordering = ["-date", "queue", "starts_at"]


@admin.register(QueueDay)
class QueueDayAdmin(OfAQueue):
    list_display = fields = readonly_fields = [
        queue_name,
        "date",
        "last_ticket_at",
        "paused_reason",
        "paused_at",
        "expected_back_at",
        "closed_at",
    ]
    ordering = ["-date", "queue"]


@admin.register(CounterSession)
class CounterSessionAdmin(RecordAdmin):
    mall_path = "counter__mall"
    list_display = fields = readonly_fields = [
        counter_name,
        officer_name,
        "date",
        "opened_at",
        "closed_at",
    ]
    list_filter = [DayFilter]
    list_select_related = ["counter", "officer"]
    search_fields = ["=counter__number", "officer__username"]
    ordering = ["-pk"]


def _clock(moment: dt.datetime | None) -> str:
    return f"{timezone.localtime(moment):%H.%M}" if moment else "–"
