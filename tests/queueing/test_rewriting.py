"""What waits to be told when a visit changes: said of what is left, by the roads that are left."""

import pytest

from notifications import vapid
from notifications.models import Message
from queueing import rules
from queueing.models import QueueClosure, Ticket, Visit
from tests.house import at
from tests.notifications.push_service import Browser

MAIL = "a@contoh.id"


@pytest.fixture(autouse=True)
def _channels(settings):
    settings.NOTIFICATION_CHANNELS = ["push", "email"]
    settings.VAPID_PRIVATE_KEY = vapid.new_key()


@pytest.fixture
def two(house):
    """Numbers for Friday, at nine in queue C and at ten in queue T; the confirmation has left."""
    wishes = [
        rules.Wish("KK", house.window("C", 9, days=2).pk),
        rules.Wish("PBB", house.window("T", 10, days=2).pk),
    ]
    visit = rules.book(mall=house.mall, wishes=wishes, name="Siti", email=MAIL, at=at(7))
    Message.objects.filter(kind="booked").update(state="sent", sent_at=at(7), ended_at=at(7))
    return sorted(visit.new_tickets, key=lambda ticket: ticket.label)


def waiting(kind):
    return Message.objects.get(kind=kind, state="due")


def closed(house, *prefixes):
    day = at(0, days=2).date()
    for prefix in prefixes:
        QueueClosure.objects.create(queue=house.queues[prefix], first_date=day, last_date=day)
    rules.rearrange(queues=[house.queues[prefix] for prefix in prefixes], at=at(22))


def labels(message):
    return [move["new"]["label"] for move in message.context["moves"]]


def fresh(ticket):
    return Ticket.objects.get(pk=ticket.pk)


@pytest.mark.parametrize("cancelled", [0, 1])
def test_a_reminder_that_is_due_but_waits_is_still_given_for_what_is_left(two, cancelled):
    rules.cancel(ticket_id=two[cancelled].pk, at=at(16, 2, days=1))
    reminder = waiting("reminder_day")
    assert reminder.send_after == at(16, days=1)
    assert reminder.context["label"] == two[1 - cancelled].label


def test_a_reminder_that_has_left_is_not_given_again(two):
    sent = {"state": "sent", "sent_at": at(16, days=1), "ended_at": at(16, days=1)}
    Message.objects.filter(kind="reminder_day").update(**sent)
    rules.cancel(ticket_id=two[0].pk, at=at(16, 2, days=1))
    assert Message.objects.filter(kind="reminder_day").count() == 1
    assert waiting("reminder_hours").context["label"] == two[1].label


def test_a_new_hour_that_waits_to_be_told_is_told_although_the_other_number_is_cancelled(
    house, two
):
    window = house.window("C", 11, days=2)
    rules.reschedule(ticket_id=two[0].pk, window_id=window.pk, at=at(7, 5))
    rules.cancel(ticket_id=two[1].pk, at=at(7, 6))
    assert waiting("rescheduled").context["label"] == fresh(two[0]).label


@pytest.mark.parametrize("gone", [0, 1])
@pytest.mark.parametrize("how", ["cancelled", "another hour"])
def test_a_move_that_waits_for_the_morning_is_told_of_the_number_that_still_stands_there(
    house, two, gone, how
):
    closed(house, "C", "T")
    assert sorted(labels(waiting("kept"))) == sorted(fresh(one).label for one in two)
    goes, stays = fresh(two[gone]), fresh(two[1 - gone])
    if how == "cancelled":
        rules.cancel(ticket_id=goes.pk, at=at(23))
    else:
        queue = goes.queue.prefix
        window = house.window(queue, 14, days=(goes.date - at(0).date()).days)
        rules.reschedule(ticket_id=goes.pk, window_id=window.pk, at=at(23))
    message = waiting("kept")
    assert labels(message) == [stays.label]
    assert message.context["kept_until"]
    if how == "cancelled":
        assert message.context["label"] == stays.label


def test_a_move_of_which_nothing_is_left_is_not_told(house, two):
    closed(house, "C", "T")
    rules.cancel(ticket_id=two[0].pk, at=at(23))
    days = (fresh(two[1]).date - at(0).date()).days
    window = house.window("T", 14, days=days)
    rules.reschedule(ticket_id=two[1].pk, window_id=window.pk, at=at(23, 1))
    assert not Message.objects.filter(kind="kept", state="due").exists()
    assert waiting("rescheduled").context["label"] == fresh(two[1]).label


def test_what_a_cancelling_silenced_is_said_again_once_it_is_undone(house):
    ticket = house.book("KK", 9, days=2, email=MAIL)
    closed(house, "C")
    rules.cancel(ticket_id=ticket.pk, at=at(23))
    assert [m.kind for m in Message.objects.filter(state="due")] == ["cancelled"]
    rules.undo_cancel(visit_id=ticket.visit_id, at=at(23, 0, 30))
    due = Message.objects.filter(state="due").values_list("kind", flat=True)
    assert sorted(due) == ["kept", "reminder_day", "reminder_hours"]
    rules.cancel(ticket_id=ticket.pk, at=at(16, 2, days=4))
    rules.undo_cancel(visit_id=ticket.visit_id, at=at(16, 2, 40, days=4))
    assert waiting("reminder_day").send_after == at(16, days=4)  # it waits in a long line


def test_a_pause_is_told_while_its_number_stands(house, two):
    about = fresh(two[0])
    words = {"label": about.label, "time_range": "09.00–10.00", "reason": "", "back_at": ""}
    reminder = Message.objects.filter(kind="reminder_hours")
    pk = reminder.get().pk
    reminder.update(kind="paused", context={**reminder.get().context, **words})
    rules.cancel(ticket_id=two[1].pk, at=at(8))
    assert Message.objects.get(pk=pk).state == "due"
    rules.cancel(ticket_id=two[0].pk, at=at(8, 1))
    assert Message.objects.get(pk=pk).state == "voided"


def test_what_is_on_its_way_is_left_to_arrive(two):
    begun = {"state": "claimed", "claimed_until": at(8), "last_error": "left"}
    Message.objects.filter(kind="reminder_hours").update(**begun)
    phone = Browser("https://fcm.googleapis.com")
    rules.subscribe(visit_id=two[0].visit_id, subscription=phone.text, at=at(7, 59))
    assert Message.objects.get(kind="reminder_hours").state == "claimed"
    assert Message.objects.get(kind="reminder_day").channel == "push"


@pytest.mark.parametrize("mail", [MAIL, ""])
def test_a_browser_that_was_turned_off_is_told_nothing_that_waits(house, mail):
    ticket = house.book("KK", 9, days=2, email=mail)
    phone = Browser("https://fcm.googleapis.com")
    rules.subscribe(visit_id=ticket.visit_id, subscription=phone.text, at=at(7, 40))
    closed(house, "C")
    survey = Message.objects.filter(kind="reminder_hours")
    survey.update(kind="survey", about=f"visit-{ticket.visit_id}")
    assert waiting("kept").channel == waiting("survey").channel == "push"
    rules.unsubscribe(visit_id=ticket.visit_id, at=at(23))
    due = Message.objects.filter(state="due")
    assert set(due.values_list("channel", flat=True)) == ({"email"} if mail else set())
    assert {"kept", "survey"} <= set(due.values_list("kind", flat=True)) or not mail


def test_a_code_is_the_agencys_and_goes_as_the_person_chose(house, settings):
    settings.NOTIFICATION_CHANNELS = ["sms", "email"]
    who = {"email": MAIL, "phone": "081234567890", "prefer": "email"}
    visit = Visit.objects.get(pk=house.book("KTP", 9, **who).visit_id)
    rules.send_code(mall=house.mall, short_code=visit.short_code, client="x", at=at(8))
    code = Message.objects.get(kind="code")
    assert (code.channel, code.mall_id, code.agency_id) == ("email", house.mall.pk, house.civil.pk)
    assert code.time_zone == house.mall.time_zone
