"""The one gate: may a number for this service be taken for this date and channel, and where.

Booking, kiosk, API, admin and pages ask only here. `judge` is pure; the rest gathers its facts.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Count, Exists, F, Q

from queueing import prepared
from queueing.models import Queue, QueueClosure, QueueDay, QueueService, Ticket, Visit, Window
from queueing.refusals import Refusal, sentence
from queueing.workflow import State
from services.models import Closure, Holiday, ServiceType

Stretch = tuple[dt.datetime, dt.datetime]
_LARGEST_ID = 2**63 - 1
ONLINE = frozenset({Visit.Channel.WEB, Visit.Channel.API, Visit.Channel.HELPER})


@dataclass(frozen=True)
class SeatFacts:
    """All that decides about one window for one service. Times are aware; `today` is the mall's."""

    service_id: int
    service_code: str
    booking_mode: str
    external_system: str
    service_seats: int | None
    standard_id: int | None
    queue_id: int
    prefix: str
    book_ahead_days: int
    release_at: dt.time | None
    early: dt.timedelta
    boost: dt.timedelta
    priority_per_day: int
    date: dt.date
    paused_reason: str
    last_ticket_at: dt.datetime | None
    day_closed: bool
    day_id: int | None
    window_id: int | None
    starts_at: dt.datetime
    ends_at: dt.datetime
    seats_left: int
    online_left: int
    block_spent: bool
    service_given: int = 0
    agency_id: int | None = None

    def left(self, channel: str) -> int:
        """Seats this channel could take."""
        return max(
            0, min(self.seats_left, self.online_left) if channel in ONLINE else self.seats_left
        )


@dataclass(frozen=True)
class Seat:
    """A window as the gate shows it: `code` is empty when it can be taken."""

    id: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    seats_left: int
    code: str


@dataclass(frozen=True)
class DayLeft:
    """A date that still has windows ahead, and how many seats this channel could take on it."""

    date: dt.date
    seats_left: int
    code: str = ""  # why there is none: full, paused ...


@dataclass(frozen=True)
class Availability:
    """The gate's answer for a service, a date and a channel."""

    open: bool
    code: str
    message: str
    date: dt.date
    next_date: dt.date | None = None
    expected_back_at: dt.datetime | None = None
    windows: list[Seat] = field(default_factory=list)
    days: list[DayLeft] = field(default_factory=list)
    hours: dict[dt.date, list[Stretch]] = field(default_factory=dict)  # of every date looked at


def judge_service(mode: str, channel: str) -> str:
    """The code that a service's booking mode gives a channel, "" when it may."""
    if mode == ServiceType.BookingMode.EXTERNAL:
        return "external"
    if channel in ONLINE and mode == ServiceType.BookingMode.WALK_IN:
        return "walk_in_only"
    if channel == Visit.Channel.KIOSK and mode == ServiceType.BookingMode.ONLINE_ONLY:
        return "online_only"
    return ""


def released(
    date: dt.date, *, ahead: int, release_at: dt.time | None, at: dt.datetime, zone: ZoneInfo
) -> bool:
    """Whether numbers of `date` may be taken yet: the furthest day opens at `release_at`."""
    now = at.astimezone(zone)
    furthest = now.date() + dt.timedelta(days=ahead)
    return date < furthest or (date == furthest and (not release_at or now.time() >= release_at))


def judge(facts: SeatFacts, *, channel: str, at: dt.datetime, zone: ZoneInfo) -> str:
    """The code that keeps `channel` from taking this window at `at`, "" when it may."""
    if code := judge_service(facts.booking_mode, channel):
        return code
    if at >= facts.ends_at or facts.day_closed:
        return "past"
    if facts.paused_reason:
        return "paused"
    if channel == Visit.Channel.KIOSK and facts.date != at.astimezone(zone).date():
        return "not_yet_released"
    if channel in ONLINE and not released(
        facts.date, ahead=facts.book_ahead_days, release_at=facts.release_at, at=at, zone=zone
    ):
        return "not_yet_released"
    if facts.last_ticket_at and at >= facts.last_ticket_at:
        return "last_ticket_passed"
    if facts.service_seats is not None and facts.service_given >= facts.service_seats:
        return "day_full"
    return "" if facts.left(channel) else "full"


_FACTS = """
SELECT s.id, s.code, s.booking_mode, s.external_system, s.seats,
       (SELECT st.id FROM services_servicestandard st
         WHERE st.service_type_id = s.id AND st.approved_at IS NOT NULL AND st.valid_from <= w.date
         ORDER BY st.valid_from DESC, st.version DESC LIMIT 1),
       q.id, q.prefix, q.book_ahead_days, q.release_at, q.early_minutes, q.boost_minutes,
       q.priority_per_day, w.date,
       coalesce(d.paused_reason, ''), d.last_ticket_at, d.closed_at IS NOT NULL, d.id,
       w.id, w.starts_at, w.ends_at, w.seats - w.taken, w.online_seats - w.taken_online,
       w.issued >= w.block_size,
       CASE WHEN s.seats IS NULL THEN 0 ELSE (
            SELECT count(*) FROM queueing_ticket t
             WHERE t.mall_id = a.mall_id AND t.date = w.date AND t.service_type_id = s.id
               AND t.state NOT IN ('cancelled', 'transferred')) END,
       q.agency_id
  FROM services_servicetype s
  JOIN services_agency a ON a.id = s.agency_id
  JOIN queueing_queueservice qs ON qs.service_type_id = s.id
  JOIN queueing_queue q ON q.id = qs.queue_id
  JOIN queueing_window w ON w.queue_id = q.id
  LEFT JOIN queueing_queueday d ON d.queue_id = q.id AND d.date = w.date
 WHERE a.mall_id = %(mall)s AND s.code = ANY(%(codes)s) AND s.active AND a.active AND q.active
   AND {windows}
 ORDER BY w.starts_at
"""


def _seat_facts(sql: str, params: dict[str, Any]) -> list[SeatFacts]:
    with connection.cursor() as cursor:
        prepared.execute(cursor, sql, params)
        rows = cursor.fetchall()
    facts = []
    for row in rows:
        values: list[Any] = list(row)
        values[10:12] = (dt.timedelta(minutes=minutes) for minutes in values[10:12])
        facts.append(SeatFacts(*values))
    return facts


def facts_of_windows(
    *, mall_id: int, codes: Sequence[str], windows: Sequence[int]
) -> list[SeatFacts]:
    """Facts of every pair of these services and windows that belong together; one statement."""
    return _seat_facts(
        _FACTS.format(windows="w.id = ANY(%(windows)s)"),
        {
            "mall": mall_id,
            "codes": _writable(codes),
            "windows": [pk for pk in windows if 0 < pk <= _LARGEST_ID],
        },
    )


def facts_of_day(*, mall_id: int, codes: Sequence[str], date: dt.date) -> list[SeatFacts]:
    """Facts of every window of these services' queues on `date`, by start; one statement."""
    return _seat_facts(
        _FACTS.format(windows="w.date = %(date)s"),
        {"mall": mall_id, "codes": _writable(codes), "date": date},
    )


def facts_of_days(
    *, mall_id: int, codes: Sequence[str], first: dt.date, last: dt.date
) -> list[SeatFacts]:
    """Facts of every window of these services' queues from `first` to `last`; one statement."""
    return _seat_facts(
        _FACTS.format(windows="w.date BETWEEN %(first)s AND %(last)s"),
        {"mall": mall_id, "codes": _writable(codes), "first": first, "last": last},
    )


def _writable(codes: Sequence[str]) -> list[str]:
    """The codes that PostgreSQL can compare with at all."""
    return [code for code in codes if "\0" not in code]


def explain_missing_window(*, mall_id: int, code: str) -> Refusal:
    """Why a service and a window do not belong together."""
    service = (
        ServiceType.objects.filter(
            agency__mall_id=mall_id, agency__active=True, code__in=_writable([code]), active=True
        )
        .select_related("queue_service__queue")
        .first()
    )
    if service is None:
        return Refusal("unknown_service")
    if service.booking_mode == ServiceType.BookingMode.EXTERNAL:
        return Refusal("external", system=service.external_system)
    if not hasattr(service, "queue_service") or not service.queue_service.queue.active:
        return Refusal("no_queue")
    return Refusal("unknown_window")


def service_in(mall_id: int, code: str) -> ServiceType:
    """An active service of a mall by its code, with its agency and queue; refuses when unknown."""
    service = (
        ServiceType.objects.filter(
            agency__mall_id=mall_id, agency__active=True, code=code, active=True
        )
        .select_related("agency__mall", "queue_service__queue")
        .first()
        if "\0" not in code
        else None
    )
    if service is None:
        raise Refusal("unknown_service")
    return service


def availability(
    *, service: ServiceType, date: dt.date | None, channel: str, at: dt.datetime
) -> Availability:
    """The gate's answer for a date (None: the first date with a seat), with its windows.

    A fixed number of queries, however many windows there are. `next_date` is the first later (or
    other) date on which this channel can take a number.
    """
    mall = service.agency.mall
    zone = mall.zone
    today = mall.date_at(at)
    asked = date or today

    def no(code: str, **context: object) -> Availability:
        return Availability(False, code, sentence(code, **context), asked)

    if not (service.active and service.agency.active):
        return no("unknown_service")
    if code := judge_service(service.booking_mode, channel):
        return no(code, **({"system": service.external_system} if code == "external" else {}))
    queue = _queue_of(service)
    if queue is None:
        return no("no_queue")
    if date and date < today:
        return replace(no("past"), next_date=None)
    last = max(today + dt.timedelta(days=queue.book_ahead_days), asked)
    windows = list(
        Window.objects.filter(queue=queue, date__range=(today, last)).order_by("starts_at")
    )
    days = {d.date: d for d in QueueDay.objects.filter(queue=queue, date__range=(today, last))}
    given = _given(service, mall.pk, today, last)
    judged: dict[dt.date, list[Seat]] = {}
    hours: dict[dt.date, list[Stretch]] = {}
    for window in windows:
        hours.setdefault(window.date, []).append((window.starts_at, window.ends_at))
        facts = _facts(service, queue, days.get(window.date), window, given.get(window.date, 0))
        code = judge(facts, channel=channel, at=at, zone=zone)
        if code != "past":
            judged.setdefault(window.date, []).append(
                Seat(window.pk, window.starts_at, window.ends_at, facts.left(channel), code)
            )
    left = [
        DayLeft(d, sum(s.seats_left for s in seats if not s.code), _why_none(seats))
        for d, seats in sorted(judged.items())
    ]
    free = [d for d, seats in sorted(judged.items()) if any(not s.code for s in seats)]
    shown = asked if date else (free[0] if free else today)
    next_date = next((d for d in free if d > shown), None) or next(
        (d for d in free if d != shown), None
    )
    seats = judged.get(shown, [])
    if any(not seat.code for seat in seats):
        return Availability(True, "", "", shown, next_date, None, seats, left, hours)
    day = days.get(shown)
    if not seats:
        code = _why_no_windows(queue, shown, today, at, zone)
    else:
        code = _why_none(seats)
        code = "day_full" if code == "full" else code
    context = {"reason": day.paused_reason} if code == "paused" and day else {}
    return Availability(
        False,
        code,
        sentence(code, **context),
        shown,
        next_date,
        day.expected_back_at if day and code == "paused" else None,
        seats,
        left,
        hours,
    )


def _queue_of(service: ServiceType) -> Queue | None:
    """The service's active queue; no query where it was fetched with the service."""
    if ServiceType.queue_service.is_cached(service):
        queue = service.queue_service.queue if hasattr(service, "queue_service") else None
        return queue if queue and queue.active else None
    found = QueueService.objects.filter(service_type=service, queue__active=True)
    row = found.select_related("queue").first()
    return row.queue if row else None


def _why_none(seats: Sequence[Seat]) -> str:
    """Why no window of a day can be taken, "" when one can."""
    codes = [seat.code for seat in seats]
    return "" if "" in codes else next((code for code in codes if code != "full"), "full")


def _given(service: ServiceType, mall_id: int, first: dt.date, last: dt.date) -> dict[dt.date, int]:
    """Numbers given per date, for a service with a limit of its own."""
    if service.seats is None:
        return {}
    return dict(
        Ticket.objects.filter(mall_id=mall_id, service_type=service, date__range=(first, last))
        .exclude(state__in=[State.CANCELLED, State.TRANSFERRED])
        .values("date")
        .annotate(n=Count("pk"))
        .values_list("date", "n")
    )


def _facts(
    service: ServiceType, queue: Queue, day: QueueDay | None, window: Window, given: int
) -> SeatFacts:
    return SeatFacts(
        service_id=service.pk,
        service_code=service.code,
        booking_mode=service.booking_mode,
        external_system=service.external_system,
        service_seats=service.seats,
        standard_id=None,
        queue_id=queue.pk,
        prefix=queue.prefix,
        book_ahead_days=queue.book_ahead_days,
        release_at=queue.release_at,
        early=dt.timedelta(minutes=queue.early_minutes),
        boost=dt.timedelta(minutes=queue.boost_minutes),
        priority_per_day=queue.priority_per_day,
        date=window.date,
        paused_reason=day.paused_reason if day else "",
        last_ticket_at=day.last_ticket_at if day else None,
        day_closed=bool(day and day.closed_at),
        day_id=day.pk if day else None,
        window_id=window.pk,
        starts_at=window.starts_at,
        ends_at=window.ends_at,
        seats_left=window.seats - window.taken,
        online_left=window.online_seats - window.taken_online,
        block_spent=window.issued >= window.block_size,
        service_given=given,
    )


def _why_no_windows(
    queue: Queue, date: dt.date, today: dt.date, at: dt.datetime, zone: ZoneInfo
) -> str:
    """The reason a date has no window that lies ahead: holiday, closed, past or not released."""
    on_it = Q(first_date__lte=date, last_date__gte=date)
    place = Q(agency=None, mall=queue.mall_id) | Q(agency=queue.agency_id)
    shut, free, passed = Queue.objects.values_list(
        Exists(QueueClosure.objects.filter(on_it, queue=queue))  # type: ignore[arg-type]
        | Exists(Closure.objects.filter(on_it, place)),
        Exists(Holiday.objects.filter(mall=queue.mall_id, date=date)),
        Exists(
            Window.objects.filter(
                queue=queue, date=date, ends_at__lte=at, ends_at__gt=F("starts_at")
            )
        ),
    ).get(pk=queue.pk)
    if shut:
        return "closed"
    if free:
        return "holiday"
    if not released(
        date, ahead=queue.book_ahead_days, release_at=queue.release_at, at=at, zone=zone
    ):
        return "not_yet_released"
    return "past" if passed and date == today else "closed"
