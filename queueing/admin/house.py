"""Queues, counters, hours and closures in the admin: a change is previewed, then rebuilds days."""

import datetime as dt
from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.forms import PaginationInlineFormSet

from queueing.admin import today
from queueing.admin.rearranging import OfAPlace, Rearranging
from queueing.models import (
    Counter,
    CounterAssignment,
    CounterSession,
    Queue,
    QueueClosure,
    QueueHours,
    QueueService,
)
from queueing.rules.displacing import OTHER_HOURS
from queueing.rules.sitting import assigned_queues
from queueing.zones import NO_LETTERS, zone_fault
from services import permissions
from services.admin import ClosureAdmin, HolidayAdmin, OpeningHoursAdmin
from services.models import Closure, Holiday, Mall, OpeningHours
from services.scoped_admin import RelatedRowsFilter, ScopedAdmin, ScopedInline

for model in (OpeningHours, Closure, Holiday):
    admin.site.unregister(model)


@admin.register(OpeningHours)
class RebuildingHoursAdmin(OfAPlace, OpeningHoursAdmin):
    pass


@admin.register(Closure)
class RebuildingClosureAdmin(OfAPlace, ClosureAdmin):
    pass


@admin.register(Holiday)
class RebuildingHolidayAdmin(OfAPlace, HolidayAdmin):
    pass


# -- queues and counters --------------------------------------------------------------------------


class PartOfAQueue(ScopedInline):
    """Rows of a queue or counter; they may be taken away again."""

    view_permission = change_permission = permissions.ARRANGE
    hide_title = True

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)


class SameHouse(PaginationInlineFormSet):
    """What is joined must belong together: the agency of a service, the mall of a counter."""

    other_end: ClassVar[dict[str, str]] = {"queue": "counter", "counter": "queue"}

    def clean(self) -> None:
        super().clean()
        for form in self.forms:
            row = getattr(form, "cleaned_data", {})
            if row.get("DELETE"):
                continue
            service, desk = row.get("service_type"), row.get(self.other_end.get(self.fk.name))
            if service and service.agency_id != self.instance.agency_id:
                form.add_error("service_type", _("Layanan ini milik instansi lain."))
            if desk and desk.mall_id != self.instance.mall_id:
                form.add_error(None, _("Loket dan antrean harus di mal yang sama."))


class ServiceInline(PartOfAQueue):
    model = QueueService
    formset = SameHouse


class HoursInline(PartOfAQueue):
    model = QueueHours


class ClosureInline(PartOfAQueue):
    model = QueueClosure


class AssignmentInline(PartOfAQueue):
    model = CounterAssignment
    formset = SameHouse

    def choices_for(self, model: type[models.Model], request: HttpRequest) -> QuerySet | None:
        """Desks are shared: a queue may go to any counter of its mall."""
        if model is Counter:
            agencies = permissions.agencies_for(request.user, self.change_permission)
            malls = Mall.objects.filter(agencies__in=agencies)
            return Counter.objects.filter(mall__in=malls).order_by("mall", "number")
        return super().choices_for(model, request)


@admin.register(Queue)
class QueueAdmin(Rearranging, ScopedAdmin):
    view_permission = change_permission = permissions.ARRANGE
    agency_path = "agency"
    mall_path = "mall"
    list_display = [
        "prefix",
        "name",
        "agency",
        "seats_per_hour",
        "window_minutes",
        "online_share",
        "active",
    ]
    list_display_links = ["prefix", "name"]
    list_filter = [("mall", RelatedRowsFilter), ("agency", RelatedRowsFilter), "active"]
    list_select_related = ["agency"]
    search_fields = ["=prefix", "name", "agency__name"]
    ordering = ["mall", "prefix"]
    fields = [
        "mall",
        "agency",
        "prefix",
        "name",
        "active",
        "seats_per_hour",
        "window_minutes",
        "online_share",
        "book_ahead_days",
        "release_at",
        "early_minutes",
        "late_minutes",
        "boost_minutes",
        "priority_per_day",
        "max_recalls",
        "ahead_notice",
    ]
    inlines = [ServiceInline, HoursInline, ClosureInline, AssignmentInline]
    actions = ["pause_chosen", "switch_on", "switch_off"]
    actions_list = ["close_day"]
    actions_detail = ["pause"]

    def queues_of(self, rows: Iterable[Queue]) -> QuerySet[Queue]:
        return Queue.objects.filter(pk__in=[row.pk for row in rows])

    def reason_of(self, rows: Iterable[Queue]) -> str | Promise:
        """The reason of a closure that has just been entered."""
        row = list(rows)[-1]
        if not row.active:
            return _("antrean ini ditutup")
        return getattr(row, "closed_for", "") or OTHER_HOURS

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        if formset.model is QueueClosure:
            for closure in [*formset.new_objects, *(row for row, _f in formset.changed_objects)]:
                form.instance.closed_for = closure.reason

    def rebuild(self, request: HttpRequest, rows: Iterable[Queue]) -> None:
        """Sessions first: they come before queue days in the one order of locks."""
        rows = list(rows)
        touched = Q(counter__assignments__queue__in=rows)
        for row in rows:
            touched |= Q(queue_ids__contains=[row.pk])
        refresh_sessions(touched, at=timezone.now())
        super().rebuild(request, rows)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Numbers that are out carry the prefix, so it stays."""
        return ["mall", "agency", "prefix"] if obj and obj.tickets.exists() else []

    def has_close_day_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_staff and permissions.holds_a_mall(request.user, permissions.ARRANGE)

    @action(
        description=_("Tutup hari ini"),
        url_path="tutup-hari",
        icon="event_busy",
        permissions=["close_day"],
    )
    def close_day(self, request: HttpRequest) -> HttpResponse:
        return today.close_day(request)

    @action(description=_("Jeda atau lanjutkan"), url_path="jeda", icon="pause_circle")
    def pause(self, request: HttpRequest, object_id: str) -> HttpResponse:
        queue = self.get_object(request, object_id)
        if queue is None:
            raise Http404
        if not self.has_change_permission(request, queue):
            raise PermissionDenied
        return today.pause(request, queue)

    @admin.action(description=_("Jeda antrean terpilih hari ini"), permissions=["change"])
    def pause_chosen(self, request: HttpRequest, queryset: QuerySet[Queue]) -> HttpResponse | None:
        queues = queryset.filter(active=True).select_related("mall").order_by("prefix")
        return today.pause_several(request, list(queues))

    @admin.action(description=_("Nyalakan antrean terpilih"), permissions=["change"])
    def switch_on(self, request: HttpRequest, queryset: QuerySet[Queue]) -> None:
        self._switch(request, queryset, active=True)

    @admin.action(description=_("Matikan antrean terpilih"), permissions=["change"])
    def switch_off(self, request: HttpRequest, queryset: QuerySet[Queue]) -> None:
        self._switch(request, queryset, active=False)

    def _switch(self, request: HttpRequest, queryset: QuerySet[Queue], *, active: bool) -> None:
        """Switch queues on or off together: previewed like each of them alone, all or nothing."""
        rows = list(queryset.filter(active=not active).order_by("pk"))
        for row in rows:
            row.active = active
            row.save(update_fields=["active"])
        if not rows:
            messages.warning(request, _("Tidak ada yang perlu diubah."))
            return
        self.rebuild(request, rows)
        text = _("Menyala: %(queues)s.") if active else _("Dimatikan: %(queues)s.")
        messages.success(request, text % {"queues": ", ".join(str(row) for row in rows)})
        for row in rows:
            self.log_change(request, row, [{"changed": {"fields": ["active"]}}])


class CounterForm(forms.ModelForm):
    """A zone's display has its address from the zone's name, so no two may come to the same."""

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        mall, zone = said.get("mall"), said.get("zone", "")
        fault = mall and zone_fault(mall=mall, zone=zone, counter_id=self.instance.pk)
        if fault == NO_LETTERS:
            self.add_error("zone", _("Nama zona perlu huruf atau angka, misalnya: timur."))
        elif fault:
            text = _("Sudah ada zona “%(zone)s”. Tulis sama persis, atau pilih nama lain.")
            self.add_error("zone", text % {"zone": fault})
        return said


@admin.register(Counter)
class CounterAdmin(ScopedAdmin):
    """Desks are the mall's; an agency head assigns queues to them on the queue's page."""

    form = CounterForm
    view_permission = change_permission = permissions.ARRANGE
    mall_path = "mall"
    list_display = ["__str__", "mall", "floor", "zone", "active"]
    list_filter = [("mall", RelatedRowsFilter), "floor", "active"]
    list_select_related = ["mall"]
    search_fields = ["=number", "floor", "zone"]
    ordering = ["mall", "number"]
    inlines = [AssignmentInline]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        refresh_sessions(Q(counter=form.instance), at=timezone.now())


@transaction.atomic
def refresh_sessions(touched: Q, *, at: dt.datetime) -> None:
    """Give today's open sessions among `touched` the queues now assigned to their counters."""
    open_ones = CounterSession.objects.filter(touched, closed_at__isnull=True).values("pk")
    for session in (
        CounterSession.objects.select_for_update(of=("self",))
        .filter(pk__in=open_ones, closed_at__isnull=True)
        .select_related("counter__mall", "officer")
        .order_by("pk")
    ):
        if session.date == session.counter.mall.date_at(at):
            session.queue_ids = assigned_queues(
                counter=session.counter, officer=session.officer, date=session.date
            )
            session.save(update_fields=["queue_ids"])
