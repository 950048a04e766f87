"""What providers report later: from whom knows the secret, in any order, any number of times."""

import hashlib
import hmac
import json
import logging
from base64 import b64encode
from datetime import timedelta

import pytest
from django.test import Client

from notifications import rules, views
from notifications.channels import base
from notifications.models import Message
from notifications.rules import marking
from notifications.rules.outbox import reference_of
from tests.notifications.peers import sms_id, wamid

pytestmark = pytest.mark.django_db
WHATSAPP, SMS = "/pesan/kabar/whatsapp/", "/pesan/kabar/sms/"
APP_SECRET = "sandi-aplikasi"


@pytest.fixture
def client():
    """Nobody's browser: no cookie, no CSRF token."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def sent(outbox, at, meta, settings, monkeypatch):
    """A message that WhatsApp took; its id there."""
    settings.WHATSAPP_APP_SECRET, settings.WHATSAPP_VERIFY_TOKEN = APP_SECRET, "sandi-lain"
    monkeypatch.setattr(views.timezone, "now", lambda: at + timedelta(minutes=1))
    outbox()
    rules.send_due(at=at)
    return Message.objects.get()


def statuses(*told: tuple[str, str], **more) -> dict:
    """A delivery of the webhook as published, with a number and a price that nobody needs."""
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "622150001", "phone_number_id": "10611"},
        "statuses": [
            {
                "id": wamid,
                "status": status,
                "timestamp": "1764000000",
                "recipient_id": "6281234567890",
                "pricing": {"billable": True, "pricing_model": "PMP", "category": "utility"},
                **({"errors": [{"code": 131026, "title": "x"}]} if status == "failed" else {}),
                **more,
            }
            for wamid, status in told
        ],
    }
    change = {"field": "messages", "value": value}
    return {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}


def deliver(client, body, secret=APP_SECRET, **headers):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    signature = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    headers = {"X-Hub-Signature-256": f"sha256={signature}", **headers}
    return client.post(WHATSAPP, raw, content_type="application/json", headers=headers)


def only() -> Message:
    return Message.objects.get()


def test_the_address_proves_to_meta_that_it_is_ours(client, sent):
    asked = {"hub.mode": "subscribe", "hub.verify_token": "sandi-lain", "hub.challenge": "4711"}
    response = client.get(WHATSAPP, asked)
    assert (response.status_code, response.content) == (200, b"4711")
    assert response["Content-Type"] == "text/plain"
    assert client.get(WHATSAPP, {**asked, "hub.verify_token": "tebakan"}).status_code == 403
    assert client.get(WHATSAPP, {**asked, "hub.mode": "x"}).status_code == 403


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        (["sent", "delivered", "read"], "read"),
        (["read", "delivered", "sent"], "read"),
        (["delivered", "delivered", "failed"], "delivered"),
    ],
)
def test_reports_count_in_any_order_and_any_number_of_times(client, sent, told, kept):
    for status in [*told, *told]:
        assert deliver(client, statuses((wamid(sent), status))).status_code == 200
    assert (only().state, only().report) == ("sent", kept)


def test_many_statuses_may_come_at_once_and_unknown_ids_are_passed_over(client, sent):
    told = [("wamid.lain", "read"), (wamid(sent), "delivered"), ("wamid.lain", "failed")]
    assert deliver(client, statuses(*told)).status_code == 200
    assert only().report == "delivered"


def test_what_was_not_delivered_goes_on_by_the_next_channel_once(
    client, outbox, at, sent, smtp, settings
):
    settings.NOTIFICATION_CHANNELS = ["whatsapp", "email"]
    outbox(2)
    rules.send_due(at=at)
    message = Message.objects.get(about="ticket-2")
    for _ in range(2):
        assert deliver(client, statuses((wamid(message), "failed"))).status_code == 200
    message.refresh_from_db()
    assert (message.state, message.report, message.parts) == ("sent", "undelivered", 1)  # paid for
    again = Message.objects.get(about="ticket-2", channel="email")
    assert (again.state, again.last_error, again.cost) == ("due", "wa_131026", 0)
    assert rules.send_due(at=at + timedelta(minutes=2)) == 1
    assert len(smtp.received) == 1


def test_what_was_not_delivered_and_has_no_other_channel_is_parked(client, sent):
    deliver(client, statuses((wamid(sent), "failed")))
    assert (only().state, only().last_error, only().report) == (
        "failed",
        "wa_131026",
        "undelivered",
    )
    deliver(client, statuses((wamid(sent), "failed")))
    assert only().state == "failed"
    deliver(client, statuses((wamid(sent), "delivered")))  # after all
    assert (only().state, only().report, only().last_error) == ("sent", "delivered", "")


def in_flight(message: Message, moment) -> None:
    """As it stands between sending and marking."""
    Message.objects.filter(pk=message.pk).update(
        state="claimed",
        claimed_until=moment + timedelta(seconds=60),
        last_error="left",
        attempts=1,
        provider_id="",
        parts=0,
        sent_at=None,
        ended_at=None,
    )


def test_a_report_that_overtakes_our_own_mark_proves_that_the_message_left(client, sent, at):
    in_flight(sent, at)
    early = statuses((wamid(sent), "delivered"), biz_opaque_callback_data=reference_of(sent))
    assert deliver(client, early).status_code == 200
    assert (only().state, only().report, only().parts) == ("sent", "delivered", 1)
    marking.sent([(sent, base.Accepted(wamid(sent)))], at)  # our own mark, afterwards
    assert (only().state, only().report, only().parts) == ("sent", "delivered", 1)


def test_what_timed_out_and_is_reported_all_the_same_is_not_sent_again(client, sent, at, meta):
    in_flight(sent, at)
    Message.objects.update(state="due", claimed_until=None, last_error="timeout")
    late = statuses((wamid(sent), "delivered"), biz_opaque_callback_data=reference_of(sent))
    assert deliver(client, late).status_code == 200
    assert rules.send_due(at=at + timedelta(minutes=5)) == 0
    assert (only().state, only().report, len(meta.asked)) == ("sent", "delivered", 1)


@pytest.mark.parametrize("error", ["", "http_500", "channel_down"])
def test_a_reference_proves_nothing_of_what_was_never_sent(client, sent, at, error):
    in_flight(sent, at)
    Message.objects.update(state="due", claimed_until=None, last_error=error)
    told = statuses((wamid(sent), "delivered"), biz_opaque_callback_data=reference_of(sent))
    assert deliver(client, told).status_code == 200
    assert (only().state, only().report) == ("due", "")


def test_the_providers_id_is_kept_unreadable_and_forgotten(sent, at, settings):
    assert sent.provider_id == marking.fingerprint("whatsapp", wamid(sent))
    assert "wamid" not in sent.provider_id
    assert marking.fingerprint("sms", "a\udcff\0") != marking.fingerprint("sms", "")
    assert rules.erase_ended(at + timedelta(days=settings.RETENTION_MESSAGE_DAYS + 1)) == 1
    assert only().provider_id == ""


@pytest.mark.parametrize("signature", ["", "sha256=", "sha256=00", "sha1=x", "sha256=ä"])
def test_a_forged_signature_is_refused(client, sent, signature):
    forged = statuses((wamid(sent), "failed"))
    headers = {"X-Hub-Signature-256": signature}
    assert deliver(client, forged, **headers).status_code == 403
    assert deliver(client, forged, secret="tebakan").status_code == 403
    assert only().report == ""


def test_without_a_secret_of_ours_nobody_is_believed(client, sent, settings):
    settings.WHATSAPP_APP_SECRET = settings.WHATSAPP_VERIFY_TOKEN = ""
    assert deliver(client, statuses((wamid(sent), "read")), secret="").status_code == 403
    asked = {"hub.mode": "subscribe", "hub.verify_token": "", "hub.challenge": "1"}
    assert client.get(WHATSAPP, asked).status_code == 403
    settings.SMS_REPORT_SECRET = ""
    headers = {"X-Report-Secret": ""}
    assert (
        client.post(SMS, b"{}", content_type="application/json", headers=headers).status_code == 403
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"object": "page", "entry": []}',
        b'{"object": "whatsapp_business_account"}',
        b'{"object": "whatsapp_business_account", "entry": [{"changes": "x"}]}',
        json.dumps(statuses((7, "read"))).encode(),
        json.dumps(statuses(("a\0b", "read"))).encode(),
        json.dumps(statuses(("a", ["read"]))).encode(),
        b"[" * 5000,
    ],
)
def test_what_is_not_as_published_is_a_bad_request(client, sent, body):
    assert deliver(client, body).status_code == 400


def test_messages_that_people_write_to_us_are_passed_over(client, sent):
    told = statuses()
    value = told["entry"][0]["changes"][0]["value"]
    value["messages"] = [{"from": "6281234567890", "text": {"body": "halo"}}]
    del value["statuses"]
    told["entry"][0]["changes"].append({"field": "account_update", "value": "x"})
    assert deliver(client, told).status_code == 200


def test_a_body_without_end_is_not_read(client, sent, monkeypatch):
    monkeypatch.setattr(views, "MOST_BYTES", 100)
    assert deliver(client, statuses((wamid(sent), "read"))).status_code == 413
    assert only().report == ""


def test_nothing_of_a_report_is_logged(client, sent, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    deliver(client, statuses((wamid(sent), "failed")))
    deliver(client, statuses((wamid(sent), "failed")), secret="tebakan")
    lines = [r.getMessage() for r in caplog.records if not r.name.startswith("django.db")]
    told = "".join(lines) + "".join(capfd.readouterr())
    assert "81234567890" not in told
    assert wamid(sent) not in told


# -- SMS -----------------------------------------------------------------------------------------

FLAT = {"id": "msgid", "status": "stat", "delivered": ["DELIVRD"], "undelivered": ["UNDELIV"]}
DEEP = {
    "list": "results",
    "id": "message.id",
    "status": "status.name",
    "code": "status.reason",
    "delivered": ["DELIVERED"],
    "undelivered": ["EXPIRED", "REJECTED"],
}


@pytest.fixture
def texted(outbox, at, sms_gateway, settings, monkeypatch):
    """A message that the gateway took."""
    monkeypatch.setattr(views.timezone, "now", lambda: at + timedelta(minutes=1))
    settings.SMS_REPORT_SECRET = "sandi"
    settings.SMS_REPORT = json.dumps(FLAT)
    outbox()
    rules.send_due(at=at)
    return Message.objects.get()


def basic(words: str) -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(words.encode()).decode()}"}


@pytest.mark.parametrize(
    "headers", [{"X-Report-Secret": "sandi"}, basic("mpp:sandi"), {"Authorization": "Bearer sandi"}]
)
def test_a_gateway_reports_as_a_form(client, texted, headers):
    told = {"msgid": sms_id(texted), "stat": "DELIVRD", "msisdn": "6281234567890"}
    assert client.post(SMS, told, headers=headers).status_code == 200
    assert only().report == "delivered"


def test_a_gateway_reports_as_a_list_of_json(client, texted, settings):
    settings.SMS_REPORT = json.dumps(DEEP)
    one = {"message": {"id": sms_id(texted)}, "status": {"name": "EXPIRED", "reason": 27}}
    on_its_way = {"message": {"id": "x"}, "status": {"name": "PENDING"}}
    response = client.post(
        SMS,
        {"results": [on_its_way, one]},
        content_type="application/json",
        headers={"X-Report-Secret": "sandi"},
    )
    assert response.status_code == 200
    assert (only().state, only().last_error) == ("failed", "sms_27")


@pytest.mark.parametrize(
    "headers",
    [{}, {"X-Report-Secret": "tebakan"}, basic("sandi:x"), {"Authorization": "Basic ?"}],
)
def test_a_gateway_that_does_not_know_the_secret_is_refused(client, texted, headers):
    told = {"msgid": sms_id(texted), "stat": "UNDELIV"}
    assert client.post(SMS, told, headers=headers).status_code == 403
    assert only().report == ""


@pytest.mark.parametrize("body", [b"", b"[1]", b'"x"', b'{"msgid": 1}', b'{"stat": "DELIVRD"}'])
def test_what_is_no_report_is_a_bad_request(client, texted, body):
    headers = {"X-Report-Secret": "sandi"}
    response = client.post(SMS, body, content_type="application/json", headers=headers)
    assert response.status_code == 400
    assert client.get(SMS, headers=headers).status_code == 405


def test_a_report_cannot_be_read_while_nobody_says_how(client, texted, settings):
    settings.SMS_REPORT = ""
    told = {"msgid": sms_id(texted), "stat": "DELIVRD"}
    assert client.post(SMS, told, headers={"X-Report-Secret": "sandi"}).status_code == 400


def test_a_report_that_overtakes_the_mark_is_asked_for_again_but_not_for_ever(
    client, texted, at, monkeypatch
):
    told = {"msgid": sms_id(texted), "stat": "DELIVRD"}
    headers = {"X-Report-Secret": "sandi"}
    in_flight(texted, at + timedelta(minutes=1))
    response = client.post(SMS, told, headers=headers)
    assert (response.status_code, response["Retry-After"]) == (503, "30")
    marking.sent([(texted, base.Accepted(sms_id(texted)))], at)
    assert client.post(SMS, told, headers=headers).status_code == 200
    assert only().report == "delivered"
    strange = {"msgid": "another-customer's", "stat": "DELIVRD"}
    in_flight(texted, at + timedelta(minutes=10))
    assert client.post(SMS, strange, headers=headers).status_code == 503
    monkeypatch.setattr(views.timezone, "now", lambda: at + timedelta(minutes=5))
    assert client.post(SMS, strange, headers=headers).status_code == 200
