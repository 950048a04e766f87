"""E-mail over SMTP: the letter, the connections that are kept, and what each answer leads to."""

import time
from datetime import timedelta
from email import message_from_string

import pytest

from notifications import rules
from notifications.channels import email
from notifications.channels.base import Outgoing, SendFailed, rest
from notifications.models import Message
from tests.notifications.peers import DRIPPING, HANG_UP

MESSAGE = Outgoing(
    kind="booked",
    address="budi@contoh.id",
    subject="Nomor antrean\n Anda C 037",
    body="Nomor Anda C 037.\n",
    reference="mpp-7-1",
)


def test_a_letter_says_the_same_as_text_and_as_html(smtp):
    email.send(Outgoing(**{**vars(MESSAGE), "html": "<p>Nomor Anda <b>C 037</b>.</p>"}))
    letter = message_from_string(smtp.received[0])
    assert letter["Subject"] == "Nomor antrean Anda C 037"
    assert letter["Message-ID"] == "<mpp-7-1@contoh.id>"
    assert letter["List-Id"] == "<pesan.contoh.id>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter.get_content_type() == "multipart/alternative"
    text, html = letter.get_payload()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert "Nomor Anda C 037." in text.get_payload(decode=True).decode()
    assert "<b>C 037</b>" in html.get_payload(decode=True).decode()


def test_a_letter_without_html_is_plain_text(smtp):
    email.send(MESSAGE)
    assert message_from_string(smtp.received[0]).get_content_type() == "text/plain"


@pytest.mark.django_db
def test_a_round_shares_few_connections_and_closes_them(outbox, at, smtp, settings):
    settings.EMAIL_CONNECTIONS = 3
    outbox(40)
    assert rules.send_due(at=at) == 40
    assert len(smtp.received) == 40
    assert 1 <= smtp.connections <= 3
    assert (email._kept.idle, email._kept.out) == ([], 0)


@pytest.mark.parametrize("goodbye", ["", "421 4.7.0 enough over this connection"])
def test_a_kept_connection_that_ended_is_replaced_without_a_failure(smtp, goodbye):
    smtp.letters, smtp.goodbye = 1, goodbye
    for _ in range(3):
        email.send(MESSAGE)
    assert (len(smtp.received), smtp.connections) == (3, 3)


def test_a_letter_that_was_handed_over_is_not_sent_again_at_once(smtp):
    email.send(MESSAGE)
    smtp.answers["END"] = HANG_UP
    with pytest.raises(SendFailed, match="disconnected") as failed:
        email.send(MESSAGE)
    assert failed.value.down
    assert len(smtp.received) == 2


@pytest.mark.parametrize(
    ("verb", "answer", "permanent", "down"),
    [
        ("RCPT", "450 4.7.1 greylisted, try again", False, False),
        ("RCPT", "452 4.2.2 mailbox full", False, False),
        ("RCPT", "552 5.2.2 mailbox full", True, False),
        ("RCPT", "550 5.1.1 no such user", True, False),
        ("RCPT", "554 5.7.1 relay access denied", False, False),
        ("RCPT", "421 4.3.2 shutting down", False, True),
        ("MAIL", "451 later", False, False),
        ("MAIL", "530 5.7.0 log in first", False, True),
        ("DATA", "451 later", False, False),
        ("END", "554 5.6.0 not wanted", True, False),
        ("END", "452 4.3.1 no room", False, False),
        ("CONNECT", "554 no service here", False, True),
        ("CONNECT", "421 too many connections", False, True),
        ("CONNECT", HANG_UP, False, True),
        ("END", HANG_UP, False, True),
        ("MAIL", "gibberish", False, True),
    ],
)
def test_what_an_answer_means(smtp, verb, answer, permanent, down):
    smtp.answers[verb] = answer
    with pytest.raises(SendFailed) as failed:
        email.send(MESSAGE)
    assert (failed.value.permanent, failed.value.down) == (permanent, down)
    named = answer[:3]
    assert failed.value.code == (f"smtp_{named}" if named.isdigit() else "disconnected")


@pytest.mark.parametrize("verb", ["CONNECT", "MAIL", "END"])
def test_an_answer_that_drips_has_an_end(smtp, verb, monkeypatch, settings):
    settings.EMAIL_TIMEOUT = 5
    monkeypatch.setattr(email, "WHOLE_S", 0.3)
    smtp.answers[verb] = DRIPPING
    started = time.monotonic()
    with pytest.raises(SendFailed, match="timeout") as failed:
        email.send(MESSAGE)
    assert time.monotonic() - started < 3
    assert failed.value.down


@pytest.mark.django_db
def test_who_waits_for_a_connection_does_not_wait_forever(outbox, at, smtp, settings, monkeypatch):
    settings.EMAIL_CONNECTIONS, settings.EMAIL_TIMEOUT = 1, 5
    outbox(6)
    smtp.answers["MAIL"] = None
    started = time.monotonic()
    with monkeypatch.context() as hasty:
        hasty.setattr(email, "WHOLE_S", 0.3)
        assert rules.send_due(at=at) == 0
    assert time.monotonic() - started < 3
    assert sorted(Message.objects.values_list("attempts", flat=True)) == [0, 0, 0, 0, 0, 1]
    smtp.answers.clear()
    assert rules.send_due(at=at + timedelta(minutes=2)) == 6


@pytest.mark.django_db
def test_a_refused_log_in_pauses_the_channel_and_loses_nothing(outbox, at, smtp, settings):
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "mpp", "lama"
    smtp.answers["EHLO"] = "250-contoh.id\r\n250 AUTH PLAIN"
    smtp.answers["AUTH"] = "535 5.7.8 wrong password of mpp"
    outbox(3, not_after=None)
    for hour in range(5):
        assert rules.send_due(at=at + timedelta(hours=hour)) == 0
    assert set(Message.objects.values_list("state", flat=True)) == {"due"}
    smtp.answers["AUTH"] = "235 welcome"
    assert rules.send_due(at=at + timedelta(hours=6)) == 3


@pytest.mark.django_db
def test_a_mailbox_that_is_not_there_gets_the_next_channel(outbox, at, smtp, sms_gateway, settings):
    settings.NOTIFICATION_CHANNELS = ["email", "sms"]
    smtp.answers["RCPT"] = "550 5.1.1 no such user budi1@contoh.id"
    outbox()
    assert rules.send_due(at=at) == 0
    message = Message.objects.get()
    assert (message.channel, message.last_error) == ("sms", "smtp_550")
    assert rules.send_due(at=at + timedelta(seconds=3)) == 1
    assert len(sms_gateway.asked) == 1


def test_to_rest_is_harmless_when_nothing_is_open(smtp):
    rest()
    email.send(MESSAGE)
    rest()
    rest()
    assert len(smtp.received) == 1
