"""`/dasbor/`: today live and the last 30 rolled-up days of the agencies that a person may read."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from queueing import shown_estimates
from queueing.models import CounterSession, DailyStatistic, Inquiry, Ticket
from queueing.statistics import Summary, summarise
from queueing.workflow import State
from services.models import Agency
from services.permissions import READ_FIGURES, agencies_for, can

DAYS = 30
TOLD_DAYS = 28  # of the waits that people were told


@dataclass(frozen=True)
class Today:
    """An agency's day as it stands now."""

    waiting: int
    at_counter: int
    booked: int
    served: int
    information_only: int
    no_show: int
    absent: int
    cancelled: int
    counters_open: int


@require_safe
@never_cache
@login_required
def dashboard(request: HttpRequest) -> HttpResponse:
    """The figures of one agency; `?instansi=` chooses among those the person may read."""
    agencies = list(
        agencies_for(request.user, READ_FIGURES).select_related("mall").order_by("name")
    )
    if not agencies:
        raise PermissionDenied
    code = request.GET.get("instansi")
    agency = next((a for a in agencies if a.code == code), None) if code else agencies[0]
    if agency is None:
        raise Http404
    at = timezone.now()
    date = agency.mall.date_at(at)
    rows = list(
        DailyStatistic.objects.filter(
            agency=agency, date__range=(date - dt.timedelta(days=DAYS), date)
        )
        .order_by("date")
        .values(*_COLUMNS, "service_type_id", "service_type__name", "date")
    )
    past = [row for row in rows if row["date"] < date]
    days, services = defaultdict(list), defaultdict(list)
    for row in past:
        days[row["date"]].append(row)
        services[row["service_type__name"]].append(row)
    told = shown_estimates.records(
        agency=agency, since=date - dt.timedelta(days=TOLD_DAYS), until=date
    )
    by_day = [(day, summarise(of_day)) for day, of_day in sorted(days.items())]
    return render(
        request,
        "dashboards/agency.html",
        {
            "mall": agency.mall,
            "agency": agency,
            "agencies": agencies,
            "date": date,
            "today": live_today(agency, date),
            "asked": asked_today(request, agency, date),
            "today_waits": summarise(row for row in rows if row["date"] == date),
            "days": by_day,
            "busiest": max((summary.total for _day, summary in by_day), default=1) or 1,
            "services": sorted(
                ((name, summarise(of_service)) for name, of_service in services.items()),
                key=lambda pair: -pair[1].total,
            ),
            "month": summarise(past) if past else Summary(),
            "told": told,
            "told_together": shown_estimates.together(told),
            "told_least": shown_estimates.LEAST,
        },
    )


def live_today(agency: Agency, date: dt.date) -> Today:
    """The agency's day from its tickets, now: two queries."""

    def state(*states: str) -> Count:
        return Count("pk", filter=Q(state__in=states))

    counts = Ticket.objects.filter(
        mall_id=agency.mall_id, queue__agency=agency, date=date
    ).aggregate(
        waiting=state(State.WAITING, State.PARKED),
        at_counter=state(State.CALLED, State.SERVING),
        booked=state(State.BOOKED),
        served=Count("pk", filter=Q(state=State.DONE) & ~Q(outcome="information_only")),
        information_only=Count("pk", filter=Q(state=State.DONE, outcome="information_only")),
        no_show=state(State.NO_SHOW),
        absent=state(State.ABSENT),
        cancelled=state(State.CANCELLED),
    )
    return Today(
        **counts,
        counters_open=CounterSession.objects.filter(
            closed_at__isnull=True, counter__assignments__queue__agency=agency
        )
        .distinct()
        .count(),
    )


def asked_today(request: HttpRequest, agency: Agency, date: dt.date) -> int | None:
    """How many only asked at the front desk today; None for who may not read the whole mall."""
    if not can(request.user, READ_FIGURES, mall=agency.mall):
        return None
    return Inquiry.objects.filter(mall=agency.mall, date=date).count()


_COLUMNS = [
    field.name
    for field in DailyStatistic._meta.fields
    if field.name
    not in {"id", "mall", "agency", "service_type", "date", "rehearsal", "rolled_up_at"}
]
