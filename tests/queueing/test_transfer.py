"""Sent on to another service: same label and arrival, never refused as full."""

from queueing import rules
from queueing.models import QueueDay, Ticket, Window
from services.models import ServiceType
from tests.house import TODAY, at
from tests.queueing.promises import keep_their_promises, refused, sit


def serving(house, **who):
    house.waiting("KTP", 9, arrived=at(8, 45), **who)
    place = sit(house, 1)
    ticket = rules.call_next(**place, at=at(9))
    rules.start(**place, at=at(9, 1))
    return place, ticket


def send(place, ticket, service="AKTA", minute=5):
    return rules.transfer(**place, ticket_id=ticket.pk, service=service, at=at(9, minute))


def test_label_and_arrival_go_along(house):
    place, ticket = serving(house)
    Window.objects.update(seats=1, online_seats=1)
    moved = send(place, ticket)
    ticket.refresh_from_db()
    assert ticket.state == "transferred"
    assert (moved.label, moved.sort_at, moved.checked_in_at, moved.state) == (
        "C 012",
        ticket.sort_at,
        ticket.checked_in_at,
        "waiting",
    )
    assert moved.queue == house.queues["D"]
    assert moved.window is None
    assert moved.standard == house.services["AKTA"].standards.get()
    assert rules.call_next(**place, at=at(9, 6)) is None
    there = sit(house, 3, "colleague")
    assert rules.call_next(**there, at=at(9, 15)).pk == moved.pk
    keep_their_promises()


def test_the_front_desk_transfers_who_waits(house):
    ticket = house.waiting("KTP", 9, arrived=at(8, 45))
    moved = rules.transfer(
        ticket_id=ticket.pk, service="PBB", officer=house.people["front_desk"], at=at(9)
    )
    assert moved.queue == house.queues["T"]


def test_what_cannot_be_transferred(house):
    place, ticket = serving(house)
    with refused("same_queue"):
        send(place, ticket, "KK")
    with refused("no_queue"):
        send(place, ticket, "PASPOR")
    with refused("unknown_service"):
        send(place, ticket, "TIDAK-ADA")
    other = house.waiting("KTP", 9, arrived=at(8, 50))
    with refused("nobody_at_counter"):
        send(place, other)
    booked = house.book("KTP", 11)
    with refused("wrong_state"):
        rules.transfer(ticket_id=booked.pk, service="PBB", officer=place["officer"], at=at(9, 5))
    house.queues["D"].active = False
    house.queues["D"].save(update_fields=["active"])
    with refused("no_queue"):
        send(place, ticket)


def test_nobody_is_sent_to_a_closed_day(house):
    place, ticket = serving(house)
    QueueDay.objects.filter(queue=house.queues["D"], date=TODAY).update(closed_at=at(9))
    with refused("day_closed"):
        send(place, ticket)


def test_who_already_has_a_number_there_keeps_that_one(house):
    nik = "3576011201900001"
    place, ticket = serving(house, nik=nik)
    house.book("AKTA", 11, nik=nik)
    with refused("already_booked"):
        send(place, ticket)
    ticket.refresh_from_db()
    assert ticket.state == "serving"


def test_a_service_without_windows_that_day_still_takes_a_transfer(house):
    place, ticket = serving(house)
    Window.objects.filter(queue=house.queues["D"], date=TODAY).delete()
    QueueDay.objects.filter(queue=house.queues["D"], date=TODAY).delete()
    ServiceType.objects.filter(code="AKTA").update(booking_mode="walk_in")
    assert send(place, ticket).state == "waiting"
    assert rules.close_day(mall=house.mall, date=TODAY, at=at(15)) == 1
    assert not Ticket.objects.filter(state="waiting").exists()
