"""What a service's page says of today: its standard, its line, its hours, and why it is closed."""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import DateField, F, Func, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, JSONObject
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from queueing import estimates, places
from queueing.availability import Availability, Stretch, released
from queueing.models import Queue, QueueClosure, QueueDay
from services import papers
from services.calendar import MONDAY_TO_FRIDAY, add_working_days
from services.models import Closure, Fee, Holiday, Mall, ServiceStandard, ServiceType

DAYS_SHOWN = 7
_LONGEST_AHEAD = dt.timedelta(days=120)


@dataclass(frozen=True)
class Shut:
    """Days on which a queue is not served, and why."""

    first: dt.date
    last: dt.date
    why: str
    holiday: bool

    def holds(self, date: dt.date) -> bool:
        return self.first <= date <= self.last


@dataclass(frozen=True)
class Line:
    """The queue as of now; `wait` is None where it cannot be known."""

    waiting: int = 0
    wait: estimates.Wait | None = None
    paused: str = ""
    back_at: dt.datetime | None = None
    opens_at: dt.datetime | None = None


@dataclass(frozen=True)
class ToBring:
    """A paper to bring; `place` is where its maker sits, `together`: take both numbers at once."""

    need: papers.Needed
    place: places.Place | None
    together: bool


@dataclass(frozen=True)
class HoursOn:
    """The hours of one date; without any, `why` says the reason where it is known."""

    date: dt.date
    spans: list[Stretch]
    why: str


@dataclass(frozen=True)
class Opens:
    """When numbers for a date will be given."""

    date: dt.date
    at: dt.datetime


def standard_of(service: ServiceType, today: dt.date) -> tuple[ServiceStandard | None, list[Fee]]:
    """The standard in force with its fees in force, in one query."""
    in_force = (
        Fee.objects.filter(
            Q(valid_from=None) | Q(valid_from__lte=today),
            Q(valid_to=None) | Q(valid_to__gte=today),
            standard=OuterRef("pk"),
        )
        .order_by("pk")
        .values(
            row=JSONObject(
                amount="amount",
                variant="variant",
                exemption="exemption",
                legal_basis="legal_basis",
                collected_by="collected_by",
            )
        )
    )
    rows = ServiceStandard.objects.filter(service_type=service).current(today)
    standard = rows.annotate(fee_rows=ArraySubquery(in_force)).first()
    return standard, [Fee(**row) for row in standard.fee_rows] if standard else []


def asked_papers(
    standard: ServiceStandard | None, mall: Mall, today: dt.date
) -> list[papers.Needed]:
    """The papers of a standard, with the queue of who makes them; at most one query."""
    if standard is None or not standard.requirements:
        return []
    asked = papers.with_days(papers.asked_by([standard], mall), today)
    return papers.needed([standard], asked.select_related("made_by__queue_service__queue"))


def to_bring(
    needs: Iterable[papers.Needed], where: dict[int, places.Place], *, bookable: bool
) -> list[ToBring]:
    """Each paper with the place of its maker; both at once only where it is made meanwhile."""
    rows = []
    for need in needs:
        queue = queue_of(need.made_by) if need.made_by else None
        together = (
            bookable
            and queue is not None
            and need.made_in_days == 0
            and need.made_by is not None
            and need.made_by.booking_mode
            in {ServiceType.BookingMode.BOTH, ServiceType.BookingMode.ONLINE_ONLY}
        )
        rows.append(ToBring(need, where.get(queue.pk) if queue else None, together))
    return rows


def queue_of(service: ServiceType) -> Queue | None:
    """The active queue of a service that was fetched with it."""
    queue = service.queue_service.queue if hasattr(service, "queue_service") else None
    return queue if queue and queue.active else None


def line_of(
    service: ServiceType, gate: Availability, *, today: dt.date, at: dt.datetime
) -> Line | None:
    """The service's queue now; at most one query, none on a day that is over."""
    queue = queue_of(service)
    if queue is None:
        return None
    ahead = [start for spans in gate.hours.values() for start, end in spans if end > at]
    opens_at = min(ahead, default=None)
    paused, back_at = getattr(service, "paused", None) or "", getattr(service, "back_at", None)
    if not any(day.date == today for day in gate.days):
        return Line(paused=paused, back_at=back_at, opens_at=opens_at)
    pace = estimates.for_queues([queue.pk], today, at)[queue.pk]
    return Line(pace.waiting, pace.newcomer, paused, back_at, opens_at)


def with_pause(services: QuerySet[ServiceType], at: dt.datetime) -> QuerySet[ServiceType]:
    """Tell of each service whether its queue is paused on the mall's date at `at`, until when."""
    there = Func(F("agency__mall__time_zone"), Value(at), function="timezone")
    day = QueueDay.objects.filter(
        queue=OuterRef("queue_service__queue"), date=OuterRef("mall_date")
    )
    return services.annotate(
        mall_date=Cast(there, DateField()),
        paused=Subquery(day.values("paused_reason")[:1]),
        back_at=Subquery(day.values("expected_back_at")[:1]),
    )


def shut_days(service: ServiceType, queue: Queue | None, first: dt.date) -> list[Shut]:
    """Holidays and closures from `first` on that keep the service from its people; one query."""
    last = first + _LONGEST_AHEAD
    mall = service.agency.mall_id
    span = Q(first_date__lte=last, last_date__gte=first)
    place = Q(agency=None, mall=mall) | Q(agency=service.agency_id)
    holidays = Holiday.objects.filter(mall=mall, date__range=(first, last)).annotate(
        first=F("date"), last=F("date"), why=F("name"), holiday=Value(True)
    )
    closed = {
        "first": F("first_date"),
        "last": F("last_date"),
        "why": F("reason"),
        "holiday": Value(False),
    }
    kinds = [holidays, Closure.objects.filter(span, place).annotate(**closed)]
    if queue is not None:
        kinds.append(QueueClosure.objects.filter(span, queue=queue).annotate(**closed))
    rows, *others = (kind.order_by().values_list(*closed) for kind in kinds)
    rows = rows.union(*others)
    return sorted((Shut(*row) for row in rows), key=lambda shut: (shut.holiday, shut.first))


def hours_ahead(
    gate: Availability, shut: Collection[Shut], *, today: dt.date, ahead: int
) -> list[HoursOn]:
    """The hours of the coming days, neighbouring windows drawn together."""
    if not gate.hours:
        return []
    dates = [today + dt.timedelta(days=n) for n in range(min(DAYS_SHOWN, ahead + 1))]
    return [
        HoursOn(date, spans, "" if spans else why_shut(shut, date))
        for date in dates
        for spans in [_joined(gate.hours.get(date, []))]
    ]


def why_shut(shut: Iterable[Shut], date: dt.date) -> str:
    """The reason of a closure or the name of a holiday on `date`, "" when there is none."""
    return next((one.why for one in shut if one.holds(date)), "")


def why_not_today(
    gate: Availability, line: Line | None, shut: Iterable[Shut], *, today: dt.date
) -> str:
    """One sentence on why no number is to be had for today; "" when there is one."""
    left = next((day for day in gate.days if day.date == today), None)
    if left is not None and not left.code:
        return ""
    if line is not None and line.paused:
        return _("Antrean hari ini dijeda: %(reason)s.") % {"reason": line.paused.rstrip(".")}
    one = next((one for one in shut if one.holds(today)), None)
    if one is not None and left is None:
        if one.holiday:
            return _("Hari ini libur: %(name)s.") % {"name": one.why}
        if one.last > today:
            until = date_format(one.last, "j F Y")
            values = {"reason": one.why, "date": until}
            return _("Tutup sampai %(date)s: %(reason)s.") % values
        return _("Hari ini tutup: %(reason)s.") % {"reason": one.why}
    if left is None:
        return (
            _("Jam layanan hari ini sudah selesai.")
            if today in gate.hours
            else _("Hari ini tidak ada layanan.")
        )
    return {
        "full": _("Nomor untuk hari ini sudah habis."),
        "day_full": _("Nomor untuk hari ini sudah habis."),
        "last_ticket_passed": _("Nomor terakhir hari ini sudah lewat."),
    }.get(left.code, _("Hari ini tidak ada nomor lagi."))


def next_release(
    queue: Queue, gate: Availability, shut: Iterable[Shut], *, at: dt.datetime, mall: Mall
) -> Opens | None:
    """The next date whose numbers are not given yet, and the moment they will be.

    It is a weekday on which the queue is served now; None where no such day is known.
    """
    today = mall.date_at(at)
    ahead = dt.timedelta(days=queue.book_ahead_days)
    weekdays = {date.weekday() for date in gate.hours}
    gives = {"ahead": queue.book_ahead_days, "release_at": queue.release_at}
    shut = list(shut)
    for n in range(DAYS_SHOWN + 1):
        date = today + ahead + dt.timedelta(days=n)
        if date.weekday() not in weekdays or why_shut(shut, date):
            continue
        if not released(date, at=at, zone=mall.zone, **gives):
            time = queue.release_at or dt.time.min
            return Opens(date, dt.datetime.combine(date - ahead, time, mall.zone))
    return None


def ready_on(standard: ServiceStandard | None, shut: Iterable[Shut], date: dt.date) -> dt.date:
    """The date on which the result is ready when the file is complete on `date`."""
    if standard is None or not standard.processing_days:
        return date
    holidays = {one.first for one in shut if one.holiday}
    return add_working_days(
        date, standard.processing_days, holidays=holidays, working_weekdays=MONDAY_TO_FRIDAY
    )


def _joined(spans: Iterable[Stretch]) -> list[Stretch]:
    joined: list[Stretch] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
