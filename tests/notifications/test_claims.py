"""Two workers share the outbox: no message is taken by both, none is lost with a worker."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, transaction

from notifications import rules
from notifications.channels import base
from notifications.models import Message
from notifications.rules import marking, sending
from tests.notifications.peers import Says

pytestmark = pytest.mark.django_db(transaction=True)


def race(at) -> list[int]:
    """Ids that two workers claim at once, each in batches of 100, until nothing is left."""
    start = threading.Barrier(2)

    def work(_):
        claimed = []
        try:
            start.wait()
            while ids := rules.claim(limit=100, at=at):
                claimed += ids
        finally:
            connection.close()
        return claimed

    with ThreadPoolExecutor(2) as pool:
        one, two = pool.map(work, range(2))
    return one + two


def test_two_workers_never_claim_the_same_message(outbox, at):
    ids = [message.pk for message in outbox(200)]
    for _ in range(5):
        Message.objects.update(state="due", claimed_until=None)
        assert sorted(race(at)) == ids


def test_control_without_the_lock_both_claim_the_same(outbox, at, monkeypatch):
    monkeypatch.setattr(sending, "ONE_CLAIMER_PER_ROW", "")
    outbox(200)
    for _ in range(20):
        Message.objects.update(state="due", claimed_until=None)
        claimed = race(at)
        if len(claimed) > len(set(claimed)):
            return
    pytest.fail("the race never showed: the test above proves nothing")


def test_a_claim_takes_what_is_due_the_oldest_first(outbox, at):
    one, two, three = outbox(3)
    Message.objects.filter(pk=one.pk).update(send_after=at + timedelta(seconds=1))
    Message.objects.filter(pk=three.pk).update(send_after=at - timedelta(seconds=1))
    assert rules.claim(limit=1, at=at) == [three.pk]
    assert rules.claim(limit=5, at=at) == [two.pk]
    assert rules.claim(limit=5, at=at) == []


def test_a_call_does_not_stand_behind_the_reminders(outbox, at):
    reminders = outbox(3)
    Message.objects.filter(pk=reminders[2].pk).update(kind="called")
    assert rules.claim(limit=1, at=at) == [reminders[2].pk]
    assert len(rules.claim(limit=5, at=at)) == 2


def test_a_claim_inside_a_transaction_is_refused(outbox, at):
    with pytest.raises(RuntimeError), transaction.atomic():
        rules.claim(limit=1, at=at)


def test_what_a_dead_worker_held_is_sent_after_its_lease(outbox, at, smtp):
    outbox(2)
    assert len(rules.claim(limit=10, at=at)) == 2  # and here the worker is killed
    assert rules.send_due(at=at + timedelta(seconds=59)) == 0
    assert rules.send_due(at=at + timedelta(seconds=60)) == 2
    assert len(smtp.received) == 2
    assert rules.send_due(at=at + timedelta(hours=1)) == 0


def test_a_worker_killed_after_sending_sends_again_with_the_same_reference(
    outbox, at, smtp, monkeypatch
):
    outbox()
    with monkeypatch.context() as patch:
        patch.setattr(marking, "sent", interrupt)
        with pytest.raises(KeyboardInterrupt):
            rules.send_due(at=at)
    assert rules.send_due(at=at + timedelta(seconds=65)) == 1
    ids = [line for mail in smtp.received for line in mail.split("\r\n") if "Message-ID" in line]
    assert len(ids) == 2
    assert len(set(ids)) == 1


def interrupt(*args, **kwargs):
    raise KeyboardInterrupt


def test_a_message_that_kills_its_worker_is_parked_in_the_end(outbox, at, smtp, monkeypatch):
    (message,) = outbox(not_after=None)
    with monkeypatch.context() as patch:
        patch.setattr(sending, "mark", interrupt)
        for minute in range(6):
            with pytest.raises(KeyboardInterrupt):
                rules.send_due(at=at + timedelta(minutes=2 * minute))
    assert rules.send_due(at=at + timedelta(minutes=20)) == 0
    message.refresh_from_db()
    assert (message.state, message.last_error, len(smtp.received)) == ("failed", "worker_lost", 6)


def test_what_left_with_a_lost_worker_leaves_alone_and_takes_no_other_with_it(
    outbox, at, smtp, monkeypatch
):
    outbox(5)
    with monkeypatch.context() as patch:
        patch.setattr(sending, "mark", interrupt)
        with pytest.raises(KeyboardInterrupt):
            rules.send_due(at=at)
    batches = []
    mark = sending.mark

    def mark_and_note(messages, *rest):
        batches.append(len(messages))
        return mark(messages, *rest)

    monkeypatch.setattr(sending, "mark", mark_and_note)
    assert rules.send_due(at=at + timedelta(seconds=65)) == 5
    assert batches == [1, 1, 1, 1, 1]


def test_the_next_are_prepared_while_others_are_away_but_never_beside_a_suspect(
    outbox, at, smtp, monkeypatch
):
    monkeypatch.setattr(sending, "BATCH", 2)
    monkeypatch.setattr(sending, "mark", interrupt)
    outbox(4, not_after=None)
    begun = Message.objects.filter(last_error="left")
    with pytest.raises(KeyboardInterrupt):
        rules.send_due(at=at)
    assert begun.count() == 4
    with pytest.raises(KeyboardInterrupt):
        rules.send_due(at=at + timedelta(seconds=65))
    assert sorted(Message.objects.values_list("attempts", flat=True)) == [1, 1, 1, 2]


def test_what_is_away_is_marked_though_the_next_cannot_be_prepared(outbox, at, smtp, monkeypatch):
    monkeypatch.setattr(sending, "BATCH", 2)
    outbox(4)
    begin, calls = sending._begin, []

    def fails_the_second_time(*what):
        calls.append(what)
        if len(calls) == 2:
            raise OperationalError("the database is gone")
        return begin(*what)

    monkeypatch.setattr(sending, "_begin", fails_the_second_time)
    with pytest.raises(OperationalError):
        rules.send_due(at=at)
    states = Message.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["sent", "sent", "claimed", "claimed"]
    assert len(smtp.received) == 2


def test_a_slow_worker_whose_lease_is_over_sends_nothing_twice(outbox, at, smtp, monkeypatch):
    monkeypatch.setattr(sending, "BATCH", 1)
    outbox(2)
    mark = sending.mark

    def slowly(*what):
        """While the first is being marked, an hour passes and another worker takes the rest."""
        monkeypatch.setattr(sending, "mark", mark)
        assert rules.send_due(at=at + timedelta(seconds=60, microseconds=1)) == 1
        return mark(*what)

    monkeypatch.setattr(sending, "mark", slowly)
    assert rules.send_due(at=at) == 1
    assert len(smtp.received) == 2
    assert set(Message.objects.values_list("state", flat=True)) == {"sent"}


def test_a_hung_worker_hands_nothing_on_that_another_has_taken_over(
    outbox, at, sms_gateway, smtp, settings, monkeypatch
):
    settings.NOTIFICATION_CHANNELS = ["sms", "email"]
    (message,) = outbox()
    sms_gateway.next = [Says(400, {"code": 1706})]
    mark = sending.mark

    def too_late(*what):
        """The refusal is written a minute later, when another worker has sent the message."""
        monkeypatch.setattr(sending, "mark", mark)
        assert rules.send_due(at=at + timedelta(seconds=65)) == 1
        return mark(*what)

    monkeypatch.setattr(sending, "mark", too_late)
    assert rules.send_due(at=at) == 0
    assert rules.send_due(at=at + timedelta(minutes=5)) == 0
    message.refresh_from_db()
    assert (message.state, message.channel, smtp.received) == ("sent", "sms", [])


def test_a_row_that_somebody_holds_while_it_leaves_is_marked_all_the_same(
    outbox, at, smtp, monkeypatch
):
    monkeypatch.setattr(marking, "PAUSES_S", (0.1,) * 10)
    (message,) = outbox()
    held, free = threading.Event(), threading.Event()

    def hold():
        try:
            with transaction.atomic():
                Message.objects.select_for_update().get(pk=message.pk)
                held.set()
                free.wait(5)
        finally:
            connection.close()

    other = threading.Thread(target=hold)
    mark = sending.mark

    def meanwhile(*what):
        other.start()
        held.wait(5)
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = 100")
        threading.Timer(0.5, free.set).start()
        return mark(*what)

    monkeypatch.setattr(sending, "mark", meanwhile)
    try:
        assert rules.send_due(at=at) == 1
    finally:
        free.set()
        other.join()
        connection.close()
    message.refresh_from_db()
    assert (message.state, len(smtp.received)) == ("sent", 1)


def test_what_left_is_marked_before_anything_can_go_wrong_with_the_others(
    outbox, at, smtp, monkeypatch
):
    outbox(2)
    monkeypatch.setattr(sending, "_send", refuses_the_first())
    monkeypatch.setattr(marking, "failed", interrupt)
    with pytest.raises(KeyboardInterrupt):
        rules.send_due(at=at)
    assert sorted(Message.objects.values_list("state", flat=True)) == ["claimed", "sent"]


def refuses_the_first():
    first = iter([base.SendFailed("smtp_451")])
    return lambda _channel, _outgoing: next(first, base.Accepted())
