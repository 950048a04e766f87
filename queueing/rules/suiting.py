"""Whom a freed seat suits: those on the list, in turn. Nothing is locked here."""

import datetime as dt
from dataclasses import replace

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from notifications.models import Message
from notifications.rules import channel_of, known
from queueing import issuing, reminders
from queueing.availability import SeatFacts, facts_of_windows, judge
from queueing.contact import contact_of
from queueing.models import EarlierWish, FreedSeat, Ticket, Visit
from queueing.rules.changing import with_the_kept_seat
from queueing.rules.seats import cap_of
from queueing.workflow import State
from services.models import Mall

OFFERS_A_DAY = 3
AT_A_TIME = 50


def first_whom_it_suits(seat: FreedSeat, at: dt.datetime) -> EarlierWish | None:
    """The first on the list who may have this seat, given with window, queue and mall."""
    in_turn, start = who_might(seat, at), 0
    while wishes := list(in_turn[start : start + AT_A_TIME]):
        facts = facts_of_windows(
            mall_id=seat.window.queue.mall_id,
            codes=sorted({wish.ticket.service_type.code for wish in wishes}),
            windows=[seat.window_id],
        )
        by_service = {fact.service_id: fact for fact in facts}
        for wish in wishes:
            fact = by_service.get(wish.ticket.service_type_id)
            if fact and _may_take(wish.ticket, fact, at):
                return wish
        start += AT_A_TIME
    return None


def who_might(seat: FreedSeat, at: dt.datetime) -> QuerySet[EarlierWish]:
    """Whose number is for a later hour of this queue and who would come at this one, in turn.

    Not who was asked in vain or often enough today, nor whose other numbers are in the way.
    """
    window = seat.window
    offered = FreedSeat.objects.filter(wish=OuterRef("pk"), state=FreedSeat.State.OPEN)
    last_key = Concat(
        Cast(OuterRef("ticket__public_id"), CharField()),
        Value(_key_of_the_day(window.queue.mall, at, OFFERS_A_DAY)),
    )
    others = (
        Ticket.objects.filter(visit=OuterRef("ticket__visit"))
        .exclude(pk=OuterRef("ticket"))
        .exclude(state=State.CANCELLED)
    )
    beside = others.filter(
        state__in=[State.BOOKED, State.WAITING],
        window__starts_at__lt=window.ends_at,
        window__ends_at__gt=window.starts_at,
    )
    return (
        EarlierWish.objects.filter(
            Q(ticket__date=window.date) | ~Exists(others),
            ended_at=None,
            not_before__lte=window.starts_at,
            ticket__queue=window.queue_id,
            ticket__state=State.BOOKED,
            ticket__window__starts_at__gt=window.starts_at,
        )
        .exclude(Exists(offered))
        .exclude(Exists(beside))
        .exclude(Exists(Message.objects.filter(dedup_key=last_key)))
        .exclude(pk__in=seat.refused.values("pk"))
        .select_related("ticket__visit", "ticket__mall", "ticket__service_type")
        .order_by("created_at", "pk")
    )


def _may_take(ticket: Ticket, fact: SeatFacts, at: dt.datetime) -> bool:
    """Whether they would hear of it, and nothing would refuse the move."""
    if not reachable(ticket.visit, ticket.mall):
        return False
    given = 0 if fact.date == ticket.date else fact.service_given
    there = replace(with_the_kept_seat(fact), service_given=given)
    if judge(there, channel=ticket.visit.channel, at=at, zone=ticket.mall.zone):
        return False
    return fact.date == ticket.date or _may_come_on(ticket, fact.date)


def _may_come_on(ticket: Ticket, date: dt.date) -> bool:
    """Whether the person may have one more number on another day."""
    contact = contact_of(ticket.visit)
    helper_id = None if ticket.walk_in else ticket.visit.booked_by_id
    key = contact.person_key(date, ticket.service_type_id) if ticket.person_key else None
    person = issuing.look_up_person(
        locks=[],
        request_key=None,
        person_keys=[key] if key else [],
        contact_key=contact.key,
        helper_id=helper_id,
        date=date,
    )
    if person.booked_services:
        return False
    cap = None if ticket.walk_in else cap_of(contact, helper_id)
    return cap is None or person.active_of_contact < cap


def reachable(visit: Visit, mall: Mall) -> bool:
    """Whether any channel reaches the person of this visit."""
    draft = reminders.to_visit(
        visit, mall, kind="offer", words={}, about="", send_after=visit.created_at, dedup_key=""
    )
    return bool(channel_of(draft))


def offer_key(wish: EarlierWish, at: dt.datetime, number: int) -> str:
    """Under which an offer is told: the day, and which one of that day it is."""
    return f"{wish.ticket.public_id}{_key_of_the_day(wish.ticket.mall, at, number)}"


def offer_number(wish: EarlierWish, at: dt.datetime) -> int:
    """Which offer of the day the next one would be, from 1; what was voided counts."""
    return 1 + len(known(offer_key(wish, at, n) for n in range(1, OFFERS_A_DAY + 1)))


def _key_of_the_day(mall: Mall, at: dt.datetime, number: int) -> str:
    return f":offer:{mall.date_at(at):%Y%m%d}:{number}"
