"""A service's page: what it costs, what to bring, when it can be had, and why not now."""

import datetime as dt
import html

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from queueing import rules
from queueing.models import Queue, QueueDay, Window
from services.models import (
    Agency,
    Closure,
    Fee,
    Holiday,
    Paper,
    ServiceStandard,
    ServiceType,
)
from tests.house import TODAY, at

KTP = "/gajah-mada/layanan/KTP/"


@pytest.fixture
def read(browser):
    """Return a function that reads a page: its words, without tags and entities."""

    def words(address=KTP):
        text = browser.get(address)
        assert browser.page.status_code == 200
        return html.unescape(" ".join(text.split()))

    return words


def standard(code, **columns):
    ServiceStandard.objects.filter(service_type__code=code).update(**columns)


def asks_for_police_letter(house):
    """KTP asks for a letter that KK makes while one waits."""
    standard("KTP", requirements=["surat kehilangan: asli", "pas foto 3x4: 2 lembar"])
    Paper.objects.create(
        mall=house.mall,
        name_ind="surat kehilangan",
        name_en="loss report",
        where_ind="Dibuat di Polresta.",
        made_by=house.services["AKTA"],
    )


def test_the_papers_their_form_and_where_a_missing_one_is_had(house, read, browser):
    asks_for_police_letter(house)
    page = read()
    assert "surat kehilangan</b>" in page
    assert "<span>asli</span>" in page
    assert "2 lembar" in page
    assert "Dibuat di Polresta." in page
    assert '<a href="/gajah-mada/layanan/AKTA/">Layanan AKTA</a>, lantai 2, loket 2, 3' in page
    assert 'href="/gajah-mada/antrean/KTP/?bersama=AKTA"' in page
    assert "Boleh diwakilkan." in page


def test_a_paper_that_takes_days_is_not_offered_in_the_same_visit(house, read):
    asks_for_police_letter(house)
    standard("AKTA", processing_days=3)
    page = read()
    assert "selesai 3 hari kerja" in page
    assert "Urus ini dulu" in page
    assert "bersama=" not in page


def test_who_must_come_in_person_is_told_so(house, read):
    ServiceType.objects.filter(code="KTP").update(needs_person_present=True)
    page = read()
    assert "Harus datang sendiri" in page
    assert "Boleh diwakilkan" not in page


def test_the_english_page_marks_what_is_only_indonesian(house, read, browser):
    asks_for_police_letter(house)
    standard("KTP", product="KTP-el", procedure="1. Serahkan berkas\n2) Ambil hasil")
    browser.client.post("/bahasa/", {"language": "en", "next": KTP})
    page = read()
    assert "loss report</b>" in page
    assert 'lang="id">pas foto 3x4</b>' in page
    assert '<span lang="id">KTP-el</span>' in page
    assert 'lang="id">Serahkan berkas</b>' in page
    assert 'lang="id">Ambil hasil</b>' in page


def test_the_result_is_promised_as_a_date_in_working_days(house, read):
    standard("KTP", processing_days=2)
    Holiday.objects.create(mall=house.mall, date=TODAY + dt.timedelta(days=1), name="Hari Kota")
    page = read()  # Wednesday; Thursday is free, Saturday and Sunday are no working days
    assert "Bila berkas lengkap hari ini, selesai <b>Senin, 30 November 2026</b>" in page


def test_the_wait_is_a_range_while_counters_are_open(house, read, clock):
    for n in range(3):
        house.waiting("KTP", 9, name=f"Warga {n}", arrived=at(8, 45))
    rules.open_counter(counter_id=house.counters[1].pk, officer=house.people["officer"], at=at(8))
    clock.move_to(at(9, 5))
    page = read()
    assert "3 orang" in page
    assert "menit<small>" in page


def test_before_opening_the_page_says_when_it_opens(house, read):
    assert "Tutup<small>buka 08.00</small>" in read()


def test_the_hours_of_the_coming_days_with_the_reason_of_a_free_one(house, read):
    Closure.objects.create(
        mall=house.mall, first_date=TODAY, last_date=TODAY, reason="Pemadaman listrik"
    )
    Window.objects.filter(date=TODAY).delete()
    page = read()
    assert "Hari ini tutup: Pemadaman listrik. Nomor terdekat: <b>Kamis, 26 November 2026" in page
    assert "08.00–15.00" in page
    assert "Ambil nomor antrean</a>" in page


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda: None, "Masih ada nomor untuk hari ini."),
        (
            lambda: Window.objects.filter(date=TODAY).update(online_seats=0),
            "Nomor untuk hari ini sudah habis. Nomor terdekat: <b>Kamis, 26 November 2026",
        ),
        (
            lambda: QueueDay.objects.filter(date=TODAY).update(
                paused_reason="Blangko habis", expected_back_at=at(13)
            ),
            "Antrean hari ini dijeda: Blangko habis. Perkiraan kembali pukul 13.00.",
        ),
        (
            lambda: QueueDay.objects.filter(date=TODAY).update(last_ticket_at=at(7)),
            "Nomor terakhir hari ini sudah lewat.",
        ),
    ],
)
def test_why_not_today_and_when_next(house, read, change, sentence):
    for queue in house.queues.values():
        QueueDay.objects.get_or_create(queue=queue, mall=house.mall, date=TODAY)
    change()
    assert sentence in read()


def test_a_holiday_is_named(house, read):
    Holiday.objects.create(mall=house.mall, date=TODAY, name="Hari Guru")
    Window.objects.filter(date=TODAY).delete()
    assert "Hari ini libur: Hari Guru." in read()


def test_when_all_is_taken_the_page_says_when_the_next_day_is_released(house, read):
    Queue.objects.update(book_ahead_days=2, release_at=dt.time(9))
    Window.objects.update(online_seats=0)
    page = read()  # the day after tomorrow is given from nine on
    assert "Nomor untuk Jumat, 27 November 2026 dibuka <b>09.00</b>" in page
    assert "Ambil nomor antrean</a>" not in page


def test_a_closed_week_takes_no_more_queries(house, read, client):
    asks_for_police_letter(house)
    Window.objects.all().delete()
    Closure.objects.create(
        mall=house.mall,
        first_date=TODAY,
        last_date=TODAY + dt.timedelta(days=60),
        reason="Gedung diperbaiki",
    )
    with CaptureQueriesContext(connection) as captured:
        page = read()
    assert len(captured) <= 8
    assert "Tutup sampai 24 Januari 2027: Gedung diperbaiki." in page


def test_an_open_day_takes_at_most_eight_queries(house, client):
    asks_for_police_letter(house)
    Fee.objects.create(standard=ServiceStandard.objects.get(service_type__code="KTP"), amount=0)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(KTP).status_code == 200
    assert len(captured) <= 8


def test_a_service_of_the_mall_alone_says_where_its_numbers_are(house, read, clock):
    clock.move_to(at(9))
    page = read("/gajah-mada/layanan/SIDANG/")
    assert "diambil di gedung" in page
    assert "Hari ini masih ada." in page
    assert "Ambil nomor antrean</a>" not in page
    clock.move_to(at(16))
    page = read("/gajah-mada/layanan/SIDANG/")
    assert "Jam layanan hari ini sudah selesai." in page
    assert "Dibagikan lagi mulai <b>Kamis 08.00</b>" in page


def test_an_external_service_leads_to_its_system_and_sells_no_second_number(house, read):
    ServiceType.objects.filter(code="PASPOR").update(external_url="https://contoh.go.id/")
    page = read("/gajah-mada/layanan/PASPOR/")
    assert "Ambil nomor di <b>M-Paspor</b>, sistem nasional" in page
    assert "tunjukkan buktinya di meja depan" in page
    assert 'href="https://contoh.go.id/"' in page
    assert "/gajah-mada/antrean/PASPOR/" not in page


@pytest.mark.parametrize(
    ("contact", "link"),
    [
        ("lapor.go.id", 'href="https://lapor.go.id"'),
        ("pengawas@contoh.go.id", 'href="mailto:pengawas@contoh.go.id"'),
        ("(0321) 157", 'href="tel:0321157"'),
        ("157", 'href="tel:157"'),
        ("lewat kotak surat di lobi", "lewat kotak surat di lobi."),
        ("javascript:alert(1)", "javascript:alert(1)."),
    ],
)
def test_the_overseer_of_the_agency_can_be_reached(house, read, contact, link):
    Agency.objects.filter(pk=house.civil.pk).update(
        oversight_name="Inspektorat", oversight_contact=contact
    )
    page = read()
    assert "Inspektorat</b>" in page
    assert link in page
    assert 'href="javascript' not in page
    assert 'href="/gajah-mada/pengaduan/baru/?layanan=KTP"' in page


def test_what_can_be_done_from_home_says_so(house, read):
    ServiceType.objects.filter(code="KTP").update(online_possible=True)
    assert "Bisa juga diurus dari rumah." in read()
