"""The day in figures: one statement rolls a mall's day up into `DailyStatistic`, safe to repeat.

Waits count from check-in to the first call, service times from start to end, both in seconds and
derived from the events. Histograms have fixed buckets, so that days merge into honest percentiles.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from django.db import connection

from services.models import Mall

# Upper bounds in seconds, each about a sixth above the one before; a last bucket has the rest.
BOUNDS: tuple[int, ...] = tuple(round(30 * 1.16**n) for n in range(40))

_ROLL_UP = """
WITH act AS (
    SELECT e.ticket_id, e.kind, e.at,
           lead(e.kind) OVER (PARTITION BY e.ticket_id ORDER BY e.id) AS next_kind
      FROM queueing_ticketevent e
      JOIN queueing_ticket t ON t.id = e.ticket_id
     WHERE t.mall_id = %(mall)s AND t.date = %(date)s),
happened AS (
    SELECT t.id, t.service_type_id, t.walk_in, t.priority, t.state, t.outcome, t.checked_in_at,
           min(e.at) FILTER (WHERE e.kind = 'checked_in') AS arrived_at,
           min(e.at) FILTER (WHERE e.kind = 'called') AS called_at,
           max(e.at) FILTER (WHERE e.kind = 'started') AS started_at,
           max(e.at) FILTER (WHERE e.kind = 'ended') AS ended_at,
           s.agency_id, coalesce(st.counter_minutes, 20) * 60 AS standard_s
      FROM queueing_ticket t
      JOIN services_servicetype s ON s.id = t.service_type_id
      LEFT JOIN services_servicestandard st ON st.id = t.standard_id
      LEFT JOIN act e ON e.ticket_id = t.id AND e.next_kind IS DISTINCT FROM 'undone'
     WHERE t.mall_id = %(mall)s AND t.date = %(date)s AND t.state <> 'transferred'
     GROUP BY t.id, s.agency_id, st.counter_minutes),
ticket AS (
    SELECT *, CASE WHEN called_at IS NOT NULL
                THEN greatest(0, extract(epoch FROM
                         called_at - coalesce(arrived_at, checked_in_at)))::int END AS wait_s,
           CASE WHEN state = 'done' AND ended_at > started_at
                THEN extract(epoch FROM ended_at - started_at)::int END AS service_s
      FROM happened),
wait_bucket AS (
    SELECT service_type_id, array_agg(coalesce(n, 0) ORDER BY bucket) AS histogram
      FROM (SELECT DISTINCT service_type_id FROM ticket) s
     CROSS JOIN generate_series(0, %(buckets)s) AS bucket
      LEFT JOIN (SELECT service_type_id, width_bucket(wait_s, %(bounds)s) AS bucket, count(*) AS n
                   FROM ticket WHERE wait_s IS NOT NULL GROUP BY 1, 2) w
          USING (service_type_id, bucket)
     GROUP BY service_type_id),
service_bucket AS (
    SELECT service_type_id, array_agg(coalesce(n, 0) ORDER BY bucket) AS histogram
      FROM (SELECT DISTINCT service_type_id FROM ticket) s
     CROSS JOIN generate_series(0, %(buckets)s) AS bucket
      LEFT JOIN (SELECT service_type_id, width_bucket(service_s, %(bounds)s) AS bucket,
                        count(*) AS n
                   FROM ticket WHERE service_s IS NOT NULL GROUP BY 1, 2) w
          USING (service_type_id, bucket)
     GROUP BY service_type_id),
arrivals AS (
    SELECT service_type_id, array_agg(coalesce(n, 0) ORDER BY hour) AS by_hour
      FROM (SELECT DISTINCT service_type_id FROM ticket) s
     CROSS JOIN generate_series(0, 23) AS hour
      LEFT JOIN (SELECT service_type_id,
                        extract(hour FROM checked_in_at AT TIME ZONE %(zone)s)::int AS hour,
                        count(*) AS n
                   FROM ticket WHERE checked_in_at IS NOT NULL GROUP BY 1, 2) a
          USING (service_type_id, hour)
     GROUP BY service_type_id),
gone AS (
    DELETE FROM queueing_dailystatistic d
     WHERE d.mall_id = %(mall)s AND d.date = %(date)s
       AND NOT EXISTS (SELECT 1 FROM ticket t WHERE t.service_type_id = d.service_type_id))
INSERT INTO queueing_dailystatistic (mall_id, agency_id, service_type_id, date, booked, walk_in,
    priority, served, information_only, no_show, absent, unserved, cancelled, open,
    documents_missing, waited, within_standard, wait_sum_s, wait_p50_s, wait_p90_s, wait_histogram,
    serviced, service_sum_s, service_p50_s, service_p90_s, service_histogram, arrivals_by_hour,
    rehearsal, rolled_up_at)
SELECT %(mall)s, t.agency_id, t.service_type_id, %(date)s,
       count(*) FILTER (WHERE NOT walk_in), count(*) FILTER (WHERE walk_in),
       count(*) FILTER (WHERE priority),
       count(*) FILTER (WHERE state = 'done' AND outcome <> 'information_only'),
       count(*) FILTER (WHERE state = 'done' AND outcome = 'information_only'),
       count(*) FILTER (WHERE state = 'no_show'), count(*) FILTER (WHERE state = 'absent'),
       count(*) FILTER (WHERE state = 'unserved'), count(*) FILTER (WHERE state = 'cancelled'),
       count(*) FILTER (WHERE state IN
           ('printing', 'booked', 'waiting', 'called', 'serving', 'parked')),
       count(*) FILTER (WHERE state = 'done' AND outcome = 'documents_missing'),
       count(wait_s), count(*) FILTER (WHERE wait_s <= standard_s),
       coalesce(sum(wait_s), 0),
       percentile_disc(0.5) WITHIN GROUP (ORDER BY wait_s),
       percentile_disc(0.9) WITHIN GROUP (ORDER BY wait_s),
       min(w.histogram),
       count(service_s), coalesce(sum(service_s), 0),
       percentile_disc(0.5) WITHIN GROUP (ORDER BY service_s),
       percentile_disc(0.9) WITHIN GROUP (ORDER BY service_s),
       min(sb.histogram), min(a.by_hour), %(rehearsal)s, %(at)s
  FROM ticket t
  JOIN wait_bucket w USING (service_type_id)
  JOIN service_bucket sb USING (service_type_id)
  JOIN arrivals a USING (service_type_id)
 GROUP BY t.agency_id, t.service_type_id
ON CONFLICT ON CONSTRAINT one_statistic_per_service_and_day DO UPDATE SET
    (agency_id, booked, walk_in, priority, served, information_only, no_show, absent, unserved,
     cancelled, open, documents_missing, waited, within_standard, wait_sum_s, wait_p50_s,
     wait_p90_s, wait_histogram, serviced, service_sum_s, service_p50_s, service_p90_s,
     service_histogram, arrivals_by_hour, rehearsal, rolled_up_at) =
    (excluded.agency_id, excluded.booked, excluded.walk_in, excluded.priority, excluded.served,
     excluded.information_only, excluded.no_show, excluded.absent, excluded.unserved,
     excluded.cancelled, excluded.open, excluded.documents_missing, excluded.waited,
     excluded.within_standard, excluded.wait_sum_s, excluded.wait_p50_s, excluded.wait_p90_s,
     excluded.wait_histogram, excluded.serviced, excluded.service_sum_s, excluded.service_p50_s,
     excluded.service_p90_s, excluded.service_histogram, excluded.arrivals_by_hour,
     excluded.rehearsal, excluded.rolled_up_at)
"""


@dataclass(frozen=True)
class Summary:
    """Statistics of several services or days merged; spans in seconds."""

    booked: int = 0
    walk_in: int = 0
    priority: int = 0
    served: int = 0
    information_only: int = 0
    no_show: int = 0
    absent: int = 0
    unserved: int = 0
    cancelled: int = 0
    open: int = 0
    documents_missing: int = 0
    waited: int = 0
    within_standard: int = 0
    wait_sum_s: int = 0
    wait_p50_s: int | None = None
    wait_p90_s: int | None = None
    serviced: int = 0
    service_sum_s: int = 0
    service_p50_s: int | None = None
    service_p90_s: int | None = None

    @property
    def total(self) -> int:
        """All numbers given."""
        return self.booked + self.walk_in

    @property
    def within_standard_share(self) -> float | None:
        """The part of those called who were called within the standard, 0 to 1."""
        return self.within_standard / self.waited if self.waited else None


def roll_up(*, mall: Mall, date: dt.date, at: dt.datetime | None = None) -> int:
    """Roll a mall's day up by service; the number of services. Repeating it gives the same rows.

    The cost depends on the day alone: the index `tickets_of_a_day` and the events of each ticket.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _ROLL_UP,
            {
                "mall": mall.pk,
                "date": date,
                "zone": mall.time_zone,
                "rehearsal": mall.rehearsal,
                "at": at or dt.datetime.now(dt.UTC),
                "bounds": list(BOUNDS),
                "buckets": len(BOUNDS),
            },
        )
        return int(cursor.rowcount)


def merge_histograms(histograms: Iterable[Sequence[int]]) -> list[int]:
    """Add histograms of the same buckets; a missing one counts as empty."""
    total = [0] * (len(BOUNDS) + 1)
    for histogram in histograms:
        for i, n in enumerate(histogram):
            total[i] += n
    return total


def percentile(histogram: Sequence[int], share: float) -> int | None:
    """The value below which `share` (0 to 1) of the observations lie, in seconds; None when empty.

    Within its bucket the value is interpolated; so it is at most one bucket from the exact one.
    """
    count = sum(histogram)
    if not count:
        return None
    wanted = share * count
    passed = 0
    for i, n in enumerate(histogram):
        if n and passed + n >= wanted:
            low = BOUNDS[i - 1] if i else 0
            high = BOUNDS[i] if i < len(BOUNDS) else BOUNDS[-1]
            return round(low + (high - low) * max(0.0, wanted - passed) / n)
        passed += n
    return BOUNDS[-1]


_COUNTS = [field.name for field in fields(Summary) if not field.name.endswith(("_p50_s", "_p90_s"))]


def summarise(rows: Iterable[dict[str, object]]) -> Summary:
    """Merge rows of `DailyStatistic.values()`: counts add, percentiles come from the histograms."""
    totals = dict.fromkeys(_COUNTS, 0)
    waits: list[Sequence[int]] = []
    services: list[Sequence[int]] = []
    for row in rows:
        for name in _COUNTS:
            totals[name] += int(row[name])  # type: ignore[call-overload]
        waits.append(row["wait_histogram"])  # type: ignore[arg-type]
        services.append(row["service_histogram"])  # type: ignore[arg-type]
    wait, service = merge_histograms(waits), merge_histograms(services)
    return Summary(
        **totals,
        wait_p50_s=percentile(wait, 0.5),
        wait_p90_s=percentile(wait, 0.9),
        service_p50_s=percentile(service, 0.5),
        service_p90_s=percentile(service, 0.9),
    )
