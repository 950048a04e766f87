"""The day's figures once more, from tickets and events alone and without SQL: pure functions.

`statistics.py` rolls a day up in one statement; this says the same in another way, row by row, so
that the two can be held against each other.
"""

import datetime as dt
import itertools
import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator

from mpp_portal.rehearsal.evidence import Evidence, Row
from queueing.statistics import BOUNDS
from queueing.workflow import STEPS, State

Figures = dict[str, object]
FIRST_STATES = {
    "issued": {State.PRINTING, State.WAITING, State.BOOKED},
    "transferred_in": {State.WAITING},
}
ENDS = {
    State.DONE,
    State.ABSENT,
    State.TRANSFERRED,
    State.CANCELLED,
    State.NO_SHOW,
    State.UNSERVED,
}
COMES = {"called"}
LEAVES = {"ended", "parked", "absent", "transferred", "closed", "unserved"}
_STANDARD_MINUTES = 20  # of a ticket whose service had no standard


def events_of(evidence: Evidence) -> dict[int, list[Row]]:
    """The events of each ticket in the order in which they were written."""
    events: dict[int, list[Row]] = defaultdict(list)
    for event in sorted(evidence.events, key=lambda row: row["id"]):
        events[event["ticket_id"]].append(event)
    return events


def states_along(events: Iterable[Row]) -> Iterator[tuple[Row, set[str] | None]]:
    """Each event and the states it may have left the ticket in; None where it could not happen.

    An event says which state it found (`before`): that must be one in which the last one ended, and
    one from which the step may be taken.
    """
    states: set[str] = set()
    trail: list[set[str]] = []
    for event in events:
        kind, found = event["kind"], (event["before"] or {}).get("state")
        trail.append(set(states))
        if kind in FIRST_STATES and not states:
            states = set(FIRST_STATES[kind])
        elif kind == "undone":
            back = trail[-2] if len(trail) > 1 else set()
            states = {State.TRANSFERRED} if event["note"] == "transferred_in" else back
        elif kind == "checked_in" and not found and len(trail) == 2:
            states = states - {State.BOOKED}  # came as the number was issued
        elif kind in STEPS:
            start, end = STEPS[kind]
            possible = states & set(start) & ({found} if found else set(start))
            if not possible:
                yield event, None
                return
            states = {end, State.BOOKED} if kind in {"printed", "revived"} else {end}
        elif found and found not in states:
            yield event, None
            return
        yield event, states


def kept_events(events: list[Row]) -> list[Row]:
    """Without those that were taken back by the event after them."""
    following = itertools.chain(events[1:], [None])
    return [
        event
        for event, after in zip(events, following, strict=True)
        if not (after and after["kind"] == "undone")
    ]


def figures(evidence: Evidence) -> dict[int, Figures]:
    """Each service's figures of the day, under the names of `DailyStatistic`."""
    events = events_of(evidence)
    tickets: dict[int, list[Row]] = defaultdict(list)
    for ticket in evidence.tickets:
        if ticket["state"] != State.TRANSFERRED:
            tickets[ticket["service_type_id"]].append(ticket)
    return {
        service: _of_a_service(evidence, service, rows, events) for service, rows in tickets.items()
    }


def _of_a_service(
    evidence: Evidence, service: int, tickets: list[Row], events: dict[int, list[Row]]
) -> Figures:
    waits, services, within = [], [], 0
    by_hour = [0] * 24
    states: dict[str, int] = defaultdict(int)
    for ticket in tickets:
        kept = kept_events(events[ticket["id"]])
        moments: dict[str, list[dt.datetime]] = defaultdict(list)
        for event in kept:
            moments[event["kind"]].append(event["at"])
        states[ticket["state"]] += 1
        if ticket["checked_in_at"]:
            by_hour[ticket["checked_in_at"].astimezone(evidence.time_zone).hour] += 1
        came_at = min(moments["checked_in"], default=ticket["checked_in_at"])
        if moments["called"] and came_at:
            wait = max(0, _seconds(min(moments["called"]) - came_at))
            minutes = evidence.standards.get(ticket["standard_id"], _STANDARD_MINUTES)
            waits.append(wait)
            within += wait <= 60 * minutes
        if ticket["state"] == State.DONE and moments["started"] and moments["ended"]:
            began, ended = max(moments["started"]), max(moments["ended"])
            if ended > began:
                services.append(_seconds(ended - began))
    done = [ticket for ticket in tickets if ticket["state"] == State.DONE]
    asked = sum(ticket["outcome"] == "information_only" for ticket in done)
    return {
        "agency_id": evidence.agencies[service],
        "booked": sum(not ticket["walk_in"] for ticket in tickets),
        "walk_in": sum(ticket["walk_in"] for ticket in tickets),
        "priority": sum(ticket["priority"] for ticket in tickets),
        "served": len(done) - asked,
        "information_only": asked,
        **{
            name: states[name]
            for name in (State.NO_SHOW, State.ABSENT, State.UNSERVED, State.CANCELLED)
        },
        "open": len(tickets) - sum(states[state] for state in ENDS),
        "documents_missing": sum(t["outcome"] == "documents_missing" for t in done),
        "waited": len(waits),
        "within_standard": within,
        "wait_sum_s": sum(waits),
        "wait_p50_s": _percentile(waits, 0.5),
        "wait_p90_s": _percentile(waits, 0.9),
        "wait_histogram": _histogram(waits),
        "serviced": len(services),
        "service_sum_s": sum(services),
        "service_p50_s": _percentile(services, 0.5),
        "service_p90_s": _percentile(services, 0.9),
        "service_histogram": _histogram(services),
        "arrivals_by_hour": by_hour,
    }


def _seconds(span: dt.timedelta) -> int:
    """Whole seconds, a half away from zero, as PostgreSQL rounds."""
    half = dt.timedelta(microseconds=500_000)
    sign = -1 if span < dt.timedelta() else 1
    return sign * int((abs(span) + half) // dt.timedelta(seconds=1))


def _percentile(values: list[int], share: float) -> int | None:
    """The first value that at least `share` of all do not exceed."""
    ordered = sorted(values)
    return ordered[math.ceil(share * len(ordered)) - 1] if ordered else None


def _histogram(values: list[int]) -> list[int]:
    histogram = [0] * (len(BOUNDS) + 1)
    for value in values:
        histogram[bisect_right(BOUNDS, value)] += 1
    return histogram
