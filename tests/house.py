"""A small mall for the tests: two agencies, three queues, counters, and a fixed cast of people.

Their day is `TODAY`, a plain Wednesday: no test of the rules depends on today's date.
"""

import datetime as dt
import pickle
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import time_machine
from django.apps import apps
from django.db import connection, transaction
from django.db.models import Model
from django.db.models.signals import post_migrate
from django.dispatch import receiver
from django.utils import timezone

from accounts.models import User
from queueing import rules
from queueing.models import Counter, CounterAssignment, Queue, QueueDay, QueueService, Window
from services.models import Agency, Mall, Officer, OpeningHours, ServiceStandard, ServiceType

ZONE = ZoneInfo("Asia/Jakarta")
TODAY = dt.date(2026, 11, 25)  # a Wednesday


def at(hour: int, minute: int = 0, second: int = 0, *, days: int = 0) -> dt.datetime:
    """A moment of the tests' day in the mall's zone."""
    date = TODAY + dt.timedelta(days=days)
    return dt.datetime(date.year, date.month, date.day, hour, minute, second, tzinfo=ZONE)


@dataclass
class House:
    """The mall and everything in it, by name."""

    mall: Mall
    civil: Agency
    tax: Agency
    services: dict[str, ServiceType] = field(default_factory=dict)
    queues: dict[str, Queue] = field(default_factory=dict)
    counters: dict[int, Counter] = field(default_factory=dict)
    people: dict[str, User] = field(default_factory=dict)

    def window(self, prefix: str, hour: int, *, days: int = 0) -> Window:
        return Window.objects.get(queue=self.queues[prefix], starts_at=at(hour, days=days))

    def book(self, service: str, hour: int, *, now: dt.datetime | None = None, **who: Any) -> Any:
        """Book one ticket through the rule; the ticket."""
        who = {"name": "Siti Aminah", **who}
        prefix = self.services[service].queue_service.queue.prefix
        days = who.pop("days", 0)
        window = self.window(prefix, hour, days=days)
        visit = rules.book(
            mall=self.mall,
            wishes=[rules.Wish(service, window.pk)],
            at=now or at(7, 30),
            **who,
        )
        return visit.new_tickets[0]

    def waiting(self, service: str, hour: int, *, arrived: dt.datetime, **who: Any) -> Any:
        """A booked ticket that has checked in."""
        ticket = self.book(service, hour, **who)
        rules.check_in(visit_id=ticket.visit_id, at=arrived)
        ticket.refresh_from_db()
        return ticket


def build_house(*, seats_per_hour: int = 6) -> House:
    """Queues C (KTP, KK) and D (AKTA) of one agency, T (PBB, SIDANG) of the other; 4 counters."""
    mall = Mall.objects.create(
        slug="gajah-mada", name="MPP Gajah Mada", regency="Kota Mojokerto", province="Jawa Timur"
    )
    civil = Agency.objects.create(mall=mall, code="DUKCAPIL", name="Dinas Dukcapil")
    tax = Agency.objects.create(mall=mall, code="BPKPD", name="Badan Pendapatan Daerah")
    house = House(mall, civil, tax)
    for weekday in range(5):
        OpeningHours.objects.create(
            mall=mall, weekday=weekday, opens_at=dt.time(8), closes_at=dt.time(15)
        )
    catalogue = [
        ("KTP", civil, "C", "both", True),
        ("KK", civil, "C", "both", False),
        ("AKTA", civil, "D", "both", False),
        ("PBB", tax, "T", "both", False),
        ("SIDANG", tax, "T", "walk_in", False),
    ]
    for prefix, agency in (("C", civil), ("D", civil), ("T", tax)):
        house.queues[prefix] = Queue.objects.create(
            mall=mall,
            agency=agency,
            prefix=prefix,
            name=f"Antrean {prefix}",
            seats_per_hour=seats_per_hour,
            online_share=60,
        )
    for code, agency, prefix, mode, needs_nik in catalogue:
        service = ServiceType.objects.create(
            agency=agency, code=code, name=f"Layanan {code}", booking_mode=mode, needs_nik=needs_nik
        )
        ServiceStandard.objects.create(
            service_type=service,
            valid_from=dt.date(2026, 1, 1),
            approved_at=at(8),
            counter_minutes=15,
        )
        QueueService.objects.create(queue=house.queues[prefix], service_type=service)
        house.services[code] = service
    ServiceType.objects.create(
        agency=tax,
        code="PASPOR",
        name="Paspor",
        booking_mode="external",
        external_system="M-Paspor",
    )
    for number, prefixes in ((1, "C"), (2, "CD"), (3, "D"), (4, "T")):
        counter = Counter.objects.create(mall=mall, number=number, floor="2", zone="timur")
        house.counters[number] = counter
        for position, prefix in enumerate(prefixes, start=1):
            CounterAssignment.objects.create(
                counter=counter, queue=house.queues[prefix], position=position
            )
    cast = [
        ("officer", Officer.Role.COUNTER, civil),
        ("colleague", Officer.Role.COUNTER, civil),
        ("third", Officer.Role.COUNTER, civil),
        ("foreign_officer", Officer.Role.COUNTER, tax),
        ("liaison", Officer.Role.LIAISON, civil),
        ("head", Officer.Role.AGENCY_HEAD, civil),
        ("foreign_head", Officer.Role.AGENCY_HEAD, tax),
        ("front_desk", Officer.Role.FRONT_DESK, None),
        ("complaints_desk", Officer.Role.COMPLAINTS_DESK, None),
        ("manager", Officer.Role.MALL_MANAGER, None),
        ("leader", Officer.Role.LEADER, None),
        ("helper", Officer.Role.HELPER, None),
    ]
    house.people = {
        username: User(username=username, is_staff=role != Officer.Role.HELPER)
        for username, role, _agency in cast
    }
    User.objects.bulk_create(house.people.values())
    Officer.objects.bulk_create(
        Officer(user=house.people[username], mall=mall, agency=agency, role=role)
        for username, role, agency in cast
    )
    _lay_out_the_days(house, seats_per_hour)
    return house


_days_laid_out: dict[int, list[tuple[str, QueueDay | Window]]] = {}


def _lay_out_the_days(house: House, seats_per_hour: int) -> None:
    """Days and windows as the rule makes them, asked once: the house is the same each time."""
    if seats_per_hour not in _days_laid_out:
        rules.materialise(queues=list(house.queues.values()), at=at(6))
        _days_laid_out[seats_per_hour] = [
            (row.queue.prefix, row)
            for kind in (QueueDay, Window)
            for row in kind.objects.select_related("queue").order_by("pk")
        ]
        return
    for prefix, row in _days_laid_out[seats_per_hour]:
        row.pk, row.queue = None, house.queues[prefix]
        if isinstance(row, QueueDay):
            row.mall = house.mall
    for kind in (QueueDay, Window):
        rows = [row for _prefix, row in _days_laid_out[seats_per_hour] if isinstance(row, kind)]
        kind.objects.bulk_create(rows)


# -- the same house again, without building it -----------------------------------------------------

_CAST_AT = dt.datetime(2001, 2, 3, 4, 5, 6, 789012, tzinfo=dt.UTC)  # stands for "now"
_casts: list["Cast"] = []


@dataclass(frozen=True)
class Cast:
    """A house built once: its rows as one text of SQL, itself and who of it bears the time."""

    rows: str
    objects: bytes

    def pour(self) -> House:
        """The house as `build_house` leaves it at this moment, by one statement."""
        now = timezone.now()
        rows = self.rows
        for stamp in (_stamp_in_json, _stamp_in_words):
            rows = rows.replace(stamp(_CAST_AT), stamp(now))
        with connection.cursor() as cursor:
            cursor.execute(rows)
        house, dated = pickle.loads(self.objects)  # noqa: S301 - dumped by this very process
        for thing, name in dated:
            setattr(thing, name, now)
        return house


def pour_house() -> House:
    """The small mall in an instant; it is built where the tables' own rows are made anew."""
    if not _casts:
        _casts.append(_cast())
    return _casts[0].pour()


@receiver(post_migrate)
def _forget_the_cast(**_: Any) -> None:
    """Numbers of rows begin anew where tables are laid out anew."""
    _casts.clear()


def _cast() -> Cast:
    models = apps.get_models(include_auto_created=True)
    with transaction.atomic():
        before = {model: _keys(model) for model in models}
        with time_machine.travel(_CAST_AT, tick=False):
            house = build_house()
        rows = "".join(_inserts(model, _keys(model) - before[model]) for model in models)
        transaction.set_rollback(True)
    things = _things(house, {})
    dated = [(o, n) for o in things for n, value in vars(o).items() if value == _CAST_AT]
    return Cast(rows, pickle.dumps((house, dated)))


def _keys(model: type[Model]) -> set[Any]:
    return set(model._base_manager.values_list("pk", flat=True))


def _inserts(model: type[Model], keys: set[Any]) -> str:
    """One statement that writes these rows again; foreign keys are looked at in the end."""
    if not keys:
        return ""
    name = connection.ops.quote_name
    table, pk = name(model._meta.db_table), name(model._meta.pk.column)
    columns = ", ".join(name(one.column) for one in model._meta.local_concrete_fields)
    with connection.cursor() as cursor:
        chosen = f"SELECT {columns} FROM {table} WHERE {pk} = ANY(%s) ORDER BY {pk}"  # noqa: S608
        cursor.execute(f"SELECT json_agg(t)::text FROM ({chosen}) t", [list(keys)])  # noqa: S608
        (rows,) = cursor.fetchone()
        source = f"json_populate_recordset(NULL::{table}, %s)"
        insert = f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {source};\n"  # noqa: S608
        return cursor.mogrify(insert, [rows]).decode()


def _things(thing: Any, found: dict[int, Model]) -> list[Model]:
    """Every row that hangs on a house."""
    if isinstance(thing, Model) and id(thing) not in found:
        found[id(thing)] = thing
        _things(thing._state.fields_cache, found)
    elif isinstance(thing, dict):
        for one in thing.values():
            _things(one, found)
    elif isinstance(thing, House):
        _things(vars(thing), found)
    return list(found.values())


def _stamp_in_json(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat(timespec="microseconds")


def _stamp_in_words(moment: dt.datetime) -> str:
    return str(moment.astimezone(dt.UTC).replace(tzinfo=None))


# -- many at the same moment -----------------------------------------------------------------------


def at_once(times: int, act: Callable[[int], Any]) -> list[Any]:
    """Run `act(i)` in `times` threads that start together; what each returned or raised."""
    barrier = threading.Barrier(times)
    outcomes: list[Any] = [None] * times

    def run(i: int) -> None:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=30)
            outcomes[i] = act(i)
        except Exception as error:  # noqa: BLE001 - the outcome is what the test looks at
            outcomes[i] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(i,)) for i in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return outcomes
