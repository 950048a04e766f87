"""A phone told of its turn, in a real Chromium.

Real: the page, the click, the permission, the subscription's keys, the portal's rule and outbox,
the signed and encrypted message over HTTP, the service that checks and decrypts it, the service
worker, and the notification that it shows. Not real: the push service is our own, since those of
the browsers cannot be reached from here. So PushManager gives a subscription of it instead of
Google's, and what it has decrypted is handed to the worker through the browser's tools, as the
browser itself would. Headless, nobody can press a notification: the worker's handler is given the
press, and the window that it would open or focus is written down.
"""

import json

import pytest
from django.utils import timezone

from notifications import rules as outbox
from notifications import vapid
from notifications.models import Message
from queueing import rules
from queueing.models import Counter, Visit
from queueing.rules.telling import tell_the_line
from tests.browser.conftest import ARGUMENTS, PHONE, WHOLE, _chromium
from tests.browser.test_main_job import living_house  # noqa: F401  (a fixture)
from tests.notifications.push_service import push_service

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BUTTON = "#kabari [data-if=off] button"
# What the browser would do with its vendor's push service; where it stands is kept by the origin.
OWN_PUSH_SERVICE = """
const given = %s;
const own = { endpoint: given.endpoint, toJSON: () => given, unsubscribe: async () => true };
PushManager.prototype.subscribe = async (options) => {
  if (options.applicationServerKey.length !== 65 || !options.userVisibleOnly) throw new TypeError();
  localStorage.setItem("subscribed", "1");
  return own;
};
PushManager.prototype.getSubscription = async () => localStorage.getItem("subscribed") && own;
"""


@pytest.fixture(scope="module")
def browser(browser):
    """A whole Chromium: only that one shows notifications."""
    path = _chromium(WHOLE, "chromium-browser")
    chromium = browser.browser_type.launch(executable_path=path, args=ARGUMENTS)
    yield chromium
    chromium.close()


@pytest.fixture
def service(settings, live_server):
    with push_service() as one:
        settings.BASE_URL = live_server.url
        settings.VAPID_PRIVATE_KEY = vapid.new_key()
        settings.PUSH_SERVICES = [one.origin]
        settings.NOTIFICATION_CHANNELS = ["push"]
        yield one
        assert one.faults == []


@pytest.fixture
def mine(living_house, service):  # noqa: F811
    """Somebody who came by, without any contact."""
    visit = rules.walk_in(
        mall=living_house.mall,
        services=["KK"],
        at=timezone.now(),
        name="Siti Aminah",
    )
    return visit.tickets.get()


@pytest.fixture
def phone(open_page, service):
    """A page whose browser subscribes at our push service; `browser` has its keys."""
    page = open_page(PHONE, network=False)
    page.browser = service.browser()
    page.context.add_init_script(OWN_PUSH_SERVICE % json.dumps(page.browser.subscription))
    return page


def address(ticket):
    return f"/tiket/{ticket.visit.token}/"


def kept_address(ticket):
    return json.loads(Visit.objects.get(pk=ticket.visit_id).push)["endpoint"]


def allow(page, live_server):
    page.context.grant_permissions(["notifications"], origin=live_server.url)


class Worker:
    """The service worker of a page, by the browser's tools."""

    def __init__(self, page, origin):
        self.page, self.origin, self.registrations = page, origin, {}
        self.tools = page.context.new_cdp_session(page)
        self.tools.on("ServiceWorker.workerRegistrationUpdated", self._heard)
        self.tools.send("ServiceWorker.enable")

    def _heard(self, event):
        for one in event["registrations"]:
            self.registrations[one["scopeURL"]] = one["registrationId"]

    def deliver(self, told):
        """What the browser does when its push service has a message for it."""
        self.tools.send(
            "ServiceWorker.deliverPushMessage",
            {
                "origin": self.origin,
                "registrationId": self.registrations[f"{self.origin}/"],
                "data": json.dumps(told),
            },
        )

    def shown(self, title, body=None):
        """The notification with this title, and where given this body, once it is there."""
        return self.page.evaluate(
            """async ([title, words]) => {
                const registration = await navigator.serviceWorker.ready;
                for (let i = 0; i < 200; i++) {
                    const all = await registration.getNotifications();
                    const found = all.find(
                        (one) => one.title === title && (!words || one.body === words));
                    if (found) {
                        const { body, lang, data } = found;
                        return { body, lang, data, all: all.length };
                    }
                    await new Promise((next) => setTimeout(next, 50));
                }
            }""",
            [title, body],
        )


def test_who_came_by_without_a_contact_is_called_on_the_phone(
    mine,
    phone,
    service,
    live_server,
    living_house,  # noqa: F811
    accessible,
):
    allow(phone, live_server)
    phone.goto(address(mine))
    phone.wait_for_selector(BUTTON)
    assert Message.objects.count() == 0
    accessible(phone)
    phone.click(BUTTON)
    phone.wait_for_selector("text=HP ini akan dikabari")
    assert phone.evaluate("document.activeElement.textContent") == "HP ini akan dikabari"
    accessible(phone)
    assert kept_address(mine) == phone.browser.endpoint

    officer = living_house.people["officer"]
    counter = Counter.objects.get(number=1)
    rules.open_counter(counter_id=counter.pk, officer=officer, at=timezone.now())
    rules.call_next(counter_id=counter.pk, officer=officer, at=timezone.now())
    assert tell_the_line(timezone.now()) == 1
    assert outbox.send_due(at=timezone.now()) == 1
    ((to, _headers, told),) = service.received
    assert to is phone.browser

    worker = Worker(phone, live_server.url)
    _wait_for_its_worker(phone)
    worker.deliver(told)
    shown = worker.shown(f"Giliran Anda: {mine.label}, loket 1")
    assert shown["body"].startswith(f"Giliran Anda. Nomor {mine.label} dipanggil")
    assert "http" not in shown["body"]
    assert shown["lang"] == "id"
    assert shown["data"] == {"url": address(mine), "kind": "called"}
    assert "Aminah" not in json.dumps(told)

    worker.deliver({**told, "body": "Lagi"})  # a second copy takes the first one's place
    assert worker.shown(told["title"], "Lagi")["all"] == 1
    worker.deliver({**told, "title": "Lain", "kind": "ahead", "tag": "other"})
    assert worker.shown("Lain")["all"] == 1  # of a turn the last word counts


def _wait_for_its_worker(phone):
    """Asked from outside: a wait within the page evaluates a string, which its policy forbids."""
    for _try in range(150):
        if phone.evaluate("!!navigator.serviceWorker.controller"):
            return
        phone.wait_for_timeout(100)
    raise AssertionError("no worker controls the page")


def test_a_press_opens_the_ticket_and_nothing_else(mine, phone, live_server):
    allow(phone, live_server)
    phone.goto(address(mine))
    _wait_for_its_worker(phone)
    script = phone.context.service_workers[0]
    pressed = """async (url) => {
        const opened = [];
        const real = { open: clients.openWindow, all: clients.matchAll };
        clients.openWindow = async (path) => { opened.push(path); };
        const focused = [];
        clients.matchAll = async (query) => (await real.all.call(clients, query)).map((client) => ({
            url: client.url, focus: async () => { focused.push(new URL(client.url).pathname); } }));
        await registration.showNotification("Uji", { data: { url } });
        const [notification] = await registration.getNotifications();
        const work = [];
        const event = new NotificationEvent("notificationclick", { notification });
        event.waitUntil = (promise) => work.push(promise);
        dispatchEvent(event);
        await Promise.all(work);
        Object.assign(clients, { openWindow: real.open, matchAll: real.all });
        return { opened, focused, left: (await registration.getNotifications()).length };
    }"""
    there = address(mine)
    assert script.evaluate(pressed, there) == {"opened": [], "focused": [there], "left": 0}
    other = "/tiket/lain/jadi/"
    assert script.evaluate(pressed, other) == {"opened": [other], "focused": [], "left": 0}
    for strange in ("https://evil.example/tiket/x/", "/admin/", "//evil.example/", "/tiket/../a/"):
        assert script.evaluate(pressed, strange)["opened"] == ["/"]


def test_it_is_turned_off_where_it_was_turned_on(mine, phone, live_server):
    allow(phone, live_server)
    phone.goto(address(mine))
    phone.click(BUTTON)
    phone.click("#kabari button:has-text('Matikan')")
    phone.wait_for_selector(BUTTON)
    assert Visit.objects.get(pk=mine.visit_id).push is None
    phone.click(BUTTON)
    phone.wait_for_selector("text=HP ini akan dikabari")
    phone.reload()
    phone.wait_for_selector("text=HP ini akan dikabari")


def test_nobody_is_asked_by_themselves_and_a_no_is_explained(mine, phone, accessible):
    phone.context.add_init_script(
        """let answer = "default", asked = 0;
        Object.defineProperty(Notification, "permission", { get: () => answer });
        Object.defineProperty(window, "asked", { get: () => asked });
        Notification.requestPermission = async () => { asked++; return (answer = "denied"); };"""
    )
    phone.goto(address(mine))
    phone.wait_for_selector(BUTTON)
    assert phone.evaluate("window.asked") == 0
    phone.click(BUTTON)
    phone.wait_for_selector("text=izinkan notifikasi situs ini")
    assert phone.evaluate("window.asked") == 1
    assert not phone.locator(BUTTON).is_visible()
    accessible(phone)
    assert Visit.objects.get(pk=mine.visit_id).push is None


def test_what_went_wrong_is_said_and_the_button_stays(mine, phone, live_server):
    allow(phone, live_server)
    phone.goto(address(mine))
    phone.wait_for_selector(BUTTON)
    phone.route("**/kabari/", lambda route: route.abort())
    phone.click(BUTTON)
    phone.wait_for_selector("text=Belum berhasil. Periksa sinyal")
    phone.unroute("**/kabari/")
    phone.evaluate("() => { PushManager.prototype.subscribe = async () => atob('?'); }")
    phone.click(BUTTON)
    phone.wait_for_selector("text=Peramban ini tidak dapat dikabari.")
    assert phone.locator(BUTTON).is_visible()


def test_without_scripts_or_without_push_nothing_is_offered(mine, open_page):
    plain = open_page(PHONE, javascript=False)
    plain.goto(address(mine))
    assert not plain.locator("#kabari").is_visible()
    page = open_page(PHONE)
    page.context.add_init_script("delete window.PushManager")
    page.goto(address(mine))
    page.wait_for_load_state("networkidle")
    assert not page.locator("#kabari").is_visible()


def test_a_browser_with_a_new_address_is_told_there(mine, phone, service, live_server):
    allow(phone, live_server)
    phone.goto(address(mine))
    phone.click(BUTTON)
    phone.wait_for_selector("text=HP ini akan dikabari")
    phone.wait_for_function("caches.open('halaman').then((all) => all.match(location.pathname))")
    changed = """async ([oldSubscription, newSubscription]) => {
        const work = [];
        const event = new ExtendableEvent("pushsubscriptionchange");
        const waitUntil = (promise) => work.push(promise);
        dispatchEvent(Object.assign(event, { oldSubscription, newSubscription, waitUntil }));
        await Promise.all(work);
    }"""
    script, strange, newer = phone.context.service_workers[0], service.browser(), service.browser()
    script.evaluate(changed, [strange.subscription, newer.subscription])
    assert kept_address(mine) == phone.browser.endpoint  # another browser's is not touched
    script.evaluate(changed, [phone.browser.subscription, newer.subscription])
    assert kept_address(mine) == newer.endpoint
