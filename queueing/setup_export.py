"""A mall's set-up read from its rows into the document of `setup_file.py`; no person is in it."""

import base64
import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db.models import Count, Prefetch

from queueing.models import CounterAssignment, QueueClosure, QueueService
from queueing.setup_file import FORMAT, MALL, PARTS, STANDARD, VERSION, written
from services.models import Mall, Officer, Paper, ServiceStandard, ServiceType


def document_of(*, mall: Mall, at: dt.datetime) -> dict[str, Any]:
    """The whole set-up: standards as they hold at `at`, closures to come, holidays of this year on.

    Rows stand in a fixed order, so that two files of the same set-up are the same file.
    """
    today = mall.date_at(at)
    to_come = {"last_date__gte": today}
    return {
        "format": FORMAT,
        "version": VERSION,
        "mall": written(mall, MALL),
        "logo": _logo(mall),
        "agencies": _agencies(mall, today),
        "papers": [
            written(paper, PARTS["papers"])
            | {"made_by": paper.made_by.code if paper.made_by else None}
            for paper in Paper.objects.filter(mall=mall)
            .select_related("made_by")
            .order_by("name_ind")
        ],
        "hours": _of_agencies(mall.hours, "hours"),
        "closures": _of_agencies(mall.closures.filter(**to_come), "closures"),
        "holidays": [
            written(day, PARTS["holidays"])
            for day in mall.holidays.filter(date__year__gte=today.year).order_by("date")
        ],
        "queues": _queues(mall, to_come),
        "counters": _counters(mall),
        "offices": [
            {"role": role, "agency": agency, "people": people}
            for role, agency, people in Officer.objects.filter(mall=mall, active=True)
            .values_list("role", "agency__code")
            .annotate(people=Count("pk"))
            .order_by("role", "agency__code")
        ],
    }


def _logo(mall: Mall) -> dict[str, str] | None:
    if not mall.logo:
        return None
    try:
        with mall.logo.open("rb") as file:
            return {"content": base64.b64encode(file.read()).decode()}
    except FileNotFoundError:
        return None


def _agencies(mall: Mall, today: dt.date) -> list[dict[str, Any]]:
    current = ServiceStandard.objects.current(today).prefetch_related("fees")
    services = ServiceType.objects.order_by("code").prefetch_related(Prefetch("standards", current))
    part = PARTS["agencies"]
    return [
        written(agency, part)
        | {"services": [_service(service) for service in agency.service_types.all()]}
        for agency in mall.agencies.order_by("code").prefetch_related(
            Prefetch("service_types", services)
        )
    ]


def _service(service: ServiceType) -> dict[str, Any]:
    fees = STANDARD.parts["fees"]
    return written(service, PARTS["agencies"].parts["services"]) | {
        "standards": [
            written(standard, STANDARD)
            | {"fees": _sorted(written(fee, fees) for fee in standard.fees.all())}
            for standard in service.standards.all()
        ]
    }


def _of_agencies(rows: Any, name: str) -> list[dict[str, Any]]:
    return _sorted(
        {"agency": row.agency.code if row.agency else None} | written(row, PARTS[name])
        for row in rows.select_related("agency")
    )


def _queues(mall: Mall, to_come: dict[str, Any]) -> list[dict[str, Any]]:
    part = PARTS["queues"]
    services = QueueService.objects.select_related("service_type").order_by("service_type__code")
    return [
        written(queue, part)
        | {
            "agency": queue.agency.code,
            "services": [row.service_type.code for row in queue.queue_services.all()],
            "hours": _sorted(written(row, part.parts["hours"]) for row in queue.hours.all()),
            "closures": _sorted(
                written(row, part.parts["closures"]) for row in queue.closures.all()
            ),
        }
        for queue in mall.queues.select_related("agency")
        .prefetch_related(
            Prefetch("queue_services", services),
            "hours",
            Prefetch("closures", QueueClosure.objects.filter(**to_come)),
        )
        .order_by("prefix")
    ]


def _counters(mall: Mall) -> list[dict[str, Any]]:
    part = PARTS["counters"]
    assignments = CounterAssignment.objects.select_related("queue")
    return [
        written(counter, part)
        | {
            "assignments": _sorted(
                written(row, part.parts["assignments"]) | {"queue": row.queue.prefix}
                for row in counter.assignments.all()
            )
        }
        for counter in mall.counters.prefetch_related(
            Prefetch("assignments", assignments)
        ).order_by("number")
    ]


def _sorted(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows without a name of their own, in the order of what they say."""
    return sorted(rows, key=lambda row: [str(value or "") for value in row.values()])
