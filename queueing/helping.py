"""What a helper may book and has booked: the quota of a day, and the numbers taken for others."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from queueing.models import Ticket
from queueing.workflow import ACTIVE, State, may

MOST_PEOPLE = 10  # in one go


@dataclass
class HelpersDay:
    """One day of a helper: the numbers taken for others, and the quota as the rule counts it."""

    date: dt.date
    tickets: list[Ticket] = field(default_factory=list)
    used: int = 0
    quota: int = field(default_factory=lambda: settings.HELPER_TICKETS_PER_DAY)

    @property
    def left(self) -> int:
        return max(0, self.quota - self.used)


def taken_by(helper: Any, *, first: dt.date) -> QuerySet[Ticket]:
    """The numbers this helper took for others from `first` on; none whose visit was erased."""
    return (
        Ticket.objects.filter(
            visit__booked_by=helper,
            visit__erased_at=None,
            visit__date__gte=first,
            walk_in=False,
        )
        .exclude(state=State.TRANSFERRED)
        .select_related("visit__mall", "service_type__agency", "window", "queue", "standard")
        .order_by("date", "window__starts_at", "number")
    )


def days_of(tickets: Iterable[Ticket], *, mall_id: int) -> dict[dt.date, HelpersDay]:
    """The days with tickets, in their order; only this mall's are shown, all malls' are counted."""
    days: dict[dt.date, HelpersDay] = {}
    for ticket in tickets:
        day = days.setdefault(ticket.date, HelpersDay(ticket.date))
        day.used += ticket.state in ACTIVE
        if ticket.mall_id == mall_id:
            ticket.can_cancel = may("cancelled", ticket.state)  # type: ignore[attr-defined]
            day.tickets.append(ticket)
    return days


def used_on(helper: Any, date: dt.date) -> HelpersDay:
    """The quota of one day, without its numbers."""
    used = Ticket.objects.filter(
        visit__booked_by=helper, visit__date=date, walk_in=False, state__in=ACTIVE
    ).count()
    return HelpersDay(date, used=used)
