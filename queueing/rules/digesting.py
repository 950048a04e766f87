"""Short letters to the staff who asked for them: an agency's head in the morning, its officers in
the evening."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Count, Min
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _
from django.utils.translation import override

from notifications.rules import Draft, enqueue
from queueing import places
from queueing.models import DailyStatistic, Queue, Ticket
from queueing.statistics import summarise
from queueing.workflow import ACTIVE
from services.models import Agency, Mall, Officer
from services.permissions import CALL, GRANTS, READ_FIGURES

LASTS = dt.timedelta(hours=3)  # from its hour on it is worth reading


@dataclass(frozen=True)
class Letter:
    """Which offices get it, by their permission, and at which hour on the mall's clock."""

    name: str  # in the keys
    hour: int
    permission: str
    days: int  # of what day it speaks: 0 for today, 1 for tomorrow


LETTERS = (
    Letter("figures", 7, READ_FIGURES, 0),
    Letter("counter", 17, CALL, 1),
)


def write_digests(at: dt.datetime) -> int:
    """Write the letters whose hour it is to who switched them on; how many are new.

    Safe to repeat within the hours in which a letter is worth reading: one a day and office.
    """
    drafts = []
    for mall in Mall.objects.filter(active=True):
        for letter in LETTERS:
            hour = dt.datetime.combine(mall.date_at(at), dt.time(letter.hour), mall.zone)
            if hour <= at < hour + LASTS:
                drafts += _letters(mall, letter, at, hour + LASTS)
    return enqueue(drafts=drafts, at=at)


def _letters(mall: Mall, letter: Letter, at: dt.datetime, until: dt.datetime) -> list[Draft]:
    offices = list(
        Officer.objects.filter(
            mall=mall,
            role__in=[role for role, held in GRANTS.items() if letter.permission in held],
            active=True,
            agency__active=True,
            user__is_active=True,
            user__digest=True,
        )
        .exclude(user__email="")
        .select_related("user", "agency")
        .order_by("pk")
    )
    agencies = {office.agency for office in offices if office.agency}
    date = mall.date_at(at) + dt.timedelta(days=letter.days)
    with override("id"):
        said = _of_the_day(mall, agencies, date)
        if letter.permission == READ_FIGURES:
            for agency_id, lines in _of_yesterday(mall, agencies, date).items():
                said[agency_id] = [*lines, *said.get(agency_id, [])]
        day = format_date(date, "l, j F Y")
    return [
        Draft(
            kind="digest",
            email=office.user.email,
            language="id",
            mall_id=mall.pk,
            agency_id=office.agency_id,
            time_zone=mall.time_zone,
            rehearsal=mall.rehearsal,
            context={
                "first_name": office.user.first_name[:30],
                "mall": mall.name,
                "link": f"{settings.BASE_URL}/akun/mulai/",
                "date": day,
                "lines": said[office.agency_id or 0],
            },
            about=f"user-{office.user_id}",
            send_after=at,
            not_after=until,
            dedup_key=f"digest:{letter.name}:{office.pk}:{date:%Y%m%d}",
        )
        for office in offices
        if said.get(office.agency_id or 0)
    ]


def _of_yesterday(mall: Mall, agencies: Iterable[Agency], today: dt.date) -> dict[int, list[str]]:
    """Sentences about what was served and how long people waited, by agency."""
    date = today - dt.timedelta(days=1)
    rows: dict[int, list[Any]] = {}
    found = DailyStatistic.objects.filter(mall=mall, agency__in=agencies, date=date)
    for row in found.values():
        rows.setdefault(row["agency_id"], []).append(row)
    said = {}
    for agency_id, of_agency in rows.items():
        day = summarise(of_agency)
        said[agency_id] = [
            _("Kemarin dilayani: %(served)d. Tidak datang: %(no_show)d. Batal: %(cancelled)d.")
            % {
                "served": day.served + day.information_only,
                "no_show": day.no_show,
                "cancelled": day.cancelled,
            }
        ]
        share = day.within_standard_share
        if day.wait_p50_s is not None and share is not None:
            figures = {"minutes": -(-day.wait_p50_s // 60), "share": int(share * 100)}
            said[agency_id].append(
                _(
                    "Separuh pengunjung menunggu paling lama %(minutes)d menit. "
                    "Dipanggil dalam janji layanan: %(share)d persen."
                )
                % figures
            )
    return said


def _of_the_day(mall: Mall, agencies: Iterable[Agency], date: dt.date) -> dict[int, list[str]]:
    """A sentence for each queue that has bookings on a day, by agency."""
    queues = {
        queue.pk: queue
        for queue in Queue.objects.filter(agency__in=agencies, active=True).order_by("prefix")
    }
    booked = (
        Ticket.objects.filter(queue__in=queues, date=date, window__isnull=False, state__in=ACTIVE)
        .values("queue")
        .annotate(numbers=Count("pk"), first=Min("window__starts_at"))
    )
    where = places.for_queues(queues, date)
    said: dict[int, list[str]] = {}
    for row in sorted(booked, key=lambda row: queues[row["queue"]].prefix):
        queue = queues[row["queue"]]
        place = where.get(queue.pk)
        said.setdefault(queue.agency_id, []).append(_sentence(queue, row, mall, place))
    return said


def _sentence(queue: Queue, row: Mapping[str, Any], mall: Mall, place: places.Place | None) -> str:
    facts: dict[str, object] = {
        "prefix": queue.prefix,
        "numbers": row["numbers"],
        "time": f"{row['first'].astimezone(mall.zone):%H.%M}",
        "counters": place.counters if place else "",
    }
    if place is None:
        return _("Antrean %(prefix)s: %(numbers)d nomor dipesan, mulai %(time)s.") % facts
    return (
        _("Antrean %(prefix)s: %(numbers)d nomor dipesan, mulai %(time)s, loket %(counters)s.")
        % facts
    )
