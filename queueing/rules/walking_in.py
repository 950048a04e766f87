"""Numbers for people in the hall: walk-ins and priority."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

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
from queueing.models import QueueDay, Ticket, Visit
from queueing.order import NO_BOOST, place
from queueing.refusals import Refusal
from queueing.rules.locking import whole_or_again
from queueing.rules.seats import (
    MAX_TICKETS_PER_VISIT,
    hash_of,
    new_visit,
    refuse_past_the_services_own_limit,
    service_locks,
    take,
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
    over_quota_reason: str = "",
    by: int | None = None,
) -> Visit:
    """Give numbers to a person in the hall: a seat in the first window that has one left.

    Within the queue's `early` minutes of it they wait at once, else they are booked and scan again.
    Priority people take no ordinary seat, within the queue's daily cap. With `printing` the ticket
    waits for the printer (`confirm_print`). `override_reason` (front desk, at least 5 letters)
    lets a second active number for the same person and service pass. `over_quota_reason` (the same)
    gives a number without a seat, in the order of arrival, when every window of today is full.
    `by` is the window that the person agreed to: one for a later hour is `just_full` instead.
    """
    if over_quota_reason and (channel != Visit.Channel.FRONT_DESK or officer_id is None):
        raise Refusal("not_allowed")
    contact = read_contact(name=name, phone=phone, email="", nik=nik, needs_name=False)
    if priority not in Visit.Priority.values:
        raise Refusal("bad_priority")
    if not services:
        raise Refusal("nothing_chosen")
    if len(set(services)) < len(services):
        raise Refusal("same_service_twice")
    if len(services) > MAX_TICKETS_PER_VISIT:
        raise Refusal("too_many_tickets", limit=MAX_TICKETS_PER_VISIT)
    if any(reason and len(reason.strip()) < 5 for reason in (override_reason, over_quota_reason)):
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
    facts = _first_window_of_each(mall, windows, channel, bool(priority), at, over_quota_reason)
    if by and not priority and facts[0].window_id != by:
        _refuse_later(facts[0], by, windows, mall, at)
    seated = [fact for fact in facts if fact.window_id]
    for fact in seated:
        refuse_past_the_services_own_limit(mall.pk, fact)
    if priority:
        numbers = take_priority(facts)
    elif len(seated) == len(facts):
        numbers = take_in_the_hall(facts)
    else:
        numbers = _take_over_quota(facts)
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
        seat = bool(fact.window_id) and not priority
        present = not seat or at >= fact.starts_at - fact.early
        number = numbers[fact.service_id]
        new.append(
            issuing.NewTicket(
                queue_id=fact.queue_id,
                prefix=fact.prefix,
                service_id=fact.service_id,
                standard_id=fact.standard_id,
                window_id=fact.window_id if seat else None,
                number=number,
                state=State.PRINTING if printing else State.WAITING if present else State.BOOKED,
                seat=Ticket.Seat.WALK_IN if seat else Ticket.Seat.NONE,
                walk_in=True,
                priority=bool(priority),
                sort_at=place(
                    number=number,
                    starts_at=fact.starts_at if seat else None,
                    ends_at=fact.ends_at if seat else None,
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
    beyond = over_quota_reason if len(seated) < len(facts) else ""
    reasons = [override_reason, beyond] if override_reason or beyond else [priority_reason]
    visit.new_tickets = issuing.write_visit(
        visit, new, officer_id=officer_id, note="; ".join(filter(None, reasons))[:200]
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
    over_quota_reason: str = "",
) -> list[SeatFacts]:
    """For each service the first window with a seat left; several do not overlap in time.

    With a reason to go over the quota the answer names no window where all that lie ahead are full.
    """
    chosen: list[SeatFacts] = []
    for code, facts in windows.items():
        full: SeatFacts | None = None
        for fact in facts:
            why = judge(fact, channel=channel, at=at, zone=mall.zone)
            if why == "full" and priority:
                why = ""
            taken = any(
                c.window_id and fact.starts_at < c.ends_at and c.starts_at < fact.ends_at
                for c in chosen
            )
            if not why and (priority or not taken):
                chosen.append(fact)
                break
            if over_quota_reason and full is None and why in {"full", "day_full"}:
                full = replace(fact, window_id=None)
        else:
            if full:
                chosen.append(full)
                continue
            raise _no_of_the_gate(mall, code, facts[0].date, channel, at)
    return chosen


def _refuse_later(
    fact: SeatFacts, by: int, windows: dict[str, list[SeatFacts]], mall: Mall, at: dt.datetime
) -> None:
    """Nobody gets a number for hours later who agreed to one for now."""
    if at < fact.starts_at - fact.early:
        agreed = next((one for one in windows[fact.service_code] if one.window_id == by), fact)
        hour = agreed.starts_at.astimezone(mall.zone)
        raise Refusal("just_full", hour=f"{hour:%H.%M}")


def _take_over_quota(facts: list[SeatFacts]) -> dict[int, int]:
    """Numbers above all blocks for those without a window, seats for the others."""
    days = {fact.day_id for fact in facts if fact.day_id}
    issuing.lock_days(days)
    open_days = set(
        QueueDay.objects.filter(pk__in=days, closed_at__isnull=True).values_list("pk", flat=True)
    )
    numbers = {}
    for fact in facts:
        if fact.day_id not in open_days:
            raise Refusal("closed")
        if fact.window_id is None:
            numbers[fact.service_id] = issuing.next_overflow_number(fact.day_id)
    try:
        seated = [fact for fact in facts if fact.window_id]
        return numbers | take(seated, online=False, days_locked=days) if seated else numbers
    except Refusal:
        raise issuing.TryAgain from None


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
