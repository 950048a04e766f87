"""What a citizen sees of an earlier hour: the wish, the offer now, the hours to choose."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, FilteredRelation, Q

from queueing.models import EarlierWish, FreedSeat, Ticket, Window
from queueing.rules.freeing import NEAR
from queueing.workflow import State


@dataclass(frozen=True)
class Earlier:
    """A booked ticket with its place on the list and the seat that is offered to it now."""

    ticket: Ticket
    wish: EarlierWish | None = None
    offer: FreedSeat | None = None

    def minutes_left(self, at: dt.datetime) -> int:
        """Whole minutes in which the offer can be taken, at least one."""
        left = (self.offer.expires_at - at).total_seconds() if self.offer else 0
        return max(1, int(left // 60))


def may_come_earlier(ticket: Ticket, at: dt.datetime) -> bool:
    """Whether there is an hour left to which this ticket could move up."""
    window = ticket.window
    return bool(ticket.state == State.BOOKED and window and window.starts_at - at > NEAR)


def of_tickets(tickets: Sequence[Ticket], at: dt.datetime) -> list[Earlier]:
    """Those that could move up, with wish and offer; one query, or none."""
    able = [ticket for ticket in tickets if may_come_earlier(ticket, at)]
    if not able:
        return []
    holding = Q(offers__state=FreedSeat.State.OPEN, offers__expires_at__gt=at)
    wishes = EarlierWish.objects.filter(ticket__in=able, ended_at=None).annotate(
        now=FilteredRelation("offers", condition=holding),
        offer_id=F("now__pk"),
        expires_at=F("now__expires_at"),
        starts_at=F("now__window__starts_at"),
        ends_at=F("now__window__ends_at"),
        date=F("now__window__date"),
    )
    found = {wish.ticket_id: wish for wish in wishes}
    return [_with(ticket, found.get(ticket.pk)) for ticket in able]


def _with(ticket: Ticket, wish: Any) -> Earlier:
    """The ticket with its wish as the query gave it, and what is offered as a seat and window."""
    if wish is None or not wish.offer_id:
        return Earlier(ticket, wish)
    window = Window(starts_at=wish.starts_at, ends_at=wish.ends_at, date=wish.date)
    return Earlier(
        ticket, wish, FreedSeat(pk=wish.offer_id, expires_at=wish.expires_at, window=window)
    )


def choices(ticket: Ticket, at: dt.datetime, *, day_is_fixed: bool) -> list[Window]:
    """Hours from which on somebody may wish: each of the own day, the first of the days before."""
    if ticket.window is None:
        return []
    days = Q(date=ticket.date) if day_is_fixed else Q(date__lte=ticket.date)
    before = Window.objects.filter(
        days,
        queue=ticket.queue_id,
        starts_at__gt=at + NEAR,
        starts_at__lt=ticket.window.starts_at,
        seats__gt=0,
    )
    chosen: list[Window] = []
    for window in before.order_by("starts_at"):
        if window.date == ticket.date or not chosen or chosen[-1].date != window.date:
            chosen.append(window)
    return chosen
