"""Web push against a small push service that checks our signature and decrypts like a browser."""

import json
import time
from datetime import timedelta

import pytest

from mpp_portal.checks import push_has_its_key
from notifications import rules, vapid
from notifications.channels import push
from notifications.models import Message
from tests.notifications.push_service import push_service

pytestmark = pytest.mark.django_db
State = Message.State
SOON = timedelta(seconds=5)
LINK = "https://mpp.contoh.id/tiket/abc_-1/"


@pytest.fixture
def service(settings):
    with push_service() as one:
        settings.VAPID_PRIVATE_KEY = vapid.new_key()
        settings.VAPID_SUBJECT = "mailto:antrean@contoh.id"
        settings.PUSH_SERVICES = ["fcm.googleapis.com", "*.push.apple.com", one.origin]
        settings.NOTIFICATION_CHANNELS = ["push", "console"]
        yield one
        assert one.faults == []


@pytest.fixture
def written(outbox, service):
    """Write one message to a new browser; (message, browser)."""

    def write(**changes):
        browser = service.browser()
        context = {"first_name": "Siti", "mall": "MPP Gajah Mada", "label": "C 037", "link": LINK}
        values = {
            "kind": "called",
            "phone": "",
            "email": "",
            "push": browser.text,
            "context": {**context, "counter": "7", **changes.pop("words", {})},
        }
        *_before, message = outbox(**{**values, **changes})
        return message, browser

    return write


def outcome(message):
    message.refresh_from_db()
    return message.state, message.channel, message.last_error


def test_a_message_arrives_signed_and_readable_by_its_browser_alone(written, service, settings, at):
    message, browser = written()
    assert rules.send_due(at=at) == 1
    assert outcome(message) == (State.SENT, "push", "")
    ((to, headers, told),) = service.received
    assert to is browser
    assert told["title"] == "Giliran Anda: C 037, loket 7"
    assert "C 037" in told["body"]
    assert "http" not in told["body"]
    assert (told["url"], told["kind"], told["lang"]) == ("/tiket/abc_-1/", "called", "id")
    assert headers["content-encoding"] == "aes128gcm"
    assert (headers["ttl"], headers["urgency"]) == ("120", "high")
    assert headers["topic"] == told["tag"]
    assert len(headers["topic"]) == 32
    (claims,) = service.claims
    assert claims["aud"] == service.origin
    assert claims["sub"] == "mailto:antrean@contoh.id"
    assert claims["k"] == push.public_key()
    assert 0 < claims["exp"] - time.time() <= 24 * 3600


def test_a_second_copy_takes_the_place_of_the_first_and_another_message_does_not(
    written, service, at
):
    written()
    rules.send_due(at=at)
    Message.objects.update(state=State.DUE, sent_at=None, ended_at=None)
    rules.send_due(at=at)
    written(dedup_key="other")
    rules.send_due(at=at + SOON)
    topics = [headers["topic"] for _to, headers, _told in service.received]
    assert topics[0] == topics[1] != topics[2]


@pytest.mark.parametrize(
    ("kind", "ttl", "urgency"),
    [("called", "120", "high"), ("ahead", "900", "high"), ("booked", "86400", "normal")],
)
def test_a_call_is_urgent_and_soon_worth_nothing(written, service, at, kind, ttl, urgency):
    words = {"people": "3", "date": "Selasa, 24 November", "time_range": "09.00–10.00"}
    written(kind=kind, words=words)
    assert rules.send_due(at=at) == 1
    (_to, headers, _told) = service.received[0]
    assert (headers["ttl"], headers["urgency"]) == (ttl, urgency)


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_gave_up_is_gone_and_the_next_channel_takes_over(
    written, service, smtp, settings, at, status
):
    settings.NOTIFICATION_CHANNELS = ["push", "email"]
    message, _browser = written(kind="booked", email="siti@contoh.id", words=WHEN)
    service.answers = [(status, {})]
    assert rules.send_due(at=at) == 0
    assert outcome(message) == (State.DUE, "email", "gone")
    assert rules.send_due(at=at + SOON) == 1
    assert outcome(message) == (State.SENT, "email", "")
    assert len(smtp.received) == 1


WHEN = {"date": "Selasa, 24 November", "time_range": "09.00–10.00"}


def test_without_another_channel_what_is_gone_is_parked(written, service, at):
    message, _browser = written()
    service.answers = [(410, {})]
    rules.send_due(at=at)
    assert outcome(message) == (State.FAILED, "push", "gone")


@pytest.mark.parametrize(
    ("answer", "code", "wait_s"),
    [
        ((429, {"Retry-After": "120"}), "http_429", 120),
        ((503, {"Retry-After": "90"}), "http_503", 90),
        ((500, {}), "http_500", 60),
        ((403, {}), "vapid_403", 60),
        ((401, {}), "vapid_401", 60),
    ],
)
def test_what_may_pass_is_tried_again_when_the_service_says(
    written, service, at, answer, code, wait_s
):
    message, _browser = written()
    service.answers = [answer]
    assert rules.send_due(at=at) == 0
    assert outcome(message) == (State.DUE, "push", code)
    assert abs((message.send_after - at).total_seconds() - wait_s) < 5
    assert rules.send_due(at=message.send_after) == 1


def test_a_message_that_is_too_long_is_not_tried_again(written, service, at):
    message, _browser = written()
    service.answers = [(413, {})]
    rules.send_due(at=at)
    assert outcome(message) == (State.FAILED, "push", "http_413")


def test_one_persons_address_never_silences_the_others(outbox, service, settings, at, draft):
    """Anybody can make up a subscription that is refused or a host that is not there."""
    settings.PUSH_SERVICES = ["*.invalid", service.origin]
    nowhere = service.browser()
    nowhere.endpoint = "https://made-up.invalid/x"
    slow = service.browser()
    own = [nowhere.text, slow.text]
    drafts = [draft(n, kind="booked", phone="", email="", push=one) for n, one in enumerate(own, 7)]
    rules.enqueue(drafts=drafts, at=at)
    service.answers = [(429, {"Retry-After": "3600"})]
    rules.send_due(at=at, limit=2)
    outbox(kind="booked", phone="", email="", push=service.browser().text)
    assert rules.send_due(at=at + SOON) == 1
    assert set(Message.objects.values_list("last_error", flat=True)) == {
        "unreachable",
        "http_429",
        "",
    }


def test_a_service_that_is_away_is_left_alone_for_the_round(written, service, at):
    message, _browser = written()
    service.answers = [(503, {})]
    with pytest.raises(push.SendFailed) as failure:
        push.send(_outgoing(message))
    assert failure.value.down


def test_a_service_that_is_away_does_not_silence_the_others(
    written, outbox, draft, service, settings, at, monkeypatch
):
    monkeypatch.setattr("notifications.rules.sending.BATCH", 1)
    with push_service() as other:
        settings.PUSH_SERVICES = [*settings.PUSH_SERVICES, other.origin]
        context = {"first_name": "Siti", "mall": "MPP", "label": "C 037", "link": LINK}
        drafts = [
            draft(n, kind="booked", phone="", email="", push=one.browser().text, context=context)
            for n, one in enumerate([service, service, other], start=1)
        ]
        rules.enqueue(drafts=drafts, at=at)
        service.answers = [(503, {})]
        assert rules.send_due(at=at) == 1
        assert (len(service.received), len(other.received)) == (0, 1)
        errors = Message.objects.filter(state=State.DUE).order_by("pk")
        assert list(errors.values_list("last_error", flat=True)) == ["http_503", "channel_down"]
        assert rules.send_due(at=at + timedelta(minutes=2)) == 2


def test_a_dead_key_is_said_and_not_tried(written, service, settings, at):
    message, _browser = written()
    settings.VAPID_PRIVATE_KEY = ""
    rules.send_due(at=at)
    assert outcome(message) == (State.FAILED, "push", "vapid_key")
    assert service.received == []


def test_an_address_that_is_no_longer_allowed_is_not_called(written, service, settings, at):
    message, _browser = written()
    settings.PUSH_SERVICES = ["fcm.googleapis.com"]
    rules.send_due(at=at)
    assert outcome(message) == (State.FAILED, "push", "push_service")
    assert service.received == []


def test_the_longest_words_fit(written, service, at):
    written(words={"mall": "é" * 3000, "label": "ü" * 2000})
    assert rules.send_due(at=at) == 1
    assert service.received[0][2]["body"].endswith("…")


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/x",
        "https://fcm.googleapis.com:8443/x",
        "https://fcm.googleapis.com.evil.example/x",
        "https://user@fcm.googleapis.com/x",
        "https://evil.example/fcm.googleapis.com/",
        "https://push.apple.com/x",
        "https://webpush.apple.com/x",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://localhost/x",
        "https://10.0.0.1/x",
        "https://169.254.169.254/latest/",
        "https://FCM.googleapis.com/x",
        "https://fcm.googleapis.com\\@evil.example/x",
        "https://fcm.googleapis.com",
        "https://fcm.googleapis.com/a b",
        "file:///etc/passwd",
        "",
        None,
        7,
    ],
)
def test_only_known_push_services_are_addresses(service, endpoint):
    told = {**service.browser().subscription, "endpoint": endpoint}
    with pytest.raises(ValueError, match=r"shape|service"):
        push.read(json.dumps(told))


def test_known_services_are_read_and_written_the_same(service):
    browser = service.browser()
    for endpoint in ("https://fcm.googleapis.com/fcm/send/a:b", "https://web.push.apple.com/Q"):
        browser.endpoint = endpoint
        read = push.read(browser.text)
        assert read.endpoint == endpoint
        assert push.read(read.as_text()) == read


@pytest.mark.parametrize(
    "change",
    [
        {"keys": {}},
        {"keys": None},
        {"keys": {"p256dh": "AAAA", "auth": "AAAAAAAAAAAAAAAAAAAAAA"}},
        {"keys": {"p256dh": "B" + "A" * 86, "auth": "AAAAAAAAAAAAAAAAAAAAAA"}},
        {"keys": {"p256dh": 1, "auth": 2}},
        {"endpoint": "https://fcm.googleapis.com/" + "x" * 5000},
    ],
)
def test_keys_that_nobody_can_encrypt_for_are_refused(service, change):
    told = {**service.browser().subscription, "endpoint": "https://fcm.googleapis.com/x", **change}
    with pytest.raises(ValueError, match="shape"):
        push.read(json.dumps(told))


@pytest.mark.parametrize("text", ["", "null", "[]", "7", "{", '"' * 9, "[" * 3000, "{}"])
def test_what_is_no_subscription_is_refused(service, text):
    with pytest.raises(ValueError, match="shape"):
        push.read(text)


def test_push_is_offered_with_a_key_and_a_place_in_the_list(settings, service):
    assert push.offered()
    settings.NOTIFICATION_CHANNELS = ["email"]
    assert not push.offered()
    settings.NOTIFICATION_CHANNELS = ["push"]
    settings.VAPID_PRIVATE_KEY = "not a key"
    assert not push.offered()


def test_push_without_its_key_is_an_error_of_the_set_up(settings, service):
    def found():
        return {one.id for one in push_has_its_key(None)}

    assert found() == set()
    settings.VAPID_PRIVATE_KEY = ""
    assert found() == {"mpp_portal.E012"}
    settings.VAPID_SUBJECT = "admin"
    assert found() == {"mpp_portal.E012", "mpp_portal.E013"}
    settings.PRODUCTION = True
    assert "mpp_portal.E014" in found()
    settings.NOTIFICATION_CHANNELS = ["console"]
    assert found() == set()


def test_a_new_key_is_a_key_and_never_the_same():
    one, other = vapid.new_key(), vapid.new_key()
    assert vapid.readable(one)
    assert vapid.public_key(one) != vapid.public_key(other)
    assert len(vapid.public_key(one)) == 87
    assert not vapid.readable("A" * 43)  # nought is no key
    assert vapid.public_key("") == ""


def _outgoing(message):
    return push.Outgoing(
        kind=message.kind,
        address=message.address,
        subject="Giliran Anda",
        body="Silakan ke loket.",
        reference="r",
    )
