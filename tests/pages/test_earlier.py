"""The pages of an earlier hour and of a place that the mall kept."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.models import Message
from queueing import rules
from queueing.models import EarlierWish, FreedSeat, QueueClosure, Ticket
from tests.house import at
from tests.queueing.promises import keep_their_promises, seats


@pytest.fixture
def ticket(house):
    return house.book("KK", 14, name="Siti Aminah", email="siti@contoh.id")


def address(ticket, *more):
    return "/".join(["", "tiket", ticket.visit.token, *more, ""])


def press(browser, ticket, act, **fields):
    """Press one of the buttons; the page to which it leads."""
    fields = {"aksi": act, "nomor": ticket.public_id, **fields}
    browser.page = browser.client.post(address(ticket, "lebih-awal"), fields, follow=True)
    return browser.text


def wish(browser, ticket, moment):
    return press(browser, ticket, "kabari", mulai=int(moment.timestamp()))


def offer(house, ticket):
    """A seat at eleven, offered to this ticket at 7.55."""
    seats(house.window("C", 11), 1)
    rules.cancel(ticket_id=house.book("KK", 11).pk, at=at(7, 50))
    rules.pass_on(at=at(7, 55))
    return FreedSeat.objects.get(wish__ticket=ticket)


def test_from_the_ticket_to_the_list_and_off_it_again(browser, house, ticket):
    assert "Mau lebih awal? Kabari saya" in browser.get(address(ticket))
    page = browser.get(address(ticket, "lebih-awal"))
    for hour in ("09.00", "10.00", "13.00"):
        assert f">Hari ini, {hour}<" in page
    assert "Hari ini, 08.00" not in page  # within the hour
    assert "Hari ini, 14.00" not in page
    assert not EarlierWish.objects.exists()
    page = wish(browser, ticket, at(10))
    assert "Anda di daftar. Kami kabari bila ada tempat yang lebih awal." in page
    assert EarlierWish.objects.get().not_before == at(10)
    page = browser.get(address(ticket, "lebih-awal"))
    assert "pukul 10.00" in page
    assert " selected>Hari ini, 10.00" in page
    assert "Anda tidak lagi di daftar" in press(browser, ticket, "berhenti")
    assert EarlierWish.objects.get().ended_at == at(7, 45)


def test_the_days_before_are_offered_by_their_first_hour(browser, house):
    later = house.book("KK", 10, days=1, email="a@contoh.id")
    page = browser.get(address(later, "lebih-awal"))
    assert "Hari ini, 09.00" in page
    assert "Hari ini, 10.00" not in page
    assert "Kam 26 Nov, 09.00" in page


def test_without_a_contact_the_page_says_why(browser, house):
    silent = house.book("KK", 14)
    page = browser.get(address(silent, "lebih-awal"))
    assert "Kami perlu cara mengabari Anda" in page
    assert 'value="kabari"' not in page
    page = wish(browser, silent, at(10))
    assert browser.page.status_code == 409
    assert "Kami belum bisa mengabari Anda" in page
    assert not EarlierWish.objects.exists()


def test_an_hour_that_is_not_earlier_is_refused_where_it_is_chosen(browser, ticket):
    for wrong in ("", "abc", str(int(at(14).timestamp())), "9" * 30):
        page = press(browser, ticket, "kabari", mulai=wrong)
        assert browser.page.status_code == 422
        assert "Pilih jam yang lebih awal" in page
    press(browser, ticket, "apa")
    assert not EarlierWish.objects.exists()
    browser.page = browser.client.post(address(ticket, "lebih-awal"), {"aksi": "kabari"})
    assert browser.page.status_code == 404


def test_an_offer_is_shown_with_its_time_and_taken_with_one_press(browser, house, ticket, clock):
    wish(browser, ticket, at(9))
    seat = offer(house, ticket)
    clock.move_to(at(8))
    assert "Ada tempat lebih awal: <b>Rabu, 25 November, 11.00–12.00" in browser.get(
        address(ticket)
    )
    page = browser.get(address(ticket, "lebih-awal"))
    assert "11.00–12.00" in page
    assert "sampai <b>pukul 08.10</b>, 10 menit lagi" in page
    assert Ticket.objects.get(pk=ticket.pk).window_id == ticket.window_id  # a GET never acts
    page = press(browser, ticket, "ambil", tawaran=seat.pk)
    moved = Ticket.objects.get(pk=ticket.pk)
    assert f"Sudah pindah. Nomor Anda kini {moved.label}." in page
    assert "11.00–12.00" in page
    keep_their_promises()


def test_a_second_tap_says_only_that_it_has_moved(browser, house, ticket):
    wish(browser, ticket, at(9))
    seat = offer(house, ticket)
    press(browser, ticket, "ambil", tawaran=seat.pk)
    page = press(browser, ticket, "ambil", tawaran=seat.pk)
    label = Ticket.objects.get(pk=ticket.pk).label
    assert f"Sudah pindah. Nomor Anda kini {label}." in page
    assert "tidak dipakai lagi" not in page


def test_an_offer_is_passed_and_the_list_kept(browser, house, ticket, clock):
    wish(browser, ticket, at(9))
    seat = offer(house, ticket)
    page = press(browser, ticket, "lewati", tawaran=seat.pk)
    assert "Tawaran dilewati. Nomor Anda tetap, dan Anda masih di daftar." in page
    assert EarlierWish.objects.filter(ended_at=None).count() == 1


def test_an_offer_that_is_gone_says_so_and_nothing_is_lost(browser, house, ticket, clock):
    wish(browser, ticket, at(9))
    seat = offer(house, ticket)
    clock.move_to(at(8, 30))
    page = press(browser, ticket, "ambil", tawaran=seat.pk)
    assert browser.page.status_code == 409
    assert "Tawaran itu sudah berakhir. Nomor Anda yang sekarang tetap berlaku." in page
    assert "Belum ada tawaran sekarang" in page
    assert Ticket.objects.get(pk=ticket.pk).window_id == ticket.window_id


def test_only_the_own_offer_can_be_taken(browser, house, ticket):
    wish(browser, ticket, at(9))
    seat = offer(house, ticket)
    other = house.book("KK", 14, email="b@contoh.id")
    page = press(browser, other, "ambil", tawaran=seat.pk)
    assert "Tawaran itu sudah berakhir" in page
    assert press(browser, other, "kabari") is not None
    browser.page = browser.client.post(
        address(other, "lebih-awal"), {"aksi": "berhenti", "nomor": ticket.public_id}
    )
    assert browser.page.status_code == 404
    assert EarlierWish.objects.filter(ended_at=None).count() == 1


def test_what_is_near_or_cancelled_cannot_come_earlier(browser, house, ticket, clock):
    clock.move_to(at(13, 30))
    assert "Mau lebih awal" not in browser.get(address(ticket))
    assert "Tidak ada nomor yang bisa dimajukan" in browser.get(address(ticket, "lebih-awal"))


def test_it_costs_at_most_eight_queries_and_is_written_in_english_too(browser, house, ticket):
    wish(browser, ticket, at(9))
    offer(house, ticket)
    for page in (address(ticket), address(ticket, "lebih-awal")):
        browser.get(page)
        with CaptureQueriesContext(connection) as captured:
            browser.get(page)
        assert len(captured) <= 8, "\n".join(query["sql"][:150] for query in captured)
    browser.get(address(ticket, "lebih-awal"), headers={"Accept-Language": "en"})
    assert browser.page.status_code == 200


def test_the_full_days_page_says_that_there_is_a_list(browser, house):
    hint = "bila ada yang batal, tempatnya ditawarkan kepada Anda"
    assert hint not in browser.get("/gajah-mada/antrean/KK/")
    for hour in range(8, 15):
        seats(house.window("C", hour), 0)
    assert hint in browser.get("/gajah-mada/antrean/KK/")


# -- a place that the mall kept --------------------------------------------------------------------


@pytest.fixture
def moved(house):
    """Booked for Friday at nine, moved by the mall to Monday, and told."""
    ticket = house.book("KK", 9, days=2, name="Siti Aminah", email="siti@contoh.id")
    friday = at(0, days=2).date()
    QueueClosure.objects.create(queue=house.queues["C"], first_date=friday, last_date=friday)
    rules.rearrange(queues=[house.queues["C"]], at=at(7, 40))
    sent = {"state": "sent", "sent_at": at(7, 41), "ended_at": at(7, 41)}
    Message.objects.filter(kind="kept").update(**sent)
    return Ticket.objects.get(pk=ticket.pk)


def test_the_ticket_says_until_when_and_one_press_confirms(browser, moved):
    page = browser.get(address(moved))
    assert "Kami memindahkan jadwal Anda" in page
    assert "Sekarang <b>Senin, 30 November, 09.00–10.00</b>" in page
    assert "sampai <b>Jumat, 27 November pukul 07.40</b>" in page
    for way in ("Ya, saya datang", "Pilih waktu lain", "Batalkan"):
        assert way in page
    browser.client.post(address(moved, "jadi"), {"jawab": "ya"})
    now = Ticket.objects.get(pk=moved.pk)
    assert (now.kept_until, now.confirmed_at) == (None, at(7, 45))
    assert "Kami memindahkan jadwal Anda" not in browser.get(address(moved))


def test_a_kept_place_that_was_let_go_says_why(browser, moved, clock):
    clock.move_to(at(8, days=2))
    assert "Tekan Ya agar tidak lepas" in browser.get(address(moved))
    rules.expire_kept(at=at(8, days=2))
    page = browser.get(address(moved))
    assert "tidak dipastikan pada waktunya" in page
    assert "Tempat jam 09.00–10.00 pada Senin, 30 November kini untuk orang lain." in page
    assert "Urungkan" not in page
    assert "Ambil nomor" in page
    browser.page = browser.client.post(address(moved, "jadi"), {"jawab": "ya"})
    assert browser.page.status_code == 409
    assert "Tidak ada nomor yang menunggu kepastian" in browser.text


def test_who_cancels_such_a_place_is_not_told_that_they_were_too_late(browser, moved, clock):
    clock.move_to(at(8, days=2))
    rules.cancel(ticket_id=moved.pk, at=at(8, days=2))
    page = browser.get(address(moved))
    assert "Nomor ini sudah dibatalkan." in page
    assert "tidak dipastikan pada waktunya" not in page
