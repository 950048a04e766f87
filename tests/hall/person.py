"""Somebody before a kiosk, for the tests: a browser without scripts that presses its buttons."""

import re
from html import unescape
from typing import Any

from queueing.models import Device, Ticket
from tests.house import House

KIOSK = "/gajah-mada/kios/"


class Person:
    """Somebody before the kiosk: a browser without scripts that follows what it is sent to."""

    def __init__(self, device: Device) -> None:
        self.device, self.client = device, device.client
        self.addresses: list[str] = []

    def see(self, path: str = "") -> str:
        self.page = self.client.get(KIOSK + path, follow=True)
        self.addresses += [KIOSK + path, *(url for url, _status in self.page.redirect_chain)]
        return self.text

    def touch(self, action: str, **fields: Any) -> str:
        """Press a button: its form's action and hidden fields as they are on the page."""
        self.page = self.client.post(KIOSK + action, {**self.hidden, **fields}, follow=True)
        self.addresses += [url for url, _status in self.page.redirect_chain]
        return self.text

    @property
    def hidden(self) -> dict[str, str]:
        found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', self.html)
        return {name: unescape(value) for name, value in found if name != "csrfmiddlewaretoken"}

    @property
    def html(self) -> str:
        return self.page.content.decode() if hasattr(self, "page") else ""

    @property
    def text(self) -> str:
        bare = re.sub(r"(?s)<(script|style|noscript|dialog).*?</\1>|<[^>]+>", " ", self.html)
        return re.sub(r"\s+", " ", unescape(bare))

    @property
    def where(self) -> str:
        return self.page.request["PATH_INFO"].removeprefix(KIOSK)


def taken() -> Ticket:
    return Ticket.objects.latest("pk")


def fill(house: House, prefix: str, hour: int) -> None:
    """Nobody gets a seat of this window any more."""
    window = house.window(prefix, hour)
    window.taken = window.seats
    window.save()
