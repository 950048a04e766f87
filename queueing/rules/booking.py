"""Taking numbers: booking ahead, walking in, priority; and giving them back or moving them."""

import datetime as dt
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, wraps
from itertools import pairwise
from typing import Any, NamedTuple, ParamSpec, TypeVar

from django.conf import settings
from django.db import IntegrityError, transaction

from privacy import identity
from privacy.index import blind
from queueing import issuing, live, reminders
from queueing.availability import (
    ONLINE,
    SeatFacts,
    availability,
    explain_missing_window,
    facts_of_day,
    facts_of_windows,
    judge,
)
from queueing.models import QueueDay, Ticket, TicketEvent, Visit, Window
from queueing.order import NO_BOOST, place
from queueing.refusals import Refusal
from queueing.windows import label
from queueing.workflow import ACTIVE, State, may
from services.models import Mall, ServiceType

P = ParamSpec("P")
R = TypeVar("R")
MAX_TICKETS_PER_VISIT = 5
ATTEMPTS = 10


class Wish(NamedTuple):
    """A service (its code) and the window wanted for it."""

    service: str
    window: int


@dataclass(frozen=True)
class Contact:
    """Who comes, in one shape: phone E.164, NIK 16 digits, empty where not given."""

    name: str
    phone: str
    email: str
    nik: str

    @cached_property
    def key(self) -> bytes | None:
        """The blind index of the contact, for the cap."""
        reach = self.phone or self.email
        return blind("contact", reach) if reach else None

    def person_key(self, date: dt.date, service_id: int) -> bytes | None:
        """The blind index of person, service and date; None when nothing tells people apart."""
        day, service = date.isoformat(), str(service_id)
        if self.nik:
            return blind("person-nik", day, service, self.nik)
        if reach := self.phone or self.email:
            return blind("person-contact", day, service, reach, identity.fold_name(self.name))
        return None


def whole_or_again(rule: Callable[P, R]) -> Callable[P, R]:
    """Run a rule in one transaction; again when a code collided or what it read was gone."""

    @wraps(rule)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with transaction.atomic():
                    return rule(*args, **kwargs)
            except issuing.TryAgain:
                continue
            except IntegrityError as error:
                name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""
                if name == "one_active_ticket_per_person":
                    raise Refusal("already_booked") from None
                if attempt >= 3 or name not in {
                    "one_short_code_per_mall_and_date",
                    "one_label_per_mall_and_date",
                    "one_visit_per_request",
                }:
                    raise
        raise Refusal("busy")

    return run


def read_contact(*, name: str, phone: str, email: str, nik: str, needs_name: bool) -> Contact:
    """Bring what was typed into one shape, or refuse with every field that needs mending."""
    problems: dict[str, Refusal] = {}
    name = identity.normalise_name(name)
    if needs_name and not name:
        problems["name"] = Refusal("name_missing")
    elif len(name) > 100:
        problems["name"] = Refusal("name_too_long")
    try:
        phone = identity.normalise_phone(phone) if phone.strip() else ""
    except identity.BadPhone:
        problems["phone"] = Refusal("bad_phone")
    try:
        email = identity.normalise_email(email) if email.strip() else ""
    except ValueError:
        problems["email"] = Refusal("bad_email")
    try:
        nik = identity.read_nik(nik)[0] if nik.strip() else ""
    except identity.BadNik as error:
        problems["nik"] = Refusal("bad_nik", count=error.count)
    if problems:
        first = next(iter(problems.values()))
        raise Refusal(
            first.code, fields={k: v.message for k, v in problems.items()}, **first.context
        )
    return Contact(name, phone, email, nik)


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
    accommodation: str = "",
    language: str = "id",
    channel: str = Visit.Channel.WEB,
    booked_by_id: int | None = None,
    request_key: str | None = None,
) -> Visit:
    """Book one ticket for each wish, all of one date, all or nothing; the visit with its tickets.

    The same `request_key` gives the same visit again. Refuses with the codes of `refusals.py`.
    The visit has `new_tickets`: the tickets just written (or found), as a list; when just written
    also `new_times`: start and end by window.
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
    accommodation = _one_line(accommodation)
    asked = _hash_of(mall.pk, wishes, contact, priority, accommodation) if request_key else None
    facts = _facts_of_wishes(mall, wishes)
    date = facts[0].date
    if any(f.date != date for f in facts):
        raise Refusal("different_dates")
    by_start = sorted(facts, key=lambda f: f.starts_at)
    if any(a.ends_at > b.starts_at for a, b in pairwise(by_start)):
        raise Refusal("overlapping")
    person_keys = [contact.person_key(date, f.service_id) for f in facts]
    known = _under_the_persons_lock(
        request_key=request_key,
        asked=asked,
        person_keys=[key for key in person_keys if key],
        contact=contact,
        helper_id=booked_by_id,
        date=date,
        more_locks=_service_locks(facts),
    )
    if isinstance(known, Visit):
        return known
    _refuse_more_than_the_cap(known.active_of_contact, len(wishes), contact, booked_by_id)
    for fact in facts:
        if code := judge(fact, channel=channel, at=at, zone=mall.zone):
            raise Refusal(code, reason=fact.paused_reason, system=fact.external_system)
        _refuse_past_the_services_own_limit(mall.pk, fact)
    visit = _new_visit(
        mall=mall,
        date=date,
        contact=contact,
        priority=priority,
        accommodation=accommodation,
        language=language,
        channel=channel,
        booked_by_id=booked_by_id,
        request_key=request_key,
        request_hash=asked,
        at=at,
    )
    numbers = _take(facts, online=channel in ONLINE)  # late: others wait from here to the commit
    visit.new_tickets = issuing.write_visit(
        visit,
        [
            issuing.NewTicket(
                queue_id=f.queue_id,
                prefix=f.prefix,
                service_id=f.service_id,
                standard_id=f.standard_id,
                window_id=f.window_id,
                number=numbers[f.service_id],
                state=State.BOOKED,
                seat=Ticket.Seat.ONLINE if channel in ONLINE else Ticket.Seat.WALK_IN,
                walk_in=False,
                priority=bool(priority),
                sort_at=None,
                person_key=key,
            )
            for f, key in zip(facts, person_keys, strict=True)
        ],
        officer_id=booked_by_id,
    )
    visit.new_times = {f.window_id: (f.starts_at, f.ends_at) for f in facts}
    first = min(zip(facts, visit.new_tickets, strict=True), key=lambda pair: pair[0].starts_at)
    reminders.after_booking(
        visit=visit,
        ticket=first[1],
        starts_at=first[0].starts_at,
        ends_at=first[0].ends_at,
        mall=mall,
        at=at,
    )
    return visit


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
    accommodation, priority_reason = _one_line(accommodation), _one_line(priority_reason)
    asked = _hash_of(mall.pk, services, contact, priority, accommodation) if request_key else None
    windows = _windows_of_each(mall, services, date, channel, at)
    wanted = [windows[code][0] for code in services]
    keys = [contact.person_key(date, f.service_id) for f in wanted]
    known = _under_the_persons_lock(
        request_key=request_key,
        asked=asked,
        person_keys=[] if override_reason else [key for key in keys if key],
        contact=contact,
        helper_id=None,
        date=date,
        more_locks=_service_locks(wanted),
    )
    if isinstance(known, Visit):
        return known
    facts = _first_window_of_each(mall, windows, channel, bool(priority), at)
    for fact in facts:
        _refuse_past_the_services_own_limit(mall.pk, fact)
    numbers = _take_priority(facts) if priority else _take_in_the_hall(facts)
    visit = _new_visit(
        mall=mall,
        date=date,
        contact=contact,
        priority=priority,
        priority_reason=priority_reason,
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
    _cancel(ticket, at=at, officer_id=officer_id, kind="cancelled", note=reason)
    reminders.replan(visit=ticket.visit, at=at)
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
        _cancel(ticket, at=at, officer_id=None, kind="cancelled", note="")
    if open_ones:
        reminders.replan(visit=open_ones[0].visit, at=at)
    return open_ones


@whole_or_again
def reschedule(
    *, ticket_id: int, window_id: int, at: dt.datetime, officer_id: int | None = None
) -> Ticket:
    """Move a booked number to another window: the new seat first, the old one freed, together.

    It gets a number of the new window. A visit with several active numbers stays on its date.
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
    _lock_windows({window_id} | ({seen.window_id} if seen.window_id else set()))
    ticket = (
        Ticket.objects.select_for_update(of=("self",))
        .select_related("visit", "mall")
        .get(pk=ticket_id)
    )
    if ticket.window_id != seen.window_id:
        raise issuing.TryAgain
    if ticket.window_id == window_id:
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
    channel = ticket.visit.channel
    if code := judge(fact, channel=channel, at=at, zone=ticket.mall.zone):
        raise Refusal(code, reason=fact.paused_reason, system=fact.external_system)
    before = snapshot(ticket)
    numbers = _take([fact], online=channel in ONLINE, days_locked=days)
    if ticket.seat and ticket.window_id:
        issuing.free_seat(window_id=ticket.window_id, online=ticket.seat == Ticket.Seat.ONLINE)
    if fact.date != ticket.date:
        _move_visit(ticket.visit, fact.date)
    ticket.window_id = window_id
    ticket.date = fact.date
    ticket.number = numbers[fact.service_id]
    ticket.label = label(fact.prefix, ticket.number)
    ticket.seat = Ticket.Seat.ONLINE if channel in ONLINE else Ticket.Seat.WALK_IN
    ticket.person_key = key
    ticket.standard_id = fact.standard_id
    ticket.save(
        update_fields=["window", "date", "number", "label", "seat", "person_key", "standard"]
    )
    log(ticket, "rescheduled", at=at, officer_id=officer_id, before=before)
    reminders.replan(visit=ticket.visit, at=at, kind="rescheduled")
    return ticket


# -- what the other rules of this room share ----------------------------------------------------------


def _refuse_another_day(
    ticket: Ticket, fact: SeatFacts, key: bytes | None, contact: Contact
) -> None:
    """What holds for a new number of that day holds for one that is moved there."""
    helper_id = None if ticket.walk_in else ticket.visit.booked_by_id
    known = _under_the_persons_lock(
        request_key=None,
        asked=None,
        person_keys=[key] if key else [],
        contact=contact,
        helper_id=helper_id,
        date=fact.date,
        more_locks=_service_locks([fact]),
    )
    if isinstance(known, issuing.Person) and not ticket.walk_in:
        _refuse_more_than_the_cap(known.active_of_contact, 1, contact, helper_id)
    _refuse_past_the_services_own_limit(ticket.mall_id, fact)


def contact_of(visit: Visit) -> Contact:
    """The contact as it is kept with the visit."""
    return Contact(visit.name, visit.phone or "", visit.email or "", visit.nik or "")


def snapshot(ticket: Ticket) -> dict[str, Any]:
    """What an act is about to replace, as JSON: for undoing it, without personal data."""
    return {
        "state": ticket.state,
        "sort_at": ticket.sort_at and ticket.sort_at.isoformat(),
        "counter_id": ticket.counter_id,
        "officer_id": ticket.officer_id,
        "called_at": ticket.called_at and ticket.called_at.isoformat(),
        "started_at": ticket.started_at and ticket.started_at.isoformat(),
        "ended_at": ticket.ended_at and ticket.ended_at.isoformat(),
        "released_at": ticket.released_at and ticket.released_at.isoformat(),
        "recalls": ticket.recalls,
        "returns": ticket.returns,
        "outcome": ticket.outcome,
        "collect_on": ticket.collect_on and ticket.collect_on.isoformat(),
        "parked_reason": ticket.parked_reason,
        "label": ticket.label,
    }


def log(
    ticket: Ticket,
    kind: str,
    *,
    at: dt.datetime,
    officer_id: int | None = None,
    counter_id: int | None = None,
    note: str = "",
    before: dict[str, Any] | None = None,
) -> None:
    """Append an event to a ticket's log."""
    TicketEvent.objects.create(
        ticket=ticket,
        kind=kind,
        at=at,
        officer_id=officer_id,
        counter_id=counter_id,
        note=note[:200],
        before=before,
    )


def lock_with_window(ticket_id: int) -> Ticket:
    """Lock a ticket after its window, in the one order; the ticket with its visit and mall."""
    return lock_all_with_windows([ticket_id])[0]


def lock_all_with_windows(ticket_ids: Sequence[int]) -> list[Ticket]:
    """Lock tickets after their windows, each by id; checked again after the lock."""
    while True:
        seen = dict(Ticket.objects.filter(pk__in=ticket_ids).values_list("pk", "window_id"))
        if len(seen) < len(set(ticket_ids)):
            raise Refusal("unknown_ticket")
        _lock_windows({w for w in seen.values() if w})
        tickets = list(
            Ticket.objects.select_for_update(of=("self",))
            .select_related("visit", "mall", "window", "queue")
            .filter(pk__in=ticket_ids)
            .order_by("pk")
        )
        if all(seen[t.pk] == t.window_id for t in tickets):
            return tickets


def _lock_windows(ids: set[int]) -> None:
    if ids:
        list(
            Window.objects.select_for_update()
            .filter(pk__in=ids)
            .order_by("pk")
            .values_list("pk", flat=True)
        )


def _cancel(
    ticket: Ticket, *, at: dt.datetime, officer_id: int | None, kind: str, note: str
) -> None:
    before = snapshot(ticket)
    if ticket.seat and ticket.window and ticket.window.ends_at > at:
        issuing.free_seat(window_id=ticket.window_id, online=ticket.seat == Ticket.Seat.ONLINE)
        ticket.seat = Ticket.Seat.NONE
    ticket.state = State.CANCELLED
    ticket.ended_at = at
    ticket.save(update_fields=["state", "seat", "ended_at"])
    log(ticket, kind, at=at, officer_id=officer_id, note=note, before=before)
    live.changed(mall_id=ticket.mall_id, queue_ids={ticket.queue_id})


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


def _under_the_persons_lock(
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
    issuing.lock_people(locks)
    known = issuing.look_up_person(
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


def _refuse_more_than_the_cap(
    active: int, wanted: int, contact: Contact, helper_id: int | None
) -> None:
    limit = settings.HELPER_TICKETS_PER_DAY if helper_id else settings.CONTACT_TICKETS_PER_DAY
    if (contact.key or helper_id) and active + wanted > limit:
        raise Refusal("contact_cap", limit=limit)


def _service_locks(facts: Sequence[SeatFacts]) -> list[bytes]:
    """Services with a limit of their own are counted under a lock of their own."""
    return [
        blind("service-day", str(f.service_id), f.date.isoformat())
        for f in facts
        if f.service_seats is not None
    ]


def _refuse_past_the_services_own_limit(mall_id: int, fact: SeatFacts) -> None:
    if fact.service_seats is None:
        return
    given = Ticket.objects.filter(
        mall_id=mall_id, service_type_id=fact.service_id, date=fact.date
    ).exclude(state__in=[State.CANCELLED, State.TRANSFERRED])
    if given.count() >= fact.service_seats:
        raise Refusal("day_full")


def _take(
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


def _take_in_the_hall(facts: Sequence[SeatFacts]) -> dict[int, int]:
    """Take the seats that were seen free; when somebody was faster, look for the next ones."""
    try:
        return _take(facts, online=False)
    except Refusal:
        raise issuing.TryAgain from None


def _take_priority(facts: Sequence[SeatFacts]) -> dict[int, int]:
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


def _new_visit(*, contact: Contact, at: dt.datetime, mall: Mall, **columns: Any) -> Visit:
    return Visit(
        mall=mall,
        token=issuing.new_token(),
        short_code=issuing.new_short_code(),
        name=contact.name,
        phone=contact.phone,
        email=contact.email,
        nik=contact.nik,
        contact_key=contact.key,
        notice_version=settings.NOTICE_VERSION,
        created_at=at,
        **columns,
    )


def _move_visit(visit: Visit, date: dt.date) -> None:
    visit.date = date
    while Visit.objects.filter(
        mall_id=visit.mall_id, date=date, short_code=visit.short_code
    ).exists():
        visit.short_code = issuing.new_short_code()
    visit.save(update_fields=["date", "short_code"])


def _one_line(text: str) -> str:
    """A free remark as it is kept: one line, no invisible characters, at most 160 letters."""
    return identity.normalise_name(text)[:160]


def _hash_of(
    mall_id: int, wishes: Sequence[Any], contact: Contact, priority: str, accommodation: str
) -> bytes:
    """The keyed hash of a request's body, to tell a repeat from another request."""
    body = [mall_id, sorted(wishes), contact.name, contact.phone, contact.email, contact.nik]
    return blind("request-body", json.dumps([*body, priority, accommodation]))


def active_tickets_of(visit: Visit) -> list[Ticket]:
    """The tickets of a visit that are still alive, by window."""
    return list(
        visit.tickets.filter(state__in=ACTIVE)
        .select_related("window", "service_type")
        .order_by("window__starts_at", "pk")
    )


def service_in(mall_id: int, code: str) -> ServiceType:
    """An active service of a mall by its code, with its agency and queue; refuses when unknown."""
    service = (
        ServiceType.objects.filter(
            agency__mall_id=mall_id, agency__active=True, code=code, active=True
        )
        .select_related("agency__mall", "queue_service__queue")
        .first()
        if "\0" not in code
        else None
    )
    if service is None:
        raise Refusal("unknown_service")
    return service
