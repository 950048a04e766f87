"""What people were told is kept at its moments, settled by the call, published and forgotten."""

import datetime as dt

import pytest
from django.core.cache import caches
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mpp_portal.celery import app
from queueing import rules, shown_estimates, tasks
from queueing.models import EstimateShown
from queueing.shown_estimates import Record, keep, records, settle, together
from queueing.views.shown import shown
from services.models import Mall
from tests.house import TODAY, at, at_once


@pytest.fixture(autouse=True)
def _paces_are_not_kept():
    caches["near"].clear()


@pytest.fixture
def in_this_process():
    """Tasks that a task sends run at once, here."""
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


def sit(house, number=1, officer="officer", now=None):
    rules.open_counter(
        counter_id=house.counters[number].pk, officer=house.people[officer], at=now or at(8)
    )


def call(house, now, number=1, officer="officer"):
    return rules.call_next(
        counter_id=house.counters[number].pk, officer=house.people[officer], at=now
    )


def kept(house, now):
    caches["near"].clear()
    return keep(mall=house.mall, at=now)


def moments(ticket):
    return list(
        EstimateShown.objects.filter(ticket=ticket).order_by("at").values_list("moment", flat=True)
    )


def told(house, **outcome):
    """A row as the task writes it; its ticket is one of a day without people."""
    row = {"moment": "waiting", "at": at(9), "ahead": 2, "date": TODAY}
    row |= {"p10_s": 300, "p50_s": 600, "p90_s": 900}
    return EstimateShown(queue=house.queues["C"], **{**row, **outcome})


# -- the moments -------------------------------------------------------------------------------


def test_it_is_kept_at_check_in_and_every_quarter_of_an_hour_after(house):
    sit(house)
    ticket = house.waiting("KTP", 9, arrived=at(8, 45))
    assert kept(house, at(8, 46)) == 1
    for minute in (50, 55, 60):
        assert kept(house, at(8) + dt.timedelta(minutes=minute)) == 0
    assert kept(house, at(9, 1)) == 1
    assert kept(house, at(9, 16)) == 1
    assert moments(ticket) == ["checked_in", "waiting", "waiting"]


def test_it_is_kept_when_a_number_for_this_hour_is_taken_and_again_at_check_in(house):
    sit(house)
    ticket = house.book("KTP", 9, now=at(8, 50))
    kept(house, at(8, 51))
    kept(house, at(8, 52))
    assert moments(ticket) == ["booked"]
    rules.check_in(visit_id=ticket.visit_id, at=at(9, 5))
    kept(house, at(9, 6))
    assert moments(ticket) == ["booked", "checked_in"]


@pytest.mark.parametrize(("hour", "days", "taken"), [(13, 0, at(8, 50)), (9, 1, at(8, 50))])
def test_nothing_is_kept_of_a_number_for_later(house, hour, days, taken):
    house.book("KTP", hour, now=taken, days=days)
    assert kept(house, at(8, 51)) == 0


def test_it_is_what_the_page_says_of_those_ahead(house):
    sit(house)
    tickets = [house.waiting("KTP", 9, name=f"Warga {n}", arrived=at(8, 40 + n)) for n in range(3)]
    kept(house, at(8, 50))
    rows = {row.ticket_id: row for row in EstimateShown.objects.all()}
    assert [rows[ticket.pk].ahead for ticket in tickets] == [0, 1, 2]
    middles = [rows[ticket.pk].p50_s for ticket in tickets]
    assert middles == sorted(middles)
    assert middles[0] < middles[2]


def test_the_kept_range_is_the_one_the_page_says(house):
    sit(house)
    for n in range(3):
        ticket = house.waiting("KTP", 9, name=f"Warga {n}", arrived=at(8, 40 + n))
    now = at(8, 47)
    kept(house, now)
    row = EstimateShown.objects.get(ticket=ticket)
    page = next(one for one in shown(ticket.visit, now) if one.ticket.pk == ticket.pk).between
    said = [now + dt.timedelta(seconds=span) for span in (row.p10_s, row.p90_s)]
    assert said == [page.starts_at, page.ends_at]
    assert row.p10_s < row.p50_s < row.p90_s


def test_without_an_open_counter_it_is_kept_that_nothing_could_be_said(house):
    ticket = house.waiting("KTP", 9, arrived=at(8, 45))
    kept(house, at(8, 46))
    row = EstimateShown.objects.get(ticket=ticket)
    assert (row.p10_s, row.p50_s, row.p90_s) == (None, None, None)


def test_a_paused_queue_says_nothing_or_goes_on_from_its_return(house):
    sit(house)
    house.waiting("KTP", 9, arrived=at(8, 45))
    queue = house.queues["C"].pk
    rules.pause(queue_id=queue, reason="jaringan putus", at=at(8, 46))
    kept(house, at(8, 46))
    rules.pause(queue_id=queue, reason="jaringan putus", expected_back_at=at(10), at=at(9))
    kept(house, at(9, 2))
    first, later = EstimateShown.objects.order_by("at")
    assert first.p50_s is None
    assert later.p10_s >= 58 * 60


def test_a_late_task_keeps_what_is_told_now_and_does_not_make_up_what_it_missed(house):
    sit(house)
    ticket = house.waiting("KTP", 9, arrived=at(8, 45))
    assert kept(house, at(10)) == 1
    assert moments(ticket) == ["waiting"]


@pytest.mark.django_db(transaction=True)
def test_two_tasks_at_once_keep_each_telling_once(house):
    sit(house)
    house.waiting("KTP", 9, arrived=at(8, 45))
    at_once(4, lambda _n: keep(mall=house.mall, at=at(8, 46)))
    assert EstimateShown.objects.count() == 1


def test_as_many_statements_for_twelve_as_for_one(house):
    sit(house)
    house.waiting("KTP", 9, arrived=at(8, 45))

    def statements(now):
        caches["near"].clear()
        with CaptureQueriesContext(connection) as queries:
            keep(mall=house.mall, at=now)
            settle(at=now)
        return len(queries)

    few = statements(at(8, 46))
    for n in range(4):
        for service, hour in (("KTP", 10), ("AKTA", 9), ("PBB", 9)):
            house.waiting(service, hour, name=f"{service} {n}", arrived=at(9, 40))
    assert statements(at(9, 45)) == few <= 7
    assert EstimateShown.objects.count() == 14


# -- what came of it ---------------------------------------------------------------------------


def test_the_true_wait_is_written_once_the_call_can_no_longer_be_undone(house):
    sit(house)
    house.waiting("KTP", 9, arrived=at(8, 45))
    kept(house, at(8, 46))
    kept(house, at(9, 1))
    call(house, at(9, 10))
    assert settle(at=at(9, 10, 30)) == 0
    assert settle(at=at(9, 11, 1)) == 2
    assert settle(at=at(9, 12)) == 0
    waits = EstimateShown.objects.order_by("at").values_list("actual_s", flat=True)
    assert list(waits) == [24 * 60, 9 * 60]


def test_who_was_told_before_they_came_waits_from_check_in(house):
    sit(house)
    ticket = house.book("KTP", 9, now=at(8, 50))
    kept(house, at(8, 51))
    rules.check_in(visit_id=ticket.visit_id, at=at(9, 5))
    call(house, at(9, 15))
    settle(at=at(9, 20))
    assert EstimateShown.objects.get(moment="booked").actual_s == 10 * 60


def test_what_could_not_be_said_and_who_was_never_called_stay_open(house):
    house.waiting("KTP", 9, arrived=at(8, 45))
    kept(house, at(8, 46))
    sit(house, now=at(8, 50))
    house.waiting("KTP", 9, name="Budi", arrived=at(8, 51))
    kept(house, at(8, 52))
    call(house, at(9))
    settle(at=at(9, 5))
    assert not EstimateShown.objects.filter(actual_s__isnull=False).exists()


def test_it_is_the_first_call_that_counts_unless_it_was_taken_back(house):
    sit(house)
    desk = {"counter_id": house.counters[1].pk, "officer": house.people["officer"]}
    ticket = house.waiting("KTP", 9, arrived=at(8, 45))
    kept(house, at(8, 46))
    call(house, at(8, 50))
    rules.undo(**desk, at=at(8, 50, 20))
    call(house, at(8, 56))
    rules.absent(**desk, at=at(8, 58))
    rules.bring_back(ticket_id=ticket.pk, at=at(9, 5))
    call(house, at(9, 20))
    settle(at=at(9, 30))
    assert EstimateShown.objects.get().actual_s == 10 * 60


def test_one_malls_failure_keeps_neither_the_others_nor_the_outcomes_back(
    house, in_this_process, monkeypatch, time_machine
):
    sit(house)
    house.waiting("KTP", 9, arrived=at(8, 45))
    kept(house, at(8, 46))
    call(house, at(8, 50))
    house.waiting("KTP", 9, name="Budi", arrived=at(8, 51))
    other = Mall.objects.create(slug="lain", name="Lain", regency="Kota", province="Jawa Timur")

    def fails_for_the_other(*, mall, at):
        if mall == other:
            raise RuntimeError
        return keep(mall=mall, at=at)

    monkeypatch.setattr(shown_estimates, "keep", fails_for_the_other)
    time_machine.move_to(at(8, 52), tick=False)
    caches["near"].clear()
    tasks.keep_estimates()
    first, second = EstimateShown.objects.order_by("at")
    assert (first.actual_s, second.actual_s) == (4 * 60, None)


def test_the_task_keeps_and_settles_every_mall(house, in_this_process, time_machine):
    sit(house)
    house.waiting("KTP", 9, arrived=at(8, 45))
    time_machine.move_to(at(8, 46), tick=False)
    tasks.keep_estimates()
    call(house, at(8, 50))
    time_machine.move_to(at(8, 52), tick=False)
    caches["near"].clear()
    tasks.keep_estimates()
    assert EstimateShown.objects.get().actual_s == 4 * 60


# -- published and forgotten -------------------------------------------------------------------


@pytest.fixture
def outcomes(house):
    """Ten settled in queue C: eight within, two waited far longer; and two "?"."""
    ticket = house.book("KTP", 9)
    rows = [told(house, ticket=ticket, actual_s=700 if n < 8 else 1800) for n in range(10)]
    unknown = {"p10_s": None, "p50_s": None, "p90_s": None}
    rows += [told(house, ticket=ticket, **unknown) for _n in range(2)]
    EstimateShown.objects.bulk_create(rows)
    return ticket


def of_civil(house):
    return records(agency=house.civil, since=TODAY - dt.timedelta(days=28), until=TODAY)


def test_the_record_says_how_often_it_held_and_which_way_it_leans(house, outcomes):
    [record] = of_civil(house)
    assert (record.prefix, record.told, record.unknown, record.settled) == ("C", 12, 2, 10)
    assert record.held == pytest.approx(0.8)
    assert (record.error_s, record.bias_s) == (320, -320)
    assert record.leans == "early"
    assert record.unknown_share == pytest.approx(2 / 12)
    assert together([record]).held == pytest.approx(0.8)


def test_fewer_than_ten_outcomes_are_not_judged(house, outcomes):
    EstimateShown.objects.filter(actual_s=1800).first().delete()
    [record] = of_civil(house)
    assert (record.settled, record.held, record.error_s, record.bias_s) == (9, None, None, None)
    assert together([record]) == Record(told=11, unknown=2)


def test_another_agency_has_its_own_record(house, outcomes):
    since = TODAY - dt.timedelta(days=28)
    assert records(agency=house.tax, since=since, until=TODAY) == []


def test_the_agency_reads_it_on_its_dashboard(client, house, outcomes, time_machine):
    time_machine.move_to(at(11), tick=False)
    client.force_login(house.people["head"])
    with CaptureQueriesContext(connection) as queries:
        page = " ".join(client.get("/dasbor/").content.decode().split())
    assert "Perkiraan bisa dipercaya: 80 % orang dipanggil di dalam rentang" in page
    assert "terlalu cepat 5 menit" in page
    assert len(queries) <= 12


def test_without_outcomes_the_dashboard_says_when_they_will_be_there(client, house, time_machine):
    time_machine.move_to(at(11), tick=False)
    client.force_login(house.people["head"])
    assert "Belum cukup perkiraan untuk dinilai" in client.get("/dasbor/").content.decode()


def test_after_ninety_days_it_is_forgotten(house, outcomes):
    assert shown_estimates.forget(at(9, days=90)) == 0
    assert shown_estimates.forget(at(9, days=91)) == 12
