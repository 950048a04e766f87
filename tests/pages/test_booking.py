"""A citizen takes a number on the web without JavaScript."""

import datetime as dt
import re

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from queueing import rules
from queueing.models import Ticket, Visit, Window
from queueing.refusals import Refusal
from services.models import Fee, Paper
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
    assert "012" in browser.get(browser.page.url)


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
    assert "Jam, Kamis 26 November" in browser.text
    assert browser.hours["08.00–09.00"][0] == str(house.window("C", 8, days=1).pk)


def test_a_second_service_of_another_agency_in_the_same_visit(browser, house):
    browser.get(ADDRESS)
    browser.press("jam", jam=house.window("C", 9).pk)
    browser.press("tambah:PBB", name="Siti", nik_later="on")
    assert "Jam untuk Layanan PBB" in browser.text
    assert browser.hours["09.00–10.00"][1] is False  # the same hour as KTP
    assert f'value="{house.window("T", 10).pk}" checked' in browser.text
    browser.press("jam", jam=house.window("T", 10).pk)
    assert "Sudah benar?" in browser.text
    browser.press("kirim")
    labels = Visit.objects.get().tickets.order_by("pk").values_list("label", flat=True)
    assert list(labels) == ["C 012", "T 023"]


def test_an_added_service_can_be_left_out_again(browser, house):
    browser.get(ADDRESS)
    browser.press("jam", jam=house.window("C", 9).pk)
    browser.press("tambah:PBB", name="Siti", nik_later="on")
    browser.press("lepas:PBB")
    assert "PBB:" not in browser.form
    browser.press("kirim")
    assert Ticket.objects.count() == 1


def test_moving_the_first_service_to_another_day_asks_for_the_second_hour_again(browser, house):
    browser.get(ADDRESS)
    browser.press("jam", jam=house.window("C", 9).pk)
    browser.press("tambah:PBB", name="Siti", nik_later="on")
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
    assert "Nomor belum terambil. Jam 09.00 baru saja penuh. Pilih jam lain." in at_review.text
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
    assert browser.text.count("Pilih jam kedatangan Anda.") == 2
    assert "<title>Galat: Kapan" in browser.text
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
    assert "Jam, Kamis 26 November" in browser.text
    assert "penuh" in browser.text


def test_nonsense_in_the_hidden_fields_starts_again_and_breaks_nothing(browser, house):
    nonsense = {"pilihan": ["KTP:x", "TIDAK:1", ":", "KTP:" + "9" * 30], "kunci": "k" * 200}
    for act in (
        "",
        "jam",
        "periksa",
        "kirim",
        "waktu:X",
        "tambah",
        "tambah:X",
        "lepas:KTP",
        "hari:besok",
        "ambil:KTP:x",
        "isyarat:",
        "cari",
    ):
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


# -- full days and hours --------------------------------------------------------------------------


def test_the_hour_that_can_still_be_reached_is_chosen_beforehand(browser, house, clock):
    clock.move_to(at(8, 45))
    browser.get(ADDRESS)
    assert browser.hours["08.00–09.00"][1]  # it may be taken, for who is in the hall
    assert f'value="{house.window("C", 9).pk}" checked' in browser.text


def test_when_the_first_days_are_full_the_next_free_window_is_chosen_beforehand(browser, house):
    for hour in range(8, 15):
        fill(house.window("C", hour))
    browser.get(ADDRESS)
    next_free = house.window("C", 8, days=1)
    assert "Sebelum Kamis, 26 November sudah penuh" in browser.text
    assert f'value="{next_free.pk}" checked' in browser.text
    browser.press("jam", jam=next_free.pk)
    assert "Siapa yang datang?" in browser.text
    assert f"KTP:{next_free.pk}" in browser.form


def test_a_day_that_filled_meanwhile_offers_the_next_one_in_one_tap(at_review, house):
    for hour in range(8, 15):
        fill(house.window("C", hour))
    at_review.press("kirim")
    assert at_review.page.status_code == 409
    assert "Hari itu baru saja penuh." in at_review.text
    taken = house.window("C", 8, days=1)
    assert f'value="ambil:KTP:{taken.pk}"' in at_review.form
    at_review.press(f"ambil:KTP:{taken.pk}")
    assert "Sudah benar?" in at_review.text  # nothing is typed twice
    at_review.press("kirim")
    assert Ticket.objects.get().window == taken


def test_an_hour_that_filled_while_it_was_looked_at_is_named(browser, house):
    browser.get(ADDRESS)
    fill(house.window("C", 13))
    browser.press("jam", jam=house.window("C", 13).pk)
    assert browser.page.status_code == 409
    assert browser.text.count("Jam 13.00 baru saja penuh") == 2  # in the box and at the hours
    assert 'href="#jam"' in browser.text


def test_when_every_day_is_full_the_kiosk_is_the_way(browser, house):
    Window.objects.filter(queue=house.queues["C"]).update(seats=0, online_seats=0)
    browser.get(ADDRESS)
    assert browser.page.status_code == 200
    assert "ambil nomor di kios" in browser.text
    assert 'value="ambil:' not in browser.text


# -- several services -----------------------------------------------------------------------------


@pytest.fixture
def papers(house):
    """KK makes the family card that KTP asks for."""
    Paper.objects.create(mall=house.mall, name="Kartu Keluarga", made_by=house.services["KK"])
    house.services["KTP"].standards.update(requirements=["Kartu Keluarga: asli, 1 fotokopi"])
    return house


def test_services_wished_together_come_in_the_order_their_papers_need(browser, papers):
    browser.get(ADDRESS + "?bersama=KK")
    assert "mulai dari Layanan KK" in browser.text
    eight, nine = papers.window("C", 8).pk, papers.window("C", 9).pk
    assert f'value="ambil:KK:{eight},KTP:{nine}"' in browser.form
    browser.press(f"ambil:KK:{eight},KTP:{nine}")
    assert "Siapa yang datang?" in browser.text
    browser.press("periksa", name="Siti", nik_later="on")
    browser.press("kirim")
    tickets = Visit.objects.get().tickets.order_by("number")
    assert [t.service_type.code for t in tickets] == ["KK", "KTP"]


@pytest.mark.parametrize("wish", ["TIDAK", "PASPOR", "SIDANG", "KTP", ",,", "\0", "KK,%00" * 60])
def test_only_services_that_can_be_booked_here_are_wished_together(browser, house, wish):
    browser.get(ADDRESS, query_params={"bersama": wish})
    assert browser.page.status_code == 200
    for code in ("TIDAK", "PASPOR", "SIDANG"):
        assert f'value="{code}:0"' not in browser.form


def test_who_asks_for_a_paper_sees_the_hours_before_it_is_made_with_a_hint(browser, papers):
    browser.get(ADDRESS + "?bersama=KK")
    browser.press("jam", jam=papers.window("C", 10).pk)
    assert "Jam untuk Layanan KTP" in browser.text
    assert "Sebaiknya setelah <b>Layanan KK</b>" in browser.text
    assert browser.text.count("Berkasnya belum jadi") == 2  # at eight and at nine
    assert f'value="{papers.window("C", 11).pk}" checked' in browser.text


def test_who_holds_the_paper_already_may_come_earlier_and_is_told_so(browser, papers):
    browser.get(ADDRESS + "?bersama=KK")
    browser.press("jam", jam=papers.window("C", 10).pk)
    browser.press("jam", jam=papers.window("C", 8).pk)
    browser.press("periksa", name="Siti", nik_later="on")
    assert "Lanjutkan bila berkas itu sudah Anda pegang." in browser.text
    browser.press("kirim")
    assert Ticket.objects.count() == 2


def test_when_nothing_is_left_after_the_first_another_day_for_both_is_offered(browser, papers):
    for hour in (11, 12, 13, 14):
        fill(papers.window("C", hour))
    browser.get(ADDRESS + "?bersama=KK")
    browser.press("jam", jam=papers.window("C", 10).pk)
    assert "Sesudah Layanan KK tidak ada jam kosong lagi" in browser.text
    both = [papers.window("C", hour, days=1).pk for hour in (8, 9)]
    assert f'value="ambil:KK:{both[0]},KTP:{both[1]}"' in browser.form
    assert " checked" not in browser.form


def test_a_service_without_papers_of_the_other_takes_an_earlier_hour_when_none_is_later(
    browser, house
):
    for hour in (11, 12, 13, 14):
        fill(house.window("T", hour))
    browser.get(ADDRESS + "?bersama=PBB")
    browser.press("jam", jam=house.window("C", 10).pk)
    assert f'value="{house.window("T", 8).pk}" checked' in browser.form


def test_what_to_add_is_searched_and_offered_by_agency(browser, papers):
    browser.get(ADDRESS)
    browser.press("tambah", jam=papers.window("C", 9).pk)
    assert "Layanan apa lagi?" in browser.text
    assert "Membuat berkas yang Anda perlukan" in browser.text
    assert 'value="tambah:PASPOR"' not in browser.text
    browser.press("cari", cari="layanan pbb")
    assert 'value="tambah:PBB"' in browser.text
    browser.press("cari", cari="<b>zzz")
    assert "belum ditemukan" in browser.text
    assert "<b>zzz" not in browser.text
    browser.press("tambah:PBB")
    assert "Jam untuk Layanan PBB" in browser.text  # the hour marked before is kept
    assert f"KTP:{papers.window('C', 9).pk}" in browser.form


def test_a_maker_added_later_is_offered_before_or_both_together(browser, papers):
    browser.get(ADDRESS)
    browser.press("jam", jam=papers.window("C", 8).pk)
    browser.press("tambah:KK", name="Siti", nik_later="on")
    assert "Sebaiknya sebelum <b>Layanan KTP</b>" in browser.text
    both = [papers.window("C", hour).pk for hour in (8, 9)]
    assert f'value="ambil:KK:{both[0]},KTP:{both[1]}"' in browser.form


def test_no_step_asks_the_database_much(browser, papers):
    def press(act, **fields):
        with CaptureQueriesContext(connection) as seen:
            browser.press(act, **fields)
        assert browser.page.status_code == 200
        assert len(seen) <= 8, [q["sql"][:90] for q in seen]

    papers.mall.sign_language_days = 2
    papers.mall.save(update_fields=["sign_language_days"])
    with CaptureQueriesContext(connection) as seen:
        browser.get(ADDRESS + "?bersama=KK,PBB")
    assert len(seen) <= 8
    press("hari:2026-11-26")
    press("tambah")
    press("cari", cari="akta")
    press("lanjut")
    press("jam", jam=papers.window("C", 8).pk, layanan="KK")
    press("jam", jam=papers.window("C", 9).pk)
    press("jam", jam=papers.window("T", 10).pk)
    assert "Siapa yang datang?" in browser.text
    press("periksa", name="Siti", nik_later="on")
    assert "Sudah benar?" in browser.text


# -- who comes ------------------------------------------------------------------------------------


def test_needs_are_ticked_shown_and_kept(browser, house):
    browser.get("/gajah-mada/antrean/KK/")
    browser.press("jam", jam=house.window("C", 9).pk)
    assert "sign_language" not in browser.form  # this mall has no interpreter
    browser.press("periksa", name="Siti", needs=["companion", "wheelchair"])
    assert "Kursi roda, didampingi petugas" in browser.text
    browser.press("siapa")
    assert browser.form.count(" checked") >= 2
    browser.press("periksa", name="Siti", needs=["wheelchair"])
    browser.press("kirim")
    assert Visit.objects.get().needs == ["wheelchair"]


@pytest.fixture
def interpreter(house):
    house.mall.sign_language_days = 2
    house.mall.save(update_fields=["sign_language_days"])
    return house


def test_a_day_too_near_for_the_interpreter_is_told_and_changed_in_one_tap(browser, interpreter):
    browser.get("/gajah-mada/antrean/KK/")
    browser.press("jam", jam=interpreter.window("C", 9).pk)
    assert "Juru bahasa isyarat perlu dipesan 2 hari kerja sebelumnya." in browser.text
    assert 'value="sign_language" id="id_needs_1" disabled' in re.sub(
        r"\s+class=\"[^\"]*\"", "", browser.form
    )
    friday = interpreter.window("C", 8, days=2)
    assert "Dengan juru bahasa: Jumat 27 Nov, 08.00" in browser.text
    browser.press(f"isyarat:KK:{friday.pk}", name="Siti")
    assert "Juru bahasa isyarat" in browser.text
    assert "Sudah benar?" in browser.text
    browser.press("kirim")
    visit = Visit.objects.get()
    assert (visit.needs, visit.tickets.get().window) == (["sign_language"], friday)


def test_an_interpreter_for_a_day_moved_nearer_is_an_error_that_keeps_all(browser, interpreter):
    browser.get("/gajah-mada/antrean/KK/")
    browser.press("jam", jam=interpreter.window("C", 9, days=2).pk)
    browser.press("periksa", name="Siti", needs=["sign_language"])
    browser.press("waktu:KK")
    browser.press("jam", jam=interpreter.window("C", 9).pk)
    assert browser.page.status_code == 422
    assert "<title>Galat: Siapa" in browser.text
    assert browser.text.count("perlu dipesan 2 hari kerja") == 2
    assert 'value="Siti"' in browser.form
    browser.press("periksa", name="Siti")
    assert "Sudah benar?" in browser.text


def test_a_mother_of_two_takes_a_number_for_each_with_one_phone(browser, house):
    for name in ("Ani Lestari", "Budi Lestari"):
        browser.get("/gajah-mada/antrean/KK/")
        browser.press("jam", jam=house.window("C", 9).pk)
        browser.press("periksa", name=name, phone="081234567890")
        browser.press("kirim")
        assert browser.page.status_code == 302
    assert Ticket.objects.count() == 2


def test_the_cap_of_a_contact_says_what_can_be_done(at_review, house):
    for hour, service in ((10, "KK"), (11, "AKTA"), (12, "PBB")):
        house.book(service, hour, phone="081234567890")
    at_review.press("kirim")
    for words in (
        "Satu kontak paling banyak 3 nomor aktif per hari",
        "kelurahan",
        "Pilih hari lain",
    ):
        assert words in at_review.text
    assert 'value="Siti Aminah"' in at_review.form
    at_review.press("waktu:KTP", name="Siti Aminah", nik_later="on", phone="081234567890")
    at_review.press("jam", jam=house.window("C", 9, days=1).pk)
    at_review.press("kirim")
    assert at_review.page.status_code == 302


def test_who_is_booked_already_can_have_the_link_sent(at_review, house):
    house.book("KTP", 10, nik="3576014101900001", phone="081399990000")
    at_review.press("kirim")
    assert 'formaction="/gajah-mada/antrean/KTP/kirim-tautan/"' in at_review.form
    assert "Kirim tautannya ke kontak yang terdaftar" in at_review.text


def test_errors_stand_at_the_top_with_focus_and_at_their_field(browser, house):
    browser.get(ADDRESS)
    browser.press("jam", jam=house.window("C", 9).pk)
    browser.press("periksa", name="", nik="123")
    box = browser.text[browser.text.index('class="m-errors"') :]
    assert re.match(r'class="m-errors" role="alert" tabindex="-1" autofocus', box)
    assert 'href="#id_name"' in box
    name = re.search(r"<input[^>]*id=\"id_name\"[^>]*>", browser.form)[0]
    assert 'aria-invalid="true"' in name
    assert "id_name_error" in name
    assert 'value="123"' in browser.form
    assert browser.text.count('id="id_name_error"') == 1


def test_the_review_names_costs_and_papers_and_calls_only_the_number_free(browser, papers):
    standard = papers.services["KTP"].standards.get()
    Fee.objects.create(standard=standard, amount=50000)
    browser.get(ADDRESS)
    browser.press("jam", jam=papers.window("C", 9).pk)
    browser.press("periksa", name="Siti", nik_later="on")
    assert "Rp50.000" in browser.text
    assert "Kartu Keluarga" in browser.text
    assert "Mengambil nomor antrean gratis." in browser.text
    assert "Biaya resmi: gratis" not in browser.text


def test_pressing_again_after_a_lost_answer_gives_the_same_ticket_even_when_full(at_review, house):
    last_page = at_review.page
    at_review.press("kirim")
    ticket = at_review.page.url
    fill(house.window("C", 9))
    at_review.page = last_page
    at_review.press("kirim")
    assert at_review.page.url == ticket


def test_a_busy_answer_says_when_to_try_again(at_review, monkeypatch):
    class Deadlock(Exception):
        pgcode = "40P01"

    def busy(**_):
        raise OperationalError from Deadlock()

    monkeypatch.setattr(rules, "book", busy)
    at_review.press("kirim")
    assert at_review.page.headers["Retry-After"] == "2"
    monkeypatch.undo()
    at_review.press("kirim")
    assert Visit.objects.count() == 1
