"""How long until a person is called: what is known of several queues, in one query.

`paces.py` makes of it how fast each moves, `waits.py` of that a range.
"""

import datetime as dt
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from django.db import connection

from queueing.paces import SHOWS, Booked, Closed, Desk, Facts, Service, pace_of, spread_between
from queueing.waits import Between, Pace, Wait, wait
from services.near import kept

__all__ = ["Between", "Pace", "Wait", "for_queues", "wait"]

_KEPT_S = 3
_TO_THE_COUNTER = 1.0  # minutes from the call to the start, which older figures leave out
_MOST = 60  # those that the desks' own means rest on
_ENOUGH = 8  # services of a day whose percentiles say how they spread
_SHORTEST_BREAK = 5.0  # minutes between two stretches of the opening hours
Rows = list[list[Any]] | None


_FACTS = """
SELECT q.id, waiting.n, desks.rows, services.rows, booked.rows, closed.rows, hours.rows,
       q.early_minutes, coalesce(past.minutes, standard.minutes) + %(walk)s, past.absent,
       past.shows, past.p90_over_p50
  FROM queueing_queue q
 CROSS JOIN LATERAL (
       SELECT count(*) AS n, min(t.checked_in_at) AS first_came,
              array_agg(t.sort_at ORDER BY t.sort_at, t.number) AS places
         FROM queueing_ticket t
        WHERE t.queue_id = q.id AND t.date = %(date)s AND t.state = 'waiting') waiting
 CROSS JOIN LATERAL (
       SELECT array_agg(c.counter_id) AS counters, array_agg(c.left_at) AS left_at FROM (
              SELECT t.counter_id, max(coalesce(t.ended_at, t.released_at)) AS left_at
                FROM queueing_ticket t
               WHERE t.queue_id = q.id AND t.date = %(date)s AND t.called_at IS NOT NULL
               GROUP BY t.counter_id) c) been
 CROSS JOIN LATERAL (
       SELECT json_agg(json_build_array(s.counter_id, 1.0 / (others.n + 1),
                  extract(epoch FROM %(at)s - at_work.since) / 60,
                  extract(epoch FROM %(at)s - greatest(s.opened_at, waiting.first_came,
                      been.left_at[array_position(been.counters, s.counter_id)])) / 60,
                  waiting.n)) AS rows
         FROM queueing_countersession s
        CROSS JOIN LATERAL (
              SELECT count(*) AS n FROM unnest(s.queue_ids) AS other(id)
               WHERE other.id <> q.id AND EXISTS (
                     SELECT 1 FROM queueing_ticket t
                      WHERE t.queue_id = other.id AND t.date = %(date)s
                        AND t.state = 'waiting')) others
        CROSS JOIN LATERAL (
              SELECT max(t.called_at) AS since FROM queueing_ticket t
               WHERE t.counter_id = s.counter_id AND t.state IN ('called', 'serving')) at_work
        WHERE s.closed_at IS NULL AND s.date = %(date)s AND q.id = ANY(s.queue_ids)) desks
 CROSS JOIN LATERAL (
       SELECT json_agg(json_build_array(last.counter_id, last.lasted, last.gap)
                       ORDER BY last.over_at DESC) AS rows FROM (
              SELECT call.counter_id, call.over_at,
                     extract(epoch FROM call.over_at - call.called_at) / 60 AS lasted,
                     CASE WHEN call.next_came <= call.over_at THEN
                         extract(epoch FROM call.next_called - call.over_at) / 60 END AS gap
                FROM (SELECT t.counter_id, t.state, t.flagged, t.called_at,
                             coalesce(t.ended_at, t.released_at) AS over_at,
                             lead(t.called_at) OVER desk AS next_called,
                             lead(t.checked_in_at) OVER desk AS next_came
                        FROM queueing_ticket t
                       WHERE t.queue_id = q.id AND t.date = %(date)s AND t.called_at <= %(at)s
                         AND t.state IN ('called', 'serving', 'done', 'absent')
                      WINDOW desk AS (PARTITION BY t.counter_id ORDER BY t.called_at)) call
               WHERE call.state IN ('done', 'absent') AND NOT call.flagged
                 AND call.over_at > call.called_at AND call.over_at <= %(at)s
               ORDER BY call.over_at DESC LIMIT %(most)s) last) services
 CROSS JOIN LATERAL (
       SELECT json_agg(json_build_array(
                  coalesce(width_bucket(w.starts_at + t.number * interval '1 millisecond'
                      - CASE WHEN t.priority THEN q.boost_minutes ELSE 0 END * interval '1 minute',
                      waiting.places), 0),
                  extract(epoch FROM w.starts_at - %(at)s) / 60,
                  extract(epoch FROM w.ends_at - %(at)s) / 60)) AS rows
         FROM queueing_window w
         JOIN queueing_ticket t ON t.window_id = w.id AND t.state = 'booked'
        WHERE w.queue_id = q.id AND w.date = %(date)s AND w.ends_at > %(at)s
          AND w.starts_at <= %(at)s + q.early_minutes * interval '1 minute') booked
 CROSS JOIN LATERAL (
       SELECT json_agg(json_build_array(1.0 / shared.n,
                  extract(epoch FROM %(at)s
                      - been.left_at[array_position(been.counters, a.counter_id)]) / 60)) AS rows
         FROM queueing_counterassignment a
         JOIN queueing_counter c ON c.id = a.counter_id AND c.active
        CROSS JOIN LATERAL (
              SELECT count(*) AS n FROM queueing_counterassignment o
               WHERE o.counter_id = a.counter_id AND coalesce(o.weekday, %(weekday)s) = %(weekday)s
                 AND %(date)s BETWEEN coalesce(o.first_date, %(date)s)
                                  AND coalesce(o.last_date, %(date)s)) shared
        WHERE a.queue_id = q.id AND coalesce(a.weekday, %(weekday)s) = %(weekday)s
          AND %(date)s BETWEEN coalesce(a.first_date, %(date)s) AND coalesce(a.last_date, %(date)s)
          AND NOT EXISTS (SELECT 1 FROM queueing_countersession s
                           WHERE s.counter_id = a.counter_id AND s.closed_at IS NULL)) closed
 CROSS JOIN LATERAL (
       SELECT json_agg(json_build_array(extract(epoch FROM w.starts_at - %(at)s) / 60,
                                        extract(epoch FROM w.ends_at - %(at)s) / 60)
                       ORDER BY w.starts_at) AS rows
         FROM queueing_window w WHERE w.queue_id = q.id AND w.date = %(date)s) hours
 CROSS JOIN LATERAL (
       SELECT sum(d.service_sum_s) / 60.0 / nullif(sum(d.serviced), 0) AS minutes,
              sum(d.absent)::float / nullif(sum(d.served + d.information_only + d.absent), 0)
                  AS absent,
              1 - sum(d.no_show)::float / nullif(sum(d.booked - d.cancelled), 0) AS shows,
              exp(sum(d.serviced * ln(d.service_p90_s::float / d.service_p50_s)) FILTER (
                      WHERE d.service_p50_s > 0 AND d.serviced >= %(enough)s)
                  / nullif(sum(d.serviced) FILTER (
                      WHERE d.service_p50_s > 0 AND d.serviced >= %(enough)s), 0)) AS p90_over_p50
         FROM queueing_queueservice qs
         JOIN queueing_dailystatistic d ON d.service_type_id = qs.service_type_id
          AND d.date >= %(since)s AND d.date < %(date)s AND d.mall_id = q.mall_id
        WHERE qs.queue_id = q.id) past
 CROSS JOIN LATERAL (
       SELECT avg(newest.minutes) AS minutes FROM (
              SELECT DISTINCT ON (st.service_type_id) st.counter_minutes AS minutes
                FROM queueing_queueservice qs
                JOIN services_servicestandard st ON st.service_type_id = qs.service_type_id
               WHERE qs.queue_id = q.id AND st.approved_at IS NOT NULL
                 AND st.valid_from <= %(date)s
               ORDER BY st.service_type_id, st.valid_from DESC, st.version DESC) newest) standard
 WHERE q.id = ANY(%(queues)s)
"""


def for_queues(queues: Iterable[int], date: dt.date, at: dt.datetime) -> dict[int, Pace]:
    """The pace of several queues on `date`, by their ids; one query, however many there are.

    All who watch these queues share what was worked out in the last three seconds. What is usual
    are the figures of the last 28 days, or the standard's minutes where there is no history.
    """
    ids = sorted(set(queues))
    if not ids:
        return {}
    return kept("pace", (date, ids), _KEPT_S, lambda: _for_queues(ids, date, at))


def _for_queues(ids: list[int], date: dt.date, at: dt.datetime) -> dict[int, Pace]:
    params: dict[str, Any] = {
        "queues": ids,
        "date": date,
        "weekday": date.weekday(),
        "since": date - dt.timedelta(days=28),
        "at": at,
        "walk": _TO_THE_COUNTER,
        "most": _MOST,
        "enough": _ENOUGH,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FACTS, params)
        return {pk: pace_of(_facts(*row)) for pk, *row in cursor.fetchall()}


def _facts(
    waiting: int,
    desks: Rows,
    services: Rows,
    booked: Rows,
    closed: Rows,
    hours: Rows,
    early: int,
    usual: Any,
    absent: float | None,
    shows: float | None,
    p90_over_p50: float | None,
) -> Facts:
    stretches: list[list[float]] = hours or []
    breaks = [
        (end, start)
        for (_, end), (start, _) in pairwise(stretches)
        if start - end >= _SHORTEST_BREAK
    ]
    return Facts(
        waiting=waiting,
        desks=[
            Desk(counter, share, busy, max(0.0, idle) if waits else 0.0)
            for counter, share, busy, idle, waits in desks or []
        ],
        services=[Service(*row) for row in services or []],
        usual=float(usual) if usual is not None else None,
        absent=absent or 0.0,
        shows=SHOWS if shows is None else min(1.0, max(0.0, shows)),
        booked=[Booked(*row) for row in booked or []],
        early=float(early),
        gaps=breaks,
        closed=[Closed(since, share) for share, since in closed or []] if stretches else [],
        hours=-stretches[0][0] if stretches else 0.0,
        spread=spread_between(1.0, p90_over_p50) if p90_over_p50 and p90_over_p50 > 1 else None,
    )
