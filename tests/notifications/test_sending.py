"""What reaches a citizen, what happens when the mail server refuses, and what is logged."""

import logging
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from notifications import rules, tasks
from notifications.models import Message
from notifications.rules import sending

pytestmark = pytest.mark.django_db(transaction=True)


def only() -> Message:
    return Message.objects.get()


def test_a_message_arrives_with_its_words(outbox, at, smtp):
    outbox()
    assert rules.send_due(at=at) == 1
    (mail,) = smtp.received
    assert "To: budi1@contoh.id" in mail
    assert "From: antrean@contoh.id" in mail
    assert only().state == "sent"
    assert only().sent_at == only().ended_at >= at


def test_what_is_voided_between_claim_and_sending_is_not_sent(outbox, at, smtp, monkeypatch):
    outbox(2)
    claim = sending.claim

    def claim_and_cancel_the_second(**how):
        ids = claim(**how)
        rules.void(about=["ticket-2"], at=at)
        return ids

    monkeypatch.setattr(sending, "claim", claim_and_cancel_the_second)
    assert rules.send_due(at=at) == 1
    assert len(smtp.received) == 1
    assert Message.objects.get(about="ticket-2").state == "voided"


def test_what_left_in_the_second_of_its_voiding_counts_as_sent(outbox, at, smtp, monkeypatch):
    outbox()
    mark = sending.mark

    def cancel_and_mark(*what):
        rules.void(about=["ticket-1"], at=at)
        return mark(*what)

    monkeypatch.setattr(sending, "mark", cancel_and_mark)
    rules.send_due(at=at)
    assert only().state == "sent"
    assert rules.revive(about=["ticket-1"], at=at) == 0


def test_too_late_is_worse_than_never(outbox, at, smtp):
    outbox(not_after=at + timedelta(minutes=1))
    assert rules.send_due(at=at + timedelta(minutes=2)) == 0
    assert (only().state, smtp.received) == ("expired", [])


def test_a_refusal_for_now_is_tried_again_after_1_2_4_8_16_minutes_then_parked(outbox, at, smtp):
    outbox()
    smtp.answers["MAIL"] = "451 budi1@contoh.id: try later"
    for attempt, minutes in enumerate([1, 2, 4, 8, 16], start=1):
        assert rules.send_due(at=at) == 0
        message = only()
        assert (message.state, message.attempts, message.last_error) == ("due", attempt, "smtp_451")
        wait = message.send_after - at
        assert timedelta(minutes=minutes) <= wait < timedelta(minutes=minutes, seconds=20)
        at = message.send_after
    rules.send_due(at=at)
    assert (only().state, only().attempts) == ("failed", 6)
    assert rules.send_due(at=at + timedelta(hours=1)) == 0


def test_a_server_that_comes_back_gets_the_message(outbox, at, smtp):
    outbox()
    smtp.answers["END"] = "452 disk full"
    assert rules.send_due(at=at) == 0
    smtp.answers.clear()
    assert rules.send_due(at=at + timedelta(minutes=2)) == 1
    assert (only().state, only().last_error, only().attempts) == ("sent", "", 2)


def test_an_address_that_does_not_exist_is_parked_at_once(outbox, at, smtp):
    outbox()
    smtp.answers["RCPT"] = "550 no such user budi1@contoh.id"
    rules.send_due(at=at)
    assert (only().state, only().last_error) == ("failed", "smtp_550")


def test_an_address_with_a_second_line_never_becomes_a_second_header(outbox, at, smtp):
    outbox(email="budi@contoh.id\nBcc: siti@contoh.id")
    rules.send_due(at=at)
    assert (only().state, only().last_error, smtp.received) == ("failed", "bad_address", [])
    assert rules.parked(since=at) == 1
    assert rules.parked(since=at + timedelta(hours=1)) == 0


@pytest.mark.parametrize(
    ("verb", "tries"), [("CONNECT", [0, 0, 0, 0, 1]), ("MAIL", [0, 0, 0, 0, 1]), ("END", [1] * 5)]
)
def test_a_server_that_hangs_costs_one_try_but_for_what_may_have_left(
    outbox, at, smtp, verb, tries
):
    outbox(5)
    smtp.answers[verb] = None
    assert rules.send_due(at=at) == 0
    assert sorted(Message.objects.values_list("attempts", flat=True)) == tries
    assert set(Message.objects.values_list("state", flat=True)) == {"due"}
    assert rules.send_due(at=at) == 0  # nothing is due before a minute has passed
    smtp.answers.clear()
    assert rules.send_due(at=at + timedelta(minutes=2)) == 5


def test_no_server_at_all_is_tried_again(outbox, at, smtp, settings):
    outbox()
    smtp.shutdown()
    smtp.server_close()
    rules.send_due(at=at)
    assert (only().state, only().last_error) == ("due", "unreachable")


def test_one_unreadable_row_does_not_hold_up_the_others(outbox, at, smtp):
    first, _ = outbox(2)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE notifications_message SET address = 'garbage' WHERE id = %s", [first.pk]
        )
    assert rules.send_due(at=at) == 1
    failed = Message.objects.filter(state="failed").values("pk", "last_error")
    assert list(failed) == [{"pk": first.pk, "last_error": "undecryptable"}]


def test_a_rehearsal_talks_to_the_log_only(outbox, at, smtp, caplog):
    caplog.set_level(logging.INFO)
    outbox(rehearsal=True)
    assert rules.send_due(at=at) == 1
    assert smtp.received == []
    assert "message booked to b***@contoh.id" in caplog.text


@pytest.mark.parametrize("answer", ["250 ok", "451 budi1@contoh.id later", "550 budi1@contoh.id"])
@pytest.mark.parametrize("rehearsal", [True, False])
def test_no_log_line_and_no_error_code_names_anybody(
    outbox, at, smtp, caplog, capfd, answer, rehearsal
):
    caplog.set_level(logging.DEBUG)
    outbox(rehearsal=rehearsal)
    smtp.answers["RCPT"] = answer
    rules.send_due(at=at)
    lines = [r.getMessage() for r in caplog.records if not r.name.startswith("django.db")]
    told = "".join(lines) + "".join(capfd.readouterr()) + only().last_error
    for secret in ("budi1", "81234567", "Santoso", "Budi", "tiket/abc", "C 037"):
        assert secret not in told


def test_words_that_cannot_be_made_park_their_message_only(outbox, at, smtp, monkeypatch):
    first, _second = outbox(2)

    def readable(context):
        if readable.calls.append(1) or len(readable.calls) == 1:
            raise TypeError("a context that no code of ours writes")
        return context

    readable.calls = []
    monkeypatch.setattr(sending, "readable", readable)
    assert rules.send_due(at=at) == 1
    first.refresh_from_db()
    assert (first.state, first.last_error) == ("failed", "template")


def test_the_task_goes_on_over_what_is_too_late(outbox, draft, at, smtp, monkeypatch):
    monkeypatch.setattr(sending.one_round, "__kwdefaults__", {"limit": 2})
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    outbox(6, send_after=long_ago, not_after=long_ago)
    later = long_ago + timedelta(days=1)
    rules.enqueue(drafts=[draft(7, send_after=later, not_after=None)], at=at)
    tasks.send_due()
    assert len(smtp.received) == 1


def test_the_task_goes_on_until_nothing_is_left(outbox, smtp):
    outbox(3, not_after=None, send_after=datetime(2026, 1, 1, tzinfo=UTC))
    tasks.send_due()
    assert len(smtp.received) == 3
