"""Setting up a mall: from a file, over one that stands or anew; and the very first, with people."""

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connection, transaction

from accounts.models import User
from queueing.models import Queue, QueueDay, Window
from queueing.refusals import Refusal
from queueing.rules.displacing import rearrange
from queueing.rules.rebuilding import queue_days
from queueing.rules.setup_rows import Result, Writer
from queueing.setup_file import Problem, check
from queueing.windows import cut, plan_day
from services import calendar
from services.models import Mall, Officer, ServiceType
from services.rules import is_empty_installation

_ONE_AT_A_TIME = 4_207_301  # the advisory lock of setting up
_CLEAR = "abcdefghjkmnpqrstuvwxyz23456789"  # letters and figures that are not taken for another


@dataclass(frozen=True)
class Person:
    """Somebody to be appointed; `agency` is its code, "" for the whole mall."""

    username: str
    name: str
    role: str
    agency: str = ""


@dataclass(frozen=True)
class Administrator:
    """The first account of an installation; the password is hashed already."""

    username: str
    name: str
    password_hash: str


@dataclass(frozen=True)
class Founded:
    """A first mall with its administrator, and each officer's first password."""

    mall: Mall
    administrator: User
    passwords: tuple[tuple[Person, str], ...]


def import_setup(
    *,
    document: Mapping[str, Any],
    slug: str,
    by: User | None,
    at: dt.datetime,
    dry_run: bool = False,
) -> Result:
    """Write a set-up into the mall `slug`, made where there is none: all of it, or nothing.

    What the mall has already is brought to what the file says; hours and a counter's queues become
    exactly the file's; whatever else the file does not name stays. A standard that differs from the
    one that holds becomes its next version, approved by `by` at `at`. Days ahead are rebuilt; who
    is booked where it closes moves and is told.
    """
    setup, problems = check({**document, "mall": {**_dict(document.get("mall")), "slug": slug}})
    if problems:
        return Result(problems=problems)
    with transaction.atomic():
        _lock()
        writer = Writer(slug, setup, by, at)
        result = writer.write()
        if not result.problems and writer.fresh:
            _first_windows(_queues(writer.mall), at)
        elif not result.problems:
            try:
                done = rearrange(queues=_queues(writer.mall), at=at)
                result.displaced, result.present = len(done.displaced), done.present
            except Refusal as refusal:
                result.problems.append(Problem("queues", refusal.message))
        if dry_run or result.problems:
            transaction.set_rollback(True)
    if not (dry_run or result.problems):
        writer.keep_logo()
    return result


def set_up(
    *,
    document: Mapping[str, Any],
    administrator: Administrator,
    people: Sequence[Person],
    at: dt.datetime,
) -> Founded:
    """Make the first mall of an empty installation, its accounts and its windows: all, or nothing.

    Refuses `already_set_up`, `same_account_twice` and `bad_setup` (with every problem by place).
    """
    setup, problems = check(document)
    if problems:
        raise Refusal("bad_setup", fields={p.place: p.message for p in problems})
    names = [administrator.username, *(person.username for person in people)]
    if len({name.lower() for name in names}) < len(names):
        raise Refusal("same_account_twice")
    given = [(person, first_password()) for person in people]
    hasher = _LightHasher()
    hashes = [hasher.encode(password, hasher.salt()) for _person, password in given]
    with transaction.atomic():
        _lock()
        if not is_empty_installation():
            raise Refusal("already_set_up")
        user = _account(administrator.username, administrator.name, administrator.password_hash)
        user.is_superuser = True
        user.save(update_fields=["is_superuser"])
        writer = Writer(setup["mall"]["slug"], setup, user, at)
        writer.write()
        mall = writer.mall
        Officer.objects.create(user=user, mall=mall, role=Officer.Role.MALL_MANAGER)
        for (person, _password), password_hash in zip(given, hashes, strict=True):
            Officer.objects.create(
                user=_account(
                    person.username,
                    person.name,
                    password_hash,
                    is_staff=person.role != Officer.Role.HELPER,
                ),
                mall=mall,
                agency=writer.agencies[person.agency] if person.agency else None,
                role=person.role,
            )
        _first_windows(_queues(mall), at)
    writer.keep_logo()
    return Founded(mall, user, tuple(given))


def _first_windows(queues: Sequence[Queue], at: dt.datetime) -> None:
    """The days of queues that have none yet, as `materialise` would make them one by one."""
    days, windows = [], []
    for queue in queues:
        today = queue.mall.date_at(at)
        modes = {row.service_type.booking_mode for row in queue.queue_services.all()}
        last = today + dt.timedelta(days=queue.book_ahead_days)
        for date, day in queue_days(queue, today, last).items():
            plans = plan_day(
                cut(day.sessions, queue.window_minutes),
                seats_per_hour=queue.seats_per_hour,
                online_share=queue.online_share,
                all_online=modes == {ServiceType.BookingMode.ONLINE_ONLY},
            )
            if not plans:
                continue
            moment = partial(calendar.to_utc, date, zone=queue.mall.zone)
            days.append(
                QueueDay(
                    queue=queue,
                    mall=queue.mall,
                    date=date,
                    last_ticket_at=None if day.last_ticket is None else moment(day.last_ticket),
                    overflow_first=1 + sum(plan.block_size for plan in plans),
                )
            )
            windows += [
                Window(
                    queue=queue,
                    date=date,
                    starts_at=moment(plan.start),
                    ends_at=moment(plan.end),
                    seats=plan.seats,
                    online_seats=plan.online_seats,
                    first_number=plan.first_number,
                    block_size=plan.block_size,
                )
                for plan in plans
            ]
    QueueDay.objects.bulk_create(days)
    Window.objects.bulk_create(windows)


class _LightHasher(Argon2PasswordHasher):
    """For words of chance: sixty bits need no slow hash; the first sign-in makes it a usual one."""

    time_cost, memory_cost, parallelism = 1, 8192, 1


def first_password() -> str:
    """A password to begin with, easy to copy from paper: k7mp-x4ht-9wrz."""
    return "-".join("".join(secrets.choice(_CLEAR) for _ in range(4)) for _ in range(3))


def _lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ONE_AT_A_TIME])


def _queues(mall: Mall) -> list[Queue]:
    queues = mall.queues.filter(active=True).select_related("mall", "agency")
    return list(queues.prefetch_related("queue_services__service_type"))


def _account(username: str, name: str, password_hash: str, *, is_staff: bool = True) -> User:
    first, _space, last = name.partition(" ")
    return User.objects.create(
        username=username,
        first_name=first,
        last_name=last,
        password=password_hash,
        is_staff=is_staff,
    )


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
