"""The kiosk prints in two phases: a number counts when its paper came out."""

from queueing import rules
from queueing.models import Ticket
from tests.house import TODAY, at
from tests.queueing.promises import keep_their_promises, refused


def printed(house, now=None, **more):
    return rules.walk_in(mall=house.mall, services=["KTP"], printing=True, at=now or at(9), **more)


def test_a_printing_ticket_joins_the_line_when_its_paper_came_out(house):
    visit = printed(house)
    assert visit.new_tickets[0].state == "printing"
    rules.confirm_print(visit_id=visit.pk, at=at(9, 1))
    assert [t.state for t in rules.confirm_print(visit_id=visit.pk, at=at(9, 1))] == ["waiting"]
    assert visit.tickets.get().events.filter(kind="printed").count() == 1


def test_nobody_is_called_before_the_paper_is_out(house):
    printed(house)
    place = {"counter_id": house.counters[1].pk, "officer": house.people["officer"]}
    rules.open_counter(**place, at=at(8))
    assert rules.call_next(**place, at=at(9)) is None


def test_after_two_minutes_the_ticket_leaves_and_its_seat_is_free(house):
    visit = printed(house)
    assert rules.expire_unprinted(at=at(9, 2)) == 0
    assert rules.expire_unprinted(at=at(9, 2, 1)) == 1
    assert rules.expire_unprinted(at=at(9, 3)) == 0
    assert visit.tickets.get().state == "cancelled"
    assert house.window("C", 9).taken == 0
    with refused("not_printing"):
        rules.confirm_print(visit_id=visit.pk, at=at(9, 3))
    keep_their_promises()


def test_scanning_the_paper_revives_it_with_number_and_arrival(house):
    visit = printed(house)
    before = visit.new_tickets[0]
    rules.expire_unprinted(at=at(9, 3))
    rules.revive(visit_id=visit.pk, at=at(9, 10))
    after = visit.tickets.get()
    assert (after.state, after.label, after.sort_at, after.checked_in_at) == (
        "waiting",
        before.label,
        before.sort_at,
        before.checked_in_at,
    )
    keep_their_promises()


def test_what_cannot_be_revived(house):
    visit = printed(house)
    with refused("cannot_revive"):
        rules.revive(visit_id=visit.pk, at=at(9, 1))
    rules.expire_unprinted(at=at(9, 3))
    with refused("cannot_revive"):
        rules.revive(visit_id=visit.pk, at=at(9, days=1))
    cancelled = house.book("KTP", 10)
    rules.cancel(ticket_id=cancelled.pk, at=at(9))
    with refused("cannot_revive"):
        rules.revive(visit_id=cancelled.visit_id, at=at(9))
    with refused("unknown_ticket"):
        rules.revive(visit_id=0, at=at(9))


def test_a_person_who_took_a_new_number_does_not_revive_the_old(house):
    nik = "3576011201900001"
    visit = printed(house, nik=nik)
    rules.expire_unprinted(at=at(9, 3))
    printed(house, nik=nik, now=at(9, 4))
    with refused("already_booked"):
        rules.revive(visit_id=visit.pk, at=at(9, 5))
    assert Ticket.objects.filter(state="printing").count() == 1


def test_nobody_is_revived_into_a_closed_day(house):
    visit = printed(house)
    rules.expire_unprinted(at=at(9, 3))
    rules.close_day(mall=house.mall, date=TODAY, at=at(15))
    with refused("day_closed"):
        rules.revive(visit_id=visit.pk, at=at(15, 1))
