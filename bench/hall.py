"""The mall that is measured: queues with a wide window around now, 50 counters, people who wait."""

import datetime as dt
from dataclasses import dataclass

from django.db import connection
from django.utils import timezone

from accounts.models import User
from privacy.fields import encrypted
from queueing.models import (
    Counter,
    CounterSession,
    Queue,
    QueueDay,
    QueueService,
    Visit,
    Window,
)
from services.models import Agency, Mall, ServiceStandard, ServiceType

SLUG = "bench"
BOOKING = "ABCDEFGHJKLMNPRSTUVW"  # 20 queues that are booked, one after the other
RUSH, SEATS, WAITING = "X", "Y", "Z"  # one window for all; one with 100 seats; who waits
WIDE = 32_000  # seats of a window that never fills
BLOCK = 1_000_000


@dataclass(frozen=True)
class Hall:
    """What the measurements need to know, as ids; `windows` by the prefix of their queue."""

    mall_id: int
    date: dt.date
    windows: dict[str, tuple[str, int]]  # prefix: (service code, window)
    queue_waiting: int
    counters: list[tuple[int, int]]  # (counter, officer)


def build(*, waiting: int, counters: int) -> None:
    """Write the mall into an empty database."""
    now = timezone.now()
    mall = Mall.objects.create(slug=SLUG, name="MPP Ukur", regency="Kota", province="Jawa Timur")
    agency = Agency.objects.create(mall=mall, code="UKUR", name="Dinas Ukur")
    date = mall.date_at(now)
    for prefix in BOOKING + RUSH + SEATS + WAITING:
        queue = Queue.objects.create(mall=mall, agency=agency, prefix=prefix, name=prefix)
        service = ServiceType.objects.create(agency=agency, code=f"S{prefix}", name=prefix)
        ServiceStandard.objects.create(service_type=service, valid_from=date, approved_at=now)
        QueueService.objects.create(queue=queue, service_type=service)
        QueueDay.objects.create(queue=queue, mall=mall, date=date, overflow_first=BLOCK + 1)
        seats = 100 if prefix == SEATS else WIDE
        # Began an hour ago: the only message of a booking is its confirmation.
        Window.objects.create(
            queue=queue,
            date=date,
            starts_at=now - dt.timedelta(hours=1),
            ends_at=now + dt.timedelta(hours=8),
            seats=seats,
            online_seats=seats,
            block_size=BLOCK,
        )
    queue = Queue.objects.get(mall=mall, prefix=WAITING)
    for number in range(1, counters + 1):
        counter = Counter.objects.create(mall=mall, number=number)
        officer = User.objects.create(username=f"officer{number}")
        CounterSession.objects.create(
            counter=counter, officer=officer, date=date, queue_ids=[queue.pk], opened_at=now
        )
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH visit AS (
                INSERT INTO queueing_visit (mall_id, date, token, short_code, name, phone, email,
                    nik, language, priority, priority_reason, needs, accommodation,
                    channel, notice_version, created_at, checked_in_at)
                SELECT %(mall)s, %(date)s, 'waiting' || n, lpad(to_hex(n), 6, '0'), 'Orang ' || n,
                       %(phone)s, %(email)s, %(nik)s, 'id', '', '', '{}', '', 'kiosk', '', %(now)s,
                       %(now)s
                  FROM generate_series(1, %(waiting)s) AS n
                RETURNING id, token)
            INSERT INTO queueing_ticket (visit_id, mall_id, date, booked_at, public_id, queue_id,
                service_type_id, number, label, state, seat, walk_in, priority, sort_at,
                checked_in_at, recalls, returns, outcome, parked_reason, flagged)
            SELECT visit.id, %(mall)s, %(date)s, %(now)s, gen_random_uuid(), %(queue)s,
                   %(service)s, n, 'Z ' || n, 'waiting', '', true, false,
                   %(now)s + n * interval '1 millisecond', %(now)s, 0, 0, '', '', false
              FROM (SELECT id, substr(token, 8)::int AS n FROM visit) AS visit
            """,
            {
                **{name: encrypted(Visit, name, "") for name in ("phone", "email", "nik")},
                "mall": mall.pk,
                "date": date,
                "now": now - dt.timedelta(minutes=30),
                "waiting": waiting,
                "queue": queue.pk,
                "service": queue.queue_services.get().service_type_id,
            },
        )


def read() -> Hall:
    """The mall of this database."""
    mall = Mall.objects.get(slug=SLUG)
    queue = Queue.objects.get(mall=mall, prefix=WAITING)
    rows = Window.objects.filter(queue__mall=mall).values_list(
        "queue__prefix", "queue__queue_services__service_type__code", "pk"
    )
    sessions = CounterSession.objects.order_by("pk").values_list("counter_id", "officer_id", "date")
    return Hall(
        mall_id=mall.pk,
        date=sessions[0][2],
        windows={prefix: (code, pk) for prefix, code, pk in rows},
        queue_waiting=queue.pk,
        counters=[(counter, officer) for counter, officer, _date in sessions],
    )
