"""The counter: open, call next, recall, start, end, park, absent, bring back, transfer, undo."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, connection, transaction
from django.db.models import Q

from accounts.models import User
from queueing import live, prepared
from queueing.models import (
    CallAnnouncement,
    Counter,
    CounterAssignment,
    CounterSession,
    QueueDay,
    Ticket,
)
from queueing.refusals import Refusal
from queueing.rules.day import close_day
from queueing.rules.record import log, snapshot
from queueing.workflow import AT_COUNTER, State, may
from services.permissions import CALL, agencies_for

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
    SELECT id, 'called', %(at)s, %(officer)s, %(counter)s, '', before FROM called),
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
SELECT s.id, s.queue_ids, s.date, s.officer_id, c.number, c.zone, c.mall_id, m.time_zone
  FROM queueing_countersession s
  JOIN queueing_counter c ON c.id = s.counter_id
  JOIN services_mall m ON m.id = c.mall_id
 WHERE s.counter_id = %s AND s.closed_at IS NULL
   FOR UPDATE OF s
"""


def assigned_queues(*, counter: Counter, officer: User, date: dt.date) -> list[int]:
    """The queues that a counter calls from on `date`, in order, that this officer may call."""
    ids = (
        CounterAssignment.objects.filter(
            Q(weekday__isnull=True) | Q(weekday=date.weekday()),
            Q(first_date__isnull=True) | Q(first_date__lte=date),
            Q(last_date__isnull=True) | Q(last_date__gte=date),
            counter=counter,
            queue__active=True,
            queue__agency__in=agencies_for(officer, CALL),
        )
        .order_by("position", "pk")
        .values_list("queue_id", flat=True)
    )
    return list(dict.fromkeys(ids))


def open_counter(*, counter_id: int, officer: User, at: dt.datetime) -> CounterSession:
    """Sit down at a counter: one open session per counter and per officer. Twice is once.

    Days that were never closed are closed first, so that yesterday is never called.
    """
    counter = Counter.objects.select_related("mall").get(pk=counter_id)
    today = counter.mall.date_at(at)
    for date in (
        QueueDay.objects.filter(mall=counter.mall, date__lt=today, closed_at__isnull=True)
        .order_by("date")
        .values_list("date", flat=True)
        .distinct()
    ):
        close_day(mall=counter.mall, date=date, at=at)
    CounterSession.objects.filter(
        Q(counter__mall=counter.mall) | Q(officer=officer), date__lt=today, closed_at__isnull=True
    ).update(closed_at=at)  # of a day that was closed before its last officer left
    queues = assigned_queues(counter=counter, officer=officer, date=today)
    if not queues:
        raise Refusal("nothing_assigned")
    try:
        return _open(counter, officer, today, queues, at)
    except IntegrityError:  # in the same moment as somebody else, or as the officer's first press
        return _open(counter, officer, today, queues, at)


def _open(
    counter: Counter, officer: User, date: dt.date, queues: list[int], at: dt.datetime
) -> CounterSession:
    with transaction.atomic():
        open_ones = list(
            CounterSession.objects.select_for_update(of=("self",))
            .filter(Q(counter=counter) | Q(officer=officer), closed_at__isnull=True)
            .select_related("counter")
            .order_by("pk")
        )
        for session in open_ones:
            if session.counter_id == counter.pk and session.officer_id == officer.pk:
                session.queue_ids = queues
                session.save(update_fields=["queue_ids"])
                return session
            if session.counter_id == counter.pk:
                raise Refusal("counter_taken")
            raise Refusal("officer_elsewhere", number=session.counter.number)
        return CounterSession.objects.create(
            counter=counter, officer=officer, date=date, queue_ids=queues, opened_at=at
        )


@transaction.atomic
def close_counter(*, counter_id: int, officer: User, at: dt.datetime) -> None:
    """Leave a counter; refused while a number is still there. Twice is once."""
    session = (
        CounterSession.objects.select_for_update()
        .filter(counter_id=counter_id, officer=officer, closed_at__isnull=True)
        .first()
    )
    if session is None:
        return
    if Ticket.objects.filter(counter_id=counter_id, state__in=AT_COUNTER).exists():
        raise Refusal("still_serving")
    session.closed_at = at
    session.save(update_fields=["closed_at"])


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
        cursor.execute(
            "SELECT 1 FROM queueing_ticket"
            " WHERE counter_id = %s AND state IN ('called', 'serving')",
            [counter_id],
        )
        if cursor.fetchone():
            raise Refusal("still_serving")
        values = {
            "date": session["date"],
            "counter": counter_id,
            "officer": officer.pk,
            "at": at,
            "mall": session["mall_id"],
            "number": session["number"],
            "zone": session["zone"],
            "queues": session["queue_ids"],
        }
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
                announcement, _before, *ticket = row
                live.changed(
                    mall_id=session["mall_id"], queue_ids=[queue], announcement=announcement
                )
                return Ticket.from_db(connection.alias, _TICKET_FIELDS, ticket)
            if len(session["queue_ids"]) == 1:
                return None
    return None


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
) -> Ticket:
    """Service ends with an outcome; `collect_on` is the date for `collect_later`."""
    if outcome not in Ticket.Outcome.values:
        raise Refusal("bad_outcome")
    _session, ticket = at_the_counter(counter_id, officer, at)
    refuse_unless("ended", ticket)
    if outcome == Ticket.Outcome.COLLECT_LATER:
        if collect_on is None or collect_on < ticket.date:
            raise Refusal("collect_date_needed")
    else:
        collect_on = None
    before = snapshot(ticket)
    ticket.state = State.DONE
    ticket.ended_at = ticket.released_at = at
    ticket.outcome = outcome
    ticket.collect_on = collect_on
    fields = ["ended_at", "released_at", "outcome", "collect_on"]
    return act(ticket, "ended", fields, at, officer, before, note or outcome)


def end_and_call_next(
    *,
    counter_id: int,
    officer: User,
    at: dt.datetime,
    outcome: str = Ticket.Outcome.SERVED,
    collect_on: dt.date | None = None,
) -> Ticket | None:
    """The console's one key: end what is being served, then call the next person."""
    end(counter_id=counter_id, officer=officer, at=at, outcome=outcome, collect_on=collect_on)
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
