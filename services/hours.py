"""When agencies are open: hours, holidays and closures, in a fixed number of queries."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Q

from services import calendar
from services.models import Agency, Closure, Holiday, Mall, OpeningHours


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
