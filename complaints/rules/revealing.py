"""Showing who reported: for the desk, with a reason, and written down in two places."""

import datetime as dt
from typing import Any, NamedTuple

from django.db import transaction

import privacy.rules
from complaints.models import Case
from complaints.rules.steps import held_for, take
from complaints.surroundings import ticket_place
from complaints.workflow import Step

# What of a case says who reported it.
WHO = ("name", "phone", "email", "account", "permalink")


class Identity(NamedTuple):
    """Who reported, as far as it is known; empty where nothing was said."""

    name: str
    phone: str
    email: str
    account: str
    permalink: str
    ticket: str


@transaction.atomic
def reveal_identity(*, case_id: int, reason: str, by: Any, at: dt.datetime) -> Identity:
    """Write down that `by` is about to see who reported, and return it.

    The event and the line in the log of looks come together or not at all. Refuses no_such_case,
    desk_only; `privacy.rules.Refusal` reason_needed.
    """
    case = held_for(user=by, pk=case_id, desk=True, decides=False)
    privacy.rules.reveal(
        user=by, subject="complaints.Case.identity", reference=case.number, reason=reason, at=at
    )
    note = " ".join(reason.split())[:200]
    take(case, Step.REVEALED, at=at, by=by, note=note, visible=False)
    ticket = case.ticket_public_id and ticket_place(case.mall_id, case.ticket_public_id)
    known = {field: getattr(case, field) for field in WHO}
    return Identity(**known, ticket=ticket.label if ticket else "")


def known_of(case: Case) -> list[str]:
    """Which of it is known, by the names of the fields, none of it shown."""
    return [*(field for field in WHO if getattr(case, field)), *_ticket(case)]


def _ticket(case: Case) -> list[str]:
    return ["ticket_public_id"] if case.ticket_public_id else []
