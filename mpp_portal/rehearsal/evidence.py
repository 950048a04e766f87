"""What a rehearsed day left behind, as plain rows: what the report is judged from."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q

from queueing.models import (
    CallAnnouncement,
    DailyStatistic,
    Ticket,
    TicketEvent,
    Window,
)
from services.models import Mall, ServiceStandard, ServiceType

Row = dict[str, Any]
_OF_A_TICKET = (
    *("id", "visit_id", "date", "queue_id", "service_type_id", "standard_id", "window_id"),
    *("number", "label", "state", "seat", "walk_in", "priority", "outcome", "checked_in_at"),
)
OVERVIEW = ""  # the display of the whole hall, among those of the zones


@dataclass
class Screen:
    """What a display was told: when it first saw each call, by id, in seconds since the epoch."""

    zone: str
    seen: dict[int, float] = field(default_factory=dict)


@dataclass
class Evidence:
    """Rows of one mall's day. `screens` is empty where no display followed."""

    time_zone: dt.tzinfo
    tickets: list[Row]
    events: list[Row]
    windows: list[Row]
    statistics: list[Row]
    calls: list[Row]
    standards: dict[int, int]  # minutes at the counter
    agencies: dict[int, int]  # by service
    screens: list[Screen] = field(default_factory=list)


def gather(mall: Mall, date: dt.date) -> Evidence:
    """Read it all, once."""
    here = {"mall": mall, "date": date}
    return Evidence(
        time_zone=mall.zone,
        tickets=list(Ticket.objects.filter(**here).order_by("pk").values(*_OF_A_TICKET)),
        events=list(
            TicketEvent.objects.filter(ticket__mall=mall, ticket__date=date)
            .order_by("pk")
            .values("id", "ticket_id", "kind", "at", "counter_id", "officer_id", "note", "before")
        ),
        windows=list(
            Window.objects.filter(queue__mall=mall, date=date)
            .annotate(kept=Count("freed_seats", filter=Q(freed_seats__state="open")))
            .order_by("pk")
            .values()
        ),
        statistics=list(DailyStatistic.objects.filter(**here).order_by("pk").values()),
        calls=list(CallAnnouncement.objects.filter(**here).order_by("pk").values()),
        standards=dict(
            ServiceStandard.objects.filter(service_type__agency__mall=mall).values_list(
                "pk", "counter_minutes"
            )
        ),
        agencies=dict(ServiceType.objects.filter(agency__mall=mall).values_list("pk", "agency_id")),
    )
