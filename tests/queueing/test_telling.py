"""Who is told of a call, of being almost there, of the survey: once, in time, and nobody else."""

import datetime as dt
import uuid
from copy import copy

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.models import Message
from notifications.rules import send_due
from queueing import rules
from queueing.models import Queue, Ticket, Visit
from queueing.rules import telling
from surveys.models import Invitation
from tests.house import at, at_once
from tests.queueing.promises import seats, sit

PHONES = [f"0812345678{n:02}" for n in range(10)]


@pytest.fixture(autouse=True)
def _reached(settings):
    settings.NOTIFICATION_CHANNELS = ["console"]


def line(house, people, *, hour=9, reached=True):
    """Tickets that wait for this hour, each of a person with a phone of their own."""
    seats(house.window("C", hour), people, block_size=people + 50)
    return [
        house.waiting(
            "KK",
            hour,
            arrived=at(hour - 1, 45),
            name=f"Orang {n}",
            phone=PHONES[n] if reached else "",
        )
        for n in range(people)
    ]


def told(kind):
    return {m.about: m for m in Message.objects.filter(kind=kind).order_by("pk")}


def of(tickets):
    return {str(ticket.public_id) for ticket in tickets}


# -- called ----------------------------------------------------------------------------------------


def test_who_is_called_is_told_at_once_and_once(house):
    [ticket] = line(house, 1)
    place = sit(house, 1)
    rules.call_next(**place, at=at(9))
    assert rules.tell_the_line(at=at(9, 0, 3)) == 1
    assert rules.tell_the_line(at=at(9, 0, 8)) == 0
    message = told("called")[str(ticket.public_id)]
    assert message.context["counter"] == "1"
    assert message.context["label"] == ticket.label
    assert message.send_after == at(9, 0, 3)
    assert message.not_after == at(9, 2)
    assert message.agency_id == house.civil.pk


def test_being_called_again_is_told_once_more_however_often(house):
    [ticket] = line(house, 1)
    place = sit(house, 1)
    rules.call_next(**place, at=at(9))
    rules.tell_the_line(at=at(9, 0, 3))
    rules.recall(**place, at=at(9, 1, 30))
    assert rules.tell_the_line(at=at(9, 1, 32)) == 1
    rules.recall(**place, at=at(9, 3))
    assert rules.tell_the_line(at=at(9, 3, 2)) == 0
    assert Message.objects.filter(kind="called", about=str(ticket.public_id)).count() == 2


def test_a_call_is_no_news_any_more_after_a_minute(house):
    line(house, 1)
    rules.call_next(**sit(house, 1), at=at(9))
    assert rules.tell_the_line(at=at(9, 1, 1)) == 0


def test_without_a_contact_nothing_is_written_and_a_browser_is_contact_enough(house, settings):
    [ticket] = line(house, 1, reached=False)
    rules.call_next(**sit(house, 1), at=at(9))
    assert rules.tell_the_line(at=at(9, 0, 3)) == 0
    visit = Visit.objects.get(pk=ticket.visit_id)
    visit.push = '{"endpoint": "https://push.contoh.id/1"}'
    visit.save(update_fields=["push"])
    settings.NOTIFICATION_CHANNELS = ["push"]
    assert rules.tell_the_line(at=at(9, 0, 5)) == 1
    assert Message.objects.get().address == visit.push


def test_an_undone_call_takes_its_message_back_and_the_next_call_is_told_anew(house):
    line(house, 1)
    place = sit(house, 1)
    rules.call_next(**place, at=at(9))
    rules.tell_the_line(at=at(9, 0, 3))
    rules.undo(**place, at=at(9, 0, 10))
    assert Message.objects.get(kind="called").state == "voided"
    rules.call_next(**place, at=at(9, 5))
    assert rules.tell_the_line(at=at(9, 5, 2)) == 1


def test_who_is_at_the_counter_before_the_message_left_is_not_told(house):
    line(house, 1)
    place = sit(house, 1)
    rules.call_next(**place, at=at(9))
    rules.tell_the_line(at=at(9, 0, 3))
    rules.start(**place, at=at(9, 0, 20))
    rules.tell_the_line(at=at(9, 0, 23))
    assert Message.objects.get(kind="called").state == "voided"


# -- almost there ----------------------------------------------------------------------------------


def test_who_has_three_people_ahead_is_told_once_with_their_number(house):
    tickets = line(house, 6)
    place = sit(house, 1)
    assert rules.tell_the_line(at=at(9)) == 3  # with 1, 2 and 3 ahead; the first is called next
    assert told("ahead").keys() == of(tickets[1:4])
    assert told("ahead")[str(tickets[3].public_id)].context["people"] == "3"
    assert told("ahead")[str(tickets[3].public_id)].not_after == at(9, 20)
    assert rules.tell_the_line(at=at(9, 0, 5)) == 0
    rules.call_next(**place, at=at(9, 1))
    rules.tell_the_line(at=at(9, 1, 5))
    assert told("ahead").keys() == of(tickets[1:5])


def test_the_order_of_the_line_counts_not_that_of_the_numbers(house):
    first, second = line(house, 2)
    sit(house, 1)
    rules.grant_priority(
        visit_id=second.visit_id,
        reason="hamil tua",
        officer_id=house.people["front_desk"].pk,
        at=at(8, 50),
    )
    rules.tell_the_line(at=at(9))
    assert told("ahead").keys() == of([first])


@pytest.mark.parametrize("why", ["off", "paused", "closed", "nobody calls", "elsewhere"])
def test_nobody_is_told_a_place_in_a_line_that_does_not_move(house, why):
    _first, second = line(house, 2)
    if why != "nobody calls":
        sit(house, 1)
    if why == "off":
        Queue.objects.update(ahead_notice=0)
    if why == "paused":
        rules.pause(queue_id=house.queues["C"].pk, reason="sistem mati", at=at(8, 50))
    if why == "closed":
        rules.close_day(mall=house.mall, date=at(9).date(), at=at(8, 50))
    if why == "elsewhere":  # the person is at another counter of the visit
        other = house.waiting("PBB", 9, arrived=at(8, 45), name="Orang 9")
        type(other).objects.filter(pk=other.pk).update(
            visit=second.visit_id, state="serving", counter=house.counters[4]
        )
    assert rules.tell_the_line(at=at(9)) == 0


def test_people_are_counted_not_tickets_and_each_is_told_of_the_first_alone(house):
    tickets = line(house, 6)
    sit(house, 1)
    Ticket.objects.filter(pk=tickets[1].pk).update(visit=tickets[0].visit_id)
    Ticket.objects.filter(pk=tickets[3].pk).update(visit=tickets[2].visit_id)
    assert rules.tell_the_line(at=at(9)) == 3
    assert {about: m.context["people"] for about, m in told("ahead").items()} == {
        str(tickets[2].public_id): "1",
        str(tickets[4].public_id): "2",
        str(tickets[5].public_id): "3",
    }


def test_the_queue_says_how_many_ahead(house):
    tickets = line(house, 5)
    sit(house, 1)
    Queue.objects.update(ahead_notice=1)
    rules.tell_the_line(at=at(9))
    assert told("ahead").keys() == of(tickets[1:2])


@pytest.mark.parametrize("why", ["called", "cancelled"])
def test_what_has_not_left_is_taken_back_when_the_person_waits_no_more(house, why):
    _first, second = line(house, 2)
    place = sit(house, 1)
    rules.tell_the_line(at=at(9))
    if why == "called":
        rules.call_chosen(**place, ticket_id=second.pk, reason="harus segera pulang", at=at(9, 1))
        rules.tell_the_line(at=at(9, 1, 5))
    else:
        rules.cancel(ticket_id=second.pk, at=at(9, 1))
    assert told("ahead")[str(second.public_id)].state == "voided"


def test_the_line_is_told_at_night_too(house):
    line(house, 2)
    rules.call_next(**sit(house, 1), at=at(9))
    rules.tell_the_line(at=at(9))
    Message.objects.filter(kind="called").update(
        send_after=at(22), not_after=at(23), time_zone="Asia/Jakarta"
    )
    assert send_due(at=at(22)) >= 1
    assert Message.objects.get(kind="called").state == "sent"


def crowd(ticket, people):
    """As many more people of the same hour behind a ticket that waits."""
    visits = [copy(ticket.visit) for _n in range(people)]
    for n, visit in enumerate(visits):
        visit.pk, visit.token, visit.short_code, visit.request_key = None, f"t{n}", f"K{n}", None
    Visit.objects.bulk_create(visits)
    tickets = [copy(ticket) for _n in range(people)]
    for n, (one, visit) in enumerate(zip(tickets, visits, strict=True), start=1):
        one.pk, one.public_id, one.visit, one.person_key = None, uuid.uuid4(), visit, None
        one.number, one.label = ticket.number + n, f"C {ticket.number + n}"
        one.sort_at = ticket.sort_at + n * dt.timedelta(milliseconds=1)
    Ticket.objects.bulk_create(tickets)


@pytest.mark.parametrize("people", [3, 300])
def test_a_sweep_costs_the_same_however_many_wait(house, people):
    crowd(line(house, 3)[-1], people)
    place = sit(house, 1)
    rules.call_next(**place, at=at(9))
    with CaptureQueriesContext(connection) as first:
        assert rules.tell_the_line(at=at(9, 0, 3)) == 4  # one called, three almost there
    assert len(first) == 6
    with CaptureQueriesContext(connection) as again:
        assert rules.tell_the_line(at=at(9, 0, 8)) == 0
    assert len(again) <= 5


@pytest.mark.django_db(transaction=True)
def test_of_two_sweeps_at_once_each_message_is_written_once(open_house):
    line(open_house, 6)
    rules.call_next(**sit(open_house, 1), at=at(9))
    outcomes = at_once(4, lambda _n: rules.tell_the_line(at=at(9, 0, 3)))
    assert sum(outcomes) == 4  # one called, three almost there
    assert Message.objects.filter(kind__in=["called", "ahead"]).count() == 4


# -- the survey ------------------------------------------------------------------------------------


def served(house, **how):
    """A ticket that was served at counter 1 from nine for ten minutes."""
    [ticket] = line(house, 1)
    place = sit(house, 1)
    rules.call_next(**place, at=at(9))
    rules.start(**place, at=at(9))
    rules.end(**place, at=at(9, 10), **how)
    return ticket


def test_half_an_hour_after_a_finished_visit_the_survey_is_offered_once(house):
    ticket = served(house)
    assert rules.ask_how_it_was(at=at(9, 11)) == 0  # the end may still be undone
    assert rules.ask_how_it_was(at=at(9, 12)) == 1
    assert rules.ask_how_it_was(at=at(9, 13)) == 0
    message = Message.objects.get(kind="survey")
    assert message.send_after == at(9, 40)
    assert message.not_after == at(9, 10, days=2)
    assert message.context["link"].endswith(f"/survei/{Invitation.objects.get().token}/")
    assert message.context["label"] == ticket.label


@pytest.mark.parametrize(
    "how",
    [
        {"outcome": "information_only"},
        {"outcome": "documents_missing", "note": "KK asli"},
        {"outcome": "referred", "note": "kelurahan"},
    ],
)
def test_only_who_was_served_is_asked_how_it_was(house, how):
    served(house, **how)
    assert rules.ask_how_it_was(at=at(10)) == 0


def test_a_visit_with_a_number_left_is_not_over(house):
    ticket = served(house)
    other = house.book("PBB", 13, name="Orang 0", phone=PHONES[0])
    type(other).objects.filter(pk=other.pk).update(visit=ticket.visit_id)
    assert rules.ask_how_it_was(at=at(9, 20)) == 0
    rules.cancel(ticket_id=other.pk, at=at(9, 30))
    assert rules.ask_how_it_was(at=at(9, 35)) == 1


def test_who_comes_back_with_a_missing_paper_is_asked_when_it_is_over(house):
    ticket = served(house, outcome="documents_missing", note="KK asli")
    visit = ticket.visit_id
    Message.objects.all().delete()
    other = house.book("PBB", 13, name="Orang 0", phone=PHONES[0])
    type(other).objects.filter(pk=other.pk).update(
        visit=visit, state="done", outcome="served", ended_at=at(9, 20)
    )
    assert rules.ask_how_it_was(at=at(9, 30)) == 1
    rules.bring_back(ticket_id=ticket.pk, at=at(9, 35))
    assert Message.objects.get(kind="survey").state == "voided"
    assert rules.ask_how_it_was(at=at(9, 40)) == 0
    place = {"counter_id": house.counters[1].pk, "officer": house.people["officer"]}
    rules.call_next(**place, at=at(9, 45))
    rules.start(**place, at=at(9, 45))
    rules.end(**place, at=at(9, 50))
    assert rules.ask_how_it_was(at=at(9, 52)) == 1
    assert Message.objects.get(kind="survey").send_after == at(10, 20)


def test_whom_nothing_can_be_written_stands_in_nobodys_way(house, settings, monkeypatch):
    settings.NOTIFICATION_CHANNELS = ["email"]
    monkeypatch.setattr(telling, "AT_A_TIME", 1)
    seats(house.window("C", 9), 3)
    numbers = [
        house.waiting("KK", 9, arrived=at(8, 45), **who)
        for who in (
            {"name": "Tanpa Surel", "phone": PHONES[0]},
            {"name": "Sudah Mengisi", "email": "sudah@contoh.id"},
            {"name": "Belum Ditanya", "email": "belum@contoh.id"},
        )
    ]
    for minute, ticket in enumerate(numbers):
        Ticket.objects.filter(pk=ticket.pk).update(
            state="done", outcome="served", ended_at=at(9, minute)
        )
    filled_in = telling._one_time_token(numbers[1], at(9, 5))
    Invitation.objects.filter(token=filled_in).update(answered_on=at(9).date())
    assert rules.ask_how_it_was(at=at(9, 10)) == 1
    assert Message.objects.get(kind="survey").about == f"visit-{numbers[2].visit_id}"
    assert Invitation.objects.count() == 2  # nothing is made for whom no channel reaches
    assert rules.ask_how_it_was(at=at(9, 11)) == 0


def test_a_visit_whose_other_number_ends_hours_later_is_asked_too(house):
    ticket = served(house)
    other = house.book("PBB", 13, name="Orang 0", phone=PHONES[0])
    Ticket.objects.filter(pk=other.pk).update(visit=ticket.visit_id)
    assert rules.ask_how_it_was(at=at(9, 20)) == 0
    rules.cancel(ticket_id=other.pk, at=at(13))
    assert rules.ask_how_it_was(at=at(13, 5)) == 1


def test_who_finished_while_nothing_ran_is_asked_the_next_day_and_not_later(house):
    served(house)
    assert rules.ask_how_it_was(at=at(9, 11, days=2)) == 0
    assert rules.ask_how_it_was(at=at(8, days=1)) == 1


def test_a_link_that_would_be_too_old_is_no_reason_to_stop(house, settings):
    settings.SURVEY_OPEN_DAYS = 0
    served(house)
    assert rules.ask_how_it_was(at=at(8, days=1)) == 0


def test_an_undone_end_asks_nobody(house):
    served(house)
    place = {"counter_id": house.counters[1].pk, "officer": house.people["officer"]}
    rules.undo(**place, at=at(9, 10, 30))
    assert rules.ask_how_it_was(at=at(9, 30)) == 0


def test_the_survey_waits_for_the_morning(house):
    served(house)
    rules.ask_how_it_was(at=at(9, 12))
    Message.objects.filter(kind="survey").update(send_after=at(21, 30))
    send_due(at=at(21, 30))
    assert Message.objects.get(kind="survey").send_after == at(6, days=1)


# -- the result is ready ---------------------------------------------------------------------------


def test_the_morning_of_the_promised_day_the_result_can_be_collected(house):
    ticket = served(house, outcome="collect_later", collect_on=at(8, days=3).date())
    message = Message.objects.get(kind="collect")
    assert message.send_after == at(8, days=3)
    assert message.not_after == at(16, days=3)
    assert message.about == str(ticket.public_id)
    assert message.context["date"] == "Sabtu, 28 November 2026"
    assert message.agency_id == house.civil.pk


@pytest.mark.parametrize("days", [0, 400])
def test_of_today_and_of_a_day_when_the_contact_is_erased_nothing_is_written(house, days):
    served(house, outcome="collect_later", collect_on=at(8, days=days).date())
    assert not Message.objects.filter(kind="collect").exists()


def test_an_undone_end_takes_the_promise_back(house):
    served(house, outcome="collect_later", collect_on=at(8, days=3).date())
    place = {"counter_id": house.counters[1].pk, "officer": house.people["officer"]}
    rules.undo(**place, at=at(9, 10, 30))
    assert Message.objects.get(kind="collect").state == "voided"
    rules.end(**place, at=at(9, 11), outcome="collect_later", collect_on=at(8, days=3).date())
    assert Message.objects.get(kind="collect").state == "due"
