"""A helper signs in and takes numbers for several people in one go."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from queueing import rules
from queueing.models import Ticket, TicketEvent, Visit
from queueing.views.helping_many import AGREED
from tests.house import at

HOME = "/gajah-mada/pendamping/"
BOOK = f"{HOME}ambil/KTP/"
PASSWORD = "kata-sandi-panjang"
NIKS = ["3576014101900001", "3576014201900002", "3576014301900003"]


@pytest.fixture
def helper(browser, house):
    browser.client.force_login(house.people["helper"])
    return browser


def person(n, name, **more):
    """What stands in row `n`."""
    fields = {"name": name, "nik": NIKS[n], "agreed": "on", **more}
    return {f"w{n}-{key}": value for key, value in fields.items() if value}


def at_people(helper, house, hour=9):
    """The page of rows for KTP at this hour."""
    helper.get(BOOK)
    helper.press("jam", jam=house.window("C", hour).pk)
    assert "Siapa saja yang datang?" in helper.text
    return helper


def labels():
    return list(Ticket.objects.order_by("pk").values_list("label", "visit__name"))


# -- signing in --------------------------------------------------------------------------------


@pytest.fixture
def yuli(house):
    helper = house.people["helper"]
    helper.set_password(PASSWORD)
    helper.save()
    return helper


def sign_in(browser, password=PASSWORD, **more):
    fields = {"username": "helper", "password": password, **more}
    browser.page = browser.client.post("/masuk/", fields)
    return browser.page


def test_a_helper_signs_in_and_stands_on_the_malls_page(browser, yuli):
    assert browser.client.get(HOME).url == f"/masuk/?next={HOME}"
    assert sign_in(browser).url == "/akun/mulai/"
    assert browser.client.get("/akun/mulai/").url == HOME
    assert "Nomor untuk warga" in browser.get(HOME)


def test_staff_go_on_to_the_admin_and_who_has_no_office_is_refused(
    client, house, django_user_model
):
    client.force_login(house.people["manager"])
    assert client.get("/akun/mulai/").url == "/admin/"
    client.force_login(django_user_model.objects.create(username="tanpa-tugas"))
    assert client.get("/akun/mulai/").status_code == 403


@pytest.mark.parametrize(
    ("wanted", "led_to"),
    [(BOOK, BOOK), ("https://jahat.example/", "/akun/mulai/"), ("//jahat.example", "/akun/mulai/")],
)
def test_after_signing_in_only_our_own_addresses_are_led_to(browser, yuli, wanted, led_to):
    assert sign_in(browser, next=wanted).url == led_to


def test_a_wrong_password_is_said_in_indonesian_and_too_many_make_one_wait(browser, yuli, settings):
    assert "Nama akun atau kata sandi tidak cocok" in sign_in(browser, "salah").content.decode()
    for _try in range(settings.AXES_FAILURE_LIMIT):
        sign_in(browser, "salah")
    assert browser.page.status_code == 429
    assert "Coba lagi setelah 15 menit" in browser.text
    assert sign_in(browser).status_code == 429  # the right one, too


def test_signing_out_is_a_post_and_ends_it(helper):
    assert helper.client.get("/keluar/").status_code == 405
    assert helper.client.post("/keluar/").url == "/"
    assert helper.client.get(HOME).url.startswith("/masuk/")


def test_the_password_can_be_changed(browser, yuli):
    sign_in(browser)
    new = {"new_password1": "sandi-lain-yang-baik", "new_password2": "sandi-lain-yang-baik"}
    page = browser.client.post("/akun/sandi/", {"old_password": PASSWORD, **new})
    assert page.url == "/akun/sandi/selesai/"
    assert "Kata sandi sudah diganti" in browser.get(page.url)
    assert sign_in(browser, "sandi-lain-yang-baik").status_code == 302


def test_a_poor_new_password_is_said_where_it_was_first_written(browser, yuli):
    sign_in(browser)
    typed = {"old_password": PASSWORD, "new_password1": "12345", "new_password2": "12345"}
    page = browser.client.post("/akun/sandi/", typed)
    assert set(page.context["form"].errors) == {"new_password1"}
    missing = browser.client.post("/akun/sandi/", {}).context["form"].errors
    assert len({str(messages) for messages in missing.values()}) == 3


# -- booking for several -----------------------------------------------------------------------


def test_a_service_is_found_by_words_or_by_agency(helper):
    assert f'href="{BOOK}"' in helper.get(f"{HOME}layanan/?q=ktp")
    page = helper.get(f"{HOME}layanan/?instansi=BPKPD")
    assert "Layanan PBB" in page
    assert "SIDANG" not in page  # taken in the mall only
    assert "Paspor" not in page  # taken elsewhere


def test_several_people_get_their_numbers_at_once(helper, house):
    at_people(helper, house)
    helper.press(
        "kirim",
        **person(0, "Siti Aminah", phone="0812 3456 7890"),
        **person(1, "Budi", nik="", nik_later="on", priority="elderly", needs=["wheelchair"]),
    )
    assert helper.page.status_code == 302
    page = helper.get(helper.page.url)
    assert "2 nomor sudah terambil" in page
    assert labels() == [("C 012", "Siti Aminah"), ("C 013", "Budi")]
    siti, budi = Visit.objects.order_by("pk")
    assert {v.channel for v in (siti, budi)} == {"helper"}
    assert {v.booked_by for v in (siti, budi)} == {house.people["helper"]}
    assert (siti.phone, siti.nik) == ("+6281234567890", NIKS[0])
    assert (budi.nik, budi.priority, budi.needs) == ("", "elderly", ["wheelchair"])


def test_each_agreement_is_in_the_log_under_the_helpers_name(helper, house):
    at_people(helper, house)
    helper.press("kirim", **person(0, "Siti"))
    event = TicketEvent.objects.get()
    assert (event.kind, event.note, event.officer) == ("issued", AGREED, house.people["helper"])


def test_without_the_persons_agreement_nobody_gets_a_number_and_nothing_is_lost(helper, house):
    at_people(helper, house)
    page = helper.press("kirim", **person(0, "Siti"), **person(1, "Budi", agreed=""))
    assert helper.page.status_code == 422
    assert "Budi: Tanyakan dulu kepada warga ini" in page
    assert 'value="Siti"' in page
    assert not Ticket.objects.exists()
    helper.press("kirim", **person(0, "Siti"), **person(1, "Budi"))
    assert len(labels()) == 2


def test_who_is_refused_stays_in_the_form_with_the_reason_and_the_others_stand(helper, house):
    house.book("KTP", 10, name="Budi", nik=NIKS[1])
    at_people(helper, house)
    page = helper.press(
        "kirim",
        **person(0, "Siti"),
        **person(1, "Budi"),
    )
    assert helper.page.status_code == 409
    assert "1 nomor sudah terambil" in page
    assert "Budi: Warga ini sudah punya nomor aktif" in page
    assert 'value="Budi"' in helper.form
    assert 'value="Siti"' not in helper.form
    helper.press("kirim", **person(1, "Wati", nik="", nik_later="on"))
    assert helper.page.status_code == 302
    assert [name for _label, name in labels()] == ["Budi", "Siti", "Wati"]
    assert "2 nomor sudah terambil" in helper.get(helper.page.url)


def test_a_second_sending_books_nobody_twice(helper, house):
    at_people(helper, house)
    people = person(0, "Siti", nik="", nik_later="on")
    first = helper.form
    helper.press("kirim", **people)
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', first))
    fields["baris"] = ["0", "1"]
    again = helper.client.post(BOOK, {**fields, **people, "aksi": "kirim"})
    assert again.status_code == 302
    assert len(labels()) == 1
    other = helper.client.post(
        BOOK, {**fields, **person(0, "Orang Lain"), "baris": ["0"], "aksi": "kirim"}
    )
    assert "Baris ini tadi sudah mendapat nomor" in other.content.decode()
    assert len(labels()) == 1


def test_when_the_hour_fills_up_the_rest_choose_another_and_retype_nothing(helper, house):
    window = house.window("C", 9)
    at_people(helper, house)
    window.taken_online = window.online_seats - 1
    window.taken = window.taken_online
    window.save(update_fields=["taken", "taken_online"])
    page = helper.press("kirim", **person(0, "Siti"), **person(1, "Budi"))
    assert "Pilih jam lain untuk mereka" in page
    assert [name for _label, name in labels()] == ["Siti"]
    helper.press("waktu", **person(1, "Budi"))
    assert "Penuh" in helper.text
    helper.press("jam", jam=house.window("C", 10).pk)
    assert 'value="Budi"' in helper.form
    helper.press("kirim", **person(1, "Budi"))
    assert [name for _label, name in labels()] == ["Siti", "Budi"]


def test_rows_are_added_up_to_ten_and_keep_what_stands_in_them(helper, house):
    at_people(helper, house)
    for _row in range(12):
        helper.press("baris", **person(0, "Siti"))
    assert helper.form.count('<fieldset class="m-card') == 10
    assert 'value="Siti"' in helper.form
    assert "Paling banyak 10 orang" in helper.text
    helper.press("kirim")
    assert helper.page.status_code == 422


def test_the_quota_of_a_day_is_shown_and_kept(helper, house, settings):
    settings.HELPER_TICKETS_PER_DAY = 2
    at_people(helper, house)
    assert "sisa <b>2 dari 2</b>" in helper.text
    page = helper.press(
        "kirim",
        **person(0, "Siti"),
        **person(1, "Budi"),
        **person(2, "Wati"),
        baris=["0", "1", "2"],
    )
    assert "Wati: Kuota pendamping untuk hari itu sudah habis." in page
    assert "sisa <b>0 dari 2</b>" in page
    assert "<b>2 dari 2</b>" in helper.get(HOME)


def test_a_service_without_nik_asks_for_none(helper, house):
    helper.get(f"{HOME}ambil/KK/")
    helper.press("jam", jam=house.window("C", 9).pk)
    assert "nik" not in helper.form
    helper.press("kirim", **{"w0-name": "Siti", "w0-agreed": "on"})
    assert labels() == [("C 012", "Siti")]


@pytest.mark.parametrize(
    "fields",
    [
        {"jam": "x"},
        {"jam": "9" * 30},
        {"baris": ["-1", "99", "x"]},
        {"kunci": "x" * 999},
        {"w0-name": "a\x00b"},
        {"w0-needs": ["teleport"], "w0-name": "Siti", "w0-agreed": "on"},
    ],
)
def test_forged_fields_break_nothing(helper, house, fields):
    at_people(helper, house)
    helper.press("kirim", **fields)
    assert helper.page.status_code in {200, 404, 422}
    assert not Ticket.objects.exists()


# -- what was taken ----------------------------------------------------------------------------


@pytest.fixture
def taken(house):
    """A number of this helper and one of another."""
    helper = house.people["helper"].pk
    other = house.people["manager"].pk
    mine = house.book("KTP", 9, name="Siti", booked_by_id=helper, channel="helper")
    house.book("KTP", 9, name="Orang Lain", booked_by_id=other, channel="helper")
    return mine


def test_a_helper_sees_own_numbers_only_and_no_token_in_the_list(helper, taken):
    page = helper.get(HOME)
    assert "Siti" in page
    assert "Orang Lain" not in page
    assert taken.visit.token not in page
    assert "no-store" in helper.page["Cache-Control"]


def test_slips_show_number_time_papers_code_and_qr(helper, taken):
    page = helper.get(f"{HOME}cetak/?nomor={taken.public_id}")
    code = taken.visit.short_code
    for words in ("Siti", "09.00–10.00", f"{code[:3]} {code[3:]}", "<svg"):
        assert words in page
    assert page.count("<article") == 1
    assert "Orang Lain" not in helper.get(f"{HOME}cetak/")
    assert helper.client.get(f"{HOME}cetak/?nomor=x").status_code == 404


def test_a_helper_cancels_an_own_number_and_no_other(helper, taken):
    address = f"{HOME}{taken.public_id}/batal/"
    assert "Batalkan nomor ini?" in helper.get(address)
    taken.refresh_from_db()
    assert taken.state == "booked"
    assert helper.client.post(address).url == HOME
    taken.refresh_from_db()
    assert taken.state == "cancelled"
    assert taken.events.get(kind="cancelled").officer.username == "helper"
    other = Ticket.objects.exclude(pk=taken.pk).get()
    assert helper.client.post(f"{HOME}{other.public_id}/batal/").status_code == 404


def test_an_erased_visit_vanishes(helper, taken, clock):
    Visit.objects.filter(pk=taken.visit_id).update(erased_at=at(7), name="")
    assert taken.label not in helper.get(HOME)
    assert "<article" not in helper.get(f"{HOME}cetak/")


@pytest.mark.parametrize("who", ["officer", "front_desk", "leader"])
@pytest.mark.parametrize("address", ["", "layanan/", "cetak/", "ambil/KTP/"])
def test_whose_office_is_another_may_not(client, house, who, address):
    client.force_login(house.people[who])
    assert client.get(HOME + address).status_code == 403


def test_the_pages_ask_little_and_no_more_for_many(helper, house, taken):
    pages = [HOME, f"{HOME}layanan/?q=ktp", f"{HOME}layanan/?instansi=DUKCAPIL", BOOK]
    pages += [f"{HOME}cetak/"]
    counts = []
    helper.get(pages[1])  # the words of the search are kept for some minutes
    for n in range(2):
        for k in range(5 * n):
            rules.book(
                mall=house.mall,
                wishes=[rules.Wish("KK", house.window("C", 10 + k).pk)],
                name=f"Warga {k}",
                booked_by_id=house.people["helper"].pk,
                channel="helper",
                at=at(7),
            )
        for page in pages:
            with CaptureQueriesContext(connection) as captured:
                assert helper.client.get(page).status_code == 200
            counts.append(len(captured))
    assert counts[: len(pages)] == counts[len(pages) :]
    assert max(counts) <= 8, counts
    at_people(helper, house)
    with CaptureQueriesContext(connection) as captured:
        helper.press("baris")
    assert len(captured) <= 8
