"""The doors to a service, the help page and the open performance: what they say, what they ask."""

import datetime as dt

import pytest
from django.core import signing
from django.db import connection
from django.test.utils import CaptureQueriesContext

from queueing import rules
from queueing.models import DailyStatistic
from queueing.statistics import BOUNDS
from services.models import (
    Agency,
    Closure,
    Fee,
    Holiday,
    Mall,
    OpeningHours,
    ServiceStandard,
    ServiceType,
)
from services.search import vocabulary
from tests.house import TODAY, at

FIND = "/gajah-mada/cari/?q=layanan"
HOME = "/gajah-mada/"
HELP = "/gajah-mada/bantuan/"
PERFORMANCE = "/gajah-mada/kinerja/"


def row_of(page, code):
    """The part of a list that shows one service."""
    start = page.index(f"/layanan/{code}/")
    return " ".join(page[start : page.index("</li>", start)].split())


@pytest.fixture
def at_nine(house, clock):
    clock.move_to(at(9))
    return house


@pytest.mark.parametrize("address", [FIND, "/gajah-mada/instansi/DUKCAPIL/"])
def test_a_list_shows_what_a_service_costs_and_how_many_wait(browser, at_nine, address):
    house = at_nine
    Fee.objects.create(standard=ServiceStandard.objects.get(service_type__code="KK"), amount=0)
    Fee.objects.create(standard=ServiceStandard.objects.get(service_type__code="AKTA"))
    house.waiting("KK", 9, name="Budi", arrived=at(8, 50))
    page = browser.get(address)
    assert "gratis" in row_of(page, "KK")
    assert "1 orang" in row_of(page, "KK")
    assert "1 orang" in row_of(page, "KTP")  # they share a queue
    assert "tanyakan biayanya" in row_of(page, "KTP")
    assert "biaya bervariasi" in row_of(page, "AKTA")
    assert "?" in row_of(page, "AKTA")
    assert "belum ada loket buka" in row_of(page, "AKTA")
    assert "Budi" not in page


def test_a_list_says_where_there_is_no_line_once_a_counter_is_open(browser, at_nine):
    rules.open_counter(
        counter_id=at_nine.counters[3].pk, officer=at_nine.people["officer"], at=at(8, 55)
    )
    page = browser.get(FIND)
    assert "Tanpa antre" in row_of(page, "AKTA")
    assert "belum ada loket buka" in row_of(page, "PBB")


def test_a_list_says_what_is_paused_and_what_is_had_elsewhere(browser, at_nine):
    rules.pause(queue_id=at_nine.queues["T"].pk, reason="sistem pajak mati", at=at(8, 50))
    page = browser.get("/gajah-mada/instansi/BPKPD/")
    assert "Dijeda" in row_of(page, "PBB")
    assert "nomor di mal saja" in row_of(page, "SIDANG")
    assert "lewat <b>M-Paspor</b>" in row_of(page, "PASPOR")


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (at(7), "buka 08.00"),
        (at(20), "buka Kamis 08.00"),
        (at(20, days=2), "buka Senin 08.00"),
    ],
)
def test_a_closed_queue_says_when_it_opens(browser, house, clock, moment, words):
    clock.move_to(moment)
    rules.materialise(queues=list(house.queues.values()), at=moment)
    assert words in row_of(browser.get(FIND), "KTP")


def test_the_results_say_which_words_were_read_as_others(browser, house):
    ServiceType.objects.filter(code="KTP").update(synonyms=["ktp hilang"])
    assert "ilang = hilang" in browser.get("/gajah-mada/cari/?q=ktp+ilang")


def test_who_finds_nothing_is_offered_words_themes_and_people(browser, house):
    ServiceType.objects.filter(code="KTP").update(synonyms=["sertifikat"], theme="adminduk")
    page = browser.get("/gajah-mada/cari/?q=sertivokat")
    assert "Mungkin maksud Anda" in page
    assert "?q=sertifikat" in page
    assert "KTP, KK, dan akta" in page
    assert "meja depan" in page


def test_a_theme_gathers_services_of_all_agencies(browser, house):
    ServiceType.objects.filter(code__in=["KTP", "PBB"]).update(theme="tanah dan rumah")
    ServiceType.objects.filter(code="KK").update(theme="pasar")
    assert 'href="/gajah-mada/keperluan/tanah-dan-rumah/"' in browser.get(HOME)
    page = browser.get("/gajah-mada/keperluan/tanah-dan-rumah/")
    assert "Tanah dan sertifikat" in page
    assert "2 layanan" in page
    assert "Dinas Dukcapil" in row_of(page, "KTP")
    assert "Badan Pendapatan Daerah" in row_of(page, "PBB")
    assert "<h1>Pasar</h1>" in browser.get("/gajah-mada/keperluan/pasar/")
    browser.get("/gajah-mada/keperluan/tidak-ada/")
    assert browser.page.status_code == 404


def test_the_page_of_an_agency_names_its_counters_and_who_watches_over_it(browser, house):
    Agency.objects.filter(code="DUKCAPIL").update(
        oversight_name="Inspektorat", oversight_contact="0811 000"
    )
    page = browser.get("/gajah-mada/instansi/DUKCAPIL/")
    assert "loket 1–3" in page
    assert "<b>Inspektorat</b>, 0811 000" in page


def test_the_lists_ask_no_more_for_many_services_than_for_one(client, house):
    vocabulary(house.mall)
    ServiceType.objects.filter(code="KTP").update(theme="pasar")
    addresses = [FIND, "/gajah-mada/instansi/DUKCAPIL/", "/gajah-mada/keperluan/pasar/", HOME]

    def queries(address):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    before = [queries(address) for address in addresses]
    for n in range(30):
        ServiceType.objects.create(
            agency=house.civil, code=f"S{n}", name=f"Layanan {n}", theme="pasar"
        )
    assert [queries(address) for address in addresses] == before
    assert max(before) <= 8


def test_home_shows_the_ticket_of_this_device(client, house):
    ticket = house.book("KTP", 9)
    assert "m-mine" not in client.get(HOME).content.decode()
    signer = signing.get_cookie_signer(salt="tiket")
    client.cookies["tiket"] = signer.sign(ticket.visit.token)
    with CaptureQueriesContext(connection) as captured:
        page = client.get(HOME).content.decode()
    assert len(captured) <= 8
    assert f"/tiket/{ticket.visit.token}/" in page
    assert "<b>C</b> <span>012</span>" in page
    assert "09.00–10.00" in page
    rules.cancel(ticket_id=ticket.pk, at=at(7, 50))
    assert "m-mine" not in client.get(HOME).content.decode()


def test_the_gate_and_the_greeting_belong_to_the_mall_that_wants_them(browser, house):
    plain = browser.get(HOME)
    assert "m-gate" not in plain
    Mall.objects.update(hero="gate", greeting_ind="Sugeng rawuh", greeting_en="Welcome")
    page = browser.get(HOME)
    assert "m-gate" in page
    assert "Sugeng rawuh" in page


def test_home_tells_of_the_unusual_days_of_the_week(browser, house):
    Holiday.objects.create(mall=house.mall, date=TODAY + dt.timedelta(days=2), name="Hari Guru")
    Closure.objects.create(
        mall=house.mall, first_date=TODAY, last_date=TODAY, reason="Listrik padam"
    )
    page = " ".join(browser.get(HOME).split())
    assert "<b>Jumat, 27 November:</b> Libur (Hari Guru)" in page
    assert "<b>Rabu, 25 November:</b> Tutup (Listrik padam)" in page


def test_help_tells_the_way_the_hours_and_whom_to_ask(browser, house):
    Mall.objects.update(
        map_url="https://peta.example/mpp", facilities_ind="Musala\n\nRuang laktasi", phone="0321 1"
    )
    Agency.objects.filter(code="BPKPD").update(oversight_contact="0811 222")
    OpeningHours.objects.filter(weekday=4).update(
        closes_at=dt.time(11, 30), last_ticket_at=dt.time(11)
    )
    Holiday.objects.create(mall=house.mall, date=TODAY + dt.timedelta(days=1), name="Hari Guru")
    page = " ".join(browser.get(HELP).split())
    for words in (
        "https://peta.example/mpp",
        "tel:0321 1",
        "<li>Ruang laktasi</li>",
        "0811 222",
        "Hari ini:",
        "08.00–11.30",
        "nomor terakhir 11.00",
        "Hari Guru",
        "/gajah-mada/pengaduan/",
    ):
        assert words in page
    desks = page[page.index("denah") :]
    assert "Antrean C" in desks
    assert "<b>1, 2</b>" in desks


def waits(house, code, days_ago, buckets):
    """A day of a service: `buckets` are {bucket: people called after so long}."""
    service, people = house.services[code], sum(buckets.values())
    DailyStatistic.objects.create(
        mall=house.mall,
        agency=service.agency,
        service_type=service,
        date=TODAY - dt.timedelta(days=days_ago),
        booked=people,
        served=people,
        waited=people,
        wait_histogram=[buckets.get(n, 0) for n in range(len(BOUNDS) + 1)],
        service_histogram=[0] * (len(BOUNDS) + 1),
        rolled_up_at=at(6),
    )


def test_performance_without_figures_says_so(browser, house):
    assert "Belum ada angka" in browser.get(PERFORMANCE)


def test_performance_begins_with_the_answer_and_puts_the_longest_wait_first(browser, house):
    waits(house, "KTP", 1, {10: 40})
    waits(house, "PBB", 2, {20: 40})
    waits(house, "PBB", 31, {38: 400})  # too long ago
    page = " ".join(browser.get(PERFORMANCE).split())
    assert "Separuh pengunjung dipanggil dalam <mark>2 menit</mark>" in page
    assert "Sembilan dari sepuluh dalam <mark>9 menit</mark>" in page
    assert "Dari 80 orang" in page
    assert page.index("Badan Pendapatan Daerah</a>") < page.index("Dinas Dukcapil</a>")
    assert "format=csv&amp;from=2026-10-26&amp;to=2026-11-24" in page


def test_days_of_fewer_than_five_people_count_nowhere(browser, house):
    waits(house, "KTP", 1, {10: 40})
    waits(house, "KTP", 2, {38: 4})
    waits(house, "PBB", 2, {38: 4})
    page = browser.get(PERFORMANCE)
    assert "Dari 40 orang" in page
    assert "Badan Pendapatan Daerah" not in page


def test_the_files_of_the_figures_can_be_had(client, house):
    waits(house, "KTP", 1, {10: 40})
    page = client.get(PERFORMANCE).content.decode()
    for start in ("?format=csv", "?from="):
        begin = page.rindex('"', 0, page.index(start)) + 1
        address = page[begin : page.index('"', begin)].replace("&amp;", "&")
        assert client.get(address).status_code == 200
