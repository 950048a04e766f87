"""Years of finished tickets, written by SQL: 940 a day, from yesterday backwards."""

import datetime as dt

from bench import database
from bench.hall import BOOKING

PER_DAY = 940
WITH_EVENTS = 200_000  # tickets (some 210 days) that also have their events

_VISITS = """
INSERT INTO queueing_visit (id, mall_id, date, token, short_code, name, phone, email, nik, language,
    priority, priority_reason, needs, accommodation, channel, notice_version, created_at,
    checked_in_at, erased_at)
SELECT %(visits)s + n, %(mall)s, day, 'history' || n, lpad(to_hex(n %% 940), 6, '0'), '', '\\x00',
       '\\x00', '\\x00', 'id', '', '', '{}', '', 'web', '', day, day, day
  FROM (SELECT n, %(today)s::date - 1 - (n - 1) / 940 AS day
          FROM generate_series(%(first)s, %(last)s) AS n) AS past
"""
_TICKETS = """
INSERT INTO queueing_ticket (id, visit_id, mall_id, date, booked_at, public_id, queue_id,
    service_type_id, standard_id, number, label, state, seat, walk_in, priority, sort_at,
    checked_in_at, called_at, started_at, ended_at, released_at, counter_id, officer_id, recalls,
    returns, outcome, parked_reason, flagged)
SELECT %(tickets)s + n, %(visits)s + n, %(mall)s, day, at - interval '1 day',
       lpad(to_hex(n), 32, '0')::uuid, queue[1 + k %% 20], service[1 + k %% 20],
       standard[1 + k %% 20], 1 + k / 20,
       prefix[1 + k %% 20] || ' ' || lpad((1 + k / 20)::text, 3, '0'),
       CASE WHEN k %% 14 = 13 THEN 'no_show' WHEN k %% 20 = 19 THEN 'cancelled' ELSE 'done' END, '',
       k %% 3 = 0, false, at, at, at + interval '10 minutes', at + interval '11 minutes',
       at + interval '20 minutes', at + interval '20 minutes', %(counter)s, %(officer)s, 0, 0,
       'served', '', false
  FROM (SELECT n, (n %% 940)::int AS k, %(today)s::date - 1 - (n - 1) / 940 AS day,
               %(today)s::date - 1 - (n - 1) / 940 + time '01:00'
                 + (n %% 940) * interval '25 seconds' AS at
          FROM generate_series(%(first)s, %(last)s) AS n) AS past,
       (SELECT array_agg(q.id ORDER BY q.id) AS queue, array_agg(q.prefix ORDER BY q.id) AS prefix,
               array_agg(s.service_type_id ORDER BY q.id) AS service,
               array_agg(st.id ORDER BY q.id) AS standard
          FROM queueing_queue q JOIN queueing_queueservice s ON s.queue_id = q.id
          JOIN services_servicestandard st ON st.service_type_id = s.service_type_id
         WHERE q.prefix = ANY(%(prefixes)s)) AS hall
"""
_EVENTS = """
INSERT INTO queueing_ticketevent (ticket_id, kind, at, note)
SELECT t.id, kind, t.checked_in_at + after, ''
  FROM queueing_ticket t,
       (VALUES ('checked_in', interval '0'), ('called', interval '10 minutes'),
               ('started', interval '11 minutes'), ('ended', interval '20 minutes'))
       AS e(kind, after)
 WHERE t.id > %(tickets)s + %(first)s - 1 AND t.id <= %(tickets)s + least(%(last)s, %(events)s)
"""
_INDEXES = """
SELECT indexname, indexdef FROM pg_indexes
 WHERE schemaname = 'public' AND tablename IN ('queueing_visit', 'queueing_ticket')
   AND indexname NOT IN (SELECT conname FROM pg_constraint)
"""


def fill(name: str, *, first: int, last: int) -> None:
    """Write the finished tickets number `first` to `last` into the database `name`.

    Foreign keys are not asked row by row and indexes are made afterwards: this is only preparation.
    """
    with database.statements(name) as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("SET maintenance_work_mem = '512MB'")
        cursor.execute("SET synchronous_commit = off")
        cursor.execute("SELECT id FROM services_mall")
        (mall,) = cursor.fetchone()
        cursor.execute("SELECT counter_id, officer_id, date FROM queueing_countersession LIMIT 1")
        counter, officer, today = cursor.fetchone()
        asked = {
            "mall": mall,
            "counter": counter,
            "officer": officer,
            "today": today,
            "first": first,
            "last": last,
            "events": WITH_EVENTS,
            "prefixes": list(BOOKING),
            "visits": _base(cursor, "queueing_visit", first),
            "tickets": _base(cursor, "queueing_ticket", first),
        }
        indexes = []
        if last - first > 50_000:
            cursor.execute(_INDEXES)
            indexes = cursor.fetchall()
        for index, _definition in indexes:
            cursor.execute(f'DROP INDEX "{index}"')
        for statement in (_VISITS, _TICKETS):
            cursor.execute(statement, asked)
        for _index, definition in indexes:
            cursor.execute(definition)
        if first <= WITH_EVENTS:
            cursor.execute(_EVENTS, asked)
        for table in ("queueing_visit", "queueing_ticket"):
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"  # noqa: S608
            )
        settle(cursor)


def settle(cursor: object) -> None:
    """Let the server do now what it would otherwise do while something is measured."""
    tables = "queueing_visit, queueing_ticket, queueing_ticketevent, queueing_window"
    cursor.execute(f"VACUUM (ANALYZE) {tables}, notifications_message")  # type: ignore[attr-defined]
    cursor.execute("CHECKPOINT")  # type: ignore[attr-defined]


def days(count: int, today: dt.date) -> list[dt.date]:
    """The first `count` days of the history."""
    return [today - dt.timedelta(days=n) for n in range(1, count + 1)]


def _base(cursor: object, table: str, first: int) -> int:
    """What is added to a history number to make its id: the same for all parts of a history."""
    cursor.execute(f"SELECT coalesce(max(id), 0) FROM {table}")  # type: ignore[attr-defined]  # noqa: S608
    return int(cursor.fetchone()[0]) - (first - 1)  # type: ignore[attr-defined]
