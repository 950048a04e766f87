"""The move-up list: who would come earlier is offered freed seats, one person at a time.

A kept seat changes under the lock of its window, an offer is made under the lock of the ticket it
is for. Wishes of a ticket that is not booked any more count for nothing.
"""

import datetime as dt
from dataclasses import replace

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from notifications.rules import Draft, enqueue
from queueing import issuing, live, reminders
from queueing.models import EarlierWish, FreedSeat, Ticket, Window
from queueing.refusals import Refusal
from queueing.rules import freeing
from queueing.rules.changing import move_to
from queueing.rules.locking import lock_windows, sweep, whole_or_again
from queueing.rules.rebuilding import is_open
from queueing.rules.record import UNDO_WITHIN
from queueing.rules.suiting import (
    first_whom_it_suits,
    offer_key,
    offer_number,
    reachable,
    who_might,
)
from queueing.workflow import State
from services.models import Mall

OFFER_LASTS = dt.timedelta(minutes=15)
FIRST_OFFER, LAST_OFFER = dt.time(7, 0), dt.time(20, 0)  # in the mall's own time


@transaction.atomic
def wish_earlier(*, ticket_id: int, not_before: dt.datetime, at: dt.datetime) -> EarlierWish:
    """Put a booked number on the list for hours from `not_before` on; again changes the hour."""
    ticket = lock_ticket(ticket_id)
    if ticket.state != State.BOOKED or ticket.window is None:
        raise Refusal("cannot_reschedule")
    if not reachable(ticket.visit, ticket.mall):
        raise Refusal("wish_needs_contact")
    if not_before >= ticket.window.starts_at or ticket.window.starts_at - at <= freeing.NEAR:
        raise Refusal("not_earlier")
    wish = ticket.earlier_wishes.filter(ended_at=None).first()
    if wish is None:
        return EarlierWish.objects.create(ticket=ticket, not_before=not_before, created_at=at)
    wish.not_before = not_before
    wish.save(update_fields=["not_before"])
    return wish


@transaction.atomic
def end_wish(*, ticket_id: int, at: dt.datetime) -> None:
    """Take a number off the list; a seat offered to it goes on. Twice is once."""
    lock_ticket(ticket_id)
    _end_wishes(ticket_id, at)


@whole_or_again
def take_offer(*, offer_id: int, ticket_id: int, at: dt.datetime) -> Ticket:
    """Move a ticket into the seat that is offered to it, with a new number; the old seat is freed.

    A second press gives the ticket as it is. Refuses `offer_gone` when the offer has ended, and
    what would refuse any move there.
    """
    seat = FreedSeat.objects.filter(pk=offer_id, wish__ticket=ticket_id).first()
    if seat is None:
        raise Refusal("offer_gone")
    ticket = Ticket.objects.get(pk=ticket_id)
    if seat.state == FreedSeat.State.TAKEN and ticket.window_id == seat.window_id:
        return ticket
    moved = move_to(ticket_id=ticket_id, window_id=seat.window_id, at=at, offer_id=offer_id)
    _end_wishes(ticket_id, at)
    return moved


@transaction.atomic
def decline_offer(*, offer_id: int, ticket_id: int, at: dt.datetime) -> None:
    """Say no to an offer; the number stays on the list, the seat is for the next. Twice is once."""
    window_id = FreedSeat.objects.filter(pk=offer_id).values_list("window", flat=True).first()
    if window_id is None:
        raise Refusal("offer_gone")
    lock_windows({window_id})
    offers = FreedSeat.objects.filter(pk=offer_id, state=FreedSeat.State.OPEN)
    if seat := offers.filter(wish__ticket=ticket_id).first():
        _take_from_them(seat, at)


def pass_on(*, at: dt.datetime) -> int:
    """Offer each kept seat to the next on the list, or let it go; how many changed hands.

    One seat a transaction. It is safe to run twice, and beside everything that citizens press.
    """
    long_ago = at.date() - dt.timedelta(days=2)
    EarlierWish.objects.filter(ended_at=None, ticket__date__lt=long_ago).update(ended_at=at)
    at_night = [mall.pk for mall in Mall.objects.all() if _next_offers(at, mall) > at]
    asleep = Q(
        wish=None,
        expires_at__gt=at,
        window__starts_at__gt=at + freeing.NEAR,
        window__queue__mall__in=at_night,
    )
    due = FreedSeat.objects.filter(state=FreedSeat.State.OPEN).exclude(_standing(at))
    waiting = due.exclude(asleep).order_by("window", "pk").values_list("pk", flat=True)
    return sweep(list(waiting), lambda seat_id: _pass_on(seat_id, at=at))


@whole_or_again
def _pass_on(seat_id: int, *, at: dt.datetime) -> bool:
    """One seat: to the next, or free; False when it rests. Nothing is locked before it moves."""
    seen = _due(seat_id, at)
    if seen is None:
        return False
    window, opens = seen.window, _next_offers(at, seen.window.queue.mall)
    wish = None if freeing.near(window, opens) else first_whom_it_suits(seen, at)
    if wish and not is_open(window):
        wish = None
    if not (seen.wish_id or _has_rested(seen, at) or (wish and opens <= at)):
        return False
    lock_windows({window.pk})
    seat = _due(seat_id, at)
    if seat is None or (seat.wish_id, seat.expires_at) != (seen.wish_id, seen.expires_at):
        raise issuing.TryAgain
    if seat.wish_id:
        _take_from_them(seat, at)
    if wish and opens <= at:
        _lock_their_ticket(seat, wish, at)
        _offer(seat, wish, at)
        return True
    if not _has_rested(seat, at):
        return False
    if wish:  # for them it sleeps until the morning, and nobody knows how long if they leave
        seat.expires_at = opens + freeing.rest()
        seat.save(update_fields=["expires_at"])
        return False
    if freeing.let_go(seat) and not is_open(window):
        Window.objects.filter(pk=window.pk).update(seats=F("taken"), online_seats=F("taken_online"))
    live.changed(mall_id=window.queue.mall_id, queue_ids=[window.queue_id])
    return True


def _due(seat_id: int, at: dt.datetime) -> FreedSeat | None:
    """A kept seat that is offered to nobody and that nobody can take back any more."""
    seats = FreedSeat.objects.filter(pk=seat_id, state=FreedSeat.State.OPEN).exclude(_standing(at))
    seat = seats.select_related("window__queue__mall", "window__queue__agency").first()
    fresh = seat and seat.wish_id is None and at - seat.freed_at <= UNDO_WITHIN
    return None if fresh else seat


def _has_rested(seat: FreedSeat, at: dt.datetime) -> bool:
    return seat.expires_at <= at or freeing.near(seat.window, at)


def _standing(at: dt.datetime) -> Q:
    """Offers that hold: in time, and the number they are for is still booked for a later hour."""
    return Q(
        wish__isnull=False,
        expires_at__gt=at,
        wish__ended_at=None,
        wish__ticket__state=State.BOOKED,
        wish__ticket__window__starts_at__gt=F("window__starts_at"),
    )


def _take_from_them(seat: FreedSeat, at: dt.datetime) -> None:
    """End the offer of a seat: it is nobody's until the next is asked, for a while of its own."""
    wish_id, seat.wish, seat.expires_at = seat.wish_id, None, at + freeing.rest()
    if wish_id:
        seat.refused.add(wish_id)
        freeing.void_offers([wish_id], at=at)
    seat.save(update_fields=["wish", "expires_at"])


def _lock_their_ticket(seat: FreedSeat, wish: EarlierWish, at: dt.datetime) -> None:
    """From here on they stay as they were when the seat was found to suit them."""
    ticket = lock_ticket(wish.ticket_id)
    if not who_might(seat, at).filter(pk=wish.pk, ticket__window=ticket.window_id).exists():
        raise issuing.TryAgain  # changed in this very moment: look anew


def _offer(seat: FreedSeat, wish: EarlierWish, at: dt.datetime) -> None:
    seat.wish, seat.expires_at = wish, at + OFFER_LASTS
    seat.save(update_fields=["wish", "expires_at"])
    enqueue(drafts=[_draft(seat, wish, at, offer_number(wish, at))], at=at)


def _draft(seat: FreedSeat, wish: EarlierWish, at: dt.datetime, number: int) -> Draft:
    """The message of an offer; its key holds the day and which one of that day it is."""
    ticket, window, until = wish.ticket, seat.window, at + OFFER_LASTS
    draft = reminders.prepare(
        visit=ticket.visit,
        public_id=ticket.public_id,
        window_id=window.pk,
        starts_at=window.starts_at,
        ends_at=window.ends_at,
        mall=ticket.mall,
        at=at,
        kind="offer",
        agency_id=window.queue.agency_id,
    )[0]
    words = {
        "link": f"{draft.context['link']}lebih-awal/",
        "until": f"{timezone.localtime(until, ticket.mall.zone):%H.%M}",
    }
    return replace(
        draft,
        context={**draft.context, **words},
        not_after=until,
        dedup_key=offer_key(wish, at, number),
    )


def _next_offers(at: dt.datetime, mall: Mall) -> dt.datetime:
    """When an offer may be made: now, or in the morning."""
    now = at.astimezone(mall.zone)
    if FIRST_OFFER <= now.time() < LAST_OFFER:
        return at
    date = now.date() + dt.timedelta(days=now.time() >= LAST_OFFER)
    return dt.datetime.combine(date, FIRST_OFFER, mall.zone)


def _end_wishes(ticket_id: int, at: dt.datetime) -> None:
    wishes = EarlierWish.objects.filter(ticket=ticket_id, ended_at=None)
    ids = list(wishes.values_list("pk", flat=True))
    wishes.update(ended_at=at)
    freeing.void_offers(ids, at=at)


def lock_ticket(ticket_id: int) -> Ticket:
    """Lock one ticket, with its visit, mall and window as they were read."""
    rows = Ticket.objects.select_for_update(of=("self",)).select_related("visit", "mall", "window")
    ticket = rows.filter(pk=ticket_id).first()
    if ticket is None:
        raise Refusal("unknown_ticket")
    return ticket
