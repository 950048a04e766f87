"""The day ends: everybody's ticket has an end, once, and yesterday is never called."""

from queueing import rules
from queueing.models import CounterSession, QueueDay, Ticket
from tests.house import TODAY, at
from tests.queueing.promises import keep_their_promises, refused, seats, sit


def a_full_hall(house):
    """One ticket in every state; {state before the close: ticket}."""
    seats(house.window("C", 9), 20, block_size=30)
    people = {"booked": house.book("KTP", 14)}
    for state in ("serving", "parked", "absent", "done", "waiting"):
        people[state] = house.waiting("KTP", 9, arrived=at(8, 45))
    people["called"] = house.waiting("AKTA", 9, arrived=at(8, 45))
    people["printing"] = rules.walk_in(
        mall=house.mall, services=["PBB"], printing=True, at=at(9)
    ).new_tickets[0]
    place = sit(house, 1)
    served = rules.call_next(**place, at=at(9))
    assert served.pk == people["serving"].pk
    rules.start(**place, at=at(9))
    rules.call_next(**sit(house, 3, "colleague"), at=at(9))
    other = sit(house, 2, "third")
    for step in ("parked", "absent", "done"):
        rules.call_next(**other, at=at(9))
        if step == "parked":
            rules.park(**other, reason="fotokopi", at=at(9))
        elif step == "absent":
            rules.absent(**other, at=at(9))
        else:
            rules.start(**other, at=at(9))
            rules.end(**other, at=at(9))
    return people


def test_everybody_has_an_end(house):
    people = a_full_hall(house)
    for state, ticket in people.items():
        ticket.refresh_from_db()
        assert ticket.state == state
    assert rules.close_day(mall=house.mall, date=TODAY, at=at(15)) == 6
    ends = {}
    for state, ticket in people.items():
        ticket.refresh_from_db()
        ends[state] = ticket.state
    assert ends == {
        "booked": "no_show",
        "waiting": "unserved",
        "parked": "unserved",
        "called": "unserved",
        "printing": "unserved",
        "serving": "done",
        "done": "done",
        "absent": "absent",
    }
    assert people["serving"].flagged
    assert not people["done"].flagged
    assert not CounterSession.objects.filter(closed_at=None).exists()
    keep_their_promises()


def test_twice_is_once(house):
    a_full_hall(house)
    rules.close_day(mall=house.mall, date=TODAY, at=at(15))
    before = list(Ticket.objects.order_by("pk").values())
    assert rules.close_day(mall=house.mall, date=TODAY, at=at(16)) == 0
    assert list(Ticket.objects.order_by("pk").values()) == before


def test_past_days_close_in_the_malls_own_zone(house):
    house.book("KTP", 14)
    assert rules.close_past_days(at=at(23, 59)) == 0
    assert rules.close_past_days(at=at(0, 0, days=1)) == 1
    assert not QueueDay.objects.filter(date__lte=TODAY, closed_at=None).exists()
    assert QueueDay.objects.filter(date__gt=TODAY, closed_at=None).exists()


def test_a_closed_day_takes_nobody_in(house):
    ticket = house.book("KTP", 14)
    rules.close_day(mall=house.mall, date=TODAY, at=at(12))
    with refused("past"):
        house.book("KTP", 14, now=at(12))
    with refused("past"):
        rules.walk_in(mall=house.mall, services=["KTP"], at=at(12))
    with refused("too_late"):
        rules.check_in(visit_id=ticket.visit_id, at=at(14))
    assert rules.materialise(queues=[house.queues["C"]], at=at(12)).made == 0
    keep_their_promises()


def test_a_pause_needs_a_reason_and_people_keep_their_place(house):
    queue = house.queues["C"]
    house.waiting("KTP", 9, arrived=at(8, 45))
    with refused("reason_needed"):
        rules.pause(queue_id=queue.pk, reason="ya", at=at(9))
    rules.pause(queue_id=queue.pk, reason="Blangko habis", at=at(9), expected_back_at=at(11))
    with refused("paused"):
        house.book("KTP", 10, now=at(9))
    house.book("KTP", 10, days=1, now=at(9))
    assert rules.call_next(**sit(house, 1), at=at(9)).label == "C 012"
    rules.resume(queue_id=queue.pk, at=at(10))
    house.book("KTP", 11, now=at(10))
