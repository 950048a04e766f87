"""Booking ahead: one or several numbers for one visit, all or nothing."""

import datetime as dt
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from queueing import interpreter, issuing, reminders
from queueing.availability import (
    ONLINE,
    SeatFacts,
    explain_missing_window,
    facts_of_windows,
    judge,
)
from queueing.contact import known_channel, known_needs, one_line, read_contact
from queueing.models import Ticket, Visit, Window
from queueing.refusals import Refusal
from queueing.rules.locking import whole_or_again
from queueing.rules.seats import (
    MAX_TICKETS_PER_VISIT,
    hash_of,
    new_visit,
    refuse_more_than_the_cap,
    refuse_past_the_services_own_limit,
    service_locks,
    take,
    under_the_persons_lock,
)
from queueing.workflow import State
from services.models import Mall


class Wish(NamedTuple):
    """A service (its code) and the window wanted for it."""

    service: str
    window: int


@whole_or_again
def book(
    *,
    mall: Mall,
    wishes: Sequence[Wish],
    name: str,
    at: dt.datetime,
    phone: str = "",
    email: str = "",
    nik: str = "",
    priority: str = "",
    needs: Sequence[str] = (),
    accommodation: str = "",
    language: str = "id",
    prefer: str = "",
    channel: str = Visit.Channel.WEB,
    booked_by_id: int | None = None,
    note: str = "",
    request_key: str | None = None,
) -> Visit:
    """Book one ticket for each wish, all of one date, all or nothing; the visit with its tickets.

    The same `request_key` gives the same visit again. Refuses with the codes of `refusals.py`.
    `note` goes into the tickets' first event beside the helper who booked, such as an agreement.
    The visit has `new_tickets`: the tickets just written (or found), as a list; when just written
    also `new_times`: start and end by window. `prefer` is the channel by which the person would
    like to be told.
    """
    contact = read_contact(name=name, phone=phone, email=email, nik=nik, needs_name=True)
    if priority not in Visit.Priority.values:
        raise Refusal("bad_priority")
    codes = [wish.service for wish in wishes]
    if not wishes:
        raise Refusal("nothing_chosen")
    if len(wishes) > MAX_TICKETS_PER_VISIT:
        raise Refusal("too_many_tickets", limit=MAX_TICKETS_PER_VISIT)
    if len(set(codes)) < len(codes):
        raise Refusal("same_service_twice")
    needs, accommodation = known_needs(needs), one_line(accommodation)
    prefer = known_channel(prefer, contact)
    wants = (priority, needs, accommodation, *([prefer] if prefer else []))
    asked = hash_of(mall.pk, wishes, contact, *wants) if request_key else None
    facts = _facts_of_wishes(mall, wishes)
    date = facts[0].date
    if any(f.date != date for f in facts):
        raise Refusal("different_dates")
    by_start = sorted(facts, key=lambda f: f.starts_at)
    if any(a.ends_at > b.starts_at for a, b in pairwise(by_start)):
        raise Refusal("overlapping")
    person_keys = [contact.person_key(date, f.service_id) for f in facts]
    known = under_the_persons_lock(
        request_key=request_key,
        asked=asked,
        person_keys=[key for key in person_keys if key],
        contact=contact,
        helper_id=booked_by_id,
        date=date,
        more_locks=service_locks(facts),
    )
    if isinstance(known, Visit):
        return known
    refuse_more_than_the_cap(known.active_of_contact, len(wishes), contact, booked_by_id)
    for fact in facts:
        if code := judge(fact, channel=channel, at=at, zone=mall.zone):
            raise Refusal(code, reason=fact.paused_reason, system=fact.external_system)
        refuse_past_the_services_own_limit(mall.pk, fact)
    interpreter.refuse_unless_possible(mall=mall, needs=needs, date=date, at=at)
    visit = new_visit(
        mall=mall,
        date=date,
        contact=contact,
        priority=priority,
        needs=needs,
        accommodation=accommodation,
        language=language,
        prefer=prefer,
        channel=channel,
        booked_by_id=booked_by_id,
        request_key=request_key,
        request_hash=asked,
        at=at,
    )
    new = [
        issuing.NewTicket(
            queue_id=f.queue_id,
            prefix=f.prefix,
            service_id=f.service_id,
            standard_id=f.standard_id,
            window_id=f.window_id,
            state=State.BOOKED,
            seat=Ticket.Seat.ONLINE if channel in ONLINE else Ticket.Seat.WALK_IN,
            walk_in=False,
            priority=bool(priority),
            sort_at=None,
            person_key=key,
        )
        for f, key in zip(facts, person_keys, strict=True)
    ]
    earliest, first = min(zip(facts, new, strict=True), key=lambda pair: pair[0].starts_at)
    messages = reminders.prepare(
        visit=visit,
        public_id=first.public_id,
        window_id=first.window_id,
        starts_at=earliest.starts_at,
        ends_at=earliest.ends_at,
        mall=mall,
        at=at,
        agency_id=earliest.agency_id,
    )
    numbers = take(facts, online=channel in ONLINE)  # late: others wait from here to the commit
    for ticket in new:
        ticket.number = numbers[ticket.service_id]
    along = reminders.sent_along(messages, label=first.label, number=first.number, at=at)
    visit.new_tickets = issuing.write_visit(
        visit, new, officer_id=booked_by_id, note=note if booked_by_id else "", along=along
    )
    visit.new_times = {f.window_id: (f.starts_at, f.ends_at) for f in facts}
    return visit


def _facts_of_wishes(mall: Mall, wishes: Sequence[Wish]) -> list[SeatFacts]:
    """The facts of each wish in its order, or why a pair does not belong together."""
    found = {
        (f.service_code, f.window_id): f
        for f in facts_of_windows(
            mall_id=mall.pk,
            codes=[w.service for w in wishes],
            windows=[w.window for w in wishes],
        )
    }
    facts = []
    for wish in wishes:
        fact = found.get((wish.service, wish.window))
        if fact is None:
            refusal = explain_missing_window(mall_id=mall.pk, code=wish.service)
            if (
                refusal.code == "unknown_window"
                and Window.objects.filter(pk=wish.window, queue__mall=mall).exists()
            ):
                refusal = Refusal("wrong_window")
            raise refusal
        facts.append(fact)
    return facts
