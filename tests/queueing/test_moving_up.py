"""The move-up list: a freed seat rests, is offered to one at a time in turn, and ends for sure."""

import datetime as dt
import threading

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.models import Message
from queueing import rules
from queueing.models import (
    EarlierWish,
    FreedSeat,
    Queue,
    QueueDay,
    QueueHours,
    Ticket,
    Window,
)
from queueing.refusals import Refusal
from queueing.rules import changing, freeing, moving_up, suiting
from queueing.workflow import State
from services.models import OpeningHours
from tests.house import TODAY, at, at_once
from tests.queueing.promises import (
    keep_their_promises,
    must_break,
    refused,
    seats,
    tally,
    without_constraints,
)

MAIL = "a@contoh.id"
MINUTE = dt.timedelta(minutes=1)


def full_window(house, hour=11, number=1, **more):
    """A window whose seats are all booked; its tickets."""
    seats(house.window("C", hour, **more), number)
    return [house.book("KK", hour, name=f"Pemilik {n}", **more) for n in range(number)]


def wisher(house, hour=14, *, not_before=None, now=None, n=0, **who):
    """Somebody booked for later who would come earlier; their ticket."""
    ticket = house.book("KK", hour, **{"email": f"b{n}@contoh.id", **who})
    rules.wish_earlier(ticket_id=ticket.pk, not_before=not_before or at(8), at=now or at(7, 31 + n))
    return ticket


def freed(house, hour=11, now=None, **more):
    """One seat of a full window, given back."""
    (ticket,) = full_window(house, hour, **more)
    rules.cancel(ticket_id=ticket.pk, at=now or at(8))
    return FreedSeat.objects.get(window=ticket.window_id, freed_by=ticket)


def offered(house, *, now=None, **more):
    """A wisher's ticket and the seat at 11 that is offered to it at 8.05."""
    ticket = wisher(house, **more)
    seat = freed(house)
    assert rules.pass_on(at=now or at(8, 5)) == 1
    return ticket, fresh(seat)


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def due_offers():
    return Message.objects.filter(kind="offer", state="due")


# -- a seat rests ----------------------------------------------------------------------------------


def test_a_seat_of_a_full_hour_is_not_seen_at_once_and_ends_within_twenty_minutes(house):
    seat = freed(house)
    assert 5 * MINUTE <= seat.expires_at - seat.freed_at <= 20 * MINUTE
    with refused("full"):
        house.book("KK", 11, now=at(8))
    assert rules.pass_on(at=at(8, 4)) == 0
    assert rules.pass_on(at=at(8, 20, 1)) == 1
    assert fresh(seat).state == "released"
    house.book("KK", 11, now=at(8, 21))
    assert rules.pass_on(at=at(8, 22)) == 0
    keep_their_promises()


def test_how_long_it_rests_differs(house, monkeypatch):
    rests = {freeing.rest() for _ in range(50)}
    assert len(rests) > 10
    assert min(rests) >= 5 * MINUTE
    assert max(rests) <= 20 * MINUTE


def test_where_others_were_free_or_the_hour_is_near_it_is_free_at_once(house):
    rules.cancel(ticket_id=house.book("KK", 11).pk, at=at(8))
    (soon,) = full_window(house, 9)
    rules.cancel(ticket_id=soon.pk, at=at(8))
    assert not FreedSeat.objects.exists()
    house.book("KK", 9, now=at(8))
    keep_their_promises()


def test_a_resting_seat_is_for_the_hall_an_hour_before(house):
    seat = freed(house, 10, now=at(8, 58))
    FreedSeat.objects.update(expires_at=at(9, 18))
    assert rules.pass_on(at=at(8, 59, 59)) == 0
    assert rules.pass_on(at=at(9)) == 1
    assert fresh(seat).state == "released"


def test_a_moved_number_leaves_its_full_hour_the_same_way(house):
    (ticket,) = full_window(house)
    rules.reschedule(ticket_id=ticket.pk, window_id=house.window("C", 14).pk, at=at(8))
    assert FreedSeat.objects.get().window_id == house.window("C", 11).pk
    with refused("full"):
        house.book("KK", 11, now=at(8))
    keep_their_promises()


def test_within_a_minute_the_own_seat_comes_back(house):
    (ticket,) = full_window(house)
    rules.cancel(ticket_id=ticket.pk, at=at(8))
    wisher(house)
    assert rules.pass_on(at=at(8, 1)) == 0  # it can still be taken back
    rules.undo_cancel(visit_id=ticket.visit_id, at=at(8, 1))
    assert fresh(ticket).seat == "online"
    assert FreedSeat.objects.get().state == "taken"
    assert rules.pass_on(at=at(9)) == 0
    keep_their_promises()


# -- an offer --------------------------------------------------------------------------------------


def test_the_first_who_wished_is_offered_it_for_fifteen_minutes_and_told(house):
    later = wisher(house, n=1)
    first = wisher(house, n=0, hour=13)
    seat = freed(house)
    assert rules.pass_on(at=at(8, 5)) == 1
    seat = fresh(seat)
    assert seat.wish.ticket_id == first.pk != later.pk
    assert seat.expires_at == at(8, 20)
    told = due_offers().get()
    assert told.about == str(first.public_id)
    assert told.context["time_range"] == "11.00–12.00"
    assert told.context["until"] == "08.20"
    assert told.context["link"].endswith(f"/tiket/{first.visit.token}/lebih-awal/")
    assert told.not_after == at(8, 20)
    assert rules.pass_on(at=at(8, 19)) == 0
    with refused("full"):
        house.book("KK", 11, now=at(8, 6))
    keep_their_promises()


def test_who_takes_it_has_a_new_number_and_their_own_seat_goes_its_way(house):
    ticket, seat = offered(house)
    taken = rules.take_offer(offer_id=seat.pk, ticket_id=ticket.pk, at=at(8, 10))
    assert taken.window_id == seat.window_id
    assert taken.label != ticket.label
    assert house.window("C", 14).taken == 0
    assert fresh(seat).state == "taken"
    assert not EarlierWish.objects.filter(ended_at=None).exists()
    assert not due_offers().exists()
    assert Message.objects.filter(kind="rescheduled", state="due").exists()
    again = rules.take_offer(offer_id=seat.pk, ticket_id=ticket.pk, at=at(8, 30))
    assert again.label == taken.label
    assert taken.events.filter(kind="rescheduled").count() == 1
    keep_their_promises()


def test_an_offer_that_is_over_cannot_be_taken(house):
    ticket, seat = offered(house)
    with refused("offer_gone"):
        rules.take_offer(offer_id=seat.pk, ticket_id=ticket.pk, at=at(8, 20))
    with refused("offer_gone"):
        rules.take_offer(offer_id=0, ticket_id=ticket.pk, at=at(8, 10))
    other = wisher(house, n=3)
    with refused("offer_gone"):
        rules.take_offer(offer_id=seat.pk, ticket_id=other.pk, at=at(8, 10))
    assert fresh(ticket).window_id == ticket.window_id
    keep_their_promises()


def test_what_is_not_taken_goes_to_the_next_and_then_to_everybody(house):
    first, second = wisher(house, n=0), wisher(house, n=1)
    seat = freed(house)
    rules.pass_on(at=at(8, 5))
    assert rules.pass_on(at=at(8, 20)) == 1
    assert fresh(seat).wish.ticket_id == second.pk
    assert [m.about for m in due_offers()] == [str(second.public_id)]
    assert rules.pass_on(at=at(8, 35)) == 0
    assert 5 * MINUTE <= fresh(seat).expires_at - at(8, 35) <= 20 * MINUTE  # nobody can foresee it
    assert not due_offers().exists()
    assert rules.pass_on(at=at(8, 39, 59)) == 0
    assert rules.pass_on(at=at(8, 55, 1)) == 1
    assert fresh(seat).state == "released"
    assert first.earlier_wishes.filter(ended_at=None).exists()  # for another seat
    house.book("KK", 11, now=at(8, 56))
    keep_their_promises()


def test_who_says_no_lets_the_next_have_it_at_once(house):
    first, seat = offered(house)
    second = wisher(house, n=1)
    for _ in range(2):
        rules.decline_offer(offer_id=seat.pk, ticket_id=first.pk, at=at(8, 6))
    with refused("offer_gone"):
        rules.decline_offer(offer_id=0, ticket_id=first.pk, at=at(8, 6))
    rules.pass_on(at=at(8, 6))
    assert fresh(seat).wish.ticket_id == second.pk
    rules.decline_offer(offer_id=seat.pk, ticket_id=first.pk, at=at(8, 7))
    assert fresh(seat).wish.ticket_id == second.pk


@pytest.mark.parametrize("act", ["cancel", "check_in", "end_wish", "move"])
def test_a_wish_that_ended_lets_the_seat_go_on(house, act):
    ticket, seat = offered(house, hour=14)
    if act == "cancel":
        rules.cancel(ticket_id=ticket.pk, at=at(8, 6))
    elif act == "check_in":
        Queue.objects.update(early_minutes=480)
        rules.check_in(visit_id=ticket.visit_id, at=at(8, 6))
    elif act == "end_wish":
        rules.end_wish(ticket_id=ticket.pk, at=at(8, 6))
    else:
        rules.reschedule(ticket_id=ticket.pk, window_id=house.window("C", 10).pk, at=at(8, 6))
    if act != "check_in":
        assert not due_offers().exists() or act == "move"
    with refused("offer_gone" if act != "check_in" else "cannot_reschedule"):
        if act == "cancel":
            rules.undo_cancel(visit_id=ticket.visit_id, at=at(8, 6))
            rules.end_wish(ticket_id=ticket.pk, at=at(8, 6))
        if act == "move":
            rules.end_wish(ticket_id=ticket.pk, at=at(8, 6))
        rules.take_offer(offer_id=seat.pk, ticket_id=ticket.pk, at=at(8, 7))
    assert rules.pass_on(at=at(8, 7)) == 0
    assert fresh(seat).wish is None
    assert rules.pass_on(at=at(8, 27, 1)) == 1
    assert fresh(seat).state == "released"
    keep_their_promises()


# -- whom a seat suits -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "misfit", ["earlier", "too early for them", "another queue", "beside another number", "no way"]
)
def test_a_seat_is_offered_only_to_whom_it_suits(house, misfit):
    if misfit == "earlier":
        wisher(house, 10)
    elif misfit == "too early for them":
        wisher(house, 14, not_before=at(12))
    elif misfit == "another queue":
        ticket = house.book("AKTA", 14, email=MAIL)
        rules.wish_earlier(ticket_id=ticket.pk, not_before=at(8), at=at(7, 31))
    elif misfit == "beside another number":
        wishes = [
            rules.Wish("KTP", house.window("C", 14).pk),
            rules.Wish("AKTA", house.window("D", 11).pk),
        ]
        visit = rules.book(mall=house.mall, wishes=wishes, name="S", email=MAIL, at=at(7))
        rules.wish_earlier(ticket_id=visit.new_tickets[0].pk, not_before=at(8), at=at(7, 31))
    else:
        ticket = wisher(house)
        ticket.visit.email = ""
        ticket.visit.save(update_fields=["email"])
    seat = freed(house)
    rules.pass_on(at=at(8, 21))
    assert fresh(seat).state == "released"
    assert not due_offers().exists()


def test_a_number_of_another_day_may_come_earlier_only_when_it_is_alone(house):
    alone = wisher(house, days=1, hour=9)
    seat = freed(house)
    rules.pass_on(at=at(8, 5))
    assert fresh(seat).wish.ticket_id == alone.pk
    rules.take_offer(offer_id=seat.pk, ticket_id=alone.pk, at=at(8, 6))
    assert fresh(alone).date == fresh(alone.visit).date == TODAY
    keep_their_promises()
    wishes = [
        rules.Wish("KTP", house.window("C", 14, days=1).pk),
        rules.Wish("AKTA", house.window("D", 9, days=1).pk),
    ]
    pair = rules.book(mall=house.mall, wishes=wishes, name="S", email=MAIL, at=at(7))
    rules.wish_earlier(ticket_id=pair.new_tickets[0].pk, not_before=at(8), at=at(7, 31))
    seat = freed(house, 13)
    rules.pass_on(at=at(8, 21))
    assert fresh(seat).state == "released"


def test_nothing_is_offered_where_nobody_may_take_it(house):
    wisher(house)
    seat = freed(house)
    QueueDay.objects.filter(queue=house.queues["C"], date=TODAY).update(paused_reason="listrik")
    rules.pass_on(at=at(8, 21))
    assert fresh(seat).state == "released"


def test_one_who_has_an_offer_gets_no_second_and_no_more_than_three_a_day(house):
    ticket = wisher(house, 14)
    seats_there = [freed(house, hour) for hour in (10, 11, 12, 13)]
    FreedSeat.objects.update(expires_at=at(8, 5))
    for n, minute in enumerate((5, 20, 35, 50)):
        rules.pass_on(at=at(8, minute))
        mine = FreedSeat.objects.filter(wish__ticket=ticket, state="open")
        assert mine.count() == (1 if n == 0 else 0)
        if n == 0:
            assert mine.get() == seats_there[0]
    others = [freed(house, hour, days=1) for hour in (9, 10, 11, 12)]
    tomorrow = wisher(house, 14, days=1, n=5)
    offers = 0
    for seat in others:
        FreedSeat.objects.filter(pk=seat.pk).update(expires_at=at(9, 20))
    for n in range(6):
        rules.pass_on(at=at(9, 1 + n))
        for seat in FreedSeat.objects.filter(wish__ticket=tomorrow, state="open"):
            offers += 1
            rules.decline_offer(offer_id=seat.pk, ticket_id=tomorrow.pk, at=at(9, 1 + n))
    assert offers == suiting.OFFERS_A_DAY
    rules.pass_on(at=at(9, 30))
    assert not FreedSeat.objects.filter(state="open").exists()
    keep_their_promises()


def test_at_night_nobody_is_asked_and_the_seat_waits_for_the_morning(house):
    ticket = wisher(house, 14, days=1)
    seat = freed(house, 11, days=1, now=at(19, 58))
    other = freed(house, 8, days=1, now=at(19, 58))  # for whom it would be too late at seven
    assert rules.pass_on(at=at(20, 30)) == 1
    assert fresh(other).state == "released"
    assert fresh(seat).wish is None
    assert rules.pass_on(at=at(6, 59, days=1)) == 0
    assert rules.pass_on(at=at(7, days=1)) == 1
    assert fresh(seat).wish.ticket_id == ticket.pk


def test_a_seat_that_slept_is_nobodys_for_a_while_when_who_would_come_is_gone(house):
    ticket = wisher(house, 14, days=1)
    seat = freed(house, 11, days=1, now=at(19, 58))
    assert rules.pass_on(at=at(20, 30)) == 0
    sleeps = fresh(seat).expires_at
    assert at(7, 5, days=1) <= sleeps <= at(7, 20, days=1)
    with CaptureQueriesContext(connection) as captured:
        assert rules.pass_on(at=at(23)) == 0
    assert len(captured) == 3  # old wishes, malls, and no seat to look at
    rules.end_wish(ticket_id=ticket.pk, at=at(23))
    assert rules.pass_on(at=at(7, 4, days=1)) == 0
    assert rules.pass_on(at=sleeps) == 1
    assert fresh(seat).state == "released"


def test_a_seat_that_rests_locks_nothing(house):
    freed(house)
    with CaptureQueriesContext(connection) as captured:
        assert rules.pass_on(at=at(8, 2)) == 0
    assert not any("FOR UPDATE" in query["sql"] for query in captured)


def test_many_whom_it_does_not_suit_do_not_keep_it_from_the_next(house, monkeypatch):
    monkeypatch.setattr(suiting, "AT_A_TIME", 2)
    seats(house.window("C", 14), 4)
    for n in range(3):
        ticket = wisher(house, n=n)
        ticket.visit.email = ""  # erased meanwhile: no way is left to tell them
        ticket.visit.save(update_fields=["email"])
    last = wisher(house, n=3)
    seat = freed(house)
    assert rules.pass_on(at=at(8, 5)) == 1
    assert fresh(seat).wish.ticket_id == last.pk


@pytest.mark.parametrize("why", ["the same service", "as many as a contact may have"])
def test_nobody_is_offered_a_day_on_which_they_may_have_no_further_number(house, settings, why):
    wisher(house, days=1, hour=9, email=MAIL)
    if why == "the same service":
        house.book("KK", 9, email=MAIL)
    else:
        settings.CONTACT_TICKETS_PER_DAY = 1
        house.book("AKTA", 9, email=MAIL, name="Budi")
    seat = freed(house)
    rules.pass_on(at=at(8, 21))
    assert fresh(seat).state == "released"
    assert not due_offers().exists()


def test_an_undo_that_had_to_wait_takes_the_offer_back_unsaid(house):
    wisher(house)
    (owner,) = full_window(house)
    rules.cancel(ticket_id=owner.pk, at=at(8))
    assert rules.pass_on(at=at(8, 1, 1)) == 1
    assert due_offers().exists()
    rules.undo_cancel(visit_id=owner.visit_id, at=at(8, 1))  # pressed in time, and kept waiting
    assert not due_offers().exists()
    keep_their_promises()


def test_a_seat_that_somebody_holds_is_left_for_the_next_time(house, monkeypatch):
    first, second = freed(house, 11), freed(house, 13)
    lock = moving_up.lock_windows

    def busy(ids):
        if ids == {first.window_id}:
            raise Refusal("busy")
        lock(ids)

    monkeypatch.setattr(moving_up, "lock_windows", busy)
    assert rules.pass_on(at=at(8, 21)) == 1
    assert (fresh(first).state, fresh(second).state) == ("open", "released")


# -- the list --------------------------------------------------------------------------------------


def test_a_wish_needs_a_way_to_be_told_and_an_hour_before_the_own(house):
    silent = house.book("KK", 14)
    with refused("wish_needs_contact"):
        rules.wish_earlier(ticket_id=silent.pk, not_before=at(8), at=at(7, 31))
    ticket = house.book("KK", 14, email=MAIL)
    with refused("not_earlier"):
        rules.wish_earlier(ticket_id=ticket.pk, not_before=at(14), at=at(8))
    with refused("not_earlier"):
        rules.wish_earlier(ticket_id=ticket.pk, not_before=at(12), at=at(13))
    with refused("unknown_ticket"):
        rules.wish_earlier(ticket_id=0, not_before=at(8), at=at(8))
    rules.cancel(ticket_id=ticket.pk, at=at(8))
    with refused("cannot_reschedule"):
        rules.wish_earlier(ticket_id=ticket.pk, not_before=at(8), at=at(8))


def test_to_wish_again_changes_the_hour_and_keeps_the_place(house):
    ticket = wisher(house)
    rules.wish_earlier(ticket_id=ticket.pk, not_before=at(10), at=at(8))
    wish = EarlierWish.objects.get()
    assert (wish.not_before, wish.created_at) == (at(10), at(7, 31))
    for _ in range(2):
        rules.end_wish(ticket_id=ticket.pk, at=at(8, 1))
    assert fresh(wish).ended_at == at(8, 1)
    rules.wish_earlier(ticket_id=ticket.pk, not_before=at(10), at=at(8, 2))
    rules.pass_on(at=at(8, days=4))
    assert not EarlierWish.objects.filter(ended_at=None).exists()


# -- the house changes -----------------------------------------------------------------------------


def test_a_day_that_is_closed_lets_its_kept_seats_go_first(house):
    ticket, seat = offered(house)
    rules.close_day(mall=house.mall, date=TODAY, at=at(8, 6))
    assert fresh(seat).state == "released"
    assert not due_offers().exists()
    with refused("cannot_reschedule"):
        rules.take_offer(offer_id=seat.pk, ticket_id=ticket.pk, at=at(8, 7))
    keep_their_promises()


def test_a_day_that_is_rebuilt_lets_its_kept_seats_go_first(house):
    _, seat = offered(house)
    house.queues["C"].seats_per_hour = 2
    house.queues["C"].save(update_fields=["seats_per_hour"])
    rules.rearrange(queues=[house.queues["C"]], at=at(8, 6))
    assert fresh(seat).state == "released"
    keep_their_promises()


def test_half_an_hour_later_the_kept_seats_of_a_shortened_day_still_stand(house):
    first, ticket = house.book("KK", 8), wisher(house)
    as_planned = house.window("C", 11).online_seats
    owners = [house.book("KK", 11, name=f"Pemilik {n}") for n in range(as_planned)]
    rules.cancel(ticket_id=owners[0].pk, at=at(8))
    assert rules.pass_on(at=at(8, 5)) == 1
    seat = FreedSeat.objects.get()
    OpeningHours.objects.filter(weekday=2).update(opens_at=dt.time(9))
    queues = list(Queue.objects.select_related("mall", "agency"))
    for minute in (6, 7):
        rules.materialise(queues=queues, at=at(8, minute))
    assert house.window("C", 8).seats == 1  # this day is never again just as planned
    assert fresh(first).state == "booked"
    assert fresh(seat).state == "open"
    assert due_offers().exists()
    assert rules.take_offer(offer_id=seat.pk, ticket_id=ticket.pk, at=at(8, 8))
    keep_their_promises()


def test_a_seat_out_of_the_hours_is_offered_to_nobody_and_goes_with_its_owner(house):
    wisher(house)
    (owner,) = full_window(house, 13)
    OpeningHours.objects.filter(weekday=2).update(closes_at=dt.time(13))
    QueueHours.objects.create(
        queue=house.queues["C"],
        weekday=2,
        opens_at=dt.time(14),
        closes_at=dt.time(15),
        valid_from=TODAY,
        valid_to=TODAY,
    )
    rules.cancel(ticket_id=owner.pk, at=at(8))
    rules.pass_on(at=at(8, 5))
    assert not due_offers().exists()
    assert rules.pass_on(at=at(8, 21)) == 1
    assert house.window("C", 13).seats == 0
    keep_their_promises()


def test_whom_the_mall_moves_come_before_the_list(house):
    for window in Window.objects.filter(queue=house.queues["C"]).exclude(starts_at=at(9, days=1)):
        seats(window, 0)
    seats(house.window("C", 9, days=1), 1)
    seats(house.window("C", 14), 1)
    homeless = house.book("KK", 14, email=MAIL)
    (owner,) = [house.book("KK", 9, days=1, name="Pemilik")]
    rules.cancel(ticket_id=owner.pk, at=at(8))
    rules.close_and_move(mall=house.mall, date=TODAY, at=at(8, 2), reason="listrik padam")
    assert fresh(homeless).window_id == owner.window_id
    assert FreedSeat.objects.get().state == "released"
    keep_their_promises()


# -- races -----------------------------------------------------------------------------------------


def test_one_offer_pressed_by_thirty_two_moves_once(open_house):
    ticket, seat = offered(open_house)
    outcomes = at_once(
        32, lambda n: rules.take_offer(offer_id=seat.pk, ticket_id=ticket.pk, at=at(8, 10))
    )
    assert tally(outcomes) == {"ok": 32}
    assert ticket.events.filter(kind="rescheduled").count() == 1
    assert open_house.window("C", 11).issued == 2
    keep_their_promises()


def take_against_expiry(house, seats_there):
    """Those who were offered press at the last moment, while the seats are passed on."""

    def act(n):
        if n % 2:
            return rules.pass_on(at=at(8, 20))
        seat = seats_there[n // 2 % len(seats_there)]
        return rules.take_offer(offer_id=seat.pk, ticket_id=seat.wish.ticket_id, at=at(8, 19, 59))

    return at_once(8 if len(seats_there) < 4 else 32, act)


def offers_of_four(house, hour=11):
    """Four seats of an hour, each offered to one of eight."""
    tickets = full_window(house, hour, 4)
    Window.objects.filter(pk=house.window("C", 14).pk).update(seats=20, online_seats=20)
    for n in range(8):
        wisher(house, n=n)
    for ticket in tickets:
        rules.cancel(ticket_id=ticket.pk, at=at(8))
    assert rules.pass_on(at=at(8, 5)) == 4
    return list(FreedSeat.objects.filter(state="open").select_related("wish").order_by("pk"))


def test_an_offer_taken_in_its_last_second_is_taken_or_passed_on(open_house):
    seats_there = offers_of_four(open_house)
    outcomes = take_against_expiry(open_house, seats_there)
    assert set(tally(outcomes)) <= {"ok", "offer_gone"}
    for seat in seats_there:
        now = fresh(seat)
        took = Ticket.objects.filter(pk=seat.wish.ticket_id, window=seat.window_id).exists()
        assert took == (now.state == "taken")
        assert took or now.wish_id != seat.wish_id
    keep_their_promises()


def claim_what_was_seen(*, offer_id, ticket_id, at):
    """The guard without its look at the offer as it is now."""
    seat = FreedSeat.objects.get(pk=offer_id)
    FreedSeat.objects.filter(pk=offer_id).update(state="taken")
    changing.freeing.issuing.free_seat(window_id=seat.window_id, online=True)


def test_an_offer_claimed_as_it_was_seen_is_sold_twice(open_house, monkeypatch):
    monkeypatch.setattr(freeing, "claim", claim_what_was_seen)
    names = ["never_more_taken_than_seats", "online_is_part_of_taken"]
    with without_constraints(*names):

        def attempt(n):
            FreedSeat.objects.all().delete()
            EarlierWish.objects.all().delete()
            window = seats(open_house.window("C", 9 + n % 4, days=1), 1, taken=1, taken_online=1)
            first, second = (wisher(open_house, days=1, n=2 * n + m, hour=14) for m in range(2))
            Window.objects.filter(queue=open_house.queues["C"], starts_at=at(14, days=1)).update(
                seats=200, online_seats=200, block_size=300
            )
            FreedSeat.objects.create(
                window=window,
                freed_at=at(7),
                wish=first.earlier_wishes.get(),
                expires_at=at(8, 20),
            )

            def act(m):
                if m == 0:
                    rules.pass_on(at=at(8, 20))
                    seat = FreedSeat.objects.get(wish__ticket=second)
                    return rules.take_offer(offer_id=seat.pk, ticket_id=second.pk, at=at(8, 21))
                seat = FreedSeat.objects.filter(wish__ticket=first).get()
                return rules.take_offer(offer_id=seat.pk, ticket_id=first.pk, at=at(8, 19))

            at_once(2, act)
            return Ticket.objects.filter(window=window).count() > 1

        must_break(attempt)


def test_who_cancels_while_a_seat_is_passed_on_is_left_in_peace(open_house):
    Window.objects.filter(pk=open_house.window("C", 14).pk).update(seats=40, online_seats=40)
    tickets = [wisher(open_house, n=n) for n in range(16)]
    owners = full_window(open_house, number=8)
    for ticket in owners:
        rules.cancel(ticket_id=ticket.pk, at=at(8))

    def act(n):
        if n < 16:
            return rules.cancel(ticket_id=tickets[n].pk, at=at(8, 5))
        return rules.pass_on(at=at(8, 5))

    assert tally(at_once(20, act)) == {"ok": 20}
    assert not due_offers().exists()
    for minute in (40, 61):
        rules.pass_on(at=at(8) + minute * MINUTE)
    assert set(FreedSeat.objects.values_list("state", flat=True)) == {"released"}
    keep_their_promises()


def test_without_the_tickets_lock_somebody_who_cancelled_is_asked(open_house, monkeypatch):
    def look_only(ticket_id):
        ticket = Ticket.objects.select_related("visit", "mall", "window").get(pk=ticket_id)
        return ticket

    def offer_slowly(seat, wish, now):
        found.set()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.1)")
        make_offer(seat, wish, now)

    def cancel(ticket):
        found.wait(5)
        return rules.cancel(ticket_id=ticket.pk, at=at(8, 5))

    found = threading.Event()
    make_offer = moving_up._offer
    monkeypatch.setattr(moving_up, "lock_ticket", look_only)
    monkeypatch.setattr(moving_up, "_offer", offer_slowly)

    def attempt(n):
        FreedSeat.objects.all().delete()
        days = n % 5
        window = open_house.window("C", 9, days=1)
        Window.objects.filter(pk=open_house.window("C", 14, days=1).pk).update(
            seats=200, online_seats=200, block_size=300
        )
        ticket = wisher(open_house, days=1, n=days, hour=14)
        Window.objects.filter(pk=window.pk).update(taken=1, taken_online=1)
        FreedSeat.objects.create(window=window, freed_at=at(7), expires_at=at(8, 20))
        found.clear()
        at_once(2, lambda m: rules.pass_on(at=at(8, 5)) if m else cancel(ticket))
        assert Ticket.objects.get(pk=ticket.pk).state == State.CANCELLED
        return due_offers().filter(about=str(ticket.public_id)).exists()

    must_break(attempt)


def test_a_full_hour_that_is_cancelled_and_passed_on_by_thirty_two_loses_no_seat(open_house):
    Window.objects.filter(pk=open_house.window("C", 14).pk).update(seats=40, online_seats=40)
    for n in range(4):
        wisher(open_house, n=n)
    owners = full_window(open_house, number=16)
    later = at(8, 25)

    def act(n):
        if n < 16:
            return rules.cancel(ticket_id=owners[n].pk, at=at(8))
        if n < 24:
            return rules.pass_on(at=later)
        return open_house.book("KK", 11, now=at(8, 25), name=f"Baru {n}")

    outcomes = at_once(32, act)
    assert set(tally(outcomes)) <= {"ok", "full"}
    keep_their_promises()
    for n in range(8):
        rules.pass_on(at=later + n * 16 * MINUTE)
    assert not FreedSeat.objects.filter(state="open").exists()
    keep_their_promises()
