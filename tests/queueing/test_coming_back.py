"""Back into the line: parked, absent, with the missing documents."""

from queueing import rules
from queueing.models import Ticket
from tests.house import TODAY, at
from tests.queueing.promises import keep_their_promises, refused, sit


def absent_one(house, others=4):
    """A counter and a person who was called and did not come; others wait behind."""
    missing = house.waiting("KTP", 8, arrived=at(8))
    for _n in range(others):
        house.waiting("KTP", 9, arrived=at(8, 45))
    place = sit(house, 1)
    rules.call_next(**place, at=at(9))
    rules.absent(**place, at=at(9, 3))
    return place, missing


def line(house):
    waiting = Ticket.objects.filter(queue=house.queues["C"], state="waiting")
    return list(waiting.order_by("sort_at", "number").values_list("pk", flat=True))


def test_the_absent_rejoin_once_behind_the_next_two(house):
    place, missing = absent_one(house)
    rules.bring_back(ticket_id=missing.pk, at=at(9, 5))
    assert line(house).index(missing.pk) == 2
    rules.bring_back(ticket_id=missing.pk, at=at(9, 5))  # twice is once
    assert line(house).index(missing.pk) == 2
    for minute in (6, 7, 8):
        last = rules.call_next(**place, at=at(9, minute))
        rules.absent(**place, at=at(9, minute))
    assert last.pk == missing.pk
    with refused("rejoined_already"):
        rules.bring_back(ticket_id=missing.pk, at=at(9, 10))
    keep_their_promises()


def test_into_an_empty_line_and_behind_a_short_one(house):
    _place, missing = absent_one(house, others=0)
    rules.bring_back(ticket_id=missing.pk, at=at(9, 5))
    assert line(house) == [missing.pk]


def test_behind_one_who_waits(house):
    _place, missing = absent_one(house, others=1)
    rules.bring_back(ticket_id=missing.pk, at=at(9, 5))
    assert line(house)[-1] == missing.pk


def test_the_parked_get_their_old_place(house):
    first = house.waiting("KTP", 8, arrived=at(8))
    house.waiting("KTP", 9, arrived=at(8, 45))
    place = sit(house, 1)
    rules.call_next(**place, at=at(9))
    rules.park(**place, reason="fotokopi", at=at(9, 1))
    rules.bring_back(ticket_id=first.pk, at=at(9, 10))
    assert rules.bring_back(ticket_id=first.pk, at=at(9, 10)).state == "waiting"
    assert line(house)[0] == first.pk
    assert rules.call_next(**place, at=at(9, 11)).pk == first.pk


def serve(place, minute, outcome):
    ticket = rules.call_next(**place, at=at(9, minute))
    rules.start(**place, at=at(9, minute))
    rules.end(**place, at=at(9, minute), outcome=outcome, note="KK asli")
    return ticket


def test_who_lacked_documents_returns_without_a_new_seat(house):
    house.waiting("KTP", 9, arrived=at(8, 45))
    place = sit(house, 1)
    ticket = serve(place, 0, "documents_missing")
    rules.bring_back(ticket_id=ticket.pk, at=at(9, 30))
    assert serve(place, 31, "served").pk == ticket.pk
    assert house.window("C", 9).taken == 1
    with refused("wrong_state"):
        rules.bring_back(ticket_id=ticket.pk, at=at(9, 40))


def test_having_been_absent_does_not_forbid_returning_with_the_documents(house):
    place, missing = absent_one(house, others=0)
    rules.bring_back(ticket_id=missing.pk, at=at(9, 5))
    assert serve(place, 6, "documents_missing").pk == missing.pk
    assert rules.bring_back(ticket_id=missing.pk, at=at(10)).state == "waiting"


def test_nobody_returns_to_another_day_or_a_closed_one(house):
    _place, missing = absent_one(house)
    with refused("day_closed"):
        rules.bring_back(ticket_id=missing.pk, at=at(9, days=1))
    rules.close_day(mall=house.mall, date=TODAY, at=at(15))
    with refused("day_closed"):
        rules.bring_back(ticket_id=missing.pk, at=at(15, 1))


def test_who_took_a_new_number_does_not_return_with_the_old(house):
    nik = "3576011201900001"
    house.waiting("KTP", 9, arrived=at(8, 45), nik=nik)
    ticket = serve(sit(house, 1), 0, "documents_missing")
    house.book("KTP", 11, nik=nik, now=at(9, 5))
    with refused("already_booked"):
        rules.bring_back(ticket_id=ticket.pk, at=at(9, 30))
