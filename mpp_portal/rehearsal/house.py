"""Builds the demo mall, opens it around the clock's now, and knows its quiet queue."""

import datetime as dt
import itertools
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.management import CommandError
from django.db import connection, transaction
from django.utils import timezone

from accounts.backends import DEMO_DOMAIN
from accounts.models import User
from mpp_portal.rehearsal import plan
from queueing import reminders, rules
from queueing.models import (
    Counter,
    CounterAssignment,
    Queue,
    QueueDay,
    QueueService,
    Ticket,
    Visit,
)
from queueing.workflow import State
from services.catalogue import import_catalogue
from services.models import Agency, Mall, Officer, OpeningHours, ServiceType
from services.paper_file import import_papers
from services.rules import load_holidays

SLUG = "gajah-mada"
PASSWORD = "demo-mpp-2026"  # noqa: S105 - the demo's, refused in production
PIN = "274916"  # likewise: for the change of officers at a counter
MAIL_DOMAIN = DEMO_DOMAIN.removeprefix("@")
WIB, WIT = "Asia/Jakarta", "Asia/Jayapura"
OPEN_BEFORE_H, OPEN_AFTER_H, EXTEND_WITHIN_H = 3, 10, 3
EXTRA_NOTE = "Sesi latihan"
QUIET_WAITING = 30
QUIET_KEY = "tenang-"  # request keys of those who wait there
DATA = Path(settings.BASE_DIR) / "services" / "data"
CATALOGUE, PAPERS = DATA / "catalogue.csv", DATA / "papers.csv"

_STAFF = (
    # username, name, role, agency
    ("meja-depan-1", "Rina Meja Depan", Officer.Role.FRONT_DESK, ""),
    ("penghubung-dukcapil", "Wulan Penghubung", Officer.Role.LIAISON, "DUKCAPIL"),
    ("meja-pengaduan", "Dian Meja Pengaduan", Officer.Role.COMPLAINTS_DESK, ""),
    ("kepala-dukcapil", "Hartono Kepala Dukcapil", Officer.Role.AGENCY_HEAD, "DUKCAPIL"),
    ("pengelola", "Ratna Pengelola Mal", Officer.Role.MALL_MANAGER, ""),
    ("pimpinan", "Pimpinan Daerah", Officer.Role.LEADER, ""),
    ("pendamping-magersari", "Yuli Pendamping", Officer.Role.HELPER, ""),
    ("meja-depan-2", "Bayu Meja Depan", Officer.Role.FRONT_DESK, ""),
    ("penghubung-samsat", "Eko Penghubung", Officer.Role.LIAISON, "SAMSAT"),
    ("kepala-samsat", "Sri Kepala Samsat", Officer.Role.AGENCY_HEAD, "SAMSAT"),
    ("kepala-pa", "Imam Kepala PA", Officer.Role.AGENCY_HEAD, "PA"),
)


@dataclass(frozen=True)
class Quiet:
    """The queue that the simulation never touches: the i-th officer sits at the i-th counter."""

    queue: Queue
    counters: list[Counter]
    officers: list[User]


def demo_mall() -> Mall | None:
    """The demo mall, or None when there is none; refuses a real mall of that name."""
    mall = Mall.objects.filter(slug=SLUG).first()
    if mall is not None:
        refuse_unless_rehearsal(mall)
    return mall


def refuse_unless_rehearsal(mall: Mall) -> None:
    """Nothing of the demo may touch a mall that serves people."""
    if not mall.rehearsal:
        raise CommandError(
            f"{mall.name} ({mall.slug}) is not marked as a rehearsal mall: nothing was changed."
        )


def refuse_in_production() -> None:
    """The demo's passwords are known to everybody."""
    if settings.PRODUCTION:
        raise CommandError("The demo has public passwords: it does not run with PRODUCTION=true.")


@transaction.atomic
def build(*, at: dt.datetime) -> Mall:
    """Make the demo mall with everything that stands in it; once: a mall that stands is kept."""
    mall = demo_mall()
    if mall is not None and mall.queues.exists():
        return mall
    mall = mall or Mall.objects.create(
        slug=SLUG,
        name="MPP Gajah Mada",
        regency="Kota Mojokerto",
        province="Jawa Timur",
        address="Jl. Gajah Mada 100, Magersari, Kota Mojokerto",
        phone="(0321) 000000",
        email="mpp@latihan.invalid",
        greeting="Sugeng rawuh",
        hero=Mall.Hero.GATE,
        map_url="https://www.openstreetmap.org/?mlat=-7.4722&mlon=112.4338#map=17/-7.4722/112.4338",
        facilities=plan.FACILITIES,
        facilities_en=plan.FACILITIES_EN,
        sign_language_days=2,
        rehearsal=True,
    )
    password = make_password(PASSWORD)  # hashed once: every log-in of the demo has the same
    admin = _user("admin", "Pengurus Portal", password, is_superuser=True)
    long_ago = at - dt.timedelta(days=200)  # so that the standards hold in the demo's past
    result = import_catalogue(
        mall=mall, data=CATALOGUE.read_bytes(), at=long_ago, approved_by=admin
    )
    if result.errors:
        raise CommandError(f"{CATALOGUE.name}: {result.errors[0]}")
    result = import_papers(mall=mall, data=PAPERS.read_bytes())
    if result.errors:
        raise CommandError(f"{PAPERS.name}: {result.errors[0]}")
    _set_agencies(mall)
    _write_hours(mall)
    first_year = (at - dt.timedelta(days=120)).year
    for year in range(first_year, mall.date_at(at).year + 2):
        load_holidays(mall=mall, year=year, at=at)
    queues = _write_queues(mall)
    _write_desks(mall, queues)
    _appoint(mall, password)
    return mall


def choose_zone(mall: Mall, *, at: dt.datetime) -> None:
    """Give the mall the zone in which its day is at least two hours old; windows keep their clock.

    Between 00.00 and 02.15 WIB that is WIT. A zone in which the day is old enough and already
    under way is kept until the day is over.
    """
    local = at.astimezone(mall.zone)
    begun = Ticket.objects.filter(
        mall=mall, date=local.date(), checked_in_at__isnull=False
    ).exists()
    old_enough = local.time() >= dt.time(2, 15)
    if begun and old_enough:
        return
    wanted = WIB if timezone.localtime(at, _zone(WIB)).time() >= dt.time(2, 15) else WIT
    if wanted == mall.time_zone:
        return
    move_clock(mall, zone=wanted, at=at)


@transaction.atomic
def move_clock(mall: Mall, *, zone: str, at: dt.datetime) -> None:
    """Change the mall's zone: all its windows keep the time they show on the wall."""
    moved = mall.zone.utcoffset(at.replace(tzinfo=None)) or dt.timedelta()
    mall.time_zone = zone
    mall.save(update_fields=["time_zone"])
    moved -= mall.zone.utcoffset(at.replace(tzinfo=None)) or dt.timedelta()
    far = dt.timedelta(days=3650)  # no window of a queue may overlap another on its way
    with connection.cursor() as cursor:
        for step in (far, moved - far):
            cursor.execute(
                "UPDATE queueing_window SET starts_at = starts_at + %(step)s,"
                " ends_at = ends_at + %(step)s"
                " WHERE queue_id IN (SELECT id FROM queueing_queue WHERE mall_id = %(mall)s)",
                {"step": step, "mall": mall.pk},
            )
        cursor.execute(
            "UPDATE queueing_queueday SET last_ticket_at = last_ticket_at + %s WHERE mall_id = %s",
            [moved, mall.pk],
        )
    for visit in Visit.objects.filter(
        mall=mall, date__gte=mall.date_at(at), tickets__state=State.BOOKED
    ).distinct():
        reminders.replan(visit=visit, at=at)


def open_today(mall: Mall, *, at: dt.datetime) -> dt.datetime:
    """Write today's extra session around `at` and make the windows; when the day began.

    It lasts from three hours before (never before midnight) to ten hours after (at most midnight),
    and only ever grows.
    """
    refuse_unless_rehearsal(mall)
    local = at.astimezone(mall.zone)
    date = local.date()
    opens, closes = max(0, local.hour - OPEN_BEFORE_H), min(24, local.hour + OPEN_AFTER_H)
    extra = list(mall.hours.filter(extra=True, valid_from=date, note=EXTRA_NOTE))
    if extra:
        opens = min(opens, min(row.opens_at.hour for row in extra))
        standing = max(row.closes_at.hour or 24 for row in extra)
        if standing - local.hour > EXTEND_WITHIN_H or standing == 24:
            closes = standing
    clock = {"opens_at": dt.time(opens), "closes_at": dt.time(closes % 24)}
    began_at = dt.datetime.combine(date, dt.time(opens), mall.zone)
    QueueDay.objects.filter(mall=mall, date=date, closed_at__isnull=False).update(closed_at=None)
    if extra and all((r.opens_at, r.closes_at) == tuple(clock.values()) for r in extra):
        return began_at
    places: list[int | None] = [None, *_agencies_with_own_hours(mall)]
    for agency_id in places:
        mall.hours.update_or_create(
            agency_id=agency_id,
            extra=True,
            valid_from=date,
            valid_to=date,
            note=EXTRA_NOTE,
            defaults=clock,
        )
    mall.hours.filter(extra=True, valid_to__lt=date, note=EXTRA_NOTE).delete()
    queues = mall.queues.filter(active=True).select_related("mall", "agency")
    rules.materialise(queues=list(queues), at=began_at)
    return began_at


def needs_longer_hours(mall: Mall, *, at: dt.datetime) -> bool:
    """Whether today has no extra session yet, or one that ends soon although the day goes on."""
    local = at.astimezone(mall.zone)
    row = mall.hours.filter(
        extra=True, valid_from=local.date(), note=EXTRA_NOTE, agency=None
    ).first()
    if row is None:
        return True
    closes = row.closes_at.hour or 24
    return closes < 24 and closes - local.hour <= EXTEND_WITHIN_H


def close_past_days(mall: Mall, *, at: dt.datetime) -> None:
    """Close the demo mall's days that are over."""
    for date in (
        QueueDay.objects.filter(mall=mall, date__lt=mall.date_at(at), closed_at__isnull=True)
        .order_by("date")
        .values_list("date", flat=True)
        .distinct()
    ):
        rules.close_day(mall=mall, date=date, at=at)


def quiet(mall: Mall) -> Quiet:
    """The quiet queue with its counters and officers."""
    queue = Queue.objects.get(mall=mall, prefix=plan.QUIET)
    counters = list(Counter.objects.filter(assignments__queue=queue).order_by("number").distinct())
    names = [_officer_name(plan.QUIET, n) for n in range(1, len(counters) + 1)]
    people = {user.username: user for user in User.objects.filter(username__in=names)}
    return Quiet(queue, counters, [people[name] for name in names])


def fill_quiet(mall: Mall, *, at: dt.datetime) -> int:
    """Let people wait in the quiet queue until there are thirty; how many came."""
    queue = quiet(mall).queue
    waiting = Ticket.objects.filter(queue=queue, date=mall.date_at(at), state=State.WAITING).count()
    codes = ServiceType.objects.filter(queue_service__queue=queue).order_by("code")
    services = itertools.cycle(codes.values_list("code", flat=True))
    came = max(0, QUIET_WAITING - waiting)
    start = int(at.timestamp())
    midnight = dt.datetime.combine(mall.date_at(at), dt.time.min, mall.zone)
    for n in range(came):
        rules.walk_in(
            mall=mall,
            services=[next(services)],
            at=max(midnight, at - dt.timedelta(seconds=20 * (came - n))),
            channel=Visit.Channel.FRONT_DESK,
            name=f"Warga Latihan {n + 1}",
            request_key=f"{QUIET_KEY}{start}-{n}",
        )
    return came


# -- what stands there -----------------------------------------------------------------------------


def _zone(name: str) -> dt.tzinfo:
    return Mall(time_zone=name).zone


def _user(username: str, name: str, password: str, **columns: bool) -> User:
    first, _, last = name.partition(" ")
    user, _made = User.objects.get_or_create(
        username=username,
        defaults={
            "first_name": first,
            "last_name": last,
            "email": f"{username}@{MAIL_DOMAIN}",
            "password": password,
            "is_staff": True,
            **columns,
        },
    )
    return user


def _officer_name(prefix: str, n: int) -> str:
    return f"petugas-{prefix.lower()}-{n}"


def _set_agencies(mall: Mall) -> None:
    desks: dict[str, int] = defaultdict(int)
    for line in plan.LINES:
        desks[line.agency] += line.desks
    agencies = list(mall.agencies.all())
    for agency in agencies:
        agency.kind, (agency.oversight_name, agency.oversight_contact) = plan.AGENCIES[agency.code]
        agency.agreed_desks = desks[agency.code]
    Agency.objects.bulk_update(
        agencies, ["kind", "oversight_name", "oversight_contact", "agreed_desks"]
    )


def _write_hours(mall: Mall) -> None:
    agencies = {agency.code: agency for agency in mall.agencies.all()}
    OpeningHours.objects.bulk_create(
        OpeningHours(
            mall=mall,
            agency=agencies.get(hours.agency),
            weekday=weekday,
            opens_at=dt.time(*hours.opens),
            closes_at=dt.time(*hours.closes),
            break_starts_at=dt.time(*hours.rest[0]) if hours.rest else None,
            break_ends_at=dt.time(*hours.rest[1]) if hours.rest else None,
            last_ticket_at=dt.time(*hours.last_ticket) if hours.last_ticket else None,
            valid_from=hours.season[0] if hours.season else None,
            valid_to=hours.season[1] if hours.season else None,
            note=hours.note,
        )
        for hours in plan.HOURS
        for weekday in hours.weekdays
    )


def _agencies_with_own_hours(mall: Mall) -> list[int]:
    own = mall.hours.filter(agency__isnull=False, extra=False)
    return sorted(set(own.values_list("agency_id", flat=True)))


def _write_queues(mall: Mall) -> dict[str, Queue]:
    """The queues by prefix. Who takes numbers in a national system stands in none."""
    agencies = {agency.code: agency for agency in mall.agencies.all()}
    services = {
        service.code: service
        for service in ServiceType.objects.filter(agency__mall=mall).exclude(
            booking_mode=ServiceType.BookingMode.EXTERNAL
        )
    }
    queues = {}
    for line in plan.LINES:
        queues[line.prefix] = queue = Queue.objects.create(
            mall=mall,
            agency=agencies[line.agency],
            prefix=line.prefix,
            name=line.name,
            seats_per_hour=line.seats_per_hour,
            online_share=line.online_share,
            window_minutes=480 if line.prefix == plan.QUIET else 60,
            late_minutes=480 if line.prefix == plan.QUIET else 30,
        )
        for number in line.numbers or ():
            service = services.pop(f"{line.agency}-{number:02d}", None)
            if service:
                QueueService.objects.create(queue=queue, service_type=service)
    rest = {line.agency: queues[line.prefix] for line in plan.LINES if line.numbers is None}
    QueueService.objects.bulk_create(
        QueueService(queue=rest[service.agency.code], service_type=service)
        for service in ServiceType.objects.filter(
            pk__in=[s.pk for s in services.values()]
        ).select_related("agency")
    )
    return queues


def _write_desks(mall: Mall, queues: dict[str, Queue]) -> None:
    """Counters by floor and zone, each with its queue; some share, some change with the weekday."""
    numbers = itertools.count(1)
    lines = sorted(plan.LINES, key=lambda line: (line.floor, line.zone))
    for line in lines:
        for n in range(1, line.desks + 1):
            directions = plan.DIRECTIONS[line.floor, line.zone]
            counter = _counter(mall, next(numbers), line.floor, line.zone, directions)
            _assign(counter, queues[line.prefix])
            if n == 2 and line.prefix in plan.SHARED_DESKS:
                _assign(counter, queues[plan.SHARED_DESKS[line.prefix]], position=2)
    for week in plan.ROTATING_DESKS:
        floor, zone = plan.ROTATING_PLACE
        counter = _counter(mall, next(numbers), floor, zone, plan.ROTATING_DIRECTIONS)
        for weekday, prefix in enumerate(week):
            _assign(counter, queues[prefix], weekday=weekday)


def _counter(mall: Mall, number: int, floor: str, zone: str, directions: str) -> Counter:
    return Counter.objects.create(
        mall=mall, number=number, floor=floor, zone=zone, directions=directions
    )


def _assign(
    counter: Counter, queue: Queue, *, position: int = 1, weekday: int | None = None
) -> None:
    CounterAssignment.objects.create(
        counter=counter, queue=queue, position=position, weekday=weekday
    )


def _appoint(mall: Mall, password: str) -> None:
    """Everybody who works there: one for each desk, and one more where a desk rotates."""
    agencies = {agency.code: agency for agency in mall.agencies.all()}
    pin = make_password(PIN)
    for username, name, role, code in _STAFF:
        helper = role == Officer.Role.HELPER
        user = _user(username, name, password, is_staff=not helper, pin="" if helper else pin)
        Officer.objects.create(user=user, mall=mall, agency=agencies.get(code), role=role)
    for line in plan.LINES:
        spare = sum(line.prefix in week for week in plan.ROTATING_DESKS)
        for n in range(1, line.desks + spare + 1):
            username = _officer_name(line.prefix, n)
            user = _user(username, f"Petugas {line.prefix} {n}", password, pin=pin)
            Officer.objects.create(
                user=user, mall=mall, agency=agencies[line.agency], role=Officer.Role.COUNTER
            )
