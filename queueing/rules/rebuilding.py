"""A queue's days: their windows made ahead, and rebuilt around the numbers that are out."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Q

from queueing.models import Queue, QueueClosure, QueueDay, QueueHours, Ticket, Window
from queueing.rules.freeing import let_all_go
from queueing.windows import Plan, cut, number_blocks, plan_day, without
from queueing.workflow import ACTIVE, State
from services import calendar
from services.hours import agency_days
from services.models import Holiday, ServiceType


@dataclass
class Crowded:
    """A window that holds more numbers than its seats will be; no seats: it goes."""

    window: Window
    seats: int = 0
    online: int = 0


@dataclass
class Rebuilt:
    """What a rebuild of days did: windows made and removed, and where numbers are in the way."""

    made: int = 0
    removed: int = 0
    changed: int = 0
    in_the_way: list[str] = field(default_factory=list)
    crowded: list[Crowded] = field(default_factory=list)

    def add(self, part: "Rebuilt") -> None:
        self.made += part.made
        self.removed += part.removed
        self.changed += part.changed
        self.in_the_way += part.in_the_way
        self.crowded += part.crowded


def materialise(*, queues: Sequence[Queue], at: dt.datetime) -> Rebuilt:
    """Make the windows of these queues from today as far ahead as they may be booked.

    Safe to repeat: a day that stands as planned is left alone, one whose hours changed is rebuilt
    around the booked seats; bookings outside the hours stay and are named.
    """
    total = Rebuilt()
    for queue in queues:
        today = queue.mall.date_at(at)
        last = today + dt.timedelta(days=queue.book_ahead_days)
        online = all_online(queue)
        for date, day in queue_days(queue, today, last).items():
            total.add(rebuild_day(queue=queue, date=date, day=day, at=at, all_online=online))
    return total


def queue_days(queue: Queue, first: dt.date, last: dt.date) -> dict[dt.date, calendar.Day]:
    """The opening of a queue from `first` to `last`: its own hours, else its agency's."""
    dates = [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
    if not queue.active:
        return dict.fromkeys(dates, calendar.Day((), None, "closed"))
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


@dataclass
class Standing:
    """A queue's day as it stands, where the caller has read it already."""

    windows: list[Window]
    day: QueueDay | None


def standing_days(queue: Queue, first: dt.date) -> dict[dt.date, Standing]:
    """The days of a queue from `first` on that have windows or a row of their own."""
    found: dict[dt.date, Standing] = {}
    for day in QueueDay.objects.filter(queue=queue, date__gte=first):
        found[day.date] = Standing([], day)
    for window in Window.objects.filter(queue=queue, date__gte=first).order_by("starts_at"):
        found.setdefault(window.date, Standing([], None)).windows.append(window)
    return found


@transaction.atomic(savepoint=False)
def rebuild_day(
    *,
    queue: Queue,
    date: dt.date,
    day: calendar.Day,
    at: dt.datetime,
    all_online: bool,
    standing: Standing | None = None,
) -> Rebuilt:
    """Bring the windows of one day in line with its opening, without touching a booked seat.

    Windows that have ended stay as they were. Bookings outside the opening, or beyond the seats,
    keep their place and are named; nothing more can be taken there.
    """
    done = Rebuilt()
    zone = queue.mall.zone
    existing = (
        list(Window.objects.filter(queue=queue, date=date).order_by("starts_at"))
        if standing is None
        else standing.windows
    )
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
    queue_day, made = (None if standing is None else standing.day), False
    if queue_day is None:
        queue_day, made = QueueDay.objects.get_or_create(
            queue=queue,
            date=date,
            defaults={"mall_id": queue.mall_id, "last_ticket_at": last_ticket},
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
        rows = Window.objects.filter(queue=queue, date=date)
        existing = list(rows.select_for_update().order_by("pk"))
    will_be: dict[int, tuple[int, int]] = {}
    for window in existing:
        if window.ends_at <= at:
            continue
        if plan := spans.get((window.starts_at, window.ends_at)):
            extra = min(max(0, window.seats - plan.seats), passed_on)
            passed_on -= extra
            will_be[window.pk] = (plan.seats + extra, plan.online_seats)
        elif not _inside(window, day, date, zone):
            will_be[window.pk] = (0, 0)
    changed = [w.pk for w in existing if will_be.get(w.pk, _size(w)) != _size(w)]
    if changed and let_all_go(Window.objects.filter(pk__in=changed), at=at):
        existing = list(Window.objects.filter(queue=queue, date=date).order_by("pk"))
    labels = _active_labels(existing) if existing else {}
    kept: list[Window] = []
    for window in existing:
        plan = spans.get((window.starts_at, window.ends_at))
        if not (plan or window.issued or window.ends_at <= at):
            window.delete()
            done.removed += 1
            continue
        kept.append(window)
        if window.pk in will_be:
            _fit_or_name(window, *will_be[window.pk], labels, done)
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


def is_open(window: Window) -> bool:
    """Whether a window (with queue, mall, agency) is within the opening of its day, as it is now.

    One outside holds those who were booked there before the hours changed, and nobody else.
    """
    queue, date = window.queue, window.date
    return _inside(window, queue_days(queue, date, date)[date], date, queue.mall.zone)


def _size(window: Window) -> tuple[int, int]:
    return window.seats, window.online_seats


def _passed_on(queue: Queue, date: dt.date) -> int:
    """Seats of people who never came, which went on to walk-ins of later windows."""
    return (
        Ticket.objects.filter(queue=queue, date=date, state=State.NO_SHOW)
        .exclude(seat=Ticket.Seat.NONE)
        .count()
    )


def _fit_or_name(
    window: Window, seats: int, online: int, labels: dict[int, list[str]], done: Rebuilt
) -> None:
    """Give a standing window these seats; where more are taken, all of them stay and are named."""
    done.in_the_way += labels.get(window.pk, [])[seats:]
    if window.taken > seats or (labels.get(window.pk) and not seats):
        done.crowded.append(Crowded(window, seats, online))
    if fit(window, seats, online):
        window.save(update_fields=["seats", "online_seats"])
        done.changed += 1


def fit(window: Window, seats: int, online: int) -> bool:
    """Give a window in memory these seats, never fewer than are taken; whether it changed."""
    before = (window.seats, window.online_seats)
    window.seats = max(seats, window.taken)
    window.online_seats = min(max(online, window.taken_online), window.seats)
    return before != (window.seats, window.online_seats)


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


def all_online(queue: Queue) -> bool:
    """Whether every service of a queue takes numbers online only: no seat is kept for the hall."""
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
