"""SMS by a gateway of the settings: requests of several shapes, their answers, parts that cost."""

import base64
import json
from datetime import timedelta
from decimal import Decimal

import pytest

from notifications import rules
from notifications.channels import sms, sms_text
from notifications.channels.base import Outgoing, SendFailed
from notifications.models import Message
from tests.notifications.peers import Says

MESSAGE = Outgoing(
    kind="booked",
    address="+6281234567890",
    subject="Nomor antrean Anda",
    body="Panjang sekali. " * 40,
    short="Nomor C 037, jam 09.00–10.00. {sender} & {env:SMS_KEY}",
    reference="mpp-7-1",
)
PLAIN = "Nomor C 037, jam 09.00-10.00. {sender} & {env:SMS_KEY}"


def test_the_short_text_leaves_without_letters_that_double_its_price(sms_gateway):
    accepted = sms.send(MESSAGE)
    (asked,) = sms_gateway.asked
    assert (asked.method, asked.path) == ("POST", "/kirim")
    assert asked.json == {"to": "6281234567890", "text": PLAIN, "ref": "mpp-7-1"}
    assert (accepted.provider_id, accepted.parts) == ("sms-mpp-7-1", 1)


def test_a_gateway_of_queries_that_answers_in_words(sms_gateway, settings):
    """As many have it: GET, a number as 08..., and a line that begins with a code."""
    settings.SMS_SENDER = "MPP GAJAHMADA"
    settings.SMS_REQUEST = json.dumps(
        {
            "method": "GET",
            "url": f"{sms_gateway.url}/{{sender}}/kirim",
            "query": {"user": "mpp", "pass": "{env:SMS_KEY}", "no": "{to_local}", "isi": "{text}"},
        }
    )
    settings.SMS_ANSWER = json.dumps(
        {
            "value": {"match": r"^\d+"},
            "accepted": ["1701"],
            "id": {"match": r"^1701\|(\w+)"},
            "permanent": ["1706"],
            "down": ["1703", "1025"],
        }
    )
    sms_gateway.always = Says(200, "1701|a7b\n")
    assert sms.send(MESSAGE).provider_id == "a7b"
    (asked,) = sms_gateway.asked
    assert asked.path.startswith("/MPP%20GAJAHMADA/kirim?")
    assert asked.query == {"user": "mpp", "pass": "kunci", "no": "081234567890", "isi": PLAIN}
    for body, permanent, down in (
        ("1706", True, False),
        ("1025", False, True),
        ("9", False, False),
    ):
        sms_gateway.always = Says(200, body)
        with pytest.raises(SendFailed) as failed:
            sms.send(MESSAGE)
        assert (failed.value.permanent, failed.value.down) == (permanent, down)
        assert failed.value.code == f"sms_{body}"


def test_a_gateway_of_forms_with_a_basic_log_in_and_no_id_of_its_own(sms_gateway, settings):
    settings.SMS_REQUEST = json.dumps(
        {
            "url": sms_gateway.url,
            "auth": ["mpp", "{env:SMS_KEY}"],
            "form": {"msisdn": "{to}", "message": "{text}", "id": "{reference}"},
        }
    )
    settings.SMS_ANSWER = json.dumps({"value": "messages.0.ok", "accepted": [True]})
    sms_gateway.always = Says(202, {"messages": [{"ok": True}]})
    assert sms.send(MESSAGE).provider_id == "mpp-7-1"
    (asked,) = sms_gateway.asked
    assert asked.form == {"msisdn": "+6281234567890", "message": PLAIN, "id": "mpp-7-1"}
    given = base64.b64decode(asked.headers["Authorization"].split()[1])
    assert given == b"mpp:kunci"


@pytest.mark.parametrize(
    ("says", "code", "permanent", "down", "wait"),
    [
        (Says(200, {"status": "error", "code": 1706}), "sms_1706", True, False, None),
        (Says(400, {"status": "error", "code": "1706"}), "sms_1706", True, False, None),
        (Says(200, {"status": "error", "code": "BUSY"}), "sms_BUSY", False, True, 120),
        (Says(429, {"code": "BUSY"}, {"Retry-After": "5"}), "sms_BUSY", False, True, 5),
        (Says(200, {"status": "error", "code": "NO_CREDIT"}), "sms_NO_CREDIT", False, True, None),
        (Says(401, "no"), "sms_401", False, True, None),
        (Says(200, {"status": "failed"}), "sms_failed", False, False, None),
        (Says(200, {"status": "queued", "data": None}), "sms_queued", False, False, None),
        (Says(500, {"status": "queued", "data": {"id": "x"}}), "http_500", False, False, None),
        (Says(404, {"code": "tidak ada 6281234567890"}), "sms_404", False, False, None),
        (Says(404, {"code": "6281234567890"}), "sms_404", False, False, None),
    ],
)
def test_what_an_answer_means(sms_gateway, says, code, permanent, down, wait):
    sms_gateway.always = says
    with pytest.raises(SendFailed) as failed:
        sms.send(MESSAGE)
    told = failed.value
    assert (told.code, told.permanent, told.down) == (code, permanent, down)
    assert told.retry_after_s == wait


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("€" * 153, 3),  # an escape is not torn from its letter: 76 in a part
        ("é" * 160, 1),
        ("ё" * 70, 1),
        ("ё" * 71, 2),
        ("ё" * 134, 2),
        ("ё" * 135, 3),
        ("🙂" * 35, 1),
        ("🙂" * 36, 2),
        ("🙂" * 67, 3),  # a pair is not torn either: 33 in a part
    ],
)
def test_parts_as_operators_bill_them(text, parts):
    assert sms_text.parts(text) == parts


def test_a_text_that_costs_too_much_is_not_sent(sms_gateway):
    with pytest.raises(SendFailed, match="too_long"):
        sms.send(Outgoing(**{**vars(MESSAGE), "short": "ё" * 600}))
    assert sms_gateway.asked == []


@pytest.mark.parametrize(
    ("request_", "answer", "why"),
    [
        ("", "{}", "not a JSON object"),
        ("[]", "{}", "not a JSON object"),
        ('{"url": "https://x", "json": "{to}{text}", "bodi": 1}', "{}", "unknown bodi"),
        ('{"json": "{to}{text}"}', "{}", "no url"),
        ('{"url": "https://x", "json": "{to}"}', "{}", "neither"),
        ('{"url": "https://x", "json": "{to}{text}"}', "{}", "to know what arrived"),
        ('{"url": "https://x", "json": "{to}{text}"}', '{"value": "a"}', "to know what arrived"),
        ('{"url": "https://x", "json": "{to}{text}"}', '{"id": {"match": "("}}', "pattern"),
        ('{"url": "https://x", "json": "{to}{text}"}', '{"id": "a", "down": 3}', "list or number"),
        ('{"url": "https://x/{env:TIDAK_ADA}", "form": "{to}{text}"}', '{"id": "a"}', "TIDAK_ADA"),
    ],
)
def test_settings_that_cannot_be_used_say_why(settings, request_, answer, why):
    settings.SMS_REQUEST, settings.SMS_ANSWER = request_, answer
    with pytest.raises(sms.NotReadable, match=why):
        sms.gateway()
    with pytest.raises(SendFailed, match="not_configured") as failed:
        sms.send(MESSAGE)
    assert failed.value.down


@pytest.mark.django_db
def test_a_number_that_does_not_exist_gets_the_next_channel_and_costs_are_counted(
    outbox, at, sms_gateway, settings, request
):
    smtp = request.getfixturevalue("smtp")
    settings.NOTIFICATION_CHANNELS = ["sms", "email"]
    settings.MESSAGE_PRICES = {"sms": "350"}
    outbox(phone="+6221000000")
    good = rules.Draft(
        **{
            **{"kind": "booked", "phone": "+6281234567890", "context": {"link": "x" * 170}},
            **{"about": "b", "send_after": at, "dedup_key": "b", "mall_id": 5, "agency_id": 7},
        }
    )
    rules.enqueue(drafts=[good], at=at)
    assert rules.send_due(at=at) == 1
    moved, sent = Message.objects.order_by("pk")
    assert (moved.channel, moved.last_error) == ("email", "sms_1706")
    assert sent.parts >= 2
    assert sent.cost == Decimal(350) * sent.parts
    assert rules.send_due(at=at + timedelta(seconds=5)) == 1
    assert len(smtp.received) == 1
    (paid,) = rules.costs(first=at - timedelta(days=1), until=at + timedelta(days=1))[1:]
    assert (paid["channel"], paid["mall_id"], paid["agency_id"]) == ("sms", 5, 7)
    assert paid["cost_total"] == sent.cost


@pytest.mark.django_db
def test_no_credit_left_pauses_the_channel(outbox, at, sms_gateway):
    outbox(4)
    sms_gateway.always = Says(200, {"status": "error", "code": "NO_CREDIT"})
    assert rules.send_due(at=at) == 0
    assert sorted(Message.objects.values_list("attempts", flat=True)) == [0, 0, 0, 1]
    sms_gateway.always = None
    assert rules.send_due(at=at + timedelta(minutes=2)) == 4
