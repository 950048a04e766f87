"""The log of what happened to a ticket, and what an act replaced."""

import datetime as dt
from typing import Any

from queueing.models import Ticket, TicketEvent

UNDO_WITHIN = dt.timedelta(seconds=60)


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
        "seat": ticket.seat,
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
