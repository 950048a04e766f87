"""A day on paper becomes a day in the figures: true times, all or nothing, nothing twice."""

import datetime as dt

import pytest

from queueing import rules
from queueing.models import DailyStatistic, QueueDay, Ticket, TicketEvent, Visit
from queueing.refusals import Refusal, sentence
from queueing.rules.paper import read_clock
from tests.house import TODAY, at
from tests.queueing.promises import keep_their_promises, refused

NEXT_DAY = at(8, days=1)


def enter(house, *rows, now=NEXT_DAY, date=TODAY):
    return rules.enter_paper_day(
        mall=house.mall, date=date, rows=rows, officer=house.people["front_desk"], at=now
    )


def came(ticket, result="served", called="9.20", ended="9.35", **more):
    return rules.PaperRow(
        key=f"t{ticket.pk}", ticket_id=ticket.pk, result=result, called=called, ended=ended, **more
    )


def walked(paper="C K01", service="KTP", result="served", **more):
    times = {"arrived": "9.00", "called": "9.20", "ended": "9.35"} | more
    return rules.PaperRow(key=paper or "b0", paper=paper, service=service, result=result, **times)


def problems(house, *rows, **more):
    with pytest.raises(Refusal) as caught:
        enter(house, *rows, **more)
    assert caught.value.code == "paper_rows"
    return caught.value.fields


def closed(house, *tickets):
    rules.close_day(mall=house.mall, date=TODAY, at=at(16))
    for ticket in tickets:
        ticket.refresh_from_db()
    return tickets


def test_a_booked_person_who_came_is_served_at_the_true_times(house):
    ticket = house.book("KTP", 9)
    closed(house, ticket)
    assert ticket.state == "no_show"
    done = enter(house, came(ticket, arrived="9.05"))
    assert (done.booked, done.walk_ins, done.known) == (1, 0, 0)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.outcome) == ("done", "served")
    assert (ticket.checked_in_at, ticket.called_at, ticket.ended_at) == (
        at(9, 5),
        at(9, 20),
        at(9, 35),
    )
    kinds = ["paper", "checked_in", "called", "started", "ended"]
    events = ticket.events.filter(officer=house.people["front_desk"]).order_by("pk")
    assert list(events.values_list("kind", flat=True)) == kinds
    keep_their_promises()


def test_the_figures_of_the_day_are_rolled_up_again(house):
    ticket = house.book("KTP", 9)
    closed(house, ticket)
    enter(house, came(ticket, arrived="9.05"), walked())
    row = DailyStatistic.objects.get(date=TODAY, service_type=house.services["KTP"])
    assert (row.booked, row.walk_in, row.served, row.no_show) == (1, 1, 2, 0)
    assert (row.wait_sum_s, row.service_sum_s) == ((15 + 20) * 60, 30 * 60)


def test_without_a_time_of_arrival_a_booked_person_came_on_time(house):
    late, early = house.book("KTP", 9), house.book("KTP", 10)
    closed(house)
    enter(house, came(late), came(early, called="9.50", ended="10.00"))
    late.refresh_from_db()
    early.refresh_from_db()
    assert (late.checked_in_at, early.checked_in_at) == (at(9), at(9, 50))


def test_an_arrival_that_the_system_knew_is_kept(house):
    ticket = house.waiting("KTP", 9, arrived=at(8, 50))
    enter(house, came(ticket, arrived="9.10"), now=at(10))
    ticket.refresh_from_db()
    assert ticket.checked_in_at == at(8, 50)
    assert ticket.events.filter(kind="checked_in").count() == 1


@pytest.mark.parametrize(
    ("result", "state", "kinds"),
    [
        ("absent", "absent", ["paper", "checked_in", "called", "absent"]),
        ("unserved", "unserved", ["paper", "checked_in", "unserved"]),
        ("no_show", "no_show", ["paper", "no_show"]),
        ("documents_missing", "done", ["paper", "checked_in", "called", "started", "ended"]),
    ],
)
def test_every_end_that_a_sheet_can_tell(house, result, state, kinds):
    ticket = house.book("KTP", 9)
    enter(house, came(ticket, result))
    ticket.refresh_from_db()
    assert ticket.state == state
    entered = ticket.events.exclude(kind="issued").order_by("pk")
    assert list(entered.values_list("kind", flat=True)) == kinds
    keep_their_promises()


def test_a_walk_in_of_paper_gets_a_number_above_all_blocks(house):
    enter(house, walked("c  k01"), walked("C K02", result="absent"))
    first, second = Ticket.objects.order_by("pk")
    day = QueueDay.objects.get(queue=house.queues["C"], date=TODAY)
    assert [first.number, second.number] == [day.overflow_first, day.overflow_first + 1]
    assert (first.visit.channel, first.visit.name, first.walk_in) == ("paper", "C K01", True)
    assert (first.window, first.seat, first.checked_in_at) == (None, "", at(9))
    assert (first.state, second.state) == ("done", "absent")
    assert first.standard.service_type.code == "KTP"
    keep_their_promises()


def test_sent_again_nothing_is_entered_twice(house):
    ticket = house.book("KTP", 9)
    rows = [came(ticket), walked()]
    enter(house, *rows)
    again = enter(house, *rows, walked("C K02"))
    assert (again.booked, again.walk_ins, again.known) == (0, 1, 2)
    assert Visit.objects.filter(channel="paper").count() == 2
    assert TicketEvent.objects.filter(kind="paper", ticket=ticket).count() == 1


def test_a_day_without_a_queue_day_is_made_closed(house):
    sunday = TODAY - dt.timedelta(days=3)
    enter(house, walked(), date=sunday, now=at(9))
    day = QueueDay.objects.get(queue=house.queues["C"], date=sunday)
    assert day.closed_at == at(9)
    assert Ticket.objects.get(date=sunday).state == "done"


def test_one_bad_row_and_nothing_is_entered(house):
    ticket = house.book("KTP", 9)
    found = problems(house, came(ticket), walked("C K01"), walked("C K02", ended="9.10"))
    assert found == {"C K02": sentence("paper_order")}
    ticket.refresh_from_db()
    assert ticket.state == "booked"
    assert not Visit.objects.filter(channel="paper").exists()
    assert not DailyStatistic.objects.exists()


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (walked(""), "paper_number_missing"),
        (walked(result=""), "paper_result_missing"),
        (walked(result="no_show"), "bad_outcome"),
        (walked(arrived=""), "paper_time_missing"),
        (walked(called=""), "paper_time_missing"),
        (walked(ended=""), "paper_time_missing"),
        (walked(called="25.00"), "paper_clock"),
        (walked(called="pagi"), "paper_clock"),
        (walked(called="8.59"), "paper_order"),
        (walked(service="TIDAK-ADA"), "unknown_service"),
        (walked(service="PASPOR"), "no_queue"),
    ],
)
def test_what_is_wrong_with_a_row_is_said_at_the_row(house, row, code):
    assert problems(house, row) == {row.key: sentence(code)}


def test_two_rows_of_one_paper_number_are_both_named(house):
    first, second = walked("C K01"), rules.PaperRow(**(walked("c k01").__dict__ | {"key": "b2"}))
    assert problems(house, first, second) == dict.fromkeys(
        ["C K01", "b2"], sentence("paper_number_twice")
    )


def test_a_time_that_has_not_come_is_refused(house):
    found = problems(house, walked(ended="9.35"), now=at(9, 30))
    assert found == {"C K01": sentence("paper_future")}


def test_a_number_that_the_system_handled_itself_stays(house):
    ticket = house.book("KTP", 9)
    rules.cancel(ticket_id=ticket.pk, at=at(8))
    found = problems(house, came(ticket))
    assert found == {f"t{ticket.pk}": sentence("wrong_state", state="dibatalkan")}


def test_a_number_of_another_day_or_mall_is_not_there(house):
    ticket = house.book("KTP", 9, days=1)
    assert problems(house, came(ticket)) == {f"t{ticket.pk}": sentence("unknown_ticket")}


@pytest.mark.parametrize("days", [-1, 15])
def test_only_today_and_two_weeks_back(house, days):
    with refused("paper_day"):
        enter(house, walked(), date=TODAY - dt.timedelta(days=days), now=at(9))


def test_absent_of_a_person_with_another_number_is_named_at_the_row(house):
    nik = {"nik": "3576014403910003"}
    ticket = house.book("KTP", 9, **nik)
    rules.mark_no_shows(at=at(10, 45))
    house.book("KTP", 11, now=at(10, 50), **nik)
    found = problems(house, came(ticket, "absent"), now=at(11))
    assert found == {f"t{ticket.pk}": sentence("already_booked")}


def test_blank_rows_of_the_form_are_passed_over(house):
    done = enter(house, rules.PaperRow(key="b0", service="KTP"), rules.PaperRow(key="t1"))
    assert (done.booked, done.walk_ins, done.known) == (0, 0, 0)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("9.15", dt.time(9, 15)),
        ("09:15", dt.time(9, 15)),
        ("0915", dt.time(9, 15)),
        ("915", dt.time(9, 15)),
        (" 14.05 ", dt.time(14, 5)),
        ("24.00", None),
        ("9", None),
        ("9.5", None),
        ("", None),
    ],
)
def test_times_as_people_write_them(text, time):
    assert read_clock(text) == time
