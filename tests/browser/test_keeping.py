"""A ticket kept in a real browser: ticked, shared, given back, with and without JavaScript."""

import pytest
from django.utils import timezone

from queueing import rules
from tests.browser.conftest import PHONE
from tests.browser.test_main_job import living_house  # noqa: F401  (a fixture)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def mine(living_house, live_server, settings):  # noqa: F811
    """Siti's number for KTP, booked for later today."""
    settings.BASE_URL = live_server.url
    queue = living_house.services["KTP"].queue_service.queue
    today = queue.windows.filter(date=living_house.mall.today(), starts_at__gt=timezone.now())
    window = today.order_by("-starts_at").first()
    visit = rules.book(
        mall=living_house.mall,
        wishes=[rules.Wish("KTP", window.pk)],
        at=timezone.now(),
        name="Siti Aminah",
    )
    return visit.tickets.get()


def address(ticket):
    return f"/tiket/{ticket.visit.token}/"


def test_ticks_stay_on_this_device_and_the_link_is_copied(mine, open_page, accessible):
    page = open_page(PHONE)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(address(mine))
    page.click(".m-check")
    page.reload()
    assert page.locator(".m-check input").first.is_checked()
    page.click("summary:has-text('Salin tautan')")
    accessible(page)
    page.click("button:has-text('Salin tautan')")
    page.wait_for_selector("button:has-text('Tersalin')")
    link = page.evaluate("navigator.clipboard.readText()")
    page.goto(link)
    assert page.locator(".m-code--xl").is_visible()
    assert "Siti" not in page.locator("main").inner_text()
    accessible(page)


@pytest.mark.parametrize("javascript", [True, False])
def test_a_number_is_given_back_in_two_taps(mine, open_page, accessible, javascript):
    page = open_page(PHONE, javascript=javascript)
    page.goto(address(mine))
    page.click("text=Batalkan nomor ini")
    accessible(page)
    page.click("button:has-text('Ya, batalkan nomor ini')")
    page.wait_for_selector("text=Nomor ini sudah dibatalkan.")
    assert page.locator("a:has-text('Ambil nomor baru')").is_visible()
    mine.refresh_from_db()
    assert mine.state == "cancelled"


def test_the_slip_is_printed_by_its_button_or_the_browsers_menu(mine, open_page, accessible):
    page = open_page(PHONE)
    page.goto(address(mine))
    page.click("a:has-text('Cetak')")
    page.evaluate("window.print = () => { window.printed = true; }")
    page.click("button:has-text('Cetak')")
    assert page.evaluate("window.printed") is True
    accessible(page)
    plain = open_page(PHONE, javascript=False)
    plain.goto(f"{address(mine)}cetak/?ukuran=80mm")
    assert not plain.locator("button:has-text('Cetak')").is_visible()
    assert plain.locator("text=pilih Cetak di menu peramban").is_visible()


def test_a_code_being_typed_outlives_the_wait_without_javascript(mine, open_page):
    page = open_page(PHONE, javascript=False)
    page.goto(address(mine))
    assert page.locator("#kode").is_visible()
    assert page.locator("meta[http-equiv=refresh]").count() == 0
    assert page.locator("noscript a").is_visible()
