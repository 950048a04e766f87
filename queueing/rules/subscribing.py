"""A visit's browser asks to be told of the turn, and no longer."""

import datetime as dt

from django.db import transaction

from notifications.channels import push
from queueing import reminders
from queueing.models import Ticket, Visit
from queueing.refusals import Refusal
from queueing.rewriting import OF_A_VISIT, reroute
from queueing.workflow import ACTIVE, State


@transaction.atomic
def subscribe(*, visit_id: int, subscription: str, at: dt.datetime) -> None:
    """Tell this browser of the visit from now on: its PushSubscription as JSON.

    It takes the place of the browser before. What is still to come is written anew, so that a visit
    without any contact is reminded, too. Refuses `push_off` (not set up), `bad_subscription` (not
    one, or not at a known push service) and `nothing_to_tell` (no number that still counts).
    """
    if not push.offered():
        raise Refusal("push_off")
    try:
        kept = push.read(subscription).as_text()
    except ValueError:
        raise Refusal("bad_subscription") from None
    visit, tickets = _locked(visit_id)
    if not any(ticket.state in ACTIVE for ticket in tickets):
        raise Refusal("nothing_to_tell")
    _keep(visit, tickets, kept, at)


@transaction.atomic
def unsubscribe(*, visit_id: int, at: dt.datetime) -> None:
    """Tell no browser of this visit any more; its contact, if it has one, is still told."""
    visit, tickets = _locked(visit_id)
    if visit.push:
        _keep(visit, tickets, None, at)


def _locked(visit_id: int) -> tuple[Visit, list[Ticket]]:
    """The visit behind its locked tickets; none once it is erased."""
    tickets = list(
        Ticket.objects.select_for_update(of=("self",))
        .filter(visit=visit_id)
        .select_related("window", "mall", "queue")
        .order_by("pk")
    )
    visit = Visit.objects.filter(pk=visit_id, erased_at=None).first()
    if visit is None:
        raise Refusal("unknown_ticket")
    return visit, tickets


def _keep(visit: Visit, tickets: list[Ticket], kept: str | None, at: dt.datetime) -> None:
    """Keep the browser, and let the reminders that have not left take the new road.

    Other messages that wait keep theirs, unless it would lead to a browser that is told no more.
    """
    kinds = OF_A_VISIT if visit.push else reminders.REMINDERS
    visit.push = kept
    visit.save(update_fields=["push"])
    reroute(visit=visit, tickets=tickets, kinds=kinds, at=at)
    booked = [(t, t.window) for t in tickets if t.state == State.BOOKED and t.window]
    if not booked:
        return
    first, window = min(booked, key=lambda pair: (pair[1].starts_at, pair[0].pk))
    drafts = reminders.prepare(
        visit=visit,
        public_id=first.public_id,
        window_id=window.pk,
        starts_at=window.starts_at,
        ends_at=window.ends_at,
        mall=first.mall,
        at=at,
        kind="",
        agency_id=first.queue.agency_id,
    )
    reminders.send(drafts, label=first.label, number=first.number, at=at)
