"""The hall's zones: where counters stand together, one display each.

A zone is the text in `Counter.zone`; its address is that text as a slug. A queue belongs to the
zones of the counters it is assigned to on the day, so a queue with rotating desks may be in two.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.text import slugify

from queueing.models import Counter, CounterAssignment, Queue
from services.models import Mall

NO_LETTERS = "-"  # the fault of a name of which no address can be made
MOST_QUEUES = 8  # legible on one display at ten metres


@dataclass(frozen=True)
class Zone:
    """A part of the hall: its address, its name, the queues called there on the day."""

    slug: str
    name: str
    queue_ids: frozenset[int]

    @property
    def crowded(self) -> bool:
        """Whether it holds more queues than a display shows at ten metres."""
        return len(self.queue_ids) > MOST_QUEUES


def zones(mall: Mall, date: dt.date | None = None) -> list[Zone]:
    """The mall's zones by name, each with its queues of `date` (today); two queries."""
    date = date or mall.date_at(timezone.now())
    queues = with_desks(Queue.objects.filter(mall=mall, active=True, agency__active=True), date)
    names = Counter.objects.filter(mall=mall, active=True).values_list("zone", flat=True)
    return zones_of({queue.pk: queue.desks for queue in queues}, names.distinct())


def zones_of(desks: Mapping[int, list[dict[str, Any]]], names: Iterable[str] = ()) -> list[Zone]:
    """The zones of queues whose `desks` are known, and of `names` even where no queue is."""
    of_slug: dict[str, tuple[str, set[int]]] = {}
    for name in sorted(filter(slugify, names)):
        of_slug.setdefault(slugify(name), (name, set()))
    for queue, counters in desks.items():
        for counter in counters:
            if slug := slugify(counter["zone"]):
                of_slug.setdefault(slug, (counter["zone"], set()))[1].add(queue)
    found = [Zone(slug, name, frozenset(ids)) for slug, (name, ids) in of_slug.items()]
    return sorted(found, key=lambda zone: zone.name.casefold())


def zone_at(mall: Mall, slug: str) -> Zone | None:
    """A zone of the mall in which nobody is called today; None where no counter is in it."""
    names = Counter.objects.filter(mall=mall, active=True).values_list("zone", flat=True)
    name = next((name for name in names.distinct() if slugify(name) == slug), None)
    return Zone(slug, name, frozenset()) if name else None


def with_desks(queues: QuerySet[Queue], date: dt.date) -> QuerySet[Queue]:
    """The queues, each with `desks`: number, floor and zone of the counters that call from it."""
    on_duty = CounterAssignment.objects.filter(
        Q(weekday__isnull=True) | Q(weekday=date.weekday()),
        Q(first_date__isnull=True) | Q(first_date__lte=date),
        Q(last_date__isnull=True) | Q(last_date__gte=date),
        queue=OuterRef("pk"),
        counter__active=True,
    ).order_by("counter__number")
    desk = JSONObject(number="counter__number", floor="counter__floor", zone="counter__zone")
    return queues.annotate(desks=ArraySubquery(on_duty.values(desk=desk)))


def zone_fault(*, mall: Mall, zone: str, counter_id: int | None = None) -> str:
    """Why a counter may not stand in a zone of this name: "" (it may), `NO_LETTERS`, or the name
    of another zone that would have the same address.
    """
    if not zone:
        return ""
    slug = slugify(zone)
    if not slug:
        return NO_LETTERS
    others = Counter.objects.filter(mall=mall).exclude(pk=counter_id).exclude(zone__in=["", zone])
    names = others.values_list("zone", flat=True).distinct()
    return next((name for name in names if slugify(name) == slug), "")
