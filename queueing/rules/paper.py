"""A day that ran on paper, entered afterwards: true times become events, walk-ins get tickets."""

import datetime as dt
import re
import uuid
from collections import Counter as Tally
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from accounts.models import User
from notifications.rules import void
from queueing import issuing, live, statistics
from queueing.availability import service_in
from queueing.models import QueueDay, Ticket, TicketEvent, Visit
from queueing.refusals import Refusal
from queueing.rules.locking import lock_all_with_windows, whole_or_again
from queueing.rules.record import snapshot
from queueing.windows import label
from queueing.workflow import State
from services.models import Mall, ServiceStandard, ServiceType

PAPER_DAYS = 14
MISSED, LEFT, NEVER = str(State.ABSENT), str(State.UNSERVED), str(State.NO_SHOW)
UNHANDLED = (State.BOOKED, State.WAITING, State.PARKED, State.NO_SHOW, State.UNSERVED)
_CLOCK = re.compile(r"([01]?\d|2[0-3])[.: ]?([0-5]\d)", re.ASCII)


@dataclass(frozen=True)
class PaperRow:
    """A line of the sheet as it was typed. `key` names it in errors.

    `result` is an outcome of the ticket, or `absent` (called, not come), `unserved` (the day ended
    first) or `no_show` (booked, never came). A booked number names its `ticket_id`; a walk-in the
    number on its slip of `paper` and its `service`. Times as on a clock: "9.15", "0915".
    """

    key: str
    result: str = ""
    arrived: str = ""
    called: str = ""
    ended: str = ""
    ticket_id: int | None = None
    paper: str = ""
    service: str = ""

    @property
    def is_blank(self) -> bool:
        typed = (self.result, self.arrived, self.called, self.ended, self.paper)
        return not any(text.strip() for text in typed)

    @property
    def number(self) -> str:
        """The paper's number in one shape."""
        return " ".join(self.paper.split()).upper()[:20]


@dataclass
class Entered:
    """What was entered: booked numbers, walk-ins, and rows that had been entered before."""

    booked: int = 0
    walk_ins: int = 0
    known: int = 0


@dataclass
class _Line:
    """A row read: its moments, and the service of a walk-in."""

    row: PaperRow
    arrived: dt.datetime | None = None
    called: dt.datetime | None = None
    ended: dt.datetime | None = None
    service: ServiceType | None = None


def read_clock(text: str) -> dt.time | None:
    """ "9.15", "09:15", "0915" or "915" as a time of day; None for anything else."""
    found = _CLOCK.fullmatch(text.strip())
    return dt.time(int(found[1]), int(found[2])) if found else None


@whole_or_again
def enter_paper_day(
    *, mall: Mall, date: dt.date, rows: Sequence[PaperRow], officer: User, at: dt.datetime
) -> Entered:
    """Enter what a sheet of paper says of `date` (today or up to 14 days back), all or nothing.

    Rows that were entered before stay as they are. Refuses `paper_rows` with the problem of every
    row by its key in `fields`, and `paper_day`. The day's figures are rolled up again.
    """
    if not 0 <= (mall.date_at(at) - date).days <= PAPER_DAYS:
        raise Refusal("paper_day", days=PAPER_DAYS)
    problems: dict[str, str] = {}
    lines = _read([row for row in rows if not row.is_blank], mall, date, at, problems)
    days = _lock_days({line.service for line in lines if line.service}, mall, date, at)
    done = Entered()
    booked = {line.row.ticket_id: line for line in lines if line.row.ticket_id}
    tickets = {ticket.pk: ticket for ticket in _tickets(mall, date, booked, problems)}
    entered = set(
        TicketEvent.objects.filter(ticket__in=tickets, kind="paper").values_list(
            "ticket", flat=True
        )
    )
    touched = []
    for pk, line in booked.items():
        ticket = tickets.get(pk)
        if ticket is None or line.row.key in problems:
            continue
        if pk in entered:
            done.known += 1
            continue
        try:
            with transaction.atomic():
                _enter_booked(ticket, line, officer, at)
        except Refusal as refusal:
            problems[line.row.key] = refusal.message
        except IntegrityError:  # absent is still active, and the person has another number
            problems[line.row.key] = Refusal("already_booked").message
        else:
            done.booked += 1
            touched.append(ticket)
    if problems:
        raise Refusal("paper_rows", fields=problems)
    keys = {_request_key(mall, date, line): line for line in lines if line.service}
    known = set(Visit.objects.filter(request_key__in=keys).values_list("request_key", flat=True))
    done.known += len(known)
    for key, line in keys.items():
        if key not in known and line.service:
            touched.append(
                _enter_walk_in(mall, date, line, days[line.service.pk], key, officer, at)
            )
            done.walk_ins += 1
    if touched:
        void(about=[str(ticket.public_id) for ticket in touched], at=at)
        statistics.roll_up(mall=mall, date=date, at=at)
        live.changed(mall_id=mall.pk, queue_ids={ticket.queue_id for ticket in touched})
    return done


# -- reading ---------------------------------------------------------------------------------------


def _read(
    rows: Sequence[PaperRow],
    mall: Mall,
    date: dt.date,
    at: dt.datetime,
    problems: dict[str, str],
) -> list[_Line]:
    numbers = Tally(row.number for row in rows if not row.ticket_id)
    lines = []
    for row in rows:
        try:
            line = _read_row(row, mall, date, at)
            if not row.ticket_id and numbers[row.number] > 1:
                raise Refusal("paper_number_twice")
            lines.append(line)
        except Refusal as refusal:
            problems[row.key] = refusal.message
    return lines


def _read_row(row: PaperRow, mall: Mall, date: dt.date, at: dt.datetime) -> _Line:
    line = _Line(row)
    walk_in = row.ticket_id is None
    if walk_in:
        if not row.number:
            raise Refusal("paper_number_missing")
        line.service = service_in(mall.pk, row.service)
        if not hasattr(line.service, "queue_service"):
            raise Refusal("no_queue")
    if not row.result:
        raise Refusal("paper_result_missing")
    results = {*Ticket.Outcome.values, MISSED, LEFT, *([] if walk_in else [NEVER])}
    if row.result not in results:
        raise Refusal("bad_outcome")
    for name in ("arrived", "called", "ended"):
        text = getattr(row, name).strip()
        time = read_clock(text)
        if text and time is None:
            raise Refusal("paper_clock")
        if time:
            moment = dt.datetime.combine(date, time, tzinfo=mall.zone)
            if moment > at:
                raise Refusal("paper_future")
            setattr(line, name, moment)
    needs_call = row.result not in {LEFT, NEVER}
    needs_end = needs_call and row.result != MISSED
    if (
        (walk_in and line.arrived is None)
        or (needs_call and line.called is None)
        or (needs_end and line.ended is None)
    ):
        raise Refusal("paper_time_missing")
    if row.result == NEVER:
        line.arrived = line.called = line.ended = None
    if not needs_call:
        line.called = None
    if not needs_end:
        line.ended = None
    _refuse_disorder(line.arrived, line.called, line.ended)
    return line


def _refuse_disorder(*moments: dt.datetime | None) -> None:
    told = [moment for moment in moments if moment]
    if told != sorted(told):
        raise Refusal("paper_order")


# -- writing ---------------------------------------------------------------------------------------


def _lock_days(
    services: set[ServiceType], mall: Mall, date: dt.date, at: dt.datetime
) -> dict[int, int]:
    """The locked queue days of these services, by service; a missing day is made, and closed."""
    queues = {service.pk: service.queue_service.queue_id for service in services}
    closed_at = None if date == mall.date_at(at) else at
    days = {
        queue: QueueDay.objects.get_or_create(
            queue_id=queue, date=date, defaults={"mall": mall, "closed_at": closed_at}
        )[0].pk
        for queue in sorted(set(queues.values()))
    }
    issuing.lock_days(days.values())
    return {service: days[queue] for service, queue in queues.items()}


def _tickets(
    mall: Mall, date: dt.date, booked: dict[int, _Line], problems: dict[str, str]
) -> list[Ticket]:
    found = set(
        Ticket.objects.filter(pk__in=booked, mall=mall, date=date).values_list("pk", flat=True)
    )
    for pk in set(booked) - found:
        problems[booked[pk].row.key] = Refusal("unknown_ticket").message
    return lock_all_with_windows(sorted(found)) if found else []


def _enter_booked(ticket: Ticket, line: _Line, officer: User, at: dt.datetime) -> None:
    if ticket.state not in UNHANDLED:
        raise Refusal("wrong_state", state=State(ticket.state).label)
    before = snapshot(ticket)
    events = [("paper", at)]
    if line.row.result != NEVER and ticket.checked_in_at is None:
        ticket.checked_in_at = line.arrived or _on_time(ticket, line) or at
        events.append(("checked_in", ticket.checked_in_at))
        if ticket.visit.checked_in_at is None:
            ticket.visit.checked_in_at = ticket.checked_in_at
            ticket.visit.save(update_fields=["checked_in_at"])
    if line.row.result != NEVER:
        _refuse_disorder(ticket.checked_in_at, line.called, line.ended)
    was = ticket.state
    events += [one for one in _finish(ticket, line, at) if one[0] != was]
    ticket.save(
        update_fields=[
            "state",
            "checked_in_at",
            "called_at",
            "started_at",
            "ended_at",
            "outcome",
            "flagged",
        ]
    )
    _write(ticket, events, officer, before)


def _on_time(ticket: Ticket, line: _Line) -> dt.datetime | None:
    """Who came, nobody wrote when: at the start of the window, or at the call if that was sooner.

    So the wait that the figures show is at most what the person was promised, never invented.
    """
    starts_at = ticket.window.starts_at if ticket.window else None
    return min((moment for moment in (starts_at, line.called) if moment), default=None)


def _enter_walk_in(
    mall: Mall,
    date: dt.date,
    line: _Line,
    day_id: int,
    key: str,
    officer: User,
    at: dt.datetime,
) -> Ticket:
    service = line.service
    assert service  # noqa: S101 - read so
    assert line.arrived  # noqa: S101
    queue = service.queue_service.queue
    number = issuing.next_overflow_number(day_id)
    visit = Visit.objects.create(
        mall=mall,
        date=date,
        token=issuing.new_token(),
        short_code=issuing.new_short_code(),
        name=line.row.number,
        channel=Visit.Channel.PAPER,
        booked_by=officer,
        request_key=key,
        created_at=line.arrived,
        checked_in_at=line.arrived,
    )
    ticket = Ticket(
        public_id=uuid.uuid4(),
        visit=visit,
        mall=mall,
        date=date,
        queue=queue,
        service_type=service,
        standard=ServiceStandard.objects.filter(
            service_type=service, approved_at__isnull=False, valid_from__lte=date
        )
        .order_by("-valid_from", "-version")
        .first(),
        number=number,
        label=label(queue.prefix, number),
        walk_in=True,
        booked_at=line.arrived,
        checked_in_at=line.arrived,
    )
    events = [("paper", at), ("issued", line.arrived), ("checked_in", line.arrived)]
    events += _finish(ticket, line, at)
    ticket.save(force_insert=True)
    _write(ticket, events, officer, None)
    return ticket


def _finish(ticket: Ticket, line: _Line, at: dt.datetime) -> list[tuple[str, dt.datetime]]:
    """Bring the ticket to the end that the paper tells; the events on the way.

    The paper has no time for the first word at the counter: service counts from the call.
    """
    result = line.row.result
    ticket.called_at = line.called
    ticket.flagged = False
    if result in {NEVER, LEFT}:
        ticket.state = State(result)
        ticket.ended_at = ticket.ended_at or at
        return [(result, at)]
    called = line.called or at
    if result == MISSED:
        ticket.state, ticket.ended_at = State.ABSENT, None
        return [("called", called), ("absent", called)]
    ended = line.ended or at
    ticket.state, ticket.outcome = State.DONE, result
    ticket.started_at, ticket.ended_at = called, ended
    return [("called", called), ("started", called), ("ended", ended)]


def _write(
    ticket: Ticket,
    events: list[tuple[str, dt.datetime]],
    officer: User,
    before: dict[str, object] | None,
) -> None:
    TicketEvent.objects.bulk_create(
        TicketEvent(
            ticket=ticket,
            kind=kind,
            at=moment,
            officer=officer,
            note=ticket.outcome if kind == "ended" else "",
            before=before if kind == "paper" else None,
        )
        for kind, moment in events
    )


def _request_key(mall: Mall, date: dt.date, line: _Line) -> str:
    return f"paper:{mall.pk}:{date}:{line.row.number}"
