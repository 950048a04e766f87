"""Pages for today in the admin: pause queues with a ready sentence, and close the mall's day."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notifications.rules import Draft, channel_of
from queueing import reminders, rules, statistics
from queueing.admin import preview
from queueing.models import Queue, QueueDay, Ticket
from queueing.refusals import Refusal
from queueing.rules.day import booked_in_the_pause
from queueing.workflow import State
from services import permissions
from services.models import Mall

# What citizens read is stored in Indonesian, whatever the language of the officer.
PAUSE_REASONS = [
    ("sistem nasional sedang gangguan", _("sistem nasional sedang gangguan")),
    ("blangko habis", _("blangko habis")),
    ("petugas belum hadir", _("petugas belum hadir")),
]
CLOSE_REASONS = [
    ("listrik padam", _("listrik padam")),
    ("jaringan terputus", _("jaringan terputus")),
    ("keadaan darurat di gedung", _("keadaan darurat di gedung")),
]
OTHER = "other"


class PauseForm(forms.Form):
    """Why a queue stands still, in words that citizens read, and when it may go on."""

    reason = forms.ChoiceField(
        label=_("Alasan yang dibaca warga"), choices=[*PAUSE_REASONS, (OTHER, _("alasan lain"))]
    )
    words = forms.CharField(label=_("Alasan lain"), max_length=200, required=False)
    back_at = forms.TimeField(
        label=_("Perkiraan kembali (jam)"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )

    def __init__(self, *args: Any, mall: Mall, at: dt.datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.mall, self.at = mall, at

    def clean(self) -> dict[str, Any]:
        if len(self.sentence()) < 5 and "reason" in self.cleaned_data:
            self.add_error("words", Refusal("reason_needed").message)
        return self.cleaned_data

    def clean_back_at(self) -> dt.datetime | None:
        if not (time := self.cleaned_data["back_at"]):
            return None
        back = dt.datetime.combine(self.mall.date_at(self.at), time, tzinfo=self.mall.zone)
        if back <= self.at:
            raise ValidationError(_("Jam itu sudah lewat."))
        return back

    def sentence(self) -> str:
        chosen = self.cleaned_data.get("reason", "")
        return self.cleaned_data.get("words", "").strip() if chosen == OTHER else chosen


class CloseDayForm(forms.Form):
    """The mall whose day is closed, that it is meant, and what becomes of who is still to come."""

    mall = forms.ModelChoiceField(Mall.objects.none(), label=_("Mal"))
    move = forms.BooleanField(required=False)
    sure = forms.BooleanField(required=False)
    reason = forms.ChoiceField(
        label=_("Alasan yang dibaca warga"),
        choices=[*CLOSE_REASONS, (OTHER, _("alasan lain"))],
        required=False,
    )
    words = forms.CharField(label=_("Alasan lain"), max_length=120, required=False)

    def __init__(self, *args: Any, malls: QuerySet[Mall], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["mall"].queryset = malls

    def clean(self) -> dict[str, Any]:
        if self.cleaned_data["move"] and len(self.sentence()) < 5:
            self.add_error("words", Refusal("reason_needed").message)
        if not self.cleaned_data["move"] and not self.cleaned_data["sure"]:
            self.add_error("sure", _("Centang dahulu bahwa hari ini benar ditutup."))
        return self.cleaned_data

    def sentence(self) -> str:
        chosen = self.cleaned_data["reason"]
        return self.cleaned_data.get("words", "").strip() if chosen == OTHER else chosen


def close_day(request: HttpRequest) -> HttpResponse:
    """End a mall's day: only close it, or first see where who is still to come would be moved."""
    at = timezone.now()
    malls = permissions.malls_for(request.user, permissions.ARRANGE).order_by("name")
    back = "back" in request.POST
    form = CloseDayForm(None if back else request.POST or None, malls=malls)
    if request.method == "POST" and not back and form.is_valid():
        mall = form.cleaned_data["mall"]
        try:
            ended = _close(request, form, mall, at)
        except preview.NotYet as asked:
            title = _("Pratinjau: pindahkan, lalu tutup hari ini")
            go = _("Pindahkan %(count)d nomor dan tutup hari ini")
            count = {"count": len(asked.done.displaced)}
            return preview.page(request, asked.done, title=title, back=request.path, go=go % count)
        except Refusal as refusal:
            form.add_error("mall", refusal.message)
        else:
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


@transaction.atomic
def _close(request: HttpRequest, form: CloseDayForm, mall: Mall, at: dt.datetime) -> int:
    """Close the day as the form says; how many numbers that ended."""
    date = mall.date_at(at)
    if form.cleaned_data["move"]:
        done, ended = rules.close_and_move(mall=mall, date=date, at=at, reason=form.sentence())
        preview.must_be_confirmed(request, done, always=True)
        preview.report(request, done)
    else:
        ended = rules.close_day(mall=mall, date=date, at=at)
    statistics.roll_up(mall=mall, date=date, at=at)
    return ended


# -- pauses ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Affected:
    """Whom a pause of a queue concerns: who waits, who comes meanwhile, how many of them hear."""

    queue: Queue
    waiting: int
    booked: int
    told: int


def pause(request: HttpRequest, queue: Queue) -> HttpResponse:
    """Pause a queue for today, or let it go on; the caller has checked who may."""
    at = timezone.now()
    if "resume" in request.POST:
        rules.resume(queue_id=queue.pk, at=at)
        messages.success(request, _("Antrean berjalan lagi."))
        return redirect("admin:queueing_queue_pause", object_id=queue.pk)
    form = PauseForm(request.POST or None, mall=queue.mall, at=at)
    if _paused(request, form, [queue], at):
        messages.success(request, _("Antrean dijeda."))
        return redirect("admin:queueing_queue_pause", object_id=queue.pk)
    day = QueueDay.objects.filter(queue=queue, date=queue.mall.date_at(at)).first()
    return _pause_page(request, form, [queue], at, day=day)


def pause_several(request: HttpRequest, queues: Sequence[Queue]) -> HttpResponse | None:
    """Pause the chosen queues together, for one reason; all of them or none."""
    at = timezone.now()
    if not queues:
        messages.warning(request, _("Pilih antrean yang menyala."))
        return None
    asked = "pausing" in request.POST
    form = PauseForm(request.POST if asked else None, mall=queues[0].mall, at=at)
    if asked and _paused(request, form, queues, at):
        names = ", ".join(str(queue) for queue in queues)
        messages.success(request, _("Dijeda: %(queues)s.") % {"queues": names})
        return None
    return _pause_page(request, form, queues, at)


def _paused(
    request: HttpRequest, form: PauseForm, queues: Sequence[Queue], at: dt.datetime
) -> bool:
    if request.method != "POST" or not form.is_valid() or "look" in request.POST:
        return False
    with transaction.atomic():
        for queue in sorted(queues, key=lambda queue: queue.pk):
            rules.pause(
                queue_id=queue.pk,
                reason=form.sentence(),
                at=at,
                expected_back_at=form.cleaned_data["back_at"],
            )
    return True


def _pause_page(
    request: HttpRequest,
    form: PauseForm,
    queues: Sequence[Queue],
    at: dt.datetime,
    day: QueueDay | None = None,
) -> HttpResponse:
    looked = form.is_bound and form.is_valid()
    back_at = form.cleaned_data["back_at"] if looked else None
    reason = form.sentence() if looked else PAUSE_REASONS[0][0]
    affected, told = _affected(queues, reason, back_at, at)
    context = {
        **admin.site.each_context(request),
        "title": _("Jeda atau lanjutkan") if len(queues) == 1 else _("Jeda beberapa antrean"),
        "queue": queues[0],
        "queues": queues,
        "mall": queues[0].mall,
        "day": day,
        "form": form,
        "looked": looked,
        "reason": reason,
        "back_at": back_at,
        "affected": affected,
        "message": reminders.readable(told[0]) if looked and told else None,
        "chosen": request.POST.getlist(ACTION_CHECKBOX_NAME),
    }
    status = 422 if form.errors else 200
    return render(request, "queueing/desk/pause.html", context, status=status)


def _affected(
    queues: Sequence[Queue], reason: str, back_at: dt.datetime | None, at: dt.datetime
) -> tuple[list[Affected], list[Draft]]:
    """Whom a pause of these queues concerns, and the messages they would get."""
    date = queues[0].mall.date_at(at)
    ids = [queue.pk for queue in queues]
    here = [State.WAITING, State.PARKED, State.CALLED, State.SERVING]
    rows = Ticket.objects.filter(queue__in=ids, date=date, state__in=here)
    waiting = Counter(rows.values_list("queue", flat=True))
    booked: Counter[int] = Counter()
    drafts: dict[str, tuple[int, Draft]] = {}
    for ticket in booked_in_the_pause(queue_ids=ids, date=date, at=at, back_at=back_at):
        booked[ticket.queue_id] += 1
        for draft in reminders.paused(ticket=ticket, reason=reason, back_at=back_at, at=at):
            if channel_of(draft):
                drafts.setdefault(draft.dedup_key, (ticket.queue_id, draft))
    told = Counter(queue_id for queue_id, _draft in drafts.values())
    affected = [Affected(q, waiting[q.pk], booked[q.pk], told[q.pk]) for q in queues]
    return affected, [draft for _queue_id, draft in drafts.values()]


def _left(mall: Mall, date: dt.date) -> dict[str, int]:
    """How many numbers of the day closing would end, by how they end."""
    here = [State.PRINTING, State.WAITING, State.PARKED, State.CALLED]
    return Ticket.objects.filter(mall=mall, date=date).aggregate(
        unserved=Count("pk", filter=Q(state__in=here)),
        serving=Count("pk", filter=Q(state=State.SERVING)),
        booked=Count("pk", filter=Q(state=State.BOOKED)),
    )
