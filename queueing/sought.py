"""Which services people take numbers for."""

import datetime as dt

from django.db.models import F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from queueing.models import DailyStatistic
from services.models import Mall, ServiceType


def services_in(mall: Mall) -> QuerySet[ServiceType]:
    """The active services of a mall."""
    return ServiceType.objects.filter(agency__mall=mall, agency__active=True, active=True)


def most_sought(mall: Mall, today: dt.date, *, days: int) -> QuerySet[ServiceType]:
    """Those of which most numbers were taken in the last `days` before today, the most first."""
    taken = (
        DailyStatistic.objects.filter(
            mall=mall,
            service_type=OuterRef("pk"),
            date__gte=today - dt.timedelta(days=days),
            date__lt=today,
        )
        .order_by()
        .values("service_type")
        .annotate(n=Sum(F("booked") + F("walk_in")))
        .values("n")
    )
    return services_in(mall).annotate(taken=Coalesce(Subquery(taken), 0)).order_by("-taken", "pk")
