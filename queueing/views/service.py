"""A service's page: what it costs, how long it takes, what to bring, when there is a number."""

import datetime as dt
import re
from typing import Any
from urllib.parse import quote

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from queueing import one_service, places
from queueing.availability import Availability, availability
from queueing.models import Visit
from services.fees import cost
from services.models import ServiceStandard, ServiceType
from services.near import shared_page
from services.papers import Needed

_SHARED_S = 3
_NUMBERED = re.compile(r"^\s*(?:\d+[.)]|[-•*])\s*")  # how steps were numbered by hand


def service_of(mall: str, code: str) -> ServiceType:
    """The active service with this code in the mall with this slug, or 404."""
    return _one(ServiceType.objects.select_related("queue_service"), mall, code)


@require_safe
@shared_page(_SHARED_S)
def service(request: HttpRequest, mall: str, code: str) -> HttpResponse:
    """Everything a person needs to know before coming."""
    at = timezone.now()
    services = ServiceType.objects.select_related("queue_service__queue")
    service = _one(one_service.with_pause(services, at), mall, code)
    return render(request, "queueing/service.html", _page(service, at))


def _one(services: QuerySet[ServiceType], mall: str, code: str) -> ServiceType:
    service = (
        services.filter(
            agency__mall__slug=mall,
            agency__mall__active=True,
            agency__active=True,
            active=True,
            code=code,
        )
        .select_related("agency__mall")
        .order_by("pk")
        .first()
    )
    if service is None:
        raise Http404
    return service


def _page(service: ServiceType, at: dt.datetime) -> dict[str, Any]:
    mall, queue = service.agency.mall, one_service.queue_of(service)
    today = mall.date_at(at)
    standard, fees = one_service.standard_of(service, today)
    gate = _gate(service, at)
    walk_in = service.booking_mode == ServiceType.BookingMode.WALK_IN
    bookable = not walk_in and (gate.open or gate.next_date is not None)
    needs = one_service.asked_papers(standard, mall, today)
    makers = [one_service.queue_of(need.made_by) for need in needs if need.made_by]
    where = places.for_queues([q.pk for q in [queue, *makers] if q], today)
    line = one_service.line_of(service, gate, today=today, at=at)
    shut = one_service.shut_days(service, queue, today)
    opens_on = mall.date_at(line.opens_at) if line and line.opens_at else today
    from_date = gate.date if gate.open else gate.next_date or opens_on
    unsold = queue is not None and not walk_in and not bookable
    return {
        "mall": mall,
        "service": service,
        "standard": standard,
        "cost": cost(fees, today),
        "fees": fees if len(fees) > 1 or any(fee.variant or fee.exemption for fee in fees) else [],
        "queue": queue,
        "line": line,
        "place": where.get(queue.pk) if queue else None,
        "gate": gate,
        "walk_in": walk_in,
        "bookable": bookable,
        "why_not_today": one_service.why_not_today(gate, line, shut, today=today) if queue else "",
        "release": one_service.next_release(queue, gate, shut, at=at, mall=mall)
        if unsold and queue
        else None,
        "hours": one_service.hours_ahead(
            gate, shut, today=today, ahead=queue.book_ahead_days if queue else 0
        ),
        "to_bring": one_service.to_bring(needs, where, bookable=bookable),
        "list_link": _list_link(service, needs),
        "steps": _steps(standard),
        "from_date": from_date,
        "ready_on": one_service.ready_on(standard, shut, from_date),
        "foreign": get_language() == "en",
        "oversight_link": _link_of(service.agency.oversight_contact),
        "at": at,
        "today": today,
    }


def _gate(service: ServiceType, at: dt.datetime) -> Availability:
    """The gate's answer for who reads this page; for a service of the mall alone, the kiosk's."""
    walk_in = service.booking_mode == ServiceType.BookingMode.WALK_IN
    channel = Visit.Channel.KIOSK if walk_in else Visit.Channel.WEB
    return availability(service=service, date=None, channel=channel, at=at)


def _steps(standard: ServiceStandard | None) -> list[str]:
    lines = (standard.procedure if standard else "").splitlines()
    return [_NUMBERED.sub("", line).strip() for line in lines if line.strip()]


def _list_link(service: ServiceType, needs: list[Needed]) -> str:
    """A message with the papers, to be sent to whoever one likes."""
    lines = [_("Yang dibawa untuk %(service)s:") % {"service": service.name}]
    for need in needs:
        lines.append(f"- {need.name}: {need.detail}" if need.detail else f"- {need.name}")
    return "https://wa.me/?text=" + quote("\n".join(lines))


def _link_of(contact: str) -> str:
    """What a contact written by hand leads to; "" when it is no address and no number."""
    if "@" in contact:
        return f"mailto:{contact}"
    if re.fullmatch(r"[+(\d][\d ()-]{2,}", contact):
        return "tel:" + re.sub(r"[^+\d]", "", contact)
    if re.fullmatch(r"(https://)?[\w-]+(\.[\w-]+)+(/\S*)?", contact):
        return contact if contact.startswith("https://") else f"https://{contact}"
    return ""
