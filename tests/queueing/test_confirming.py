"""The day before: who says that they will come, who gives back; what each hears of it."""

import pytest

from notifications.models import Message
from queueing import rules
from queueing.models import Ticket, TicketEvent
from tests.house import at, at_once
from tests.queueing.promises import keep_their_promises, refused, sit

PHONE = "081234567890"


def booked(house, **who):
    return house.book("KTP", 9, phone=PHONE, **who)


def test_who_will_come_says_so_once(house):
    ticket = booked(house)
    assert [t.pk for t in rules.confirm(visit_id=ticket.visit_id, at=at(7, 40))] == [ticket.pk]
    rules.confirm(visit_id=ticket.visit_id, at=at(7, 50))
    assert Ticket.objects.get().confirmed_at == at(7, 40)
    assert TicketEvent.objects.filter(kind="confirmed").count() == 1


def test_every_booked_number_of_the_visit_is_confirmed_and_a_kept_place_is_its_own(house):
    visit = rules.book(
        mall=house.mall,
        wishes=[
            rules.Wish("KTP", house.window("C", 9).pk),
            rules.Wish("PBB", house.window("T", 10).pk),
        ],
        name="Siti",
        at=at(7),
    )
    Ticket.objects.update(kept_until=at(8))
    rules.confirm(visit_id=visit.pk, at=at(7, 30))
    assert set(Ticket.objects.values_list("confirmed_at", "kept_until")) == {(at(7, 30), None)}
    Ticket.objects.update(kept_until=at(9))  # moved once more by the mall
    rules.confirm(visit_id=visit.pk, at=at(7, 45))
    assert not Ticket.objects.exclude(kept_until=None).exists()


def test_nothing_is_confirmed_that_cannot_be_used_any_more(house):
    with refused("nothing_to_confirm"):
        rules.confirm(visit_id=booked(house).visit_id, at=at(10, 31))
    ticket = house.book("AKTA", 9, phone=PHONE)
    rules.cancel(ticket_id=ticket.pk, at=at(7, 45))
    with refused("nothing_to_confirm"):
        rules.confirm(visit_id=ticket.visit_id, at=at(7, 50))
    ticket = house.waiting("PBB", 9, arrived=at(8, 45), phone=PHONE)
    with refused("nothing_to_confirm"):
        rules.confirm(visit_id=ticket.visit_id, at=at(8, 50))


def test_who_moves_to_another_day_is_asked_again_and_who_stays_on_the_day_is_not(house):
    ticket = booked(house)
    rules.confirm(visit_id=ticket.visit_id, at=at(7, 40))
    rules.reschedule(ticket_id=ticket.pk, window_id=house.window("C", 11).pk, at=at(7, 45))
    assert Ticket.objects.get().confirmed_at == at(7, 40)
    rules.reschedule(ticket_id=ticket.pk, window_id=house.window("C", 11, days=1).pk, at=at(7, 45))
    assert Ticket.objects.get().confirmed_at is None


@pytest.mark.django_db(transaction=True)
def test_of_yes_and_no_in_the_same_moment_no_seat_is_lost(open_house):
    for _n in range(5):
        ticket = open_house.book("KTP", 9)
        acts = [
            lambda pk=ticket: rules.confirm(visit_id=pk.visit_id, at=at(7, 40)),
            lambda pk=ticket: rules.cancel(ticket_id=pk.pk, at=at(7, 40)),
        ]
        at_once(2, lambda i, acts=acts: acts[i]())
        assert Ticket.objects.get(pk=ticket.pk).state == "cancelled"
    assert open_house.window("C", 9).taken == 0
    keep_their_promises()


def test_the_reminder_of_the_day_before_leads_to_the_question(house):
    ticket = house.book("KTP", 9, phone=PHONE, days=2, now=at(7))
    links = dict(Message.objects.values_list("kind", "context__link"))
    token = ticket.visit.token
    assert links["reminder_day"].endswith(f"/tiket/{token}/jadi/")
    assert links["reminder_hours"].endswith(f"/tiket/{token}/")
    assert set(Message.objects.values_list("agency_id", flat=True)) == {house.civil.pk}


# -- cancelled -------------------------------------------------------------------------------------


def cancelled():
    return Message.objects.get(kind="cancelled")


@pytest.mark.parametrize("by", ["citizen", "staff"])
def test_who_cancels_or_is_cancelled_hears_it_when_nobody_can_undo_it(house, by):
    ticket = booked(house)
    officer = house.people["front_desk"].pk if by == "staff" else None
    rules.cancel(ticket_id=ticket.pk, at=at(8), officer_id=officer)
    message = cancelled()
    assert (message.state, message.send_after) == ("due", at(8, 1, 10))
    assert message.context["label"] == ticket.label
    assert message.context["date"] == "Rabu, 25 November 2026"
    assert message.context["time_range"] == "09.00–10.00"


def test_an_undone_cancel_tells_nobody_and_a_second_one_does(house):
    ticket = booked(house)
    rules.cancel(ticket_id=ticket.pk, at=at(8))
    rules.undo_cancel(visit_id=ticket.visit_id, at=at(8, 0, 50))
    assert cancelled().state == "voided"
    rules.cancel(ticket_id=ticket.pk, at=at(8, 5))
    assert (cancelled().state, cancelled().send_after) == ("due", at(8, 6, 10))


def test_a_cancelled_visit_is_one_message_and_other_news_leave_it_alone(house):
    visit = rules.book(
        mall=house.mall,
        wishes=[
            rules.Wish("KTP", house.window("C", 9).pk),
            rules.Wish("PBB", house.window("T", 10).pk),
        ],
        name="Siti",
        phone=PHONE,
        at=at(7),
    )
    first, second = visit.new_tickets
    rules.cancel(ticket_id=first.pk, at=at(8))
    rules.reschedule(ticket_id=second.pk, window_id=house.window("T", 11).pk, at=at(8, 0, 30))
    assert cancelled().state == "due"
    second.refresh_from_db()
    rules.cancel_visit(visit_id=visit.pk, at=at(8, 2))
    labels = Message.objects.filter(kind="cancelled").values_list("context__label", flat=True)
    assert sorted(labels) == sorted([first.label, second.label])


def test_without_a_contact_a_cancelled_number_tells_nobody(house):
    rules.cancel(ticket_id=house.book("KTP", 9).pk, at=at(8))
    assert not Message.objects.exists()


def test_a_number_at_the_counter_is_never_confirmed(house):
    ticket = house.waiting("KTP", 9, arrived=at(8, 45), phone=PHONE)
    rules.call_next(**sit(house, 1), at=at(9))
    with refused("nothing_to_confirm"):
        rules.confirm(visit_id=ticket.visit_id, at=at(9))


# -- the channel that was asked for ----------------------------------------------------------------


def test_the_channel_that_was_asked_for_comes_first(house, settings):
    settings.NOTIFICATION_CHANNELS = ["email", "whatsapp", "sms"]
    ticket = booked(house, email="siti@contoh.id", prefer="sms")
    assert ticket.visit.prefer == "sms"
    assert set(Message.objects.values_list("channel", flat=True)) == {"sms"}
    rules.reschedule(ticket_id=ticket.pk, window_id=house.window("C", 11).pk, at=at(7, 45))
    assert Message.objects.get(kind="rescheduled").channel == "sms"


@pytest.mark.parametrize("prefer", ["email", "fax", "console"])
def test_a_channel_that_does_not_reach_the_contact_is_refused(house, settings, prefer):
    settings.NOTIFICATION_CHANNELS = ["email", "whatsapp", "console"]
    with refused("bad_channel") as caught:
        booked(house, prefer=prefer)
    assert "prefer" in caught.value.fields
