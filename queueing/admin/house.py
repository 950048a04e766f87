"""Queues, counters, hours and closures in the admin: a change rebuilds the days it touches."""

import datetime as dt
from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.forms import PaginationInlineFormSet

from queueing import rules
from queueing.admin import today
from queueing.models import (
    Counter,
    CounterAssignment,
    CounterSession,
    Queue,
    QueueClosure,
    QueueHours,
    QueueService,
)
from queueing.refusals import Refusal
from queueing.rules.sitting import assigned_queues
from services import permissions
from services.admin import ClosureAdmin, HolidayAdmin, OpeningHoursAdmin
from services.models import Closure, Holiday, Mall, OpeningHours
from services.scoped_admin import RelatedRowsFilter, ScopedAdmin, ScopedInline


class Rearranging:
    """Rebuilds the days of the queues that a saved or deleted row touches, in its transaction.

    When bookings are in the way everything is undone, and the page comes back with the refusal.
    """

    def queues_of(self, rows: Iterable[Any]) -> QuerySet[Queue]:
        raise NotImplementedError

    def rebuild(self, rows: Iterable[Any]) -> None:
        queues = self.queues_of(rows).select_related("mall", "agency")
        rules.rearrange(queues=list(queues), at=timezone.now())

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any):
        form = super().get_form(request, obj, change=change, **kwargs)

        class RefusableForm(form):
            def clean(self: forms.ModelForm) -> Any:
                if refusal := getattr(request, "refusal", None):
                    raise ValidationError(refusal.message)
                return super().clean()

        return RefusableForm

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except Refusal as refusal:
            # All is rolled back. The same form again, which now knows the refusal, stays open.
            request.refusal = refusal
            return super().changeform_view(request, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        request.rows_before = list(self.model._default_manager.filter(pk=obj.pk))
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        self.rebuild([*request.rows_before, form.instance])

    def delete_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any):
        try:
            return super().delete_view(request, object_id, *args, **kwargs)
        except Refusal as refusal:
            messages.error(request, refusal.message)
            return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", object_id)

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            with transaction.atomic():
                return super().changelist_view(request, *args, **kwargs)
        except Refusal as refusal:
            messages.error(request, refusal.message)
            return redirect(request.get_full_path())

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        super().delete_model(request, obj)
        self.rebuild([obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        rows = list(queryset)
        super().delete_queryset(request, queryset)
        self.rebuild(rows)


class OfAPlace(Rearranging):
    """Rows that name a mall and perhaps an agency touch every active queue of that place."""

    def queues_of(self, rows: Iterable[Any]) -> QuerySet[Queue]:
        places = Q(pk__in=[])
        for row in rows:
            agency_id = getattr(row, "agency_id", None)
            places |= Q(mall=row.mall_id) & (Q(agency=agency_id) if agency_id else Q())
        return Queue.objects.filter(places, active=True)


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
    ]
    inlines = [ServiceInline, HoursInline, ClosureInline, AssignmentInline]
    actions_list = ["close_day"]
    actions_detail = ["pause"]

    def queues_of(self, rows: Iterable[Queue]) -> QuerySet[Queue]:
        return Queue.objects.filter(pk__in=[row.pk for row in rows])

    def rebuild(self, rows: Iterable[Queue]) -> None:
        """Sessions first: they come before queue days in the one order of locks."""
        rows = list(rows)
        touched = Q(counter__assignments__queue__in=rows)
        for row in rows:
            touched |= Q(queue_ids__contains=[row.pk])
        refresh_sessions(touched, at=timezone.now())
        super().rebuild(rows)

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


@admin.register(Counter)
class CounterAdmin(ScopedAdmin):
    """Desks are the mall's; an agency head assigns queues to them on the queue's page."""

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
