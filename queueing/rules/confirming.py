"""Asked the day before whether they will come: those who say yes."""

import datetime as dt

from django.db import transaction

from queueing.models import Ticket
from queueing.refusals import Refusal
from queueing.rules.locking import lock_all_with_windows
from queueing.rules.record import log
from queueing.workflow import State


@transaction.atomic
def confirm(*, visit_id: int, at: dt.datetime) -> list[Ticket]:
    """The visit's booked numbers will be used: written down once; these tickets. Twice is once.

    A place that the mall chose and only kept for a while is the person's own from then on. Refuses
    `nothing_to_confirm` when none of them can still be reported present.
    """
    ids = Ticket.objects.filter(visit_id=visit_id, state=State.BOOKED).values_list("pk", flat=True)
    tickets = [t for t in lock_all_with_windows(list(ids)) if may_confirm(t, at)]
    if not tickets:
        raise Refusal("nothing_to_confirm")
    for ticket in tickets:
        if ticket.confirmed_at is None or ticket.kept_until is not None:
            ticket.confirmed_at, ticket.kept_until = at, None
            ticket.save(update_fields=["confirmed_at", "kept_until"])
            log(ticket, "confirmed", at=at)
    return tickets


def may_confirm(ticket: Ticket, at: dt.datetime) -> bool:
    """Whether a ticket (with queue and window) waits to be told that its holder will come."""
    if ticket.state != State.BOOKED or ticket.window is None:
        return False
    return at <= ticket.window.ends_at + dt.timedelta(minutes=ticket.queue.late_minutes)
