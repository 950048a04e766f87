"""Nobody is woken for what can wait, nobody gets more in a day than anybody should."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from mpp_portal.checks import quiet_hours_can_be_read
from notifications import rules
from notifications.models import Message

pytestmark = pytest.mark.django_db(transaction=True)
JAKARTA, JAYAPURA = "Asia/Jakarta", "Asia/Jayapura"


def local(hour, minute=0, *, day=23, zone=JAKARTA):
    return datetime(2026, 11, day, hour, minute, tzinfo=ZoneInfo(zone))


@pytest.fixture
def write(draft):
    """A message of a kind that is due at a moment; the row."""

    def write(kind, moment, number=1, zone=JAKARTA, not_after=None, **changes) -> Message:
        key = f"ticket-{number}:{kind}"
        one = draft(
            number,
            kind=kind,
            send_after=moment,
            not_after=not_after,
            time_zone=zone,
            dedup_key=key,
            **changes,
        )
        rules.enqueue(drafts=[one], at=moment)
        return Message.objects.get(dedup_key=key)

    return write


@pytest.mark.parametrize(
    ("moment", "until"),
    [
        (local(21), local(6, day=24)),
        (local(23, 59), local(6, day=24)),
        (local(0, 30, day=24), local(6, day=24)),
        (local(5, 59, day=24), local(6, day=24)),
    ],
)
def test_at_night_a_reminder_waits_for_the_morning(write, smtp, moment, until):
    message = write("reminder_day", moment)
    assert rules.send_due(at=moment) == 0
    message.refresh_from_db()
    assert (message.state, message.send_after, message.attempts) == ("due", until, 0)
    assert rules.send_due(at=until) == 1


@pytest.mark.parametrize("moment", [local(6), local(20, 59)])
def test_by_day_it_leaves(write, smtp, moment):
    write("reminder_day", moment)
    assert rules.send_due(at=moment) == 1


def test_the_night_is_the_malls_own(write, smtp):
    moment = datetime(2026, 11, 23, 13, 30, tzinfo=UTC)  # 20.30 in Jakarta, 22.30 in Jayapura
    write("reminder_day", moment, 1, zone=JAKARTA)
    write("reminder_day", moment, 2, zone=JAYAPURA)
    assert rules.send_due(at=moment) == 1
    (waiting,) = Message.objects.filter(state="due")
    assert waiting.send_after == local(6, day=24, zone=JAYAPURA)


@pytest.mark.parametrize("kind", ["called", "code", "booked", "paused"])
def test_what_one_waits_for_comes_at_night_too(write, smtp, kind):
    write(kind, local(23), **({"secret": "123456"} if kind == "code" else {}))
    assert rules.send_due(at=local(23)) == 1


def test_what_would_be_useless_in_the_morning_leaves_at_night(write, smtp):
    write("reminder_hours", local(5), not_after=local(5, 45))
    assert rules.send_due(at=local(5)) == 1


def test_without_quiet_hours_nothing_waits(write, smtp, settings):
    settings.QUIET_HOURS = ""
    write("survey", local(23))
    assert rules.send_due(at=local(23)) == 1


def test_who_had_enough_today_gets_no_more_reminders_but_hears_the_call(write, smtp, settings):
    settings.MESSAGES_PER_PERSON_AND_DAY = 2
    same = {"phone": "", "email": "siti@contoh.id"}
    for number, kind in enumerate(["booked", "offer", "reminder_day", "survey"], start=6):
        write(kind, local(9), number, **same)
    assert rules.send_due(at=local(9)) == 4
    survey = write("survey", local(10), 3, **same)
    write("called", local(10), 4, **same)
    write("survey", local(10), 5, phone="", email="budi@contoh.id")
    assert rules.send_due(at=local(10)) == 2
    survey.refresh_from_db()
    assert (survey.state, survey.last_error) == ("expired", "capped")
    write("survey", local(10) + timedelta(days=1), 16, **same)  # what left yesterday is forgotten
    assert rules.send_due(at=local(10) + timedelta(days=1)) == 1


def test_enough_is_enough_also_within_one_batch(write, smtp, settings):
    settings.MESSAGES_PER_PERSON_AND_DAY = 2
    for number in range(5):
        write("survey", local(9), number, phone="", email="siti@contoh.id")
    assert rules.send_due(at=local(9)) == 2
    assert Message.objects.filter(last_error="capped").count() == 3


@pytest.mark.parametrize("hours", ["24:00-06:00", "21.30-06.00", "21:00", "21:00+07:00-06:00"])
def test_quiet_hours_that_cannot_be_read_stop_nothing_and_are_an_error(
    write, smtp, settings, hours
):
    assert quiet_hours_can_be_read(None) == []
    settings.QUIET_HOURS = hours
    write("survey", local(23))
    assert rules.send_due(at=local(23)) == 1
    (error,) = quiet_hours_can_be_read(None)
    assert error.is_serious()


def test_a_zone_that_does_not_exist_has_no_nights(write, smtp):
    write("survey", local(23), zone="Asia/Gajah_Mada")
    assert rules.send_due(at=local(23)) == 1


def test_the_wanted_channel_comes_first_and_the_others_follow_in_their_order(draft, at, settings):
    settings.NOTIFICATION_CHANNELS = ["push", "email", "whatsapp", "sms"]
    assert rules.channel_of(draft()) == "email"
    assert rules.channel_of(draft(prefer="sms")) == "sms"
    assert rules.channel_of(draft(prefer="telegram")) == "email"
    assert rules.channel_of(draft(push="{}")) == "push"
    assert rules.channel_of(draft(push="{}", secret="123456")) == "email"
    assert rules.channels_of(phone=True, email=False) == ["whatsapp", "sms"]
    assert rules.channels_of(phone=False, email=False) == []


def test_another_chance_is_given_to_what_was_parked_and_is_still_of_use(outbox, at, smtp):
    outbox(3, not_after=None)
    smtp.answers["RCPT"] = "550 no such user"
    rules.send_due(at=at)
    smtp.answers.clear()
    ids = list(Message.objects.order_by("pk").values_list("pk", flat=True))
    Message.objects.filter(pk=ids[0]).update(not_after=at)
    Message.objects.filter(pk=ids[1]).update(state="voided")
    later = at + timedelta(hours=1)
    code = Message.objects.get(pk=ids[1])
    Message.objects.filter(pk=code.pk).update(kind="code", state="failed")
    assert rules.retry(ids=ids, at=later) == 1  # a code is not there any more
    assert rules.send_due(at=later) == 1
    assert Message.objects.get(pk=ids[2]).state == "sent"
