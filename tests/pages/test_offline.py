"""What a phone keeps: the worker, the manifest, the icon, and what the pages carry for them."""

import json
import re
import zlib

import pytest

from mpp_portal import installable
from mpp_portal.installable import drawing
from queueing import rules
from services.models import Mall
from tests.house import at

SERVICE = "/gajah-mada/layanan/KTP/"


@pytest.fixture
def ticket(house):
    return house.book("KTP", 9)


def ticket_page(ticket):
    return f"/tiket/{ticket.visit.token}/"


def test_the_worker_is_served_at_the_root_and_always_asked_for_again(client, house):
    page = client.get("/sw.js")
    assert page.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert "no-cache" in page.headers["Cache-Control"]
    assert 'addEventListener("fetch"' in page.content.decode()


def test_the_worker_is_new_when_a_static_file_is(client, house, monkeypatch):
    installable._version.cache_clear()
    before = client.get("/sw.js").content
    monkeypatch.setattr(installable, "static", lambda name: f"/static/{name}.0123456789ab")
    installable._version.cache_clear()
    assert client.get("/sw.js").content != before
    installable._version.cache_clear()


def test_the_manifest_is_the_malls_own(client, house):
    Mall.objects.update(primary_colour="#7a1f2b")
    page = client.get("/gajah-mada/manifest.webmanifest")
    assert page.headers["Content-Type"] == "application/manifest+json"
    told = json.loads(page.content)
    assert told["name"] == "MPP Gajah Mada, Kota Mojokerto"
    assert told["start_url"] == "/gajah-mada/tiket-saya/"
    assert told["display"] == "standalone"
    assert told["theme_color"] == "#7a1f2b"
    purposes = {(icon["sizes"], icon.get("purpose")) for icon in told["icons"]}
    assert {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")} <= purposes
    for icon in told["icons"]:
        if icon["type"] == "image/png":
            assert client.get(icon["src"]).headers["Content-Type"] == "image/png"
    assert client.get("/lain/manifest.webmanifest").status_code == 404


def test_an_icon_is_a_png_in_the_malls_colour(client, house):
    picture = drawing(192, "#7a1f2b")
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert bytes.fromhex("7a1f2bffffff") in picture
    start = picture.index(b"IDAT")
    size = int.from_bytes(picture[start - 4 : start])
    pixels = zlib.decompress(picture[start + 4 : start + 4 + size])
    assert len(pixels) == 192 * 193
    assert {0, 1, 5} <= set(pixels)  # ground, gate, dot
    assert len(drawing(512, "#7a1f2b")) < 6000
    assert client.get("/gajah-mada/ikon-4000.png").status_code == 404


@pytest.mark.parametrize("address", ["/gajah-mada/", SERVICE])
def test_every_page_names_the_manifest_and_only_what_is_kept_the_worker(browser, house, address):
    page = browser.get(address)
    assert 'rel="manifest" href="/gajah-mada/manifest.webmanifest"' in page
    assert ("js/offline.js" in page) == (address == SERVICE)
    policy = browser.page.headers["Content-Security-Policy"]
    assert "worker-src 'self'" in policy
    assert "manifest-src 'self'" in policy


def test_the_ticket_says_where_it_is_followed(browser, house, ticket, settings):
    settings.LIVE_URL = "http://live.example"
    page = browser.get(ticket_page(ticket))
    part = re.search(r'<div id="tiket"[^>]*>', page)[0]
    assert f'data-stream="http://live.example/langsung/{house.mall.pk}/?hak=' in part
    assert f'data-queues="{house.queues["C"].pk}"' in part
    assert 'data-offline="/gajah-mada/tanpa-sinyal/"' in page
    assert "htmx" not in page
    assert "no-store" in browser.page.headers["Cache-Control"]


def test_far_from_its_turn_a_page_looks_at_most_every_ten_seconds(browser, house, clock):
    tickets = [house.waiting("KK", 9, name=f"A{n}", arrived=at(8, 40)) for n in range(3)]
    tickets += [house.waiting("KK", 10, name=f"B{n}", arrived=at(9, 40)) for n in range(4)]
    clock.move_to(at(9, 45))
    assert 'data-gap="10"' in browser.get(ticket_page(tickets[-1]))
    assert 'data-gap="1"' in browser.get(ticket_page(tickets[0]))


def test_a_called_tickets_title_says_where_to_go(browser, house, clock):
    mine = house.waiting("KTP", 9, arrived=at(8, 50))
    desk = {"counter_id": house.counters[1].pk, "officer": house.people["officer"]}
    rules.open_counter(**desk, at=at(9))
    rules.call_next(**desk, at=at(9, 1))
    clock.move_to(at(9, 2))
    page = browser.get(ticket_page(mine))
    assert re.search(r"<title>Giliran Anda, Loket 1\s+- MPP Gajah Mada</title>", page)


def test_a_refused_form_is_never_fetched_again_by_itself(browser, house, ticket, clock):
    clock.move_to(at(8, 45))
    page = browser.client.post(ticket_page(ticket) + "lapor/", {"kode": "abcd"}).content.decode()
    assert 'http-equiv="refresh" content="30"' not in page


def test_the_ticket_asks_for_the_whole_page_once_presence_can_be_reported(
    browser, house, ticket, clock
):
    asks = {"headers": {"HX-Request": "true"}}
    address = ticket_page(ticket) + "?keadaan=booked"
    assert browser.get(address, **asks).startswith('<div id="tiket"')
    clock.move_to(at(8, 45))
    browser.get(address, **asks)
    assert browser.page.status_code == 204


def test_the_offline_page_is_in_the_malls_voice(browser, house):
    page = browser.get("/gajah-mada/tanpa-sinyal/")
    assert "Halaman ini perlu sinyal" in page
    assert "MPP Gajah Mada" in page
