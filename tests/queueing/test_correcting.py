"""The front desk puts a number right: another service, and its paper once more."""

import pytest

from queueing import rules
from queueing.models import Ticket, Visit
from services.models import ServiceType
from tests.house import at
from tests.queueing.promises import keep_their_promises, refused, sit

NIK = {"nik": "3576014403910003"}


def change(house, ticket, service, now=None):
    officer = house.people["front_desk"]
    return rules.change_service(
        ticket_id=ticket.pk, service=service, officer=officer, at=now or at(9, 5)
    )


def test_in_the_same_queue_number_seat_and_place_stay(house):
    ticket = house.waiting("KTP", 9, arrived=at(8, 50), **NIK)
    changed = change(house, ticket, "KK")
    assert changed.pk == ticket.pk
    ticket.refresh_from_db()
    assert (ticket.service_type.code, ticket.label, ticket.state) == ("KK", "C 012", "waiting")
    assert ticket.standard.service_type.code == "KK"
    assert (ticket.seat, ticket.sort_at) == (changed.seat, changed.sort_at)
    event = ticket.events.get(kind="service_changed")
    assert (event.note, event.officer) == ("KTP > KK", house.people["front_desk"])
    keep_their_promises()


def test_the_person_may_take_a_number_for_the_old_service_again_and_none_for_the_new(house):
    ticket = house.book("KTP", 9, **NIK)
    change(house, ticket, "KK")
    with refused("already_booked"):
        house.book("KK", 10, **NIK)
    assert house.book("KTP", 10, **NIK).state == "booked"


def test_pressed_twice_it_is_changed_once(house):
    ticket = house.book("KTP", 9)
    change(house, ticket, "KK")
    change(house, ticket, "KK")
    assert ticket.events.filter(kind="service_changed").count() == 1


def test_who_has_a_number_for_that_service_already_keeps_the_old_one(house):
    house.book("KK", 10, **NIK)
    ticket = house.book("KTP", 9, **NIK)
    with refused("already_booked"):
        change(house, ticket, "KK")
    ticket.refresh_from_db()
    assert ticket.service_type.code == "KTP"


def test_one_visit_does_not_want_the_same_twice(house):
    visit = rules.walk_in(mall=house.mall, services=["KTP", "PBB"], at=at(9, 10))
    tax = visit.tickets.get(service_type__code="PBB")
    rules.check_in(visit_id=visit.pk, at=at(9, 40))
    with refused("same_service_twice"):
        change(house, tax, "KTP", now=at(9, 45))


def test_who_waits_is_sent_on_to_another_queue_with_number_and_arrival(house):
    ticket = house.waiting("KTP", 9, arrived=at(8, 50), **NIK)
    moved = change(house, ticket, "AKTA")
    assert (moved.label, moved.state, moved.queue) == ("C 012", "waiting", house.queues["D"])
    assert (moved.checked_in_at, moved.sort_at) == (ticket.checked_in_at, ticket.sort_at)
    ticket.refresh_from_db()
    assert ticket.state == "transferred"
    keep_their_promises()


def test_who_only_booked_is_told_what_to_do_for_another_queue(house):
    ticket = house.book("KTP", 9)
    with refused("other_queue"):
        change(house, ticket, "AKTA")
    assert Ticket.objects.get().service_type.code == "KTP"


def test_a_limit_of_the_service_holds_for_changing_too(house):
    ServiceType.objects.filter(code="KK").update(seats=1)
    house.book("KK", 10)
    with refused("day_full"):
        change(house, house.book("KTP", 9), "KK")


@pytest.mark.parametrize(
    ("service", "code"),
    [("PASPOR", "external"), ("TIDAK-ADA", "unknown_service"), ("LEPAS", "no_queue")],
)
def test_only_services_with_a_queue_here(house, service, code):
    ServiceType.objects.create(agency=house.tax, code="LEPAS", name="Tanpa antrean")
    with refused(code):
        change(house, house.book("KTP", 9), service)


def test_a_number_that_is_called_or_cancelled_stays_what_it_is(house):
    ticket = house.waiting("KTP", 9, arrived=at(8, 50))
    rules.call_next(**sit(house, 1), at=at(9))
    with refused("wrong_state"):
        change(house, ticket, "KK")
    gone = house.book("KTP", 10)
    rules.cancel(ticket_id=gone.pk, at=at(9))
    with refused("wrong_state"):
        change(house, gone, "KK")


def test_after_the_day_is_closed_nothing_is_changed(house):
    ticket = house.waiting("KTP", 9, arrived=at(8, 50))
    rules.close_day(mall=house.mall, date=ticket.date, at=at(15))
    Ticket.objects.filter(pk=ticket.pk).update(state="waiting")
    with refused("day_closed"):
        change(house, ticket, "KK", now=at(15, 1))


# -- the paper -------------------------------------------------------------------------------------


def reprint(house, visit, now=None):
    officer = house.people["front_desk"].pk
    return rules.reprint(visit_id=visit.pk, officer_id=officer, at=now or at(9, 5))


def test_a_reprint_is_written_down_on_every_number_still_good(house):
    visit = rules.walk_in(mall=house.mall, services=["KTP", "PBB"], at=at(9, 10))
    first, second = visit.tickets.order_by("pk")
    rules.cancel(ticket_id=second.pk, at=at(9, 11))
    assert reprint(house, visit) == [first]
    event = first.events.get(kind="reprinted")
    assert event.officer == house.people["front_desk"]
    assert not second.events.filter(kind="reprinted").exists()


def test_a_kiosk_ticket_that_never_came_out_joins_the_line_with_its_new_paper(house):
    visit = rules.walk_in(mall=house.mall, services=["KTP"], at=at(9, 10), printing=True)
    reprint(house, visit, now=at(9, 11))
    assert visit.tickets.get().state == "waiting"


def test_nothing_good_is_left_to_print(house):
    ticket = house.book("KTP", 9)
    rules.cancel(ticket_id=ticket.pk, at=at(8))
    with refused("cannot_reprint"):
        reprint(house, ticket.visit)
    with refused("cannot_reprint"):
        reprint(house, house.book("KTP", 10).visit, now=at(9, days=1))


def test_a_reprint_takes_no_undo_from_the_counter(house):
    ticket = house.waiting("KTP", 9, arrived=at(8, 50))
    place = sit(house, 1)
    rules.call_next(**place, at=at(9))
    with refused("cannot_reprint"):
        reprint(house, Visit.objects.get(pk=ticket.visit_id))
    rules.undo(**place, at=at(9, 0, 30))
    ticket.refresh_from_db()
    assert ticket.state == "waiting"
