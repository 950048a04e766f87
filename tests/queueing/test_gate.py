"""One gate: what it lists can be taken, and what it keeps shut is refused with the same code."""

import datetime as dt

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from queueing import rules
from queueing.availability import availability
from queueing.models import QueueClosure, QueueDay, QueueService, Window
from queueing.refusals import Refusal
from services.models import Agency, Closure, Holiday, ServiceType
from tests.house import TODAY, at
from tests.queueing.promises import refused, seats


def ask(house, service="KTP", *, date=TODAY, channel="web", now=None):
    service = ServiceType.objects.select_related("agency__mall").get(code=service)
    return availability(service=service, date=date, channel=channel, at=now or at(7, 30))


def test_an_open_day_lists_its_windows_with_the_seats_left(house):
    house.book("KTP", 9)
    answer = ask(house)
    assert (answer.open, answer.code, answer.date) == (True, "", TODAY)
    assert answer.next_date == TODAY + dt.timedelta(days=1)
    assert [w.starts_at for w in answer.windows] == [at(h) for h in range(8, 15)]
    window = house.window("C", 9)
    assert answer.windows[1].seats_left == window.online_seats - 1


def test_without_a_date_the_first_day_with_a_seat_is_shown(house):
    Window.objects.filter(date=TODAY).update(seats=0, online_seats=0)
    assert ask(house, date=None).date == TODAY + dt.timedelta(days=1)


def test_windows_that_are_over_are_not_listed(house):
    assert [w.starts_at for w in ask(house, now=at(13, 10)).windows] == [at(13), at(14)]


@pytest.mark.parametrize(
    ("service", "channel", "code"),
    [
        ("PASPOR", "web", "external"),
        ("SIDANG", "web", "walk_in_only"),
        ("SIDANG", "helper", "walk_in_only"),
    ],
)
def test_a_mode_that_a_channel_has_not(house, service, channel, code):
    answer = ask(house, service, channel=channel)
    assert (answer.open, answer.code) == (False, code)
    with refused(code):
        rules.book(
            mall=house.mall,
            wishes=[rules.Wish(service, house.window("T", 9).pk)],
            name="Siti",
            channel=channel,
            at=at(7, 30),
        )


def test_why_a_day_has_no_windows(house):
    date = TODAY + dt.timedelta(days=1)
    assert ask(house, date=TODAY + dt.timedelta(days=3)).code == "closed"  # a Saturday
    assert ask(house, date=TODAY - dt.timedelta(days=1)).code == "past"
    assert ask(house, date=TODAY, now=at(15, 30)).code == "past"
    assert ask(house, date=TODAY + dt.timedelta(days=40)).code == "not_yet_released"
    holiday = Holiday.objects.create(mall=house.mall, date=date, name="Libur")
    rules.rearrange(queues=[house.queues["C"]], at=at(7))
    answer = ask(house, date=date)
    assert (answer.code, answer.next_date) == ("holiday", date + dt.timedelta(days=1))
    with refused("holiday"):
        rules.walk_in(mall=house.mall, services=["KTP"], at=at(9, days=1))
    holiday.delete()
    QueueClosure.objects.create(
        queue=house.queues["C"], first_date=date, last_date=date, reason="Pindah"
    )
    assert ask(house, date=date).code == "closed"


def test_why_a_listed_day_is_shut(house):
    Window.objects.filter(date=TODAY).update(seats=0, online_seats=0)
    assert ask(house).code == "day_full"
    QueueDay.objects.filter(date=TODAY).update(last_ticket_at=at(7))
    assert ask(house).code == "last_ticket_passed"
    rules.pause(
        queue_id=house.queues["C"].pk, reason="Listrik padam", at=at(7), expected_back_at=at(10)
    )
    answer = ask(house)
    assert (answer.code, answer.expected_back_at) == ("paused", at(10))
    assert "Listrik padam" in answer.message


def test_a_service_without_a_queue_or_a_house(house):
    QueueService.objects.filter(service_type__code="KK").delete()
    assert ask(house, "KK").code == "no_queue"
    with refused("no_queue"):
        rules.walk_in(mall=house.mall, services=["KK"], at=at(9))
    house.queues["C"].active = False
    house.queues["C"].save(update_fields=["active"])
    assert ask(house).code == "no_queue"
    with refused("no_queue"):
        house.book("KTP", 9)
    Agency.objects.filter(pk=house.tax.pk).update(active=False)
    assert ask(house, "PBB").code == "unknown_service"
    with refused("unknown_service"):
        house.book("PBB", 9)


def test_the_furthest_day_opens_at_its_hour(house):
    queue = house.queues["C"]
    queue.book_ahead_days, queue.release_at = 2, dt.time(9)
    queue.save(update_fields=["book_ahead_days", "release_at"])
    date = TODAY + dt.timedelta(days=2)
    assert ask(house, date=date, now=at(8, 59)).code == "not_yet_released"
    with refused("not_yet_released"):
        house.book("KTP", 9, days=2, now=at(8, 59))
    assert ask(house, date=date, now=at(9)).open
    house.book("KTP", 9, days=2, now=at(9))


def test_the_kiosk_gives_numbers_of_today_only(house):
    answer = ask(house, date=TODAY + dt.timedelta(days=1), channel="kiosk")
    assert answer.code == "not_yet_released"
    Window.objects.filter(date=TODAY).update(seats=0, online_seats=0)
    answer = ask(house, date=None, channel="kiosk")
    assert (answer.open, answer.date, answer.code) == (False, TODAY, "day_full")


def test_the_gate_costs_the_same_for_a_week_and_for_a_day(house, django_assert_num_queries):
    service = ServiceType.objects.select_related("agency__mall").get(code="KTP")
    for date in (TODAY, None):
        with django_assert_num_queries(3):
            availability(service=service, date=date, channel="web", at=at(7, 30))


WINDOWS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=7, max_size=7)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    windows=WINDOWS,
    hour=st.integers(6, 15),
    days=st.integers(0, 2),
    last_ticket=st.sampled_from([None, 9, 14]),
    paused=st.booleans(),
    limit=st.sampled_from([None, 0, 5]),
    channel=st.sampled_from(["web", "api", "front_desk", "kiosk"]),
)
def test_listed_is_bookable_and_shut_is_refused_with_the_same_code(
    house, windows, hour, days, last_ticket, paused, limit, channel
):
    with transaction.atomic():
        for n, (left, online) in enumerate(windows):
            seats(house.window("C", 8 + n, days=days), left, online=min(left, online))
        day = QueueDay.objects.filter(queue=house.queues["C"], date=TODAY + dt.timedelta(days=days))
        day.update(
            last_ticket_at=last_ticket and at(last_ticket, days=days),
            paused_reason="Sistem padam" if paused else "",
        )
        ServiceType.objects.filter(code="KTP").update(seats=limit)
        now = at(hour, 30)
        date = TODAY + dt.timedelta(days=days)
        answer = ask(house, date=date, channel=channel, now=now)
        assert answer.open == any(not w.code for w in answer.windows)
        for window in answer.windows:
            assert bool(window.seats_left) or window.code
            assert try_to_book(house, window.id, channel, now) == window.code
        if not days:
            assert try_to_walk_in(house, now) == ask(house, channel="kiosk", now=now).code
        transaction.set_rollback(True)


def try_to_book(house, window_id, channel, now):
    try:
        with transaction.atomic():
            rules.book(
                mall=house.mall,
                wishes=[rules.Wish("KTP", window_id)],
                name="Siti",
                channel=channel,
                at=now,
            )
            transaction.set_rollback(True)
    except Refusal as no:
        return no.code
    return ""


def try_to_walk_in(house, now):
    try:
        with transaction.atomic():
            rules.walk_in(mall=house.mall, services=["KTP"], at=now)
            transaction.set_rollback(True)
    except Refusal as no:
        return no.code
    return ""


def test_a_closure_of_the_mall_shuts_every_queue(house):
    date = TODAY + dt.timedelta(days=1)
    Closure.objects.create(mall=house.mall, first_date=date, last_date=date, reason="Banjir")
    rules.rearrange(queues=list(house.queues.values()), at=at(7))
    for service in ("KTP", "AKTA", "PBB"):
        assert ask(house, service, date=date).code == "closed"
