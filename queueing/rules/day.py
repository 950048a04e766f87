"""A queue's day under way: its pause, and its close."""

import datetime as dt
from collections.abc import Collection

from django.db import connection, transaction
from django.db.models import F, QuerySet

from notifications.rules import enqueue, void
from queueing import live, reminders
from queueing.models import CounterSession, Queue, QueueDay, Ticket, Window
from queueing.refusals import Refusal
from queueing.rules.freeing import let_all_go
from queueing.workflow import State
from services.models import Mall


@transaction.atomic
def pause(
    *,
    queue_id: int,
    reason: str,
    at: dt.datetime,
    expected_back_at: dt.datetime | None = None,
) -> QueueDay:
    """Pause a queue today with a sentence that citizens read; people keep their place.

    Who is booked for an hour that begins before the expected return (without one: any hour of
    today) gets one message.
    """
    if len(reason.strip()) < 5:
        raise Refusal("reason_needed")
    day = _lock_today(queue_id, at)
    day.paused_reason = reason.strip()[:200]
    day.paused_at = at
    day.expected_back_at = expected_back_at
    day.save(update_fields=["paused_reason", "paused_at", "expected_back_at"])
    drafts = [
        draft
        for ticket in booked_in_the_pause(
            queue_ids=[queue_id], date=day.date, at=at, back_at=expected_back_at
        )
        for draft in reminders.paused(
            ticket=ticket, reason=day.paused_reason, back_at=expected_back_at, at=at
        )
    ]
    enqueue(drafts=drafts, at=at)
    live.changed(mall_id=day.mall_id, queue_ids=[queue_id])
    return day


def booked_in_the_pause(
    *, queue_ids: Collection[int], date: dt.date, at: dt.datetime, back_at: dt.datetime | None
) -> QuerySet[Ticket]:
    """Booked tickets whose window begins before these queues go on, by start."""
    rows = Ticket.objects.filter(
        queue__in=queue_ids, date=date, state=State.BOOKED, window__ends_at__gt=at
    )
    if back_at:
        rows = rows.filter(window__starts_at__lt=back_at)
    rows = rows.select_related("visit", "mall", "window", "queue")
    return rows.order_by("window__starts_at", "pk")


@transaction.atomic
def resume(*, queue_id: int, at: dt.datetime) -> QueueDay:
    """End a pause; what is not sent of it yet is not sent any more."""
    day = _lock_today(queue_id, at)
    if day.paused_reason:
        tickets = Ticket.objects.filter(queue=queue_id, date=day.date)
        about = [str(key) for key in tickets.values_list("public_id", flat=True)]
        void(about=about, kinds=["paused"], at=at)
    day.paused_reason = ""
    day.paused_at = day.expected_back_at = None
    day.save(update_fields=["paused_reason", "paused_at", "expected_back_at"])
    live.changed(mall_id=day.mall_id, queue_ids=[queue_id])
    return day


def close_day(*, mall: Mall, date: dt.date, at: dt.datetime) -> int:
    """Close a mall's day; the number of tickets it ended. Twice is once.

    Sessions close; who waits, is parked or called is unserved (the hall's fault), who is being
    served is done and flagged, who never came is a no-show. One queue a transaction.
    """
    CounterSession.objects.filter(
        counter__mall=mall, date__lte=date, closed_at__isnull=True
    ).update(closed_at=at)
    ended = 0
    for day_id in list(
        QueueDay.objects.filter(mall=mall, date=date, closed_at__isnull=True)
        .order_by("pk")
        .values_list("pk", flat=True)
    ):
        ended += _close_queue_day(day_id, at)
    return ended


def close_past_days(*, at: dt.datetime) -> int:
    """Close every day of every mall that is over in the mall's own zone."""
    ended = 0
    for mall in Mall.objects.all():
        for date in (
            QueueDay.objects.filter(mall=mall, date__lt=mall.date_at(at), closed_at__isnull=True)
            .order_by("date")
            .values_list("date", flat=True)
            .distinct()
        ):
            ended += close_day(mall=mall, date=date, at=at)
    return ended


_CLOSE = """
WITH open_ones AS (
    SELECT id, state, visit_id, public_id FROM queueing_ticket
     WHERE queue_id = %(queue)s AND date = %(date)s
       AND state IN ('printing', 'booked', 'waiting', 'parked', 'called', 'serving')
     ORDER BY id FOR UPDATE),
ended AS (
    UPDATE queueing_ticket t
       SET state = CASE o.state WHEN 'serving' THEN 'done' WHEN 'booked' THEN 'no_show'
                                ELSE 'unserved' END,
           outcome = CASE o.state WHEN 'serving' THEN 'served' ELSE t.outcome END,
           flagged = o.state = 'serving', ended_at = %(at)s
      FROM open_ones o WHERE t.id = o.id
    RETURNING t.id, t.state, t.public_id, o.state AS was),
event AS (
    INSERT INTO queueing_ticketevent (ticket_id, kind, at, note, before)
    SELECT id, CASE state WHEN 'done' THEN 'closed' ELSE state END, %(at)s, '',
           jsonb_build_object('state', was) FROM ended)
SELECT public_id::text FROM ended
"""


@transaction.atomic
def _close_queue_day(day_id: int, at: dt.datetime) -> int:
    day = QueueDay.objects.select_for_update().get(pk=day_id)
    if day.closed_at:
        return 0
    list(
        Window.objects.select_for_update()
        .filter(queue_id=day.queue_id, date=day.date)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    windows = Window.objects.filter(queue_id=day.queue_id, date=day.date)
    let_all_go(windows, at=at)
    # nobody who still waits for the lock finds a seat in a day that is closed
    windows.filter(ends_at__gt=at).update(seats=F("taken"), online_seats=F("taken_online"))
    with connection.cursor() as cursor:
        cursor.execute(_CLOSE, {"queue": day.queue_id, "date": day.date, "at": at})
        ended = [row[0] for row in cursor.fetchall()]
    void(about=ended, at=at)
    day.closed_at = at
    day.save(update_fields=["closed_at"])
    live.changed(mall_id=day.mall_id, queue_ids=[day.queue_id])
    return len(ended)


def _lock_today(queue_id: int, at: dt.datetime) -> QueueDay:
    queue = Queue.objects.select_related("mall").get(pk=queue_id)
    today = queue.mall.date_at(at)
    QueueDay.objects.get_or_create(queue=queue, date=today, defaults={"mall_id": queue.mall_id})
    return QueueDay.objects.select_for_update().get(queue=queue, date=today)
