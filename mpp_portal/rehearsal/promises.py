"""What a day promises, each held against the evidence; every sentence names what broke it. Pure."""

from collections import Counter as Tally
from collections.abc import Callable, Iterable

from mpp_portal.rehearsal.evidence import OVERVIEW, Evidence, Row, Screen
from mpp_portal.rehearsal.reckoning import (
    COMES,
    ENDS,
    LEAVES,
    events_of,
    figures,
    kept_events,
    states_along,
)
from queueing.workflow import State

AT_MOST = 5  # sentences of one kind; the others are counted
Check = Callable[[Evidence], Iterable[str]]


def broken(evidence: Evidence) -> dict[str, list[str]]:
    """Each promise by name, with what broke it: an empty list is a promise kept."""
    return {name: list(check(evidence)) for name, check in PROMISES.items()}


def every_ticket_ends(evidence: Evidence) -> Iterable[str]:
    for ticket in evidence.tickets:
        if ticket["state"] not in ENDS:
            yield f"{ticket['label']} is still {ticket['state']}"


def events_tell_the_state(evidence: Evidence) -> Iterable[str]:
    """Each ticket's events follow one from the other, and lead to the state in which it stands."""
    events = events_of(evidence)
    for ticket in evidence.tickets:
        states: set[str] | None = set()
        for event, states in states_along(events[ticket["id"]]):
            if states is None:
                yield f"{ticket['label']}: {event['kind']} does not follow from what came before"
        if states is not None and ticket["state"] not in states:
            told = " or ".join(sorted(states)) or "nothing"
            yield f"{ticket['label']} is {ticket['state']}, its events tell {told}"


def statistics_equal_events(evidence: Evidence) -> Iterable[str]:
    """Every figure of every service, reckoned once more from tickets and events."""
    reckoned = figures(evidence)
    rolled_up = {row["service_type_id"]: row for row in evidence.statistics}
    for service in sorted(reckoned.keys() | rolled_up.keys()):
        if service not in reckoned or service not in rolled_up:
            yield f"service {service} is only in {'figures' if service in rolled_up else 'events'}"
            continue
        for name, value in reckoned[service].items():
            if rolled_up[service][name] != value:
                yield f"service {service} {name}: {rolled_up[service][name]} for {value}"


def no_seat_is_sold_twice(evidence: Evidence) -> Iterable[str]:
    held: Tally[int] = Tally()
    online: Tally[int] = Tally()
    for ticket in evidence.tickets:
        if ticket["seat"]:
            held[ticket["window_id"]] += 1
            online[ticket["window_id"]] += ticket["seat"] == "online"
    for window in evidence.windows:
        pk = window["id"]
        if held[pk] > window["seats"] or online[pk] > window["online_seats"]:
            yield f"window {pk}: {held[pk]} people on {window['seats']} seats"
        kept = window.get("kept", 0)  # freed, and not yet let go or taken; all of them online
        if (held[pk] + kept, online[pk] + kept) != (window["taken"], window["taken_online"]):
            yield f"window {pk}: {held[pk]} people, {window['taken']} seats counted as taken"


def no_number_twice(evidence: Evidence) -> Iterable[str]:
    labels = Tally(t["label"] for t in evidence.tickets if t["state"] != State.TRANSFERRED)
    for label, times in labels.items():
        if times > 1:
            yield f"{label} was given {times} times"


def nobody_at_two_counters(evidence: Evidence) -> Iterable[str]:
    """No visit stands at two counters, and no counter has two numbers, at any moment.

    The order is that in which the events were written: each is written under its counter's lock.
    """
    kept = {e["id"] for events in events_of(evidence).values() for e in kept_events(events)}
    tickets = {ticket["id"]: ticket for ticket in evidence.tickets}
    at_counter: dict[int, Row] = {}  # by counter
    visits: dict[int, Row] = {}  # by visit
    for event in sorted(evidence.events, key=lambda row: row["id"]):
        ticket = tickets.get(event["ticket_id"])
        if ticket is None or event["id"] not in kept:
            continue
        if event["kind"] in COMES:
            for place, key in ((at_counter, event["counter_id"]), (visits, ticket["visit_id"])):
                if other := place.get(key):
                    yield f"{ticket['label']} was called while {other['label']} stood there"
                place[key] = ticket
        elif event["kind"] in LEAVES:
            if visits.get(ticket["visit_id"]) is ticket:
                del visits[ticket["visit_id"]]
            for counter in [c for c, one in at_counter.items() if one is ticket]:
                del at_counter[counter]


def every_call_is_announced(evidence: Evidence) -> Iterable[str]:
    called = Tally(e["ticket_id"] for e in evidence.events if e["kind"] in {"called", "recalled"})
    announced = Tally(call["ticket_id"] for call in evidence.calls)
    for ticket in called.keys() | announced.keys():
        if called[ticket] != announced[ticket]:
            yield f"ticket {ticket}: {called[ticket]} calls, {announced[ticket]} announcements"


def every_display_sees_every_call(evidence: Evidence) -> Iterable[str]:
    for screen in evidence.screens:
        if missed := missed_by(screen, evidence):
            yield f"{screen.zone or 'the whole hall'} missed {len(missed)}: {missed[:AT_MOST]}"


def missed_by(screen: Screen, evidence: Evidence) -> list[int]:
    """The calls that belong on this display and never came there."""
    return [
        call["id"]
        for call in evidence.calls
        if screen.zone in {OVERVIEW, call["zone"]} and call["id"] not in screen.seen
    ]


PROMISES: dict[str, Check] = {
    "every ticket ends in an end state": every_ticket_ends,
    "the events tell each ticket's state": events_tell_the_state,
    "statistics equal events": statistics_equal_events,
    "no seat is sold twice": no_seat_is_sold_twice,
    "no number is given twice": no_number_twice,
    "nobody is at two counters": nobody_at_two_counters,
    "every call is announced": every_call_is_announced,
    "no display misses a call": every_display_sees_every_call,
}
