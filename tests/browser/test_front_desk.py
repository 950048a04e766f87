"""The front desk in a real window: by keys alone, with a scanner, without scripts, on a phone."""

import pytest
from django.utils import timezone

from queueing import rules
from queueing.models import Inquiry, Ticket, TicketEvent, Window
from tests.browser.conftest import DESK, PHONE
from tests.browser.officers import open_today, press_on, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def booked(open_house):
    """The small mall today, with one who booked for a later hour of the day."""
    open_today(open_house)
    now = timezone.now()
    window = Window.objects.filter(
        queue=open_house.queues["C"], date=open_house.mall.date_at(now), starts_at__gt=now
    ).earliest("starts_at")
    wish = rules.Wish("KTP", window.pk)
    visit = rules.book(mall=open_house.mall, wishes=[wish], at=now, name="Siti Aminah")
    return visit.new_tickets[0]


@pytest.fixture
def desk(open_house, open_page, live_server):
    def desk(size=DESK, **more):
        page = open_page(size, **more)
        sign_in(page, open_house.people["front_desk"], live_server.url)
        page.goto("/admin/meja-depan/")
        return page

    return desk


def test_found_checked_in_and_printed_by_keys_alone(booked, desk):
    page = desk()
    page.add_init_script("window.print = () => { window.printed = true; }")
    page.locator("#q:focus").wait_for()
    page.keyboard.type(booked.label)
    page.keyboard.press("Enter")
    page.get_by_text("Siti Aminah").wait_for()
    press_on(page, "Lapor hadir")
    page.get_by_text("Lapor hadir tercatat").wait_for()
    booked.refresh_from_db()
    assert booked.state == "waiting"
    page.locator("#q:focus").wait_for()  # ready for the next one
    press_on(page, "Cetak karcis")
    page.wait_for_function("window.printed")
    assert TicketEvent.objects.filter(ticket=booked, kind="reprinted").exists()


def test_a_scanner_types_the_ticket_and_its_token_stays_nowhere(booked, desk, live_server):
    page = desk()
    page.locator("#q:focus").wait_for()
    token = booked.visit.token
    page.keyboard.type(f"{live_server.url}/tiket/{token}/")
    page.keyboard.press("Enter")
    page.get_by_text("Siti Aminah").wait_for()
    assert token not in page.url
    assert token not in page.content()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_every_page_of_the_desk_can_be_used_by_everybody(booked, desk, accessible, size):
    page = desk(size)
    accessible(page)
    page.goto(f"/admin/meja-depan/?kunjungan={booked.visit_id}")
    for summary in page.locator("details.m-more > summary").all():
        summary.click()
    accessible(page)
    for address in ("daftar/", "hari-kertas/?antrean=C"):
        page.goto(f"/admin/meja-depan/{address}")
        accessible(page)


def test_without_scripts_the_desk_finds_gives_asks_and_enters_paper(booked, desk, open_house):
    page = desk(javascript=False)
    page.fill("#q", "siti")
    page.press("#q", "Enter")
    page.get_by_text("Siti Aminah").wait_for()
    page.select_option("#service", "PBB")
    page.get_by_role("button", name="Beri nomor", exact=True).click()
    page.get_by_text("diberikan").wait_for()
    assert Ticket.objects.filter(service_type__code="PBB", state="waiting").exists()
    page.get_by_role("button", name="Catat satu orang bertanya").click()
    page.get_by_role("button", name="Urungkan").click()
    page.get_by_text("diurungkan").wait_for()
    assert not Inquiry.objects.exists()
    page.goto("/admin/meja-depan/hari-kertas/?antrean=C")
    page.fill("#b0", "C K01")
    page.get_by_role("button", name="Catat lembar ini").click()
    page.get_by_text("Pilih hasilnya").first.wait_for()
    assert page.input_value("#b0") == "C K01"
    page.select_option("[name=b0-hasil]", "served")
    for name, time in (("datang", "0.05"), ("panggil", "0.06"), ("selesai", "0.07")):
        page.fill(f"[name=b0-{name}]", time)
    page.get_by_role("button", name="Catat lembar ini").click()
    page.get_by_text("1 baris dicatat").wait_for()
