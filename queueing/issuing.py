"""The SQL that gives numbers: the locks, the seats, and the rows of a visit in one statement.

The order of locks is everywhere: people (advisory, by key) -> counter session -> queue day ->
windows by id -> tickets by id. Each guard is a function of its own so that the race tests can
replace it and see the race.
"""

import datetime as dt
import secrets
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db import connection

from privacy.fields import encrypted
from queueing import prepared
from queueing.models import Ticket, Visit
from queueing.windows import label
from queueing.workflow import ACTIVE

SHORT_CODE_CHARACTERS = "ABCDEFGHJKLMNPRSTUVWXYZ23456789"  # without I, O, Q, 0, 1
_ACTIVE = tuple(str(state) for state in ACTIVE)
_PEOPLE, _WINDOWS = 1, 2  # classes of advisory locks


class TryAgain(Exception):
    """What was read changed before it was locked (a block ran out, a seat went): read it anew."""


@dataclass
class Person:
    """What is already known of the person who asks, read under the person's lock."""

    visit_id: int | None = None
    request_hash: bytes | None = None
    booked_services: set[bytes] = field(default_factory=set)
    active_of_contact: int = 0


def lock_people(keys: Iterable[bytes]) -> str:
    """The statement that lets the requests of one person (or one request key) pass in turn."""
    numbers = sorted({int.from_bytes(key[:4], "big", signed=True) for key in keys})
    return (
        f"SELECT pg_advisory_xact_lock({_PEOPLE}, k)"  # noqa: S608 - whole numbers only
        f" FROM unnest(ARRAY{numbers}::int[]) AS k; "
    )


# The states stand in the text: only then can an index with a condition on them serve.
_LOOK_UP = f"""
SELECT v.id, v.request_hash,
       ARRAY(SELECT person_key FROM queueing_ticket
              WHERE person_key = ANY(%(people)s::bytea[]) AND state IN {_ACTIVE}),
       (SELECT count(*) FROM queueing_ticket t JOIN queueing_visit o ON o.id = t.visit_id
         WHERE o.date = %(date)s AND t.state IN {_ACTIVE} AND {{whose}})
  FROM (SELECT 1) AS one
  LEFT JOIN queueing_visit v ON v.request_key = %(request)s
"""  # noqa: S608 - constants of the house
_OF_THE_CONTACT = _LOOK_UP.format(whose="o.contact_key = %(contact)s")
_OF_THE_HELPER = _LOOK_UP.format(whose="o.booked_by_id = %(helper)s AND NOT t.walk_in")


def look_up_person(
    *,
    locks: Sequence[bytes],
    request_key: str | None,
    person_keys: Sequence[bytes],
    contact_key: bytes | None,
    helper_id: int | None,
    date: dt.date,
) -> Person:
    """Under the person's locks: the visit of this request, services booked, the contact's tickets.

    Lock and look-up are two statements sent together: the second sees what the first waited for.
    A helper's quota counts what the helper booked for that date instead of the contact's tickets.
    """
    with connection.cursor() as cursor:
        prepared.execute(
            cursor,
            _OF_THE_CONTACT if helper_id is None else _OF_THE_HELPER,
            {
                "people": list(person_keys),
                "contact": contact_key,
                "helper": helper_id,
                "date": date,
                "request": request_key,
            },
            before=lock_people(locks),
        )
        visit_id, request_hash, booked, active = cursor.fetchone()
    return Person(
        visit_id, request_hash and bytes(request_hash), {bytes(k) for k in booked}, active
    )


_TURN = """
SELECT id, pg_advisory_xact_lock(%(class)s, (id %% 2147483647)::int)
  FROM unnest(%(ids)s::bigint[]) AS id
"""
_TAKE_SEATS = f"""
WITH turn AS MATERIALIZED ({_TURN}),
locked AS MATERIALIZED (
    SELECT w.id FROM queueing_window w JOIN turn ON turn.id = w.id ORDER BY w.id FOR UPDATE OF w)
UPDATE queueing_window w
   SET taken = taken + 1, taken_online = taken_online + %(online)s, issued = issued + 1
  FROM locked
 WHERE w.id = locked.id AND w.taken < w.seats
   AND (%(online)s = 0 OR w.taken_online < w.online_seats)
RETURNING w.id, w.first_number + w.issued - 1, w.issued > w.block_size
"""  # noqa: S608


def wait_for_turn(window_ids: Iterable[int]) -> None:
    """Queue up for windows before their rows are locked by a rule that will take a seat there."""
    with connection.cursor() as cursor:
        cursor.execute(_TURN, {"class": _WINDOWS, "ids": sorted(window_ids)})


def take_seats(window_ids: Sequence[int], *, online: bool) -> dict[int, int | None]:
    """Take one seat in each window; {window: number}, None where the block is spent.

    A full window is missing from the answer: the caller refuses and the transaction rolls back.
    The advisory lock makes the wait of a rush fair and short; the UPDATE's own row lock is the
    guard, and a CHECK stands behind it.
    """
    with connection.cursor() as cursor:
        prepared.execute(
            cursor,
            _TAKE_SEATS,
            {"class": _WINDOWS, "ids": sorted(window_ids), "online": 1 if online else 0},
        )
        return {pk: None if spent else number for pk, number, spent in cursor.fetchall()}


def free_seat(*, window_id: int, online: bool) -> None:
    """Give back the seat of a cancelled or moved ticket."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE queueing_window SET taken = taken - 1, taken_online = taken_online - %s"
            " WHERE id = %s",
            [1 if online else 0, window_id],
        )


def retake_seat(*, window_id: int, online: bool) -> bool:
    """Take the seat of a cancelled ticket again, without a new number; False when it went."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE queueing_window SET taken = taken + 1, taken_online = taken_online + %s"
            " WHERE id = %s AND taken < seats AND (%s = 0 OR taken_online < online_seats)",
            [1 if online else 0, window_id, 1 if online else 0],
        )
        return cursor.rowcount == 1


def lock_days(day_ids: Iterable[int]) -> None:
    """Lock queue days in the order of their ids."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM queueing_queueday WHERE id = ANY(%s) ORDER BY id FOR UPDATE",
            [sorted(day_ids)],
        )


def next_overflow_number(day_id: int) -> int:
    """The next number above all blocks of a queue's day."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE queueing_queueday SET overflow_issued = overflow_issued + 1 WHERE id = %s"
            " RETURNING overflow_first + overflow_issued - 1",
            [day_id],
        )
        return int(cursor.fetchone()[0])


def new_token() -> str:
    """A token nobody can guess: 192 bits."""
    return secrets.token_urlsafe(24)


def new_short_code() -> str:
    """Six letters and figures that are not mistaken for one another."""
    return "".join(secrets.choice(SHORT_CODE_CHARACTERS) for _ in range(6))


@dataclass
class NewTicket:
    """A ticket about to be written."""

    queue_id: int
    prefix: str
    service_id: int
    standard_id: int | None
    window_id: int | None
    state: str
    seat: str
    walk_in: bool
    priority: bool
    sort_at: dt.datetime | None
    person_key: bytes | None
    number: int = 0  # known when its seat is taken
    checked_in_at: dt.datetime | None = None
    public_id: uuid.UUID = field(default_factory=uuid.uuid4)

    @property
    def label(self) -> str:
        return label(self.prefix, self.number)


_TICKET = """(%s::uuid, %s::bigint, %s::bigint, %s::bigint, %s::bigint, %s::int, %s, %s, %s,
    %s::boolean, %s::boolean, %s::timestamptz, %s::bytea, %s::timestamptz)"""
_WRITE = """
WITH visit AS (
    INSERT INTO queueing_visit (mall_id, date, token, short_code, name, phone, email, nik,
        contact_key, language, prefer, priority, priority_reason, needs, accommodation, channel,
        booked_by_id, notice_version, request_key, request_hash, created_at, checked_in_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::varchar[], %s, %s, %s, %s,
        %s, %s, %s, %s)
    RETURNING id, mall_id, date, created_at),
ticket AS (
    INSERT INTO queueing_ticket (visit_id, mall_id, date, booked_at, public_id, queue_id,
        service_type_id, standard_id, window_id, number, label, state, seat, walk_in, priority,
        sort_at, person_key, checked_in_at, recalls, returns, outcome, parked_reason, flagged)
    SELECT visit.id, visit.mall_id, visit.date, visit.created_at, new.*, 0, 0, '', '', false
      FROM visit, (VALUES {tickets}) AS new
    RETURNING id, public_id, state, checked_in_at),
event AS (
    INSERT INTO queueing_ticketevent (ticket_id, kind, at, officer_id, note)
    SELECT ticket.id, kind, visit.created_at, %s::bigint, %s
      FROM visit, ticket, unnest(CASE WHEN ticket.checked_in_at IS NULL THEN ARRAY['issued']
                                      ELSE ARRAY['issued', 'checked_in'] END) AS kind)
SELECT visit.id, ticket.id, ticket.public_id FROM visit, ticket
"""


def write_visit(
    visit: Visit,
    new: Sequence[NewTicket],
    *,
    officer_id: int | None = None,
    note: str = "",
    along: str = "",
) -> list[Ticket]:
    """Write a visit, its tickets and their first events in one statement; the tickets as models.

    `along` is a whole statement (the visit's messages) that travels with it: others wait for the
    seat's row until the commit, and each trip to the database makes them wait longer.
    """
    rows: list[object] = []
    for ticket in new:
        rows += [
            ticket.public_id,
            ticket.queue_id,
            ticket.service_id,
            ticket.standard_id,
            ticket.window_id,
            ticket.number,
            ticket.label,
            ticket.state,
            ticket.seat,
            ticket.walk_in,
            ticket.priority,
            ticket.sort_at,
            ticket.person_key,
            ticket.checked_in_at,
        ]
    values = [
        visit.mall_id,
        visit.date,
        visit.token,
        visit.short_code,
        visit.name,
        *(encrypted(Visit, name, getattr(visit, name)) for name in ("phone", "email", "nik")),
        visit.contact_key,
        visit.language,
        visit.prefer,
        visit.priority,
        visit.priority_reason,
        visit.needs,
        visit.accommodation,
        visit.channel,
        visit.booked_by_id,
        visit.notice_version,
        visit.request_key,
        visit.request_hash,
        visit.created_at,
        visit.checked_in_at,
    ]
    with connection.cursor() as cursor:
        prepared.execute(
            cursor,
            _WRITE.format(tickets=",".join([_TICKET] * len(new))),
            [*values, *rows, officer_id, note],
            before=f"{along}; " if along else "",
        )
        written = {public_id: (visit_id, pk) for visit_id, pk, public_id in cursor.fetchall()}
    tickets = []
    for ticket in new:
        visit.pk, pk = written[ticket.public_id]
        tickets.append(
            Ticket(
                pk=pk,
                public_id=ticket.public_id,
                visit_id=visit.pk,
                mall_id=visit.mall_id,
                date=visit.date,
                queue_id=ticket.queue_id,
                service_type_id=ticket.service_id,
                standard_id=ticket.standard_id,
                window_id=ticket.window_id,
                number=ticket.number,
                label=ticket.label,
                state=ticket.state,
                seat=ticket.seat,
                walk_in=ticket.walk_in,
                priority=ticket.priority,
                sort_at=ticket.sort_at,
                person_key=ticket.person_key,
                booked_at=visit.created_at,
                checked_in_at=ticket.checked_in_at,
            )
        )
    visit._state.adding = False
    for made in tickets:
        made._state.adding = False
        made.visit = visit
    return tickets
