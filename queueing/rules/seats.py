"""Taking seats: the person's lock and caps, the numbers, the visit to be written."""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

from django.conf import settings

from privacy.index import blind
from queueing import issuing
from queueing.availability import SeatFacts
from queueing.contact import Contact
from queueing.models import QueueDay, Ticket, Visit
from queueing.refusals import Refusal
from queueing.workflow import State
from services.models import Mall

MAX_TICKETS_PER_VISIT = 5


def under_the_persons_lock(
    *,
    request_key: str | None,
    asked: bytes | None,
    person_keys: list[bytes],
    contact: Contact,
    helper_id: int | None,
    date: dt.date,
    more_locks: list[bytes],
) -> issuing.Person | Visit:
    """Lock the person; give the visit of the same request, or refuse a second number."""
    locks = [*person_keys, *more_locks]
    if contact.key:
        locks.append(contact.key)
    if request_key:
        locks.append(blind("request", request_key))
    if helper_id:
        locks.append(blind("helper", str(helper_id)))
    if not locks:
        return issuing.Person()
    known = issuing.look_up_person(
        locks=locks,
        request_key=request_key,
        person_keys=person_keys,
        contact_key=contact.key,
        helper_id=helper_id,
        date=date,
    )
    if known.visit_id:
        if known.request_hash != asked:
            raise Refusal("request_reused")
        visit = Visit.objects.get(pk=known.visit_id)
        visit.new_tickets = list(visit.tickets.order_by("pk"))
        return visit
    if known.booked_services:
        raise Refusal("already_booked")
    return known


def refuse_more_than_the_cap(
    active: int, wanted: int, contact: Contact, helper_id: int | None
) -> None:
    limit = cap_of(contact, helper_id)
    if limit is not None and active + wanted > limit:
        raise Refusal("contact_cap", limit=limit)


def cap_of(contact: Contact, helper_id: int | None) -> int | None:
    """How many numbers of one day a contact, or a helper, may hold; None: nobody counts."""
    if helper_id:
        return settings.HELPER_TICKETS_PER_DAY
    return settings.CONTACT_TICKETS_PER_DAY if contact.key else None


def service_locks(facts: Sequence[SeatFacts]) -> list[bytes]:
    """Services with a limit of their own are counted under a lock of their own."""
    return [
        blind("service-day", str(f.service_id), f.date.isoformat())
        for f in facts
        if f.service_seats is not None
    ]


def refuse_past_the_services_own_limit(mall_id: int, fact: SeatFacts) -> None:
    if fact.service_seats is None:
        return
    given = Ticket.objects.filter(
        mall_id=mall_id, service_type_id=fact.service_id, date=fact.date
    ).exclude(state__in=[State.CANCELLED, State.TRANSFERRED])
    if given.count() >= fact.service_seats:
        raise Refusal("day_full")


def take(
    facts: Sequence[SeatFacts], *, online: bool, days_locked: set[int] | None = None
) -> dict[int, int]:
    """Take a seat in each window under the locks; {service: number}, or refuse as full."""
    spent = {f.day_id for f in facts if f.block_spent and f.day_id}
    if spent and not days_locked:
        issuing.lock_days(spent)
    locked = spent | (days_locked or set())
    taken = issuing.take_seats([f.window_id for f in facts if f.window_id], online=online)
    numbers: dict[int, int] = {}
    for fact in facts:
        if fact.window_id not in taken:
            raise Refusal("full")
        number = taken[fact.window_id]
        if number is None:
            if fact.day_id is None or fact.day_id not in locked:
                raise issuing.TryAgain
            number = issuing.next_overflow_number(fact.day_id)
        numbers[fact.service_id] = number
    return numbers


def take_in_the_hall(facts: Sequence[SeatFacts]) -> dict[int, int]:
    """Take the seats that were seen free; when somebody was faster, look for the next ones."""
    try:
        return take(facts, online=False)
    except Refusal:
        raise issuing.TryAgain from None


def take_priority(facts: Sequence[SeatFacts]) -> dict[int, int]:
    """Take a priority number outside the seats, within the daily cap of each queue."""
    ids = sorted({f.day_id for f in facts if f.day_id})
    days = {
        day.pk: day
        for day in QueueDay.objects.select_for_update().filter(pk__in=ids).order_by("pk")
    }
    numbers: dict[int, int] = {}
    for fact in facts:
        day = days.get(fact.day_id or 0)
        if day is None or day.closed_at:
            raise Refusal("closed")
        if day.priority_taken >= fact.priority_per_day:
            raise Refusal("priority_cap")
        day.priority_taken += 1
        day.save(update_fields=["priority_taken"])
        numbers[fact.service_id] = issuing.next_overflow_number(day.pk)
    return numbers


def new_visit(
    *, contact: Contact, at: dt.datetime, mall: Mall, prefer: str = "", **columns: Any
) -> Visit:
    return Visit(
        mall=mall,
        token=issuing.new_token(),
        short_code=issuing.new_short_code(),
        name=contact.name,
        phone=contact.phone,
        email=contact.email,
        nik=contact.nik,
        prefer=prefer,
        contact_key=contact.key,
        notice_version=settings.NOTICE_VERSION,
        created_at=at,
        **columns,
    )


def hash_of(
    mall_id: int, wishes: Sequence[Any], contact: Contact, *wants: str | Sequence[str]
) -> bytes:
    """The keyed hash of a request's body, to tell a repeat from another request."""
    body = [mall_id, sorted(wishes), contact.name, contact.phone, contact.email, contact.nik]
    return blind("request-body", json.dumps([*body, *wants]))
