"""Officers and a front desk work one queue in real windows, by keys alone; nothing is lost."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts import pins
from queueing import rules
from queueing.models import Counter, CounterAssignment, CounterSession, QueueDay, Ticket
from queueing.workflow import State
from tests.browser.conftest import DESK, NARROWEST, PHONE
from tests.browser.officers import Desk, open_today, press_on, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ROOT = Path(__file__).resolve().parents[2]
PIN = "493027"
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


@pytest.fixture
def day(open_house):
    """The small mall today: counters 1 to 3 call queue C, eight people wait there."""
    house = open_today(open_house)
    CounterAssignment.objects.exclude(counter=house.counters[4]).delete()
    for number in (1, 2, 3):
        CounterAssignment.objects.create(
            counter=house.counters[number], queue=house.queues["C"], position=1
        )
    for i in range(8):
        rules.walk_in(mall=house.mall, services=["KTP"], at=timezone.now(), name=f"Orang {i}")
    return house


@pytest.fixture
def desk(day, open_page, live_server):
    def desk(who, number, page=None):
        page = page or open_page(DESK)
        return Desk(page, day.people[who], day.counters[number], live_server.url)

    return desk


def test_three_officers_and_a_front_desk_work_one_queue_by_keys_alone(
    day, desk, open_page, live_server, accessible
):
    desks = [desk("officer", 1), desk("colleague", 2), desk("third", 3)]
    for one in desks:
        one.press("Space", "Space")
        one.hears(f"dipanggil ke loket {one.counter.number}")
    first, second, third = desks
    numbers = [one.number() for one in desks]
    assert len(set(numbers)) == 3

    # a reload in the middle loses nothing; finish and call is one key
    first.press("Space").hears("mulai dilayani")
    first.page.reload()
    assert first.number() == numbers[0]
    accessible(first.page)
    first.press("Space")
    assert Ticket.objects.get(label=numbers[0]).state == State.DONE

    # absent only after the second call, and undone
    assert second.press("t").number() == numbers[1]
    second.press("u").hears("dipanggil ulang")
    second.press("t").hears("tidak hadir")
    assert second.number() == "kosong"
    second.press("z").hears("Diurungkan")
    assert second.number() == numbers[1]

    # on to another agency's queue
    second.press("Space", "p")
    second.page.keyboard.type("PBB")
    second.press("Enter").hears("dipindahkan")
    assert Ticket.objects.get(label=numbers[1], state=State.WAITING).queue.prefix == "T"

    # documents missing; the front desk puts the person back into the line
    third.press("Space", "k", "1", "Enter").sees("berkas kurang")
    front = open_page(DESK)
    sign_in(front, day.people["front_desk"], live_server.url)
    front.goto(f"{live_server.url}/admin/meja-depan/")
    front.locator("input[name=q]").focus()
    front.keyboard.type(numbers[2])
    front.keyboard.press("Enter")
    front.get_by_text(numbers[2]).first.wait_for()
    press_on(front, "Kembalikan")
    front.wait_for_load_state()
    third.page.locator("#line", has_text=numbers[2].split()[1]).wait_for()
    assert Ticket.objects.get(label=numbers[2]).state == State.WAITING

    # the national system is down: paused with its sentence, and on again
    first.press("d", "Enter").sees("Antrean C dijeda: sistem nasional sedang gangguan")
    accessible(first.page)
    assert QueueDay.objects.filter(paused_reason="sistem nasional sedang gangguan").count() == 1
    press_on(first.page, "Lanjutkan antrean")
    first.hears("berjalan lagi")

    # set aside with a reason, and back with one key
    label = first.number()
    first.press("j", "2").hears("ditunda")
    assert Ticket.objects.get(label=label).parked_reason.startswith("mengambil berkas")
    first.press("b").hears("kembali ke antrean")
    first.press("n")
    first.page.keyboard.type(label)
    first.press("Tab")
    first.page.keyboard.type("berkasnya sudah siap")
    first.press("Enter").hears("dipanggil ke loket 1")
    assert first.number() == label
    assert Ticket.objects.filter(state=State.CALLED, counter=day.counters[1]).count() == 1


def test_a_second_log_in_takes_over_and_a_break_changes_the_officer(day, desk, accessible):
    first = desk("officer", 1).press("Space", "Space")
    number = first.number()
    second = desk("officer", 1)
    second.sees("Loket ini dipakai di peramban lain")
    accessible(second.page)
    second.press("a")
    assert second.number() == number
    first.press("Space").sees("Loket ini dipakai di peramban lain")
    first.press("Space")  # its keys are off
    assert second.ticket().state == State.CALLED
    second.press("Space")
    assert second.ticket().state == State.SERVING

    # a colleague, with PIN, in the same window: the number stays, the officer is another
    pins.set_pin(user=day.people["colleague"], pin=PIN, at=timezone.now())
    second.press("g")
    second.page.locator("input[name=username]").focus()
    accessible(second.page)
    second.page.keyboard.type("colleague")
    second.page.keyboard.press("Tab")
    second.page.keyboard.type(PIN)
    second.page.keyboard.press("Enter")
    second.page.locator("#console[data-how=mine]").wait_for()
    assert second.number() == number
    assert CounterSession.objects.get(closed_at=None).officer == day.people["colleague"]
    second.press("Space")
    assert Ticket.objects.get(label=number).officer == day.people["colleague"]
    first.page.reload()
    first.sees("Loket ini sedang dibuka colleague")
    first.press("a")  # only with the tick: the browser asks for it
    first.page.wait_for_function("document.activeElement.name === 'sure'")
    accessible(first.page)
    first.press("Space", "Enter")
    first.page.locator("#console[data-how=mine]").wait_for()


def test_the_small_window_and_the_console_stay_in_step(day, desk, accessible):
    console = desk("officer", 1).press("Space")
    with console.page.expect_popup() as opened:
        console.page.get_by_text("Jendela kecil").press("Enter")
    small = opened.value
    small.scripted = True
    small.set_viewport_size({"width": 320, "height": 480})
    small.wait_for_selector("#console[data-how=mine]")
    small.keyboard.press("Space")
    small.locator(".m-now__head.is-call").wait_for()
    label = small.locator("#console").get_attribute("data-label")
    console.page.locator(f"#console[data-label='{label}']").wait_for()
    accessible(small)
    assert small.evaluate("document.documentElement.scrollHeight") <= 480
    console.press("Space")
    small.locator(".m-now__head:not(.is-call)").wait_for()
    small.keyboard.press("z")
    console.page.locator(".m-now__head.is-call").wait_for()


def test_single_keys_are_off_when_the_switch_is_off_and_while_somebody_types(day, desk):
    one = desk("officer", 1).press("Space")
    one.page.locator("#keys").uncheck()
    one.page.locator("#console").focus()
    assert one.press("Space").number() == "kosong"
    one.page.reload()
    assert not one.page.locator("#keys").is_checked()
    one.page.locator("#keys").check()
    one.page.locator("#console").focus()
    one.press("n")
    one.page.keyboard.type("g r ")
    assert one.page.locator("input[name=number]").input_value() == "g r "
    one.press("Escape", "Space")
    assert one.number() != "kosong"


@pytest.mark.parametrize("size", [NARROWEST, PHONE, DESK], ids=["320 px", "360 px", "1280 px"])
def test_the_console_is_accessible_with_everything_open(day, desk, open_page, accessible, size):
    one = desk("officer", 1, open_page(size))
    accessible(one.page)
    one.press("Space", "Space")
    accessible(one.page)
    one.press("Space")
    for key in ("k", "h", "p", "j", "d", "?"):
        one.press(key)
        accessible(one.page)
        one.press("Escape")


# -- the web process is killed in the middle -----------------------------------------------------


class Web:
    """The portal's web process on this test's database."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        name = connection.settings_dict["NAME"]
        database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
        self.env = {**os.environ, "DATABASE_URL": database, "REDIS_URL": settings.REDIS_URL}
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", WEB, str(self.port)],
            cwd=ROOT,
            env=self.env,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + 30
        while time.monotonic() < until and self.process.poll() is None:
            try:
                urllib.request.urlopen(f"{self.address}/admin/login/", timeout=5)  # noqa: S310
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise AssertionError("the web process did not start")

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def web():
    one = Web()
    yield one
    one.kill()


def test_a_killed_web_process_loses_nothing_and_nothing_is_pressed_into_the_void(
    day, web, open_page
):
    page = open_page(DESK, network=False)
    desk = Desk(page, day.people["officer"], Counter.objects.get(number=1), web.address)
    desk.press("Space", "Space")
    number = desk.number()
    web.kill()
    page.keyboard.press("Space")  # into the void
    page.locator("#lost", has_text="Sambungan terputus").wait_for()
    assert number in page.locator("#lost").inner_text()
    page.keyboard.press("Space")  # off
    assert Ticket.objects.get(label=number).state == State.CALLED
    web.start()
    page.locator("#lost").wait_for(state="hidden")
    desk.hears("Tersambung lagi")
    assert desk.number() == number
    assert Ticket.objects.get(label=number).state == State.CALLED
    desk.press("Space")
    assert Ticket.objects.get(label=number).state == State.SERVING
