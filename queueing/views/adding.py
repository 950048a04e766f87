"""What can be added to a visit: what belongs together, what was searched, all by agency."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from services import papers
from services.models import Mall, ServiceType
from services.search import search

BOOKABLE = (ServiceType.BookingMode.BOTH, ServiceType.BookingMode.ONLINE_ONLY)
MOST_TOGETHER = 5
MOST_FOUND = 12


def offers(
    *, mall: Mall, wished: Sequence[ServiceType], text: str, at: dt.datetime
) -> dict[str, Any]:
    """The lists of the page that adds a service; only services that can be booked here."""
    taken = {service.pk for service in wished}
    bookable = [
        service
        for service in ServiceType.objects.filter(
            agency__mall=mall,
            agency__active=True,
            active=True,
            booking_mode__in=BOOKABLE,
            queue_service__queue__active=True,
        )
        .select_related("agency")
        .order_by("agency__name", "agency", "name")
        if service.pk not in taken
    ]
    by_id = {service.pk: service for service in bookable}
    found = [by_id[s.pk] for s in search(mall=mall, text=text, limit=40) if s.pk in by_id]
    makers = papers.made_before(mall, wished, mall.date_at(at))
    first = [by_id[pk] for pks in makers.values() for pk in sorted(pks) if pk in by_id]
    themes = {service.theme for service in wished if service.theme}
    agencies = {service.agency_id for service in wished}
    close = sorted(
        (s for s in bookable if s.agency_id in agencies or s.theme in themes),
        key=lambda s: (s.theme not in themes, s.agency_id not in agencies),
    )
    return {
        "q": text,
        "found": found[:MOST_FOUND],
        "close": list(dict.fromkeys([*first, *close]))[:MOST_TOGETHER],
        "papers_first": {service.pk for service in first},
        "bookable": bookable,
    }
