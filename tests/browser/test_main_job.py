"""The whole road in a real browser: find, book, be reminded, come, be called, served and counted.

The clock is the real one, so the small mall's day is laid around now. With and without JavaScript.
"""

import datetime as dt
import re

import pytest
from django.contrib.auth.hashers import make_password
from django.utils import timezone

from accounts.models import User
from notifications.models import Message
from queueing import rules, statistics
from queueing.models import DailyStatistic, Ticket
from queueing.workflow import State
from tests.browser.conftest import DESK, PHONE
from tests.browser.officers import open_today

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "rahasia-sekali-2026"


@pytest.fixture
def living_house(open_house):
    """The small mall, open the whole of today in a zone where it is about noon."""
    open_today(open_house)
    service = open_house.services["KTP"]
    service.name = "Penggantian KTP-el hilang"
    service.synonyms = ["ktp hilang", "ganti ktp hilang"]
    service.save()
    User.objects.update(password=make_password(PASSWORD))  # hashed once: it is slow by intent
    return open_house


def _log_in(page, username):
    page.goto("/admin/login/")
    page.fill("input[name=username]", username)
    page.fill("input[name=password]", PASSWORD)
    _go(page, lambda: page.keyboard.press("Enter"))
    assert page.url.endswith("/admin/"), page.locator("body").inner_text()


def _go(page, act):
    """Do something that leads to another page, and wait until it is there."""
    with page.expect_navigation(wait_until="load"):
        act()


def _press(page, words):
    _go(page, lambda: page.click(f"button.btn-lg:has-text('{words}')"))


def _book(page, accessible):
    page.goto("/gajah-mada/")
    accessible(page)
    page.fill("input[name=q]", "ktp ilang")
    _go(page, lambda: page.keyboard.press("Enter"))
    accessible(page)
    _go(page, lambda: page.click("main >> text=Penggantian KTP-el hilang >> nth=0"))
    accessible(page)
    _go(page, lambda: page.click("a:has-text('Ambil nomor antrean') >> nth=0"))
    accessible(page)
    _press(page, "Lanjut")
    accessible(page)
    page.fill("input[name=name]", "Siti Aminah")
    page.fill("input[name=phone]", "0812-3456-7890")
    _go(page, lambda: page.click("text=Tambah layanan lain dalam kunjungan ini"))
    accessible(page)
    page.fill("#cari", "layanan pbb")
    _go(page, lambda: page.keyboard.press("Enter"))
    accessible(page)
    _go(page, lambda: page.click("button[value='tambah:PBB'] >> nth=0"))
    accessible(page)
    _press(page, "Lanjut")
    accessible(page)
    if page.locator("input[name=nik_later]").count():
        page.check("input[name=nik_later]")
    if page.locator("input[name=name]:visible").count():
        _press(page, "Lanjut")
    accessible(page)
    _press(page, "Ambil nomor antrean")
    assert "/tiket/" in page.url
    accessible(page)


def _serve(desk, house, ticket, officer, number, accessible):
    """The officer opens the counter, calls, starts and ends, by the page's keys and buttons."""
    _log_in(desk, officer)
    counter = house.counters[number]
    desk.goto(f"/admin/loket/{counter.pk}/")
    desk.click("button:has-text('Buka loket')")
    desk.wait_for_selector("#console[data-how=mine]")
    desk.keyboard.press("Space")
    desk.wait_for_selector(".m-now__head.is-call")
    assert ticket.label.split()[1] in desk.locator(".m-now").inner_text()
    accessible(desk)
    desk.keyboard.press("Space")
    desk.wait_for_selector(".m-now__head:not(.is-call)")
    accessible(desk)
    desk.click("button:has-text('Selesai tanpa memanggil')")
    desk.wait_for_selector("text=Tidak ada nomor di loket")
    ticket.refresh_from_db()
    assert ticket.state == State.DONE
    # whoever has just been served is passed over for ten minutes: let them pass
    Ticket.objects.filter(pk=ticket.pk).update(
        released_at=timezone.now() - dt.timedelta(minutes=11)
    )


@pytest.mark.parametrize("javascript", [True, False], ids=["with scripts", "without scripts"])
def test_two_services_from_the_search_to_the_heads_page(
    living_house, open_page, accessible, javascript
):
    citizen = open_page(PHONE, javascript=javascript)
    _book(citizen, accessible)
    tickets = list(Ticket.objects.order_by("window__starts_at"))
    assert [t.service_type.code for t in tickets] == ["KTP", "PBB"]
    visit = tickets[0].visit

    # the reminder stands in the outbox, its address masked
    assert Message.objects.filter(about=str(tickets[0].public_id)).exists()
    User.objects.create_superuser("operator", password=PASSWORD)
    operator = open_page(DESK)
    _log_in(operator, "operator")
    operator.goto("/admin/notifications/message/")
    assert operator.locator("#result_list tbody tr").count() >= 1
    assert "81234567890" not in operator.content()

    rules.check_in(visit_id=visit.pk, at=timezone.now())
    _serve(open_page(DESK), living_house, tickets[0], "officer", 1, accessible)
    if javascript:
        citizen.reload()
        citizen.wait_for_selector("text=Selesai")
    _serve(open_page(DESK), living_house, tickets[1], "foreign_officer", 4, accessible)

    head = open_page(DESK)
    _log_in(head, "head")
    head.goto("/dasbor/")
    accessible(head)
    served = head.locator(".m-kpis >> text=Selesai dilayani").first.locator("xpath=..").inner_text()
    assert "1" in served

    today = living_house.mall.today()
    rules.close_day(mall=living_house.mall, date=today, at=timezone.now())
    statistics.roll_up(mall=living_house.mall, date=today)
    assert DailyStatistic.objects.filter(served=1).count() == 2


PUBLIC = [
    "/gajah-mada/",
    "/gajah-mada/cari/?q=ktp",
    "/gajah-mada/instansi/DUKCAPIL/",
    "/gajah-mada/layanan/KTP/",
    "/gajah-mada/layanan/PASPOR/",
    "/gajah-mada/antrean/KTP/",
    "/gajah-mada/layar/",
    "/gajah-mada/bantuan/",
    "/gajah-mada/tiket-saya/",
    "/gajah-mada/pengaduan/",
    "/gajah-mada/pengaduan/baru/",
    "/pengaduan/",
    "/tidak-ada/",
    "/api/v1/docs",
]
STAFF = [
    ("officer", "/admin/loket/"),
    ("front_desk", "/admin/meja-depan/"),
    ("manager", "/admin/"),
    ("manager", "/admin/queueing/queue/"),
    ("manager", "/admin/services/servicetype/"),
    ("head", "/admin/services/openinghours/"),
]


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["360 px", "1280 px"])
def test_public_pages_are_accessible(living_house, open_page, accessible, size):
    page = open_page(size)
    for path in PUBLIC:
        page.goto(path)
        accessible(page)


def test_staff_pages_break_no_policy(living_house, open_page):
    for who, path in STAFF:
        page = open_page(DESK)
        _log_in(page, who)
        assert page.goto(path).status == 200, path


def test_a_booking_by_keyboard_alone(living_house, open_page):
    page = open_page(PHONE)
    page.goto("/gajah-mada/layanan/AKTA/")
    page.locator("a:has-text('Ambil nomor antrean')").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Kapan Anda datang?")
    page.locator("input[name=jam]:checked").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Siapa yang datang?")
    page.locator("input[name=name]").focus()
    page.keyboard.type("Budi")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Sudah benar?")
    page.locator("button.btn-lg:has-text('Ambil nomor antrean')").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/tiket/"))
    assert Ticket.objects.get().service_type.code == "AKTA"


def test_an_impatient_double_press_gives_no_second_number(living_house, open_page):
    page = open_page(PHONE)
    page.goto("/gajah-mada/antrean/AKTA/")
    _press(page, "Lanjut")
    page.fill("input[name=name]", "Budi")
    _press(page, "Lanjut")
    # the second press aborts the first navigation: wait for what the person sees in the end
    page.dblclick("button.btn-lg:has-text('Ambil nomor antrean')", no_wait_after=True)
    page.locator("b.m-pin").wait_for()
    assert "/tiket/" in page.url
    assert Ticket.objects.count() == 1
