"""Opening sessions of a day and working-day arithmetic: pure, in minutes of the mall's own day."""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

MIDNIGHT = 24 * 60
MONDAY_TO_FRIDAY = frozenset(range(5))

Session = tuple[int, int]


@dataclass(frozen=True)
class HoursRow:
    """One row of opening hours; times are minutes of the day, `closes` 1440 is midnight."""

    weekday: int | None
    opens: int
    closes: int
    break_starts: int | None = None
    break_ends: int | None = None
    last_ticket: int | None = None
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    extra: bool = False

    @property
    def seasonal(self) -> bool:
        """Whether the row holds in a range of dates only, as in Ramadan."""
        return not self.extra and (self.valid_from is not None or self.valid_to is not None)

    @property
    def last_minute(self) -> int:
        """The last ticket's minute, at the latest the closing one."""
        return self.closes if self.last_ticket is None else min(self.last_ticket, self.closes)

    def fits(self, date: dt.date) -> bool:
        """Whether the row speaks about `date`."""
        return (
            (self.weekday is None or self.weekday == date.weekday())
            and (self.valid_from is None or self.valid_from <= date)
            and (self.valid_to is None or date <= self.valid_to)
        )

    def sessions(self) -> list[Session]:
        """The row's opening time with its break cut out."""
        if self.break_starts is None or self.break_ends is None:
            parts = [(self.opens, self.closes)]
        else:
            parts = [
                (self.opens, min(self.break_starts, self.closes)),
                (max(self.break_ends, self.opens), self.closes),
            ]
        return [(start, end) for start, end in parts if start < end]


@dataclass(frozen=True)
class Day:
    """When one place is open on one date.

    `sessions` are (from, to) in minutes, ascending, apart from each other. `reason` is "" exactly
    when there are sessions, else "holiday" or "closed". `last_ticket` None: until closing.
    """

    sessions: tuple[Session, ...]
    last_ticket: int | None
    reason: str


def row_of(hours: Any) -> HoursRow:
    """Read a row of hours from a model instance with the columns of `HoursFields`."""
    return HoursRow(
        weekday=hours.weekday,
        opens=_minute(hours.opens_at),
        closes=_minute(hours.closes_at) or MIDNIGHT,
        break_starts=_minute_or_none(hours.break_starts_at),
        break_ends=_minute_or_none(hours.break_ends_at),
        last_ticket=_minute_or_none(hours.last_ticket_at),
        valid_from=hours.valid_from,
        valid_to=hours.valid_to,
        extra=hours.extra,
    )


def day(date: dt.date, rows: Iterable[HoursRow], *, holiday: bool, closed: bool) -> Day:
    """Return the sessions of `date`.

    Of the rows that fit the date, seasonal ones replace plain ones; extra sessions add to them and
    hold on holidays too; a closure beats everything. Overlapping sessions become one.
    """
    if closed:
        return Day((), None, "closed")
    fitting = [row for row in rows if row.fits(date) and row.sessions()]
    extra = [row for row in fitting if row.extra]
    usual = [row for row in fitting if row.seasonal] or [row for row in fitting if not row.extra]
    kept = extra if holiday else usual + extra
    if not kept:
        return Day((), None, "holiday" if holiday else "closed")
    latest = max(kept, key=lambda row: (row.closes, row.opens, row.last_minute))
    last_ticket = None if latest.last_ticket is None else latest.last_minute
    return Day(_merged(part for row in kept for part in row.sessions()), last_ticket, "")


def is_open(day: Day, minute: int) -> bool:
    """Whether the place is open at `minute` of that day; the closing minute is outside."""
    return any(start <= minute < end for start, end in day.sessions)


def add_working_days(
    start: dt.date,
    days: int,
    *,
    holidays: Collection[dt.date],
    working_weekdays: frozenset[int] = MONDAY_TO_FRIDAY,
) -> dt.date:
    """Return the date `days` working days after `start`; `start` itself does not count.

    >>> add_working_days(dt.date(2026, 11, 20), 1, holidays=())
    datetime.date(2026, 11, 23)
    """
    if days < 0:
        raise ValueError("days must not be negative")
    if not working_weekdays & frozenset(range(7)):
        raise ValueError("a week needs a working day")
    date = start
    while days:
        date += dt.timedelta(days=1)
        if date.weekday() in working_weekdays and date not in holidays:
            days -= 1
    return date


def working_days_after(
    start: dt.date,
    end: dt.date,
    *,
    holidays: Collection[dt.date],
    working_weekdays: frozenset[int] = MONDAY_TO_FRIDAY,
) -> int:
    """Return how many working days lie after `start`, up to and with `end`; 0 where it is earlier.

    >>> working_days_after(dt.date(2026, 11, 20), dt.date(2026, 11, 24), holidays=())
    2
    """
    dates = (start + dt.timedelta(days=n) for n in range(1, (end - start).days + 1))
    return sum(date.weekday() in working_weekdays and date not in holidays for date in dates)


def to_utc(date: dt.date, minute: int, zone: dt.tzinfo) -> dt.datetime:
    """Return the moment of `minute` (0..1440) of the wall clock of `zone` on `date`."""
    start = dt.datetime.combine(date, dt.time.min, zone)
    return (start + dt.timedelta(minutes=minute)).astimezone(dt.UTC)


def _minute(time: dt.time) -> int:
    return time.hour * 60 + time.minute


def _minute_or_none(time: dt.time | None) -> int | None:
    return None if time is None else _minute(time)


def _merged(sessions: Iterable[Session]) -> tuple[Session, ...]:
    merged: list[Session] = []
    for start, end in sorted(sessions):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)
