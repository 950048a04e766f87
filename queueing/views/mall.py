"""A mall's own pages: home, help, and the tickets taken on this device."""

import datetime as dt
from dataclasses import dataclass

from django.core.signing import BadSignature
from django.db.models import Prefetch, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from queueing.models import (
    Counter,
    CounterAssignment,
    Queue,
    Ticket,
    Visit,
)
from queueing.offers import queues_open
from queueing.sought import most_sought
from queueing.workflow import ACTIVE
from services.calendar import Day, is_open
from services.directory import directory
from services.hours import HouseDay, mall_week
from services.models import Agency, Mall
from services.near import shared_page
from services.views import in_mall

TICKETS_COOKIE = "tiket"
_MOST_REMEMBERED = 5
_SHARED_S = 3  # everybody looks at the same hall
_SOUGHT_DAYS = 30
_WEEK = dt.timedelta(days=6)


@dataclass(frozen=True)
class Desk:
    """A queue, the counters of one floor that call from it today, and the way to the first."""

    queue: Queue
    counters: list[int]
    way: str


@dataclass
class Floor:
    """A floor: its queues by prefix, and the counters that have none today."""

    name: str
    desks: dict[str, Desk]
    others: list[int]


@require_safe
@shared_page(_SHARED_S, own=TICKETS_COOKIE)
@in_mall
def home(request: HttpRequest, mall: Mall) -> HttpResponse:
    """Search, the ticket of this device, what is sought most, the queues now, and two doors."""
    at = timezone.now()
    today = mall.date_at(at)
    week = mall_week(mall=mall, first=today, last=today + _WEEK)
    queues = queues_open(mall=mall, at=at)
    page = {
        "mall": mall,
        "at": at,
        "today": today,
        "open_until": open_until(week[0].day, mall, at),
        "next_open": next_opening(week, mall, at),
        "unusual": [day for day in week if day.why],
        "my_ticket": my_ticket(request, mall, today),
        "sought": list(most_sought(mall, today, days=_SOUGHT_DAYS)[:5]),
        "queues": sorted(queues, key=lambda q: (not q.paused, -q.waiting, q.prefix)),
        "paused": [q for q in queues if q.paused],
        "doors": directory(mall),
    }
    return render(request, "queueing/home.html", page)


@require_safe
@in_mall
def help_page(request: HttpRequest, mall: Mall) -> HttpResponse:
    """Where the mall is, when it is open, where each desk is, and what to do when it goes wrong."""
    at = timezone.now()
    today = mall.date_at(at)
    week = mall_week(mall=mall, first=today, last=today + _WEEK)
    page = {
        "mall": mall,
        "at": at,
        "today": week[0],
        "week": week,
        "open_until": open_until(week[0].day, mall, at),
        "next_open": next_opening(week, mall, at),
        "floors": floors(mall, today),
        "facilities": [line for line in mall.facilities.splitlines() if line.strip()],
        "watched": Agency.objects.filter(mall=mall, active=True)
        .exclude(oversight_contact="")
        .order_by("name", "pk"),
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


def my_ticket(request: HttpRequest, mall: Mall, today: dt.date) -> Ticket | None:
    """The next ticket of this device that still counts, with its visit and window."""
    tokens = remembered(request)
    if not tokens:
        return None
    return (
        Ticket.objects.filter(mall=mall, date__gte=today, visit__token__in=tokens, state__in=ACTIVE)
        .select_related("visit", "window")
        .order_by("date", "sort_at", "pk")
        .first()
    )


def floors(mall: Mall, today: dt.date) -> list[Floor]:
    """The counters by floor, as the queues they call from today; two queries."""
    on_duty = (
        Q(weekday__isnull=True) | Q(weekday=today.weekday()),
        Q(first_date__isnull=True) | Q(first_date__lte=today),
        Q(last_date__isnull=True) | Q(last_date__gte=today),
    )
    assigned = CounterAssignment.objects.filter(*on_duty, queue__active=True)
    counters = (
        Counter.objects.filter(mall=mall, active=True)
        .order_by("floor", "number")
        .prefetch_related(
            Prefetch("assignments", assigned.select_related("queue__agency").order_by("position"))
        )
    )
    found: dict[str, Floor] = {}
    for counter in counters:
        floor = found.setdefault(counter.floor, Floor(counter.floor, {}, []))
        queues = [assignment.queue for assignment in counter.assignments.all()]
        for queue in queues:
            desk = floor.desks.setdefault(queue.prefix, Desk(queue, [], counter.directions))
            desk.counters.append(counter.number)
        if not queues:
            floor.others.append(counter.number)
    for floor in found.values():
        floor.desks = dict(sorted(floor.desks.items()))
    return list(found.values())


def open_until(day: Day, mall: Mall, at: dt.datetime) -> int | None:
    """The minute of the day at which the session of this moment ends; None when closed."""
    now = at.astimezone(mall.zone)
    minute = now.hour * 60 + now.minute
    if not is_open(day, minute):
        return None
    return next(end for start, end in day.sessions if start <= minute < end)


def next_opening(week: list[HouseDay], mall: Mall, at: dt.datetime) -> tuple[dt.date, int] | None:
    """The next date and minute at which the mall opens, within the days given."""
    now = at.astimezone(mall.zone)
    minute = now.hour * 60 + now.minute
    for house_day in week:
        for start, _end in house_day.day.sessions:
            if house_day.date > now.date() or start > minute:
                return house_day.date, start
    return None
