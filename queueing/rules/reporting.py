"""Reporting present at a kiosk: by the code in a ticket's QR as a scanner types it, or by hand."""

import datetime as dt
import re

from accounts import tries
from queueing.issuing import SHORT_CODE_CHARACTERS
from queueing.models import Device, SlipPrint, Ticket, Visit
from queueing.refusals import Refusal
from queueing.rules.arriving import check_in, confirm_print
from queueing.rules.printing import join_the_line
from queueing.workflow import ACTIVE, State

TRIES = 15  # wrong short codes at one kiosk within ten minutes
_FORGET_AFTER_S = 600
# the address in a ticket's QR code; a scanner set to another keyboard types other signs for : and /
_SCANNED = re.compile(r"tiket[^A-Za-z0-9]([A-Za-z0-9_-]{16,64})(?:[^A-Za-z0-9_-]|$)")


def report_at_kiosk(*, device: Device, typed: str, at: dt.datetime) -> Visit:
    """The visit of what was scanned or typed, now present.

    Its booked numbers join the line; a paper whose printing was never confirmed is confirmed by
    showing it, also after its number had left the line. Twice is once.
    """
    visit = _visit_of(device, typed, at)
    try:
        tickets = check_in(visit_id=visit.pk, at=at)
    except Refusal as refusal:
        if refusal.code != "nothing_to_check_in":
            raise
        tickets = _paper_shown(visit, device, at)
    if any(ticket.state == State.PRINTING for ticket in tickets):
        confirm_print(visit_id=visit.pk, at=at)
    _settle_paper(visit)
    return visit


def shows_token(typed: str) -> bool:
    """Whether this is a scanned ticket, which opens its citizen's page, and not a short code."""
    return bool(_SCANNED.search(typed))


def _paper_shown(visit: Visit, device: Device, at: dt.datetime) -> list[Ticket]:
    """A paper that was never confirmed is here; if its hour is a later one, that is the answer."""
    tickets = join_the_line(visit_id=visit.pk, device=device, at=at)
    if any(ticket.state == State.BOOKED for ticket in tickets):
        _settle_paper(visit)
        return check_in(visit_id=visit.pk, at=at)
    if not any(ticket.state in ACTIVE for ticket in tickets):
        raise Refusal("cannot_revive")
    return tickets


def _settle_paper(visit: Visit) -> None:
    """Nobody need be asked any more whether the paper came out."""
    sent = SlipPrint.objects.filter(visit=visit, state=SlipPrint.State.SENT)
    sent.update(state=SlipPrint.State.OUT)


def _visit_of(device: Device, typed: str, at: dt.datetime) -> Visit:
    """The visit from today on, of this mall; guesses at short codes are counted by kiosk."""
    today = device.mall.date_at(at)
    visits = Visit.objects.filter(mall=device.mall, erased_at=None)
    if scanned := _SCANNED.search(typed):
        visit = visits.filter(token=scanned[1]).first()
        if visit is None:
            raise Refusal("unknown_ticket")
        return visit
    code = "".join(c for c in typed.upper() if c in SHORT_CODE_CHARACTERS)
    if not code:
        raise Refusal("code_missing")
    if tries.take(f"kiosk:{device.pk}", seconds=_FORGET_AFTER_S) > TRIES:
        raise Refusal("too_many_tries")
    visit = visits.filter(short_code=code, date__gte=today).order_by("date").first()
    if visit is None:
        raise Refusal("unknown_ticket")
    tries.forget(f"kiosk:{device.pk}")
    return visit
