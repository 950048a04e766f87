"""Numbers for people in the hall: walk-ins and priority."""

import datetime as dt
from collections.abc import Sequence

from queueing import issuing, live
from queueing.availability import (
    SeatFacts,
    availability,
    explain_missing_window,
    facts_of_day,
    judge,
    service_in,
)
from queueing.contact import known_needs, one_line, read_contact
from queueing.models import Ticket, Visit
from queueing.order import NO_BOOST, place
from queueing.refusals import Refusal
from queueing.rules.locking import whole_or_again
from queueing.rules.seats import (
    MAX_TICKETS_PER_VISIT,
    hash_of,
    new_visit,
    refuse_past_the_services_own_limit,
    service_locks,
    take_in_the_hall,
    take_priority,
    under_the_persons_lock,
)
from queueing.workflow import State
from services.models import Mall


@whole_or_again
def walk_in(
    *,
    mall: Mall,
    services: Sequence[str],
    at: dt.datetime,
    channel: str = Visit.Channel.KIOSK,
    printing: bool = False,
    name: str = "",
    phone: str = "",
    nik: str = "",
    priority: str = "",
    priority_reason: str = "",
    needs: Sequence[str] = (),
    accommodation: str = "",
    language: str = "id",
    officer_id: int | None = None,
    request_key: str | None = None,
    override_reason: str = "",
) -> Visit:
    """Give numbers to a person in the hall: a seat in the first window that has one left.

    Within the queue's `early` minutes of it they wait at once, else they are booked and scan again.
    Priority people take no ordinary seat, within the queue's daily cap. With `printing` the ticket
    waits for the printer (`confirm_print`). `override_reason` (front desk, at least 5 letters)
    lets a second active number for the same person and service pass.
    """
    contact = read_contact(name=name, phone=phone, email="", nik=nik, needs_name=False)
    if priority not in Visit.Priority.values:
        raise Refusal("bad_priority")
    if not services:
        raise Refusal("nothing_chosen")
    if len(set(services)) < len(services):
        raise Refusal("same_service_twice")
    if len(services) > MAX_TICKETS_PER_VISIT:
        raise Refusal("too_many_tickets", limit=MAX_TICKETS_PER_VISIT)
    if override_reason and len(override_reason.strip()) < 5:
        raise Refusal("reason_needed")
    date = mall.date_at(at)
    needs = known_needs(needs)
    accommodation, priority_reason = one_line(accommodation), one_line(priority_reason)
    asked = (
        hash_of(mall.pk, services, contact, priority, needs, accommodation) if request_key else None
    )
    windows = _windows_of_each(mall, services, date, channel, at)
    wanted = [windows[code][0] for code in services]
    keys = [contact.person_key(date, f.service_id) for f in wanted]
    known = under_the_persons_lock(
        request_key=request_key,
        asked=asked,
        person_keys=[] if override_reason else [key for key in keys if key],
        contact=contact,
        helper_id=None,
        date=date,
        more_locks=service_locks(wanted),
    )
    if isinstance(known, Visit):
        return known
    facts = _first_window_of_each(mall, windows, channel, bool(priority), at)
    for fact in facts:
        refuse_past_the_services_own_limit(mall.pk, fact)
    numbers = take_priority(facts) if priority else take_in_the_hall(facts)
    visit = new_visit(
        mall=mall,
        date=date,
        contact=contact,
        priority=priority,
        priority_reason=priority_reason,
        needs=needs,
        accommodation=accommodation,
        language=language,
        channel=channel,
        booked_by_id=officer_id,
        request_key=request_key,
        request_hash=asked,
        at=at,
    )
    new = []
    for fact, key in zip(facts, keys, strict=True):
        present = bool(priority) or at >= fact.starts_at - fact.early
        number = numbers[fact.service_id]
        new.append(
            issuing.NewTicket(
                queue_id=fact.queue_id,
                prefix=fact.prefix,
                service_id=fact.service_id,
                standard_id=fact.standard_id,
                window_id=None if priority else fact.window_id,
                number=number,
                state=State.PRINTING if printing else State.WAITING if present else State.BOOKED,
                seat=Ticket.Seat.NONE if priority else Ticket.Seat.WALK_IN,
                walk_in=True,
                priority=bool(priority),
                sort_at=place(
                    number=number,
                    starts_at=None if priority else fact.starts_at,
                    ends_at=None if priority else fact.ends_at,
                    arrived_at=at,
                    boost=fact.boost if priority else NO_BOOST,
                )
                if present
                else None,
                person_key=None if override_reason else key,
                checked_in_at=at if present else None,
            )
        )
    if any(ticket.checked_in_at for ticket in new):
        visit.checked_in_at = at
    visit.new_tickets = issuing.write_visit(
        visit, new, officer_id=officer_id, note=override_reason or priority_reason
    )
    live.changed(mall_id=mall.pk, queue_ids={f.queue_id for f in facts})
    return visit


def _windows_of_each(
    mall: Mall, services: Sequence[str], date: dt.date, channel: str, at: dt.datetime
) -> dict[str, list[SeatFacts]]:
    """The windows of each service on `date`, by start; the gate's no where there is none."""
    windows: dict[str, list[SeatFacts]] = {code: [] for code in services}
    for fact in facts_of_day(mall_id=mall.pk, codes=services, date=date):
        windows[fact.service_code].append(fact)
    for code, facts in windows.items():
        if not facts:
            refusal = explain_missing_window(mall_id=mall.pk, code=code)
            if refusal.code != "unknown_window":
                raise refusal
            raise _no_of_the_gate(mall, code, date, channel, at)
    return windows


def _first_window_of_each(
    mall: Mall,
    windows: dict[str, list[SeatFacts]],
    channel: str,
    priority: bool,
    at: dt.datetime,
) -> list[SeatFacts]:
    """For each service the first window with a seat left; several do not overlap in time."""
    chosen: list[SeatFacts] = []
    for code, facts in windows.items():
        for fact in facts:
            why = judge(fact, channel=channel, at=at, zone=mall.zone)
            if why == "full" and priority:
                why = ""
            taken = any(fact.starts_at < c.ends_at and c.starts_at < fact.ends_at for c in chosen)
            if not why and (priority or not taken):
                chosen.append(fact)
                break
        else:
            raise _no_of_the_gate(mall, code, facts[0].date, channel, at)
    return chosen


def _no_of_the_gate(mall: Mall, code: str, date: dt.date, channel: str, at: dt.datetime) -> Refusal:
    """Why the gate lets nobody walk in; `day_full` where only the person's own numbers collide."""
    service = service_in(mall.pk, code)
    answer = availability(service=service, date=date, channel=channel, at=at)
    reason = service.queue_service.queue.days.filter(date=date).values_list("paused_reason")
    return Refusal(
        answer.code or "day_full",
        next_date=answer.next_date,
        system=service.external_system,
        reason=(reason.first() or ("",))[0],
    )
