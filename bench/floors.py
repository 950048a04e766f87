"""The frozen floors: the rows of a booking and of a call, by plain SQL, without any of the rules.

They are not to be tuned together with the portal: a floor that moves measures nothing.
"""

import datetime as dt
import json
import os
import secrets
import uuid
from typing import Any

CONTEXT = {
    "first_name": "Siti",
    "mall": "Mal Pelayanan Publik",
    "date": "Rabu, 25 November 2026",
    "time_range": "09.00–10.00",
    "label": "C 037",
    "link": "https://mpp.example.go.id/tiket/abcdefghijklmnopqrstuvwxyz012345/",
}
_CONTEXT = json.dumps(CONTEXT)

ABOUT_WINDOW = """
SELECT q.mall_id, qs.service_type_id, q.id, q.prefix
  FROM queueing_window w JOIN queueing_queue q ON q.id = w.queue_id
  JOIN queueing_queueservice qs ON qs.queue_id = q.id WHERE w.id = %s
"""


def values(
    window: int, mall: int, service: int, queue: int, prefix: str, name: str
) -> dict[str, Any]:
    """The parameters of the statements below, with fresh random values where a row needs them."""
    return {
        "window": window,
        "mall": mall,
        "service": service,
        "queue": queue,
        "prefix": prefix,
        "name": name,
        "now": dt.datetime.now(dt.UTC),
        "public_id": str(uuid.uuid4()),
        "token": secrets.token_urlsafe(24),
        "code": secrets.token_urlsafe(5)[:6],
        "phone": os.urandom(46),
        "empty": os.urandom(32),
        "key": os.urandom(32),
        "person": os.urandom(32),
        "context": _CONTEXT,
    }


_SEAT = """UPDATE queueing_window
   SET taken = taken + 1, taken_online = taken_online + 1, issued = issued + 1
 WHERE id = %(window)s AND taken < seats
RETURNING date, first_number + issued - 1 AS number"""
_VISIT = """INSERT INTO queueing_visit (mall_id, date, token, short_code, name, phone, email, nik,
    contact_key, language, priority, priority_reason, needs, accommodation, channel,
    notice_version, created_at)"""
_VISIT_VALUES = """%(token)s, %(code)s, %(name)s, %(phone)s, %(empty)s, %(empty)s, %(key)s, 'id',
    '', '', '{}', '', 'api', '', %(now)s"""
_TICKET = """INSERT INTO queueing_ticket (visit_id, mall_id, date, booked_at, public_id, queue_id,
    service_type_id, window_id, number, label, state, seat, walk_in, priority, person_key, recalls,
    returns, outcome, parked_reason, flagged)"""
_TICKET_VALUES = """%(now)s::timestamptz, %(public_id)s::uuid, %(queue)s, %(service)s, %(window)s,
    {number}, %(prefix)s || ' ' || lpad({number}::text, greatest(3, length({number}::text)), '0'),
    'booked', 'online', false, false, %(person)s, 0, 0, '', '', false"""
_EVENT = "INSERT INTO queueing_ticketevent (ticket_id, kind, at, note)"
_MESSAGE = """INSERT INTO notifications_message (kind, channel, address, language, context, about,
    send_after, not_after, dedup_key, rehearsal, mall_id, time_zone, person_key, state, attempts,
    last_error, provider_id, report, parts, cost, created_at)"""
_MESSAGE_VALUES = """'booked', 'console', %(phone)s, 'id', %(context)s::jsonb, %(public_id)s,
    %(now)s, %(now)s, %(public_id)s || ':booked', false, %(mall)s, 'Asia/Jakarta', %(key)s,
    'due', 0, '', '', '', 0, 0, %(now)s"""

CTE = f"""
WITH seat AS ({_SEAT}),
visit AS ({_VISIT} SELECT %(mall)s, date, {_VISIT_VALUES} FROM seat RETURNING id),
ticket AS (
    {_TICKET}
    SELECT visit.id, %(mall)s, seat.date, {_TICKET_VALUES.format(number="seat.number")}
      FROM visit, seat RETURNING id, label),
event AS ({_EVENT} SELECT id, 'issued', %(now)s, '' FROM ticket),
message AS ({_MESSAGE} SELECT {_MESSAGE_VALUES} FROM ticket)
SELECT label FROM ticket
"""  # noqa: S608 - constants of this file


def book(connection: Any, asked: dict[str, Any]) -> None:
    """The five rows by five statements in one transaction of a psycopg2 connection."""
    with connection.cursor() as cursor:
        cursor.execute(_SEAT, asked)
        asked["date"], asked["number"] = cursor.fetchone()
        cursor.execute(
            f"{_VISIT} VALUES (%(mall)s, %(date)s, {_VISIT_VALUES}) RETURNING id",
            asked,
        )
        asked["visit"] = cursor.fetchone()[0]
        ticket = _TICKET_VALUES.format(number="%(number)s")
        cursor.execute(
            f"{_TICKET} VALUES (%(visit)s, %(mall)s, %(date)s, {ticket}) RETURNING id",
            asked,
        )
        asked["ticket"] = cursor.fetchone()[0]
        cursor.execute(f"{_EVENT} VALUES (%(ticket)s, 'issued', %(now)s, '')", asked)
        cursor.execute(f"{_MESSAGE} VALUES ({_MESSAGE_VALUES})", asked)
    connection.commit()


def call(connection: Any, asked: dict[str, Any]) -> int:
    """The head of one queue becomes called: select, update, event, announcement, commit."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, label FROM queueing_ticket WHERE queue_id = %(queue)s AND date = %(date)s"
            " AND state = 'waiting' ORDER BY sort_at, number LIMIT 1 FOR UPDATE SKIP LOCKED",
            asked,
        )
        ticket, asked["label"] = cursor.fetchone()
        asked["ticket"] = ticket
        cursor.execute(
            "UPDATE queueing_ticket SET state = 'called', counter_id = %(counter)s,"
            " officer_id = %(officer)s, called_at = %(at)s WHERE id = %(ticket)s",
            asked,
        )
        cursor.execute(
            "INSERT INTO queueing_ticketevent (ticket_id, kind, at, officer_id, counter_id, note)"
            " VALUES (%(ticket)s, 'called', %(at)s, %(officer)s, %(counter)s, '')",
            asked,
        )
        cursor.execute(
            "INSERT INTO queueing_callannouncement (mall_id, date, ticket_id, label,"
            " counter_number, zone, recall, at) VALUES (%(mall)s, %(date)s, %(ticket)s, %(label)s,"
            " 1, '', false, %(at)s)",
            asked,
        )
    connection.commit()
    return int(ticket)
