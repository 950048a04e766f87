"""The counter in the admin: one page per counter, each act one POST that calls one rule."""

import datetime as dt
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_time
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from queueing import rules
from queueing.models import (
    Counter,
    CounterAssignment,
    CounterSession,
    Queue,
    QueueDay,
    Ticket,
    TicketEvent,
)
from queueing.refusals import Refusal
from queueing.rules.moving import UNDOABLE
from queueing.rules.record import UNDO_WITHIN
from queueing.workflow import AT_COUNTER, State
from services.models import Mall, ServiceType
from services.permissions import CALL, agencies_for

WAITING_SHOWN = 12
View = Callable[..., HttpResponse]


def counters_of(request: HttpRequest) -> QuerySet[Counter]:
    """The counters at which this officer may sit: those with a queue of an agency they call for."""
    return (
        Counter.objects.filter(
            active=True, assignments__queue__agency__in=agencies_for(request.user, CALL)
        )
        .select_related("mall")
        .distinct()
    )


def with_counter(view: View) -> View:
    """Fetch the counter with its permission; without it there is no such counter."""

    @wraps(view)
    def guarded(request: HttpRequest, counter_id: int, *args: Any, **kwargs: Any) -> HttpResponse:
        counter = counters_of(request).filter(pk=counter_id).first()
        if counter is None:
            raise Http404
        return view(request, counter, *args, **kwargs)

    return guarded


@admin.site.admin_view
@never_cache
@require_safe
def counters(request: HttpRequest) -> HttpResponse:
    """The officer's counters today, and who sits where."""
    at = timezone.now()
    mine = counters_of(request).order_by("mall", "number")
    sessions = {
        s.counter_id: s
        for s in CounterSession.objects.filter(
            counter__in=mine, closed_at__isnull=True
        ).select_related("officer")
    }
    today = _queues_today(request, mine, at)
    return render(
        request,
        "queueing/desk/counters.html",
        {
            **admin.site.each_context(request),
            "title": _("Loket"),
            "counters": [
                (counter, sessions.get(counter.pk), today[counter.pk])
                for counter in mine
                if today[counter.pk] or counter.pk in sessions
            ],
        },
    )


def _queues_today(
    request: HttpRequest, counters: QuerySet[Counter], at: dt.datetime
) -> dict[int, list[Queue]]:
    """The queues that each counter calls from today and this officer may call, in order."""
    queues: dict[int, list[Queue]] = {counter.pk: [] for counter in counters}
    dates = {counter.pk: counter.mall.date_at(at) for counter in counters}
    for one in (
        CounterAssignment.objects.filter(
            counter__in=queues,
            queue__active=True,
            queue__agency__in=agencies_for(request.user, CALL),
        )
        .select_related("queue")
        .order_by("position", "pk")
    ):
        if _holds_on(one, dates[one.counter_id]) and one.queue not in queues[one.counter_id]:
            queues[one.counter_id].append(one.queue)
    return queues


def _holds_on(assignment: CounterAssignment, date: dt.date) -> bool:
    return (
        assignment.weekday in {None, date.weekday()}
        and (assignment.first_date is None or assignment.first_date <= date)
        and (assignment.last_date is None or date <= assignment.last_date)
    )


@admin.site.admin_view
@never_cache
@require_safe
@with_counter
def counter(request: HttpRequest, counter: Counter) -> HttpResponse:
    """The console: who is here, what may be done, who waits and why."""
    at = timezone.now()
    date = counter.mall.date_at(at)
    session = (
        CounterSession.objects.filter(counter=counter, closed_at__isnull=True)
        .select_related("officer")
        .first()
    )
    mine = bool(session and session.officer_id == request.user.pk and session.date == date)
    context = {
        **admin.site.each_context(request),
        "title": f"{_('Loket')} {counter.number}",
        "counter": counter,
        "mall": counter.mall,
        "session": session,
        "mine": mine,
    }
    if mine and session:
        context.update(_work(counter, session, request, date, at))
    return render(request, "queueing/desk/console.html", context)


@admin.site.admin_view
@never_cache
@require_POST
@with_counter
def act(request: HttpRequest, counter: Counter, act: str) -> HttpResponse:
    """One act at the counter; a refusal comes back as a sentence on the same page."""
    if act not in ACTS:
        raise Http404
    try:
        ACTS[act](request, counter, timezone.now())
    except Refusal as refusal:
        messages.error(request, refusal.message)
    return redirect("desks:counter", counter_id=counter.pk)


def _work(
    counter: Counter, session: CounterSession, request: HttpRequest, date: dt.date, at: dt.datetime
) -> dict[str, Any]:
    """What an open console shows, in a fixed number of queries."""
    of_queues = Ticket.objects.filter(queue__in=session.queue_ids, date=date)
    current = (
        Ticket.objects.filter(counter=counter, state__in=AT_COUNTER)
        .select_related("visit", "service_type", "standard", "window", "queue")
        .first()
    )
    waiting = list(
        of_queues.filter(state=State.WAITING)
        .select_related("service_type", "window")
        .order_by("sort_at", "number")[:WAITING_SHOWN]
    )
    counts = of_queues.aggregate(
        waiting=Count("pk", filter=Q(state=State.WAITING)),
        done=Count("pk", filter=Q(state=State.DONE)),
        booked=Count("pk", filter=Q(state=State.BOOKED)),
        absent=Count("pk", filter=Q(state=State.ABSENT)),
    )
    aside = list(
        of_queues.filter(
            Q(state__in=[State.PARKED, State.ABSENT])
            | Q(state=State.DONE, outcome=Ticket.Outcome.DOCUMENTS_MISSING)
        )
        .select_related("service_type")
        .order_by("-released_at")[:WAITING_SHOWN]
    )
    queues = Queue.objects.filter(pk__in=session.queue_ids).select_related("agency")
    days = {d.queue_id: d for d in QueueDay.objects.filter(queue__in=session.queue_ids, date=date)}
    elsewhere = (
        ServiceType.objects.filter(
            agency__mall=counter.mall, active=True, queue_service__queue__active=True
        )
        .exclude(queue_service__queue=current.queue_id if current else 0)
        .select_related("agency")
        .order_by("agency__name", "name")
        if current
        else []
    )
    minutes = (at - current.started_at).total_seconds() // 60 if _serving(current) else None
    standard = current.standard.counter_minutes if current and current.standard else None
    return {
        "current": current,
        "first_name": current.visit.name.split(" ")[0] if current else "",
        "minutes": int(minutes) if minutes is not None else None,
        "standard_minutes": standard,
        "bricks": _bricks(minutes, standard),
        "waiting": [(ticket, why(ticket, counter.mall)) for ticket in waiting],
        "ordinary": [ticket for ticket in waiting if not ticket.priority],
        "counts": counts,
        "aside": aside,
        "queues": [(queue, days.get(queue.pk)) for queue in queues],
        "elsewhere": elsewhere,
        "outcomes": [o for o in Ticket.Outcome if o != Ticket.Outcome.COLLECT_LATER],
        "undoable": _undoable(counter, request, at),
        "recalls_left": max(0, current.queue.max_recalls - current.recalls) if current else 0,
    }


def why(ticket: Ticket, mall: Mall) -> str:
    """Why a ticket stands where it stands, for the staff and for whoever asks."""
    reasons = []
    if ticket.returns:
        reasons.append(_("kembali ke antrean"))
    elif ticket.window is None:
        reasons.append(_("urut kedatangan"))
    elif ticket.checked_in_at and ticket.checked_in_at > ticket.window.ends_at:
        reasons.append(_("terlambat, urut kedatangan"))
    else:
        start, end = (
            moment.astimezone(mall.zone)
            for moment in (ticket.window.starts_at, ticket.window.ends_at)
        )
        reasons.append(_("jadwal %(span)s") % {"span": f"{start:%H.%M}–{end:%H.%M}"})
    if ticket.priority:
        reasons.append(_("prioritas"))
    return ", ".join(reasons)


def _serving(ticket: Ticket | None) -> bool:
    return bool(ticket and ticket.state == State.SERVING and ticket.started_at)


def _bricks(minutes: float | None, standard: int | None) -> list[str]:
    """One brick per promised minute: used, now, left; late ones beyond the promise (at most 30)."""
    if minutes is None or not standard:
        return []
    passed = int(minutes)
    kinds = ["is-on" if n < passed else "is-now" if n == passed else "" for n in range(standard)]
    return (kinds + ["is-late"] * max(0, passed - standard + 1))[:30]


def _undoable(counter: Counter, request: HttpRequest, at: dt.datetime) -> TicketEvent | None:
    last = (
        TicketEvent.objects.filter(counter=counter).select_related("ticket").order_by("-pk").first()
    )
    if (
        last is None
        or last.kind not in UNDOABLE
        or last.officer_id != request.user.pk
        or at - last.at > UNDO_WITHIN
    ):
        return None
    return last


# -- the acts -------------------------------------------------------------------------------------


def _open(request: HttpRequest, counter: Counter, at: dt.datetime) -> None:
    rules.open_counter(counter_id=counter.pk, officer=request.user, at=at)


def _close(request: HttpRequest, counter: Counter, at: dt.datetime) -> None:
    rules.close_counter(counter_id=counter.pk, officer=request.user, at=at)
    messages.success(request, _("Loket ditutup."))


def _call(request: HttpRequest, counter: Counter, at: dt.datetime) -> None:
    _tell_call(request, rules.call_next(counter_id=counter.pk, officer=request.user, at=at))


def _end(request: HttpRequest, counter: Counter, at: dt.datetime) -> None:
    rules.end(counter_id=counter.pk, officer=request.user, at=at, **_outcome(request))


def _end_and_call(request: HttpRequest, counter: Counter, at: dt.datetime) -> None:
    called = rules.end_and_call_next(
        counter_id=counter.pk, officer=request.user, at=at, **_outcome(request)
    )
    _tell_call(request, called)


def _park(request: HttpRequest, counter: Counter, at: dt.datetime) -> None:
    rules.park(
        counter_id=counter.pk, officer=request.user, reason=request.POST.get("reason", ""), at=at
    )


def _transfer(request: HttpRequest, counter: Counter, at: dt.datetime) -> None:
    moved = rules.transfer(
        ticket_id=_number(request, "ticket"),
        service=request.POST.get("service", ""),
        officer=request.user,
        at=at,
        counter_id=counter.pk,
    )
    messages.success(request, _("%(label)s dipindahkan.") % {"label": moved.label})


def _bring_back(request: HttpRequest, counter: Counter, at: dt.datetime) -> None:
    ticket = Ticket.objects.filter(
        pk=_number(request, "ticket"), queue__in=_queues_here(request, counter)
    ).first()
    if ticket is None:
        raise Refusal("unknown_ticket")
    rules.bring_back(ticket_id=ticket.pk, at=at, officer_id=request.user.pk)


def _grant_priority(request: HttpRequest, counter: Counter, at: dt.datetime) -> None:
    ticket = Ticket.objects.filter(
        pk=_number(request, "ticket"), queue__in=_queues_here(request, counter)
    ).first()
    if ticket is None:
        raise Refusal("unknown_ticket")
    rules.grant_priority(
        visit_id=ticket.visit_id,
        reason=request.POST.get("reason", ""),
        officer_id=request.user.pk,
        at=at,
    )


def _pause(request: HttpRequest, counter: Counter, at: dt.datetime) -> None:
    queue = _number(request, "queue")
    if queue not in _queues_here(request, counter):
        raise Refusal("not_allowed")
    rules.pause(
        queue_id=queue,
        reason=request.POST.get("reason", ""),
        at=at,
        expected_back_at=_back_at(request, counter.mall, at),
    )


def _resume(request: HttpRequest, counter: Counter, at: dt.datetime) -> None:
    queue = _number(request, "queue")
    if queue not in _queues_here(request, counter):
        raise Refusal("not_allowed")
    rules.resume(queue_id=queue, at=at)


def _at_the_counter(
    rule: Callable[..., Any],
) -> Callable[[HttpRequest, Counter, dt.datetime], None]:
    def run(request: HttpRequest, counter: Counter, at: dt.datetime) -> None:
        rule(counter_id=counter.pk, officer=request.user, at=at)

    return run


ACTS: dict[str, Callable[[HttpRequest, Counter, dt.datetime], None]] = {
    "buka": _open,
    "tutup": _close,
    "panggil": _call,
    "panggil-ulang": _at_the_counter(rules.recall),
    "mulai": _at_the_counter(rules.start),
    "selesai": _end,
    "selesai-panggil": _end_and_call,
    "tunda": _park,
    "tidak-hadir": _at_the_counter(rules.absent),
    "pindah": _transfer,
    "kembalikan": _bring_back,
    "prioritas": _grant_priority,
    "jeda": _pause,
    "lanjut": _resume,
    "urungkan": _at_the_counter(rules.undo),
}


def _queues_here(request: HttpRequest, counter: Counter) -> list[int]:
    """The queues of the officer's own open session at this counter."""
    session = CounterSession.objects.filter(
        counter=counter, officer=request.user, closed_at__isnull=True
    ).first()
    if session is None:
        raise Refusal("counter_closed")
    return list(session.queue_ids)


def _outcome(request: HttpRequest) -> dict[str, Any]:
    collect_on = request.POST.get("collect_on", "")
    try:
        date = parse_date(collect_on)
    except ValueError:
        date = None
    return {
        "outcome": request.POST.get("outcome", Ticket.Outcome.SERVED),
        "collect_on": date,
        "note": "; ".join(request.POST.getlist("missing"))[:200],
    }


def _back_at(request: HttpRequest, mall: Mall, at: dt.datetime) -> dt.datetime | None:
    """The hour typed, today in the mall's zone; none when it is empty, no hour, or past."""
    try:
        time = parse_time(request.POST.get("back_at", ""))
    except ValueError:
        return None
    back = time and dt.datetime.combine(mall.date_at(at), time, tzinfo=mall.zone)
    if back and back <= at:
        messages.warning(request, _("Perkiraan kembali sudah lewat, jadi tidak dicatat."))
        return None
    return back


def _number(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 18):
        raise Refusal("unknown_ticket")
    return int(text)


def _tell_call(request: HttpRequest, called: Ticket | None) -> None:
    if called is None:
        messages.info(request, _("Tidak ada yang menunggu."))
