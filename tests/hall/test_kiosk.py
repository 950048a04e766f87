"""The kiosk without a script: numbers in three touches, how it is looked at, the reset."""

import re
from pathlib import Path

import pytest
from django.core import signing
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from queueing import rules
from queueing.kiosk import SPOKEN, leaf, picture
from queueing.kiosk_guest import GUEST_COOKIE, LOOK_COOKIE
from queueing.models import HelpCall, QueueDay, SlipPrint, Ticket, Visit
from queueing.refusals import Refusal
from services.models import Fee, ServiceType
from tests.hall.devices import pair_device
from tests.hall.person import KIOSK, fill, taken
from tests.house import TODAY, at

# -- a number ------------------------------------------------------------------------------------


def test_three_touches_give_a_number_without_a_phone_or_a_card(person, house, at_nine):
    assert "tanpa HP, tanpa KTP" in person.see()
    assert 'href="/gajah-mada/kios/layanan/"' in person.html
    person.see("layanan/")
    assert re.search(r'<button class="m-ktile" name="layanan" value="KK"', person.html)
    told = person.touch("ambil/", layanan="KK")
    ticket = taken()
    assert (ticket.label, ticket.state) == ("C 012", "printing")
    assert ticket.visit.channel == "kiosk"
    assert "C 012" in told
    assert "Apakah karcisnya keluar?" in told
    assert "Lantai 2, zona timur, loket 1, 2" in told


def test_the_paper_is_said_to_be_out_and_the_number_waits(person, house, at_nine):
    person.see("layanan/")
    person.touch("ambil/", layanan="KK")
    told = person.touch("karcis/", karcis="keluar")
    assert taken().state == "waiting"
    assert "Ambil karcis Anda" in told
    assert 'data-idle-s="30"' in person.html
    assert "Apakah" not in told


def test_a_double_touch_gives_one_number(person, house, at_nine):
    person.see("layanan/")
    once = person.hidden
    person.touch("ambil/", layanan="KK")
    first = person.text
    again = person.client.post(KIOSK + "ambil/", {**once, "layanan": "KK"}, follow=True)
    other = person.client.post(KIOSK + "ambil/", {**once, "layanan": "PBB"}, follow=True)
    assert Ticket.objects.count() == SlipPrint.objects.count() == 1
    for page in (again, other):
        assert taken().label.split()[1] in page.content.decode()
    assert taken().label in first


def test_an_old_form_gives_the_next_person_neither_the_number_nor_a_new_one(person, house, at_nine):
    person.see("layanan/")
    old = person.hidden
    person.touch("ambil/", layanan="KK")
    at_nine.move_to(at(9, 2), tick=False)
    person.see("?baru")
    told = person.client.post(KIOSK + "ambil/", {**old, "layanan": "KK"}, follow=True)
    assert "sekali lagi" in told.content.decode()
    assert Ticket.objects.count() == 1
    for key in ("", "short", "x" * 61):
        person.client.post(KIOSK + "ambil/", {"layanan": "KK", "kunci": key})
    assert Ticket.objects.count() == 1


def test_one_more_number_is_another_visit(person, house, at_nine):
    for code in ("KK", "PBB"):
        person.see("layanan/")
        person.touch("ambil/", layanan=code)
        assert "Satu nomor lagi" in person.text
    assert Visit.objects.count() == 2


def test_no_nik_is_asked_and_a_service_that_needs_it_says_where_it_is_given(person, house, at_nine):
    person.see("layanan/KTP/")
    assert "NIK tidak ditanya di sini. Isi di loket." in person.text
    assert 'name="nik"' not in person.html
    person.touch("ambil/", layanan="KTP")
    assert taken().service_type.code == "KTP"


def test_taking_is_free_and_the_fee_of_the_service_is_said(person, house, at_nine):
    Fee.objects.create(standard=house.services["PBB"].standards.get(), amount=155_000)
    assert "Biaya resmi: Rp155.000" in person.see("layanan/")
    assert "gratis" not in person.text
    assert "Mengambil nomor antrean gratis." in person.see("layanan/PBB/")


# -- later, or not at all -------------------------------------------------------------------------


def test_a_number_for_a_later_hour_is_asked_for_first(person, house, at_nine):
    fill(house, "T", 9)
    assert "untuk 10.00–11.00" in person.see("layanan/")
    person.touch("ambil/", layanan="PBB")
    assert person.where == "layanan/PBB/"
    assert not Ticket.objects.exists()
    assert "Nomor berikutnya untuk" in person.text
    assert "Pilih layanan lain" in person.text
    person.touch("ambil/")
    assert "Datang lagi dan pindai karcis ini pukul 09.30–11.30" in person.text
    person.touch("karcis/", karcis="keluar")
    assert taken().state == "booked"


def test_agreeing_to_an_hour_is_no_agreement_to_a_later_one(person, house, at_nine):
    fill(house, "T", 9)
    person.see("layanan/PBB/")
    fill(house, "T", 10)
    person.touch("ambil/")
    assert person.where == "layanan/PBB/"
    assert "11.00–12.00" in person.text
    assert not Ticket.objects.exists()


def test_a_seat_lost_in_between_makes_no_number_for_hours_later(
    person, house, at_nine, monkeypatch
):
    walk_in = rules.walk_in

    def after_another(**wish):
        fill(house, "T", 9)
        return walk_in(**wish)

    monkeypatch.setattr(rules, "walk_in", after_another)
    person.see("layanan/")
    told = person.touch("ambil/", layanan="PBB")
    assert person.where == "layanan/PBB/"
    assert "Jam 09.00 baru saja penuh" in told
    assert "Ambil untuk 10.00–11.00" in told
    assert not Ticket.objects.exists()
    with pytest.raises(Refusal) as refused:
        walk_in(mall=house.mall, services=["PBB"], at=at(9), by=house.window("T", 9).pk)
    assert refused.value.code == "just_full"
    person.touch("ambil/")
    assert taken().window == house.window("T", 10)


@pytest.mark.parametrize(
    ("code", "said", "next_step"),
    [
        ("PASPOR", "diambil di M-Paspor", "Ambil lewat HP"),
        ("KTP", "Antrean hari ini dijeda: blanko habis", "Pilih hari lain lewat HP"),
        ("AKTA", "Nomor untuk hari ini sudah habis", "Pilih hari lain lewat HP"),
        ("PBB", "Nomor terakhir hari ini sudah lewat", "Pilih hari lain lewat HP"),
    ],
)
def test_a_service_that_gives_none_says_why_and_what_next(
    person, house, at_nine, code, said, next_step
):
    day = QueueDay.objects.filter(date=TODAY)
    day.filter(queue=house.queues["C"]).update(paused_reason="blanko habis")
    day.filter(queue=house.queues["T"]).update(last_ticket_at=at(8, 30))
    for hour in range(9, 15):
        fill(house, "D", hour)
    person.see(f"layanan/{code}/")
    assert said in person.text
    assert next_step in person.text
    assert "Panggil petugas" in person.text
    assert "ambil/" not in person.html
    person.touch("ambil/", layanan=code, kunci="x" * 20)
    assert person.where == f"layanan/{code}/"
    assert not Ticket.objects.exists()


def test_online_only_goes_by_phone(person, house, at_nine):
    ServiceType.objects.filter(code="KK").update(booking_mode="online_only")
    assert "Ambil lewat HP" in person.see("layanan/KK/")
    assert "lewat HP" in person.see("instansi/DUKCAPIL/")


def test_after_hours_the_tiles_say_so_instead_of_leading_nowhere(person, house, clock):
    clock.move_to(at(16), tick=False)
    assert "belum ada nomor yang bisa diambil" in person.see("layanan/")
    assert 'class="m-ktile"' not in person.html
    assert "Tutup" in person.text
    assert "Pilih hari lain lewat HP" in person.see("layanan/KK/")


def test_every_service_is_found_by_its_agency(person, house, at_nine):
    person.see("instansi/")
    assert person.text.index("Badan Pendapatan Daerah") < person.text.index("Dinas Dukcapil")
    person.see("instansi/BPKPD/")
    assert "Layanan SIDANG" in person.text
    assert "lewat M-Paspor" in person.text


def test_what_is_not_there_is_not_found(person, house, at_nine):
    for path in ("instansi/TIDAKADA/", "layanan/TIDAKADA/"):
        person.see(path)
        assert person.page.status_code == 404 or "tidak ada di mal ini" in person.text


# -- priority -------------------------------------------------------------------------------------


def test_priority_is_said_not_proved_and_goes_first(person, house, at_nine):
    person.see("prioritas/")
    assert "Tidak perlu bukti" in person.text
    told = person.touch("prioritas/", prioritas="elderly")
    assert person.where == "layanan/"
    assert "Anda didahulukan" in told
    for hour in range(9, 15):
        fill(house, "T", hour)
    person.touch("ambil/", layanan="PBB", kunci="k" * 20)
    assert (taken().priority, taken().visit.priority) == (True, "elderly")
    assert "elderly" not in " ".join(person.addresses)


def test_where_the_priority_of_the_day_is_used_up_an_ordinary_number_is_offered(
    person, house, at_nine
):
    house.queues["T"].priority_per_day = 0
    house.queues["T"].save()
    person.see("prioritas/")
    person.touch("prioritas/", prioritas="pregnant")
    told = person.touch("ambil/", layanan="PBB")
    assert "Nomor prioritas hari ini sudah habis" in told
    assert 'name="biasa"' in person.html
    person.touch("ambil/", biasa="1")
    assert not taken().priority


def test_an_unknown_priority_is_refused(person, house):
    person.see("prioritas/")
    assert "Pilih salah satu kebutuhan" in person.touch("prioritas/", prioritas="vip")


# -- how it is looked at, help, and the reset -----------------------------------------------------


def test_language_reach_and_larger_writing_are_cookies_until_the_reset(person, house):
    person.see()
    person.touch("tampilan/", tampilan="en")
    assert '<html lang="en"' in person.html
    person.touch("tampilan/", tampilan="rendah")
    assert "is-low" in person.html
    person.touch("tampilan/", tampilan="besar")
    assert "is-large" in person.html
    person.touch("tampilan/", tampilan="<script>")
    assert '<html lang="en"' in (person.see("layanan/"), person.html)[1]
    person.see("?baru")
    assert '<html lang="id"' in person.html
    assert not re.search("is-low|is-large", person.html)


def test_the_kiosk_that_rests_can_be_made_larger_and_lower_too(person, house):
    person.see("?baru")
    assert 'name="kembali" value="/gajah-mada/kios/?baru"' in person.html
    person.touch("tampilan/", tampilan="besar")
    person.touch("tampilan/", tampilan="rendah")
    assert "is-large" in person.html
    assert "is-low" in person.html


@pytest.mark.parametrize("known", [[1], {"unheard_of": 1}])
def test_a_cookie_of_another_version_is_a_stranger(person, house, known):
    person.client.cookies[GUEST_COOKIE] = signing.dumps(known, salt="queueing.kiosk")
    assert "Selamat datang" in person.see("nomor/")


def test_the_browsers_own_language_decides_nothing(person, house):
    person.page = person.client.get(KIOSK, headers={"accept-language": "en"})
    assert '<html lang="id"' in person.html
    assert person.page["Content-Language"] == "id"


def test_after_the_reset_nothing_of_the_person_is_left(person, house, at_nine):
    person.see("prioritas/")
    person.touch("prioritas/", prioritas="disabled")
    person.touch("ambil/", layanan="KK", kunci="k" * 20)
    assert "no-store" in person.page["Cache-Control"]
    label = taken().label
    assert label in person.see("nomor/")
    person.see("?baru")
    assert person.client.cookies[GUEST_COOKIE].value == ""
    assert person.client.cookies[LOOK_COOKIE].value == ""
    person.see("nomor/")
    assert person.where == ""
    assert label not in person.text
    person.touch("karcis/", karcis="keluar")
    assert taken().state == "printing"


def test_the_cookies_stay_in_the_kiosk_and_no_script_reads_them(person, house, at_nine):
    person.see("layanan/")
    person.touch("tampilan/", tampilan="besar")
    person.touch("ambil/", layanan="KK", kunci="k" * 20)
    for name in (GUEST_COOKIE, LOOK_COOKIE):
        cookie = person.client.cookies[name]
        assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (KIOSK, True, "Lax")
        assert int(cookie["max-age"]) <= 300


def test_a_visit_of_nobody_is_shown_by_no_forged_cookie(person, house, at_nine):
    house.book("KTP", 9)
    person.client.cookies[GUEST_COOKIE] = '{"visit": 1}'
    person.see("nomor/")
    assert person.where == ""


def test_without_scripts_the_page_goes_back_by_itself(person, house, at_nine):
    person.see("layanan/")
    assert 'http-equiv="refresh" content="60;url=/gajah-mada/kios/?baru"' in person.html
    person.touch("ambil/", layanan="KK")
    person.touch("karcis/", karcis="keluar")
    assert 'content="30;url=/gajah-mada/kios/?baru"' in person.html


def test_staff_are_called_once_and_the_page_says_since_when(person, house, at_nine):
    person.see("layanan/")
    assert "Petugas sudah dipanggil. Mohon tunggu di sini." in person.touch("petugas/")
    assert person.where == "layanan/"
    at_nine.move_to(at(9, 3), tick=False)
    person.touch("petugas/")
    assert HelpCall.objects.count() == 1
    assert "Dipanggil 3 menit yang lalu." in person.text
    HelpCall.objects.update(answered_at=at(9, 4))
    at_nine.move_to(at(9, 5), tick=False)
    assert "Petugas sedang menuju ke sini." in person.see()
    at_nine.move_to(at(9, 9), tick=False)
    assert "sedang menuju" not in person.see()


def test_a_call_of_yesterday_is_neither_shown_nor_in_the_way(person, house, kiosk, at_nine):
    rules.call_for_help(device=kiosk, at=at(15, days=-1))
    assert "dipanggil." not in person.see()
    assert "Baru saja dipanggil." in person.touch("petugas/")
    old, new = HelpCall.objects.order_by("pk")
    assert (old.answered_at, old.answered_by) == (at(9), None)
    assert (new.at, new.answered_at) == (at(9), None)


def test_a_button_leads_back_into_the_kiosk_only(person, house):
    for away in ("https://jahat.example/", "//jahat.example/", "/admin/", KIOSK + "//x", ""):
        page = person.client.post(KIOSK + "petugas/", {"kembali": away})
        assert page["Location"] == KIOSK


# -- who may --------------------------------------------------------------------------------------

PAGES = ("", "layanan/", "layanan/KK/", "instansi/", "prioritas/", "hadir/", "nomor/", "pengaduan/")
ACTS = ("tampilan/", "petugas/", "ambil/", "karcis/", "hadir/", "prioritas/")


def test_only_a_paired_kiosk_of_the_mall_is_let_in(house, kiosk, display, at_nine):
    off = pair_device(house.mall, "kiosk", active=False)
    for client in (Client(), display.client, off.client):
        for path in PAGES:
            assert client.get(KIOSK + path)["Location"] == "/gajah-mada/perangkat/"
        for path in ACTS:
            assert (
                client.post(KIOSK + path, {"layanan": "KK", "kunci": "k" * 20}).status_code == 403
            )
    assert not Ticket.objects.exists()
    assert not HelpCall.objects.exists()


def test_a_get_never_acts(person, house, at_nine):
    for path in ("tampilan/", "petugas/", "ambil/", "karcis/"):
        assert person.client.get(KIOSK + path).status_code == 405


# -- what it costs --------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [*PAGES[:-2], "instansi/DUKCAPIL/", "pengaduan/"])
@pytest.mark.parametrize("look", ["id", "id.rendah"])
def test_a_page_asks_the_database_at_most_eight_times(person, house, at_nine, path, look):
    fill(house, "D", 9)
    person.see(path)  # the device is noted as seen
    person.client.cookies[LOOK_COOKIE] = look
    with CaptureQueriesContext(connection) as queries:
        assert person.client.get(KIOSK + path).status_code == 200
    assert len(queries) <= 8, "\n".join(q["sql"][:160] for q in queries)


@pytest.mark.parametrize("code", ["AKTA", "PASPOR", "KTP", "PBB"])
def test_so_does_a_service_that_gives_no_number_now(person, house, at_nine, code):
    fill(house, "D", 9)
    QueueDay.objects.filter(queue=house.queues["C"]).update(paused_reason="blanko habis")
    person.see()
    with CaptureQueriesContext(connection) as queries:
        person.client.get(KIOSK + f"layanan/{code}/")
    assert len(queries) <= 8, "\n".join(q["sql"][:160] for q in queries)


# -- pure -----------------------------------------------------------------------------------------


def test_a_list_is_leafed_through():
    rows = list(range(10))
    assert leaf(rows, "2", 4).rows == [4, 5, 6, 7]
    assert [leaf(rows, n, 4).number for n in ("", "0", "-1", "x", "99", "²")] == [1, 1, 1, 1, 3, 1]
    assert (leaf(rows, "1", 4).before, leaf(rows, "3", 4).after) == (0, 0)
    assert leaf([], "1", 4).rows == []


def test_every_picture_is_drawn(house):
    drawn = set(re.findall(r'id="i-(\w+)"', Path("static/icons.svg").read_text()))
    assert {picture(service) for service in house.services.values()} <= drawn


def test_every_page_can_be_read_aloud(person, house, at_nine):
    for path in PAGES[:-2]:
        person.see(path)
        address = re.search(r'data-read="([^"]+)"', person.html)[1]
        assert address.split("?")[0].removesuffix(".wav").rsplit("/", 1)[1] in SPOKEN
