"""One person and every message they get, from the booking to the survey, as the demo plays it.

Real processes (web, worker, the demo's catcher) and a phone without scripts: each message is read
on /demo/pesan/, and what happens next begins at the link in it. Nobody waits for a reminder: it is
sent before its time, as a visitor of the demo would do it.
"""

import json
import re

import pytest

from mpp_portal import demo_messages
from queueing.devices import COOKIE
from tests.browser.conftest import DESK, PHONE
from tests.browser.test_the_hall_goes_on import WEB, Counter
from tests.faults.stage import Stage, answers, free_port

pytestmark = pytest.mark.browser
WAIT_MS = 40_000
ADDRESS = "siti.aminah@contoh.id"
INBOX = "/demo/pesan/"
BUILD = """
import django; django.setup()
import json
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
mall.rehearsal = True
mall.save()
for n in range(4):
    rules.walk_in(mall=mall, services=["PBB"], at=timezone.now(), name=f"Orang {n}")
officer = Client()
officer.force_login(house.people["foreign_officer"])
print(json.dumps({
    "counter": house.counters[4].pk,
    "session": [settings.SESSION_COOKIE_NAME, officer.cookies[settings.SESSION_COOKIE_NAME].value],
    "display": pair_device(mall, "display").token,
}))
"""
SERVED_LONG_AGO = """UPDATE queueing_ticket SET ended_at = ended_at - interval '2 minutes',
    released_at = released_at - interval '2 minutes' WHERE label = %s RETURNING id"""
ASK = """
import django; django.setup()
from queueing.tasks import ask_how_it_was
ask_how_it_was()
"""


class House(Stage):
    """The processes of a demo, with the small mall as its mall of rehearsal."""

    def __init__(self, data_dir) -> None:
        super().__init__(data_dir)
        self.url = f"http://127.0.0.1:{self.port}"
        smtp_port, sms_port = free_port(), free_port()
        told = demo_messages.environment(smtp_port=smtp_port, sms_port=sms_port, push=False)
        self.env |= {"BASE_URL": self.url, "MPP_DEMO": "1", "PRODUCTION": "0", **told}
        self.python("manage.py", "migrate", "-v", "0")
        self.facts = json.loads(self.run(BUILD))
        catcher = "mpp_portal.demo_messages.catcher"
        self.start("pesan", "-m", catcher, str(smtp_port), str(sms_port))
        (data_dir / "serve.py").write_text(WEB)
        self.start("web", str(data_dir / "serve.py"), str(self.port))
        work = f"worker --concurrency 1 --loglevel critical --beat --schedule {data_dir}/beat"
        self.start("worker", "-m", "celery", "-A", "mpp_portal", *work.split())
        answers(f"{self.url}/sehat/")


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    one = House(tmp_path_factory.mktemp("demo"))
    yield one
    one.close()


@pytest.fixture
def window(browser, house):
    """`window(size)`: a window of a person of its own."""
    contexts = []

    def window(size, **more):
        context = browser.new_context(
            viewport=size, base_url=house.url, locale="id-ID", reduced_motion="reduce", **more
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        return page

    yield window
    for context in contexts:
        context.close()


class Phone:
    """A citizen's phone: what they press, and the messages they read on it."""

    def __init__(self, page) -> None:
        self.page = page
        self.inbox = page.context.new_page()
        self.inbox.set_default_timeout(WAIT_MS)

    def press(self, words: str) -> None:
        """Press the button, or follow the link, that says so."""
        named = {"name": words, "exact": True}
        there = self.page.get_by_role("button", **named).or_(self.page.get_by_role("link", **named))
        with self.page.expect_navigation(wait_until="load"):
            there.first.click()

    def says(self, words: str) -> None:
        self.page.locator("main").get_by_text(words).first.wait_for()

    @property
    def label(self) -> str:
        return " ".join(self.page.locator("#tiket .m-code").first.inner_text().split())

    def look_only_at(self, address: str) -> None:
        """Type one's own address once; the inbox shows nobody else's from then on."""
        self.inbox.goto(INBOX)
        self.inbox.goto(f"{INBOX}alamat/")
        self.inbox.get_by_label("Alamat surel atau nomor HP").fill(address)
        self.inbox.get_by_role("button", name="Tampilkan", exact=True).click()
        self.inbox.get_by_text(f"Untuk: {address}").wait_for()

    def read(self, subject: str, *words: str) -> str:
        """Wait for a message, open it, find these words in it; the address its link leads to."""
        self.inbox.goto(INBOX)
        entry = self.inbox.locator("a.m-item", has_text=subject).first
        path = entry.get_attribute("href")
        self.inbox.goto(path)
        body = self.inbox.locator("main .m-card").first
        for word in words:
            assert word in body.inner_text(), body.inner_text()
        links = [link.get_attribute("href") for link in body.get_by_role("link").all()]
        frame = self.inbox.frame_locator("iframe")
        assert frame.locator(f"a[href='{links[-1]}']").count() >= 1  # as HTML it leads there too
        return links[-1]

    def do_not_wait_for(self, kind: str) -> None:
        """Let a message leave before its time."""
        self.inbox.goto(INBOX)
        row = self.inbox.locator("li.m-item", has_text=kind).first
        row.get_by_role("button").click()

    def open(self, link: str) -> None:
        self.page.goto(link)


def code_in_the_hall(house, window) -> str:
    """The check-in code, as it stands on the display."""
    display = window(DESK)
    display.context.add_cookies(
        [{"name": COOKIE, "value": house.facts["display"], "url": house.url}]
    )
    display.goto("/gajah-mada/layar/timur/")
    return display.locator(".m-tv__code b").inner_text()


def book_for_tomorrow(phone) -> str:
    """A number for tomorrow, with an e-mail address; its label."""
    phone.open("/gajah-mada/antrean/PBB/")
    tomorrow = phone.page.locator("button.m-day:not([disabled])").nth(1)
    with phone.page.expect_navigation(wait_until="load"):
        tomorrow.click()
    phone.press("Lanjut")
    phone.page.fill("input[name=name]", "Siti Aminah")
    phone.page.get_by_text("Lebih suka surel?").click()
    phone.page.fill("input[name=email]", ADDRESS)
    phone.press("Lanjut")
    phone.press("Ambil nomor antrean")
    return phone.label


def come_today_instead(phone) -> str:
    """Move the number to the last hour of today; the new label."""
    phone.press("Pindah hari atau jam")
    with phone.page.expect_navigation(wait_until="load"):
        phone.page.locator("a.m-day").first.click()
    phone.page.locator("label.m-pick:has(input:not([disabled]))").last.click()
    phone.press("Pindahkan nomor ini")
    return phone.label


def answer_the_survey(phone) -> None:
    """One tap for each question, then nothing about oneself."""
    for _question in range(20):
        if not re.search(r"/survei/[^/]+/(\d+/)?$", phone.page.url):
            break
        with phone.page.expect_navigation(wait_until="load"):
            phone.page.locator("button.m-face").last.click()
    phone.press("Lewati")
    phone.press("Lewati")
    phone.says("Terima kasih.")


def test_every_message_of_a_visit_arrives_and_leads_on(house, window):
    phone = Phone(window(PHONE, java_script_enabled=False))

    # the booking
    booked = book_for_tomorrow(phone)
    phone.look_only_at(ADDRESS)
    phone.open(phone.read(f"Nomor antrean Anda {booked}", "Halo Siti", booked))
    assert phone.label == booked

    # the day before: opening the link acts on nothing, one press does
    phone.do_not_wait_for("Pengingat sehari sebelumnya")
    phone.open(phone.read("Jadi datang?", booked))
    confirmed = "SELECT confirmed_at IS NOT NULL FROM queueing_ticket WHERE label = %s"
    assert house.query(confirmed, booked) == [(False,)]
    phone.press("Ya, saya datang")
    phone.says("Kami tunggu")
    assert house.query(confirmed, booked) == [(True,)]

    # today after all, in the last hour
    phone.press("Buka tiket")
    label = come_today_instead(phone)
    assert label != booked
    phone.open(phone.read("Jadwal Anda sudah pindah", label))

    # in the hall: four people are before her, one is called
    phone.page.get_by_label("Kode di layar aula").fill(code_in_the_hall(house, window))
    phone.press("Saya sudah di sini")
    counter = Counter(house, window(DESK))
    counter.call()
    phone.open(phone.read("3 orang lagi", label))
    phone.says("3 orang")
    for _others in range(3):
        counter.call()
    assert counter.call() == label
    phone.open(phone.read(f"Giliran Anda: {label}, loket 4", label))
    phone.says("Giliran Anda")

    # served, and asked how it was
    counter.press()
    counter.page.get_by_role("button", name=re.compile("Selesai tanpa memanggil")).click()
    counter.page.get_by_text("Tidak ada nomor di loket").wait_for()
    assert len(house.query(SERVED_LONG_AGO, label)) == 1  # nobody can undo it any more
    house.run(ASK)
    phone.do_not_wait_for("Survei")
    phone.open(phone.read("Bagaimana pelayanan yang Anda terima?", label))
    answer_the_survey(phone)

    # each message once, and nobody else was sent any
    messages = house.query("SELECT kind, channel, state, count(*) FROM notifications_message"
                           " WHERE state <> 'voided' GROUP BY 1, 2, 3 ORDER BY 1")  # fmt: skip
    sent = ["ahead", "booked", "called", "reminder_day", "rescheduled", "survey"]
    assert [row for row in messages if row[2] == "sent"] == [
        (kind, "email", "sent", 1) for kind in sent
    ]
