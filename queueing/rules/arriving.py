"""Coming to the mall: check-in, the kiosk's print, who never came."""

import datetime as dt

from django.db import IntegrityError, transaction
from django.db.models import DurationField, ExpressionWrapper, F
from django.utils.dateformat import format as format_date

from queueing import live, reminders
from queueing.hall import check_hall_code
from queueing.models import QueueDay, Ticket, Visit, Window
from queueing.order import NO_BOOST, place
from queueing.refusals import Refusal
from queueing.rules.freeing import give_back
from queueing.rules.locking import lock_all_with_windows
from queueing.rules.record import log, snapshot
from queueing.workflow import State

PRINT_TIMEOUT = dt.timedelta(minutes=2)


@transaction.atomic
def check_in(
    *,
    visit_id: int,
    at: dt.datetime,
    hall_code: str | None = None,
    officer_id: int | None = None,
) -> list[Ticket]:
    """Report a visit present: its booked tickets of the day join the line. Twice is once.

    From `early` minutes before a ticket's window to `late` after its end. Kiosk and front desk
    need no hall code (None); a phone does.
    """
    visit = Visit.objects.select_related("mall").get(pk=visit_id)
    if visit.date != visit.mall.date_at(at):
        raise Refusal("not_today", date=format_date(visit.date, "l, j F Y"))
    if hall_code is not None:
        check_hall_code(visit_id=visit.pk, mall_id=visit.mall_id, code=hall_code, at=at)
    ids = list(visit.tickets.exclude(state=State.TRANSFERRED).values_list("pk", flat=True))
    tickets = lock_all_with_windows(ids)
    booked = [t for t in tickets if t.state == State.BOOKED]
    if not booked:
        if any(t.checked_in_at and t.state != State.CANCELLED for t in tickets):
            return tickets
        late = any(t.state == State.NO_SHOW for t in tickets)
        raise Refusal("too_late" if late else "nothing_to_check_in")
    queues = {t.queue_id: t.queue for t in booked}
    in_time = [
        (t, t.window)
        for t in booked
        if t.window and at <= t.window.ends_at + _minutes(queues[t.queue_id].late_minutes)
    ]
    if not in_time:
        raise Refusal("too_late")
    opens = min(w.starts_at - _minutes(queues[t.queue_id].early_minutes) for t, w in in_time)
    if at < opens:
        raise Refusal("too_early", time=f"{opens.astimezone(visit.mall.zone):%H.%M}")
    for ticket, window in in_time:
        before = snapshot(ticket)
        ticket.state = State.WAITING
        ticket.checked_in_at = at
        ticket.sort_at = place(
            number=ticket.number,
            starts_at=window.starts_at,
            ends_at=window.ends_at,
            arrived_at=at,
            boost=_minutes(queues[ticket.queue_id].boost_minutes) if ticket.priority else NO_BOOST,
        )
        ticket.save(update_fields=["state", "checked_in_at", "sort_at"])
        log(ticket, "checked_in", at=at, officer_id=officer_id, before=before)
    if visit.checked_in_at is None:
        visit.checked_in_at = at
        visit.save(update_fields=["checked_in_at"])
    reminders.replan(visit=visit, at=at)
    live.changed(mall_id=visit.mall_id, queue_ids=queues)
    return tickets


@transaction.atomic
def grant_priority(*, visit_id: int, reason: str, officer_id: int, at: dt.datetime) -> list[Ticket]:
    """Give a visit priority at the mall, with a reason; its waiting tickets move by the boost."""
    if len(reason.strip()) < 5:
        raise Refusal("reason_needed")
    visit = Visit.objects.get(pk=visit_id)
    ids = list(visit.tickets.values_list("pk", flat=True))
    granted = []
    for ticket in lock_all_with_windows(ids):
        if ticket.priority or ticket.state not in {State.BOOKED, State.WAITING, State.PRINTING}:
            continue
        before = snapshot(ticket)
        ticket.priority = True
        if ticket.sort_at:
            ticket.sort_at -= _minutes(ticket.queue.boost_minutes)
        ticket.save(update_fields=["priority", "sort_at"])
        log(ticket, "prioritised", at=at, officer_id=officer_id, note=reason, before=before)
        granted.append(ticket)
    visit.priority_reason = reason.strip()[:160]
    visit.save(update_fields=["priority_reason"])
    live.changed(mall_id=visit.mall_id, queue_ids={t.queue_id for t in granted})
    return granted


@transaction.atomic
def confirm_print(*, visit_id: int, at: dt.datetime) -> list[Ticket]:
    """The paper came out: the visit's printing tickets join the line (or are booked for later)."""
    tickets = lock_all_with_windows(list(_of(visit_id)))
    printing = [t for t in tickets if t.state == State.PRINTING]
    if not printing:
        if any(t.state in {State.WAITING, State.BOOKED} for t in tickets):
            return tickets
        raise Refusal("not_printing")
    _join(printing, "printed", at)
    return tickets


@transaction.atomic
def revive(*, visit_id: int, at: dt.datetime, officer_id: int | None = None) -> list[Ticket]:
    """A ticket whose print was never confirmed is in somebody's hand after all, the same day.

    It keeps its number and arrival and needs no seat.
    """
    tickets = lock_all_with_windows(list(_of(visit_id)))
    if not tickets:
        raise Refusal("unknown_ticket")
    visit = tickets[0].visit
    lost = [
        t
        for t in tickets
        if t.state == State.CANCELLED
        and t.events.order_by("-pk").values_list("kind", flat=True).first() == "print_expired"
    ]
    if not lost or visit.date != tickets[0].mall.date_at(at):
        raise Refusal("cannot_revive")
    if QueueDay.objects.filter(
        queue__in=[t.queue_id for t in lost], date=visit.date, closed_at__isnull=False
    ).exists():
        raise Refusal("day_closed")
    try:
        with transaction.atomic():
            _join(lost, "revived", at, officer_id)
    except IntegrityError:
        raise Refusal("already_booked") from None
    return tickets


def expire_unprinted(*, at: dt.datetime) -> int:
    """Tickets whose print nobody confirmed for two minutes leave the line; their seats are free."""
    expired = 0
    for pk in Ticket.objects.filter(
        state=State.PRINTING, booked_at__lt=at - PRINT_TIMEOUT
    ).values_list("pk", flat=True):
        with transaction.atomic():
            ticket = lock_all_with_windows([pk])[0]
            if ticket.state != State.PRINTING:
                continue
            before = snapshot(ticket)
            if ticket.seat and ticket.window and ticket.window.ends_at > at:
                give_back(ticket, at=at)
                ticket.seat = Ticket.Seat.NONE
            ticket.state = State.CANCELLED
            ticket.save(update_fields=["state", "seat"])
            log(ticket, "print_expired", at=at, before=before)
            expired += 1
    return expired


def mark_no_shows(*, at: dt.datetime) -> int:
    """Who has not checked in `late` minutes after the window is a no-show; one window at a time.

    Each freed seat becomes one more walk-in seat of the queue's first window of that day that has
    not ended.
    """
    late = ExpressionWrapper(
        F("queue__late_minutes") * dt.timedelta(minutes=1), output_field=DurationField()
    )
    missed = 0
    over = (
        Window.objects.filter(tickets__state=State.BOOKED, ends_at__lt=at - late)
        .order_by("pk")
        .values_list("pk", flat=True)
        .distinct()
    )
    for window_id in list(over):
        missed += _no_shows_of(window_id, at=at)
    return missed


@transaction.atomic
def _no_shows_of(window_id: int, *, at: dt.datetime) -> int:
    window = Window.objects.select_related("queue").get(pk=window_id)
    heir = (
        Window.objects.filter(queue_id=window.queue_id, date=window.date, ends_at__gt=at)
        .order_by("starts_at")
        .first()
    )
    list(
        Window.objects.select_for_update()
        .filter(pk__in=[window.pk, *([heir.pk] if heir else [])])
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    tickets = list(
        Ticket.objects.select_for_update(of=("self",))
        .filter(window_id=window_id, state=State.BOOKED)
        .select_related("visit")
        .order_by("pk")
    )
    held = sum(1 for t in tickets if t.seat)
    for ticket in tickets:
        before = snapshot(ticket)
        ticket.state = State.NO_SHOW
        ticket.ended_at = at
        ticket.save(update_fields=["state", "ended_at"])
        log(ticket, "no_show", at=at, before=before)
        reminders.replan(visit=ticket.visit, at=at)
    if heir and held:
        Window.objects.filter(pk=heir.pk).update(seats=F("seats") + held)
    return len(tickets)


def _join(tickets: list[Ticket], kind: str, at: dt.datetime, officer_id: int | None = None) -> None:
    for ticket in tickets:
        before = snapshot(ticket)
        ticket.state = State.WAITING if ticket.sort_at else State.BOOKED
        ticket.ended_at = None
        ticket.save(update_fields=["state", "ended_at"])
        log(ticket, kind, at=at, officer_id=officer_id, before=before)
    live.changed(mall_id=tickets[0].mall_id, queue_ids={t.queue_id for t in tickets})


def _of(visit_id: int) -> list[int]:
    return list(
        Ticket.objects.filter(visit_id=visit_id)
        .exclude(state=State.TRANSFERRED)
        .values_list("pk", flat=True)
    )


def _minutes(number: int) -> dt.timedelta:
    return dt.timedelta(minutes=number)
