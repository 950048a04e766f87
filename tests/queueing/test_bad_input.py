"""What is sent in error: a refusal that says what to mend, and nothing half done."""

import pytest

from queueing import rules
from queueing.models import CounterSession, Ticket, TicketEvent, Visit, Window
from services.models import Mall
from tests.house import at
from tests.queueing.promises import keep_their_promises, refused

ODD_NIK = "9999999999999999"


@pytest.fixture(autouse=True)
def nothing_half_done(house):
    """After a refusal every table is as it was."""
    before = list(Window.objects.order_by("pk").values())
    yield
    if not Visit.objects.exists():
        assert not Ticket.objects.exists()
        assert not TicketEvent.objects.exists()
        assert [{**w, "issued": 0} for w in Window.objects.order_by("pk").values()] == before
    keep_their_promises()


def book(house, *wishes, **who):
    return rules.book(
        mall=house.mall, wishes=wishes, **{"name": "Siti Aminah", "at": at(7, 30), **who}
    )


def wish(house, service="KTP", hour=9, **more):
    return rules.Wish(service, house.window("C", hour, **more).pk)


@pytest.mark.parametrize(
    "service", ["TIDAK-ADA", "", "ktp", "KTP ", "KTP\0", "'; DROP TABLE visit", "K" * 5000, "🎫"]
)
def test_an_unknown_service(house, service):
    with refused("unknown_service"):
        book(house, rules.Wish(service, house.window("C", 9).pk))
    with refused("unknown_service"):
        rules.walk_in(mall=house.mall, services=[service], at=at(9))


@pytest.mark.parametrize("window", [0, -1, 10**9, 2**31, 2**63 - 1, 2**63, 10**40])
def test_an_unknown_window(house, window):
    with refused("unknown_window"):
        book(house, rules.Wish("KTP", window))


def test_a_window_and_a_service_of_another_mall(house):
    mall = Mall.objects.create(slug="lain", name="MPP Lain", regency="Kota", province="Jawa")
    with refused("unknown_service"):
        rules.book(mall=mall, wishes=[wish(house)], name="Siti", at=at(7))


def test_a_window_of_another_queue(house):
    with refused("wrong_window"):
        book(house, rules.Wish("KTP", house.window("T", 9).pk))


def test_windows_that_are_past_full_closed_or_not_released(house):
    with refused("past"):
        book(house, wish(house, hour=8), at=at(9))
    with refused("past"):
        book(house, wish(house), at=at(9, days=30))
    with refused("not_yet_released"):
        book(house, wish(house, days=7), at=at(9, days=-30))
    Window.objects.filter(pk=house.window("C", 9).pk).update(seats=0, online_seats=0)
    with refused("full"):
        book(house, wish(house))
    Window.objects.filter(pk=house.window("C", 9).pk).update(
        seats=6, online_seats=house.window("C", 9, days=7).online_seats
    )


@pytest.mark.parametrize(
    ("code", "field", "value"),
    [
        ("bad_phone", "phone", "0812"),
        ("bad_phone", "phone", "+1 202 555 0100"),
        ("bad_phone", "phone", "nomor saya"),
        ("bad_phone", "phone", "08" * 200),
        ("bad_email", "email", "siti@"),
        ("bad_email", "email", "a@b@c.id"),
        ("bad_email", "email", f"{'a' * 400}@contoh.id"),
        ("bad_email", "email", "siti\0@contoh.id"),
        ("bad_nik", "nik", "357601120190000"),
        ("bad_nik", "nik", "35760112019000011"),
        ("bad_nik", "nik", "357601120190000A"),
        ("bad_nik", "nik", "٣٥٧٦٠١١٢٠١٩٠٠٠٠١"),
        ("name_missing", "name", "\0\u200b "),
        ("name_too_long", "name", "A" * 500),
        ("bad_priority", "priority", "ELDERLY"),
    ],
)
def test_a_field_that_cannot_be_read(house, code, field, value):
    with refused(code) as no:
        book(house, wish(house), **{field: value})
    if field != "priority":
        assert set(no.value.fields) == {field}


def test_every_field_is_looked_at_before_anything_is_taken(house):
    with refused("bad_phone"):
        book(house, wish(house), rules.Wish("TIDAK-ADA", 0), phone="x")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("Siti 🌸 Aminah", "Siti 🌸 Aminah"),
        ("Siti\0 Aminah\n", "Siti Aminah"),
        ("'; DROP TABLE queueing_visit; --", "'; DROP TABLE queueing_visit; --"),
        ("{{ 7 }} %s %(x)s", "{{ 7 }} %s %(x)s"),
        ("A" * 100, "A" * 100),
    ],
)
def test_names_are_kept_as_written_without_invisible_characters(house, typed, kept):
    visit = book(house, wish(house), name=typed, phone="081234567890")
    assert Visit.objects.get(pk=visit.pk).name == kept


def test_an_odd_nik_is_accepted(house):
    visit = book(house, wish(house), nik=" 9999 9999.9999-9999 ")
    assert Visit.objects.get(pk=visit.pk).nik == ODD_NIK


def test_a_remark_is_kept_in_one_line_of_160_letters(house):
    visit = book(house, wish(house), accommodation="kursi\0 roda\n" + "x" * 500)
    kept = Visit.objects.get(pk=visit.pk).accommodation
    assert kept.startswith("kursi roda xxx")
    assert len(kept) == 160
    walked = rules.walk_in(
        mall=house.mall,
        services=["AKTA"],
        at=at(9),
        accommodation="y\0" * 300,
        priority="elderly",
        priority_reason="z\0" * 300,
    )
    assert Visit.objects.get(pk=walked.pk).priority_reason == "z" * 160


def test_six_services_in_one_visit(house):
    with refused("too_many_tickets"):
        book(house, *[rules.Wish(f"S{n}", n) for n in range(6)])
    with refused("too_many_tickets"):
        rules.walk_in(mall=house.mall, services=[f"S{n}" for n in range(6)], at=at(9))


def test_the_last_wish_of_five_fails_and_nothing_is_taken(house):
    with refused("unknown_window"):
        book(house, wish(house), rules.Wish("AKTA", house.window("D", 10).pk), rules.Wish("PBB", 0))


def test_tickets_that_are_not_there(house):
    officer = house.people["officer"]
    for act in (
        lambda: rules.cancel(ticket_id=10**9, at=at(9)),
        lambda: rules.bring_back(ticket_id=10**9, at=at(9)),
        lambda: rules.transfer(ticket_id=10**9, service="AKTA", officer=officer, at=at(9)),
    ):
        with refused("unknown_ticket"):
            act()
    assert not CounterSession.objects.exists()


def test_a_hall_code_of_any_shape_is_only_wrong(house):
    visit = book(house, wish(house))
    for code in ("", "\0", "9" * 1000, "一二三四"):
        with refused("wrong_hall_code"):
            rules.check_in(visit_id=visit.pk, at=at(9), hall_code=code)
