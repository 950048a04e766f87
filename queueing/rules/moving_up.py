"""The move-up list: who would come earlier is offered freed seats, one person at a time.

A kept seat changes under the lock of its window, an offer is made under the lock of the ticket it
is for. Wishes of a ticket that is not booked any more count for nothing.
"""

import datetime as dt
from dataclasses import replace

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from notifications.rules import Draft, channel_of, enqueue, known
from queueing import issuing, live, reminders
from queueing.availability import facts_of_windows, judge
from queueing.models import EarlierWish, FreedSeat, Ticket, Visit
from queueing.refusals import Refusal
from queueing.rules import freeing
from queueing.rules.changing import move_to, with_the_kept_seat
from queueing.rules.locking import lock_windows, whole_or_again
from queueing.rules.record import UNDO_WITHIN
from queueing.workflow import State
from services.models import Mall

OFFER_LASTS = dt.timedelta(minutes=15)
FIRST_OFFER, LAST_OFFER = dt.time(7, 0), dt.time(20, 0)  # in the mall's own time
OFFERS_A_DAY = 3
ASKED_AT_MOST = 50  # of those on the list, for one seat at one time


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
    due = FreedSeat.objects.filter(state=FreedSeat.State.OPEN).exclude(_standing(at))
    waiting = due.order_by("window", "pk").values_list("pk", flat=True)
    return sum(_pass_on(seat_id, at=at) for seat_id in list(waiting))


@whole_or_again
def _pass_on(seat_id: int, *, at: dt.datetime) -> bool:
    """One seat: to the next, or free; False when it is left as it is."""
    window_id = FreedSeat.objects.values_list("window", flat=True).get(pk=seat_id)
    lock_windows({window_id})
    seats = FreedSeat.objects.filter(pk=seat_id, state=FreedSeat.State.OPEN).exclude(_standing(at))
    seat = seats.select_related("window__queue__mall").first()
    if seat is None or (seat.wish_id is None and at - seat.freed_at <= UNDO_WITHIN):
        return False
    window, mall = seat.window, seat.window.queue.mall
    if seat.wish_id:
        _take_from_them(seat, at)
    opens = _next_offers(at, mall)
    wish = None if freeing.near(window, opens) else _next(seat, at)
    if wish and opens <= at:
        _offer(seat, wish, at)
        return True
    if wish or (seat.expires_at > at and not freeing.near(window, at)):
        return False  # it rests, or waits for the morning
    freeing.let_go(seat)
    live.changed(mall_id=mall.pk, queue_ids=[window.queue_id])
    return True


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
    """End the offer of a seat: it is nobody's until the next is asked."""
    wish_id, seat.wish, seat.expires_at = seat.wish_id, None, at
    if wish_id:
        seat.refused.add(wish_id)
        freeing.void_offers([wish_id], at=at)
    seat.save(update_fields=["wish", "expires_at"])


def _next(seat: FreedSeat, at: dt.datetime) -> EarlierWish | None:
    """The first on the list whom this seat suits, their ticket locked."""
    for wish in _who_might(seat)[:ASKED_AT_MOST]:
        if _suits(seat, wish, at):
            ticket = lock_ticket(wish.ticket_id)
            if _who_might(seat).filter(pk=wish.pk, ticket__window=ticket.window_id).exists():
                return wish
            raise issuing.TryAgain  # changed in this very moment: look anew
    return None


def _who_might(seat: FreedSeat) -> QuerySet[EarlierWish]:
    """Whose number is for a later hour of this queue and who would come at this one, in turn."""
    window = seat.window
    offered = FreedSeat.objects.filter(wish=OuterRef("pk"), state=FreedSeat.State.OPEN)
    return (
        EarlierWish.objects.filter(
            ended_at=None,
            not_before__lte=window.starts_at,
            ticket__queue=window.queue_id,
            ticket__state=State.BOOKED,
            ticket__window__starts_at__gt=window.starts_at,
        )
        .exclude(Exists(offered))
        .exclude(pk__in=seat.refused.values("pk"))
        .select_related("ticket__visit", "ticket__mall", "ticket__service_type")
        .order_by("created_at", "pk")
    )


def _suits(seat: FreedSeat, wish: EarlierWish, at: dt.datetime) -> bool:
    """Whether this seat can be offered to them: they hear of it in time, and may take it."""
    ticket, window = wish.ticket, seat.window
    if not reachable(ticket.visit, ticket.mall) or _offer_number(wish, at) > OFFERS_A_DAY:
        return False
    others = ticket.visit.tickets.exclude(pk=ticket.pk).exclude(state=State.CANCELLED)
    if window.date != ticket.date and others.exists():
        return False
    if others.filter(
        state__in=[State.BOOKED, State.WAITING],
        window__starts_at__lt=window.ends_at,
        window__ends_at__gt=window.starts_at,
    ).exists():
        return False
    facts = facts_of_windows(
        mall_id=ticket.mall_id, codes=[ticket.service_type.code], windows=[window.pk]
    )
    if not facts:
        return False
    given = 0 if window.date == ticket.date else facts[0].service_given
    fact = replace(with_the_kept_seat(facts[0]), service_given=given)
    return not judge(fact, channel=ticket.visit.channel, at=at, zone=ticket.mall.zone)


def _offer(seat: FreedSeat, wish: EarlierWish, at: dt.datetime) -> None:
    seat.wish, seat.expires_at = wish, at + OFFER_LASTS
    seat.save(update_fields=["wish", "expires_at"])
    enqueue(drafts=[_draft(seat, wish, at, _offer_number(wish, at))], at=at)


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
        dedup_key=_key(wish, at, number),
    )


def reachable(visit: Visit, mall: Mall) -> bool:
    """Whether any channel reaches the person of this visit."""
    draft = reminders.to_visit(
        visit, mall, kind="offer", words={}, about="", send_after=visit.created_at, dedup_key=""
    )
    return bool(channel_of(draft))


def _key(wish: EarlierWish, at: dt.datetime, number: int) -> str:
    return f"{wish.ticket.public_id}:offer:{wish.ticket.mall.date_at(at):%Y%m%d}:{number}"


def _offer_number(wish: EarlierWish, at: dt.datetime) -> int:
    """Which offer of the day the next one would be, from 1; what was voided counts."""
    return 1 + len(known(_key(wish, at, n) for n in range(1, OFFERS_A_DAY + 1)))


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
