"""A kiosk's paper in two phases: a number joins the line when its slip came out.

The printer is spoken to between two transactions, never within one: the first writes the print
down, the second what became of it.
"""

import datetime as dt

from django.db import transaction
from django.db.models import Min

from queueing import printer
from queueing.models import Device, SlipPrint, Ticket, Visit
from queueing.refusals import Refusal
from queueing.rules.arriving import confirm_print, revive
from queueing.rules.devices import report_trouble
from queueing.rules.locking import lock_all_with_windows
from queueing.rules.record import log
from queueing.slips import ON_PAPER, slip
from queueing.workflow import State

REPRINTS = 2  # of a visit, at all kiosks together
REPRINT_FOR = dt.timedelta(minutes=10)
_BUSY = dt.timedelta(minutes=1)
_S = SlipPrint.State


def print_slip(*, visit_id: int, device: Device, at: dt.datetime) -> SlipPrint:
    """Print a visit's slip for the first time; called twice it prints once.

    A network printer answers: `out`, and the numbers wait; or `failed`, and they go on printing. A
    kiosk that prints through its browser gets `sent`: somebody must say whether it came out. One
    without paper confirms at once (and there is no print to keep).
    """
    if device.printer == Device.Printer.NONE:
        join_the_line(visit_id=visit_id, device=device, at=at)
        return SlipPrint(device=device, visit_id=visit_id, state=_S.OUT, at=at)
    known, print_ = _begin(visit_id, device, at)
    if not known:
        return _sent(print_, device, at)
    if print_.state == _S.OUT:
        join_the_line(visit_id=visit_id, device=device, at=at)
    return print_


def print_again(
    *, visit_id: int, device: Device, at: dt.datetime, present: bool = False, qr: bool = True
) -> SlipPrint:
    """Print it once more: twice per visit, within ten minutes of the first print.

    Each is written down on the numbers. Who asks stands there: numbers that left the line because
    nobody confirmed their paper are back with it. Who reported `present` with a number from
    elsewhere may have a first paper as well, without the `qr` where nobody showed it.
    """
    if device.printer == Device.Printer.NONE:
        raise Refusal("no_paper_here")
    return _sent(_begin_again(visit_id, device, at, present), device, at, qr=qr)


@transaction.atomic
def slip_came_out(*, visit_id: int, device: Device, at: dt.datetime) -> list[Ticket]:
    """Somebody holds the paper: its numbers join the line. Twice is once."""
    tickets = _locked(visit_id, device)
    sent = _last(visit_id, device)
    if sent and sent.state != _S.OUT:
        _settle(sent, _S.OUT)
        report_trouble(device_id=device.pk, trouble="", at=at)
    return _confirmed(tickets, at)


@transaction.atomic
def slip_did_not_come(*, visit_id: int, device: Device, at: dt.datetime) -> SlipPrint:
    """Somebody says that no paper came, whatever the printer said: staff see it at the device.

    Numbers that are printing go on printing; those that wait already go on waiting.
    """
    _locked(visit_id, device)
    sent = _last(visit_id, device)
    if sent is None:
        raise Refusal("not_printing")
    if sent.state != _S.FAILED:
        _settle(sent, _S.FAILED, Device.Trouble.PRINTER_AWAY)
        report_trouble(device_id=device.pk, trouble=Device.Trouble.PRINTER_AWAY, at=at)
    return sent


@transaction.atomic
def join_the_line(*, visit_id: int, device: Device, at: dt.datetime) -> list[Ticket]:
    """The paper is out, or the QR on the screen will do: the visit's numbers join the line."""
    return _confirmed(_locked(visit_id, device), at)


def reprints_left(*, visit_id: int, at: dt.datetime) -> int:
    """How often the visit's slip may still be printed at a kiosk."""
    first = SlipPrint.objects.filter(visit=visit_id).aggregate(at=Min("at"))["at"]
    if first is None or at > first + REPRINT_FOR:
        return 0
    return max(0, REPRINTS - SlipPrint.objects.filter(visit=visit_id, again=True).count())


def look_at_printers(*, at: dt.datetime) -> None:
    """Ask every kiosk's network printer how it is, so that a new roll of paper ends its trouble.

    One that has just printed told it then, and is left to the next person before it.
    """
    devices = Device.objects.filter(
        active=True, printer=Device.Printer.NETWORK, mall__active=True
    ).exclude(token_hash="")
    for device in devices.exclude(prints__at__gt=at - _BUSY):
        trouble = printer.look(device.printer_host, device.printer_port)
        report_trouble(device_id=device.pk, trouble=trouble, at=at)


# -- the two phases ------------------------------------------------------------------------------


@transaction.atomic
def _begin(visit_id: int, device: Device, at: dt.datetime) -> tuple[bool, SlipPrint]:
    """The print as it is written down, and whether it was there before."""
    tickets = _locked(visit_id, device)
    if known := _last(visit_id, device):
        return True, known
    if not any(ticket.state == State.PRINTING for ticket in tickets):
        raise Refusal("not_printing")
    return False, SlipPrint.objects.create(device=device, visit_id=visit_id, at=at)


@transaction.atomic
def _begin_again(visit_id: int, device: Device, at: dt.datetime, present: bool) -> SlipPrint:
    tickets = _locked(visit_id, device)
    first = SlipPrint.objects.filter(visit=visit_id).aggregate(at=Min("at"))["at"]
    if first is None and not present:
        raise Refusal("not_printing")
    if first and at > first + REPRINT_FOR:
        raise Refusal("reprint_too_late")
    if first and reprints_left(visit_id=visit_id, at=at) == 0:
        raise Refusal("reprints_used", limit=REPRINTS)
    if _unprinted(tickets):
        tickets = revive(visit_id=visit_id, at=at)
    printed = [ticket for ticket in tickets if ticket.state in ON_PAPER]
    if not printed:
        raise Refusal("cannot_reprint")
    if first:
        for ticket in printed:
            log(ticket, "reprinted", at=at, note=device.name)
    before = _last(visit_id, device)
    if before and before.state == _S.SENT:
        _settle(before, _S.FAILED)
    return SlipPrint.objects.create(device=device, visit_id=visit_id, again=bool(first), at=at)


def _sent(print_: SlipPrint, device: Device, at: dt.datetime, *, qr: bool = True) -> SlipPrint:
    """Send it to a network printer and write down what became of it; a browser prints by itself.

    What somebody said of the paper meanwhile stands.
    """
    if device.printer != Device.Printer.NETWORK:
        return print_
    visit = Visit.objects.select_related("mall").get(pk=print_.visit_id)
    paper = printer.draw(slip(visit, at, qr=qr), device.paper_mm)
    outcome = printer.send(device.printer_host, device.printer_port, paper)
    state = _S.OUT if outcome.out else _S.FAILED
    with transaction.atomic():
        tickets = _locked(visit.pk, device)
        SlipPrint.objects.filter(pk=print_.pk, state=_S.SENT).update(
            state=state, trouble=outcome.trouble
        )
        report_trouble(device_id=device.pk, trouble=outcome.trouble, at=at)
        if outcome.out:
            _confirmed(tickets, at)
    print_.refresh_from_db()
    return print_


def _locked(visit_id: int, device: Device) -> list[Ticket]:
    """The visit's numbers, locked; there are none where the visit is of another mall."""
    rows = Ticket.objects.filter(visit=visit_id, mall=device.mall_id)
    ids = list(rows.exclude(state=State.TRANSFERRED).values_list("pk", flat=True))
    if not ids:
        raise Refusal("unknown_ticket")
    return lock_all_with_windows(ids)


def _last(visit_id: int, device: Device) -> SlipPrint | None:
    return SlipPrint.objects.filter(visit=visit_id, device=device).order_by("-pk").first()


def _settle(print_: SlipPrint, state: str, trouble: str = "") -> None:
    print_.state, print_.trouble = state, trouble
    print_.save(update_fields=["state", "trouble"])


def _confirmed(tickets: list[Ticket], at: dt.datetime) -> list[Ticket]:
    """The numbers join the line, also those that had left it meanwhile for want of paper."""
    if any(ticket.state == State.PRINTING for ticket in tickets):
        return confirm_print(visit_id=tickets[0].visit_id, at=at)
    return revive(visit_id=tickets[0].visit_id, at=at) if _unprinted(tickets) else tickets


def _unprinted(tickets: list[Ticket]) -> bool:
    """Whether one of them was taken out of the line because nobody confirmed its paper."""
    return any(
        ticket.state == State.CANCELLED
        and ticket.events.order_by("-pk").values_list("kind", flat=True).first() == "print_expired"
        for ticket in tickets
    )
