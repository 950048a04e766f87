"""Builds the mall of the worst day, "Hari Ramai": agencies, zones, queues, counters, one long day.

Every run has a mall of its own: what an earlier run wrote stays and is never touched.
"""

import datetime as dt
import math
import random
from dataclasses import dataclass

from django.core.management import CommandError
from django.db import transaction

from accounts.models import User
from mpp_portal.rehearsal import house
from queueing import rules
from queueing.models import Counter, CounterAssignment, Queue, QueueService, Visit
from services.models import Agency, Mall, Officer, OpeningHours, ServiceStandard, ServiceType

SLUG, NAME = "hari-ramai", "MPP Hari Ramai"
ZONES = ("Timur", "Barat", "Utara", "Selatan", "Tengah", "Lantai 3", "Lantai 4", "Aula")
AT_MOST_IN_A_ZONE = 8  # queues that a display shows large
LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
OPENS, LAST_TICKET, CLOSES, OVER = dt.time(8), dt.time(15, 15), dt.time(15, 30), dt.time(16)
SEATS_PER_DESK = 7  # an hour
QUEUES_PER_COUNTER, AGENCIES_PER_QUEUE = 28 / 50, 24 / 28
MINUTES = (8, 12)  # at the counter, of each queue's two services
ZONES_OF_TIME = ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura", "UTC")


@dataclass(frozen=True)
class Hours:
    """The rehearsed day's moments."""

    opens_at: dt.datetime
    over_at: dt.datetime


def build(*, counters: int, zones: int, at: dt.datetime) -> Mall:
    """The mall, opened for today; a mall in which nobody has been today is used again."""
    refuse_where_people_are_served()
    queues = max(zones, round(counters * QUEUES_PER_COUNTER))
    if not 1 <= zones <= len(ZONES) or counters < queues or queues > zones * AT_MOST_IN_A_ZONE:
        raise CommandError("Choose 1 to 8 zones, and for each 2 to 14 counters.")
    number = 1
    while (mall := Mall.objects.filter(slug=_slug(number)).first()) is not None:
        house.refuse_unless_rehearsal(mall)
        same = mall.counters.count() == counters and len(zones_of(mall)) == zones
        if same and not Visit.objects.filter(mall=mall, date=mall.date_at(at)).exists():
            break
        number += 1
    return open_today(mall or _build(number, counters, zones, queues, at), at=at)


def refuse_where_people_are_served() -> None:
    """A database with a mall of real people is no place for a rehearsal of this size."""
    if real := Mall.objects.filter(rehearsal=False).first():
        raise CommandError(
            f"{real.name} ({real.slug}) is not marked as a rehearsal mall: give the rehearsed day "
            "a database of its own (DATABASE_URL or DATA_DIR)."
        )


def zones_of(mall: Mall) -> list[str]:
    return sorted(set(mall.counters.values_list("zone", flat=True)))


def hours_of(mall: Mall, *, at: dt.datetime) -> Hours:
    """When the mall's day of `at` opens, and when it is closed."""
    date = mall.date_at(at)
    return Hours(
        dt.datetime.combine(date, OPENS, mall.zone), dt.datetime.combine(date, OVER, mall.zone)
    )


def open_today(mall: Mall, *, at: dt.datetime) -> Mall:
    """Write today's one long session and its windows, in a zone whose day is not over soon."""
    mall.time_zone = next(
        zone
        for zone in ZONES_OF_TIME
        if Mall(time_zone=zone).date_at(at)
        == Mall(time_zone=zone).date_at(at + dt.timedelta(hours=1))
    )
    mall.save(update_fields=["time_zone"])
    date = mall.date_at(at)
    mall.hours.all().delete()
    OpeningHours.objects.create(
        mall=mall,
        extra=True,
        valid_from=date,
        valid_to=date,
        opens_at=OPENS,
        closes_at=CLOSES,
        last_ticket_at=LAST_TICKET,
        note=house.EXTRA_NOTE,
    )
    queues = mall.queues.filter(active=True).select_related("mall", "agency")
    rules.materialise(queues=list(queues), at=dt.datetime.combine(date, dt.time(0, 5), mall.zone))
    return mall


@transaction.atomic
def _build(number: int, counters: int, zones: int, queues: int, at: dt.datetime) -> Mall:
    mall = Mall.objects.create(
        slug=_slug(number),
        name=NAME if number == 1 else f"{NAME} {number}",
        regency="Kota Latihan",
        province="Jawa Timur",
        rehearsal=True,
    )
    agencies = [
        Agency.objects.create(mall=mall, code=f"RAMAI{n}", name=f"Instansi Ramai {n}")
        for n in range(1, max(1, round(queues * AGENCIES_PER_QUEUE)) + 1)
    ]
    desks = [counters // queues + (n < counters % queues) for n in range(queues)]
    made = [_queue(mall, agencies[n % len(agencies)], n, desks[n], at) for n in range(queues)]
    numbers = iter(range(1, counters + 1))
    for n, queue in sorted(enumerate(made), key=lambda one: (one[0] % zones, one[0])):
        for desk in range(desks[n]):
            counter = Counter.objects.create(
                mall=mall, number=next(numbers), floor="1", zone=ZONES[n % zones]
            )
            CounterAssignment.objects.create(counter=counter, queue=queue)
            if desk and n >= len(agencies):  # the last desks also call their agency's other line
                CounterAssignment.objects.create(
                    counter=counter, queue=made[n - len(agencies)], position=2
                )
            _officer(mall, f"{mall.slug}-{counter.number}", Officer.Role.COUNTER, queue.agency)
    for n in (1, 2):
        _officer(mall, f"{mall.slug}-meja-depan-{n}", Officer.Role.FRONT_DESK, None)
    return mall


def _queue(mall: Mall, agency: Agency, n: int, desks: int, at: dt.datetime) -> Queue:
    prefix = (
        LETTERS[n] if n < len(LETTERS) else f"{LETTERS[n % len(LETTERS)]}{1 + n // len(LETTERS)}"
    )
    queue = Queue.objects.create(
        mall=mall,
        agency=agency,
        prefix=prefix,
        name=f"Antrean {prefix}",
        seats_per_hour=SEATS_PER_DESK * desks,
        book_ahead_days=1,
    )
    for k, minutes in enumerate(MINUTES, start=1):
        service = ServiceType.objects.create(
            agency=agency, code=f"{prefix}-{k:02d}", name=f"Layanan {prefix} {k}"
        )
        ServiceStandard.objects.create(
            service_type=service,
            valid_from=mall.date_at(at) - dt.timedelta(days=30),
            approved_at=at - dt.timedelta(days=30),
            counter_minutes=minutes,
        )
        QueueService.objects.create(queue=queue, service_type=service)
    return queue


def _officer(mall: Mall, username: str, role: str, agency: Agency | None) -> None:
    user = User(username=username, email=f"{username}@{house.MAIL_DOMAIN}", is_staff=True)
    user.set_unusable_password()
    user.save()
    Officer.objects.create(user=user, mall=mall, agency=agency, role=role)


def shares_of(mall: Mall) -> dict[str, float]:
    """How many come for each queue, by prefix: as its counters can serve, give or take a fifth."""
    rng = random.Random(mall.slug)  # noqa: S311
    return {
        queue.prefix: math.ceil(100 * queue.seats_per_hour * rng.uniform(0.8, 1.2))
        for queue in mall.queues.order_by("prefix")
    }


def _slug(number: int) -> str:
    return SLUG if number == 1 else f"{SLUG}-{number}"
