"""The citizen's page of a visit."""

import re

import pytest
from django.test import Client

from queueing import rules
from queueing.hall import hall_code
from queueing.models import Ticket
from tests.house import at


@pytest.fixture
def ticket(house):
    return house.book("KTP", 9, name="Siti Aminah Wati", phone="081234567890")


def address(ticket, *more):
    return "/".join(["", "tiket", ticket.visit.token, *map(str, more), ""])


def code_of(house, moment):
    return hall_code(mall_id=house.mall.pk, at=moment)


def test_it_shows_number_window_code_and_only_the_first_name(browser, ticket):
    page = browser.get(address(ticket))
    assert "<b>C</b> <span>012</span>" in page
    assert "09.00–10.00" in page
    assert "Lapor hadir di mal mulai pukul <b>08.30</b>" in page
    assert ticket.visit.short_code[:3] in page
    assert "<svg" in page
    assert "Siti, ini tiket Anda" in page
    for hidden in ("Aminah", "Wati", "81234567890"):
        assert hidden not in page
    assert "no-store" in browser.page.headers["Cache-Control"]


def test_it_refreshes_itself_without_javascript_and_asks_again_with_it(browser, ticket):
    page = browser.get(address(ticket))
    assert '<noscript><meta http-equiv="refresh" content="30"></noscript>' in page
    part = browser.get(address(ticket) + "?keadaan=booked", headers={"HX-Request": "true"})
    assert part.startswith('<div id="tiket"')
    browser.get(address(ticket) + "?keadaan=waiting", headers={"HX-Request": "true"})
    assert browser.page.headers["HX-Refresh"] == "true"


def test_it_counts_the_people_ahead(browser, house, clock):
    before = [house.waiting("KK", 9, name=f"Warga {n}", arrived=at(8, 40)) for n in range(3)]
    mine = house.waiting("KTP", 10, arrived=at(9, 40))
    clock.move_to(at(9, 41))
    assert "<b>3 orang</b> di depan Anda" in browser.get(address(mine))
    assert "Anda berikutnya" in browser.get(address(before[0]))


def test_a_call_names_the_counter(browser, house, clock):
    mine = house.waiting("KTP", 9, arrived=at(8, 50))
    counter, officer = house.counters[1], house.people["officer"]
    rules.open_counter(counter_id=counter.pk, officer=officer, at=at(9))
    rules.call_next(counter_id=counter.pk, officer=officer, at=at(9, 1))
    clock.move_to(at(9, 2))
    page = browser.get(address(mine))
    assert "Giliran Anda" in page
    assert re.search(r"Loket <b>1</b>", page)


def test_presence_is_reported_with_the_halls_code(browser, house, ticket, clock):
    clock.move_to(at(8, 45))
    assert "Lapor hadir dari HP" in browser.get(address(ticket))
    wrong = browser.client.post(address(ticket, "lapor"), {"kode": "abcd"})
    assert wrong.status_code == 422
    assert "tidak cocok" in wrong.content.decode()
    right = browser.client.post(address(ticket, "lapor"), {"kode": code_of(house, at(8, 45))})
    assert right.url == address(ticket)
    assert "Menunggu" in browser.get(address(ticket))


def test_reporting_too_early_says_from_when(browser, house, ticket):
    page = browser.client.post(address(ticket, "lapor"), {"kode": code_of(house, at(7, 45))})
    assert page.status_code == 409
    assert "08.30" in page.content.decode()


def test_a_missed_number_rejoins_with_the_halls_code(browser, house, clock):
    mine = house.waiting("KTP", 9, arrived=at(8, 50))
    counter, officer = house.counters[1], house.people["officer"]
    desk = {"counter_id": counter.pk, "officer": officer}
    rules.open_counter(**desk, at=at(9))
    rules.call_next(**desk, at=at(9, 1))
    rules.absent(**desk, at=at(9, 5))
    clock.move_to(at(9, 10))
    assert "Nomor C 012 masih berlaku" in browser.get(address(mine))
    back = address(mine, mine.public_id, "kembali")
    assert browser.client.post(back, {"kode": "0"}).status_code == 422
    browser.client.post(back, {"kode": code_of(house, at(9, 10))})
    mine.refresh_from_db()
    assert mine.state == "waiting"


def test_cancelling_asks_first_and_a_get_cancels_nothing(browser, ticket):
    page = browser.get(address(ticket, ticket.public_id, "batal"))
    assert "Batalkan nomor ini?" in page
    ticket.refresh_from_db()
    assert ticket.state == "booked"
    browser.client.post(address(ticket, ticket.public_id, "batal"))
    ticket.refresh_from_db()
    assert ticket.state == "cancelled"
    assert "Nomor ini sudah dibatalkan." in browser.get(address(ticket))
    assert browser.client.get(address(ticket, ticket.public_id, "batal")).status_code == 409


def test_moving_takes_the_new_seat_and_frees_the_old(browser, house, ticket):
    page = browser.get(address(ticket, ticket.public_id, "pindah") + "?tanggal=2026-11-26")
    assert "Jam, Kamis, 26 November" in page
    window = house.window("C", 10, days=1)
    browser.client.post(address(ticket, ticket.public_id, "pindah"), {"jam": window.pk})
    ticket.refresh_from_db()
    assert ticket.window_id == window.pk
    assert house.window("C", 9).taken == 0


def test_moving_into_a_full_hour_keeps_the_old_one_and_offers_others(browser, house, ticket):
    full = house.window("C", 10)
    full.taken, full.taken_online = full.seats, full.online_seats
    full.save(update_fields=["taken", "taken_online"])
    page = browser.client.post(address(ticket, ticket.public_id, "pindah"), {"jam": full.pk})
    assert page.status_code == 409
    assert "sudah penuh" in page.content.decode()
    assert "11.00–12.00" in page.content.decode()
    ticket.refresh_from_db()
    assert ticket.window_id != full.pk


def test_one_visits_address_does_not_open_anothers_ticket(browser, house, ticket):
    other = house.book("KK", 10, name="Budi")
    page = browser.client.post(address(ticket, other.public_id, "batal"))
    assert page.status_code == 404
    assert Ticket.objects.get(pk=other.pk).state == "booked"


def test_an_unknown_token_is_a_page_with_a_way_out(browser, house):
    page = browser.get("/tiket/tidak-ada/")
    assert browser.page.status_code == 404
    assert "Halaman ini tidak ada" in page
    assert 'href="/"' in page


def test_posting_needs_the_pages_own_form(ticket):
    strict = Client(enforce_csrf_checks=True)
    page = strict.post(address(ticket, ticket.public_id, "batal"))
    assert page.status_code == 403
    assert "Halaman sudah lama terbuka" in page.content.decode()


def test_this_device_remembers_its_tickets_until_told_to_forget(at_review):
    at_review.press("kirim")
    token = at_review.page.url
    assert token in at_review.get("/gajah-mada/tiket-saya/")
    at_review.client.post("/gajah-mada/tiket-saya/lupakan/")
    assert "Belum ada tiket di perangkat ini" in at_review.get("/gajah-mada/tiket-saya/")
    assert "Belum ada tiket" in Client().get("/gajah-mada/tiket-saya/").content.decode()
