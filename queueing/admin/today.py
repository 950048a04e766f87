"""Pages for today in the admin: pause a queue with a ready sentence, and close the mall's day."""

import datetime as dt
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from queueing import rules, statistics
from queueing.models import Queue, QueueDay, Ticket
from queueing.refusals import Refusal
from queueing.workflow import State
from services import permissions
from services.models import Mall

# What citizens read is stored in Indonesian, whatever the language of the officer.
PAUSE_REASONS = [
    ("sistem nasional sedang gangguan", _("sistem nasional sedang gangguan")),
    ("blangko habis", _("blangko habis")),
    ("petugas belum hadir", _("petugas belum hadir")),
]


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


def close_day(request: HttpRequest) -> HttpResponse:
    """End a mall's day: how many are left, then one confirmed press."""
    at = timezone.now()
    malls = permissions.malls_for(request.user, permissions.ARRANGE).order_by("name")
    form = CloseDayForm(request.POST or None, malls=malls)
    if request.method == "POST" and form.is_valid():
        mall = form.cleaned_data["mall"]
        date = mall.date_at(at)
        ended = rules.close_day(mall=mall, date=date, at=at)
        statistics.roll_up(mall=mall, date=date, at=at)
        text = _("%(mall)s: hari ditutup, %(count)d nomor diakhiri.")
        messages.success(request, text % {"mall": mall, "count": ended})
        return redirect("admin:queueing_queue_close_day")
    context = {
        **admin.site.each_context(request),
        "title": _("Tutup hari ini"),
        "form": form,
        "malls": [(mall, _left(mall, mall.date_at(at))) for mall in malls],
    }
    status = 422 if form.errors else 200
    return render(request, "queueing/desk/close_day.html", context, status=status)


def pause(request: HttpRequest, queue: Queue) -> HttpResponse:
    """Pause a queue for today, or let it go on; the caller has checked who may."""
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
    context = {
        **admin.site.each_context(request),
        "title": _("Jeda atau lanjutkan"),
        "queue": queue,
        "mall": queue.mall,
        "day": QueueDay.objects.filter(queue=queue, date=queue.mall.date_at(at)).first(),
        "form": form,
    }
    status = 422 if form.errors else 200
    return render(request, "queueing/desk/pause.html", context, status=status)


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
