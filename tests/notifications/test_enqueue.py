"""A message is written once, in one statement, for a channel that exists; and can be taken back."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from notifications import rules
from notifications.models import Message
from notifications.rules.marking import fingerprint

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _channels(settings):
    settings.NOTIFICATION_CHANNELS = ["email", "console"]


def states():
    return list(Message.objects.order_by("id").values_list("state", flat=True))


def test_many_messages_take_one_statement(draft, at, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert rules.enqueue(drafts=[draft(n) for n in range(50)], at=at) == 50
    message = Message.objects.get(about="ticket-7")
    assert (message.channel, message.address) == ("email", "budi7@contoh.id")
    assert message.context["label"] == "C 037"
    assert (message.state, message.created_at) == ("due", at)


def test_nothing_to_write_asks_the_database_nothing(draft, at, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert rules.enqueue(drafts=[], at=at) == 0
        assert rules.enqueue(drafts=[draft(email="", phone="")], at=at) == 0
        assert rules.void(about=[], at=at) == rules.revive(about=[], at=at) == 0


@pytest.mark.parametrize(
    ("configured", "changes", "channel"),
    [
        (["email", "console"], {}, "email"),
        (["email", "console"], {"email": ""}, "console"),
        (["console"], {}, "console"),
        (["email"], {"email": ""}, None),
        ([], {}, None),
        (["email", "console"], {"rehearsal": True}, "console"),
        (["email"], {"rehearsal": True}, "console"),
    ],
)
def test_the_channel_is_a_configured_one_and_rehearsal_reaches_nobody(
    settings, draft, at, configured, changes, channel
):
    settings.NOTIFICATION_CHANNELS = configured
    rules.enqueue(drafts=[draft(**changes)], at=at)
    assert Message.objects.values_list("channel", flat=True).first() == channel


def test_the_database_keeps_a_rehearsal_from_citizens(outbox):
    outbox(rehearsal=True)
    with pytest.raises(IntegrityError, match="rehearsal_never_reaches_citizens"):
        Message.objects.update(channel="email")


def test_the_same_cause_writes_once(draft, at):
    twice = [draft(), draft(send_after=at + timedelta(hours=1))]
    assert rules.enqueue(drafts=twice, at=at) == 1
    assert rules.enqueue(drafts=twice, at=at) == 0
    assert Message.objects.get().send_after == at


def test_a_message_leaves_with_the_transaction_that_causes_it(draft, at):
    def book_and_fail():
        with transaction.atomic():
            rules.enqueue(drafts=[draft()], at=at)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        book_and_fail()
    assert not Message.objects.exists()


def test_an_unknown_kind_is_a_mistake_of_ours(draft, at):
    with pytest.raises(ValueError, match="birthday"):
        rules.enqueue(drafts=[draft(kind="birthday")], at=at)


def test_voiding_takes_back_what_is_not_sent_only(outbox, at):
    outbox(3)
    Message.objects.filter(about="ticket-2").update(state="claimed", claimed_until=at)
    Message.objects.filter(about="ticket-3").update(state="sent", sent_at=at, ended_at=at)
    about = ["ticket-1", "ticket-2", "ticket-3", "ticket-99"]
    assert rules.void(about=about, at=at) == 2
    assert states() == ["voided", "voided", "sent"]
    assert rules.void(about=about, at=at) == 0


def test_nothing_more_comes_of_what_was_voided(outbox, at, settings, smtp):
    settings.NOTIFICATION_CHANNELS = ["whatsapp", "email"]
    outbox(2)
    Message.objects.filter(about="ticket-1").update(
        state="sent", sent_at=at, ended_at=at, provider_id=fingerprint("whatsapp", "w1")
    )
    Message.objects.filter(about="ticket-2").update(state="failed", ended_at=at)
    assert rules.void(about=["ticket-1", "ticket-2"], at=at + timedelta(seconds=1)) == 0
    assert states() == ["sent", "voided"]
    assert Message.objects.filter(routes__isnull=False, state="sent").count() == 0
    assert rules.retry(ids=Message.objects.values_list("pk", flat=True), at=at) == 0
    assert rules.report(channel="whatsapp", provider_id="w1", outcome="undelivered", at=at)
    assert Message.objects.count() == 2


def test_voiding_can_be_for_some_kinds(draft, at):
    rules.enqueue(
        drafts=[draft(), draft(kind="reminder_day", dedup_key="ticket-1:reminder_day")], at=at
    )
    assert rules.void(about=["ticket-1"], kinds=["reminder_day"], at=at) == 1
    assert states() == ["due", "voided"]


def test_undo_brings_back_what_was_voided_last(draft, at):
    early = draft(kind="reminder_day", dedup_key="ticket-1:reminder_day:w1")
    rules.enqueue(drafts=[early], at=at)
    rules.void(about=["ticket-1"], at=at)
    rules.enqueue(drafts=[draft(kind="reminder_day", dedup_key="ticket-1:reminder_day:w2")], at=at)
    rules.void(about=["ticket-1"], at=at + timedelta(seconds=30))
    assert rules.revive(about=["ticket-1"], kinds=["called"], at=at) == 0
    assert rules.revive(about=["ticket-1"], at=at + timedelta(seconds=60)) == 1
    assert states() == ["voided", "due"]


def test_what_was_voided_long_ago_stays_voided(outbox, at):
    outbox()
    rules.void(about=["ticket-1"], at=at)
    assert rules.revive(about=["ticket-1"], at=at + timedelta(minutes=5)) == 0
    assert states() == ["voided"]


def test_moving_away_and_back_again_keeps_the_reminder(draft, outbox, at):
    outbox()
    rules.void(about=["ticket-1"], at=at)
    again = draft(email="baru@contoh.id", send_after=at + timedelta(hours=2))
    assert rules.enqueue(drafts=[again], at=at) == 1
    message = Message.objects.get()
    assert (message.state, message.ended_at) == ("due", None)
    assert (message.address, message.send_after) == ("baru@contoh.id", at + timedelta(hours=2))


def test_after_the_retention_a_row_names_nobody(outbox, at, settings):
    settings.RETENTION_MESSAGE_DAYS = 7
    outbox(3)
    old, new = at - timedelta(days=8), at - timedelta(days=6)
    Message.objects.filter(about="ticket-1").update(state="voided", ended_at=old)
    Message.objects.filter(about="ticket-2").update(state="sent", sent_at=new, ended_at=new)
    assert rules.erase_ended(at) == 1
    assert rules.erase_ended(at) == 0
    erased = Message.objects.get(about="ticket-1")
    assert (erased.address, erased.context, erased.erased_at) == (None, {}, at)
    assert Message.objects.filter(erased_at=None, address__isnull=False).count() == 2


def test_the_backlog_counts_what_is_late(outbox, at):
    assert rules.backlog(at) == (0, 0.0)
    outbox(3)
    Message.objects.filter(about="ticket-2").update(
        state="claimed", claimed_until=at, send_after=at - timedelta(seconds=90)
    )
    Message.objects.filter(about="ticket-3").update(send_after=at + timedelta(seconds=1))
    assert rules.backlog(at) == (2, 90.0)


def test_a_language_without_words_becomes_indonesian(draft, at):
    rules.enqueue(drafts=[draft(language="jv"), draft(2, language="en")], at=at)
    assert list(Message.objects.order_by("id").values_list("language", flat=True)) == ["id", "en"]
