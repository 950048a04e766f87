"""How long until a person is called, as a range: from those ahead, the counters, the service times.

With `c` counters at work and services of `m` minutes on average, a person with `n - 1` ahead is
called at the n-th completion from now. The hall has long been busy, so each counter is somewhere in
the midst of a service: the mean time is (n - (1 - cv²) / 2) m / c, cv being the spread of service
times over their mean. Its variance, in (m / c)², is (n - 1) cv² and (2 c - 1) times that of a
service's rest, but not above that of completions at random. A Gamma distribution with this mean and
variance gives the range; its quantiles are taken by Wilson and Hilferty (1931).
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor, sqrt
from typing import Any

from django.db import connection

from services.near import kept

SPREAD = 0.8  # of service times over their mean, until a queue's own is measured
_Z90 = 1.2816  # the standard normal's 90th percentile
_STEP = 5  # minutes; what is shown is a multiple of it
_NARROWEST = 10  # minutes
_AT_ONCE = (0.0, 1.0, 4.0)  # a counter is free: the walk to it
_WORTH = 5  # observations that today's figure needs to weigh as much as the one expected before
_KEPT_S = 3
_TO_THE_COUNTER = 1.0  # minutes from the call to the start, which older figures leave out


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
class Pace:
    """How fast a queue moves now. `counters` counts a desk shared with other queues in part."""

    waiting: int = 0
    counters: float = 0.0
    free: int = 0
    minutes: float | None = None

    def for_ahead(self, ahead: int) -> Wait | None:
        """The wait of somebody with `ahead` people before them; None when it cannot be known."""
        return wait(ahead=ahead, counters=self.counters, minutes=self.minutes, free=self.free)

    @property
    def newcomer(self) -> Wait | None:
        """The wait of somebody who joins the line now."""
        return self.for_ahead(self.waiting)


def wait(
    *,
    ahead: int,
    counters: float,
    minutes: float | None,
    free: int = 0,
    spread: float = SPREAD,
) -> Wait | None:
    """Minutes until somebody with `ahead` people before them is called.

    `minutes` is the mean time from a call to the end, `free` the counters that serve nobody now.
    None when no counter is open or no service time is known.
    """
    if counters <= 0 or not minutes or minutes <= 0:
        return None
    completions = ahead + 1 - free
    if completions <= 0:
        return Wait(*_AT_ONCE)
    many = max(counters, 1.0)
    mean = completions - (1 - spread**2) / 2
    variance = min(mean, (completions - 1) * spread**2 + (2 * many - 1) * _rest(spread))
    shape, unit = mean**2 / variance, minutes / counters
    low, middle, high = (mean * unit * _quantile(shape, z) for z in (-_Z90, 0, _Z90))
    return Wait(low, middle, high)


def _rest(spread: float) -> float:
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


def blend(seen: float | None, count: int, expected: float | None) -> float | None:
    """Today's mean of `count` services, drawn to what was expected while the count is small."""
    if not seen or not count:
        return expected
    if not expected:
        return seen
    return (seen * count + expected * _WORTH) / (count + _WORTH)


_PACE = """
SELECT q.id, waiting.n, desks.share, desks.free, today.mean, today.n, past.mean, standard.mean
  FROM unnest(%(queues)s::bigint[]) AS q(id)
 CROSS JOIN LATERAL (
       SELECT count(*) AS n FROM queueing_ticket t
        WHERE t.queue_id = q.id AND t.date = %(date)s AND t.state = 'waiting') waiting
 CROSS JOIN LATERAL (
       SELECT coalesce(sum(1.0 / greatest(1, others.n + 1)), 0) AS share,
              count(*) FILTER (WHERE NOT at_work.yes AND others.n = 0) AS free
         FROM queueing_countersession s
        CROSS JOIN LATERAL (
              SELECT count(*) AS n FROM unnest(s.queue_ids) AS other(id)
               WHERE other.id <> q.id AND EXISTS (
                     SELECT 1 FROM queueing_ticket t
                      WHERE t.queue_id = other.id AND t.date = %(date)s
                        AND t.state = 'waiting')) others
        CROSS JOIN LATERAL (
              SELECT EXISTS (SELECT 1 FROM queueing_ticket t
                              WHERE t.counter_id = s.counter_id
                                AND t.state IN ('called', 'serving')) AS yes) at_work
        WHERE s.closed_at IS NULL AND s.date = %(date)s AND q.id = ANY(s.queue_ids)) desks
 CROSS JOIN LATERAL (
       SELECT avg(last.s) / 60 AS mean, count(*) AS n FROM (
              SELECT extract(epoch FROM t.ended_at - t.called_at) AS s FROM queueing_ticket t
               WHERE t.queue_id = q.id AND t.date = %(date)s AND t.state = 'done'
                 AND t.ended_at > t.called_at AND t.ended_at <= %(at)s AND NOT t.flagged
               ORDER BY t.ended_at DESC LIMIT 20) last) today
 CROSS JOIN LATERAL (
       SELECT sum(d.service_sum_s) / 60.0 / nullif(sum(d.serviced), 0) AS mean
         FROM queueing_queueservice qs
         JOIN queueing_dailystatistic d ON d.service_type_id = qs.service_type_id
          AND d.date >= %(since)s AND d.date < %(date)s
         JOIN queueing_queue mine ON mine.id = qs.queue_id AND mine.mall_id = d.mall_id
        WHERE qs.queue_id = q.id) past
 CROSS JOIN LATERAL (
       SELECT avg(newest.minutes) AS mean FROM (
              SELECT DISTINCT ON (st.service_type_id) st.counter_minutes AS minutes
                FROM queueing_queueservice qs
                JOIN services_servicestandard st ON st.service_type_id = qs.service_type_id
               WHERE qs.queue_id = q.id AND st.approved_at IS NOT NULL
                 AND st.valid_from <= %(date)s
               ORDER BY st.service_type_id, st.valid_from DESC, st.version DESC) newest) standard
"""


def for_queues(queues: Iterable[int], date: dt.date, at: dt.datetime) -> dict[int, Pace]:
    """The pace of several queues on `date`, by their ids; one query, however many there are.

    All who watch these queues share what was worked out in the last three seconds. The service
    time: the last twenty of today, drawn to the mean of the last 28 days, or to the
    standard's minutes where there is no history.
    """
    ids = sorted(set(queues))
    if not ids:
        return {}
    return kept("pace", (date, ids), _KEPT_S, lambda: _for_queues(ids, date, at))


def _for_queues(ids: list[int], date: dt.date, at: dt.datetime) -> dict[int, Pace]:
    params: dict[str, Any] = {
        "queues": ids,
        "date": date,
        "since": date - dt.timedelta(days=28),
        "at": at,
    }
    with connection.cursor() as cursor:
        cursor.execute(_PACE, params)
        rows = cursor.fetchall()
    paces = {}
    for pk, waiting, counters, free, seen, count, past, standard in rows:
        expected = past if past is not None else standard
        usual = float(expected) + _TO_THE_COUNTER if expected is not None else None
        minutes = blend(float(seen) if seen is not None else None, count, usual)
        paces[pk] = Pace(waiting, float(counters), free, minutes)
    return paces
