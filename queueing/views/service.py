"""A service's page: what it costs, how long it takes, what to bring, when there is a number."""

import datetime as dt

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from queueing.availability import availability
from queueing.board import queues_now
from queueing.models import Counter, Queue, Visit
from services.fees import cost, holds
from services.models import ServiceStandard, ServiceType


def service_of(mall: str, code: str) -> ServiceType:
    """The active service with this code in the mall with this slug, or 404."""
    service = (
        ServiceType.objects.filter(
            agency__mall__slug=mall,
            agency__mall__active=True,
            agency__active=True,
            active=True,
            code=code,
        )
        .select_related("agency__mall", "queue_service")
        .order_by("pk")
        .first()
    )
    if service is None:
        raise Http404
    return service


@require_safe
def service(request: HttpRequest, mall: str, code: str) -> HttpResponse:
    """Everything a person needs to know before coming."""
    service = service_of(mall, code)
    house = service.agency.mall
    at = timezone.now()
    today = house.date_at(at)
    standard = (
        ServiceStandard.objects.filter(service_type=service)
        .current(today)
        .prefetch_related("fees")
        .first()
    )
    fees = [fee for fee in standard.fees.all() if holds(fee, today)] if standard else []
    queue = _queue_now(service, at)
    page = {
        "mall": house,
        "service": service,
        "standard": standard,
        "cost": cost(fees, today),
        "fees": fees if len(fees) > 1 or any(fee.variant or fee.exemption for fee in fees) else [],
        "queue": queue,
        "counters": _counters(queue, today) if queue else [],
        "gate": availability(service=service, date=None, channel=Visit.Channel.WEB, at=at),
        "at": at,
        "today": today,
    }
    return render(request, "queueing/service.html", page)


def _queue_now(service: ServiceType, at: dt.datetime) -> Queue | None:
    if not hasattr(service, "queue_service"):
        return None
    queues = queues_now(mall=service.agency.mall, at=at)
    return queues.filter(pk=service.queue_service.queue_id).first()


def _counters(queue: Queue, today: dt.date) -> list[Counter]:
    """The counters that call from this queue today."""
    on_duty = (
        Q(assignments__weekday__isnull=True) | Q(assignments__weekday=today.weekday()),
        Q(assignments__first_date__isnull=True) | Q(assignments__first_date__lte=today),
        Q(assignments__last_date__isnull=True) | Q(assignments__last_date__gte=today),
    )
    return list(
        Counter.objects.filter(*on_duty, assignments__queue=queue, active=True)
        .order_by("number")
        .distinct()
    )
