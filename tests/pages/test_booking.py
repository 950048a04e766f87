"""A citizen takes a number on the web without JavaScript."""

import datetime as dt

import pytest
from django.db import OperationalError

from queueing import rules
from queueing.models import Ticket, Visit
from queueing.refusals import Refusal
from tests.house import at

ADDRESS = "/gajah-mada/antrean/KTP/"


def fill(window, **changes):
    window.seats = window.taken = changes.get("taken", window.seats)
    window.online_seats = window.taken_online = min(window.seats, window.online_seats)
    window.save(update_fields=["taken", "taken_online"])


def test_three_steps_lead_from_the_service_to_the_ticket(browser, house):
    browser.get(ADDRESS)
    assert "Kapan Anda datang?" in browser.text
    browser.press("jam", jam=house.window("C", 9).pk)
    assert "Siapa yang datang?" in browser.text
    browser.press("periksa", name="Siti Aminah", nik="3576014101900001")
    assert "3576********0001" in browser.text
    browser.press("kirim")
    visit = Visit.objects.get()
    assert browser.page.status_code == 302
    assert browser.page.url == f"/tiket/{visit.token}/"
    assert (visit.name, visit.nik, visit.channel) == ("Siti Aminah", "3576014101900001", "web")
    assert browser.get(browser.page.url).count("012") == 1


def test_the_next_good_hour_is_chosen_and_a_full_one_stays_visible(browser, house):
    fill(house.window("C", 8))
    browser.get(ADDRESS)
    eight, nine = browser.hours["08.00–09.00"], browser.hours["09.00–10.00"]
    assert not eight[1]
    assert "Penuh" in browser.text
    assert f'value="{nine[0]}" checked' in browser.text


def test_another_day_shows_that_days_hours(browser, house):
    browser.get(ADDRESS)
    browser.press("hari:2026-11-26")
    assert "Jam, Kamis, 26 November" in browser.text
    assert browser.hours["08.00–09.00"][0] == str(house.window("C", 8, days=1).pk)


def test_a_second_service_of_another_agency_in_the_same_visit(browser, house):
    browser.get(ADDRESS)
    browser.press("jam", jam=house.window("C", 9).pk)
    browser.press("tambah", tambah="PBB", name="Siti", nik_later="on")
    assert "Jam untuk Layanan PBB" in browser.text
    assert browser.hours["09.00–10.00"][1] is False  # the same hour as KTP
    browser.press("jam", jam=house.window("T", 10).pk)
    assert "Sudah benar?" in browser.text
    browser.press("kirim")
    labels = Visit.objects.get().tickets.order_by("pk").values_list("label", flat=True)
    assert list(labels) == ["C 012", "T 023"]


def test_an_added_service_can_be_left_out_again(browser, house):
    browser.get(ADDRESS)
    browser.press("jam", jam=house.window("C", 9).pk)
    browser.press("tambah", tambah="PBB", name="Siti", nik_later="on")
    browser.press("lepas:PBB")
    assert "PBB:" not in browser.form
    browser.press("kirim")
    assert Ticket.objects.count() == 1


def test_moving_the_first_service_to_another_day_asks_for_the_second_hour_again(browser, house):
    browser.get(ADDRESS)
    browser.press("jam", jam=house.window("C", 9).pk)
    browser.press("tambah", tambah="PBB", name="Siti", nik_later="on")
    browser.press("jam", jam=house.window("T", 10).pk)
    browser.press("waktu:KTP")
    browser.press("jam", jam=house.window("C", 9, days=1).pk)
    assert "Jam untuk Layanan PBB" in browser.text
    assert "Kamis, 26 November" in browser.text


def test_the_nik_is_asked_only_where_a_service_needs_it(browser, house):
    browser.get("/gajah-mada/antrean/KK/")
    browser.press("jam", jam=house.window("C", 9).pk)
    assert 'name="nik"' not in browser.text
    browser.press("periksa", name="Siti")
    browser.press("kirim")
    assert Visit.objects.get().nik == ""


def test_who_does_not_know_the_nik_fills_it_in_at_the_counter(browser, house):
    browser.get(ADDRESS)
    browser.press("jam", jam=house.window("C", 9).pk)
    browser.press("periksa", name="Siti")
    assert browser.page.status_code == 422
    browser.press("periksa", name="Siti", nik_later="on")
    assert "Diisi di loket" in browser.text


def test_an_odd_nik_is_warned_about_and_taken(browser, house):
    browser.get(ADDRESS)
    browser.press("jam", jam=house.window("C", 9).pk)
    browser.press("periksa", name="Siti", nik="3576019913900001")
    assert "Susunan NIK ini tidak biasa" in browser.text
    browser.press("kirim")
    assert Visit.objects.get().nik == "3576019913900001"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": " "}, "Tulis nama seperti di KTP."),
        ({"nik": "123456"}, "NIK harus 16 angka. Yang Anda tulis 6 angka."),
        ({"phone": "12"}, "Nomor WhatsApp diawali 08 atau +62, 10 sampai 13 angka."),
        ({"email": "siti"}, "nama@contoh.id"),
    ],
)
def test_a_mistake_is_named_at_its_field_and_nothing_typed_is_lost(browser, house, fields, words):
    browser.get(ADDRESS)
    browser.press("jam", jam=house.window("C", 9).pk)
    good = {"name": "Siti Aminah", "nik": "3576014101900001", "accommodation": "kursi roda"}
    browser.press("periksa", **good | fields)
    assert browser.page.status_code == 422
    assert browser.text.count(words) >= 2
    assert "kursi roda" in browser.text


def test_sending_twice_gives_one_visit_and_the_same_ticket(at_review):
    key = at_review.page
    at_review.press("kirim")
    first = at_review.page.url
    at_review.page = key
    at_review.press("kirim")
    assert at_review.page.url == first
    assert Visit.objects.count() == 1


def test_going_back_and_sending_another_name_asks_before_it_books_again(at_review):
    before = at_review.page
    at_review.press("kirim")
    at_review.page = before
    at_review.press("kirim", name="Budi Santoso", nik="3576014101900002", phone="")
    assert at_review.page.status_code == 422
    assert "Sudah benar?" in at_review.text
    at_review.press("kirim", name="Budi Santoso", nik="3576014101900002", phone="")
    assert Visit.objects.count() == 2


def test_an_hour_that_filled_meanwhile_offers_the_others_and_keeps_everything(at_review, house):
    fill(house.window("C", 9))
    at_review.press("kirim")
    assert at_review.page.status_code == 409
    assert "Nomor belum terambil. Jam itu sudah penuh. Pilih jam lain." in at_review.text
    assert 'name="name" value="Siti Aminah"' in at_review.form
    assert at_review.hours["10.00–11.00"][1]
    at_review.press("jam", jam=house.window("C", 10).pk)
    at_review.press("kirim")
    assert Visit.objects.get().name == "Siti Aminah"


def test_a_pause_meanwhile_leads_back_to_the_days(at_review, house):
    rules.pause(queue_id=house.queues["C"].pk, reason="blanko habis", at=at(7, 45))
    at_review.press("kirim")
    assert at_review.page.status_code == 409
    assert "blanko habis" in at_review.text
    assert 'value="hari:2026-11-26"' in at_review.text


def test_a_second_number_for_the_same_person_says_nothing_of_the_first(at_review, browser, house):
    house.book("KTP", 10, nik="3576014101900001", phone="081399990000")
    at_review.press("kirim")
    assert at_review.page.status_code == 409
    assert "Sudah ada nomor aktif" in at_review.text
    for secret in ("C 023", Visit.objects.get().token, "9999"):
        assert secret not in at_review.text


def test_a_busy_hall_keeps_what_was_typed(at_review, monkeypatch):
    class LockTimeout(Exception):
        pgcode = "55P03"

    def busy(**_):
        raise OperationalError from LockTimeout()

    monkeypatch.setattr(rules, "book", busy)
    at_review.press("kirim")
    assert at_review.page.status_code == 503
    assert "Sedang ramai" in at_review.text
    assert 'name="name" value="Siti Aminah"' in at_review.form


def test_no_hour_chosen_or_one_of_another_queue_asks_again(browser, house):
    browser.get(ADDRESS)
    browser.press("jam")
    assert "Pilih jam lain." in browser.text
    browser.press("jam", jam=house.window("T", 9).pk)
    assert "Pilih jam lain." in browser.text


@pytest.mark.parametrize(("code", "words"), [("PASPOR", "M-Paspor"), ("SIDANG", "ambil di kios")])
def test_a_service_without_numbers_online_says_where_they_are(browser, house, code, words):
    browser.get(f"/gajah-mada/antrean/{code}/")
    assert browser.page.status_code == 409
    assert words in browser.text


def test_a_day_of_a_full_queue_names_the_next_date(browser, house):
    for hour in range(8, 15):
        fill(house.window("C", hour))
    browser.get(ADDRESS)
    assert "Jam, Kamis, 26 November" in browser.text
    assert "penuh" in browser.text


def test_nonsense_in_the_hidden_fields_starts_again_and_breaks_nothing(browser, house):
    nonsense = {"pilihan": ["KTP:x", "TIDAK:1", ":", "KTP:" + "9" * 30], "kunci": "k" * 200}
    for act in ("", "jam", "periksa", "kirim", "waktu:X", "tambah", "lepas:KTP", "hari:besok"):
        page = browser.client.post(ADDRESS, {**nonsense, "aksi": act, "jam": "0x1", "name": "S"})
        assert page.status_code in {200, 404, 422}, act
    assert Visit.objects.count() == 0


def test_looking_at_the_pages_books_nothing(browser, house):
    for _ in range(2):
        browser.get(ADDRESS + "?aksi=kirim&jam=1&name=Siti")
    assert Visit.objects.count() == 0


def test_what_is_typed_never_stands_in_an_address_and_is_not_stored(at_review):
    assert at_review.page.headers["Cache-Control"].find("no-store") >= 0
    at_review.press("kirim")
    for typed in ("Siti", "3576014101900001", "6281234567890", "81234567890"):
        assert typed not in at_review.page.url
        assert typed not in str(at_review.page.cookies)


def test_a_contact_with_three_numbers_is_sent_to_the_front_desk(at_review, house):
    for hour, service in ((10, "KK"), (11, "AKTA"), (12, "PBB")):
        house.book(service, hour, phone="081234567890")
    at_review.press("kirim")
    assert at_review.page.status_code == 409
    assert "Siapa yang datang?" in at_review.text
    assert "meja depan" in at_review.text


def test_a_refusal_of_the_rule_is_shown_in_its_words(at_review, monkeypatch):
    def closed(**_):
        raise Refusal("holiday", next_date=dt.date(2026, 11, 27))

    monkeypatch.setattr(rules, "book", closed)
    at_review.press("kirim")
    assert "Tanggal itu hari libur. Pilih hari lain." in at_review.text
    assert "Jumat, 27 November 2026" in at_review.text
