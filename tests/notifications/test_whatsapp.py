"""The Cloud API of WhatsApp: the template that is sent, and what its error codes lead to."""

from datetime import timedelta

import pytest

from notifications import rules
from notifications.channels import whatsapp
from notifications.channels.base import Outgoing, SendFailed
from notifications.models import Message
from tests.notifications.peers import Says, graph_error

MESSAGE = Outgoing(
    kind="called",
    address="+6281234567890",
    subject="Giliran Anda",
    body="Budi, nomor C 037 dipanggil.",
    reference="mpp-7-1",
    language="en",
    parameters=("Budi", "C 037", "https://mpp.contoh.id/tiket/abc/"),
)


def only() -> Message:
    return Message.objects.get()


def words_of(asked) -> list[list[str]]:
    components = asked.json["template"]["components"]
    return [[word["text"] for word in one["parameters"]] for one in components]


def test_the_template_of_the_kind_is_sent_with_its_words_in_order(meta):
    assert whatsapp.send(MESSAGE).provider_id == "wamid.mpp-7-1"
    (asked,) = meta.asked
    assert asked.json["to"] == "6281234567890"
    assert asked.json["template"]["name"] == "mpp_called"
    assert asked.json["template"]["language"] == {"code": "en"}
    assert asked.json["biz_opaque_callback_data"] == "mpp-7-1"
    assert words_of(asked) == [["Budi", "C 037", "https://mpp.contoh.id/tiket/abc/"]]


def test_words_that_meta_would_refuse_are_made_fit(meta):
    message = Outgoing(**{**vars(MESSAGE), "parameters": ("", "dua\nbaris \t  lebar", "x" * 2000)})
    whatsapp.send(message)
    assert words_of(meta.asked[0]) == [["-", "dua baris lebar", "x" * whatsapp.MOST_LETTERS]]


def test_a_code_travels_alone_and_in_the_button_that_copies_it(meta):
    code = {"kind": "code", "parameters": ("Budi", "482913", "MPP")}
    whatsapp.send(Outgoing(**{**vars(MESSAGE), **code}))
    assert words_of(meta.asked[0]) == [["482913"], ["482913"]]


@pytest.mark.parametrize(
    ("says", "permanent", "down", "wait"),
    [
        (graph_error(131026), True, False, None),  # not on WhatsApp
        (graph_error(131030), True, False, None),  # not on the list of a number under test
        (graph_error(132000), True, False, None),  # wrong number of words
        (graph_error(132001, 404), True, False, None),  # no such template
        (graph_error(132015), True, False, None),  # template paused
        (graph_error(100), True, False, None),
        (graph_error(987654), True, False, None),  # unheard of
        (graph_error(130429, 429), False, True, whatsapp.PAUSE_S),
        (graph_error(80007, 400), False, True, whatsapp.PAUSE_S),
        (graph_error(131048, 429), False, True, whatsapp.LONG_PAUSE_S),
        (graph_error(131056, 429), False, False, whatsapp.PAUSE_S),  # too often to this person
        (graph_error(190, 401), False, True, None),  # token expired
        (graph_error(10, 403), False, True, None),
        (graph_error(230, 403), False, True, None),
        (graph_error(131042), False, True, None),  # not paid
        (graph_error(133010), False, True, None),  # our own number is not registered
        (graph_error(100, error_subcode=33), False, True, None),  # WHATSAPP_PHONE_ID is wrong
        (graph_error(2, 503), False, False, None),
        (graph_error(131000, 500), False, False, None),
        (graph_error(987654, is_transient=True), False, False, None),
        (graph_error(131026, 200), True, False, None),  # an error with 200 is an error
        (Says(401, "no"), False, True, None),
        (Says(404, "<html>"), False, True, None),
        (Says(200, {"messages": [{}]}), False, False, None),
    ],
)
def test_what_an_answer_means(meta, says, permanent, down, wait):
    meta.always = says
    with pytest.raises(SendFailed) as failed:
        whatsapp.send(MESSAGE)
    told = failed.value
    assert (told.permanent, told.down, told.retry_after_s) == (permanent, down, wait)
    assert "81234" not in told.code


def test_a_limit_says_in_its_header_when_we_may_go_on(meta):
    usage = '{"1": [{"type": "messages", "estimated_time_to_regain_access": 7}]}'
    says = graph_error(80007)
    meta.always = Says(400, says.body, {"X-Business-Use-Case-Usage": usage})
    with pytest.raises(SendFailed) as failed:
        whatsapp.send(MESSAGE)
    assert failed.value.retry_after_s == 7 * 60


@pytest.mark.django_db
def test_who_is_not_on_whatsapp_gets_the_next_channel_at_once(
    outbox, at, meta, smtp, settings, caplog
):
    settings.NOTIFICATION_CHANNELS = ["whatsapp", "email"]
    outbox()
    meta.always = graph_error(131026)
    assert rules.send_due(at=at) == 0
    assert (only().channel, only().last_error) == ("email", "wa_131026")
    assert rules.send_due(at=at + timedelta(seconds=3)) == 1
    assert (len(meta.asked), len(smtp.received)) == (1, 1)
    assert "6281234" not in caplog.text


@pytest.mark.django_db
def test_who_has_no_other_channel_is_parked(outbox, at, meta):
    outbox()
    meta.always = graph_error(131026)
    rules.send_due(at=at)
    assert (only().state, only().last_error) == ("failed", "wa_131026")


@pytest.mark.django_db
def test_an_expired_token_pauses_the_channel_and_loses_nothing(
    outbox, at, meta, settings, monkeypatch
):
    monkeypatch.setattr("notifications.rules.sending.BATCH", 2)
    outbox(5, not_after=None)
    settings.WHATSAPP_TOKEN = "lama"
    for minute in range(5):  # tried with one message, not with all
        rules.send_due(at=at + timedelta(minutes=minute))
    assert Message.objects.filter(state="due").count() == 5
    assert sum(Message.objects.values_list("attempts", flat=True)) <= 6
    assert set(Message.objects.exclude(last_error="").values_list("last_error", flat=True)) == {
        "wa_190",
        "channel_down",
    }
    settings.WHATSAPP_TOKEN = "rahasia"
    assert rules.send_due(at=at + timedelta(hours=1)) == 5


@pytest.mark.django_db
def test_without_its_settings_nothing_leaves_and_nothing_is_lost(outbox, at, meta, settings):
    settings.WHATSAPP_PHONE_ID = ""
    outbox()
    rules.send_due(at=at)
    assert (only().state, only().last_error, meta.asked) == ("due", "not_configured", [])
