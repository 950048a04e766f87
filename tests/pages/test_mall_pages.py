"""The mall's public pages: what they say, how much they ask the database."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import Resolver404, resolve

from queueing import rules
from queueing.models import Queue, QueueService, Window
from services import colours
from services.models import Agency, Fee, Mall, ServiceStandard, ServiceType
from tests.house import at

HOME = "/gajah-mada/"
PAGES = [
    HOME,
    "/gajah-mada/cari/?q=ktp",
    "/gajah-mada/instansi/DUKCAPIL/",
    "/gajah-mada/layanan/KTP/",
    "/gajah-mada/layanan/PASPOR/",
    "/gajah-mada/antrean/KTP/",
    "/gajah-mada/bantuan/",
    "/gajah-mada/kinerja/",
    "/gajah-mada/layar/",
    "/gajah-mada/tiket-saya/",
]


def queries(client, address):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def grow(house, rows):
    """Give the mall `rows` more agencies, a queue and a service each, and one who waits."""
    letters = [a + b for a in "ABEFGHJK" for b in "0123456789"]
    for n in range(rows):
        agency = Agency.objects.create(mall=house.mall, code=f"A{rows}X{n}", name=f"Dinas {n}")
        prefix = letters[Queue.objects.count()]
        queue = Queue.objects.create(mall=house.mall, agency=agency, prefix=prefix, name=prefix)
        service = ServiceType.objects.create(
            agency=house.civil, code=f"S{rows}X{n}", name=f"KTP {n}"
        )
        QueueService.objects.create(queue=queue, service_type=service)
    house.waiting("KK", 9, name=f"Warga {rows}", arrived=at(8, 50))


@pytest.mark.parametrize("address", PAGES)
def test_every_page_answers_in_both_languages_without_inline_styles(browser, house, address):
    page = browser.get(address)
    assert browser.page.status_code == 200
    assert '<html lang="id"' in page
    assert not re.search(r'\sstyle="', page)
    assert not re.search(r'<script(?! src="/static/| nonce=)', page)
    if "layar" not in address:  # the hall's screen speaks one language
        assert 'href="#isi"' in page
        browser.client.post("/bahasa/", {"language": "en", "next": address})
        assert '<html lang="en"' in browser.get(address)


@pytest.mark.parametrize("address", [p for p in PAGES if "antrean" not in p])
def test_a_page_asks_no_more_for_fifty_rows_than_for_one(client, house, address):
    counts = []
    client.get(address)  # the words of the catalogue are read every five minutes
    for rows in (1, 3, 50):
        grow(house, rows)
        counts.append(queries(client, address))
    assert len(set(counts)) == 1, counts
    assert counts[0] <= 8


def test_the_booking_page_asks_no_more_for_many_days(client, house):
    one = queries(client, "/gajah-mada/antrean/KTP/")
    house.queues["C"].book_ahead_days = 60
    house.queues["C"].save(update_fields=["book_ahead_days"])
    rules.materialise(queues=[house.queues["C"]], at=at(7))
    assert queries(client, "/gajah-mada/antrean/KTP/") == one <= 8


def test_one_mall_is_opened_at_once_and_several_are_listed(browser, house):
    browser.get("/")
    assert browser.page.url == HOME
    Mall.objects.create(slug="lain", name="MPP Lain", regency="Kota Lain", province="Bali")
    page = browser.get("/")
    assert "MPP Gajah Mada" in page
    assert "MPP Lain" in page


@pytest.mark.parametrize("address", ["/tidak-ada/", "/gajah-mada/layanan/TIDAK/", "/dasbor-x/"])
def test_what_is_not_there_is_a_page_with_a_way_out(browser, house, address):
    page = browser.get(address)
    assert browser.page.status_code == 404
    assert "Ke beranda" in page


def test_the_portals_own_words_are_never_taken_for_a_mall(house):
    with pytest.raises(Resolver404):
        resolve("/survei/")


def test_home_shows_who_waits_and_what_is_paused(browser, house, clock):
    house.waiting("KK", 9, name="Budi", arrived=at(8, 50))
    rules.pause(queue_id=house.queues["T"].pk, reason="sistem pajak mati", at=at(8, 50))
    clock.move_to(at(9))
    page = browser.get(HOME)
    assert "1 orang" in page
    assert "sistem pajak mati" in page
    assert "sampai pukul 15.00" in page
    assert "Budi" not in page


def test_home_says_when_it_opens_next(browser, house, clock):
    clock.move_to(at(20))
    assert "Buka Kamis, 26 November pukul 08.00" in browser.get(HOME)


@pytest.mark.parametrize(
    ("amounts", "words"),
    [
        ([0], "Gratis"),
        ([None], "Bervariasi"),
        ([0, None], "Bervariasi"),
        ([50_000], "Rp50.000"),
        ([50_000, 1_250_000], "sampai Rp1.250.000"),
        ([], "Tanyakan"),
    ],
)
def test_an_empty_fee_means_varies_and_never_free(browser, house, amounts, words):
    standard = ServiceStandard.objects.get(service_type__code="KK")
    for amount in amounts:
        Fee.objects.create(standard=standard, amount=amount)
    page = browser.get("/gajah-mada/layanan/KK/")
    fact = page[page.index("<dt>Biaya</dt>") : page.index("<dt>Di loket</dt>")]
    assert words in fact
    assert ("Gratis" in fact) == (amounts == [0])


def test_an_external_service_names_its_system_and_offers_no_number(browser, house):
    page = browser.get("/gajah-mada/layanan/PASPOR/")
    assert "M-Paspor" in page
    assert "/antrean/PASPOR/" not in page


def test_a_full_day_names_the_next_date(browser, house):
    Window.objects.filter(queue=house.queues["C"], date=at(8).date()).update(
        taken_online=0, online_seats=0
    )
    assert "Nomor terdekat: <b>Kamis, 26 November 2026</b>" in browser.get(
        "/gajah-mada/layanan/KTP/"
    )


def test_nothing_found_offers_another_way(browser, house):
    page = browser.get("/gajah-mada/cari/?q=zzzzqqq")
    assert "Belum ada yang cocok" in page
    assert "Menurut instansi" in page
    assert "meja depan" in page


def test_help_lists_the_hours_of_seven_days_and_the_counters(browser, house):
    page = browser.get("/gajah-mada/bantuan/")
    assert page.count("08.00–15.00") == 6  # today's twice
    assert page.count("Tutup") >= 2
    assert "Lantai 2" in page


def test_the_display_shows_numbers_and_counters_only(browser, house, clock):
    house.waiting("KTP", 9, name="Siti Aminah", arrived=at(8, 50))
    desk = {"counter_id": house.counters[1].pk, "officer": house.people["officer"]}
    rules.open_counter(**desk, at=at(9))
    rules.call_next(**desk, at=at(9, 1))
    clock.move_to(at(9, 2))
    page = browser.get("/gajah-mada/layar/")
    assert "<b>C</b> <span>012</span>" in page
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in page
    for hidden in ("Siti", "Layanan KTP"):
        assert hidden not in page
    part = browser.get("/gajah-mada/layar/", headers={"HX-Request": "true"})
    assert part.startswith('<div class="m-tv ')


def test_a_malls_colours_are_a_style_sheet_that_stays_readable(client, house):
    Mall.objects.update(primary_colour="#c8102e", accent_colour="#009fe3")
    page = client.get("/gajah-mada/warna.css")
    assert page.headers["Content-Type"].startswith("text/css")
    assert "max-age=31536000" in page.headers["Cache-Control"]
    brand = re.search(r"--m-brand:(#[0-9a-f]{6})", page.content.decode())[1]
    assert colours.contrast(brand, colours.WHITE) >= 7
    assert colours.tones(colours.DEFAULT_BRAND, colours.DEFAULT_ACCENT) == {}
