"""Booking ahead: one visit, all or nothing, and every reason why not."""

import pytest
from django.test import override_settings

from notifications.models import Message
from queueing import rules
from queueing.models import Ticket, TicketEvent, Visit
from services.models import ServiceType
from tests.house import TODAY, at
from tests.queueing.promises import keep_their_promises, refused, seats

NIK = "3576011201900001"


def book(house, *wishes, **who):
    return rules.book(
        mall=house.mall,
        wishes=[rules.Wish(code, window.pk) for code, window in wishes],
        **{"name": "Siti Aminah", "at": at(7, 30), **who},
    )


def test_a_booking_holds_a_seat_and_says_what_was_given(house):
    visit = book(house, ("KTP", house.window("C", 9)), phone="0812 3456 7890", nik=NIK)
    ticket = visit.new_tickets[0]
    assert (ticket.label, ticket.state, ticket.seat) == ("C 012", "booked", "online")
    assert ticket.standard_id == house.services["KTP"].standards.get().pk
    stored = Visit.objects.get(pk=visit.pk)
    assert (stored.phone, stored.nik, stored.name) == ("+6281234567890", NIK, "Siti Aminah")
    assert len(stored.token) == 32
    assert list(TicketEvent.objects.values_list("kind", flat=True)) == ["issued"]
    keep_their_promises()


def test_numbers_run_in_the_order_of_the_windows(house):
    labels = [house.book("KTP", hour).label for hour in (8, 9, 8, 10)]
    assert labels == ["C 001", "C 012", "C 002", "C 023"]


def test_a_visit_with_a_contact_is_confirmed_and_reminded(house):
    with override_settings(NOTIFICATION_CHANNELS=["console"]):
        visit = book(
            house, ("KTP", house.window("C", 14, days=2)), email="Siti@Contoh.ID", at=at(7, days=0)
        )
    messages = Message.objects.order_by("send_after")
    assert [m.kind for m in messages] == ["booked", "reminder_day", "reminder_hours"]
    assert [m.send_after for m in messages] == [at(7), at(16, days=1), at(12, days=2)]
    assert visit.token in messages[0].context["link"]
    assert "KTP" not in str(messages[0].context)


def test_only_the_name_is_needed(house):
    assert book(house, ("KTP", house.window("C", 9))).new_tickets[0].person_key is None


def test_several_services_are_all_or_nothing(house):
    seats(house.window("T", 10), 0)
    with refused("full"):
        book(house, ("KTP", house.window("C", 9)), ("PBB", house.window("T", 10)))
    assert not Visit.objects.exists()
    assert house.window("C", 9).taken == 0


def test_the_same_request_shows_the_same_visit(house):
    wish = ("KTP", seats(house.window("C", 9), 1))
    first = book(house, wish, nik=NIK, request_key="k")
    again = book(house, wish, nik=NIK, request_key="k")
    assert again.pk == first.pk
    assert [t.pk for t in again.new_tickets] == [t.pk for t in first.new_tickets]
    with refused("request_reused"):
        book(house, wish, nik=NIK, name="Orang lain", request_key="k")


def test_one_active_number_per_person_service_and_day(house):
    ticket = book(house, ("KTP", house.window("C", 9)), nik=NIK).new_tickets[0]
    with refused("already_booked") as no:
        book(house, ("KTP", house.window("C", 11)), nik=NIK, name="Nama lain", phone="081234567890")
    assert ticket.label not in no.value.message
    book(house, ("KK", house.window("C", 11)), nik=NIK)
    book(house, ("KTP", house.window("C", 11, days=1)), nik=NIK)
    rules.cancel(ticket_id=ticket.pk, at=at(7, 40))
    book(house, ("KTP", house.window("C", 11)), nik=NIK)


def test_without_a_nik_contact_and_name_tell_people_apart(house):
    wish = ("KTP", house.window("C", 9))
    book(house, wish, phone="081234567890", name="M. Nur'aini")
    with refused("already_booked"):
        book(house, wish, phone="+62 812-3456-7890", name="m nuraini")
    book(house, wish, phone="081234567890", name="Budi")


def test_a_contact_has_three_active_numbers_a_day(house):
    for n, hour in enumerate((8, 9, 10)):
        house.book("KTP", hour, phone="081234567890", name=f"Anak {n}")
    with refused("contact_cap"):
        house.book("KTP", 11, phone="081234567890", name="Anak 4")
    house.book("KTP", 11, days=1, phone="081234567890", name="Anak 4")


def test_a_helper_has_a_quota_of_its_own(house, settings):
    settings.HELPER_TICKETS_PER_DAY = 4
    helper = house.people["helper"].pk
    for n in range(4):
        house.book("KTP", 9, phone="081234567890", name=f"Warga {n}", booked_by_id=helper)
    with refused("contact_cap"):
        house.book("KTP", 9, name="Warga 5", booked_by_id=helper)


def test_what_the_front_desk_gives_in_the_hall_is_not_a_helpers_quota(house, settings):
    settings.HELPER_TICKETS_PER_DAY = 1
    desk = house.people["front_desk"].pk
    rules.walk_in(
        mall=house.mall, services=["KTP"], channel="front_desk", officer_id=desk, at=at(8)
    )
    house.book("KTP", 11, channel="front_desk", booked_by_id=desk, now=at(8))


def test_a_full_window_is_full_although_walk_ins_still_find_a_seat(house):
    window = seats(house.window("C", 9), 6, online=0)
    with refused("full"):
        book(house, ("KTP", window))
    window.refresh_from_db()
    assert window.taken == 0


def test_a_service_with_its_own_limit_is_full_for_the_day(house):
    ServiceType.objects.filter(code="KTP").update(seats=1)
    house.book("KTP", 9)
    with refused("day_full"):
        house.book("KTP", 10)
    house.book("KK", 10)
    house.book("KTP", 10, days=1)


@pytest.mark.parametrize(
    ("code", "who"),
    [
        ("name_missing", {"name": "  "}),
        ("name_too_long", {"name": "A" * 101}),
        ("bad_phone", {"phone": "12345"}),
        ("bad_email", {"email": "bukan-surel"}),
        ("bad_nik", {"nik": "3576"}),
        ("bad_priority", {"priority": "vip"}),
    ],
)
def test_what_is_written_wrongly_is_refused(house, code, who):
    with refused(code):
        house.book("KTP", 9, **who)
    assert not Visit.objects.exists()


def test_every_field_that_needs_mending_is_named(house):
    with refused("name_missing") as no:
        house.book("KTP", 9, name="", phone="1", email="x", nik="1")
    assert set(no.value.fields) == {"name", "phone", "email", "nik"}


def test_what_is_chosen_wrongly_is_refused(house):
    nine, ten = house.window("C", 9), house.window("C", 10)
    with refused("nothing_chosen"):
        book(house)
    with refused("same_service_twice"):
        book(house, ("KTP", nine), ("KTP", ten))
    with refused("too_many_tickets"):
        book(house, *[(f"X{n}", nine) for n in range(6)])
    with refused("overlapping"):
        book(house, ("KTP", nine), ("AKTA", house.window("D", 9)))
    with refused("different_dates"):
        book(house, ("KTP", nine), ("KK", house.window("C", 10, days=1)))
    with refused("wrong_window"):
        book(house, ("PBB", nine))
    assert not Ticket.objects.exists()


def test_two_windows_that_only_touch_do_not_overlap(house):
    visit = book(house, ("KTP", house.window("C", 9)), ("AKTA", house.window("D", 10)))
    assert len(visit.new_tickets) == 2


def test_what_tells_who_came_is_erased_and_the_figures_stay(house):
    visit = book(house, ("KTP", house.window("C", 9)), nik=NIK, phone="081234567890")
    assert rules.erase_visits(at(8, days=1)) == 0
    assert rules.erase_visits(at(8, days=800)) == 1
    visit.refresh_from_db()
    assert (visit.name, visit.phone, visit.nik, visit.contact_key) == ("", "", "", None)
    assert Ticket.objects.get(date=TODAY).person_key is None
