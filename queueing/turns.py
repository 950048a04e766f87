"""What somebody who waits is told of the line: by their page, and by the stream it follows. Pure.

Both come from here, so that a page redrawn by the stream says what the server would have said.
"""

import datetime as dt

from queueing.estimates import Between, Pace

NEAR = 5  # people ahead up to which something may happen at any moment
ARRIVE_BEFORE = dt.timedelta(minutes=10)


def between(
    pace: Pace | None,
    *,
    ahead: int,
    at: dt.datetime,
    paused: str = "",
    back_at: dt.datetime | None = None,
) -> Between | None:
    """When it is probably called; from the expected return on where the queue is paused."""
    if pace is None or (paused and not back_at):
        return None
    wait = pace.for_ahead(ahead)
    start = max(at, back_at) if paused and back_at else at
    return wait.between(start) if wait else None


def arrive_at(starts_at: dt.datetime | None, at: dt.datetime) -> dt.datetime | None:
    """When it is early enough to be there; None when that is now."""
    when = starts_at - ARRIVE_BEFORE if starts_at else None
    return when if when and when > at else None


def advice(stretch: Between | None, *, ahead: int, at: dt.datetime, paused: str = "") -> str:
    """What to do meanwhile: "return" at a time, "stay" near; with no range "soon" or "line".

    "paused" where there is no range as nobody can say when the queue goes on.
    """
    if stretch is None and paused:
        return "paused"
    if stretch is None:
        return "soon" if ahead < NEAR else "line"
    return "return" if ahead >= NEAR and arrive_at(stretch.starts_at, at) else "stay"
