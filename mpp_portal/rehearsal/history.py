"""Writes working days of the demo mall's past, in bulk and without personal data.

Each day is a small simulation of every queue: people book or walk in, come, wait, are called by
desks that serve one after the other, or stay away. What comes out is written with COPY.
"""

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence

from django.db import connection, transaction

from mpp_portal.rehearsal import house, plan
from mpp_portal.rehearsal.bulk import cell, copy, copy_lines, number_rows
from mpp_portal.rehearsal.past_day import Booth, Guest, QueueOfADay, Rows
from queueing import statistics
from queueing.models import (
    CounterAssignment,
    CounterSession,
    QueueDay,
    Ticket,
    TicketEvent,
    Visit,
    Window,
)
from queueing.rules.rebuilding import queue_days
from services.models import Mall, Officer, ServiceType

CHUNK_DAYS = 31  # days written in one transaction
WEEKDAY_FACTOR = (1.2, 1.05, 1.0, 1.0, 0.75, 0.5, 0.5)


def write(*, mall: Mall, days: int, visits: int, at: dt.datetime) -> int:
    """Write the working days of the last `days` on which nobody was called; how many tickets.

    `visits`: people on an average day. The same date gets the same people at every start.
    """
    house.refuse_unless_rehearsal(mall)
    today = mall.date_at(at)
    dates = [today - dt.timedelta(days=n) for n in range(days, 0, -1)]
    called = set(
        Ticket.objects.filter(mall=mall, date__range=(dates[0], dates[-1]), called_at__isnull=False)
        .values_list("date", flat=True)
        .distinct()
    )
    dates = [date for date in dates if date not in called]
    if not dates:
        return 0
    booths = _booths(mall, dates[0], dates[-1])
    dates = [d for d in dates if any(booth.days[d].sessions for booth in booths)]
    written = 0
    for start in range(0, len(dates), CHUNK_DAYS):
        chunk = dates[start : start + CHUNK_DAYS]
        with transaction.atomic():
            rows = Rows()
            for date in chunk:
                _play_day(mall, booths, date, visits, rows)
            _write(rows)
        written += len(rows.guests)
    if written:
        with connection.cursor() as cursor:
            cursor.execute(
                "ANALYZE queueing_visit, queueing_ticket, queueing_ticketevent, queueing_window"
            )
    for date in dates:
        statistics.roll_up(mall=mall, date=date)
    return written


def _booths(mall: Mall, first: dt.date, last: dt.date) -> list[Booth]:
    shares = {line.prefix: line.share for line in plan.LINES}
    services = defaultdict(list)
    for service in ServiceType.objects.filter(
        agency__mall=mall, queue_service__isnull=False, active=True
    ).select_related("queue_service"):
        services[service.queue_service.queue_id].append(service)
    standards = {service_id: (pk, minutes) for pk, service_id, minutes in _standards(mall, last)}
    desks = defaultdict(list)
    for counter_id, queue_id, weekday in (
        CounterAssignment.objects.filter(counter__mall=mall, position=1)
        .values_list("counter_id", "queue_id", "weekday")
        .order_by("counter__number")
    ):
        desks[queue_id].append((counter_id, weekday))
    officers = defaultdict(list)
    for user_id, name in (
        Officer.objects.filter(mall=mall, role=Officer.Role.COUNTER)
        .values_list("user_id", "user__username")
        .order_by("pk")
    ):
        officers[name.removeprefix("petugas-").partition("-")[0].upper()].append(user_id)
    standing: dict[int, dict[dt.date, list[Window]]] = defaultdict(dict)
    standing_days: dict[int, dict[dt.date, QueueDay]] = defaultdict(dict)
    there = {"queue__mall": mall, "date__range": (first, last)}
    for window in Window.objects.filter(seats__gt=0, **there).order_by("starts_at"):
        standing[window.queue_id].setdefault(window.date, []).append(window)
    for queue_day in QueueDay.objects.filter(**there):
        standing_days[queue_day.queue_id][queue_day.date] = queue_day
    return [
        Booth(
            queue=queue,
            share=shares.get(queue.prefix, 1),
            services=services[queue.pk],
            standards=standards,
            desks=desks[queue.pk],
            officers=officers[queue.prefix],
            days=queue_days(queue, first, last),
            standing=standing[queue.pk],
            standing_days=standing_days[queue.pk],
        )
        for queue in mall.queues.filter(active=True)
        .select_related("mall", "agency")
        .order_by("prefix")
        if services[queue.pk] and desks[queue.pk] and officers[queue.prefix]
    ]


def _standards(mall: Mall, date: dt.date) -> Iterator[tuple[int, int, int]]:
    """(standard, service, minutes at the counter) of every service of the mall on `date`."""
    for service in ServiceType.objects.filter(agency__mall=mall).prefetch_related("standards"):
        held = [s for s in service.standards.all() if s.approved_at and s.valid_from <= date]
        if held:
            latest = max(held, key=lambda s: (s.valid_from, s.version))
            yield latest.pk, service.pk, latest.counter_minutes


# -- a day ---------------------------------------------------------------------------------------


def _play_day(mall: Mall, booths: Sequence[Booth], date: dt.date, visits: int, rows: Rows) -> None:
    rng = random.Random(f"{mall.slug} {date} {visits}")  # noqa: S311
    factor = WEEKDAY_FACTOR[date.weekday()] * rng.uniform(0.85, 1.15)
    chosen = rng.choices(
        range(len(booths)), [b.share for b in booths], k=max(1, round(visits * factor))
    )
    codes: set[str] = set(
        Visit.objects.filter(mall=mall, date=date).values_list("short_code", flat=True)
    )
    for n, booth in enumerate(booths):
        day = booth.days[date]
        if day.sessions:
            QueueOfADay(mall, booth, date, day, rng, codes, rows).play(chosen.count(n))


# -- writing --------------------------------------------------------------------------------------


def _write(rows: Rows) -> None:
    """Write everything with ids taken from the sequences beforehand."""
    number_rows(Window, rows.windows)
    visits = [guest.visit for guest in rows.guests]
    tickets = [guest.ticket for guest in rows.guests]
    number_rows(Visit, visits)
    number_rows(Ticket, tickets)
    for guest in rows.guests:
        guest.ticket.visit_id = guest.visit.pk
        if guest.ticket.window is not None:
            guest.ticket.window_id = guest.ticket.window.pk
    copy(QueueDay, rows.days, skip={"id"})
    copy(Window, rows.windows)
    copy(CounterSession, rows.sessions, skip={"id"})
    copy(Visit, visits)
    copy(Ticket, tickets)
    _copy_events(rows.guests)
    Window.objects.bulk_update(
        [w for w in rows.standing_windows if w.issued], ["taken", "taken_online", "issued"]
    )
    QueueDay.objects.bulk_update(
        rows.standing_days, ["overflow_issued", "priority_taken", "closed_at"]
    )


def _copy_events(guests: Sequence[Guest]) -> None:
    lines = (
        "\t".join(map(cell, (guest.ticket.pk, kind, moment, officer, counter, note)))
        for guest in guests
        for kind, moment, officer, counter, note in guest.events
    )
    columns = ["ticket_id", "kind", "at", "officer_id", "counter_id", "note"]
    copy_lines(TicketEvent, columns, lines)
