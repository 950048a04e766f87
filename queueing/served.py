"""How many people an agency served in a period: what the survey takes its sample of."""

import datetime as dt

from django.db.models import Min, Q, Sum

from queueing.models import DailyStatistic
from services.models import Agency
from surveys import population

CLOSED_AT_FIRST = dt.timedelta(days=7)  # a quarter may begin with holidays


@population.counted_by
def served(agency: Agency, first: dt.date, end: dt.date) -> int | None:
    """People served from `first` to the day before `end`; None where the figures begin later."""
    known = DailyStatistic.objects.filter(agency=agency).aggregate(
        since=Min("date"), served=Sum("served", filter=Q(date__gte=first, date__lt=end))
    )
    begun = known["since"] is not None and known["since"] < first + CLOSED_AT_FIRST
    return known["served"] if begun else None
