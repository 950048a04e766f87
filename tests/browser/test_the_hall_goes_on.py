"""A kiosk, a counter, a display and a phone side by side, while everything between them is killed.

Real windows of Chromium on real processes: each call is seen, spoken once and followed on the
phone, whatever of web, live, worker and Valkey has just died. The kiosk prints to a thermal printer
on the loopback, and, where it has none, through its browser.
"""

import json
import time
from pathlib import Path

import pytest

from queueing.devices import COOKIE
from queueing.voice import of_call
from tests.browser.conftest import ARGUMENTS, DESK, PHONE, _chromium
from tests.faults.stage import Stage, answers
from tests.hall.paper import a_printer

pytestmark = pytest.mark.browser
KIOSK, WALL = {"width": 1080, "height": 1920}, {"width": 1920, "height": 1080}
FREE_TO_SOUND = "--autoplay-policy=no-user-gesture-required"
WAIT_MS = 40_000
BUILD = """
import django; django.setup()
import json, sys
from django.conf import settings
from django.test import Client
from django.utils import timezone
from queueing import rules
from queueing.models import CounterAssignment
from tests.browser.officers import open_today
from tests.hall.devices import pair_device
from tests.house import build_house
house = open_today(build_house())
mall = house.mall
CounterAssignment.objects.exclude(counter=house.counters[1]).delete()
host, port = sys.argv[1], int(sys.argv[2])
devices = {
    "kiosk": pair_device(mall, "kiosk", printer="network", printer_host=host, printer_port=port),
    "browser_kiosk": pair_device(mall, "kiosk", printer="browser"),
    "display": pair_device(mall, "display"),
}
for n in range(4):
    rules.walk_in(mall=mall, services=["KTP"], at=timezone.now(), name=f"Orang {n}")
officer = Client()
officer.force_login(house.people["officer"])
print(json.dumps({
    "counter": house.counters[1].pk,
    "session": [settings.SESSION_COOKIE_NAME, officer.cookies[settings.SESSION_COOKIE_NAME].value],
    **{name: device.token for name, device in devices.items()},
}))
"""
REMIND = """
import django; django.setup()
from django.utils import timezone
from queueing import rules
from queueing.models import Window
from services.models import Mall
window = Window.objects.filter(queue__prefix="T", starts_at__gt=timezone.now()).first()
visit = rules.book(mall=Mall.objects.get(), wishes=[rules.Wish("PBB", window.pk)],
                   at=timezone.now(), name="Budi", phone="081234567890")
print(visit.tickets.get().public_id)
"""
WATCH = """
window.spoken = [];
document.addEventListener("mpp:spoken", ({ detail }) => spoken.push(detail));
"""


class Hall(Stage):
    """The portal's four processes, and the windows in front of them."""

    def __init__(self, data_dir: Path, printer) -> None:
        super().__init__(data_dir)
        self.url = f"http://127.0.0.1:{self.port}"
        self.env |= {
            "BASE_URL": self.url,
            "LIVE_URL": f"http://127.0.0.1:{self.live_port}",
            "NOTIFICATION_CHANNELS": "console",
        }
        self.python("manage.py", "migrate", "-v", "0")
        self.facts = json.loads(self.run(BUILD, printer.host, str(printer.port)))
        (data_dir / "serve.py").write_text(WEB)
        self.start("web", str(data_dir / "serve.py"), str(self.port))
        live = f"--port {self.live_port} --log-level critical --timeout-graceful-shutdown 1"
        self.start("live", "-m", "uvicorn", *live.split(), "mpp_portal.live:application")
        work = f"worker --concurrency 1 --loglevel critical --beat --schedule {data_dir}/beat"
        self.start("worker", "-m", "celery", "-A", "mpp_portal", *work.split())
        self.up()

    def up(self) -> None:
        answers(f"{self.url}/sehat/")
        answers(f"http://127.0.0.1:{self.live_port}/sehat/")

    def again(self, name: str) -> None:
        self.start(name)
        self.up()

    def announced(self) -> list[tuple]:
        return self.query(
            "SELECT id, label, counter_number FROM queueing_callannouncement ORDER BY id"
        )


WEB = """
import sys
from mpp_portal import settings
settings.STORAGES["staticfiles"]["BACKEND"] = (
    "django.contrib.staticfiles.storage.StaticFilesStorage"
)
settings.STATIC_ROOT = None
settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True
from mpp_portal.wsgi import application
from django.core.servers.basehttp import run
run("127.0.0.1", int(sys.argv[1]), application, threading=True)
"""


@pytest.fixture(scope="module")
def printer():
    with a_printer() as one:
        yield one


@pytest.fixture(scope="module")
def hall(tmp_path_factory, printer):
    one = Hall(tmp_path_factory.mktemp("hall"), printer)
    yield one
    one.close()


@pytest.fixture(scope="module")
def window(browser, hall):
    """`window(size, device)`: a window of its own; a device's has that device's cookie."""
    chromium = browser.browser_type.launch(
        executable_path=_chromium(), args=[*ARGUMENTS, FREE_TO_SOUND]
    )

    def window(size, device="", **more):
        context = chromium.new_context(
            viewport=size, base_url=hall.url, locale="id-ID", reduced_motion="reduce", **more
        )
        if device:
            context.add_cookies([{"name": COOKIE, "value": hall.facts[device], "url": hall.url}])
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        return page

    yield window
    chromium.close()


class Counter:
    """The officer's console, worked by the space bar alone."""

    def __init__(self, hall: Hall, page) -> None:
        self.hall, self.page = hall, page
        name, value = hall.facts["session"]
        page.context.add_cookies([{"name": name, "value": value, "url": hall.url}])
        page.goto(f"/admin/loket/{hall.facts['counter']}/")
        self.press()  # the counter is open

    def press(self, key: str = "Space") -> None:
        self.page.keyboard.press(key)
        self.page.wait_for_function("!document.querySelector('#console[aria-busy]')")

    def number(self) -> str:
        return self.page.locator("#console").get_attribute("data-label")

    def call(self) -> str:
        """Finish whoever is here and call the next; the number that was called."""
        before = self.number()
        end = time.monotonic() + 40
        while self.number() in {before, "kosong"}:
            assert time.monotonic() < end, f"nobody is called after {before}"
            self.press()  # start; finish and call; again where the answer was lost
            self.page.wait_for_timeout(200)
        return self.number()


class Screen:
    """The display, and what it has said so far."""

    def __init__(self, page) -> None:
        self.page = page
        page.add_init_script(WATCH)
        page.goto("/gajah-mada/layar/timur/")
        page.wait_for_function("document.getElementById('layar').dataset.last !== undefined")

    def says(self, label: str, times: int = 1) -> None:
        """Wait until this number was spoken so often, and stands there."""
        spelled = " ".join(of_call(label, 1)[-6:])
        self.page.wait_for_function(
            "([words, times]) => spoken.filter((one) => one.keys.join(' ').includes(words)).length"
            " >= times",
            arg=[spelled, times],
        )
        assert label.replace(" ", "") in self.page.locator("#berdiri").inner_text().replace(
            "\n", ""
        ).replace(" ", "")


def take_a_number(kiosk) -> str:
    """Three touches; the number as the kiosk shows it."""
    kiosk.goto("/gajah-mada/kios/")
    kiosk.get_by_text("Ambil nomor antrean").tap()
    kiosk.get_by_text("Layanan KTP").tap()
    return " ".join(kiosk.locator(".m-kpaper__number .m-code").inner_text().split())


def ahead(phone, words: str) -> None:
    """Wait until the phone says this of the people ahead."""
    phone.locator("#tiket .m-ahead", has_text=words).wait_for()


def test_no_call_is_lost_repeated_or_silent_while_everything_dies_in_turn(hall, window, printer):
    display = Screen(window(WALL, "display"))
    kiosk = window(KIOSK, "kiosk", has_touch=True)

    # three touches, and the paper comes out of the printer
    mine = take_a_number(kiosk)
    [paper] = printer.papers
    assert mine in paper.words
    assert paper.cuts == 1
    phone = window(PHONE)
    phone.goto(paper.qr)
    ahead(phone, "4 orang")

    # an officer calls; the display shows and says it, the phone follows
    counter = Counter(hall, window(DESK))
    first = counter.call()
    display.says(first)
    ahead(phone, "3 orang")

    # the web server dies in the moment of a call
    second = counter.call()
    hall.kill("web")
    hall.again("web")
    display.says(second)
    ahead(phone, "2 orang")

    # the live server is away while somebody is called
    hall.kill("live")
    third = counter.call()
    display.says(third)
    hall.again("live")
    ahead(phone, "1 orang")

    # Valkey is away while somebody is called
    hall.kill_valkey()
    fourth = counter.call()
    display.says(fourth)
    hall.restart_servers()
    ahead(phone, "Anda berikutnya")

    # the worker dies; what it owes is sent by the next one
    hall.kill("worker")
    owed = hall.run(REMIND).strip()
    hall.start("worker")

    # my own number, and once more
    assert counter.call() == mine
    display.says(mine)
    phone.get_by_text("Giliran Anda").first.wait_for()
    counter.press("u")
    display.says(mine, times=2)
    end = time.monotonic() + 60
    sent = "SELECT 1 FROM notifications_message WHERE about = %s AND state = 'sent'"
    while not hall.query(sent, owed):
        assert time.monotonic() < end, "the worker's message was never sent"
        time.sleep(0.5)

    announced = hall.announced()
    spoken = [pk for one in display.page.evaluate("spoken") for pk in one["ids"]]
    assert spoken == [pk for pk, _label, _counter in announced]  # each once, in their order
    assert [label for _pk, label, _counter in announced] == [
        first, second, third, fourth, mine, mine,
    ]  # fmt: skip
    for one, (_pk, label, number) in zip(display.page.evaluate("spoken"), announced, strict=True):
        full = of_call(label, number)
        assert [key for key in full if key in one["keys"]] == one["keys"]
        assert one["keys"][-6:] == full[-6:]  # letter, figures, to which counter


def test_a_kiosk_without_a_printer_prints_through_its_browser(hall, window):
    kiosk = window(KIOSK, "browser_kiosk", has_touch=True)
    label = take_a_number(kiosk)
    kiosk.get_by_text("Apakah karcisnya keluar?").wait_for()
    kiosk.emulate_media(media="print")
    assert label in " ".join(kiosk.locator(".m-kslip").inner_text().split())
    pdf = kiosk.pdf(prefer_css_page_size=True)
    assert pdf.startswith(b"%PDF")
    assert pdf.count(b"/Type /Page\n") == 1
    kiosk.emulate_media(media="screen")
    state = "SELECT state FROM queueing_ticket WHERE label = %s"
    assert hall.query(state, label) == [("printing",)]
    kiosk.get_by_text("Ya, sudah").tap()
    kiosk.locator(".m-kcount").wait_for()
    assert hall.query(state, label) == [("waiting",)]
