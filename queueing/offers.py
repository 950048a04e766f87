"""Services as a list shows them: what each costs and how long its line is at this moment."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Subquery

from queueing import estimates
from queueing.board import queues_now
from queueing.models import Queue, QueueDay, QueueService, Window
from services.fees import Cost, cost
from services.models import Fee, Mall, ServiceStandard, ServiceType


@dataclass(frozen=True)
class Offer:
    """A service, its cost today, and its queue as of now; None where none is kept in this mall."""

    service: ServiceType
    cost: Cost
    queue: Queue | None


def offers(*, mall: Mall, services: Sequence[ServiceType], at: dt.datetime) -> list[Offer]:
    """The services in the same order with what a list shows of them, in four queries."""
    costs = costs_on(services, mall.date_at(at))
    stands = dict(
        QueueService.objects.filter(service_type__in=services).values_list("service_type", "queue")
    )
    queues = {queue.pk: queue for queue in queues_open(mall=mall, at=at, only=stands.values())}
    return [
        Offer(
            service, costs.get(service.pk, Cost("unknown")), queues.get(stands.get(service.pk, 0))
        )
        for service in services
    ]


def queues_open(*, mall: Mall, at: dt.datetime, only: Iterable[int] | None = None) -> list[Queue]:
    """The mall's queues, or `only` those, as `queues_now` gives them, in two queries.

    Each also with `opens_at`, the start of the window of now, else of the next, or None; and with
    `wait`, how long somebody who joins now would wait, or None where it cannot be known.
    """
    closed = QueueDay.objects.filter(
        queue=OuterRef("queue"), date=OuterRef("date"), closed_at__isnull=False
    )
    ahead = Window.objects.filter(
        ~Exists(closed), queue=OuterRef("pk"), date__gte=mall.date_at(at), ends_at__gt=at
    ).order_by("date", "starts_at")
    rows = queues_now(mall=mall, at=at).annotate(opens_at=Subquery(ahead.values("starts_at")[:1]))
    queues: list[Any] = list(rows if only is None else rows.filter(pk__in=set(only)))
    paces = estimates.for_queues([queue.pk for queue in queues], mall.date_at(at), at)
    for queue in queues:
        queue.wait = paces[queue.pk].newcomer if queue.pk in paces else None
    return queues


def costs_on(services: Sequence[ServiceType], date: dt.date) -> dict[int, Cost]:
    """What each service costs on `date` by its standard in force; without one it is left out."""
    standards = ServiceStandard.objects.filter(service_type__in=services).current(date)
    fees = defaultdict(list)
    for fee in Fee.objects.filter(standard__in=standards).select_related("standard"):
        fees[fee.standard.service_type_id].append(fee)
    return {service: cost(rows, date) for service, rows in fees.items()}
