"""Besides being served: back into the line, on to another queue, and the undoing of an act."""

import datetime as dt
import uuid
from typing import Any

from django.db import IntegrityError, transaction

from accounts.models import User
from notifications.rules import void
from queueing import live
from queueing.availability import service_in
from queueing.contact import contact_of
from queueing.models import QueueDay, Ticket, TicketEvent
from queueing.order import behind_the_next_two
from queueing.refusals import Refusal
from queueing.rules.calling import act, at_the_counter, is_closed, lock_session, refuse_unless
from queueing.rules.locking import lock_with_window
from queueing.rules.record import UNDO_WITHIN, log, snapshot
from queueing.workflow import State, may
from services.models import ServiceStandard

UNDOABLE = {"called", "started", "ended", "parked", "absent", "transferred"}
_RESTORED = [
    "sort_at",
    "counter_id",
    "officer_id",
    "called_at",
    "started_at",
    "ended_at",
    "released_at",
    "recalls",
    "returns",
    "outcome",
    "collect_on",
    "parked_reason",
]
_TIMES = {"sort_at", "called_at", "started_at", "ended_at", "released_at"}


@transaction.atomic
def bring_back(*, ticket_id: int, at: dt.datetime, officer_id: int | None = None) -> Ticket:
    """Put somebody back into the line: parked to the old place, others behind the next two.

    Absent people rejoin once; "documents missing" may return the same day without a new seat.
    """
    ticket = lock_with_window(ticket_id)
    if ticket.date != ticket.mall.date_at(at) or is_closed(ticket):
        raise Refusal("day_closed")
    if ticket.state == State.WAITING and _last_step(ticket) == "returned":
        return ticket
    missing = ticket.outcome == Ticket.Outcome.DOCUMENTS_MISSING
    if not may("returned", ticket.state) or (ticket.state == State.DONE and not missing):
        raise Refusal("wrong_state", state=State(ticket.state).label)
    before = snapshot(ticket)
    if missing:
        void(about=[f"visit-{ticket.visit_id}"], kinds=["survey"], at=at)  # it is not over
    if ticket.state != State.PARKED:
        if ticket.state == State.ABSENT:
            if ticket.returns:
                raise Refusal("rejoined_already")
            ticket.returns += 1
        waiting = Ticket.objects.filter(
            queue_id=ticket.queue_id, date=ticket.date, state=State.WAITING
        ).order_by("sort_at", "number")
        ticket.sort_at = behind_the_next_two(
            [place for place in waiting.values_list("sort_at", flat=True)[:3] if place], at
        )
    ticket.state = State.WAITING
    ticket.ended_at = None
    ticket.counter_id = None
    ticket.outcome = ""
    try:
        with transaction.atomic():
            ticket.save(
                update_fields=["state", "sort_at", "returns", "ended_at", "counter", "outcome"]
            )
    except IntegrityError:
        raise Refusal("already_booked") from None
    log(ticket, "returned", at=at, officer_id=officer_id, before=before)
    live.changed(mall_id=ticket.mall_id, queue_ids=[ticket.queue_id])
    return ticket


@transaction.atomic
def transfer(
    *,
    ticket_id: int,
    service: str,
    officer: User,
    at: dt.datetime,
    counter_id: int | None = None,
    note: str = "",
) -> Ticket:
    """Send the person on to another service's queue: same label and arrival, never refused as full.

    The old ticket becomes `transferred`; the new one is the answer.
    """
    if counter_id is not None:
        _session, ticket = at_the_counter(counter_id, officer, at)
        if ticket.pk != ticket_id:
            raise Refusal("nobody_at_counter")
    else:
        ticket = lock_with_window(ticket_id)
    refuse_unless("transferred", ticket)
    target = service_in(ticket.mall_id, service)
    if not hasattr(target, "queue_service") or not target.queue_service.queue.active:
        raise Refusal("no_queue")
    queue = target.queue_service.queue
    if queue.pk == ticket.queue_id:
        raise Refusal("same_queue")
    if is_closed(ticket):
        raise Refusal("day_closed")
    day, _made = QueueDay.objects.get_or_create(
        queue=queue, date=ticket.date, defaults={"mall_id": ticket.mall_id}
    )
    if day.closed_at:
        raise Refusal("day_closed")
    before = snapshot(ticket)
    ticket.state = State.TRANSFERRED
    ticket.ended_at = at  # and not released: who is sent on may be called there at once
    act(ticket, "transferred", ["ended_at"], at, officer, before, note or queue.prefix, counter_id)
    contact = contact_of(ticket.visit)
    standard = ServiceStandard.objects.filter(
        service_type=target, approved_at__isnull=False, valid_from__lte=ticket.date
    ).order_by("-valid_from", "-version")
    try:
        with transaction.atomic():
            moved = Ticket.objects.create(
                public_id=uuid.uuid4(),
                visit=ticket.visit,
                mall_id=ticket.mall_id,
                date=ticket.date,
                queue=queue,
                service_type=target,
                standard=standard.first(),
                number=ticket.number,
                label=ticket.label,
                state=State.WAITING,
                walk_in=ticket.walk_in,
                priority=ticket.priority,
                sort_at=ticket.sort_at or at,
                person_key=contact.person_key(ticket.date, target.pk)
                if ticket.person_key
                else None,
                booked_at=ticket.booked_at,
                checked_in_at=ticket.checked_in_at,
            )
    except IntegrityError:
        raise Refusal("already_booked") from None
    log(moved, "transferred_in", at=at, officer_id=officer.pk, note=str(ticket.public_id))
    live.changed(mall_id=ticket.mall_id, queue_ids={ticket.queue_id, queue.pk})
    return moved


@transaction.atomic
def undo(*, counter_id: int, officer: User, at: dt.datetime) -> Ticket:
    """Take back the officer's last act at the counter, within 60 s, unless it was acted on."""
    lock_session(counter_id, officer, at)
    last = (
        TicketEvent.objects.filter(counter_id=counter_id)
        .order_by("-pk")
        .select_related("ticket")
        .first()
    )
    if last is None or last.kind not in UNDOABLE or last.before is None:
        raise Refusal("nothing_to_undo")
    if last.officer_id != officer.pk:
        raise Refusal("undo_not_yours")
    if at - last.at > UNDO_WITHIN:
        raise Refusal("undo_too_late")
    ticket = lock_with_window(last.ticket_id)
    if ticket.events.order_by("-pk").values_list("pk", flat=True).first() != last.pk:
        raise Refusal("acted_on", what=State(ticket.state).label)
    if last.kind == "transferred":
        _take_back_transfer(ticket, officer, at)
    _restore(ticket, last.before)
    try:
        with transaction.atomic():
            ticket.save(update_fields=["state", *_RESTORED])
    except IntegrityError:
        raise Refusal("acted_on", what=State(State.CALLED).label) from None
    log(ticket, "undone", at=at, officer_id=officer.pk, counter_id=counter_id, note=last.kind)
    void(about=[str(ticket.public_id)], kinds=[last.kind, "collect"], at=at)
    live.changed(mall_id=ticket.mall_id, queue_ids=[ticket.queue_id])
    return ticket


def _restore(ticket: Ticket, before: dict[str, Any]) -> None:
    ticket.state = before["state"]
    for name in _RESTORED:
        value = before[name]
        if value and name in _TIMES:
            value = dt.datetime.fromisoformat(value)
        elif value and name == "collect_on":
            value = dt.date.fromisoformat(value)
        setattr(ticket, name, value)


def _take_back_transfer(ticket: Ticket, officer: User, at: dt.datetime) -> None:
    """The ticket that the transfer made must be untouched; it becomes `transferred` (back)."""
    arrival = (
        TicketEvent.objects.filter(
            ticket__visit_id=ticket.visit_id, kind="transferred_in", note=str(ticket.public_id)
        )
        .order_by("-pk")
        .first()
    )
    if arrival is None:
        raise Refusal("nothing_to_undo")
    moved = lock_with_window(arrival.ticket_id)
    last = moved.events.order_by("-pk").values_list("pk", flat=True).first()
    if moved.state != State.WAITING or last != arrival.pk:
        raise Refusal("acted_on", what=State(moved.state).label)
    moved.state = State.TRANSFERRED
    moved.save(update_fields=["state"])
    log(moved, "undone", at=at, officer_id=officer.pk, note="transferred_in")
    live.changed(mall_id=moved.mall_id, queue_ids=[moved.queue_id])


def _last_step(ticket: Ticket) -> str | None:
    return ticket.events.order_by("-pk").values_list("kind", flat=True).first()
