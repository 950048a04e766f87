"""The one way of a seat that is given back: free at once, or kept for those who would come earlier.

A kept seat (FreedSeat) is an online one that still counts as taken in its window. Its row changes
only under the lock of that window, and every step is a compare-and-set: it ends once, taken or let
go.
"""

import datetime as dt
import secrets
from collections.abc import Collection

from django.db import connection
from django.db.models import Q, QuerySet

from notifications.rules import void
from queueing import issuing
from queueing.models import EarlierWish, FreedSeat, Ticket, Window
from queueing.refusals import Refusal

NEAR = dt.timedelta(minutes=60)  # whoever is in the hall by then takes it
REST_S = (5 * 60, 20 * 60)


def give_back(ticket: Ticket, *, at: dt.datetime) -> None:
    """Give back the seat of a ticket whose window the caller has locked and read since.

    An online seat of a window that was full rests for a while nobody can foresee: who cancels
    cannot promise it to anybody. Near its hour, and where others were free, it is free at once.
    """
    window = ticket.window
    if window is None or not ticket.seat:
        return
    online = ticket.seat == Ticket.Seat.ONLINE
    if online and _full(window) and not near(window, at):
        FreedSeat.objects.create(
            window=window,
            freed_at=at,
            freed_by=ticket,
            expires_at=at + rest(),
        )
    else:
        issuing.free_seat(window_id=window.pk, online=online)


def take_back(ticket: Ticket, *, online: bool, at: dt.datetime) -> bool:
    """Take the seat of a cancelled ticket again; the caller has locked its window.

    Who was offered it in the meantime is not told any more.
    """
    if ticket.window_id is None:
        return False
    seat = (
        FreedSeat.objects.filter(freed_by=ticket, window=ticket.window_id)
        .filter(state=FreedSeat.State.OPEN)
        .first()
    )
    if seat and end(seat, FreedSeat.State.TAKEN):
        void_offers([seat.wish_id] if seat.wish_id else [], at=at)
        return True
    return issuing.retake_seat(window_id=ticket.window_id, online=online)


def claim(*, offer_id: int, ticket_id: int, at: dt.datetime) -> None:
    """End an offer that holds for this ticket at `at` as taken, its seat free for one moment.

    The caller has locked the window, and takes the seat in the same transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"seat": offer_id, "ticket": ticket_id, "at": at})
        row = cursor.fetchone()
    if row is None:
        raise Refusal("offer_gone")
    issuing.free_seat(window_id=row[0], online=True)


_CLAIM = """
UPDATE queueing_freedseat s SET state = 'taken'
  FROM queueing_earlierwish w
 WHERE s.id = %(seat)s AND s.state = 'open' AND s.expires_at > %(at)s
   AND w.id = s.wish_id AND w.ticket_id = %(ticket)s AND w.ended_at IS NULL
RETURNING s.window_id
"""


def let_go(seat: FreedSeat) -> bool:
    """Let a kept seat go: from now on everybody sees it. The caller has locked its window."""
    if not end(seat, FreedSeat.State.RELEASED):
        return False
    issuing.free_seat(window_id=seat.window_id, online=True)
    return True


def let_unoffered_go(window_ids: Collection[int], *, at: dt.datetime) -> list[FreedSeat]:
    """Let the seats go that are kept in these locked windows, but offered to nobody; these."""
    kept = FreedSeat.objects.filter(
        Q(wish=None) | Q(expires_at__lte=at), window__in=window_ids, state=FreedSeat.State.OPEN
    )
    return [seat for seat in kept.order_by("pk") if let_go(seat)]


def let_all_go(windows: QuerySet[Window], *, at: dt.datetime) -> int:
    """Let every kept seat of these windows go, which the caller has locked; how many there were."""
    kept = FreedSeat.objects.filter(window__in=windows, state=FreedSeat.State.OPEN)
    seats = list(kept.order_by("pk"))
    void_offers([seat.wish_id for seat in seats if seat.wish_id], at=at)
    return sum(let_go(seat) for seat in seats)


def end(seat: FreedSeat, state: str) -> bool:
    """End a kept seat that is open; False when it has ended already."""
    open_one = FreedSeat.objects.filter(pk=seat.pk, state=FreedSeat.State.OPEN)
    return open_one.update(state=state) == 1


def void_offers(wishes: list[int], *, at: dt.datetime) -> None:
    """Take back the messages of offers that have ended and were not sent."""
    if wishes:
        keys = EarlierWish.objects.filter(pk__in=wishes).values_list("ticket__public_id", flat=True)
        void(about=[str(key) for key in keys], kinds=["offer"], at=at)


def near(window: Window, at: dt.datetime) -> bool:
    """Whether a window begins so soon that its seats belong to whoever is there."""
    return window.starts_at - at <= NEAR


def _full(window: Window) -> bool:
    return window.taken >= window.seats or window.taken_online >= window.online_seats


def rest() -> dt.timedelta:
    """How long a seat is nobody's: nobody can foresee it."""
    least, most = REST_S
    return dt.timedelta(seconds=least + secrets.randbelow(most - least + 1))
