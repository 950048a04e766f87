"""What a gateway may do to us over HTTP, and what becomes of the message then: by two channels."""

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from notifications import rules
from notifications.channels import http
from notifications.models import Message
from notifications.rules.marking import fingerprint
from tests.notifications import peers
from tests.notifications.peers import Says

pytestmark = pytest.mark.django_db


def only() -> Message:
    return Message.objects.get()


@pytest.fixture(params=["meta", "sms_gateway"])
def peer(request):
    """The Cloud API, and a gateway for SMS."""
    return request.getfixturevalue(request.param)


def test_a_message_arrives_and_the_providers_id_is_kept(outbox, at, peer):
    (message,) = outbox()
    assert rules.send_due(at=at) == 1
    reference = f"mpp-{message.pk}-{int(at.timestamp())}"
    assert reference.encode() in peer.asked[0].body
    assert only().state == "sent"
    ids = {fingerprint("whatsapp", f"wamid.{reference}"), fingerprint("sms", f"sms-{reference}")}
    assert only().provider_id in ids


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (peers.silent, "timeout"),
        (peers.dripping, "timeout"),
        (peers.dripping_headers, "timeout"),
        (peers.half, "disconnected"),
        (peers.hang_up, "disconnected"),
    ],
)
def test_a_broken_answer_costs_one_try_and_a_minute(outbox, at, peer, act, code, monkeypatch):
    outbox(3)
    peer.always = act
    started = time.monotonic()
    with monkeypatch.context() as hasty:
        hasty.setattr(http, "READ_S", 0.25)
        hasty.setattr(http, "WHOLE_S", 0.4)
        assert rules.send_due(at=at) == 0
    assert time.monotonic() - started < 3
    rows = Message.objects.order_by("pk").values_list("state", "attempts", "last_error")
    assert list(rows) == [("due", 1, code)] * 3  # each of them may have left
    soonest = Message.objects.earliest("send_after").send_after - at
    assert timedelta(minutes=1) <= soonest < timedelta(minutes=1, seconds=5)
    peer.always = None
    assert rules.send_due(at=at + timedelta(minutes=2)) == 3


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [("90", 90), ("date", 90), ("0", 60), ("5", 60), ("bald", 60), ("99999", 3600)],
)
def test_too_many_requests_wait_as_long_as_asked(outbox, at, peer, retry_after, seconds):
    if retry_after == "date":
        retry_after = format_datetime(datetime.now(UTC) + timedelta(seconds=91), usegmt=True)
    outbox()
    peer.always = Says(429, "slow down", {"Retry-After": retry_after})
    assert rules.send_due(at=at) == 0
    assert (only().state, only().last_error) in [("due", "http_429"), ("due", "sms_429")]
    assert timedelta(seconds=-2) <= only().send_after - at - timedelta(seconds=seconds)
    assert only().send_after - at - timedelta(seconds=seconds) < timedelta(seconds=2)


def test_the_others_leave_a_gateway_alone_that_asked_for_it(outbox, at, peer, monkeypatch):
    monkeypatch.setattr("notifications.rules.sending.BATCH", 1)
    outbox(3)
    peer.always = Says(503, "", {"Retry-After": "300"})
    assert rules.send_due(at=at) == 0
    assert len(peer.asked) == 1
    assert Message.objects.earliest("send_after").send_after >= at + timedelta(seconds=300)
    assert sorted(Message.objects.values_list("attempts", flat=True)) == [0, 0, 1]


def test_a_call_does_not_wait_for_a_channel_that_is_down(
    outbox, at, sms_gateway, smtp, settings, monkeypatch
):
    monkeypatch.setattr("notifications.rules.sending.BATCH", 1)
    settings.NOTIFICATION_CHANNELS = ["sms", "email"]
    words = {"first_name": "Budi", "mall": "MPP", "label": "C 037", "counter": "4", "link": "x"}
    outbox(3, kind="called", context=words)
    sms_gateway.always = Says(503)
    assert rules.send_due(at=at) == 0
    assert len(sms_gateway.asked) == 1
    assert rules.send_due(at=at + timedelta(seconds=3)) == 3
    assert len(smtp.received) == 3


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_fault_of_theirs_is_tried_again_and_concerns_this_message_only(outbox, at, peer, status):
    outbox(2)
    peer.next = [Says(status, "<html>oops</html>")]
    assert rules.send_due(at=at) == 1
    failed = Message.objects.get(state="due")
    assert (failed.last_error, failed.attempts) == (f"http_{status}", 1)


@pytest.mark.parametrize("body", ["", "OK", "[]", '"queued"', "{", '{"error": "no"}', "null"])
def test_200_that_says_nothing_we_know_is_no_success(outbox, at, peer, body):
    outbox()
    peer.always = Says(200, body)
    assert rules.send_due(at=at) == 0
    assert (only().state, only().attempts, only().provider_id) == ("due", 1, "")


def test_a_gateway_that_sends_us_elsewhere_is_not_followed(outbox, at, peer):
    outbox()
    peer.always = Says(302, "", {"Location": "https://example.org/"})
    assert rules.send_due(at=at) == 0
    assert (only().state, only().last_error) == ("due", "http_302")


def test_no_gateway_at_all_is_tried_again(outbox, at, peer):
    outbox()
    peer.shutdown()
    peer.server_close()
    rules.send_due(at=at)
    assert (only().state, only().last_error) == ("due", "unreachable")


def test_a_gateway_that_takes_and_answers_too_late_gets_three_copies_at_most(
    outbox, at, peer, monkeypatch
):
    monkeypatch.setattr(http, "READ_S", 0.1)
    outbox(2, not_after=None)
    peer.always = peers.silent
    for _ in range(6):
        rules.send_due(at=at)
        at += timedelta(hours=1)
    rows = Message.objects.values_list("state", "attempts", "last_error")
    assert list(rows) == [("failed", 3, "timeout")] * 2
    assert len(peer.asked) == 6


def test_what_never_left_is_tried_with_one_message_not_with_all(outbox, at, peer):
    outbox(3)
    peer.shutdown()
    peer.server_close()
    rules.send_due(at=at)
    assert sorted(Message.objects.values_list("attempts", flat=True)) == [0, 0, 1]


def test_what_was_prepared_before_the_outage_was_known_is_withheld_and_not_counted(
    outbox, at, peer, monkeypatch
):
    monkeypatch.setattr("notifications.rules.sending.BATCH", 2)
    outbox(6)
    peer.always = Says(503, "", {"Retry-After": "300"})
    assert rules.send_due(at=at) == 0
    assert len(peer.asked) == 2
    assert sorted(Message.objects.values_list("attempts", flat=True)) == [0, 0, 0, 0, 0, 1]
    assert Message.objects.earliest("send_after").send_after >= at + timedelta(seconds=299)


def test_in_an_outage_everybody_with_another_channel_is_moved_to_it(
    outbox, at, sms_gateway, smtp, settings
):
    settings.NOTIFICATION_CHANNELS = ["sms", "email"]
    outbox(20, not_after=None)
    sms_gateway.always = Says(503)
    for _ in range(4):
        rules.send_due(at=at)
        at += timedelta(minutes=10)
    assert len(smtp.received) == 20


def test_an_outage_is_seen_although_its_messages_are_put_off(outbox, at, peer):
    outbox(20, not_after=None)
    peer.always = Says(503, "", {"Retry-After": "1800"})
    rules.send_due(at=at)
    later = at + timedelta(minutes=9)
    assert rules.backlog(later) == (20, 540.0)
    assert sum(rules.troubled(later).values()) == 20


def test_an_answer_without_end_is_not_read_to_its_end(outbox, at, peer):
    outbox()
    peer.always = Says(200, "x" * (http.MOST_BYTES + 1))
    rules.send_due(at=at)
    assert (only().state, only().last_error) == ("due", "answer_too_long")


def test_after_three_tries_the_next_channel_takes_over_and_nothing_is_lost(
    outbox, at, peer, settings, request
):
    own = settings.NOTIFICATION_CHANNELS
    smtp = request.getfixturevalue("smtp")
    settings.NOTIFICATION_CHANNELS = [*own, "email"]
    outbox()
    peer.always = Says(500)
    for _ in range(3):
        assert rules.send_due(at=at) == 0
        at = only().send_after
    assert (only().channel, only().last_error) == ("email", "http_500")
    assert rules.send_due(at=at) == 1
    assert (len(smtp.received), only().state) == (1, "sent")


def test_with_no_channel_left_a_message_is_parked_in_the_end(outbox, at, peer):
    outbox()
    peer.always = Says(500)
    for _ in range(6):
        rules.send_due(at=at)
        at = only().send_after
    assert (only().state, only().last_error, len(peer.asked)) == ("failed", "http_500", 6)
    peer.always = None
    assert rules.retry(ids=[only().pk], at=at) == 1
    assert rules.send_due(at=at) == 1


def test_connections_are_kept_while_they_are_young(peer, monkeypatch):
    for _ in range(3):
        http.exchange("GET", peer.url)
    assert peer.connections == 1
    monkeypatch.setattr(http, "KEPT_S", -1)
    http.exchange("GET", peer.url)
    assert peer.connections == 2
