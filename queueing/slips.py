"""What the paper of a visit says, in the visit's language: on thermal paper and in the browser.

Plain text in the order of the paper; how it looks is the business of `printer.py` and `_slip.html`.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from queueing import estimates, places, turns
from queueing.estimates import Pace
from queueing.models import QueueDay, Ticket, Visit
from queueing.places import Place
from queueing.workflow import State
from services import papers
from services.fees import Cost, cost
from services.templatetags.portal import clock, day, rupiah, spaced, span

ON_PAPER = (State.PRINTING, State.BOOKED, State.WAITING, State.PARKED, State.ABSENT)


@dataclass(frozen=True)
class SlipTicket:
    """One number of the paper; what is not known is ""."""

    label: str
    service: str
    agency: str
    place: str
    when: str  # 11.00–11.15
    when_is: str  # what happens then
    ahead: str
    fee: str


@dataclass(frozen=True)
class Slip:
    """Everything a paper says. `address` is what its QR holds; it opens the citizen's page.

    It is "" on a paper for somebody who did not show that the visit is theirs.
    """

    language: str
    mall: str
    date: str
    tickets: tuple[SlipTicket, ...]
    prepare: str
    papers: tuple[str, ...]
    conditions: tuple[str, ...]  # what is asked and is no paper: an age, to come oneself
    address: str
    follow: str
    follow_how: str
    code_is: str
    short_code: str
    missed: str
    free: str
    asked_for_money: str
    printed_at: str


def slip(visit: Visit, at: dt.datetime, *, qr: bool = True) -> Slip:
    """The paper of the visit's numbers that are still good, as printed at `at`; six queries."""
    tickets = list(_tickets(visit))
    queues = {ticket.queue_id for ticket in tickets}
    waiting = {ticket.queue_id for ticket in tickets if ticket.sort_at}
    paces = estimates.for_queues(waiting, visit.date, at)
    where = places.for_queues(queues, visit.date)
    with translation.override(visit.language):
        needed = _needed(visit, tickets)
        return Slip(
            language=visit.language,
            mall=f"{visit.mall.name}, {visit.mall.regency}",
            date=day(visit.date),
            tickets=tuple(
                _ticket(one, paces.get(one.queue_id), where.get(one.queue_id), visit, at)
                for one in tickets
            ),
            prepare=_("Siapkan"),
            papers=_asked(needed, paper=True),
            conditions=_asked(needed, paper=False),
            address=settings.BASE_URL + reverse("queueing:ticket", args=[visit.token])
            if qr
            else "",
            follow=_("Ikuti di HP"),
            follow_how=_("Pindai untuk melihat giliran, atau di kios untuk lapor hadir."),
            code_is=_("Kode:"),
            short_code=spaced(visit.short_code),
            missed=_("Terlewat? Nomor tidak hangus. Datangi meja depan."),
            free=_("Mengambil nomor antrean gratis."),
            asked_for_money=_asked_for_money(visit),
            printed_at=_("Dicetak pukul %(time)s") % {"time": clock(at, visit.mall)},
        )


def _tickets(visit: Visit) -> QuerySet[Ticket]:
    """The numbers with who is before them, also for one whose paper is still to come."""
    line = (
        Ticket.objects.filter(
            queue=OuterRef("queue"),
            date=OuterRef("date"),
            state=State.WAITING,
            sort_at__isnull=False,
        )
        .filter(
            Q(sort_at__lt=OuterRef("sort_at"))
            | Q(sort_at=OuterRef("sort_at"), number__lt=OuterRef("number"))
        )
        .order_by()
        .values("queue")
        .annotate(people=Count("pk"))
    )
    days = QueueDay.objects.filter(queue=OuterRef("queue"), date=OuterRef("date"))
    return (
        visit.tickets.filter(state__in=ON_PAPER)
        .select_related("service_type__agency", "window", "queue", "standard")
        .annotate(
            ahead=Coalesce(Subquery(line.values("people")), 0),
            paused=Coalesce(Subquery(days.values("paused_reason")[:1]), Value("")),
            back_at=Subquery(days.values("expected_back_at")[:1]),
        )
        .order_by(F("window__starts_at").asc(nulls_first=True), "pk")
    )


def _ticket(
    ticket: Any, pace: Pace | None, place: Place | None, visit: Visit, at: dt.datetime
) -> SlipTicket:
    mall, when, when_is, ahead = visit.mall, "", "", ""
    if ticket.sort_at:
        between = turns.between(
            pace, ahead=ticket.ahead, at=at, paused=ticket.paused, back_at=ticket.back_at
        )
        if between:
            when, when_is = span(between, mall), _("Perkiraan dipanggil")
        ahead = ngettext(
            "%(n)d orang di depan Anda saat dicetak.",
            "%(n)d orang di depan Anda saat dicetak.",
            ticket.ahead,
        ) % {"n": ticket.ahead}
        if not ticket.ahead:
            ahead = _("Anda berikutnya saat dicetak.")
    elif ticket.window:
        opens = ticket.window.starts_at - dt.timedelta(minutes=ticket.queue.early_minutes)
        closes = ticket.window.ends_at + dt.timedelta(minutes=ticket.queue.late_minutes)
        when = span(ticket.window, mall)
        when_is = _("Lapor hadir pukul %(from)s sampai %(to)s.") % {
            "from": clock(opens, mall),
            "to": clock(closes, mall),
        }
    return SlipTicket(
        label=ticket.label,
        service=ticket.service_type.name,
        agency=ticket.service_type.agency.name,
        place=place_line(place) if place else "",
        when=when,
        when_is=when_is,
        ahead=ahead,
        fee=_fee(_cost_of(ticket, visit.date)),
    )


def place_line(place: Place) -> str:
    """Where to wait, in one sentence: Lantai 2, zona timur, loket 1, 2."""
    words = []
    if place.floor:
        words.append(_("Lantai %(floor)s") % {"floor": place.floor})
        if place.zone:
            words.append(_("zona %(zone)s") % {"zone": place.zone})
    words.append(_("loket %(numbers)s") % {"numbers": place.counters})
    line = ", ".join(words)
    line += f". {place.directions}" if place.directions else ""
    return line[:1].upper() + line[1:]


def _cost_of(ticket: Ticket, date: dt.date) -> Cost:
    return cost(ticket.standard.fees.all(), date) if ticket.standard else Cost("unknown")


def _fee(found: Cost) -> str:
    """What the service costs; of one whose fee nobody wrote down nothing is said."""
    match found.kind:
        case "free":
            said = _("gratis")
        case "fixed":
            said = rupiah(found.low)
        case "range" if found.low:
            said = _("mulai %(low)s") % {"low": rupiah(found.low)}
        case "range":
            said = _("gratis sampai %(high)s") % {"high": rupiah(found.high)}
        case "varies":
            said = _("biaya bervariasi")
        case _:
            return ""
    return _("Biaya resmi: %(cost)s") % {"cost": said}


def _needed(visit: Visit, tickets: list[Ticket]) -> list[papers.Needed]:
    standards = [ticket.standard for ticket in tickets if ticket.standard]
    return papers.needed(standards, papers.asked_by(standards, visit.mall)) if standards else []


def _asked(needed: list[papers.Needed], *, paper: bool) -> tuple[str, ...]:
    return tuple(
        one.name[:1].upper() + one.name[1:] + (f" ({one.detail})" if one.detail else "")
        for one in needed
        if one.is_paper == paper
    )


def _asked_for_money(visit: Visit) -> str:
    if visit.mall.phone:
        return _("Diminta bayar? Lapor %(phone)s.") % {"phone": visit.mall.phone}
    return _("Diminta bayar? Lapor di meja depan.")
