"""What the front desk puts right on a number that is out: its service, and its paper."""

import datetime as dt

from django.db import transaction

from accounts.models import User
from queueing import issuing, live, reminders
from queueing.availability import SeatFacts, facts_of_day, service_in
from queueing.contact import contact_of
from queueing.models import Ticket, Visit
from queueing.refusals import Refusal
from queueing.rules.arriving import confirm_print
from queueing.rules.calling import is_closed
from queueing.rules.locking import lock_all_with_windows, lock_with_window, whole_or_again
from queueing.rules.moving import transfer
from queueing.rules.record import log, snapshot
from queueing.rules.seats import (
    refuse_past_the_services_own_limit,
    service_locks,
    under_the_persons_lock,
)
from queueing.workflow import ACTIVE, AT_COUNTER, State
from services.models import ServiceType

CORRECTABLE = (State.BOOKED, State.WAITING)


@whole_or_again
def change_service(*, ticket_id: int, service: str, officer: User, at: dt.datetime) -> Ticket:
    """Give a booked or waiting number another service. Twice is once.

    In the same queue number, seat and arrival stay. In another queue who waits is sent on, as in
    `transfer`; a number that is only booked is refused with `other_queue`. Refuses also
    `already_booked`, `same_service_twice` (in this visit) and `day_full` (the service's own limit).
    """
    seen = Ticket.objects.select_related("visit", "service_type").get(pk=ticket_id)
    if seen.service_type.code == service:
        return seen
    target = service_in(seen.mall_id, service)
    if target.booking_mode == ServiceType.BookingMode.EXTERNAL:
        raise Refusal("external", system=target.external_system)
    if not hasattr(target, "queue_service") or not target.queue_service.queue.active:
        raise Refusal("no_queue")
    facts = facts_of_day(mall_id=seen.mall_id, codes=[service], date=seen.date)[:1]
    _lock_the_person(seen, target, facts)
    ticket = lock_with_window(ticket_id)
    if ticket.service_type_id != seen.service_type_id:
        raise issuing.TryAgain  # a colleague changed it in the same moment
    if ticket.state not in CORRECTABLE:
        raise Refusal("wrong_state", state=State(ticket.state).label)
    if is_closed(ticket):
        raise Refusal("day_closed")
    siblings = Ticket.objects.filter(visit_id=ticket.visit_id, service_type=target)
    if siblings.filter(state__in=ACTIVE).exclude(pk=ticket.pk).exists():
        raise Refusal("same_service_twice")
    for fact in facts:
        refuse_past_the_services_own_limit(ticket.mall_id, fact)
    if target.queue_service.queue_id != ticket.queue_id:
        if ticket.state == State.BOOKED:
            raise Refusal("other_queue")
        return transfer(ticket_id=ticket.pk, service=service, officer=officer, at=at)
    return _changed(ticket, seen.service_type, target, facts, officer, at)


def _lock_the_person(ticket: Ticket, target: ServiceType, facts: list[SeatFacts]) -> None:
    """One number each for a service, and a service with its own limit is counted under a lock."""
    contact = contact_of(ticket.visit)
    key = contact.person_key(ticket.date, target.pk) if ticket.person_key else None
    under_the_persons_lock(
        request_key=None,
        asked=None,
        person_keys=[key] if key else [],
        contact=contact,
        helper_id=None,
        date=ticket.date,
        more_locks=service_locks(facts),
    )


def _changed(
    ticket: Ticket,
    old: ServiceType,
    target: ServiceType,
    facts: list[SeatFacts],
    officer: User,
    at: dt.datetime,
) -> Ticket:
    before = snapshot(ticket)
    if ticket.person_key:
        ticket.person_key = contact_of(ticket.visit).person_key(ticket.date, target.pk)
    ticket.service_type = target
    ticket.standard_id = facts[0].standard_id if facts else None
    ticket.save(update_fields=["service_type", "standard", "person_key"])
    log(
        ticket,
        "service_changed",
        at=at,
        officer_id=officer.pk,
        note=f"{old.code} > {target.code}",
        before=before,
    )
    reminders.replan(visit=ticket.visit, at=at)
    live.changed(mall_id=ticket.mall_id, queue_ids=[ticket.queue_id])
    return ticket


@transaction.atomic
def reprint(*, visit_id: int, officer_id: int, at: dt.datetime) -> list[Ticket]:
    """Print a visit's paper again: written down on each number that it shows.

    A kiosk ticket whose print was not confirmed joins the line: its paper is in a hand now. Refuses
    `cannot_reprint` when nothing on the paper would still be worth anything.
    """
    visit = Visit.objects.select_related("mall").get(pk=visit_id)
    if visit.date < visit.mall.date_at(at):
        raise Refusal("cannot_reprint")
    tickets = lock_all_with_windows(list(visit.tickets.values_list("pk", flat=True)))
    printed = [t for t in tickets if t.state in ACTIVE and t.state not in AT_COUNTER]
    if not printed:
        raise Refusal("cannot_reprint")
    if any(t.state == State.PRINTING for t in printed):
        confirm_print(visit_id=visit_id, at=at)
    for ticket in printed:
        log(ticket, "reprinted", at=at, officer_id=officer_id)
    return printed
