"""A mall's own pages: home, help, and the tickets taken on this device."""

import datetime as dt
from itertools import groupby

from django.core.signing import BadSignature
from django.db.models import Count, F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from queueing.board import queues_now
from queueing.models import Counter, DailyStatistic, Visit
from services.calendar import Day, is_open
from services.hours import agency_days
from services.models import Agency, Mall, ServiceType
from services.views import in_mall

TICKETS_COOKIE = "tiket"
_MOST_REMEMBERED = 5
_SOUGHT_DAYS = 30


@require_safe
@in_mall
def home(request: HttpRequest, mall: Mall) -> HttpResponse:
    """Search, what is sought most, the queues now, and the agencies."""
    at = timezone.now()
    today = mall.date_at(at)
    week = mall_days(mall, today, 7)
    queues = list(queues_now(mall=mall, at=at))
    page = {
        "mall": mall,
        "at": at,
        "open_until": open_until(week[today], mall, at),
        "next_open": next_opening(week, mall, at),
        "sought": most_sought(mall, today),
        "queues": sorted(queues, key=lambda q: (not q.paused, -q.waiting, q.prefix)),
        "paused": [q for q in queues if q.paused],
        "agencies": list(
            Agency.objects.filter(mall=mall, active=True)
            .annotate(services=Count("service_types", filter=Q(service_types__active=True)))
            .order_by("name")
        ),
    }
    return render(request, "queueing/home.html", page)


@require_safe
@in_mall
def help_page(request: HttpRequest, mall: Mall) -> HttpResponse:
    """Where the mall is, when it is open this week, which counters are on which floor."""
    today = mall.date_at(timezone.now())
    counters = Counter.objects.filter(mall=mall, active=True).order_by("floor", "zone", "number")
    page = {
        "mall": mall,
        "today": today,
        "week": mall_days(mall, today, 7).items(),
        "floors": [(floor, list(rows)) for floor, rows in groupby(counters, lambda c: c.floor)],
    }
    return render(request, "queueing/help.html", page)


@require_safe
@never_cache
@in_mall
def my_tickets(request: HttpRequest, mall: Mall) -> HttpResponse:
    """The visits booked on this device, from its own signed cookie."""
    visits = (
        Visit.objects.filter(token__in=remembered(request), erased_at=None)
        .select_related("mall")
        .prefetch_related("tickets")
        .order_by("date", "pk")
    )
    return render(request, "queueing/my_tickets.html", {"mall": mall, "visits": visits})


@require_POST
@in_mall
def forget_tickets(request: HttpRequest, mall: Mall) -> HttpResponse:
    """Forget the visits on this device; the numbers themselves stay."""
    response = redirect("queueing:my_tickets", mall.slug)
    response.delete_cookie(TICKETS_COOKIE)
    return response


def remember(request: HttpRequest, response: HttpResponse, visit: Visit) -> None:
    """Keep a visit's token on this device until the day after the visit."""
    tokens = [visit.token, *(t for t in remembered(request) if t != visit.token)]
    last_day = dt.datetime.combine(visit.date + dt.timedelta(days=2), dt.time.min)
    response.set_signed_cookie(
        TICKETS_COOKIE,
        ".".join(tokens[:_MOST_REMEMBERED]),
        expires=timezone.make_aware(last_day, visit.mall.zone).astimezone(dt.UTC),
        httponly=True,
        secure=request.is_secure(),
        samesite="Lax",
    )


def remembered(request: HttpRequest) -> list[str]:
    """The tokens kept on this device, latest first."""
    try:
        kept = request.get_signed_cookie(TICKETS_COOKIE, default="")
    except BadSignature:
        return []
    return [token for token in kept.split(".") if token]


def most_sought(mall: Mall, today: dt.date) -> list[ServiceType]:
    """The five services for which most numbers were taken lately."""
    taken = (
        DailyStatistic.objects.filter(
            mall=mall,
            service_type=OuterRef("pk"),
            date__gte=today - dt.timedelta(days=_SOUGHT_DAYS),
            date__lt=today,
        )
        .order_by()
        .values("service_type")
        .annotate(n=Sum(F("booked") + F("walk_in")))
        .values("n")
    )
    return list(
        ServiceType.objects.filter(agency__mall=mall, agency__active=True, active=True)
        .annotate(taken=Coalesce(Subquery(taken), 0))
        .order_by("-taken", "pk")[:5]
    )


def mall_days(mall: Mall, first: dt.date, days: int) -> dict[dt.date, Day]:
    """The mall's own hours from `first` on: those of an agency without rows of its own."""
    house = Agency(pk=0, mall=mall)
    found = agency_days(agencies=[house], first=first, last=first + dt.timedelta(days=days - 1))
    return {date: day for (_pk, date), day in found.items()}


def open_until(day: Day, mall: Mall, at: dt.datetime) -> int | None:
    """The minute of the day at which the session of this moment ends; None when closed."""
    now = at.astimezone(mall.zone)
    minute = now.hour * 60 + now.minute
    if not is_open(day, minute):
        return None
    return next(end for start, end in day.sessions if start <= minute < end)


def next_opening(
    week: dict[dt.date, Day], mall: Mall, at: dt.datetime
) -> tuple[dt.date, int] | None:
    """The next date and minute at which the mall opens, within the days given."""
    now = at.astimezone(mall.zone)
    minute = now.hour * 60 + now.minute
    for date, day in week.items():
        for start, _end in day.sessions:
            if date > now.date() or start > minute:
                return date, start
    return None
