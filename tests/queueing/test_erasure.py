"""Personal data of a visit goes when its time is over; the figures stay."""

import datetime as dt

import pytest
from django.db import DatabaseError, connection, transaction

from queueing import rules
from queueing.models import EarlierWish, FreedSeat, Ticket, TicketEvent, Visit
from tests.house import at


@pytest.fixture
def old_visit(house):
    ticket = house.waiting(
        "KTP",
        9,
        arrived=at(8, 50),
        phone="081234567890",
        nik="3576010101900001",
        priority="elderly",
    )
    officer, counter = house.people["officer"], house.counters[1].pk
    rules.open_counter(counter_id=counter, officer=officer, at=at(8))
    rules.call_next(counter_id=counter, officer=officer, at=at(9))
    rules.park(counter_id=counter, officer=officer, reason="menunggu Bu Siti", at=at(9, 1))
    return ticket.visit


def test_before_its_time_everything_stays(old_visit):
    assert rules.erase_visits(at(9) + dt.timedelta(days=29)) == 0
    assert Visit.objects.get().name == "Siti Aminah"


def test_after_its_time_nobody_can_be_told(old_visit):
    assert rules.erase_visits(at(9) + dt.timedelta(days=32)) == 1
    visit, ticket = Visit.objects.get(), Ticket.objects.get()
    assert (visit.name, visit.phone, visit.nik, visit.priority) == ("", "", "", "")
    assert visit.contact_key is None
    assert (ticket.person_key, ticket.parked_reason) == (None, "")
    assert not TicketEvent.objects.exclude(note="").exists()
    assert TicketEvent.objects.filter(kind="parked").count() == 1
    assert rules.erase_visits(at(9) + dt.timedelta(days=32)) == 0


def test_who_would_have_come_earlier_and_who_asked_to_be_told_how_goes_too(house):
    gone = house.book("KK", 9, email="a@contoh.id")
    Visit.objects.update(prefer="email")
    stays = house.book("KK", 9, email="b@contoh.id", days=2)
    wishes = [
        EarlierWish.objects.create(ticket=ticket, not_before=at(8), created_at=at(8))
        for ticket in (gone, stays)
    ]
    seat = {"window": stays.window, "freed_at": at(8), "expires_at": at(9)}
    over = FreedSeat.objects.create(**seat, freed_by=gone, state="taken", wish=wishes[1])
    over.refused.set(wishes)
    kept = FreedSeat.objects.create(**seat, freed_by=gone, wish=wishes[0])
    assert rules.erase_visits(at(9) + dt.timedelta(days=32)) == 1
    assert Visit.objects.get(tickets=gone).prefer == ""
    assert [wish.ticket for wish in EarlierWish.objects.all()] == [stays]
    (seat,) = FreedSeat.objects.all()
    assert (seat.pk, seat.freed_by, seat.wish) == (kept.pk, None, None)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE queueing_ticketevent SET note = ''",
        "UPDATE queueing_ticketevent SET at = now()",
        "DELETE FROM queueing_ticketevent",
        "SET LOCAL privacy.erasing = 'on'; UPDATE queueing_ticketevent SET kind = 'x', note = ''",
    ],
)
def test_what_happened_is_not_rewritten(old_visit, sql):
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)
