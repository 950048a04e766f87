"""Reporting present: when, with which code, and for which tickets."""

import datetime as dt

import pytest

from queueing import rules
from queueing.hall import hall_code
from queueing.models import Ticket, Visit
from tests.house import at
from tests.queueing.promises import keep_their_promises, refused


def test_check_in_puts_the_person_into_the_line_at_the_windows_start(house):
    ticket = house.waiting("KTP", 9, arrived=at(8, 40))
    assert (ticket.state, ticket.checked_in_at) == ("waiting", at(8, 40))
    assert ticket.sort_at == at(9) + dt.timedelta(milliseconds=12)
    assert Visit.objects.get(pk=ticket.visit_id).checked_in_at == at(8, 40)
    keep_their_promises()


def test_who_is_late_stands_at_the_time_of_coming(house):
    ticket = house.waiting("KTP", 9, arrived=at(10, 20))
    assert ticket.sort_at == at(10, 20) + dt.timedelta(milliseconds=12)


def test_priority_moves_forward_by_the_boost(house):
    ticket = house.waiting("KTP", 9, arrived=at(8, 40), priority="disabled")
    assert ticket.sort_at == at(8, 40) + dt.timedelta(milliseconds=12)


@pytest.mark.parametrize(
    ("now", "code"),
    [
        (at(8, 29), "too_early"),
        (at(8, 30), ""),
        (at(10, 30), ""),
        (at(10, 31), "too_late"),
        (at(9, days=1), "not_today"),
        (at(9, days=-1), "not_today"),
    ],
)
def test_from_early_before_to_late_after(house, now, code):
    ticket = house.book("KTP", 9)
    if code:
        with refused(code):
            rules.check_in(visit_id=ticket.visit_id, at=now)
    else:
        rules.check_in(visit_id=ticket.visit_id, at=now)
    ticket.refresh_from_db()
    assert ticket.state == ("booked" if code else "waiting")


def test_twice_is_once(house):
    ticket = house.waiting("KTP", 9, arrived=at(8, 40))
    rules.check_in(visit_id=ticket.visit_id, at=at(8, 50))
    ticket.refresh_from_db()
    assert ticket.checked_in_at == at(8, 40)
    assert ticket.events.filter(kind="checked_in").count() == 1


def test_it_covers_every_ticket_of_the_visit_that_is_still_in_time(house):
    visit = rules.book(
        mall=house.mall,
        wishes=[
            rules.Wish("KTP", house.window("C", 8).pk),
            rules.Wish("AKTA", house.window("D", 10).pk),
            rules.Wish("PBB", house.window("T", 13).pk),
        ],
        name="Siti",
        at=at(7),
    )
    rules.check_in(visit_id=visit.pk, at=at(9, 45))
    states = visit.tickets.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["booked", "waiting", "waiting"]


def test_who_was_marked_as_not_coming_is_too_late(house):
    ticket = house.book("KTP", 9)
    rules.mark_no_shows(at=at(10, 31))
    with refused("too_late"):
        rules.check_in(visit_id=ticket.visit_id, at=at(10, 31))


def test_a_cancelled_visit_has_nothing_to_check_in(house):
    ticket = house.book("KTP", 9)
    rules.cancel(ticket_id=ticket.pk, at=at(8))
    with refused("nothing_to_check_in"):
        rules.check_in(visit_id=ticket.visit_id, at=at(9))


def test_a_phone_needs_the_code_of_the_hall(house):
    visit_id = house.book("KTP", 9).visit_id
    code = hall_code(mall_id=house.mall.pk, at=at(8, 50))
    wrong = f"{(int(code) + 1) % 10_000:04d}"
    with refused("wrong_hall_code"):
        rules.check_in(visit_id=visit_id, at=at(8, 50), hall_code=wrong)
    rules.check_in(visit_id=visit_id, at=at(8, 50), hall_code=f" {code} ")
    assert Ticket.objects.get().state == "waiting"


def test_the_code_before_still_opens_and_an_older_one_does_not(house):
    first, second = house.book("KTP", 9), house.book("KTP", 9)
    code = hall_code(mall_id=house.mall.pk, at=at(8, 50))
    rules.check_in(visit_id=first.visit_id, at=at(8, 55), hall_code=code)
    with refused("wrong_hall_code"):
        rules.check_in(visit_id=second.visit_id, at=at(9, 0), hall_code=code)


def test_the_code_of_another_mall_does_not_open(house):
    assert hall_code(mall_id=house.mall.pk, at=at(9)) != hall_code(mall_id=0, at=at(9))


def test_the_code_cannot_be_guessed(house):
    visit_id = house.book("KTP", 9).visit_id
    code = hall_code(mall_id=house.mall.pk, at=at(8, 50))
    wrong = f"{(int(code) + 1) % 10_000:04d}"
    for _n in range(5):
        with refused("wrong_hall_code"):
            rules.check_in(visit_id=visit_id, at=at(8, 50), hall_code=wrong)
    with refused("too_many_tries"):
        rules.check_in(visit_id=visit_id, at=at(8, 50), hall_code=code)
    rules.check_in(visit_id=visit_id, at=at(8, 50))  # at the front desk


def test_an_officer_grants_priority_with_a_reason(house):
    ticket = house.waiting("KTP", 9, arrived=at(8, 40))
    before = ticket.sort_at
    desk = {"officer_id": house.people["front_desk"].pk, "visit_id": ticket.visit_id}
    with refused("reason_needed"):
        rules.grant_priority(**desk, reason="tua", at=at(8, 45))
    rules.grant_priority(**desk, reason="kursi roda", at=at(8, 45))
    assert rules.grant_priority(**desk, reason="kursi roda", at=at(8, 45)) == []
    ticket.refresh_from_db()
    assert ticket.sort_at == before - dt.timedelta(minutes=20)
