"""Officers at their counters in real windows: signed in, pressing keys, seeing what is said."""

import datetime as dt

from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page

from accounts.models import User
from queueing import rules
from queueing.models import Counter, Queue, QueueDay, Ticket, Window
from services.models import OpeningHours, ServiceStandard
from tests.house import House


def open_today(house: House) -> House:
    """Lay the small mall's day around now: open all day in a zone where it is about noon."""
    mall = house.mall
    hour = timezone.now().hour
    # a zone of its own day: noon there, whatever the hour here
    offset = (12 - hour + 12) % 24 - 12
    mall.time_zone = f"Etc/GMT{-offset:+d}" if offset else "Etc/GMT"
    mall.save()
    Window.objects.all().delete()
    QueueDay.objects.all().delete()
    OpeningHours.objects.all().delete()
    for weekday in range(7):
        OpeningHours.objects.create(
            mall=mall, weekday=weekday, opens_at=dt.time(6), closes_at=dt.time(22)
        )
    Queue.objects.update(late_minutes=600, early_minutes=600)
    ServiceStandard.objects.update(requirements=["surat kehilangan dari kepolisian"])
    rules.materialise(
        queues=list(Queue.objects.select_related("mall", "agency")), at=timezone.now()
    )
    return house


def sign_in(page: Page, user: User, base: str) -> None:
    """Give the page's browser a session of its own."""
    client = Client()
    client.force_login(user)
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": base}])


class Desk:
    """One officer's window at one counter, worked by keys alone."""

    def __init__(self, page: Page, user: User, counter: Counter, base: str) -> None:
        self.page, self.user, self.counter = page, user, counter
        sign_in(page, user, base)
        self.address = f"{base}/admin/loket/{counter.pk}/"
        page.goto(self.address)

    def press(self, *keys: str) -> "Desk":
        """Press keys one after another; each answer is awaited before the next."""
        for key in keys:
            self.page.keyboard.press(key)
            self.page.wait_for_function("!document.querySelector('#console[aria-busy]')")
        return self

    def number(self) -> str:
        """The number at the counter as the page shows it; "kosong" when there is none."""
        return self.page.locator("#console").get_attribute("data-label")

    def sees(self, words: str) -> None:
        self.page.locator("#console", has_text=words).wait_for()

    def hears(self, words: str) -> None:
        """What a screen reader is told."""
        self.page.locator("#said", has_text=words).wait_for(state="attached")

    def ticket(self) -> Ticket:
        return Ticket.objects.get(label=self.number(), state__in=["called", "serving"])


def press_on(page: Page, words: str) -> None:
    """Go to a button by Tab, and press it."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if words in page.evaluate("document.activeElement.innerText || ''").replace("\n", " "):
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"no way by Tab to {words!r}")
