"""What the complaints desk may know of the queues: whose ticket, and who sits where."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from complaints import surroundings
from complaints.surroundings import TicketPlace
from queueing.models import CounterSession, Ticket

LATELY = dt.timedelta(days=90)  # before a case came; and it is hidden for as long as it is kept


def ticket_place(mall_id: int, public_id: UUID) -> TicketPlace | None:
    """The agency, service and counter of a ticket."""
    tickets = Ticket.objects.filter(public_id=public_id, mall_id=mall_id)
    ticket = tickets.select_related("service_type__agency", "counter").first()
    if ticket is None:
        return None
    return TicketPlace(
        ticket.service_type.agency.code,
        ticket.service_type.code,
        ticket.service_type.name,
        ticket.counter.number if ticket.counter else None,
        ticket.label,
    )


def own_counters(user: Any) -> frozenset[tuple[int, int]]:
    """(mall id, number) of the counters where a person sat when a case was told, or lately."""
    since = timezone.now().date() - dt.timedelta(days=settings.RETENTION_CASE_DAYS) - LATELY
    sat = CounterSession.objects.filter(officer=user, date__gte=since)
    return frozenset(sat.values_list("counter__mall_id", "counter__number").distinct())


surroundings.answer_with(ticket=ticket_place, counters=own_counters)
