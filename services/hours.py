"""When agencies are open: hours, holidays and closures, in a fixed number of queries."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import F, Q, Value

from services import calendar
from services.models import Agency, Closure, Holiday, Mall, OpeningHours


@dataclass(frozen=True)
class HouseDay:
    """A day of the mall and why it differs: the holiday, the closure, or the session's note."""

    date: dt.date
    day: calendar.Day
    why: str


def agency_days(
    *, agencies: Iterable[Agency], first: dt.date, last: dt.date
) -> dict[tuple[int, dt.date], calendar.Day]:
    """Return the day of each agency and date from `first` to `last`, by (agency id, date).

    An agency without any row of its own keeps the mall's hours. Three queries, whatever the number
    of agencies and days.
    """
    agencies = list(agencies)
    malls = {agency.mall_id for agency in agencies}
    place = Q(agency=None) | Q(agency__in=[agency.pk for agency in agencies])
    rows = defaultdict(list)
    for hours in OpeningHours.objects.filter(place, mall__in=malls):
        rows[hours.mall_id, hours.agency_id].append(calendar.row_of(hours))
    holidays = set(
        Holiday.objects.filter(mall__in=malls, date__range=(first, last)).values_list(
            "mall_id", "date"
        )
    )
    closures = defaultdict(list)
    for closure in Closure.objects.filter(
        place, mall__in=malls, first_date__lte=last, last_date__gte=first
    ):
        closures[closure.mall_id, closure.agency_id].append(closure)

    days = {}
    dates = [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
    for agency in agencies:
        whole, own = (agency.mall_id, None), (agency.mall_id, agency.pk)
        own_rows = rows.get(own) or rows.get(whole, [])
        shut = closures.get(whole, []) + closures.get(own, [])
        for date in dates:
            days[agency.pk, date] = calendar.day(
                date,
                own_rows,
                holiday=(agency.mall_id, date) in holidays,
                closed=any(c.first_date <= date <= c.last_date for c in shut),
            )
    return days


def mall_days(*, mall: Mall, first: dt.date, last: dt.date) -> dict[dt.date, calendar.Day]:
    """Return the days of the mall itself: those of an agency without hours of its own."""
    days = agency_days(agencies=[Agency(mall=mall)], first=first, last=last)
    return {date: day for (_, date), day in days.items()}


def mall_week(*, mall: Mall, first: dt.date, last: dt.date) -> list[HouseDay]:
    """Return the mall's own days with the reason of each unusual one; two queries."""
    place = {"mall": mall, "agency": None}
    hours = [(calendar.row_of(row), row.note) for row in OpeningHours.objects.filter(**place)]
    days_off = Closure.objects.filter(**place, first_date__lte=last, last_date__gte=first)
    off = days_off.values_list("first_date", "last_date", "reason", Value(True)).union(
        Holiday.objects.filter(mall=mall, date__range=(first, last)).values_list(
            "date", F("date"), "name", Value(False)
        ),
        all=True,
    )
    closures, holidays = [], {}
    for start, end, reason, closed in off:
        if closed:
            closures.append((start, end, reason))
        else:
            holidays[start] = reason
    week = []
    for n in range((last - first).days + 1):
        date = first + dt.timedelta(days=n)
        shut = [reason for start, end, reason in closures if start <= date <= end]
        notes = [note for row, note in hours if note and row.fits(date) and date not in holidays]
        day = calendar.day(
            date, [row for row, _note in hours], holiday=date in holidays, closed=bool(shut)
        )
        why = shut[0] if shut else holidays.get(date) or ", ".join(dict.fromkeys(notes))
        week.append(HouseDay(date, day, why))
    return week
