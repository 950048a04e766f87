"""A queue's day: its windows made ahead and rebuilt, its pause, its close."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Max, Q

from notifications.rules import void
from queueing import live
from queueing.models import (
    CounterSession,
    Queue,
    QueueClosure,
    QueueDay,
    QueueHours,
    Ticket,
    Visit,
    Window,
)
from queueing.refusals import Refusal
from queueing.windows import Plan, cut, number_blocks, plan_day, without
from queueing.workflow import ACTIVE, State
from services import calendar
from services.hours import agency_days
from services.models import Holiday, Mall, ServiceType


@dataclass
class Rebuilt:
    """What a rebuild of days did, or would do: windows made and removed, bookings in the way."""

    made: int = 0
    removed: int = 0
    changed: int = 0
    in_the_way: list[str] = field(default_factory=list)


def materialise(*, queues: Sequence[Queue], at: dt.datetime) -> Rebuilt:
    """Make the windows of these queues from today as far ahead as they may be booked.

    Safe to repeat: a day that stands as planned is left alone, one whose hours changed is rebuilt
    around the booked seats; bookings outside the hours stay and are named.
    """
    total = Rebuilt()
    for queue in queues:
        today = queue.mall.date_at(at)
        last = today + dt.timedelta(days=queue.book_ahead_days)
        for date, day in queue_days(queue, today, last).items():
            part = rebuild_day(queue=queue, date=date, day=day, at=at)
            total.made += part.made
            total.removed += part.removed
            total.changed += part.changed
            total.in_the_way += part.in_the_way
    return total


@transaction.atomic
def rearrange(*, queues: Sequence[Queue], at: dt.datetime) -> Rebuilt:
    """After a change of hours, seats or closures: rebuild all future days, all or nothing.

    Refuses `bookings_in_the_way` naming the numbers that would lose their window or seat.
    """
    done = Rebuilt()
    for queue in sorted(queues, key=lambda q: q.pk):
        today = queue.mall.date_at(at)
        last = today + dt.timedelta(days=queue.book_ahead_days)
        made = Window.objects.filter(queue=queue).aggregate(last=Max("date"))["last"]
        for date, day in queue_days(queue, today, max(last, made or last)).items():
            part = rebuild_day(queue=queue, date=date, day=day, at=at)
            done.made += part.made
            done.removed += part.removed
            done.changed += part.changed
            done.in_the_way += part.in_the_way
    if done.in_the_way:
        raise Refusal("bookings_in_the_way", labels=", ".join(done.in_the_way[:20]))
    return done


def queue_days(queue: Queue, first: dt.date, last: dt.date) -> dict[dt.date, calendar.Day]:
    """The opening of a queue from `first` to `last`: its own hours, else its agency's."""
    dates = [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
    closed = {
        date
        for closure in QueueClosure.objects.filter(
            queue=queue, first_date__lte=last, last_date__gte=first
        )
        for date in dates
        if closure.first_date <= date <= closure.last_date
    }
    rows = [calendar.row_of(row) for row in QueueHours.objects.filter(queue=queue)]
    house = agency_days(agencies=[queue.agency], first=first, last=last)
    if not rows:
        days = {date: house[queue.agency_id, date] for date in dates}
    else:
        holidays = set(
            Holiday.objects.filter(mall_id=queue.mall_id, date__range=(first, last)).values_list(
                "date", flat=True
            )
        )
        days = {
            date: calendar.day(
                date,
                rows,
                holiday=date in holidays,
                closed=house[queue.agency_id, date].reason == "closed"
                and _closed_by_closure(queue, date),
            )
            for date in dates
        }
    return {
        date: calendar.Day((), None, "closed") if date in closed else day
        for date, day in days.items()
    }


@transaction.atomic
def rebuild_day(*, queue: Queue, date: dt.date, day: calendar.Day, at: dt.datetime) -> Rebuilt:
    """Bring the windows of one day in line with its opening, without touching a booked seat.

    Windows that have ended stay as they were. Bookings outside the opening, or beyond the seats,
    keep their place and are named; nothing more can be taken there.
    """
    done = Rebuilt()
    zone = queue.mall.zone
    all_online = _all_online(queue)
    existing = list(Window.objects.filter(queue=queue, date=date).order_by("starts_at"))
    planned = plan_day(
        cut(day.sessions, queue.window_minutes),
        seats_per_hour=queue.seats_per_hour,
        online_share=queue.online_share,
        all_online=all_online,
    )
    spans = {(_utc(date, p.start, zone), _utc(date, p.end, zone)): p for p in planned}
    if not existing and not planned:
        return done
    last_ticket = None if day.last_ticket is None else _utc(date, day.last_ticket, zone)
    queue_day, made = QueueDay.objects.get_or_create(
        queue=queue, date=date, defaults={"mall_id": queue.mall_id, "last_ticket_at": last_ticket}
    )
    if queue_day.closed_at:
        return done
    passed_on = _passed_on(queue, date) if date == queue.mall.date_at(at) else 0
    same = [
        w
        for w in existing
        if (p := spans.get((w.starts_at, w.ends_at)))
        and p.seats <= w.seats <= p.seats + passed_on
        and w.online_seats == p.online_seats
    ]
    if len(same) == len(existing) == len(planned) and queue_day.last_ticket_at == last_ticket:
        return done
    if existing or not made:
        queue_day = QueueDay.objects.select_for_update().get(pk=queue_day.pk)
        existing = list(
            Window.objects.select_for_update().filter(queue=queue, date=date).order_by("pk")
        )
    labels = _active_labels(existing) if existing else {}
    kept: list[Window] = []
    for window in existing:
        plan = spans.pop((window.starts_at, window.ends_at), None)
        if not (plan or window.issued or window.ends_at <= at):
            window.delete()
            done.removed += 1
            continue
        kept.append(window)
        if window.ends_at <= at:
            continue
        if plan:
            extra = min(max(0, window.seats - plan.seats), passed_on)
            passed_on -= extra
            done.in_the_way += labels.get(window.pk, [])[plan.seats + extra :]
            done.changed += _fit(window, plan.seats + extra, plan.online_seats)
        elif not _inside(window, day, date, zone):
            done.in_the_way += labels.get(window.pk, [])
            done.changed += _fit(window, 0, 0)
    taken_spans = [(_minute(w.starts_at, date, zone), _minute(w.ends_at, date, zone)) for w in kept]
    fresh_numbers = not any(w.issued for w in kept) and queue_day.overflow_issued == 0
    new = plan_day(
        cut(without(day.sessions, taken_spans), queue.window_minutes),
        seats_per_hour=queue.seats_per_hour,
        online_share=queue.online_share,
        all_online=all_online,
        first_number=queue_day.overflow_first,
    )
    new = [p for p in new if _utc(date, p.end, zone) > at] if existing else new
    if queue_day.overflow_issued and not fresh_numbers:
        new = [Plan(p.start, p.end, p.seats, p.online_seats) for p in new]
    made_windows = [
        Window(
            queue=queue,
            date=date,
            starts_at=_utc(date, p.start, zone),
            ends_at=_utc(date, p.end, zone),
            seats=p.seats,
            online_seats=p.online_seats,
            first_number=p.first_number,
            block_size=p.block_size,
        )
        for p in new
    ]
    if fresh_numbers:
        _number_the_day_anew(queue_day, kept, made_windows)
    Window.objects.bulk_create(made_windows)
    done.made += len(made_windows)
    if not fresh_numbers and not queue_day.overflow_issued:
        queue_day.overflow_first += sum(p.block_size for p in new)
    queue_day.last_ticket_at = last_ticket
    queue_day.save(update_fields=["last_ticket_at", "overflow_first"])
    return done


@transaction.atomic
def pause(
    *,
    queue_id: int,
    reason: str,
    at: dt.datetime,
    expected_back_at: dt.datetime | None = None,
) -> QueueDay:
    """Pause a queue today with a sentence that citizens read; people keep their place."""
    if len(reason.strip()) < 5:
        raise Refusal("reason_needed")
    day = _lock_today(queue_id, at)
    day.paused_reason = reason.strip()[:200]
    day.paused_at = at
    day.expected_back_at = expected_back_at
    day.save(update_fields=["paused_reason", "paused_at", "expected_back_at"])
    live.changed(mall_id=day.mall_id, queue_ids=[queue_id])
    return day


@transaction.atomic
def resume(*, queue_id: int, at: dt.datetime) -> QueueDay:
    """End a pause."""
    day = _lock_today(queue_id, at)
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
    # nobody who still waits for the lock finds a seat in a day that is closed
    Window.objects.filter(queue_id=day.queue_id, date=day.date, ends_at__gt=at).update(
        seats=F("taken"), online_seats=F("taken_online")
    )
    with connection.cursor() as cursor:
        cursor.execute(_CLOSE, {"queue": day.queue_id, "date": day.date, "at": at})
        ended = [row[0] for row in cursor.fetchall()]
    void(about=ended, at=at)
    day.closed_at = at
    day.save(update_fields=["closed_at"])
    live.changed(mall_id=day.mall_id, queue_ids=[day.queue_id])
    return len(ended)


def erase_visits(at: dt.datetime) -> int:
    """Erase what tells who came, of visits RETENTION_VISIT_DAYS before `at`; the figures stay.

    Name, contact, NIK and the blind indexes go, so that visits cannot be linked for ever.
    """
    before = at.date() - dt.timedelta(days=settings.RETENTION_VISIT_DAYS)
    erased = 0
    while True:
        with transaction.atomic():
            ids = list(
                Visit.objects.select_for_update(skip_locked=True)
                .filter(date__lt=before, erased_at__isnull=True)
                .order_by("pk")
                .values_list("pk", flat=True)[:500]
            )
            if not ids:
                return erased
            Ticket.objects.filter(visit_id__in=ids).update(person_key=None, parked_reason="")
            _erase_remarks(ids)
            Visit.objects.filter(pk__in=ids).update(
                name="",
                phone="",
                email="",
                nik="",
                contact_key=None,
                priority="",
                priority_reason="",
                needs=[],
                accommodation="",
                request_hash=None,
                erased_at=at,
            )
            erased += len(ids)


def _erase_remarks(visit_ids: Sequence[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL privacy.erasing = 'on'")
        cursor.execute(
            "UPDATE queueing_ticketevent e SET note = '' FROM queueing_ticket t"
            " WHERE t.id = e.ticket_id AND t.visit_id = ANY(%s) AND e.note <> ''",
            [list(visit_ids)],
        )
        cursor.execute("SET LOCAL privacy.erasing = 'off'")


def _lock_today(queue_id: int, at: dt.datetime) -> QueueDay:
    queue = Queue.objects.select_related("mall").get(pk=queue_id)
    today = queue.mall.date_at(at)
    QueueDay.objects.get_or_create(queue=queue, date=today, defaults={"mall_id": queue.mall_id})
    return QueueDay.objects.select_for_update().get(queue=queue, date=today)


def _passed_on(queue: Queue, date: dt.date) -> int:
    """Seats of people who never came, which went on to walk-ins of later windows."""
    return (
        Ticket.objects.filter(queue=queue, date=date, state=State.NO_SHOW)
        .exclude(seat=Ticket.Seat.NONE)
        .count()
    )


def _fit(window: Window, seats: int, online: int) -> bool:
    """Give a standing window these seats, never fewer than are taken; whether it changed."""
    seats = max(seats, window.taken)
    online = min(max(online, window.taken_online), seats)
    if (window.seats, window.online_seats) == (seats, online):
        return False
    window.seats, window.online_seats = seats, online
    window.save(update_fields=["seats", "online_seats"])
    return True


def _number_the_day_anew(day: QueueDay, kept: list[Window], made: list[Window]) -> None:
    """No number of the day is out yet: its blocks run from 1 in the order of the windows."""
    windows = sorted([*kept, *made], key=lambda w: w.starts_at)
    plans = number_blocks([Plan(0, 1, w.seats, w.online_seats) for w in windows], 1)
    for window, plan in zip(windows, plans, strict=True):
        window.first_number, window.block_size = plan.first_number, plan.block_size
    Window.objects.bulk_update(kept, ["first_number", "block_size"])
    day.overflow_first = 1 + sum(p.block_size for p in plans)


def _active_labels(windows: Sequence[Window]) -> dict[int, list[str]]:
    labels: dict[int, list[str]] = {}
    rows = Ticket.objects.filter(window__in=windows, state__in=ACTIVE).order_by("number")
    for window_id, label in rows.values_list("window_id", "label"):
        labels.setdefault(window_id, []).append(label)
    return labels


def _inside(window: Window, day: calendar.Day, date: dt.date, zone: dt.tzinfo) -> bool:
    start, end = _minute(window.starts_at, date, zone), _minute(window.ends_at, date, zone)
    return any(opens <= start and end <= closes for opens, closes in day.sessions)


def _all_online(queue: Queue) -> bool:
    modes = set(
        ServiceType.objects.filter(queue_service__queue=queue).values_list(
            "booking_mode", flat=True
        )
    )
    return modes == {ServiceType.BookingMode.ONLINE_ONLY}


def _closed_by_closure(queue: Queue, date: dt.date) -> bool:
    return (
        queue.mall.closures.filter(first_date__lte=date, last_date__gte=date)
        .filter(Q(agency__isnull=True) | Q(agency_id=queue.agency_id))
        .exists()
    )


def _utc(date: dt.date, minute: int, zone: dt.tzinfo) -> dt.datetime:
    return calendar.to_utc(date, minute, zone)


def _minute(moment: dt.datetime, date: dt.date, zone: dt.tzinfo) -> int:
    local = moment.astimezone(zone)
    return (local.date() - date).days * 1440 + local.hour * 60 + local.minute
