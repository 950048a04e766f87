"""Giving a number back, and moving it."""

import pytest

from notifications.models import Message
from queueing import rules
from queueing.models import QueueDay, Ticket, Visit, Window
from services.models import ServiceType
from tests.house import TODAY, at
from tests.queueing.promises import keep_their_promises, refused, seats, sit

NIK = "3576011201900001"


def move(ticket, window, now=None):
    return rules.reschedule(ticket_id=ticket.pk, window_id=window.pk, at=now or at(7, 40))


def two_services(house):
    return rules.book(
        mall=house.mall,
        wishes=[
            rules.Wish("KTP", house.window("C", 9).pk),
            rules.Wish("PBB", house.window("T", 10).pk),
        ],
        name="Siti",
        phone="081234567890",
        at=at(7),
    )


# -- cancel ----------------------------------------------------------------------------------------


def test_a_cancelled_seat_is_free_and_its_number_is_never_given_again(house):
    window = seats(house.window("C", 9), 1)
    ticket = house.book("KTP", 9)
    rules.cancel(ticket_id=ticket.pk, at=at(8), reason="sakit")
    assert rules.cancel(ticket_id=ticket.pk, at=at(8)).state == "cancelled"
    assert house.book("KTP", 9).number == ticket.number + 1
    window.refresh_from_db()
    assert window.taken == 1
    keep_their_promises()


def test_a_seat_of_a_window_that_ended_is_not_given_back(house):
    ticket = house.waiting("KTP", 8, arrived=at(8))
    rules.cancel(ticket_id=ticket.pk, at=at(9, 1))
    assert house.window("C", 8).taken == 1
    keep_their_promises()


def test_what_is_at_a_counter_or_over_cannot_be_cancelled(house):
    ticket = house.waiting("KTP", 9, arrived=at(8, 45))
    place = sit(house, 1)
    rules.call_next(**place, at=at(9))
    with refused("cannot_cancel"):
        rules.cancel(ticket_id=ticket.pk, at=at(9))
    with refused("cannot_cancel"):
        rules.cancel_visit(visit_id=ticket.visit_id, at=at(9))
    with refused("unknown_ticket"):
        rules.cancel(ticket_id=0, at=at(9))


def test_a_visit_is_cancelled_whole_and_its_messages_are_void(house):
    visit = two_services(house)
    assert len(rules.cancel_visit(visit_id=visit.pk, at=at(8))) == 2
    assert rules.cancel_visit(visit_id=visit.pk, at=at(8)) == []
    assert [m.kind for m in Message.objects.filter(state="due")] == ["cancelled"]
    assert not Window.objects.filter(taken__gt=0).exists()


def test_of_two_the_reminder_stays_for_the_one_that_is_left(house):
    visit = two_services(house)
    rules.cancel(ticket_id=visit.new_tickets[0].pk, at=at(7, 10))
    left = Message.objects.filter(state="due", kind="reminder_hours")
    assert [m.about for m in left] == [str(visit.new_tickets[1].public_id)]


# -- taking a cancelling back ----------------------------------------------------------------------


def test_within_a_minute_all_that_was_cancelled_holds_again_with_its_numbers_and_messages(house):
    visit = two_services(house)
    planned = set(Message.objects.filter(state="due").values_list("kind", "about"))
    rules.cancel_visit(visit_id=visit.pk, at=at(8))
    assert len(rules.undo_cancel(visit_id=visit.pk, at=at(8, 1))) == 2
    assert rules.undo_cancel(visit_id=visit.pk, at=at(8, 1)) == []
    tickets = Ticket.objects.filter(visit=visit).order_by("pk")
    assert [t.label for t in tickets] == [t.label for t in visit.new_tickets]
    assert {(t.state, t.seat) for t in tickets} == {("booked", "online")}
    assert house.window("C", 9).taken_online == house.window("T", 10).taken_online == 1
    assert set(Message.objects.filter(state="due").values_list("kind", "about")) == planned
    keep_their_promises()


def test_somebody_who_waited_stands_in_the_old_place_again(house):
    ticket = house.waiting("KTP", 9, arrived=at(8, 45))
    place = ticket.sort_at
    rules.cancel(ticket_id=ticket.pk, at=at(9))
    rules.undo_cancel(visit_id=ticket.visit_id, at=at(9, 0, 30))
    ticket.refresh_from_db()
    assert (ticket.state, ticket.sort_at) == ("waiting", place)


def test_a_cancelling_cannot_be_taken_back_late_or_when_an_officer_did_it(house):
    ticket = house.book("KTP", 9)
    with refused("undo_too_late"):
        rules.undo_cancel(visit_id=ticket.visit_id, at=at(8))
    rules.cancel(ticket_id=ticket.pk, at=at(8))
    with refused("undo_too_late"):
        rules.undo_cancel(visit_id=ticket.visit_id, at=at(8, 1, 1))
    other = house.book("KK", 9)
    rules.cancel(ticket_id=other.pk, at=at(8), officer_id=house.people["front_desk"].pk)
    with refused("undo_too_late"):
        rules.undo_cancel(visit_id=other.visit_id, at=at(8))


def test_a_seat_that_went_meanwhile_is_not_taken_twice(house):
    seats(house.window("C", 9), 1)
    ticket = house.book("KTP", 9)
    rules.cancel(ticket_id=ticket.pk, at=at(8))
    house.book("KK", 9)
    with refused("full"):
        rules.undo_cancel(visit_id=ticket.visit_id, at=at(8, 0, 30))
    keep_their_promises()


def test_who_took_another_number_for_the_service_meanwhile_keeps_that_one(house):
    ticket = house.book("KTP", 9, nik=NIK)
    rules.cancel(ticket_id=ticket.pk, at=at(8))
    house.book("KTP", 10, nik=NIK)
    with refused("already_booked"):
        rules.undo_cancel(visit_id=ticket.visit_id, at=at(8, 0, 30))


def test_taking_back_does_not_pass_the_contacts_cap(house, settings):
    settings.CONTACT_TICKETS_PER_DAY = 1
    ticket = house.book("KK", 9, phone="081234567890")
    rules.cancel(ticket_id=ticket.pk, at=at(8))
    house.book("PBB", 10, phone="081234567890")
    with refused("contact_cap"):
        rules.undo_cancel(visit_id=ticket.visit_id, at=at(8, 0, 30))


def test_taking_back_does_not_pass_the_services_own_limit(house):
    ServiceType.objects.filter(code="KK").update(seats=1)
    ticket = house.book("KK", 9)
    rules.cancel(ticket_id=ticket.pk, at=at(8))
    house.book("KK", 10)
    with refused("day_full"):
        rules.undo_cancel(visit_id=ticket.visit_id, at=at(8, 0, 30))


# -- reschedule ------------------------------------------------------------------------------------


def test_a_moved_booking_gets_a_number_of_the_new_window(house):
    ticket = move(house.book("KTP", 9), house.window("C", 11))
    assert (ticket.label, ticket.state) == ("C 034", "booked")
    assert (house.window("C", 9).taken, house.window("C", 11).taken) == (0, 1)
    assert ticket.events.order_by("-pk").first().before["label"] == "C 012"
    keep_their_promises()


def test_to_another_day_the_visit_goes_along(house):
    ticket = move(house.book("KTP", 9, nik=NIK), house.window("C", 9, days=1))
    assert ticket.date == Visit.objects.get().date == at(0, days=1).date()
    house.book("KTP", 9, nik=NIK)
    with refused("already_booked"):
        house.book("KTP", 11, days=1, nik=NIK)


def test_a_full_window_keeps_the_old_seat(house):
    ticket = house.book("KTP", 9)
    with refused("full"):
        move(ticket, seats(house.window("C", 10), 0))
    ticket.refresh_from_db()
    assert ticket.window_id == house.window("C", 9).pk
    keep_their_promises()


def test_moving_into_a_window_whose_numbers_are_spent(house):
    ticket = house.book("KTP", 9)
    Window.objects.filter(pk=house.window("C", 10).pk).update(block_size=0)
    day = QueueDay.objects.get(queue=house.queues["C"], date=TODAY)
    assert move(ticket, house.window("C", 10)).number == day.overflow_first
    keep_their_promises()


def test_where_a_booking_cannot_go(house):
    ticket = house.book("KTP", 9)
    with refused("same_window"):
        move(ticket, house.window("C", 9))
    with refused("wrong_window"):
        move(ticket, house.window("T", 9))
    with refused("past"):
        move(ticket, house.window("C", 8), now=at(9))
    with refused("unknown_window"):
        rules.reschedule(ticket_id=ticket.pk, window_id=0, at=at(8))
    rules.check_in(visit_id=ticket.visit_id, at=at(8, 45))
    with refused("cannot_reschedule"):
        move(ticket, house.window("C", 10))


def test_a_visit_with_several_numbers_stays_on_its_day_and_apart(house):
    first, second = two_services(house).new_tickets
    with refused("same_day_only"):
        move(first, house.window("C", 9, days=1))
    with refused("overlapping"):
        move(first, house.window("C", 10))
    move(first, house.window("C", 11))
    rules.cancel(ticket_id=second.pk, at=at(7, 45))
    move(first, house.window("C", 9, days=1))
    keep_their_promises()


def test_nobody_collects_numbers_of_one_day_by_moving_them_there(house):
    phone = {"phone": "081234567890"}
    for n in range(3):
        house.book("KTP", 9, days=1, name=f"Anak {n}", **phone)
    ticket = house.book("KTP", 9, name="Anak 3", **phone)
    with refused("contact_cap"):
        move(ticket, house.window("C", 10, days=1))


def test_a_move_to_a_day_on_which_the_person_has_a_number_is_refused(house):
    house.book("KTP", 9, days=1, nik=NIK)
    ticket = house.book("KTP", 9, nik=NIK)
    with refused("already_booked"):
        move(ticket, house.window("C", 11, days=1))


def test_a_services_own_limit_holds_for_moves_too(house):
    ServiceType.objects.filter(code="KTP").update(seats=1)
    house.book("KTP", 9, days=1)
    ticket = house.book("KTP", 9)
    with refused("day_full"):
        move(ticket, house.window("C", 11, days=1))
    rules.cancel(ticket_id=Ticket.objects.get(date=at(0, days=1).date()).pk, at=at(7))
    move(ticket, house.window("C", 11, days=1))
    move(ticket, house.window("C", 10, days=1))


@pytest.mark.parametrize("kind", ["booked", "rescheduled"])
def test_the_citizen_is_told_the_new_time(house, kind):
    ticket = house.book("KTP", 13, phone="081234567890")
    if kind == "rescheduled":
        ticket = move(ticket, house.window("C", 14))
    told = Message.objects.get(kind=kind, state="due")
    assert told.context["label"] == ticket.label
    assert told.context["time_range"] == ("13.00–14.00" if kind == "booked" else "14.00–15.00")
    assert Message.objects.filter(kind="reminder_hours", state="due").count() == 1
