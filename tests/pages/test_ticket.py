"""The citizen's page of a visit."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from queueing import rules
from queueing.hall import hall_code
from queueing.models import QueueDay, Ticket
from tests.house import TODAY, at


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
    assert "Cukup tiba <b>pukul 08.50</b>" in page
    assert "Lapor hadir di mal mulai pukul 08.30" in page
    assert "Lantai 2, zona timur, loket 1, 2" in page
    assert ticket.visit.short_code[:3] in page
    assert "<svg" in page
    assert "Siti, ini tiket Anda" in page
    for hidden in ("Aminah", "Wati", "81234567890"):
        assert hidden not in page
    assert "no-store" in browser.page.headers["Cache-Control"]


def test_it_asks_again_and_says_when_the_whole_page_changes(browser, ticket):
    part = browser.get(address(ticket) + "?keadaan=booked", headers={"HX-Request": "true"})
    assert part.startswith('<div id="tiket"')
    browser.get(address(ticket) + "?keadaan=waiting", headers={"HX-Request": "true"})
    assert browser.page.headers["HX-Refresh"] == "true"


def test_without_javascript_it_refreshes_itself_in_the_line_but_not_under_a_code_being_typed(
    browser, house, ticket, clock
):
    refresh = '<noscript><meta http-equiv="refresh" content="30"></noscript>'
    clock.move_to(at(8, 45))
    page = browser.get(address(ticket))
    assert 'name="kode"' in page
    assert refresh not in page
    assert "Muat ulang untuk melihat yang terbaru" in page
    rules.check_in(visit_id=ticket.visit_id, at=at(8, 46))
    assert refresh in browser.get(address(ticket))


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
    page = browser.get(address(mine))
    assert "Nomor Anda masih berlaku" in page
    assert "Sampai <b>pukul 15.00</b>" in page
    assert "Masuk lagi dengan C 012" in page
    back = address(mine, mine.public_id, "kembali")
    assert browser.client.post(back, {"kode": "0"}).status_code == 422
    browser.client.post(back, {"kode": code_of(house, at(9, 10))})
    mine.refresh_from_db()
    assert mine.state == "waiting"


def test_who_is_too_late_is_told_so_before_the_number_is_marked(browser, house, clock):
    late = house.book("KTP", 9)
    clock.move_to(at(10, 31))
    page = browser.get(address(late))
    assert "Batas lapor hadir sudah lewat." in page
    assert "Cukup tiba" not in page


def test_just_before_reporting_opens_no_time_is_left_blank(browser, house, clock):
    house.queues["C"].early_minutes = 5
    house.queues["C"].save()
    soon = house.book("KTP", 9)
    clock.move_to(at(8, 52))
    page = browser.get(address(soon))
    assert "Lapor hadir di mal mulai pukul 08.55" in page
    assert "Cukup tiba" not in page


def test_a_number_missed_twice_leads_to_a_new_one_and_shows_no_code(browser, house, clock):
    mine = house.waiting("KTP", 9, arrived=at(8, 50))
    desk = {"counter_id": house.counters[1].pk, "officer": house.people["officer"]}
    rules.open_counter(**desk, at=at(9))
    for minute in (1, 6):
        rules.call_next(**desk, at=at(9, minute))
        rules.absent(**desk, at=at(9, minute + 2))
        if minute == 1:
            rules.bring_back(ticket_id=mine.pk, at=at(9, 5))
    clock.move_to(at(9, 10))
    page = browser.get(address(mine))
    assert "sudah pernah kembali ke antrean" in page
    assert "Ambil nomor baru" in page
    for offer in ("Kode tiket", "Batalkan nomor ini", "Beri tahu keluarga", mine.visit.short_code):
        assert offer not in page
    assert 'data-poll="' in page  # an officer may still undo it


def test_cancelling_asks_first_and_a_get_cancels_nothing(browser, ticket):
    page = browser.get(address(ticket, ticket.public_id, "batal"))
    assert "Batalkan nomor ini?" in page
    ticket.refresh_from_db()
    assert ticket.state == "booked"
    browser.client.post(address(ticket, ticket.public_id, "batal"))
    ticket.refresh_from_db()
    assert ticket.state == "cancelled"
    page = browser.get(address(ticket))
    assert "Nomor ini sudah dibatalkan." in page
    assert "Tempat jam 09.00–10.00 pada Rabu, 25 November kini untuk orang lain." in page
    assert 'href="/gajah-mada/antrean/KTP/"' in page
    assert browser.client.get(address(ticket, ticket.public_id, "batal")).status_code == 409


def test_all_numbers_of_a_visit_are_cancelled_in_two_taps(browser, house):
    wishes = [
        rules.Wish("KTP", house.window("C", 9).pk),
        rules.Wish("PBB", house.window("T", 10).pk),
    ]
    visit = rules.book(mall=house.mall, wishes=wishes, name="Siti", at=at(7, 30))
    every = f"/tiket/{visit.token}/batal/"
    assert every in browser.get(f"/tiket/{visit.token}/")
    page = browser.get(every)
    assert "Batalkan 2 nomor ini?" in page
    assert Ticket.objects.filter(visit=visit, state="booked").count() == 2
    assert browser.client.post(every).url == f"/tiket/{visit.token}/"
    assert Ticket.objects.filter(visit=visit, state="cancelled").count() == 2
    assert house.window("T", 10).taken == 0
    assert browser.client.get(every).status_code == 409


def test_one_cancelled_of_two_leaves_the_other(browser, house):
    wishes = [
        rules.Wish("KTP", house.window("C", 9).pk),
        rules.Wish("PBB", house.window("T", 10).pk),
    ]
    visit = rules.book(mall=house.mall, wishes=wishes, name="Siti", at=at(7, 30))
    first, second = visit.new_tickets
    browser.client.post(address(first, first.public_id, "batal"))
    page = browser.get(address(first))
    assert "Nomor Anda yang lain tetap berlaku." in page
    second.refresh_from_db()
    assert second.state == "booked"


def test_an_hour_beside_another_number_of_the_visit_is_not_offered(browser, house):
    wishes = [
        rules.Wish("KTP", house.window("C", 9).pk),
        rules.Wish("PBB", house.window("T", 10).pk),
    ]
    visit = rules.book(mall=house.mall, wishes=wishes, name="Siti", at=at(7, 30))
    first = visit.new_tickets[0]
    page = browser.get(address(first, first.public_id, "pindah"))
    assert re.search(rf'value="{house.window("C", 10).pk}" disabled', page)


def test_moving_takes_the_new_seat_and_frees_the_old(browser, house, ticket):
    page = browser.get(address(ticket, ticket.public_id, "pindah") + "?tanggal=2026-11-26")
    assert "Jam, Kamis 26 November" in page
    window = house.window("C", 10, days=1)
    browser.client.post(address(ticket, ticket.public_id, "pindah"), {"jam": window.pk})
    ticket.refresh_from_db()
    assert ticket.window_id == window.pk
    assert house.window("C", 9).taken == 0
    told = f"Nomor Anda kini {ticket.label}. Nomor C 012 tidak dipakai lagi."
    assert told in browser.get(address(ticket))
    assert told not in browser.get(address(ticket))  # said once


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
    assert 'href="/' in page


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


# -- what became of it -----------------------------------------------------------------------


def ended(house, clock, **how):
    """A ticket served at counter 1 and ended so; its owner's page at half past nine."""
    mine = house.waiting("KTP", 9, arrived=at(8, 50))
    desk = {"counter_id": house.counters[1].pk, "officer": house.people["officer"]}
    rules.open_counter(**desk, at=at(9))
    rules.call_next(**desk, at=at(9, 1))
    rules.start(**desk, at=at(9, 2))
    rules.end(**desk, at=at(9, 20), **how)
    clock.move_to(at(9, 30))
    return mine


def test_what_is_collected_later_says_when_and_where(browser, house, clock):
    mine = ended(house, clock, outcome="collect_later", collect_on=at(9, days=2).date())
    page = browser.get(address(mine))
    assert "Diterima. Ambil hasilnya mulai" in page
    assert "Jumat, 27 November 2026" in page
    assert "Lantai 2, loket 1, Dinas Dukcapil" in page


def test_missing_papers_are_named_and_one_may_return_the_same_day(browser, house, clock):
    mine = ended(house, clock, outcome="documents_missing", note="Fotokopi Kartu Keluarga")
    page = browser.get(address(mine))
    assert "Yang kurang: <b>Fotokopi Kartu Keluarga</b>" in page
    back = address(mine, mine.public_id, "kembali")
    assert back in page
    browser.client.post(back, {"kode": code_of(house, at(9, 30))})
    mine.refresh_from_db()
    assert mine.state == "waiting"


def test_a_referral_says_where_to(browser, house, clock):
    mine = ended(house, clock, outcome="referred", note="Kantor Pertanahan")
    assert "tempat lain: <b>Kantor Pertanahan</b>" in browser.get(address(mine))


def test_a_pause_says_why_and_until_when_and_shifts_the_estimate(browser, house, clock):
    rules.open_counter(
        counter_id=house.counters[1].pk, officer=house.people["officer"], at=at(8, 30)
    )
    mine = house.waiting("KTP", 9, arrived=at(8, 50))
    day = {"queue": house.queues["C"], "date": TODAY, "mall": house.mall}
    QueueDay.objects.update_or_create(
        **day, defaults={"paused_reason": "Gangguan pusat", "expected_back_at": at(10, 30)}
    )
    clock.move_to(at(9))
    page = browser.get(address(mine))
    assert "Antrean sedang dijeda: Gangguan pusat." in page
    assert "Perkiraan kembali pukul 10.30." in page
    assert re.search(r"Perkiraan dipanggil.*10\.30–1[01]\.\d\d", page, re.DOTALL)
    QueueDay.objects.filter(**day).update(expected_back_at=None)
    assert "Belum bisa diperkirakan selama antrean dijeda." in browser.get(address(mine))


def test_who_waits_sees_when_they_will_probably_be_called(browser, house, clock):
    mine = house.waiting("KTP", 9, arrived=at(8, 50))
    clock.move_to(at(9, 2))
    unknown = browser.get(address(mine))
    assert "Belum bisa diperkirakan: belum ada loket yang memanggil." in unknown
    assert not re.search(r"Perkiraan dipanggil</p>\s*<p[^>]*>\d", unknown)
    rules.open_counter(counter_id=house.counters[1].pk, officer=house.people["officer"], at=at(9))
    assert "09.00–09.10" in browser.get(address(mine))


def test_the_page_costs_at_most_eight_queries_however_many_numbers(browser, house, clock):
    codes = [("KTP", "C", 9), ("AKTA", "D", 10), ("PBB", "T", 11)]
    costs = []
    for many in (1, 3):
        wishes = [rules.Wish(code, house.window(q, hour).pk) for code, q, hour in codes[:many]]
        visit = rules.book(mall=house.mall, wishes=wishes, name=f"Siti {many}", at=at(7, 30))
        rules.check_in(visit_id=visit.pk, at=at(8, 45))
        with CaptureQueriesContext(connection) as queries:
            browser.get(f"/tiket/{visit.token}/")
        costs.append(len(queries))
    assert max(costs) <= 8, costs


def test_a_complaint_about_the_visit_is_one_tap_away_and_knows_the_ticket(browser, ticket):
    link = f"/gajah-mada/pengaduan/baru/?tiket={ticket.public_id}&amp;layanan=KTP"
    assert f'href="{link}"' in browser.get(address(ticket))
    form = browser.get(link.replace("&amp;", "&"))
    assert f"Tiket Anda, {ticket.label}" in form
    assert 'value="ticket" checked' in form
