"""A ticket's place in the line. Pure.

`sort_at` is the start of its window for those on time and the check-in for the late, minus the
boost for priority. A millisecond per number keeps ties in the order of the numbers and leaves room
between two neighbours for somebody who rejoins. So an ordinary ticket is overtaken only by people
whose own time is at most the boost later than its own: nobody starves.
"""

import datetime as dt
from collections.abc import Sequence

NO_BOOST = dt.timedelta()
_STEP = dt.timedelta(milliseconds=1)
_LEAST = dt.timedelta(microseconds=1)  # what the database tells apart


def place(
    *,
    number: int,
    starts_at: dt.datetime | None,
    ends_at: dt.datetime | None,
    arrived_at: dt.datetime,
    boost: dt.timedelta = NO_BOOST,
) -> dt.datetime:
    """The `sort_at` of a person who is present; without a window it counts from arrival."""
    on_time = starts_at is not None and ends_at is not None and arrived_at <= ends_at
    base = starts_at if on_time and starts_at else arrived_at
    return base - boost + number * _STEP


def behind_the_next_two(waiting: Sequence[dt.datetime], at: dt.datetime) -> dt.datetime:
    """The `sort_at` right behind the second who waits (`waiting`: the first three places)."""
    if not waiting:
        return at
    before = waiting[:2][-1]
    gap = _STEP / 2
    if len(waiting) > 2:
        gap = max(_LEAST, min(gap, (waiting[2] - before) / 2))
    return before + gap
