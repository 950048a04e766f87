"""The hall's display in a real Chromium: every call is seen and spoken, once and in time."""

import datetime as dt
import time

import pytest
from django.core.signals import request_finished, request_started
from django.utils import timezone

from queueing import live as live_updates
from queueing import rules, speech
from queueing.models import (
    CallAnnouncement,
    Counter,
    CounterAssignment,
    Device,
    Notice,
    Queue,
    Ticket,
    VoiceClip,
)
from queueing.workflow import State
from tests.browser.conftest import ARGUMENTS, _chromium
from tests.browser.test_live import live  # noqa: F401  (a fixture)
from tests.browser.test_main_job import living_house  # noqa: F401  (a fixture)
from tests.hall.devices import pair_device

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WALL, SMALL_WALL = {"width": 1920, "height": 1080}, {"width": 1366, "height": 768}
# Where only the voice and the order count: a quarter of the pixels to be painted.
LITTLE_WALL = {"width": 960, "height": 540}
HALL, ZONE = "/gajah-mada/layar/", "/gajah-mada/layar/timur/"
WATCH = """
for (const name of ["spoken", "called"]) {  // kept over a reload
  const list = window[name] = JSON.parse(sessionStorage.getItem(name) ?? "[]");
  document.addEventListener(`mpp:${name}`, ({ detail }) => {
    list.push({ ...detail, at: Date.now() });
    sessionStorage.setItem(name, JSON.stringify(list));
  });
}
"""
# A minute at the peak, eight calls, and how the next one begins: what came when, in seconds.
PEAK_S = [0, 0, 1, 9, 18, 24, 25, 39, 60, 61, 62, 63]
MOST_LATE_S = 20


@pytest.fixture(scope="module")
def browser(browser):
    """A Chromium as displays are started: it may sound without a touch."""
    free = "--autoplay-policy=no-user-gesture-required"
    chromium = browser.browser_type.launch(executable_path=_chromium(), args=[*ARGUMENTS, free])
    yield chromium
    chromium.close()


@pytest.fixture(autouse=True)
def _nothing_under_way(transactional_db):
    """The displays ask all the time: what they asked last is answered before the tables go."""
    under_way = set()

    def began(environ, **_):
        under_way.add(id(environ))

    def ended(**_):
        if under_way:
            under_way.pop()

    request_started.connect(began)
    request_finished.connect(ended)
    yield
    for _ in range(100):
        if not under_way:
            break
        time.sleep(0.1)
    request_started.disconnect(began)
    request_finished.disconnect(ended)


class Screen:
    """A paired display before which a test stands."""

    def __init__(self, page, device=None, address=HALL):
        self.page, self.address = page, address
        if device:
            cookie = {"name": "mpp_perangkat", "value": device.token, "path": "/"}
            host = page.context.request.get(HALL).url.split("/")[2].split(":")[0]
            page.context.add_cookies([{**cookie, "domain": host}])
        page.add_init_script(WATCH)
        page.goto(address)
        loaded = "() => document.getElementById('layar').dataset.last !== undefined"
        page.wait_for_function(loaded, polling=200)

    def spoken(self):
        return self.page.evaluate("spoken")

    def ids(self, what="spoken"):
        return [one["ids"] for one in self.page.evaluate(what)]

    def wait(self, ids, what="spoken", seconds=25):
        """Until these ids, and in this order, were spoken or shown."""
        text = f"(ids) => JSON.stringify({what}.map((one) => one.ids)) === JSON.stringify(ids)"
        try:
            self.page.wait_for_function(text, arg=ids, timeout=seconds * 1000, polling=200)
        except Exception as error:
            raise AssertionError(f"{what}: {self.ids(what)}, not {ids}") from error


@pytest.fixture
def ticket(living_house):  # noqa: F811
    """Whose number is called does not matter here; who waits again is not called."""
    visit = rules.walk_in(
        mall=living_house.mall, services=["KK"], at=timezone.now(), name="Siti Rahasia"
    )
    Ticket.objects.filter(pk=visit.new_tickets[0].pk).update(state=State.DONE)
    return visit.new_tickets[0]


@pytest.fixture
def call(living_house, ticket):  # noqa: F811
    """`call("C 012", counter)`: a call is committed and published; its id."""

    def call(label, counter=1, *, recall=False, ago=0):
        one = CallAnnouncement.objects.create(
            mall=living_house.mall, date=ticket.date, ticket=ticket, label=label, recall=recall,
            counter_number=counter, zone="timur", at=timezone.now() - dt.timedelta(seconds=ago),
        )  # fmt: skip
        live_updates.changed(
            mall_id=living_house.mall.pk, queue_ids=[ticket.queue_id], announcement=one.pk
        )
        return one.pk

    return call


@pytest.fixture
def screen(living_house, open_page):  # noqa: F811
    """`screen()`: the page of a paired display."""

    def screen(address=HALL, script="", route=None, **more):
        device = pair_device(living_house.mall, "display", **more)
        page = open_page(LITTLE_WALL, network=False)
        page.add_init_script(script)
        if route:
            page.route(*route)
        return Screen(page, device, address)

    return screen


@pytest.mark.usefixtures("live")
def test_at_the_peak_every_call_is_spoken_once_in_order_and_within_twenty_seconds(screen, call):
    wall = screen(ZONE)
    wall.page.wait_for_timeout(1500)  # its stream is open
    begun, ids, committed = time.monotonic(), [], {}
    for n, second in enumerate(PEAK_S):
        wall.page.wait_for_timeout(max(0, (begun + second - time.monotonic()) * 1000))
        ids.append(call(f"C {n + 10:03d}", n % 4 + 1))
        committed[ids[-1]] = time.time()
        together = wall.page.locator("#berdiri .m-tv__call").count()
        assert together <= 3
        if second == 63:
            backlog = "() => document.getElementById('lagi').textContent.includes('panggilan lagi')"
            wall.page.wait_for_function(backlog, timeout=6000)
    wall.wait([[one] for one in ids])
    late = {one["ids"][0]: one["at"] / 1000 - committed[one["ids"][0]] for one in wall.spoken()}
    assert max(late.values()) < MOST_LATE_S, late
    assert wall.page.inner_text("#lagi") == ""
    for one in wall.spoken():  # however short, number and counter are said
        assert {"huruf-c", "silakan-ke-loket"} <= set(one["keys"])


@pytest.mark.usefixtures("live")
def test_a_recall_joins_its_number_while_that_is_not_spoken_yet(screen, call):
    wall = screen()
    wall.page.wait_for_timeout(1500)
    first, second = call("C 010", 1), call("C 011", 2)
    again = call("C 011", 2, recall=True)
    wall.wait([[first], [second, again]])
    third = call("C 011", 2, recall=True)
    wall.wait([[first], [second, again], [third]])
    assert wall.page.locator("#berdiri .m-code", has_text="011").count() == 1


def test_a_reload_speaks_nothing_twice_and_forgets_nothing_that_was_still_to_be_said(screen, call):
    early = call("C 009", ago=5)  # before the page came: shown, not spoken
    wall = screen()
    assert "009" in wall.page.inner_text("#berdiri")
    first = call("C 010")
    wall.wait([[first]])
    call("C 011", ago=90)  # too old when it is heard of
    waiting = [call("C 012"), call("C 013")]
    wall.page.reload()
    wall.wait([[one] for one in [first, *waiting]])
    wall.page.reload()
    last = call("C 014")
    wall.wait([[one] for one in [first, *waiting, last]])
    assert [early] not in wall.ids("called")


def test_a_restarted_browser_speaks_what_was_called_meanwhile_and_nothing_twice(screen, call):
    wall = screen()
    first = call("C 010")
    wall.wait([[first]])
    wall.page.goto("/gajah-mada/bantuan/")
    wall.page.evaluate("sessionStorage.clear()")  # a closed window's is gone
    second = call("C 011")
    wall.page.goto(HALL)
    wall.wait([[second]])
    assert wall.ids("called") == [[second]]


def test_a_number_that_waits_again_is_not_spoken(screen, call, ticket):
    wall = screen()
    first = call("C 010")
    wall.wait([[first]], "called")
    call("C 011")
    wall.page.locator("#lagi", has_text="1 panggilan lagi").wait_for()
    Ticket.objects.filter(pk=ticket.pk).update(state=State.WAITING)
    wall.page.evaluate("dispatchEvent(new Event('online'))")  # it asks at once
    wall.page.wait_for_function("() => document.getElementById('lagi').textContent === ''")
    Ticket.objects.filter(pk=ticket.pk).update(state=State.DONE)
    last = call("C 012")
    wall.wait([[first], [last]])


def test_a_clock_that_is_set_anew_neither_stops_the_calls_nor_loses_one(screen, call):
    wall = screen()
    ids = [call("C 010")]
    wall.wait([ids])
    for hours in (-2, 3):
        wall.page.evaluate(
            "(ms) => { const now = Date.now; Date.now = () => now() + ms; }", hours * 3_600_000
        )
        ids.append(call("C 011"))
        wall.wait([[one] for one in ids])


# The browser wants a touch first, until `free`.
LOCKED = """
window.free = false;
Object.defineProperty(AudioContext.prototype, "state", {
  get: () => (window.free ? "running" : "suspended"),
});
"""


def test_a_mute_display_says_so_and_speaks_what_is_young_once_it_may(screen, call, open_page):
    wall = screen(script=LOCKED)
    _becomes(Device.Trouble.MUTE)
    one = call("C 010")
    wall.wait([[one]], "called")
    assert wall.spoken() == []
    wall.page.evaluate("free = true")
    wall.page.get_by_role("button", name="Nyalakan suara").click()
    wall.wait([[one]])
    _becomes("")


def _becomes(trouble):
    for _ in range(50):
        if Device.objects.get().trouble == trouble:
            return
        time.sleep(0.1)
    raise AssertionError(Device.objects.get().trouble)


@pytest.mark.parametrize("how", ["fails", "hangs"])
def test_a_voice_that_does_not_load_stops_no_call_and_is_tried_again(screen, call, how):
    wall = screen(route=("**/js/voice.js", lambda route: how == "hangs" or route.abort()))
    ids = [call("C 010")]
    wall.wait([ids], "called")
    ids.append(call("C 011"))
    wall.wait([[one] for one in ids], "called")
    wall.page.wait_for_function("(id) => spoken.some((one) => one.ids[0] === id)", arg=ids[1])


def test_a_running_display_loads_anew_for_another_voice_when_nothing_is_said(
    screen,
    call,
    living_house,  # noqa: F811
):
    wall = screen()
    VoiceClip.objects.create(
        mall=living_house.mall, key="bel", audio=speech.bell(), content_type="audio/wav",
        recorded_at=timezone.now(), recorded_by=living_house.people["manager"],
    )  # fmt: skip
    old = wall.page.get_attribute("#layar", "data-version")
    with wall.page.expect_response(lambda answer: "sejak" in answer.url, timeout=20_000):
        pass
    wall.page.wait_for_timeout(500)
    later = "{ const now = performance.now.bind(performance); performance.now = () => now() + 4e4 }"
    with wall.page.expect_navigation(timeout=20_000):
        wall.page.evaluate(later)
    assert wall.page.get_attribute("#layar", "data-version") != old


def test_after_a_gap_the_screen_catches_up_silently_and_speaks_what_is_young(screen, call):
    wall = screen()
    first = call("C 010")
    wall.wait([[first]])
    wall.page.context.set_offline(True)
    call("C 011", ago=75)
    young = call("C 012", ago=10)
    banner = wall.page.locator("#putus")
    banner.wait_for(state="visible", timeout=25_000)
    assert "Sambungan terputus. Data pukul" in banner.inner_text()
    assert wall.page.locator("#umur.m-live--stale").is_visible()
    wall.page.context.set_offline(False)
    wall.wait([[first], [young]], seconds=40)
    banner.wait_for(state="hidden")
    wall.page.wait_for_function(
        "() => document.querySelector('#umur').textContent === 'Data terkini'"
    )
    listed = wall.page.locator("#baru li:visible").all_inner_texts()
    assert any("011" in one for one in listed)  # seen, not heard


def test_a_display_that_is_told_to_be_silent_shows_and_never_speaks(screen, call, open_page):
    mute = screen(speaks=False)
    stranger = Screen(open_page(LITTLE_WALL, network=False))
    ids = [call("C 010", 1), call("C 011", 2)]
    for wall in (mute, stranger):
        wall.wait([[one] for one in ids], "called")
        assert wall.spoken() == []
    assert not mute.page.locator("#suara").is_visible()
    stranger.page.click("text=Nyalakan suara")
    last = call("C 012", 3)
    stranger.wait([[last]])
    mute.wait([[one] for one in [*ids, last]], "called")
    assert mute.spoken() == []


def test_a_display_asked_to_load_anew_does_so(screen):
    wall = screen()
    wall.page.wait_for_timeout(3000)  # the first beat
    Device.objects.update(reload_at=timezone.now())
    with wall.page.expect_navigation(timeout=45_000):
        pass


def test_the_screen_does_not_grow(screen, call):
    wall = screen(speaks=False)
    count = "document.querySelectorAll('*').length"
    for n in range(25):
        call(f"C {n + 10:03d}", ago=70)  # as many as the page keeps, and more
    counts = []
    for n in (1, 2):
        for more in (1, 2, 3):
            call(f"C {10 * n + more + 100:03d}")
        wall.page.wait_for_function("(n) => called.length === 3 * n", arg=n, timeout=40_000)
        wall.page.locator(".has-1").wait_for(timeout=40_000)
        counts.append(wall.page.evaluate(count))
    assert counts[1] <= counts[0] + 5


@pytest.mark.parametrize("queues", [3, 8, 30])
def test_it_is_legible_and_fits(living_house, open_page, accessible, call, queues):  # noqa: F811
    house, now = living_house, timezone.now()
    for prefix in [a + b for a in "ABE" for b in "123456789"][: queues - 3]:
        queue = Queue.objects.create(
            mall=house.mall, agency=house.civil, prefix=prefix, name=prefix
        )
        counter = Counter.objects.create(
            mall=house.mall, number=90 + Counter.objects.count(), zone="timur", floor="3"
        )
        CounterAssignment.objects.create(counter=counter, queue=queue)
    Notice.objects.create(
        mall=house.mall, text="Besok mal tutup pukul 12.00 karena rapat bersama. " * 3,
        starts_at=now - dt.timedelta(hours=1), ends_at=now + dt.timedelta(hours=1),
    )  # fmt: skip
    back = now + dt.timedelta(minutes=20)
    rules.pause(
        queue_id=house.queues["C"].pk, reason="blangko habis", at=now, expected_back_at=back
    )
    page = open_page(WALL, network=False)
    wall = Screen(page, pair_device(house.mall, "display"), HALL if queues == 30 else ZONE)
    assert page.locator(".m-tv__ag").count() == queues
    call("D 010", 118)
    _fits(wall, accessible)
    call("A1 1011", 7)
    call("T2 012", 23)
    call("E 013", 5)
    wall.page.locator(".has-3").wait_for(timeout=20_000)
    _fits(wall, accessible)


def _fits(wall, accessible):
    """Nothing is cut off, and nothing scrolls, on a large and on a smaller screen."""
    for size in (SMALL_WALL, WALL):
        wall.page.set_viewport_size(size)
        _fits_here(wall, accessible)


def _fits_here(wall, accessible):
    cut = wall.page.evaluate("""() => [...document.querySelectorAll(".m-tv *")].filter((one) => {
        const looks = getComputedStyle(one);
        return one.clientWidth && looks.overflow !== "visible" && one.tagName !== "P"
            && (one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1);
    }).map((one) => `${one.className}: ${one.textContent.trim().slice(0, 40)}`)""")
    assert cut == []
    tall = "document.documentElement.scrollHeight - document.documentElement.clientHeight"
    assert wall.page.evaluate(tall) <= 0
    accessible(wall.page, citizen=False)


def test_without_scripts_it_refreshes_itself_and_shows_the_call(living_house, open_page, call):  # noqa: F811
    call("C 010", 3)
    page = open_page(WALL, javascript=False)
    page.goto(HALL)
    assert "010" in page.inner_text("#panggil")
    assert page.locator("#suara").is_hidden()
    call("C 011", 3)
    page.locator("#panggil", has_text="011").wait_for(timeout=15_000)
