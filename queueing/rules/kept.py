"""A place that the mall chose is kept for a while: not confirmed in time, it is free again."""

import datetime as dt
from collections.abc import Sequence

from django.db import transaction

from notifications.models import Message
from queueing import reminders
from queueing.models import Ticket
from queueing.reminders import Move
from queueing.rules.changing import give_up
from queueing.rules.locking import lock_all_with_windows
from queueing.workflow import State
from services.models import Mall

KEPT_FOR = dt.timedelta(hours=48)
LEFT_FOR_OTHERS = dt.timedelta(hours=24)  # before the hour, so that somebody can still take it
TOO_SOON = dt.timedelta(hours=36)
HARDLY_MOVED = dt.timedelta(hours=2)


def keep_until(moves: Sequence[Move], at: dt.datetime) -> dt.datetime | None:
    """Until when the new places of a visit are kept without a word; None: they simply are."""
    first = min(move.new.starts_at for move in moves)
    if first - at <= TOO_SOON or all(_hardly(move) for move in moves):
        return None
    return min(at + KEPT_FOR, first - LEFT_FOR_OTHERS)


def _hardly(move: Move) -> bool:
    old, new = move.old.starts_at, move.new.starts_at
    return old.date() == new.date() and abs(new - old) < HARDLY_MOVED


def expire_kept(*, at: dt.datetime) -> int:
    """Cancel kept places that nobody confirmed in time; how many. One visit a transaction.

    Safe to run twice, and beside a citizen who confirms in this second: one of the two is first.
    """
    ended = 0
    for mall in Mall.objects.all():
        due = Ticket.objects.filter(
            mall=mall, date__gte=mall.date_at(at), state=State.BOOKED, kept_until__lte=at
        )
        visits = due.order_by("visit").values_list("visit", flat=True).distinct()
        ended += sum(_expire(visit_id, at) for visit_id in list(visits))
    return ended


@transaction.atomic
def _expire(visit_id: int, at: dt.datetime) -> int:
    kept = Ticket.objects.filter(visit=visit_id, state=State.BOOKED, kept_until__lte=at)
    tickets = lock(list(kept.values_list("pk", flat=True)))
    over = [t for t in tickets if is_over(t, at)]
    if not over or not _was_told(visit_id):
        return 0
    for ticket in over:
        give_up(ticket, at=at, kind="kept_expired")
    visit = over[0].visit
    reminders.replan(visit=visit, at=at)
    reminders.cancelled(visit=visit, tickets=over, at=at)
    return len(over)


def lock(ids: Sequence[int]) -> list[Ticket]:
    """The tickets after their windows, as they are once nobody else is changing them."""
    return lock_all_with_windows(ids) if ids else []


def is_over(ticket: Ticket, at: dt.datetime) -> bool:
    """Whether a place has been kept in vain."""
    return (
        ticket.state == State.BOOKED and ticket.kept_until is not None and ticket.kept_until <= at
    )


def _was_told(visit_id: int) -> bool:
    """Whether the last message about the move has left, and was not reported as lost."""
    keys = Ticket.objects.filter(visit=visit_id).values_list("public_id", flat=True)
    told = Message.objects.filter(about__in=[str(key) for key in keys], kind=Message.Kind.MOVED)
    last = told.order_by("-created_at", "-pk").first()
    return (
        last is not None
        and last.state == Message.State.SENT
        and last.report != Message.Report.UNDELIVERED
    )
