"""Who never came: marked once, and the seat goes on to somebody in the hall."""

from notifications.models import Message
from queueing import rules
from queueing.models import Ticket
from tests.house import at
from tests.queueing.promises import keep_their_promises


def test_after_the_late_minutes_who_never_came_is_a_no_show(house):
    ticket = house.book("KTP", 9)
    assert rules.mark_no_shows(at=at(10, 30)) == 0
    assert rules.mark_no_shows(at=at(10, 30, 1)) == 1
    assert rules.mark_no_shows(at=at(10, 31)) == 0
    ticket.refresh_from_db()
    assert (ticket.state, ticket.ended_at) == ("no_show", at(10, 30, 1))
    assert list(ticket.events.values_list("kind", flat=True)) == ["issued", "no_show"]


def test_each_seat_goes_to_walk_ins_of_the_first_window_that_has_not_ended(house):
    for _n in range(2):
        house.book("KTP", 9)
    before = house.window("C", 11)
    rules.mark_no_shows(at=at(11, 5))
    heir = house.window("C", 11)
    assert (heir.seats, heir.online_seats) == (before.seats + 2, before.online_seats)
    assert house.window("C", 10).seats == 6
    for _n in range(8):
        rules.walk_in(mall=house.mall, services=["KTP"], at=at(11, 10))
    assert house.window("C", 11).taken == 8
    keep_their_promises()


def test_seats_passed_on_survive_the_making_of_windows(house):
    for _n in range(2):
        house.book("KTP", 9)
    rules.mark_no_shows(at=at(11, 5))
    queue = house.queues["C"]
    assert rules.materialise(queues=[queue], at=at(11, 6)).changed == 0
    assert house.window("C", 11).seats == 8
    queue.seats_per_hour = 8
    queue.save(update_fields=["seats_per_hour"])
    rules.materialise(queues=[queue], at=at(11, 6))
    assert house.window("C", 12).seats == 8
    keep_their_promises()


def test_at_the_end_of_the_day_nobody_inherits(house):
    house.book("KTP", 14)
    assert rules.mark_no_shows(at=at(16)) == 1
    assert house.window("C", 14).seats == 6
    keep_their_promises()


def test_who_is_there_is_no_no_show_and_messages_of_the_others_are_void(house):
    house.waiting("KTP", 9, arrived=at(9))
    house.book("KTP", 9, phone="081234567890")
    assert rules.mark_no_shows(at=at(10, 31)) == 1
    assert Ticket.objects.filter(state="waiting").count() == 1
    assert not Message.objects.filter(state="due").exists()
