"""Giving a number back, taking that back, or moving it to another window."""

import datetime as dt
from dataclasses import replace

from django.db import transaction

from notifications.rules import revive
from queueing import issuing, live, reminders
from queueing.availability import (
    ONLINE,
    SeatFacts,
    explain_missing_window,
    facts_of_windows,
    judge,
)
from queueing.contact import Contact, contact_of
from queueing.models import QueueDay, Ticket, TicketEvent, Visit, Window
from queueing.refusals import Refusal
from queueing.rules import freeing
from queueing.rules.locking import (
    lock_all_with_windows,
    lock_windows,
    lock_with_window,
    whole_or_again,
)
from queueing.rules.record import UNDO_WITHIN, log, snapshot
from queueing.rules.seats import (
    refuse_more_than_the_cap,
    refuse_past_the_services_own_limit,
    service_locks,
    take,
    under_the_persons_lock,
)
from queueing.windows import label
from queueing.workflow import State, may


@transaction.atomic
def cancel(
    *,
    ticket_id: int,
    at: dt.datetime,
    officer_id: int | None = None,
    reason: str = "",
) -> Ticket:
    """Cancel a number that is not at a counter; its seat is free again while its window lasts."""
    ticket = lock_with_window(ticket_id)
    if ticket.state == State.CANCELLED:
        return ticket
    if not may("cancelled", ticket.state):
        raise Refusal("cannot_cancel")
    give_up(ticket, at=at, officer_id=officer_id, note=reason)
    reminders.replan(visit=ticket.visit, at=at)
    reminders.cancelled(visit=ticket.visit, tickets=[ticket], at=at)
    return ticket


@transaction.atomic
def cancel_visit(*, visit_id: int, at: dt.datetime) -> list[Ticket]:
    """Cancel every number of a visit that can still be cancelled."""
    ids = list(
        Ticket.objects.filter(visit_id=visit_id)
        .exclude(state__in=[State.TRANSFERRED])
        .values_list("id", flat=True)
    )
    tickets = lock_all_with_windows(ids)
    open_ones = [t for t in tickets if may("cancelled", t.state)]
    if not open_ones and not all(t.state == State.CANCELLED for t in tickets):
        raise Refusal("cannot_cancel")
    for ticket in open_ones:
        give_up(ticket, at=at)
    if open_ones:
        reminders.replan(visit=open_ones[0].visit, at=at)
        reminders.cancelled(visit=open_ones[0].visit, tickets=open_ones, at=at)
    return open_ones


@whole_or_again
def undo_cancel(*, visit_id: int, at: dt.datetime) -> list[Ticket]:
    """Take back what the citizen cancelled in the last 60 s, all of it: same numbers, same hours.

    Refuses `full` when somebody else has taken the seat, and what would refuse a new number.
    """
    visit = Visit.objects.select_related("mall").get(pk=visit_id)
    recent = [event for event in _last_events(visit) if at - event.at <= UNDO_WITHIN]
    seen = {e.ticket_id: e for e in recent if e.kind == "cancelled" and e.officer_id is None}
    if not seen and any(e.kind == "undone" and e.note == "cancelled" for e in recent):
        return []  # pressed twice
    if not seen:
        raise Refusal("undo_too_late")
    _refuse_what_a_new_number_would_meet(visit, seen)
    tickets = lock_all_with_windows(list(seen))
    if QueueDay.objects.filter(
        queue__in=[t.queue_id for t in tickets], date=visit.date, closed_at__isnull=False
    ).exists():
        raise Refusal("day_closed")
    for ticket in tickets:
        before = seen[ticket.pk].before or {}
        if ticket.state != State.CANCELLED:
            raise issuing.TryAgain
        if not ticket.seat and before["seat"] and ticket.window_id:
            online = before["seat"] == Ticket.Seat.ONLINE
            if not freeing.take_back(ticket, online=online, at=at):
                raise Refusal("full")
            ticket.seat = before["seat"]
        ticket.state = before["state"]
        ticket.ended_at = None
        ticket.save(update_fields=["state", "seat", "ended_at"])
        log(ticket, "undone", at=at, note="cancelled")
    revive(about=[str(t.public_id) for t in tickets], kinds=reminders.PLANNED, at=at)
    reminders.not_cancelled(tickets=tickets, at=at)
    reminders.replan(visit=visit, at=at)
    live.changed(mall_id=visit.mall_id, queue_ids={t.queue_id for t in tickets})
    return tickets


def _last_events(visit: Visit) -> list[TicketEvent]:
    """The last event of each of the visit's tickets."""
    return list(
        TicketEvent.objects.filter(ticket__visit=visit)
        .order_by("ticket", "-pk")
        .distinct("ticket")
        .select_related("ticket__service_type")
    )


def _refuse_what_a_new_number_would_meet(visit: Visit, events: dict[int, TicketEvent]) -> None:
    """What was taken meanwhile counts: by the person, the contact, of the service's own limit."""
    tickets = [event.ticket for event in events.values()]
    contact = contact_of(visit)
    helper_id = visit.booked_by_id
    facts = facts_of_windows(
        mall_id=visit.mall_id,
        codes=[t.service_type.code for t in tickets],
        windows=[t.window_id for t in tickets if t.window_id],
    )
    try:
        known = under_the_persons_lock(
            request_key=None,
            asked=None,
            person_keys=[bytes(t.person_key) for t in tickets if t.person_key],
            contact=contact,
            helper_id=helper_id,
            date=visit.date,
            more_locks=service_locks(facts),
        )
    except Refusal:
        _again_unless_cancelled(tickets)
        raise
    _again_unless_cancelled(tickets)
    if isinstance(known, issuing.Person) and not all(t.walk_in for t in tickets):
        refuse_more_than_the_cap(known.active_of_contact, len(tickets), contact, helper_id)
    for fact in facts:
        refuse_past_the_services_own_limit(visit.mall_id, fact)


def _again_unless_cancelled(tickets: list[Ticket]) -> None:
    """The same press came twice, and the other has been carried out."""
    if (
        Ticket.objects.filter(pk__in=[t.pk for t in tickets])
        .exclude(state=State.CANCELLED)
        .exists()
    ):
        raise issuing.TryAgain


@whole_or_again
def reschedule(
    *, ticket_id: int, window_id: int, at: dt.datetime, officer_id: int | None = None
) -> Ticket:
    """Move a booked number to another window: the new seat first, the old one freed, together.

    It gets a number of the new window. A visit with several active numbers stays on its date.
    """
    return move_to(ticket_id=ticket_id, window_id=window_id, at=at, officer_id=officer_id)


def move_to(
    *,
    ticket_id: int,
    window_id: int,
    at: dt.datetime,
    officer_id: int | None = None,
    offer_id: int | None = None,
) -> Ticket:
    """The move itself, in the transaction of a rule that runs whole or again.

    With `offer_id` into the seat that is kept there for this ticket.
    """
    seen = Ticket.objects.select_related("service_type", "mall", "visit").get(pk=ticket_id)
    contact = contact_of(seen.visit)
    facts = facts_of_windows(
        mall_id=seen.mall_id, codes=[seen.service_type.code], windows=[window_id]
    )
    if not facts:
        if Window.objects.filter(pk=window_id).exists():
            raise Refusal("wrong_window")
        raise explain_missing_window(mall_id=seen.mall_id, code=seen.service_type.code)
    fact = replace(facts[0], service_given=0)  # the service's own limit is looked at under its lock
    key = contact.person_key(fact.date, seen.service_type_id) if seen.person_key else None
    if fact.date != seen.date:
        _refuse_another_day(seen, fact, key, contact)
    days = {fact.day_id} if fact.block_spent and fact.day_id else set()
    if days:
        issuing.lock_days(days)
    issuing.wait_for_turn([window_id])
    lock_windows({window_id} | ({seen.window_id} if seen.window_id else set()))
    ticket = (
        Ticket.objects.select_for_update(of=("self",))
        .select_related("visit", "mall", "window")
        .get(pk=ticket_id)
    )
    if ticket.window_id != seen.window_id:
        raise issuing.TryAgain
    if ticket.window_id == window_id:
        if offer_id:
            raise issuing.TryAgain  # the same press came twice, and the other has been carried out
        raise Refusal("same_window")
    if not may("rescheduled", ticket.state):
        raise Refusal("cannot_reschedule")
    siblings = (
        Ticket.objects.filter(visit_id=ticket.visit_id)
        .exclude(pk=ticket.pk)
        .exclude(state=State.CANCELLED)
    )
    if fact.date != ticket.date and siblings.exists():
        raise Refusal("same_day_only")
    if siblings.filter(
        state__in=[State.BOOKED, State.WAITING],
        window__starts_at__lt=fact.ends_at,
        window__ends_at__gt=fact.starts_at,
    ).exists():
        raise Refusal("overlapping")
    if offer_id:
        freeing.claim(offer_id=offer_id, ticket_id=ticket.pk, at=at)
        fact = with_the_kept_seat(fact)
    channel = ticket.visit.channel
    if code := judge(fact, channel=channel, at=at, zone=ticket.mall.zone):
        raise Refusal(code, reason=fact.paused_reason, system=fact.external_system)
    before = snapshot(ticket)
    numbers = take([fact], online=channel in ONLINE, days_locked=days)
    freeing.give_back(ticket, at=at)
    if fact.date != ticket.date:
        _move_visit(ticket.visit, fact.date)
        ticket.confirmed_at = None  # that was said of the other day
    ticket.window_id = window_id
    ticket.date = fact.date
    ticket.number = numbers[fact.service_id]
    ticket.label = label(fact.prefix, ticket.number)
    ticket.seat = Ticket.Seat.ONLINE if channel in ONLINE else Ticket.Seat.WALK_IN
    ticket.person_key = key
    ticket.standard_id = fact.standard_id
    ticket.kept_until = None  # a place of the person's own choice
    moved = ["window", "date", "number", "label", "seat", "person_key", "standard", "confirmed_at"]
    ticket.save(update_fields=[*moved, "kept_until"])
    log(ticket, "rescheduled", at=at, officer_id=officer_id, before=before)
    reminders.replan(visit=ticket.visit, at=at, kind="rescheduled")
    return ticket


def give_up(
    ticket: Ticket,
    *,
    at: dt.datetime,
    officer_id: int | None = None,
    kind: str = "cancelled",
    note: str = "",
) -> None:
    """End a ticket that the caller has locked with its window; its seat goes its way."""
    before = snapshot(ticket)
    if ticket.seat and ticket.window and ticket.window.ends_at > at:
        freeing.give_back(ticket, at=at)
        ticket.seat = Ticket.Seat.NONE
    ticket.state = State.CANCELLED
    ticket.ended_at = at
    ticket.save(update_fields=["state", "seat", "ended_at"])
    log(ticket, kind, at=at, officer_id=officer_id, note=note, before=before)
    live.changed(mall_id=ticket.mall_id, queue_ids={ticket.queue_id})


def with_the_kept_seat(fact: SeatFacts) -> SeatFacts:
    """The window as it is for whom one of its seats is kept."""
    return replace(fact, seats_left=fact.seats_left + 1, online_left=fact.online_left + 1)


def _refuse_another_day(
    ticket: Ticket, fact: SeatFacts, key: bytes | None, contact: Contact
) -> None:
    """What holds for a new number of that day holds for one that is moved there."""
    helper_id = None if ticket.walk_in else ticket.visit.booked_by_id
    known = under_the_persons_lock(
        request_key=None,
        asked=None,
        person_keys=[key] if key else [],
        contact=contact,
        helper_id=helper_id,
        date=fact.date,
        more_locks=service_locks([fact]),
    )
    if isinstance(known, issuing.Person) and not ticket.walk_in:
        refuse_more_than_the_cap(known.active_of_contact, 1, contact, helper_id)
    refuse_past_the_services_own_limit(ticket.mall_id, fact)


def _move_visit(visit: Visit, date: dt.date) -> None:
    visit.date = date
    while Visit.objects.filter(
        mall_id=visit.mall_id, date=date, short_code=visit.short_code
    ).exists():
        visit.short_code = issuing.new_short_code()
    visit.save(update_fields=["date", "short_code"])
