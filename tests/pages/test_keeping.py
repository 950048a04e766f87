"""A visit taken along: on paper, in a calendar, and shown to the family."""

import re

import pytest
import time_machine
from django.utils import translation
from icalendar import Calendar

from queueing import rules
from queueing.models import Visit
from services.models import Mall, ServiceStandard
from services.templatetags.portal import ranges
from tests.house import at


@pytest.fixture
def ticket(house):
    ServiceStandard.objects.filter(service_type__code="KTP").update(
        requirements=["Kartu Keluarga: 1 fotokopi", "KTP-el lama: asli, bila ada"]
    )
    return house.book("KTP", 9, name="Siti Aminah", phone="081234567890")


def address(ticket, *more):
    return "/".join(["", "tiket", ticket.visit.token, *map(str, more)])


# -- paper -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "css"), [("", "a6"), ("80mm", "80mm"), ("a6", "a6"), ("x", "a6")]
)
def test_the_slip_holds_all_that_is_needed_without_a_screen(browser, ticket, asked, css):
    page = browser.get(address(ticket, f"cetak/?ukuran={asked}"))
    assert f"print-{css}.css" in page
    for told in (
        "<b>C</b> <span>012</span>",
        "09.00–10.00",
        "Lapor hadir pukul 08.30 sampai 10.30.",
        "Lantai 2, zona timur, loket 1, 2",
        "Kartu Keluarga",
        "1 fotokopi",
        ticket.visit.short_code[:3],
        "<svg",
        "Terlewat? Nomor tidak hangus.",
        "Mengambil nomor antrean gratis.",
    ):
        assert told in page
    assert "Siti" not in page
    assert "onclick" not in page


def test_there_is_no_slip_of_a_visit_that_is_over(browser, ticket):
    rules.cancel(ticket_id=ticket.pk, at=at(7, 40))
    browser.get(address(ticket, "cetak/"))
    assert browser.page.status_code == 404


def test_counter_numbers_are_drawn_together():
    assert ranges([9, 5, 6, 7, 8]) == "5–9"
    assert ranges([1, 2, 12, 12]) == "1, 2, 12"


# -- calendar ----------------------------------------------------------------------------------


def events(browser, ticket):
    browser.get(address(ticket, "kalender.ics"))
    assert browser.page.status_code == 200
    assert browser.page["Content-Type"] == "text/calendar; charset=utf-8"
    return Calendar.from_ical(browser.page.content).walk("VEVENT")


def test_the_calendar_says_when_and_where_but_not_for_what(browser, ticket):
    Mall.objects.update(address="Jalan Gajah Mada 145\nMojokerto; lantai 2, sayap timur")
    (event,) = events(browser, ticket)
    assert event.start == at(9)
    assert event.end == at(10)
    assert event["SUMMARY"] == "Kunjungan ke MPP Gajah Mada, nomor C 012"
    assert "Mojokerto; lantai 2" in event["LOCATION"]
    assert "/tiket/lihat/" in event["URL"]
    assert event["STATUS"] == "CONFIRMED"
    assert event.walk("VALARM")[0].TRIGGER.total_seconds() == -3600
    text = browser.page.content.decode()
    assert "DTSTART:20261125T020000Z" in text
    assert max(len(line) for line in browser.page.content.split(b"\r\n")) <= 75
    secrets = ("Layanan KTP", "Siti", "81234567890", ticket.visit.short_code, ticket.visit.token)
    for secret in secrets:
        assert secret not in text.replace("\r\n ", "")


def test_a_moved_number_moves_its_event_and_a_cancelled_one_cancels_it(browser, house, ticket):
    (before,) = events(browser, ticket)
    rules.reschedule(ticket_id=ticket.pk, window_id=house.window("C", 11).pk, at=at(7, 41))
    (moved,) = events(browser, ticket)
    assert moved["UID"] == before["UID"]
    assert (before["SEQUENCE"], moved["SEQUENCE"]) == (0, 1)
    assert moved.start == at(11)
    rules.cancel(ticket_id=ticket.pk, at=at(7, 42))
    (gone,) = events(browser, ticket)
    assert (gone["SEQUENCE"], gone["STATUS"]) == (2, "CANCELLED")
    assert not gone.walk("VALARM")


# -- the family --------------------------------------------------------------------------------


def link(browser, ticket):
    page = browser.get(f"{address(ticket)}/")
    return re.search(r'href="http[^"]+(/tiket/lihat/[^"]+)"', page)[1]


def test_the_family_sees_number_time_and_place_and_can_do_nothing(browser, ticket):
    page = browser.get(link(browser, ticket))
    main = page[page.index("<main") : page.index("</main>")]
    for told in ("<b>C</b> <span>012</span>", "09.00–10.00", "Dinas Dukcapil", "loket 1, 2"):
        assert told in main
    for hidden in (
        "Siti",
        "Aminah",
        "Layanan KTP",
        "Kartu Keluarga",
        ticket.visit.token,
        ticket.visit.short_code,
        ticket.visit.short_code[:3] + " ",
        str(ticket.public_id),
        "<form",
        "m-qr",
        "<script",
    ):
        assert hidden not in main
    assert ticket.visit.token not in page
    assert "no-store" in browser.page.headers["Cache-Control"]


def test_the_family_follows_the_line_to_the_call(browser, house, ticket, clock):
    shared = link(browser, ticket)
    house.waiting("KK", 8, name="Budi", arrived=at(8, 10))
    rules.check_in(visit_id=ticket.visit_id, at=at(8, 40))
    clock.move_to(at(8, 41))
    assert "<b>1 orang</b> di depan" in browser.get(shared)
    desk = {"counter_id": house.counters[1].pk, "officer": house.people["officer"]}
    rules.open_counter(**desk, at=at(9))
    for minute in (1, 3):
        rules.call_next(**desk, at=at(9, minute))
        if minute == 1:
            rules.absent(**desk, at=at(9, 2))
    assert "Loket 1" in browser.get(shared)
    assert 'http-equiv="refresh"' in browser.text


def test_the_link_ends_the_day_after_the_visit(browser, ticket):
    shared = link(browser, ticket)
    with time_machine.travel(at(23, 50, days=1)):
        browser.get(shared)
        assert browser.page.status_code == 200
    with time_machine.travel(at(0, 10, days=2)):
        page = browser.get(shared)
    assert browser.page.status_code == 404
    assert "Minta tautan baru kepada orang yang mengirimnya." in page


def test_the_link_ends_with_the_erasure(browser, ticket):
    shared = link(browser, ticket)
    Visit.objects.update(erased_at=at(7, 50))
    browser.get(shared)
    assert browser.page.status_code == 404


@pytest.mark.parametrize("forged", ["1", "1.abc", "2", "x", "1:abc"])
def test_a_guessed_link_opens_nothing(browser, ticket, forged):
    page = browser.get(f"/tiket/lihat/{forged}/")
    assert browser.page.status_code == 404
    assert "Tautan ini tidak berlaku lagi" in page


def test_a_signature_opens_no_other_visit(browser, house, ticket):
    shared = link(browser, ticket)
    other = house.book("KK", 10, name="Budi")
    swapped = shared.replace(f"/{ticket.visit_id}.", f"/{other.visit_id}.")
    assert swapped != shared
    browser.get(swapped)
    assert browser.page.status_code == 404


def test_whatsapp_gets_the_view_only_link_and_no_name(browser, ticket):
    page = browser.get(f"{address(ticket)}/")
    anchor = re.search(r'<a [^>]*href="https://wa\.me/\?text=([^"]+)"[^>]*>', page)
    assert 'rel="noopener noreferrer"' in anchor[0]
    assert "lihat" in anchor[1]
    for hidden in (ticket.visit.token, "Siti", "KTP", ticket.visit.short_code):
        assert hidden not in anchor[1]
    with translation.override("en"):
        assert "wa.me" in browser.get(f"{address(ticket)}/", HTTP_ACCEPT_LANGUAGE="en")


def test_addresses_leave_this_site_in_no_referrer(browser, ticket):
    browser.get(f"{address(ticket)}/")
    assert browser.page["Referrer-Policy"] == "same-origin"
    browser.get(link(browser, ticket))
    assert browser.page["Referrer-Policy"] == "same-origin"
