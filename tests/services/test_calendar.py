"""A day's sessions and working days: vectors of the law, and properties that always hold."""

import datetime as dt
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.calendar import (
    HoursRow,
    add_working_days,
    day,
    is_open,
    row_of,
    to_utc,
    working_days_after,
)

MONDAY, FRIDAY, SATURDAY = dt.date(2026, 11, 23), dt.date(2026, 11, 27), dt.date(2026, 11, 28)
RAMADAN = {"valid_from": dt.date(2026, 2, 18), "valid_to": dt.date(2026, 3, 19)}
WEEK = [
    *(HoursRow(n, 450, 960, break_starts=720, break_ends=780, last_ticket=900) for n in range(4)),
    HoursRow(4, 450, 960, break_starts=690, break_ends=780, last_ticket=885),
    HoursRow(0, 480, 900, break_starts=720, break_ends=750, **RAMADAN),
]
NATIONAL = {dt.date(2026, 3, 19), dt.date(2026, 3, 21), dt.date(2026, 3, 22)}
COLLECTIVE_LEAVE = {dt.date(2026, 3, n) for n in (18, 20, 23, 24)}


def usual(date, rows=WEEK, **flags):
    return day(date, rows, **({"holiday": False, "closed": False} | flags))


def test_the_break_divides_an_ordinary_day():
    assert usual(MONDAY).sessions == ((450, 720), (780, 960))
    assert usual(MONDAY).last_ticket == 900


def test_friday_has_its_longer_break():
    assert usual(FRIDAY).sessions == ((450, 690), (780, 960))
    assert usual(FRIDAY).last_ticket == 885


def test_a_weekday_without_a_row_is_closed():
    assert usual(SATURDAY) == day(SATURDAY, [], holiday=False, closed=False)
    assert usual(SATURDAY).reason == "closed"


def test_ramadan_hours_replace_the_usual_ones_between_their_dates():
    assert usual(dt.date(2026, 2, 23)).sessions == ((480, 720), (750, 900))
    assert usual(dt.date(2026, 2, 16)).sessions == ((450, 720), (780, 960))


def test_ramadan_leaves_weekdays_it_does_not_name_as_they_are():
    assert usual(dt.date(2026, 2, 24)).sessions == ((450, 720), (780, 960))


def test_an_extra_session_adds_to_the_day_and_gives_the_last_ticket():
    evening = HoursRow(
        None, 1080, 1260, last_ticket=1230, valid_from=MONDAY, valid_to=MONDAY, extra=True
    )
    found = usual(MONDAY, [*WEEK, evening])
    assert found.sessions == ((450, 720), (780, 960), (1080, 1260))
    assert found.last_ticket == 1230
    assert usual(FRIDAY, [*WEEK, evening]) == usual(FRIDAY)


def test_an_extra_session_holds_on_a_holiday_and_not_on_a_closed_day():
    extra = HoursRow(None, 540, 720, valid_from=MONDAY, valid_to=MONDAY, extra=True)
    assert usual(MONDAY, [*WEEK, extra], holiday=True).sessions == ((540, 720),)
    assert usual(MONDAY, [*WEEK, extra], holiday=True, closed=True).reason == "closed"


def test_an_extra_session_over_the_break_joins_the_sessions():
    extra = HoursRow(None, 700, 800, valid_from=MONDAY, valid_to=MONDAY, extra=True)
    assert usual(MONDAY, [*WEEK, extra]).sessions == ((450, 960),)


def test_a_holiday_has_its_reason_and_no_sessions():
    assert usual(MONDAY, holiday=True).reason == "holiday"
    assert usual(MONDAY, holiday=True).sessions == ()


def test_the_closing_minute_is_outside():
    open_day = usual(MONDAY)
    assert [is_open(open_day, minute) for minute in (449, 450, 719, 720, 779, 780, 960)] == [
        False,
        True,
        True,
        False,
        False,
        True,
        False,
    ]


def test_a_row_that_closes_at_midnight_ends_with_the_day():
    columns = dict.fromkeys(["break_starts_at", "break_ends_at", "last_ticket_at"])
    columns |= dict.fromkeys(["valid_from", "valid_to"])
    hours = SimpleNamespace(
        weekday=5, opens_at=dt.time(18, 30), closes_at=dt.time.min, extra=False, **columns
    )
    assert usual(SATURDAY, [row_of(hours)]).sessions == ((1110, 1440),)


@pytest.mark.parametrize(
    ("holidays", "expected"),
    [
        (NATIONAL | COLLECTIVE_LEAVE, dt.date(2026, 3, 27)),
        (NATIONAL, dt.date(2026, 3, 23)),
    ],
)
def test_three_working_days_after_17_march_2026(holidays, expected):
    assert add_working_days(dt.date(2026, 3, 17), 3, holidays=holidays) == expected


def test_no_working_days_later_is_the_day_itself():
    assert add_working_days(SATURDAY, 0, holidays=()) == SATURDAY


def test_a_week_without_working_days_is_refused_rather_than_endless():
    with pytest.raises(ValueError, match="working day"):
        add_working_days(MONDAY, 1, holidays=(), working_weekdays=frozenset())


@pytest.mark.parametrize(
    ("zone", "expected"),
    [("Asia/Jakarta", 1), ("Asia/Makassar", 0), ("Asia/Jayapura", 23)],
)
def test_eight_in_the_morning_is_another_moment_in_each_zone(zone, expected):
    moment = to_utc(MONDAY, 480, ZoneInfo(zone))
    assert (moment.hour, moment.tzinfo) == (expected, dt.UTC)


def test_midnight_at_the_end_of_a_day_is_the_start_of_the_next():
    zone = ZoneInfo("Asia/Jakarta")
    assert to_utc(MONDAY, 1440, zone) == to_utc(MONDAY + dt.timedelta(days=1), 0, zone)


dates = st.dates(dt.date(2026, 1, 1), dt.date(2026, 12, 31))
minutes = st.integers(0, 1440)
maybe = st.none()
rows = st.builds(
    HoursRow,
    weekday=maybe | st.integers(0, 6),
    opens=minutes,
    closes=minutes,
    break_starts=maybe | minutes,
    break_ends=maybe | minutes,
    last_ticket=maybe | minutes,
    valid_from=maybe | dates,
    valid_to=maybe | dates,
    extra=st.booleans(),
)


@given(dates, st.lists(rows, max_size=6), st.booleans(), st.booleans())
def test_sessions_are_ascending_apart_and_inside_the_day(date, some_rows, holiday, closed):
    found = day(date, some_rows, holiday=holiday, closed=closed)
    edges = [minute for session in found.sessions for minute in session]
    assert edges == sorted(set(edges))
    assert all(0 <= minute <= 1440 for minute in edges)
    assert (found.reason == "") == bool(found.sessions)
    if found.last_ticket is not None:
        assert found.last_ticket <= found.sessions[-1][1]
    if closed:
        assert found.sessions == ()


@given(dates, st.lists(rows, max_size=6), st.randoms())
def test_the_order_of_the_rows_does_not_matter(date, some_rows, random):
    shuffled = random.sample(some_rows, len(some_rows))
    assert usual(date, some_rows) == usual(date, shuffled)


@given(dates, st.integers(0, 60), st.sets(dates, max_size=20))
def test_working_days_add_up_and_end_on_a_working_day(start, days, holidays):
    end = add_working_days(start, days, holidays=holidays)
    passed = [start + dt.timedelta(days=n + 1) for n in range((end - start).days)]
    assert sum(d.weekday() < 5 and d not in holidays for d in passed) == days
    assert days == 0 or (end.weekday() < 5 and end not in holidays)


@given(start=dates, days=st.integers(0, 80), holidays=st.sets(dates, max_size=20))
def test_working_days_are_counted_as_they_are_added(start, days, holidays):
    end = add_working_days(start, days, holidays=holidays)
    assert working_days_after(start, end, holidays=holidays) == days
    assert working_days_after(end, start, holidays=holidays) == 0
