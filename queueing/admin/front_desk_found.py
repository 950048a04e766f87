"""Whom the front desk finds: today's visits by number, code, name, phone, or a scanned ticket."""

import datetime as dt
import re
from typing import NamedTuple

from django.db.models import OuterRef, Q, Subquery

from privacy.identity import fold_name, mask_phone
from queueing.models import Ticket, TicketEvent, Visit
from queueing.rules.correcting import CORRECTABLE
from queueing.windows import label
from queueing.workflow import ACTIVE, AT_COUNTER, State, may
from services.models import Mall, ServiceType

SHORTEST_PHONE = 4
WHOLE_PHONE = 9
LOOKS = {
    State.WAITING: "wait",
    State.CALLED: "call",
    State.SERVING: "serve",
    State.DONE: "ok",
    State.BOOKED: "ok",
}
# the address in a ticket's QR code, as a scanner types it
_SCANNED = re.compile(r"/tiket/([A-Za-z0-9_-]{16,64})(?:[/?#\s]|$)")


class Offer(NamedTuple):
    """A ticket as the desk sees it, and what may be done with it."""

    ticket: Ticket
    look: str
    returns: bool
    cancels: bool
    here: list[ServiceType]  # what its service may be changed to, with the same number
    elsewhere: list[ServiceType]  # and in another queue


class Found(NamedTuple):
    """A visit as the desk sees it, and what may be done with it."""

    visit: Visit
    phone: str
    tickets: list[Offer]
    checks_in: bool
    revives: bool
    prints: bool
    prioritises: bool


def scanned(text: str) -> str:
    """The token in a ticket's address, as a scanner types it into the field; "" when it is none."""
    found = _SCANNED.search(text)
    return found[1] if found else ""


def find(*, mall: Mall, date: dt.date, text: str) -> list[int]:
    """Ids of the day's visits that match a number, a short code, a name, or a phone's last digits.

    Phones are encrypted: they are looked at only when nothing else matched.
    """
    visits = Visit.objects.filter(mall=mall, date=date).order_by("pk")
    if token := scanned(text):
        return list(visits.filter(token=token).values_list("pk", flat=True))
    bare = re.sub(r"[\s.\-]", "", text).upper()
    if not bare or "\0" in bare:
        return []
    tickets = Ticket.objects.filter(mall=mall, date=date).filter(_numbered(bare)).values("visit")
    found = list(visits.filter(Q(short_code=bare) | Q(pk__in=tickets)).values_list("pk", flat=True))
    if found:
        return found
    words = fold_name(text).split()
    people = visits.filter(erased_at__isnull=True)
    found = [
        pk for pk, name in people.values_list("pk", "name") if words and _is_called(name, words)
    ]
    digits = re.sub(r"\D", "", text)
    if found or len(digits) < SHORTEST_PHONE or re.search(r"[^\W\d]", text):
        return found
    tail = digits.lstrip("0") if len(digits) >= WHOLE_PHONE else digits
    return [pk for pk, phone in people.values_list("pk", "phone") if phone and phone.endswith(tail)]


def _numbered(bare: str) -> Q:
    """Tickets that "C37", "D2037" or "037" may mean."""
    labels = [
        label(bare[:n], int(bare[n:]))
        for n in (1, 2)
        if re.fullmatch(r"[0-9]{1,4}", bare[n:]) and bare[0].isalpha()
    ]
    wanted = Q(label__in=labels)
    return wanted | Q(number=int(bare)) if re.fullmatch(r"[0-9]{1,4}", bare) else wanted


def _is_called(name: str, words: list[str]) -> bool:
    parts = fold_name(name).split()
    return all(any(part.startswith(word) for part in parts) for word in words)


def found(mall: Mall, date: dt.date, ids: list[int], services: list[ServiceType]) -> list[Found]:
    """The visits with their tickets and what may be done; two queries.

    `services` (with their queue) are what a number may be changed to, where one visit is shown.
    """
    if not ids:
        return []
    last = TicketEvent.objects.filter(ticket=OuterRef("pk")).order_by("-pk").values("kind")[:1]
    tickets: dict[int, list[Ticket]] = {}
    for ticket in (
        Ticket.objects.filter(visit__in=ids)
        .exclude(state=State.TRANSFERRED)
        .select_related("service_type", "window", "counter")
        .annotate(last_kind=Subquery(last))
        .order_by("window__starts_at", "pk")
    ):
        tickets.setdefault(ticket.visit_id, []).append(ticket)
    services = services if len(ids) == 1 else []
    visits = Visit.objects.filter(pk__in=ids, mall=mall, date=date).order_by("pk")
    return [_found(visit, tickets.get(visit.pk, []), services) for visit in visits]


def _found(visit: Visit, tickets: list[Ticket], services: list[ServiceType]) -> Found:
    states = {ticket.state for ticket in tickets}
    not_yet = {State.BOOKED, State.WAITING, State.PRINTING}
    return Found(
        visit=visit,
        phone=mask_phone(visit.phone or ""),
        tickets=[
            Offer(
                t,
                LOOKS.get(State(t.state), "skip"),
                _may_return(t),
                may("cancelled", t.state),
                *_others(t, services),
            )
            for t in tickets
        ],
        checks_in=State.BOOKED in states,
        revives=any(t.state == State.CANCELLED and t.last_kind == "print_expired" for t in tickets),
        prints=any(t.state in ACTIVE and t.state not in AT_COUNTER for t in tickets),
        prioritises=any(t.state in not_yet and not t.priority for t in tickets),
    )


def _may_return(ticket: Ticket) -> bool:
    missing = ticket.outcome == Ticket.Outcome.DOCUMENTS_MISSING
    return may("returned", ticket.state) and (ticket.state != State.DONE or missing)


def _others(
    ticket: Ticket, services: list[ServiceType]
) -> tuple[list[ServiceType], list[ServiceType]]:
    """What a number may be changed to in its own queue, and elsewhere (only for who waits)."""
    if ticket.state not in CORRECTABLE:
        return [], []
    others = [s for s in services if s.pk != ticket.service_type_id]
    here = [s for s in others if s.queue_service.queue_id == ticket.queue_id]
    elsewhere = [s for s in others if s.queue_service.queue_id != ticket.queue_id]
    return here, elsewhere if ticket.state == State.WAITING else []
