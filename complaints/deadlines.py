"""When a case's clock starts and by when it is first answered, in working days of the mall."""

import datetime as dt
from collections.abc import Collection
from typing import NamedTuple

from services.calendar import add_working_days
from services.models import Mall

FIRST_ANSWER_DAYS = 5
DESK_OPENS, DESK_CLOSES = dt.time(8), dt.time(15)
# Days ahead whose holidays can matter: the longest leave and weekends around it, with room.
_HORIZON = dt.timedelta(days=60)


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
    holidays = set(
        mall.holidays.filter(date__range=(first, first + _HORIZON)).values_list("date", flat=True)
    )
    start = counted_from(received, holidays=holidays)
    return FirstAnswer(start, add_working_days(start, FIRST_ANSWER_DAYS, holidays=holidays))


def end_of(date: dt.date, mall: Mall) -> dt.datetime:
    """Return the last second of `date` in the mall's zone."""
    return dt.datetime.combine(date, dt.time(23, 59, 59), mall.zone)
