"""A place that the mall chose is kept for a while: not confirmed in time, it is free again."""

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext_noop as _

from notifications.models import Message
from queueing import reminders
from queueing.models import Ticket
from queueing.reminders import Move
from queueing.rules.changing import give_up
from queueing.rules.locking import lock_all_with_windows, sweep
from queueing.workflow import State

KEPT_FOR = dt.timedelta(hours=48)
LEFT_FOR_OTHERS = dt.timedelta(hours=24)  # before the hour, so that somebody can still take it
TOO_SOON = dt.timedelta(hours=36)
HARDLY_MOVED = dt.timedelta(hours=2)
NOT_CONFIRMED = _("jadwal pindahan itu tidak dipastikan pada waktunya")
TIME_TO_ANSWER = dt.timedelta(hours=12)  # at least so long after the message has left


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
    due = Ticket.objects.filter(
        state=State.BOOKED, kept_until__lte=at, window__starts_at__gt=at
    ).order_by("visit")
    visits = due.values_list("visit", flat=True).distinct()
    return sweep(list(visits), lambda visit_id: _expire(visit_id, at))


@transaction.atomic
def _expire(visit_id: int, at: dt.datetime) -> int:
    kept = Ticket.objects.filter(visit=visit_id, state=State.BOOKED, kept_until__lte=at)
    tickets = lock(list(kept.values_list("pk", flat=True)))
    over = [t for t in tickets if is_over(t, at)]
    told_at = _told_at(visit_id)
    if not over or told_at is None:
        return 0
    if told_at > at - TIME_TO_ANSWER:
        _keep_longer(over, told_at + TIME_TO_ANSWER)
        return 0
    for ticket in over:
        give_up(ticket, at=at, kind="kept_expired")
    visit = over[0].visit
    reminders.replan(visit=visit, at=at)
    reminders.cancelled(visit=visit, tickets=over, at=at, reason=NOT_CONFIRMED)
    return len(over)


def _keep_longer(tickets: Sequence[Ticket], until: dt.datetime) -> None:
    """Their message left late: they have as long to answer; too near its hour, it is theirs."""
    for ticket in tickets:
        near = ticket.window is None or ticket.window.starts_at - until < TIME_TO_ANSWER
        ticket.kept_until = None if near else until
        ticket.save(update_fields=["kept_until"])


def lock(ids: Sequence[int]) -> list[Ticket]:
    """The tickets after their windows, as they are once nobody else is changing them."""
    return lock_all_with_windows(ids) if ids else []


def is_over(ticket: Ticket, at: dt.datetime) -> bool:
    """Whether a place has been kept in vain."""
    return (
        ticket.state == State.BOOKED and ticket.kept_until is not None and ticket.kept_until <= at
    )


def _told_at(visit_id: int) -> dt.datetime | None:
    """When the last message about the move left; None: it has not, or was reported as lost."""
    keys = Ticket.objects.filter(visit=visit_id).values_list("public_id", flat=True)
    told = Message.objects.filter(
        about__in=[str(key) for key in keys], kind__in=[Message.Kind.KEPT, Message.Kind.MOVED]
    )
    last = told.order_by("-created_at", "-pk").first()
    if last is None or last.report == Message.Report.UNDELIVERED:
        return None
    return last.sent_at  # of a sent message alone
