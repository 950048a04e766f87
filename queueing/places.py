"""Where in the building a queue is served: floor, counters and the way, for a day."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from queueing.models import Counter, CounterAssignment
from services.near import kept
from services.templatetags.portal import ranges

_KEPT_S = 30


@dataclass(frozen=True)
class Place:
    """The counters that call from a queue; what they do not share stays empty."""

    counters: str
    floor: str = ""
    zone: str = ""
    directions: str = ""


def place_of(counters: Iterable[Counter]) -> Place:
    """The place of these counters."""
    desks = list(counters)

    def shared(name: str) -> str:
        values = {getattr(desk, name) for desk in desks}
        return values.pop() if len(values) == 1 else ""

    numbers = ranges(desk.number for desk in desks)
    return Place(numbers, shared("floor"), shared("zone"), shared("directions"))


def for_queues(queues: Iterable[int], date: dt.date) -> dict[int, Place]:
    """The place of each queue on `date`, by the queue's id; one query, kept for half a minute."""
    ids = sorted(set(queues))
    if not ids:
        return {}
    return kept("places", (date, ids), _KEPT_S, lambda: _for_queues(ids, date))


def _for_queues(ids: list[int], date: dt.date) -> dict[int, Place]:
    on_duty = (
        Q(weekday__isnull=True) | Q(weekday=date.weekday()),
        Q(first_date__isnull=True) | Q(first_date__lte=date),
        Q(last_date__isnull=True) | Q(last_date__gte=date),
    )
    desks: dict[int, list[Counter]] = {}
    assignments = CounterAssignment.objects.filter(
        *on_duty, queue__in=ids, counter__active=True
    ).select_related("counter")
    for assignment in assignments:
        desks.setdefault(assignment.queue_id, []).append(assignment.counter)
    return {queue: place_of(counters) for queue, counters in desks.items()}
