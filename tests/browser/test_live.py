"""A ticket followed in a real browser: by the stream, by the clock, and without a signal.

The live process is the real one, on the tests' Redis.
"""

import datetime as dt
import re
import time

import pytest
import redis
from django.conf import settings as configured
from django.test import Client
from django.utils import timezone

from queueing import rules
from queueing.live import channel
from queueing.views import ticket as ticket_views
from tests.browser.conftest import PHONE
from tests.browser.test_main_job import living_house  # noqa: F401  (a fixture)
from tests.ground.following import live_process

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SERVICE = "/gajah-mada/layanan/KTP/"
NEVER_S = 3600


@pytest.fixture
def quiet_clock(monkeypatch):
    """No page asks by itself: what it shows came by the stream."""
    monkeypatch.setattr(ticket_views, "_POLL_S", NEVER_S)
    monkeypatch.setattr(ticket_views, "_POLL_NEAR_S", NEVER_S)
    monkeypatch.setattr(ticket_views, "_GAP_S", 1)
    monkeypatch.setattr(ticket_views, "_CALM_S", NEVER_S)


@pytest.fixture
def live(live_server, settings):
    """The live process, allowed by the pages' policy."""
    with live_process(base=live_server.url) as (port, process):
        settings.LIVE_URL = f"http://127.0.0.1:{port}"
        directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
        settings.CONTENT_SECURITY_POLICY = {
            "DIRECTIVES": {**directives, "connect-src": ["'self'", settings.LIVE_URL]}
        }
        client = redis.Redis.from_url(configured.REDIS_URL)
        for _ in range(200):
            if client.pubsub_numsub(channel())[0][1]:
                break
            time.sleep(0.05)
        yield process


@pytest.fixture
def mine(living_house):  # noqa: F811
    """Siti's number for KTP, waiting in a hall that is open."""
    mall = living_house.mall
    prefix = living_house.services["KTP"].queue_service.queue
    window = prefix.windows.filter(ends_at__gt=timezone.now()).order_by("starts_at").first()
    visit = rules.book(
        mall=mall, wishes=[rules.Wish("KTP", window.pk)], at=timezone.now(), name="Siti Aminah"
    )
    rules.check_in(visit_id=visit.pk, at=timezone.now())
    return visit.tickets.get()


HEARING = """const Real = EventSource; window.told = [];
window.EventSource = class extends Real { constructor(address) { super(address);
    for (const name of ["place", "yours"]) this.addEventListener(name, () => told.push(name));
} };"""
PARTS = """(html) => {
    const now = new DOMParser().parseFromString(html, "text/html");
    const parts = (page) => [...page.querySelectorAll("[data-part]")].map((part) => part.outerHTML);
    const about = ({ dataset: { states, poll, gap, calm } }) => [states, poll, gap, calm];
    const all = (page) => [...about(page.getElementById("tiket")), ...parts(page)];
    return [all(document), all(now)]; }"""


def follow(page, ticket):
    """Open the ticket, wait until its stream has told its place, and list what is asked then."""
    page.add_init_script(HEARING)
    page.goto(address(ticket))
    until(page, "() => told.length > 0")
    asked = []
    page.on("request", lambda request: "/tiket/" in request.url and asked.append(request.url))
    return asked


def drawn_as_served(page, ticket, language, sentence):
    """Wait until the page says this; its living parts are then what the server would send.

    Times of the day move on meanwhile; the stream tells them anew every twelve seconds.
    """
    page.wait_for_selector(f"#tiket >> text={sentence}", timeout=15_000)
    browser, end = Client(headers={"accept-language": language}), time.monotonic() + 14
    drawn, sent = [], None
    while drawn != sent and time.monotonic() < end:
        sent = browser.get(address(ticket)).content.decode()
        drawn, sent = page.evaluate(PARTS, sent)
        page.wait_for_timeout(100)
    assert drawn == sent


def call(house):
    """Counter 1 calls the next number."""
    desk = {"counter_id": house.counters[1].pk, "officer": house.people["officer"]}
    rules.open_counter(**desk, at=timezone.now())
    return rules.call_next(**desk, at=timezone.now())


def address(ticket):
    return f"/tiket/{ticket.visit.token}/"


def until(page, script, arg=None):
    """Wait for an asynchronous condition in the page."""
    end = time.monotonic() + 15
    while not page.evaluate(script, arg):
        assert time.monotonic() < end, f"never so: {script}"
        page.wait_for_timeout(100)


def kept(page, path):
    """Wait until the worker has kept this page and what it is drawn with."""
    until(
        page,
        """async (path) => {
            const found = await caches.match(path, {ignoreVary: true});
            const assets = await (await caches.open("berkas")).keys();
            return Boolean(found) && assets.length >= 4;
        }""",
        path,
    )


def test_a_call_appears_through_the_stream_alone(
    living_house,  # noqa: F811
    live,
    quiet_clock,
    mine,
    open_page,
    accessible,
):
    page = open_page(PHONE)
    follow(page, mine)
    page.evaluate("document.querySelector('.m-check input')?.click()")
    ticks = page.locator(".m-check input:checked").count()
    assert ticks == 1
    assert re.search(r"\d+ detik lalu", page.locator("#tiket .m-live").inner_text())
    page.evaluate("window.sameDocument = true")
    called_at = time.monotonic()
    call(living_house)
    page.wait_for_selector("text=Giliran Anda")
    assert time.monotonic() - called_at < 3
    assert page.title().startswith("Giliran Anda, Loket 1")
    assert page.locator("#kabar").inner_text() == "Giliran Anda, Loket 1"
    assert page.evaluate("window.sameDocument") is True
    assert page.locator(".m-check input:checked").count() == ticks
    accessible(page)


@pytest.mark.parametrize("language", ["id", "en"])
def test_the_phone_follows_without_asking_until_it_is_called_itself(
    living_house,  # noqa: F811
    live,
    quiet_clock,
    open_page,
    accessible,
    language,
):
    mall, number = living_house.mall, {"id": "{} orang", "en": "{} p"}[language]
    others = [walk_in(mall) for _n in range(10)]
    mine = walk_in(mall)
    page = open_page(PHONE, language=f"{language}-XX")
    asked = follow(page, mine)
    drawn_as_served(page, mine, language, number.format(10))
    called = call(living_house)
    assert called == others[0]
    drawn_as_served(page, mine, language, number.format(9))
    rules.pause(queue_id=mine.queue_id, reason="blangko habis", at=timezone.now())
    drawn_as_served(page, mine, language, "blangko habis")
    rules.pause(
        queue_id=mine.queue_id,
        reason="listrik padam",
        at=timezone.now(),
        expected_back_at=timezone.now() + dt.timedelta(hours=2),
    )
    drawn_as_served(page, mine, language, "listrik padam")
    rules.resume(queue_id=mine.queue_id, at=timezone.now())
    for other in others[1:6]:
        rules.cancel(ticket_id=other.pk, at=timezone.now())
    drawn_as_served(page, mine, language, number.format(4))
    for other in others[6:9]:
        rules.cancel(ticket_id=other.pk, at=timezone.now())
    drawn_as_served(page, mine, language, number.format(1))
    rules.cancel(ticket_id=others[9].pk, at=timezone.now())
    drawn_as_served(page, mine, language, {"id": "Anda berikutnya", "en": "You are next"}[language])
    accessible(page)
    assert asked == []
    desk = {"counter_id": living_house.counters[1].pk, "officer": living_house.people["officer"]}
    rules.start(**desk, at=timezone.now())
    rules.end(**desk, outcome="served", at=timezone.now())
    assert rules.call_next(**desk, at=timezone.now()) == mine
    page.wait_for_selector(".m-ticket--call")
    assert 1 <= len(asked) <= 2  # the living part says that all has changed; then all
    assert page.evaluate("told").count("yours") == 1


def test_a_call_is_not_lost_while_another_question_is_on_its_way(
    living_house,  # noqa: F811
    live,
    quiet_clock,
    mine,
    open_page,
):
    page = open_page(PHONE)
    follow(page, mine)
    page.evaluate(
        """() => { const real = fetch; window.answers = 0;
        window.fetch = async (...words) => {
            const answer = await real(...words);
            if (++answers === 1) await new Promise((done) => setTimeout(done, 2500));
            return answer; };
        dispatchEvent(new Event("online")); }"""
    )
    until(page, "() => answers === 1")
    call(living_house)
    page.wait_for_selector("text=Giliran Anda", timeout=5000)


def walk_in(mall):
    visit = rules.walk_in(mall=mall, services=["KK"], at=timezone.now())
    return visit.tickets.get()


def test_without_the_live_process_the_clock_shows_it(
    living_house,  # noqa: F811
    mine,
    open_page,
    monkeypatch,
):
    monkeypatch.setattr(ticket_views, "_POLL_NEAR_S", 1)
    page = open_page(PHONE)  # /langsung/ is not served here: 404, an expected failure
    page.goto(address(mine))
    call(living_house)
    page.wait_for_selector("text=Giliran Anda", timeout=6000)


def test_the_page_follows_again_when_the_live_process_comes_back_too_late(
    living_house,  # noqa: F811
    live,
    mine,
    open_page,
    monkeypatch,
):
    monkeypatch.setattr(ticket_views, "_POLL_NEAR_S", 1)
    page = open_page(PHONE, network=False)
    page.goto(address(mine))
    page.wait_for_selector("text=detik lalu")
    live.terminate()
    live.wait(timeout=10)
    call(living_house)
    page.wait_for_selector("text=Giliran Anda", timeout=8000)


def test_a_half_typed_code_and_focus_outlive_a_refresh(
    living_house,  # noqa: F811
    live,
    quiet_clock,
    mine,
    open_page,
):
    tax = living_house.services["PBB"].queue_service.queue
    later = tax.windows.filter(starts_at__gte=mine.window.ends_at).order_by("starts_at").first()
    other = rules.book(
        mall=living_house.mall,
        wishes=[rules.Wish("KTP", mine.window_id), rules.Wish("PBB", later.pk)],
        at=timezone.now(),
        name="Budi",
    )
    page = open_page(PHONE)
    page.goto(f"/tiket/{other.token}/")
    page.wait_for_selector("text=detik lalu")
    page.fill("#kode", "12")
    page.locator("#kode").focus()
    booked = other.tickets.get(service_type__code="PBB")
    rules.cancel(ticket_id=booked.pk, at=timezone.now())
    page.wait_for_selector("text=Nomor ini sudah dibatalkan")
    assert page.input_value("#kode") == "12"
    assert page.evaluate("document.activeElement.id") == "kode"


def test_without_a_signal_ticket_and_service_open_as_they_were(
    living_house,  # noqa: F811
    mine,
    open_page,
    accessible,
):
    page = open_page(PHONE, network=False)
    page.goto(SERVICE)
    kept(page, SERVICE)
    page.goto(address(mine))
    kept(page, address(mine))
    kept(page, "/gajah-mada/tanpa-sinyal/")
    page.context.set_offline(True)
    page.reload()
    note = page.locator(".m-note.m-if-stale")
    assert re.search(r"Tanpa sinyal\. Data pukul \d\d\.\d\d\.", note.inner_text())
    assert page.locator("#tiket .m-live.m-live--stale").inner_text().startswith("pukul ")
    assert page.locator(".m-code--xl").first.is_visible()
    assert page.locator(".m-pin").is_visible()
    accessible(page)
    page.goto(SERVICE)
    assert page.locator("text=Perlu sinyal. Atau ambil di kios, tanpa HP.").is_visible()
    assert not page.locator("a:has-text('Ambil nomor antrean')").is_visible()
    page.goto("/gajah-mada/bantuan/")
    assert page.locator("text=Halaman ini perlu sinyal").is_visible()
    page.click("#tersimpan a[href^='/tiket/']")
    assert page.locator(".m-code--xl").first.is_visible()
    page.context.set_offline(False)
    page.wait_for_function("() => !('stale' in document.documentElement.dataset)")
    assert not note.is_visible()


def test_a_stored_ticket_follows_what_the_page_has_heard(
    living_house,  # noqa: F811
    mine,
    open_page,
    monkeypatch,
):
    monkeypatch.setattr(ticket_views, "_POLL_NEAR_S", 1)
    page = open_page(PHONE)
    page.goto(address(mine))
    kept(page, address(mine))
    page.reload()
    call(living_house)
    page.wait_for_selector("text=Giliran Anda")
    until(
        page,
        """async (path) => (await (await caches.match(path, {ignoreVary: true})).text())
            .includes("m-ticket--call")""",
        address(mine),
    )


def test_forgetting_the_tickets_empties_the_store(living_house, mine, open_page):  # noqa: F811
    page = open_page(PHONE)
    page.goto(address(mine))
    kept(page, address(mine))
    page.goto("/gajah-mada/tiket-saya/")
    page.evaluate(
        """() => fetch("/gajah-mada/tiket-saya/lupakan/", {method: "POST"}).catch(() => null)"""
    )
    until(page, "async () => (await caches.keys()).length === 0")


def test_the_store_keeps_nothing_but_tickets_and_one_service(
    living_house,  # noqa: F811
    mine,
    open_page,
):
    page = open_page(PHONE)
    page.goto("/gajah-mada/layanan/AKTA/")
    kept(page, "/gajah-mada/layanan/AKTA/")
    for path in ("/gajah-mada/", "/gajah-mada/antrean/KTP/", "/admin/login/", "/gajah-mada/layar/"):
        page.goto(path)
    page.goto(address(mine))
    kept(page, address(mine))
    page.goto(SERVICE)
    until(
        page,
        """async (wanted) => JSON.stringify((await (await caches.open("halaman")).keys())
            .map((request) => new URL(request.url).pathname).sort()) === JSON.stringify(wanted)""",
        sorted([address(mine), SERVICE, "/gajah-mada/tanpa-sinyal/"]),
    )
