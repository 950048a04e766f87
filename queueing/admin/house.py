"""Queues, counters, hours and closures in the admin: a change rebuilds the days it touches."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.forms import PaginationInlineFormSet

from queueing import rules, statistics
from queueing.models import (
    Counter,
    CounterAssignment,
    CounterSession,
    Queue,
    QueueClosure,
    QueueDay,
    QueueHours,
    QueueService,
    Ticket,
)
from queueing.refusals import Refusal
from queueing.rules.calling import assigned_queues
from queueing.workflow import State
from services import permissions
from services.admin import ClosureAdmin, HolidayAdmin, OpeningHoursAdmin
from services.models import Closure, Holiday, Mall, OpeningHours
from services.scoped_admin import RelatedRowsFilter, ScopedAdmin, ScopedInline

# What citizens read is stored in Indonesian, whatever the language of the officer.
PAUSE_REASONS = [
    ("sistem nasional sedang gangguan", _("sistem nasional sedang gangguan")),
    ("blangko habis", _("blangko habis")),
    ("petugas belum hadir", _("petugas belum hadir")),
]


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

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)


class SameHouse(PaginationInlineFormSet):
    """What is joined must belong together: the agency of a service, the mall of a counter."""

    def clean(self) -> None:
        super().clean()
        for form in self.forms:
            row = getattr(form, "cleaned_data", {})
            if row.get("DELETE"):
                continue
            service, desk = row.get("service_type"), row.get("counter") or row.get("queue")
            if service and service.agency_id != self.instance.agency_id:
                form.add_error("service_type", _("Layanan ini milik instansi lain."))
            if isinstance(desk, Counter | Queue) and desk.mall_id != self.instance.mall_id:
                if desk != self.instance:
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


class PauseForm(forms.Form):
    """Why a queue stands still, in words that citizens read, and when it may go on."""

    OTHER = "other"
    reason = forms.ChoiceField(
        label=_("Alasan yang dibaca warga"), choices=[*PAUSE_REASONS, (OTHER, _("alasan lain"))]
    )
    words = forms.CharField(label=_("Alasan lain"), max_length=200, required=False)
    back_at = forms.TimeField(
        label=_("Perkiraan kembali (jam)"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}),
    )

    def __init__(self, *args: Any, mall: Mall, at: dt.datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.mall, self.at = mall, at

    def clean_back_at(self) -> dt.datetime | None:
        if not (time := self.cleaned_data["back_at"]):
            return None
        back = dt.datetime.combine(self.mall.date_at(self.at), time, tzinfo=self.mall.zone)
        if back <= self.at:
            raise ValidationError(_("Jam itu sudah lewat."))
        return back

    def sentence(self) -> str:
        chosen = self.cleaned_data["reason"]
        return self.cleaned_data["words"] if chosen == self.OTHER else chosen


class CloseDayForm(forms.Form):
    """The mall whose day is closed, and that it is meant."""

    mall = forms.ModelChoiceField(Mall.objects.none(), label=_("Mal"))
    sure = forms.BooleanField(label=_("Ya, tutup hari ini"))

    def __init__(self, *args: Any, malls: QuerySet[Mall], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["mall"].queryset = malls


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
        """End a mall's day: who is left, then one confirmed press."""
        at = timezone.now()
        malls = permissions.malls_for(request.user, permissions.ARRANGE).order_by("name")
        form = CloseDayForm(request.POST or None, malls=malls)
        if request.method == "POST" and form.is_valid():
            mall = form.cleaned_data["mall"]
            date = mall.date_at(at)
            ended = rules.close_day(mall=mall, date=date, at=at)
            statistics.roll_up(mall=mall, date=date, at=at)
            messages.success(
                request,
                _("%(mall)s: hari ditutup, %(count)d nomor diakhiri.")
                % {"mall": mall, "count": ended},
            )
            return redirect("admin:queueing_queue_close_day")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Tutup hari ini"),
            "form": form,
            "malls": [(mall, _left(mall, mall.date_at(at))) for mall in malls],
        }
        status = 422 if form.errors else 200
        return render(request, "queueing/desk/close_day.html", context, status=status)

    @action(description=_("Jeda atau lanjutkan"), url_path="jeda", icon="pause_circle")
    def pause(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Pause a queue for today with a ready sentence, or let it go on."""
        queue = self.get_object(request, object_id)
        if queue is None:
            raise Http404
        if not self.has_change_permission(request, queue):
            raise PermissionDenied
        at = timezone.now()
        resuming = "resume" in request.POST
        form = PauseForm(None if resuming else request.POST or None, mall=queue.mall, at=at)
        if resuming or (request.method == "POST" and form.is_valid()):
            try:
                _pause_or_resume(queue, form, resuming, at)
            except Refusal as refusal:
                form.add_error("words", refusal.message)
            else:
                done = _("Antrean berjalan lagi.") if resuming else _("Antrean dijeda.")
                messages.success(request, done)
                return redirect("admin:queueing_queue_pause", object_id=queue.pk)
        today = QueueDay.objects.filter(queue=queue, date=queue.mall.date_at(at)).first()
        context = {
            **self.admin_site.each_context(request),
            "title": str(queue),
            "queue": queue,
            "mall": queue.mall,
            "day": today,
            "form": form,
        }
        status = 422 if form.errors else 200
        return render(request, "queueing/desk/pause.html", context, status=status)


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


def _pause_or_resume(queue: Queue, form: PauseForm, resuming: bool, at: dt.datetime) -> None:
    if resuming:
        rules.resume(queue_id=queue.pk, at=at)
    else:
        rules.pause(
            queue_id=queue.pk,
            reason=form.sentence(),
            at=at,
            expected_back_at=form.cleaned_data["back_at"],
        )


def _left(mall: Mall, date: dt.date) -> dict[str, int]:
    """How many numbers of the day closing would end, by how they end."""
    here = [State.PRINTING, State.WAITING, State.PARKED, State.CALLED]
    return Ticket.objects.filter(mall=mall, date=date).aggregate(
        unserved=Count("pk", filter=Q(state__in=here)),
        serving=Count("pk", filter=Q(state=State.SERVING)),
        booked=Count("pk", filter=Q(state=State.BOOKED)),
    )
