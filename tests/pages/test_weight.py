"""What a first visit carries over the air: the page as it is sent and everything it names."""

import gzip
import json
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import brotli
import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

from notifications import vapid
from services.catalogue import import_catalogue
from tests.house import at

MOST = 60_000
CATALOGUE = Path(settings.BASE_DIR) / "services" / "data" / "catalogue.csv"
TAKES = {"accept-encoding": "gzip, deflate, br"}
SHOWN = {"stylesheet", "icon", "manifest", "apple-touch-icon", "preload", "modulepreload"}

FIRST_VIEWS = [
    "/gajah-mada/",
    "/gajah-mada/cari/?q=ktp",
    "/gajah-mada/layanan/KTP/",
    "/gajah-mada/layanan/DUKCAPIL-02/",
    "/gajah-mada/antrean/KTP/",
    "/gajah-mada/bantuan/",
    "/gajah-mada/pengaduan/baru/",
    "/gajah-mada/tiket-saya/",
]


class Named(HTMLParser):
    """The addresses that a browser fetches by itself to show the page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.addresses: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        values = {name: value or "" for name, value in attrs}
        if tag == "link" and SHOWN.isdisjoint(values.get("rel", "").split()):
            return
        if tag in {"link", "use"}:
            self.addresses.add(values.get("href", ""))
        if tag in {"script", "img", "source", "iframe", "video", "audio"}:
            self.addresses.add(values.get("src", ""))

    handle_startendtag = handle_starttag


@cache
def gathered(name: str) -> int:
    """The bytes of a static file as `collectstatic` compresses it and WhiteNoise sends it."""
    data = Path(finders.find(name)).read_bytes()
    return min(len(data), len(brotli.compress(data)))


def carried(client, page) -> dict[str, int]:
    """What each part of the first view weighs, by its address."""
    assert page.status_code == 200
    parts = {"page": len(page.content)}
    html = unpacked(page)
    waiting = sorted(Named(html).addresses)
    base = page.request["PATH_INFO"]
    while waiting:
        address = urlsplit(urljoin(base, waiting.pop())).path
        if address in parts or address == base or not address:
            continue
        if address.startswith(settings.STATIC_URL):
            parts[address] = gathered(address.removeprefix(settings.STATIC_URL))
            continue
        answer = client.get(address, headers=TAKES)
        assert answer.status_code == 200, address
        parts[address] = len(answer.content)
        if address.endswith(".webmanifest"):
            waiting += [icon["src"] for icon in json.loads(unpacked(answer)).get("icons", [])]
    return parts


def unpacked(answer) -> str:
    read = {"br": brotli.decompress, "gzip": gzip.decompress}
    return read.get(answer.get("Content-Encoding"), bytes)(answer.content).decode()


@pytest.fixture
def full_house(house):
    """The mall with the whole catalogue: 24 agencies and 178 services more."""
    import_catalogue(mall=house.mall, data=CATALOGUE.read_bytes(), at=at(6))
    house.mall.primary_colour = "#14502f"  # so that its own style sheet has all its lines
    house.mall.save(update_fields=["primary_colour"])
    return house


@pytest.mark.parametrize("language", ["id", "en"])
def test_a_first_view_weighs_less_than_sixty_kilobytes(browser, full_house, language, settings):
    settings.NOTIFICATION_CHANNELS, settings.VAPID_PRIVATE_KEY = ["push"], vapid.new_key()
    browser.client.cookies["django_language"] = language
    views = {step: browser.client.get(step, headers=TAKES) for step in FIRST_VIEWS}
    ticket = f"/tiket/{full_house.book('KTP', 9).visit.token}/"
    views["ticket"] = browser.client.get(ticket, headers=TAKES)
    views |= {step: booking(browser, full_house, step) for step in ("who", "review")}
    for step, page in views.items():
        parts = carried(browser.client, page)
        assert sum(parts.values()) < MOST, (step, parts)


def booking(browser, house, step):
    """A later step of the booking, as it is sent."""
    browser.get("/gajah-mada/antrean/KTP/")
    browser.press("jam", jam=house.window("C", 9).pk)
    if step == "review":
        browser.press("periksa", name="Siti Aminah", nik="3576014101900001", phone="081234567890")
    page = browser.page
    page.content = brotli.compress(page.content, quality=5)
    page["Content-Encoding"] = "br"
    return page


def test_words_are_compressed_for_whoever_takes_it(client, house):
    plain = client.get("/gajah-mada/")
    for takes in ("br", "gzip, br;q=0.8", "gzip,br"):
        small = client.get("/gajah-mada/", headers={"accept-encoding": takes})
        assert small["Content-Encoding"] == "br"
        assert int(small["Content-Length"]) == len(small.content) < len(plain.content) / 3
        assert "MPP Gajah Mada" in unpacked(small)
    for takes in ("", "gzip", "br;q=0", "gzip, br;q=0.0, *", "broken"):
        answer = client.get("/gajah-mada/", headers={"accept-encoding": takes})
        assert "Content-Encoding" not in answer
        assert "Accept-Encoding" in answer["Vary"]
