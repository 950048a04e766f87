"""A wait as a range, from how fast a queue moves and how many are ahead. Pure.

With desks that each take `m` minutes from one call to the next, `c / m` calls are made a minute. A
person with `n - 1` ahead is called at the n-th of them. The mean time is
`(n - (1 - s^2) / 2 + lag) m / c`, `s` being the spread of service times over their mean: the time
of a renewal process met in its midst (Cox, Renewal Theory, 1962, chapter 4), where `lag` says how
much later, in calls, the services that stand at the desks now will end than any met in its midst.

The variance, in squares of `m / c`, is `(n - 1) s^2` and `2 c - 1` times that of a service's rest,
but not above that of calls at random, and on top of it that of the pace itself, which is known from
a number of services only and changes in the course of a day. A Gamma distribution with this mean
and variance gives the range; its quantiles are taken by Wilson and Hilferty (1931).

As many of those who booked are counted ahead as will probably come before the person is called.
Breaks in the opening hours are added where the wait reaches into them; counters that are expected
to open shorten it.
"""

import datetime as dt
from dataclasses import dataclass
from math import ceil, floor, sqrt

SPREAD = 0.8  # of service times over their mean, until a queue's own is measured
_Z90 = 1.2  # the standard normal's 90th percentile is 1.28; what is shown is rounded outwards
_STEP = 5  # minutes; what is shown is a multiple of it
_NARROWEST = 10  # minutes
_AT_ONCE = (0.0, 1.0, 4.0)  # a counter is free: the walk to it
_SOONEST = 0.25  # of the usual time to a call, when all services seem to end now


@dataclass(frozen=True)
class Wait:
    """Minutes until called: one in ten waits shorter than `p10`, nine in ten at most `p90`."""

    p10: float
    p50: float
    p90: float

    @property
    def low(self) -> int:
        """The lower end as shown: rounded down to five minutes."""
        return floor(self.p10 / _STEP) * _STEP

    @property
    def high(self) -> int:
        """The upper end as shown: rounded up, never closer than ten minutes to the lower."""
        return max(ceil(self.p90 / _STEP) * _STEP, self.low + _NARROWEST)

    def between(self, at: dt.datetime) -> "Between":
        """The same range as times of the day, seen from `at`."""
        low = _rounded(at + dt.timedelta(minutes=self.p10))
        high = _rounded(at + dt.timedelta(minutes=self.p90 + _STEP - 0.01))
        return Between(low, max(high, low + dt.timedelta(minutes=_NARROWEST)))


@dataclass(frozen=True)
class Between:
    """From when to when, as shown: whole five minutes, at least ten apart."""

    starts_at: dt.datetime
    ends_at: dt.datetime


@dataclass(frozen=True)
class Coming:
    """One who booked and is still to come.

    They will stand behind `behind` of those who wait now. With `chance` they come, at any moment
    of the next `within` minutes.
    """

    behind: int
    chance: float
    within: float


@dataclass(frozen=True)
class Pace:
    """How fast a queue moves now. `counters` counts a desk shared with other queues in part.

    `minutes` is the mean from one call of a desk to its next; `lag` and `rest` say how much later,
    in calls, the services of now end than any met in its midst, and how uncertain that is; `doubt`
    is the standard error of the pace over it; `gaps` are the breaks ahead, in minutes from now;
    `help` says after how many minutes of work how many more counters are expected.
    """

    waiting: int = 0
    counters: float = 0.0
    free: int = 0
    minutes: float | None = None
    spread: float = SPREAD
    lag: float = 0.0
    rest: float | None = None
    doubt: float = 0.0
    coming: tuple[Coming, ...] = ()
    gaps: tuple[tuple[float, float], ...] = ()
    help: tuple[tuple[float, float], ...] = ()

    def for_ahead(self, ahead: int) -> Wait | None:
        """The wait of somebody with `ahead` people before them; None when it cannot be known."""
        between = [one for one in self.coming if one.behind <= ahead]
        joins, found = 0.0, None
        for _look in range(4 if between else 1):
            found = wait(
                ahead=ahead,
                counters=self.counters,
                minutes=self.minutes,
                free=self.free,
                spread=self.spread,
                joins=joins,
                lag=self.lag,
                rest=self.rest,
                doubt=self.doubt,
            )
            if found is None:
                return None
            found = Wait(*(self._by_the_clock(part) for part in (found.p10, found.p50, found.p90)))
            joins = sum(one.chance * min(1.0, found.p50 / one.within) for one in between)
        return found

    @property
    def newcomer(self) -> Wait | None:
        """The wait of somebody who joins the line now."""
        return self.for_ahead(self.waiting)

    def _by_the_clock(self, work: float) -> float:
        """Minutes from now after which as much is done as these counters do in `work` minutes."""
        minutes, counters = 0.0, self.counters
        for after, more in self.help:
            done = (after - minutes) * counters / self.counters
            if done >= work:
                break
            work -= done
            minutes, counters = after, counters + more
        minutes += work * self.counters / counters
        for start, end in self.gaps:
            if minutes > start:
                minutes += end - max(0.0, start)
        return minutes


def wait(
    *,
    ahead: int,
    counters: float,
    minutes: float | None,
    free: int = 0,
    spread: float = SPREAD,
    joins: float = 0.0,
    lag: float = 0.0,
    rest: float | None = None,
    doubt: float = 0.0,
) -> Wait | None:
    """Minutes until somebody with `ahead` people before them is called.

    `minutes` is the mean time from a call to the next, `free` the counters that serve nobody now,
    `joins` how many will probably be put before them meanwhile; the rest as in `Pace`.
    None when no counter is open or no service time is known.
    """
    if counters <= 0 or not minutes or minutes <= 0:
        return None
    if ahead + 1 - free <= 0:
        return Wait(*_AT_ONCE)
    calls = ahead + 1 - free + joins
    many = max(counters, 1.0)
    mean = max(calls - (1 - spread**2) / 2 + lag, calls * _SOONEST)
    left = rest_of(spread) if rest is None else rest
    variance = min(mean, (calls - 1) * spread**2 + (2 * many - 1) * left)
    variance += joins + (doubt * mean) ** 2
    shape, unit = mean**2 / variance, minutes / counters
    low, middle, high = (mean * unit * _quantile(shape, z) for z in (-_Z90, 0, _Z90))
    return Wait(low, middle, high)


def rest_of(spread: float) -> float:
    """Variance of what is left of a service met in its midst, in squares of the mean service."""
    square = spread**2
    return (1 + square) * (1 + 2 * square) / 3 - (1 + square) ** 2 / 4


def _quantile(shape: float, z: float) -> float:
    """The quantile at the normal score `z` of a Gamma distribution with mean 1."""
    part = 1 / (9 * shape)
    return float(max(0.0, 1 - part + z * sqrt(part)) ** 3)


def _rounded(moment: dt.datetime) -> dt.datetime:
    """The five minutes in which a moment lies."""
    return moment.replace(minute=moment.minute // _STEP * _STEP, second=0, microsecond=0)
