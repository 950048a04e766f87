"""The small mall at a quarter to eight on its Wednesday, and a citizen with a browser."""

import re
from dataclasses import dataclass, field
from typing import Any

import pytest
import time_machine
from django.test import Client

from tests.house import House, at


@pytest.fixture(autouse=True)
def _morning():
    """It is 7.45 on the tests' day, and time stands still until a test moves it."""
    with time_machine.travel(at(7, 45), tick=False) as traveller:
        yield traveller


@pytest.fixture
def clock(_morning):
    return _morning


@dataclass
class Browser:
    """A browser without JavaScript: it sends back the hidden fields of the page it is on."""

    client: Client = field(default_factory=Client)
    page: Any = None

    def get(self, address: str, **headers: Any) -> str:
        self.page = self.client.get(address, **headers)
        return self.text

    def press(self, act: str, **fields: Any) -> str:
        """Press the button `aksi=act` of the booking page, with these fields filled in."""
        data: dict[str, Any] = {}
        for name, value in re.findall(
            r'<input type="hidden" name="([^"]+)" value="([^"]*)"', self.form
        ):
            data.setdefault(name, []).append(value)
        self.page = self.client.post(self.action, {**data, "aksi": act, **fields})
        return self.text

    @property
    def text(self) -> str:
        """What is shown: without what a script would only draw with."""
        return re.sub(r"(?s)<template.*?</template>", "", self.page.content.decode())

    @property
    def form(self) -> str:
        start = self.text.index('<form id="isian"')
        return self.text[start : self.text.index("</form>", start)]

    @property
    def action(self) -> str:
        return re.search(r'action="([^"]+)"', self.form)[1]

    @property
    def hours(self) -> dict[str, tuple[str, bool]]:
        """The windows offered: {"09.00–10.00": (id, can be chosen)}."""
        found = re.findall(
            r'name="jam" value="(\d+)"( disabled)?.*?<b>([^<]+)</b>', self.form, re.DOTALL
        )
        return {span: (pk, not disabled) for pk, disabled, span in found}


@pytest.fixture
def browser() -> Browser:
    return Browser()


@pytest.fixture
def at_review(browser: Browser, house: House) -> Browser:
    """A browser that has chosen KTP at nine for Siti and stands before the last button."""
    browser.get("/gajah-mada/antrean/KTP/")
    browser.press("jam", jam=house.window("C", 9).pk)
    browser.press("periksa", name="Siti Aminah", nik="3576014101900001", phone="0812 3456 7890")
    assert "Sudah benar?" in browser.text
    return browser
