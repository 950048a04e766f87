"""When a case's clock starts, stops and ends, in working days of the mall.

First answered within 5; completed within 5 (information), 14
(ordinary) or 60 (supervision), closed 10 after an answer to which nobody replied: the practice of
SP4N-LAPOR!. A mall may promise other terms (`ServiceLevel`).
"""

import datetime as dt
from collections.abc import Collection
from typing import NamedTuple

from services.calendar import add_working_days, working_days_after
from services.models import Mall

FIRST_ANSWER_DAYS, CLOSE_DAYS = 5, 10
CHECK_DAYS = 3  # within which the desk checks a case and passes it on
# Working days after a missed date at which the next is told: who has it, their head, the manager.
ALARM_DAYS = (0, 2, 5)
DESK_OPENS, DESK_CLOSES = dt.time(8), dt.time(15)
# Days ahead whose holidays can matter: the longest leave and weekends around it, with room.
_HORIZON = dt.timedelta(days=60)
MOST_DAYS = 250  # about a year of working days


class FirstAnswer(NamedTuple):
    """The day from which working days count, and the last day for the first answer."""

    counted_from: dt.date
    due_on: dt.date


def counted_from(received: dt.datetime, *, holidays: Collection[dt.date]) -> dt.date:
    """Return the day from which the clock counts, for a moment in the mall's own time.

    That day itself between 08.00 and 15.00 of a working day, else the next working day.
    """
    date = received.date()
    working = date.weekday() < 5 and date not in holidays
    if working and DESK_OPENS <= received.time() < DESK_CLOSES:
        return date
    return add_working_days(date, 1, holidays=holidays)


def first_answer(*, mall: Mall, at: dt.datetime) -> FirstAnswer:
    """Return what is promised to a case received at `at`; one query, for the holidays."""
    received = at.astimezone(mall.zone)
    first = received.date()
    holidays = holidays_of(mall, first, 0)
    start = counted_from(received, holidays=holidays)
    return FirstAnswer(start, add_working_days(start, FIRST_ANSWER_DAYS, holidays=holidays))


def holidays_of(mall: Mall, first: dt.date, days: int) -> set[dt.date]:
    """The holidays that can matter to so many working days after `first`; one query."""
    last = first + _HORIZON + dt.timedelta(days=2 * days)
    return set(mall.holidays.filter(date__range=(first, last)).values_list("date", flat=True))


def due_on(*, mall: Mall, counted_from: dt.date, days: int, waited: int = 0) -> dt.date:
    """The last of `days` working days, those added in which the reporter was waited for."""
    holidays = holidays_of(mall, counted_from, days + waited)
    return add_working_days(counted_from, days + waited, holidays=holidays)


def waited_days(*, mall: Mall, since: dt.date, until: dt.date) -> int:
    """For how many working days the clock stood: those after the question, with the answer's."""
    holidays = holidays_of(mall, since, (until - since).days)
    return working_days_after(since, until, holidays=holidays)


def end_of(date: dt.date, mall: Mall) -> dt.datetime:
    """Return the last second of `date` in the mall's zone."""
    return dt.datetime.combine(date, dt.time(23, 59, 59), mall.zone)
