"""From an empty installation to the first number called, in a real browser on a phone's screen.

The clock is the real one, so the mall is told to be open around it.
"""

import datetime as dt
import logging
import re
import time
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from mpp_portal.first_run import code
from queueing import rules
from queueing.models import Queue, Ticket
from queueing.workflow import State
from services.models import Mall
from tests.browser.conftest import DESK, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "kursi-biru-2026"
_log = logging.getLogger("tests.first_run")


class Hand:
    """Presses and types in a page, and keeps count of presses, words and the seconds they take."""

    def __init__(self, page, accessible) -> None:
        self.page, self.accessible = page, accessible
        self.presses = self.words = 0
        self.seconds = 0.0

    def write(self, **fields: str) -> None:
        for name, text in fields.items():
            self.words += 1
            self._timed(lambda name=name, text=text: self.page.fill(f"[name={name}]", text))

    def tick(self, selector: str, *, on: bool = True) -> None:
        self.presses += 1
        self._timed(lambda: self.page.set_checked(selector, on))

    def press(self, selector: str) -> None:
        """Press what leads to another page, and look at that page."""
        self.presses += 1

        def act() -> None:
            with self.page.expect_navigation(wait_until="load"):
                self.page.click(selector)

        self._timed(act)
        self.accessible(self.page, citizen=False if "/admin/" in self.page.url else None)

    def forward(self) -> None:
        self.press(".m-dock .btn")

    def _timed(self, act) -> None:
        started = time.monotonic()
        act()
        self.seconds += time.monotonic() - started


def zone_under_way() -> str:
    """A zone of the form's in which the day has begun and is not about to end."""
    now = timezone.now()
    for name in ("Asia/Jakarta", "Asia/Jayapura"):
        if 1 <= now.astimezone(ZoneInfo(name)).hour <= 22:
            return name
    return "Asia/Makassar"


def open_around_the_clock(hand: Hand) -> None:
    """Every day from midnight to midnight, today's holiday or not."""
    page = hand.page
    for n in range(4):
        page.set_checked(f"[name=hari-{n}-open]", True)
        times = {"opens_at": "00.00", "closes_at": "00.00", "break_starts_at": ""}
        for name, text in {**times, "break_ends_at": ""}.items():
            page.fill(f"[name=hari-{n}-{name}]", text)
    page.fill("[name=last_ticket]", "0")
    page.click("summary")
    today = timezone.now().date()
    for date in (today, today + dt.timedelta(days=1)):
        box = page.locator(f"[name=libur][value='{date}']")
        if box.count():
            box.uncheck()


def set_up(hand: Hand) -> None:
    page = hand.page
    page.goto("/")
    hand.accessible(page)
    hand.press("a.btn:has-text('Mulai menata')")
    hand.forward()  # nothing written: every field says what it wants
    assert page.locator(".m-errors li").count() == 5
    hand.write(code=code.issue(), name="Ratna Dewi", username="ratna")
    hand.write(password=PASSWORD, again=PASSWORD)
    hand.forward()
    hand.write(name="MPP Gajah Mada", regency="Kota Mojokerto", province="Jawa Timur")
    page.select_option("[name=time_zone]", zone_under_way())
    hand.forward()
    open_around_the_clock(hand)
    hand.accessible(page)
    hand.forward()
    hand.press("button:has-text('Kosongkan')")
    hand.tick("[name=instansi][value=DINSOS]")
    hand.tick("[name=instansi][value=PLN]")
    for step in ("antrean", "loket", "petugas", "periksa"):
        hand.forward()
        assert page.url.endswith(f"/mulai/{step}/")
        page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
        hand.accessible(page)
    page.go_back()  # what was written is there, and nothing was made
    page.go_forward()
    assert not Mall.objects.exists()
    hand.forward()
    assert page.url.endswith("/mulai/selesai/")


def test_from_nothing_to_the_first_number_called(open_page, accessible, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    hand = Hand(open_page(PHONE), accessible)
    set_up(hand)
    mall = Mall.objects.get()
    Queue.objects.update(early_minutes=600)
    _log.info("set up: %d presses, %d words, %.1f s", hand.presses, hand.words, hand.seconds)

    citizen = Hand(open_page(PHONE), accessible)
    citizen.page.goto(hand.page.locator("a:has-text('Ambil nomor pertama')").get_attribute("href"))
    citizen.press("a:has-text('Ambil nomor antrean') >> nth=0")
    citizen.forward()
    citizen.write(name="Siti Aminah")
    if citizen.page.locator("[name=nik_later]").count():
        citizen.tick("[name=nik_later]")
    citizen.forward()
    citizen.forward()
    assert "/tiket/" in citizen.page.url
    ticket = Ticket.objects.get()
    assert re.fullmatch(r"[A-Z]\d? \d{3,4}", ticket.label)
    total = hand.seconds + citizen.seconds
    presses = hand.presses + citizen.presses
    _log.warning("from nothing to the first number: %d presses, %.1f s", presses, total)

    rules.check_in(visit_id=ticket.visit_id, at=timezone.now())
    counter = mall.counters.filter(assignments__queue=ticket.queue).first()
    desk = hand.page
    desk.set_viewport_size(DESK)
    desk.goto(f"/admin/loket/{counter.pk}/")
    desk.click("button:has-text('Buka loket')")
    desk.wait_for_selector("#console[data-how=mine]")
    desk.keyboard.press("Space")
    desk.wait_for_selector(".m-now__head.is-call")
    assert ticket.label.split()[1] in desk.locator(".m-now").inner_text()
    ticket.refresh_from_db()
    assert ticket.state == State.CALLED


def test_every_step_fits_a_wide_screen_and_works_without_scripts(
    open_page, accessible, settings, tmp_path
):
    settings.DATA_DIR = tmp_path
    hand = Hand(open_page(DESK, javascript=False), accessible)
    page = hand.page
    page.goto("/mulai/")
    hand.write(code=code.issue(), name="Ratna Dewi", username="ratna")
    hand.write(password=PASSWORD, again=PASSWORD)
    hand.forward()
    hand.write(name="MPP Gajah Mada", regency="Kota Mojokerto", province="Jawa Timur")
    hand.forward()
    hand.forward()
    hand.press("button:has-text('Kosongkan')")
    hand.tick("[name=instansi][value=PLN]")
    for _step in ("antrean", "loket", "petugas", "periksa"):
        hand.forward()
    hand.forward()
    assert page.url.endswith("/mulai/selesai/")
    assert page.locator(".m-slips li").count() == 2
    hand.press("a:has-text('Cetak poster')")
    assert "/gajah-mada/" in page.locator(".m-poster__address").inner_text()
