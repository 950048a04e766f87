"""The waits that people were told, kept with what came of them, and how far they were off.

Every minute, off the hot path: who took a number for today, checked in, or has waited another
quarter of an hour gets a row with the range their page shows at that moment, rounded as there (its
ends in the columns `p10_s` and `p90_s`), and the middle behind it; who was called since gets the
wait that it really was. Four statements for each mall's day, however many wait. Repeating it,
starting it late or killing it in the middle harms nothing.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import ceil, floor
from typing import Any

from django.db import connection, transaction
from django.db.models import Avg, Case, Count, F, FloatField, Q, Value, When
from django.db.models.functions import Abs, Cast

from queueing import estimates, turns
from queueing.models import EstimateShown
from services.models import Agency, Mall

EVERY = dt.timedelta(minutes=15)
KEPT_DAYS = 90
LEAST = 10  # outcomes below which a queue's figures are not shown
TARGET = 0.8  # of the ranges hold the true wait
_FRESH = dt.timedelta(minutes=10)  # a number taken before that was told its range unheard by us
_UNDOABLE = dt.timedelta(seconds=60)  # a call may be taken back for that long
_LOCK = 0x6573_7469  # one task at a time

_DUE = """
WITH line AS (
    SELECT t.id, t.queue_id, t.state, t.booked_at, t.checked_in_at,
           w.starts_at - q.early_minutes * interval '1 minute' AS may_come_at,
           coalesce(d.paused_reason, '') <> '' AS paused, d.expected_back_at AS back_at,
           count(*) FILTER (WHERE t.state = 'waiting') OVER (
               PARTITION BY t.queue_id
               ORDER BY coalesce(t.sort_at, w.starts_at + t.number * interval '1 millisecond'),
                        t.number
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS ahead
      FROM queueing_ticket t
      JOIN queueing_queue q ON q.id = t.queue_id
      LEFT JOIN queueing_window w ON w.id = t.window_id
      LEFT JOIN queueing_queueday d ON d.queue_id = t.queue_id AND d.date = t.date
     WHERE t.mall_id = %(mall)s AND t.date = %(date)s AND t.state IN ('waiting', 'booked'))
SELECT line.id, line.queue_id, line.ahead, line.paused, line.back_at,
       CASE WHEN line.state = 'booked' THEN 'booked'
            WHEN told.at >= line.checked_in_at THEN 'waiting'
            WHEN line.checked_in_at < %(at)s - %(every)s THEN 'waiting'
            WHEN told.at IS NULL AND line.checked_in_at < line.booked_at + interval '1 minute'
            THEN 'booked' ELSE 'checked_in' END AS moment
  FROM line
  LEFT JOIN LATERAL (
       SELECT e.at FROM queueing_estimateshown e
        WHERE e.ticket_id = line.id ORDER BY e.at DESC LIMIT 1) told ON true
 WHERE CASE WHEN line.state = 'waiting'
            THEN told.at IS NULL OR told.at < line.checked_in_at OR told.at <= %(at)s - %(every)s
            ELSE told.at IS NULL AND line.booked_at > %(at)s - %(fresh)s
                 AND line.may_come_at <= %(at)s END
"""
_KEEP = """
INSERT INTO queueing_estimateshown
       (ticket_id, queue_id, date, moment, at, ahead, p10_s, p50_s, p90_s)
SELECT row.ticket, row.queue, %(date)s, row.moment, %(at)s, row.ahead, row.p10, row.p50, row.p90
  FROM unnest(%(tickets)s::bigint[], %(queues)s::bigint[], %(moments)s::text[], %(ahead)s::int[],
              %(p10)s::int[], %(p50)s::int[], %(p90)s::int[])
       AS row(ticket, queue, moment, ahead, p10, p50, p90)
"""
_SETTLE = """
UPDATE queueing_estimateshown e
   SET actual_s = extract(epoch FROM call.at - call.since)::int
  FROM (SELECT open.id, open.since, first.at
          FROM (SELECT o.id, o.ticket_id, greatest(o.at, t.checked_in_at) AS since
                  FROM queueing_estimateshown o
                  JOIN queueing_ticket t ON t.id = o.ticket_id
                 WHERE o.actual_s IS NULL AND o.p50_s IS NOT NULL
                   AND o.date BETWEEN %(since)s AND %(date)s) open
         CROSS JOIN LATERAL (
               SELECT c.at FROM queueing_ticketevent c
                WHERE c.ticket_id = open.ticket_id AND c.kind = 'called' AND c.at >= open.since
                  AND (SELECT n.kind FROM queueing_ticketevent n
                        WHERE n.ticket_id = c.ticket_id AND n.id > c.id
                        ORDER BY n.id LIMIT 1) IS DISTINCT FROM 'undone'
                ORDER BY c.at LIMIT 1) first) call
 WHERE call.id = e.id AND call.at <= %(certain)s
"""


def keep(*, mall: Mall, at: dt.datetime) -> int:
    """Keep what the mall's people are told at `at`; how many rows. Nothing while another does."""
    date = mall.date_at(at)
    values: dict[str, Any] = {
        "mall": mall.pk,
        "date": date,
        "at": at,
        "every": EVERY,
        "fresh": _FRESH,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [_LOCK, mall.pk])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_DUE, values)
        due = cursor.fetchall()
        if not due:
            return 0
        paces = estimates.for_queues({row[1] for row in due}, date, at)
        told = [_told(paces.get(row[1]), row[2], row[3], row[4], at) for row in due]
        cursor.execute(
            _KEEP,
            {
                **values,
                "tickets": [row[0] for row in due],
                "queues": [row[1] for row in due],
                "ahead": [row[2] for row in due],
                "moments": [row[5] for row in due],
                "p10": [range_ and range_[0] for range_ in told],
                "p50": [range_ and range_[1] for range_ in told],
                "p90": [range_ and range_[2] for range_ in told],
            },
        )
        return len(due)


def _told(
    pace: estimates.Pace | None,
    ahead: int,
    paused: bool,
    back_at: dt.datetime | None,
    at: dt.datetime,
) -> tuple[int, int, int] | None:
    """The shown range's ends with the middle between them, in seconds; None where it is "?"."""
    reason = "paused" if paused else ""
    shown = turns.between(pace, ahead=ahead, at=at, paused=reason, back_at=back_at)
    wait = pace.for_ahead(ahead) if pace else None
    if shown is None or wait is None:
        return None
    later = max(0.0, (back_at - at).total_seconds()) if paused and back_at else 0.0
    return (
        max(0, floor((shown.starts_at - at).total_seconds())),
        round(wait.p50 * 60 + later),
        ceil((shown.ends_at - at).total_seconds()),
    )


def settle(*, at: dt.datetime) -> int:
    """Write the true wait beside what was told to those called since; how many.

    It counts from the moment of the telling, or from check-in for who was told before they came,
    to the first call that was not taken back, whatever became of it.
    """
    date = at.date()
    with connection.cursor() as cursor:
        cursor.execute(
            _SETTLE,
            {
                "since": date - dt.timedelta(days=3),
                "date": date + dt.timedelta(days=1),
                "certain": at - _UNDOABLE,
            },
        )
        return int(cursor.rowcount)


def forget(at: dt.datetime) -> int:
    """Delete what is older than 90 days; how many rows."""
    before = (at - dt.timedelta(days=KEPT_DAYS)).date()
    return int(EstimateShown.objects.filter(date__lt=before).delete()[0])


@dataclass(frozen=True)
class Record:
    """How a queue's estimates of some days turned out; shares 0 to 1, spans in seconds.

    `told` counts every telling, `unknown` those that said "?", `settled` those whose wait is known.
    A negative `bias_s` was too early: people waited longer than the middle. Below `LEAST` settled
    ones the figures are None.
    """

    prefix: str = ""
    name: str = ""
    told: int = 0
    unknown: int = 0
    settled: int = 0
    held: float | None = None
    error_s: int | None = None
    bias_s: int | None = None

    @property
    def holds(self) -> bool:
        """Whether as many ranges held as were promised; chance may take a twentieth."""
        return self.held is not None and self.held >= TARGET - 0.05

    @property
    def leans(self) -> str:
        """ "early" when people wait longer than they were told, "late", or "" within a minute."""
        if self.bias_s is None or abs(self.bias_s) < 60:
            return ""
        return "early" if self.bias_s < 0 else "late"

    @property
    def leans_by_s(self) -> int:
        return abs(self.bias_s or 0)

    @property
    def unknown_share(self) -> float | None:
        return self.unknown / self.told if self.told >= LEAST else None


def records(*, agency: Agency, since: dt.date, until: dt.date) -> list[Record]:
    """The record of each queue of the agency from `since` to `until`, by prefix; one query."""
    late = Cast(F("p50_s"), FloatField()) - F("actual_s")
    inside = Q(actual_s__gte=F("p10_s"), actual_s__lte=F("p90_s"))
    rows: Iterable[Any] = (
        EstimateShown.objects.filter(queue__agency=agency, date__range=(since, until))
        .order_by()
        .values("queue__prefix", "queue__name")
        .annotate(
            told=Count("pk"),
            unknown=Count("pk", filter=Q(p50_s=None)),
            settled=Count("actual_s"),
            held=Avg(
                Case(When(inside, then=Value(1.0)), default=Value(0.0)),
                filter=Q(actual_s__isnull=False),
            ),
            error_s=Avg(Abs(late), filter=Q(actual_s__isnull=False)),
            bias_s=Avg(late, filter=Q(actual_s__isnull=False)),
        )
        .order_by("queue__prefix")
    )
    return [
        _published(Record(row.pop("queue__prefix"), row.pop("queue__name"), **row)) for row in rows
    ]


def _published(record: Record) -> Record:
    if record.settled < LEAST or record.error_s is None or record.bias_s is None:
        return replace(record, held=None, error_s=None, bias_s=None)
    return replace(record, error_s=round(record.error_s), bias_s=round(record.bias_s))


def together(rows: Sequence[Record]) -> Record:
    """All queues as one; those that are too few to be shown are left out of the means."""
    shown = [row for row in rows if row.held is not None]
    settled = sum(row.settled for row in shown)

    def mean(name: str) -> float:
        return sum(getattr(row, name) * row.settled for row in shown) / settled

    return Record(
        told=sum(row.told for row in rows),
        unknown=sum(row.unknown for row in rows),
        settled=settled,
        held=mean("held") if settled else None,
        error_s=round(mean("error_s")) if settled else None,
        bias_s=round(mean("bias_s")) if settled else None,
    )
