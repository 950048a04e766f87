"""At an open counter: call next, call a chosen number, recall, start, end, park, absent."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, connection, transaction

from accounts.models import User
from queueing import live, prepared, reminders
from queueing.models import CallAnnouncement, QueueDay, Ticket
from queueing.refusals import Refusal
from queueing.rules.record import log, snapshot
from queueing.workflow import AT_COUNTER, State, may

_TICKET_FIELDS = [field.attname for field in Ticket._meta.concrete_fields]
_TICKET_COLUMNS = ", ".join(f"t.{field.column}" for field in Ticket._meta.concrete_fields)

# The head of one queue becomes called; equality on queue and date is what the index serves.
# FOR UPDATE SKIP LOCKED is the guard; people at another counter, or just back from one, are passed.
CALL_HEAD = """
WITH head AS (
    SELECT t.id, jsonb_build_object('state', t.state, 'sort_at', t.sort_at,
           'counter_id', t.counter_id, 'officer_id', t.officer_id, 'called_at', t.called_at,
           'started_at', t.started_at, 'ended_at', t.ended_at, 'released_at', t.released_at,
           'recalls', t.recalls, 'returns', t.returns, 'outcome', t.outcome,
           'collect_on', t.collect_on, 'parked_reason', t.parked_reason, 'label', t.label) AS before
      FROM queueing_ticket t
     WHERE t.queue_id = %(queue)s AND t.date = %(date)s AND t.state = 'waiting'
       AND {person_is_free}
     ORDER BY t.sort_at, t.number LIMIT 1
     {lock}),
called AS (
    UPDATE queueing_ticket t
       SET state = 'called', counter_id = %(counter)s, officer_id = %(officer)s,
           called_at = %(at)s, started_at = NULL, ended_at = NULL, recalls = 0, outcome = ''
      FROM head WHERE t.id = head.id
    RETURNING head.before, {ticket}),
event AS (
    INSERT INTO queueing_ticketevent (ticket_id, kind, at, officer_id, counter_id, note, before)
    SELECT id, 'called', %(at)s, %(officer)s, %(counter)s, %(note)s, before FROM called),
announcement AS (
    INSERT INTO queueing_callannouncement
        (mall_id, date, ticket_id, label, counter_number, zone, recall, at)
    SELECT %(mall)s::bigint, %(date)s, id, label, %(number)s::int, %(zone)s::text, false, %(at)s
      FROM called
    RETURNING id)
SELECT announcement.id, called.* FROM announcement, called
""".replace("{ticket}", _TICKET_COLUMNS)
LOCK_HEAD = "FOR UPDATE OF t SKIP LOCKED"
PERSON_IS_FREE = """NOT EXISTS (
    SELECT 1 FROM queueing_ticket o WHERE o.visit_id = t.visit_id AND o.id <> t.id
       AND (o.state IN ('called', 'serving')
            OR o.released_at > %(at)s::timestamptz - interval '10 minutes'))"""
BEST_QUEUE = """
SELECT q.id FROM unnest(%(queues)s::bigint[]) WITH ORDINALITY AS q(id, position)
 CROSS JOIN LATERAL (
    SELECT t.sort_at, t.number FROM queueing_ticket t
     WHERE t.queue_id = q.id AND t.date = %(date)s AND t.state = 'waiting' AND {person_is_free}
     ORDER BY t.sort_at, t.number LIMIT 1) AS head
 ORDER BY head.sort_at, q.position, head.number LIMIT 1
"""
_SESSION = """
SELECT s.id, s.counter_id, s.queue_ids, s.date, s.officer_id, s.browser,
       c.number, c.zone, c.mall_id, m.time_zone
  FROM queueing_countersession s
  JOIN queueing_counter c ON c.id = s.counter_id
  JOIN services_mall m ON m.id = c.mall_id
 WHERE s.counter_id = %s AND s.closed_at IS NULL
   FOR UPDATE OF s
"""


def call_next(*, counter_id: int, officer: User, at: dt.datetime) -> Ticket | None:
    """Call the first person of the counter's queues; None when nobody waits.

    Refuses `counter_closed`, `not_allowed` (another officer's counter), `still_serving`.
    """
    for _attempt in range(5):
        try:
            with transaction.atomic():
                return _call_next(counter_id, officer, at)
        except IntegrityError as error:
            # the person was called elsewhere in the same moment: the next look passes them over
            if _constraint(error) == "one_ticket_per_counter":
                raise Refusal("still_serving") from None
            if _constraint(error) != "one_counter_per_visit":
                raise
    return None


def _call_next(counter_id: int, officer: User, at: dt.datetime) -> Ticket | None:
    session = lock_session(counter_id, officer, at)
    with connection.cursor() as cursor:
        _refuse_while_somebody_is_here(cursor, counter_id)
        values = {**_of_a_call(session, officer, at), "queues": session["queue_ids"]}
        for _attempt in range(len(session["queue_ids"]) + 2):
            queue = session["queue_ids"][0]
            if len(session["queue_ids"]) > 1:
                prepared.execute(cursor, BEST_QUEUE.format(person_is_free=PERSON_IS_FREE), values)
                best = cursor.fetchone()
                if best is None:
                    return None
                queue = best[0]
            prepared.execute(
                cursor,
                CALL_HEAD.format(person_is_free=PERSON_IS_FREE, lock=LOCK_HEAD),
                {**values, "queue": queue},
            )
            if row := cursor.fetchone():
                return _called(session, queue, row)
            if len(session["queue_ids"]) == 1:
                return None
    return None


def call_chosen(
    *, counter_id: int, ticket_id: int, reason: str, officer: User, at: dt.datetime
) -> Ticket:
    """Call one who waits in the counter's queues out of turn; the reason stays on record.

    Refuses `reason_needed`, `not_waiting` (called elsewhere in the meantime, or of another queue)
    and `person_elsewhere` (at another counter now).
    """
    if len(reason.strip()) < 5:
        raise Refusal("reason_needed")
    try:
        with transaction.atomic():
            session = lock_session(counter_id, officer, at)
            queue = (
                Ticket.objects.filter(
                    pk=ticket_id, queue__in=session["queue_ids"], date=session["date"]
                )
                .values_list("queue_id", flat=True)
                .first()
            )
            with connection.cursor() as cursor:
                _refuse_while_somebody_is_here(cursor, counter_id)
                values = _of_a_call(session, officer, at, note=reason.strip()[:200])
                sql = CALL_HEAD.format(person_is_free="t.id = %(ticket)s", lock=LOCK_HEAD)
                cursor.execute(sql, {**values, "queue": queue, "ticket": ticket_id})
                row = cursor.fetchone()
            if row is None or queue is None:
                raise Refusal("not_waiting")
            return _called(session, queue, row)
    except IntegrityError as error:
        if _constraint(error) != "one_counter_per_visit":
            raise
        raise Refusal("person_elsewhere") from None


def _of_a_call(
    session: dict[str, Any], officer: User, at: dt.datetime, note: str = ""
) -> dict[str, Any]:
    return {
        "date": session["date"],
        "counter": session["counter_id"],
        "officer": officer.pk,
        "at": at,
        "mall": session["mall_id"],
        "number": session["number"],
        "zone": session["zone"],
        "note": note,
    }


def _refuse_while_somebody_is_here(cursor: Any, counter_id: int) -> None:
    cursor.execute(
        "SELECT 1 FROM queueing_ticket WHERE counter_id = %s AND state IN ('called', 'serving')",
        [counter_id],
    )
    if cursor.fetchone():
        raise Refusal("still_serving")


def _called(session: dict[str, Any], queue: int, row: tuple[Any, ...]) -> Ticket:
    announcement, _before, *ticket = row
    live.changed(mall_id=session["mall_id"], queue_ids=[queue], announcement=announcement)
    return Ticket.from_db(connection.alias, _TICKET_FIELDS, ticket)


@transaction.atomic
def recall(*, counter_id: int, officer: User, at: dt.datetime) -> Ticket:
    """Call the called person again, at most the queue's `max_recalls` times."""
    session, ticket = at_the_counter(counter_id, officer, at)
    refuse_unless("recalled", ticket)
    if ticket.recalls >= ticket.queue.max_recalls:
        raise Refusal("recalled_enough", limit=ticket.queue.max_recalls)
    before = snapshot(ticket)
    ticket.recalls += 1
    ticket.save(update_fields=["recalls"])
    log(ticket, "recalled", at=at, officer_id=officer.pk, counter_id=counter_id, before=before)
    call = CallAnnouncement.objects.create(
        mall_id=ticket.mall_id,
        date=ticket.date,
        ticket=ticket,
        label=ticket.label,
        counter_number=session["number"],
        zone=session["zone"],
        recall=True,
        at=at,
    )
    live.changed(mall_id=ticket.mall_id, queue_ids=[ticket.queue_id], announcement=call.pk)
    return ticket


@transaction.atomic
def start(*, counter_id: int, officer: User, at: dt.datetime) -> Ticket:
    """The person is at the counter: service begins."""
    _session, ticket = at_the_counter(counter_id, officer, at)
    refuse_unless("started", ticket)
    before = snapshot(ticket)
    ticket.state = State.SERVING
    ticket.started_at = at
    return act(ticket, "started", ["started_at"], at, officer, before)


@transaction.atomic
def end(
    *,
    counter_id: int,
    officer: User,
    at: dt.datetime,
    outcome: str = Ticket.Outcome.SERVED,
    collect_on: dt.date | None = None,
    note: str = "",
    goes_on: bool = False,
) -> Ticket:
    """Service ends with an outcome; `collect_on` is the date for `collect_later`.

    `note` is read by the citizen: the papers that are missing, where they were sent. Who `goes_on`
    to another service of the visit may be called there at once, not after ten minutes.
    """
    if outcome not in Ticket.Outcome.values:
        raise Refusal("bad_outcome")
    if outcome == Ticket.Outcome.DOCUMENTS_MISSING and not note.strip():
        raise Refusal("missing_papers_needed")
    _session, ticket = at_the_counter(counter_id, officer, at)
    refuse_unless("ended", ticket)
    if outcome == Ticket.Outcome.COLLECT_LATER:
        if collect_on is None or collect_on < ticket.date:
            raise Refusal("collect_date_needed")
    else:
        collect_on = None
    before = snapshot(ticket)
    ticket.state = State.DONE
    ticket.ended_at = at
    ticket.released_at = None if goes_on else at
    ticket.outcome = outcome
    ticket.collect_on = collect_on
    if collect_on:
        reminders.to_collect(ticket=ticket, at=at)
    fields = ["ended_at", "released_at", "outcome", "collect_on"]
    return act(ticket, "ended", fields, at, officer, before, note or outcome)


def end_and_call_next(
    *,
    counter_id: int,
    officer: User,
    at: dt.datetime,
    outcome: str = Ticket.Outcome.SERVED,
    collect_on: dt.date | None = None,
    note: str = "",
    goes_on: bool = False,
) -> Ticket | None:
    """The console's one key: end what is being served, then call the next person."""
    end(
        counter_id=counter_id,
        officer=officer,
        at=at,
        outcome=outcome,
        collect_on=collect_on,
        note=note,
        goes_on=goes_on,
    )
    return call_next(counter_id=counter_id, officer=officer, at=at)


@transaction.atomic
def park(*, counter_id: int, officer: User, reason: str, at: dt.datetime) -> Ticket:
    """Set the person aside with a reason; `bring_back` gives them their old place."""
    if len(reason.strip()) < 5:
        raise Refusal("reason_needed")
    _session, ticket = at_the_counter(counter_id, officer, at)
    refuse_unless("parked", ticket)
    before = snapshot(ticket)
    ticket.state = State.PARKED
    ticket.released_at = at
    ticket.parked_reason = reason.strip()[:160]
    return act(ticket, "parked", ["released_at", "parked_reason"], at, officer, before, reason)


@transaction.atomic
def absent(*, counter_id: int, officer: User, at: dt.datetime) -> Ticket:
    """Called and did not come; may rejoin once, until closing."""
    _session, ticket = at_the_counter(counter_id, officer, at)
    refuse_unless("absent", ticket)
    before = snapshot(ticket)
    ticket.state = State.ABSENT
    ticket.released_at = at
    return act(ticket, "absent", ["released_at"], at, officer, before)


def lock_session(counter_id: int, officer: User, at: dt.datetime) -> dict[str, Any]:
    """Lock the counter's open session of today; refuses another officer's."""
    with connection.cursor() as cursor:
        prepared.execute(cursor, _SESSION, [counter_id])
        row = cursor.fetchone()
        names = [column.name for column in cursor.description or ()]
    if row is None:
        raise Refusal("counter_closed")
    session = dict(zip(names, row, strict=True))
    if session["officer_id"] != officer.pk:
        raise Refusal("not_allowed")
    if session["date"] != at.astimezone(ZoneInfo(session["time_zone"])).date():
        raise Refusal("counter_closed")
    return session


def at_the_counter(
    counter_id: int, officer: User, at: dt.datetime
) -> tuple[dict[str, Any], Ticket]:
    session = lock_session(counter_id, officer, at)
    ticket = (
        Ticket.objects.select_for_update(of=("self",))
        .filter(counter_id=counter_id, state__in=AT_COUNTER)
        .select_related("queue", "visit")
        .first()
    )
    if ticket is None:
        raise Refusal("nobody_at_counter")
    return session, ticket


def refuse_unless(step: str, ticket: Ticket) -> None:
    if not may(step, ticket.state):
        raise Refusal("wrong_state", state=State(ticket.state).label)


def act(
    ticket: Ticket,
    kind: str,
    fields: list[str],
    at: dt.datetime,
    officer: User,
    before: dict[str, Any],
    note: str = "",
    counter_id: int | None = None,
) -> Ticket:
    ticket.save(update_fields=["state", *fields])
    log(
        ticket,
        kind,
        at=at,
        officer_id=officer.pk,
        counter_id=counter_id or ticket.counter_id,
        note=note,
        before=before,
    )
    live.changed(mall_id=ticket.mall_id, queue_ids=[ticket.queue_id])
    return ticket


def is_closed(ticket: Ticket) -> bool:
    return QueueDay.objects.filter(
        queue_id=ticket.queue_id, date=ticket.date, closed_at__isnull=False
    ).exists()


def _constraint(error: IntegrityError) -> str:
    return getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""
