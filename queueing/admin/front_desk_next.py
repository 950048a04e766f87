"""What somebody who comes to the desk now would get, service by service; and the day in figures."""

import datetime as dt
from typing import NamedTuple

from django.db.models import Count, F, Min, Q
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from queueing import estimates
from queueing.availability import SeatFacts, facts_of_day, judge
from queueing.models import Inquiry, Ticket, Visit, Window
from queueing.workflow import AT_COUNTER, State
from services.models import Mall, ServiceType
from services.templatetags.portal import span


class Choice(NamedTuple):
    """A service of the form, and in words what its next number is."""

    service: ServiceType
    note: str


def services_of(mall: Mall) -> list[ServiceType]:
    """The services that have a queue here, by agency; each with its queue's id."""
    return list(
        ServiceType.objects.filter(
            agency__mall=mall, agency__active=True, active=True, queue_service__queue__active=True
        )
        .exclude(booking_mode=ServiceType.BookingMode.EXTERNAL)
        .select_related("agency", "queue_service")
        .order_by("agency__name", "agency", "name")
    )


def choices(*, mall: Mall, services: list[ServiceType], at: dt.datetime) -> list[Choice]:
    """The services with what each would get now; three queries however many there are."""
    date = mall.date_at(at)
    facts: dict[str, list[SeatFacts]] = {}
    for fact in facts_of_day(mall_id=mall.pk, codes=[s.code for s in services], date=date):
        facts.setdefault(fact.service_code, []).append(fact)
    paces = estimates.for_queues({s.queue_service.queue_id for s in services}, date, at)
    later = dict(_next_dates(mall, date))
    return [
        Choice(
            service,
            _note(
                facts.get(service.code, []),
                mall,
                at,
                paces.get(service.queue_service.queue_id, estimates.Pace()),
                later.get(service.queue_service.queue_id),
            ),
        )
        for service in services
    ]


def _note(
    facts: list[SeatFacts],
    mall: Mall,
    at: dt.datetime,
    pace: estimates.Pace,
    next_date: dt.date | None,
) -> str:
    """ "now, 4 wait, 10-25 minutes", "13.00-14.00", or why not and when again."""
    whys = []
    for fact in facts:
        why = judge(fact, channel=Visit.Channel.FRONT_DESK, at=at, zone=mall.zone)
        if why:
            whys.append(why)
        elif at < fact.starts_at - fact.early:
            return span(fact, mall)
        else:
            return _now(pace)
    ahead = [why for why in whys if why != "past"]
    why = next((why for why in ahead if why != "full"), ahead[0] if ahead else "past")
    said = {
        "full": _("penuh"),
        "day_full": _("penuh"),
        "paused": _("dijeda"),
        "last_ticket_passed": _("nomor terakhir lewat"),
    }.get(why, _("sudah tutup"))
    if next_date is None:
        return said
    return _("%(why)s, lagi %(date)s") % {"why": said, "date": format_date(next_date, "D j M")}


def _now(pace: estimates.Pace) -> str:
    waiting = ngettext("%(n)d menunggu", "%(n)d menunggu", pace.waiting) % {"n": pace.waiting}
    if pace.newcomer is None:
        return _("%(waiting)s, ? menit: belum ada loket buka") % {"waiting": waiting}
    return _("%(waiting)s, %(low)d–%(high)d menit") % {
        "waiting": waiting,
        "low": pace.newcomer.low,
        "high": pace.newcomer.high,
    }


def _next_dates(mall: Mall, date: dt.date) -> list[tuple[int, dt.date]]:
    """For each queue the first later date with a seat left; a closed day has none."""
    return list(
        Window.objects.filter(queue__mall=mall, date__gt=date, taken__lt=F("seats"))
        .order_by()
        .values("queue")
        .annotate(next_date=Min("date"))
        .values_list("queue", "next_date")
    )


def glance(mall: Mall, date: dt.date) -> dict[str, int]:
    """The day at the mall in five figures; two queries."""

    def state(*states: str) -> Count:
        return Count("pk", filter=Q(state__in=states))

    figures = Ticket.objects.filter(mall=mall, date=date).aggregate(
        waiting=state(State.WAITING, State.PARKED),
        at_counter=state(*AT_COUNTER),
        to_come=state(State.BOOKED),
        done=state(State.DONE),
    )
    return {**figures, "asked": Inquiry.objects.filter(mall=mall, date=date).count()}
