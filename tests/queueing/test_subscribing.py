"""A phone that asked to be told of the turn: what is written for it, and what is refused."""

import json

import pytest

from notifications import vapid
from notifications.models import Message
from queueing import rules
from queueing.models import Visit
from queueing.refusals import Refusal
from queueing.rules.telling import tell_the_line
from tests.house import at
from tests.notifications.push_service import Browser


@pytest.fixture(autouse=True)
def _phones_are_told(settings):
    settings.NOTIFICATION_CHANNELS = ["push", "email"]
    settings.VAPID_PRIVATE_KEY = vapid.new_key()


@pytest.fixture
def phone():
    return Browser("https://fcm.googleapis.com")


def kept(ticket):
    return Visit.objects.get(pk=ticket.visit_id).push


def unsent():
    due = Message.objects.filter(state="due").order_by("send_after")
    return [(message.kind, message.channel) for message in due]


def subscribe(ticket, phone, moment):
    rules.subscribe(visit_id=ticket.visit_id, subscription=phone.text, at=moment)


def refused(code, act):
    with pytest.raises(Refusal) as no:
        act()
    assert no.value.code == code


def test_a_visit_without_any_contact_is_reminded_once_its_phone_asks(house, phone):
    ticket = house.book("KTP", 9, days=1)
    assert unsent() == []
    subscribe(ticket, phone, at(8))
    assert json.loads(kept(ticket))["endpoint"] == phone.endpoint
    assert unsent() == [("reminder_day", "push"), ("reminder_hours", "push")]


def test_reminders_that_have_not_left_take_the_new_road_and_keep_the_old_behind_it(house, phone):
    ticket = house.book("KTP", 9, email="siti@contoh.id", days=1)
    assert unsent() == [
        ("booked", "email"),
        ("reminder_day", "email"),
        ("reminder_hours", "email"),
    ]
    subscribe(ticket, phone, at(8))
    assert unsent() == [("booked", "email"), ("reminder_day", "push"), ("reminder_hours", "push")]
    reminder = Message.objects.get(kind="reminder_day")
    assert json.loads(reminder.routes) == [["email", "siti@contoh.id"]]


def test_turned_off_the_contact_is_told_again_and_who_has_none_is_not(house, phone):
    with_contact = house.book("KTP", 9, email="siti@contoh.id", days=1)
    without = house.book("KK", 9, days=1)
    for ticket in (with_contact, without):
        subscribe(ticket, phone, at(8))
        rules.unsubscribe(visit_id=ticket.visit_id, at=at(8, 1))
        assert kept(ticket) is None
    assert [channel for kind, channel in unsent() if kind == "reminder_day"] == ["email"]


def test_asked_twice_it_is_told_once_and_the_latest_browser_counts(house, phone):
    ticket = house.book("KTP", 9, days=1)
    newer = Browser("https://fcm.googleapis.com")
    for one in (phone, phone, newer):
        subscribe(ticket, one, at(8))
    assert json.loads(kept(ticket))["endpoint"] == newer.endpoint
    assert len(unsent()) == 2
    assert json.loads(Message.objects.get(kind="reminder_day").address)["keys"]


def test_turning_off_twice_is_once(house):
    ticket = house.book("KTP", 9)
    rules.unsubscribe(visit_id=ticket.visit_id, at=at(8))
    assert kept(ticket) is None


def test_it_is_refused_where_push_is_not_set_up(house, phone, settings):
    ticket = house.book("KTP", 9)
    settings.VAPID_PRIVATE_KEY = ""
    refused("push_off", lambda: subscribe(ticket, phone, at(8)))
    assert kept(ticket) is None


@pytest.mark.parametrize(
    "endpoint", ["https://10.0.0.8/x", "https://evil.example/x", "http://fcm.googleapis.com/x"]
)
def test_our_server_calls_nobody_whom_a_citizen_names(house, phone, endpoint):
    ticket = house.book("KTP", 9)
    phone.endpoint = endpoint
    refused("bad_subscription", lambda: subscribe(ticket, phone, at(8)))
    assert kept(ticket) is None


def test_of_a_finished_number_nothing_is_told(house, phone):
    ticket = house.book("KTP", 9)
    rules.cancel(ticket_id=ticket.pk, at=at(8))
    refused("nothing_to_tell", lambda: subscribe(ticket, phone, at(8, 1)))


def test_an_erased_visit_keeps_no_phone_and_takes_none(house, phone):
    ticket = house.book("KTP", 9)
    subscribe(ticket, phone, at(8))
    rules.erase_visits(at(8, days=40))
    assert kept(ticket) is None
    refused("unknown_ticket", lambda: subscribe(ticket, phone, at(8, days=40)))
    refused("unknown_ticket", lambda: rules.unsubscribe(visit_id=ticket.visit_id, at=at(9)))


def test_what_a_mall_has_still_to_say_of_a_pause_is_not_lost(house, phone):
    ticket = house.book("KTP", 9, email="siti@contoh.id")
    Message.objects.filter(kind="booked").update(kind="paused")
    subscribe(ticket, phone, at(8))
    assert ("paused", "email") in unsent()


def test_of_the_turn_the_phone_hears_first_and_of_the_rest_as_the_person_chose(house, phone):
    who = {"email": "siti@contoh.id", "prefer": "email", "arrived": at(8, 45)}
    ticket = house.waiting("KTP", 9, **who)
    later = house.book("KK", 10, name="Budi", email="budi@contoh.id", prefer="email", days=1)
    for one in (ticket, later):
        subscribe(one, phone, at(8, 50))
    desk = {"counter_id": house.counters[1].pk, "officer": house.people["officer"]}
    rules.open_counter(**desk, at=at(9))
    rules.call_next(**desk, at=at(9, 1))
    assert tell_the_line(at(9, 1, 5)) == 1
    called = Message.objects.get(kind="called")
    assert (called.channel, json.loads(called.routes)) == ("push", [["email", "siti@contoh.id"]])
    assert Message.objects.get(kind="reminder_day").channel == "email"
