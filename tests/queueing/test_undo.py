"""Taking back one's own last step, within a minute, unless it was acted on."""

import pytest

from queueing import rules
from queueing.models import Ticket
from tests.house import TODAY, at
from tests.queueing.promises import keep_their_promises, refused, sit

FIELDS = ("state", "counter_id", "called_at", "started_at", "ended_at", "released_at", "outcome")


def called(house, **who):
    house.waiting("KTP", 9, arrived=at(8, 45), **who)
    place = sit(house, 1)
    return place, rules.call_next(**place, at=at(9))


def values(ticket):
    return Ticket.objects.filter(pk=ticket.pk).values(*FIELDS, "sort_at").get()


@pytest.mark.parametrize(
    ("before", "step"),
    [
        ([], rules.start),
        ([], rules.absent),
        ([], lambda **p: rules.park(**p, reason="fotokopi")),
        ([rules.start], rules.end),
        ([rules.start], lambda **p: rules.end(**p, outcome="documents_missing", note="KK")),
    ],
)
def test_a_step_is_taken_back_whole(house, before, step):
    place, ticket = called(house)
    for earlier in before:
        earlier(**place, at=at(9, 1))
    was = values(ticket)
    step(**place, at=at(9, 2))
    rules.undo(**place, at=at(9, 3))
    assert values(ticket) == was
    keep_their_promises()
    with refused("nothing_to_undo"):
        rules.undo(**place, at=at(9, 3))


def test_a_call_is_taken_back(house):
    ticket = house.waiting("KTP", 9, arrived=at(8, 45))
    was = values(ticket)
    place = sit(house, 1)
    rules.call_next(**place, at=at(9))
    rules.undo(**place, at=at(9, 1))
    assert values(ticket) == was
    assert rules.call_next(**place, at=at(9, 1)).pk == ticket.pk


def test_a_transfer_is_taken_back(house):
    place, ticket = called(house)
    was = values(ticket)
    moved = rules.transfer(**place, ticket_id=ticket.pk, service="AKTA", at=at(9, 1))
    rules.undo(**place, at=at(9, 2))
    assert values(ticket) == was
    moved.refresh_from_db()
    assert moved.state == "transferred"
    keep_their_promises()


def test_a_transfer_that_was_called_elsewhere_stays(house):
    place, ticket = called(house)
    moved = rules.transfer(**place, ticket_id=ticket.pk, service="AKTA", at=at(9, 1))
    Ticket.objects.filter(pk=ticket.pk).update(released_at=at(8))
    there = sit(house, 3, "colleague")
    assert rules.call_next(**there, at=at(9, 1)).pk == moved.pk
    with refused("acted_on"):
        rules.undo(**place, at=at(9, 1, 30))


def test_after_a_minute_it_stands(house):
    place, _ticket = called(house)
    rules.start(**place, at=at(9, 1))
    with refused("undo_too_late"):
        rules.undo(**place, at=at(9, 2, 1))


def test_only_ones_own_step(house):
    place, _ticket = called(house)
    rules.park(**place, reason="fotokopi", at=at(9, 1))
    rules.close_counter(**place, at=at(9, 1))
    other = sit(house, 1, "colleague", now=at(9, 1))
    with refused("undo_not_yours"):
        rules.undo(**other, at=at(9, 1, 30))


def test_there_is_nothing_to_undo_at_a_fresh_counter_or_after_a_recall(house):
    place = sit(house, 1)
    with refused("nothing_to_undo"):
        rules.undo(**place, at=at(9))
    house.waiting("KTP", 9, arrived=at(8, 45))
    rules.call_next(**place, at=at(9))
    rules.recall(**place, at=at(9, 1))
    with refused("nothing_to_undo"):
        rules.undo(**place, at=at(9, 1))


def test_what_somebody_acted_on_stays(house):
    place, ticket = called(house)
    rules.absent(**place, at=at(9, 1))
    rules.bring_back(ticket_id=ticket.pk, at=at(9, 1, 10))
    with refused("acted_on"):
        rules.undo(**place, at=at(9, 1, 20))


def test_an_end_stays_when_the_person_took_a_new_number(house):
    nik = "3576011201900001"
    place, _ticket = called(house, nik=nik)
    rules.start(**place, at=at(9, 1))
    rules.end(**place, at=at(9, 5))
    house.book("KTP", 11, nik=nik, now=at(9, 5, 10))
    with refused("acted_on"):
        rules.undo(**place, at=at(9, 5, 30))
    keep_their_promises()


def test_a_person_who_is_at_another_counter_is_not_taken_back(house):
    visit = rules.book(
        mall=house.mall,
        wishes=[
            rules.Wish("KTP", house.window("C", 9).pk),
            rules.Wish("AKTA", house.window("D", 10).pk),
        ],
        name="Siti",
        at=at(7),
    )
    rules.check_in(visit_id=visit.pk, at=at(8, 45))
    place, there = sit(house, 1), sit(house, 3, "colleague")
    rules.call_next(**place, at=at(9))
    rules.absent(**place, at=at(9, 1))
    Ticket.objects.filter(released_at__isnull=False).update(released_at=at(8))
    assert rules.call_next(**there, at=at(9, 1)).visit_id == visit.pk
    with refused("acted_on"):
        rules.undo(**place, at=at(9, 1, 30))


def test_nothing_comes_back_from_a_closed_day(house):
    place, _ticket = called(house)
    rules.close_day(mall=house.mall, date=TODAY, at=at(9))
    with refused("counter_closed"):
        rules.undo(**place, at=at(9))
    sit(house, 1, now=at(9))
    with refused("acted_on"):
        rules.undo(**place, at=at(9))
