"""How a case stands, as its reporter reads it: the clock, who has it, its way so far and ahead."""

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from complaints.deadlines import DESK_CLOSES, DESK_OPENS, FIRST_ANSWER_DAYS
from complaints.models import Attachment, Case, CaseEvent
from complaints.rules.replying import REOPEN_WITHIN
from complaints.rules.telling import ON_ITS_OWN
from complaints.workflow import BY_REPORTER, OPEN, State, Step, holder, may
from services.calendar import working_days_after

RATINGS: dict[int, str | Promise] = {
    1: _("Tidak puas"),
    2: _("Kurang puas"),
    3: _("Puas"),
    4: _("Sangat puas"),
}
# How a state looks: the class of its badge, and its symbol.
LOOKS = {
    State.RECEIVED: ("wait", "clock"),
    State.VERIFICATION: ("wait", "clock"),
    State.NEEDS_COMPLETION: ("call", "bell"),
    State.FORWARDED: ("warn", "clock"),
    State.IN_FOLLOW_UP: ("warn", "clock"),
    State.ANSWERED: ("ok", "check"),
    State.OBJECTION: ("late", "up"),
    State.ESCALATED: ("late", "up"),
    State.CLOSED: ("ok", "check"),
    State.REJECTED: ("skip", "info"),
    State.MERGED: ("wait", "swap"),
    State.MOVED: ("wait", "swap"),
    State.WITHDRAWN: ("off", ""),
}
_MOST_BRICKS, _WEEK = 20, 5


@dataclass(frozen=True)
class Clock:
    """Working days of one promise; `left` is 0 on its last day, `late` counts those after it."""

    days: int
    left: int
    late: int
    due_on: dt.date
    over: bool
    standing: bool
    today_counts: bool
    first: bool

    @property
    def used(self) -> int:
        """The how-manieth day it is; on a day off, how many are over."""
        return self.days - self.left

    @property
    def step(self) -> int:
        """How many days one brick stands for."""
        return 1 if self.days <= _MOST_BRICKS else _WEEK

    @property
    def bricks(self) -> list[str]:
        """The class of each brick: used, today's, late, or "" for one that is left."""
        count = -(-self.days // self.step)
        if self.over:
            return ["is-late"] * count
        now = (self.used - 1) // self.step if self.used else -1
        running = self.used and (self.today_counts or self.step > 1)
        return [
            "is-used" if n < now or (n == now and not running) else "is-now" if n == now else ""
            for n in range(count)
        ]


@dataclass
class Said:
    """Words of an event, whose they are, and the files that came with them."""

    text: str
    mine: bool
    files: list[Attachment]


@dataclass
class Stop:
    """One place on the way: what happened, when, and what was said there."""

    label: str | Promise
    kind: str
    at: dt.datetime
    said: list[Said] = field(default_factory=list)


class Progress:
    """A case for its page; asks for events, files and holidays once each."""

    def __init__(self, case: Case, at: dt.datetime) -> None:
        self.case, self.at = case, at
        self.today = at.astimezone(case.mall.zone).date()
        self.look, self.symbol = LOOKS[State(case.state)]
        self.open = case.state in OPEN
        self.holder = holder(case.state, of_agency=bool(case.agency_id) and not case.confidential)
        self.rating = RATINGS.get(case.rating or 0)

    @cached_property
    def holidays(self) -> dict[dt.date, str]:
        """The days off that moved a date of this case, by name; no weekends."""
        dues = (self.case.first_answer_due_on, self.case.completion_due_on, self.today)
        last = max(due for due in dues if due)
        days = self.case.mall.holidays.filter(date__range=(self.case.counted_from, last))
        return {
            date: name
            for date, name in days.order_by("date").values_list("date", "name")
            if date.weekday() < _WEEK
        }

    @property
    def skipped(self) -> dict[dt.date, str]:
        """The days off until the last date that was promised."""
        case = self.case
        last = max(case.first_answer_due_on, case.completion_due_on or case.first_answer_due_on)
        return {date: name for date, name in self.holidays.items() if date <= last}

    @cached_property
    def clock(self) -> Clock | None:
        """The promise that runs: the first answer's, then completion's; none once answered."""
        case = self.case
        if not self.open or case.state == State.ANSWERED:
            return None
        first = case.first_answered_at is None
        due = case.first_answer_due_on if first else case.completion_due_on
        days = FIRST_ANSWER_DAYS if first else case.level_days
        if due is None or days is None:
            return None
        today = case.waiting_since or self.today
        off = self.holidays
        return Clock(
            days=days,
            left=min(days, working_days_after(today, due, holidays=off)),
            late=working_days_after(due, today, holidays=off),
            due_on=due,
            over=today > due,
            standing=case.waiting_since is not None,
            today_counts=today.weekday() < _WEEK and today not in off,
            first=first,
        )

    @property
    def late_receipt(self) -> bool:
        """Whether the clock began after the day on which the case came."""
        return (
            self.case.counted_from != self.case.received_at.astimezone(self.case.mall.zone).date()
        )

    @property
    def desk_hours(self) -> tuple[dt.time, dt.time]:
        return DESK_OPENS, DESK_CLOSES

    @cached_property
    def stops(self) -> list[Stop]:
        """The way so far; a question and its answer are one place."""
        case = self.case
        files: dict[int, list[Attachment]] = {}
        for attachment in case.attachments.filter(erased_at=None).order_by("pk"):
            files.setdefault(attachment.event_id, []).append(attachment)
        stops: list[Stop] = []
        events = case.events.filter(visible_to_reporter=True).defer("by")
        for event in events.order_by("pk"):
            said = self._said(event, files.get(event.pk, []))
            asked = stops[-1] if stops and event.kind == Step.COMPLETED else None
            if asked is not None and asked.kind == Step.COMPLETION_ASKED:
                asked.label = _("Pertanyaan untuk Anda, sudah dijawab")
                asked.kind = Step.COMPLETED
                asked.said += said
            else:
                label = event.get_kind_display()
                stops.append(Stop(label, event.kind, event.at, said))
        return stops

    def _said(self, event: CaseEvent, files: list[Attachment]) -> list[Said]:
        text = event.note
        if event.kind == Step.FILED:
            text = self.case.text
        elif event.kind == Step.RATED:
            text = str(RATINGS.get(int(text), "")) if text.isdigit() else ""
        mine = event.kind in BY_REPORTER  # everything else with words was said to them
        if event.kind == Step.REOPENED and not text and not self.case.erased_at:
            text, mine = str(ON_ITS_OWN), False
        return [Said(text, mine, files)] if text or files else []

    @property
    def oversight_link(self) -> str:
        """What opens the way to who oversees the agency."""
        return contact_link(self.case.agency.oversight_contact) if self.case.agency else ""

    @property
    def question(self) -> str:
        """What the reporter is asked now."""
        if self.case.state != State.NEEDS_COMPLETION:
            return ""
        asked = [stop for stop in self.stops if stop.kind == Step.COMPLETION_ASKED]
        return asked[-1].said[0].text if asked and asked[-1].said else ""

    @property
    def may(self) -> dict[str, bool]:
        """What the reporter can do now, by the name of the rule."""
        state, closed = self.case.state, self.case.closed_at
        return {
            "complete": may(Step.COMPLETED, state),
            "add": may(Step.ADDED, state),
            "object_to": may(Step.OBJECTED, state),
            "rate": may(Step.RATED, state),
            "reopen": may(Step.REOPENED, state)
            and closed is not None
            and self.at - closed <= REOPEN_WITHIN,
            "withdraw": may(Step.WITHDRAWN, state),
        }


def oversights(agencies: Iterable[Any]) -> dict[str, tuple[str, str, list[str]]]:
    """Who oversees which agencies, how they are reached, and by which link, by name."""
    found: dict[str, tuple[str, str, list[str]]] = {}
    for agency in agencies:
        if agency.oversight_name:
            contact = agency.oversight_contact
            usual = (contact, contact_link(contact), [])
            found.setdefault(agency.oversight_name, usual)[2].append(agency.name)
    return found


def contact_link(contact: str) -> str:
    """What a contact opens: a site, a letter or a call; empty for words.

    >>> contact_link("lapor.go.id"), contact_link("0321-321234"), contact_link("lantai 2")
    ('https://lapor.go.id', 'tel:0321321234', '')
    """
    contact = contact.strip()
    if re.fullmatch(r"https://\S+", contact):
        return contact
    if re.fullmatch(r"[^\s@/]+@[\w.-]+\.\w+", contact):
        return f"mailto:{contact}"
    if re.fullmatch(r"[\w-]+(\.[\w-]+)*\.[a-z]{2,}(/\S*)?", contact):
        return f"https://{contact}"
    digits = re.sub(r"[\s().-]", "", contact)
    return f"tel:{digits}" if re.fullmatch(r"\+?\d{3,15}", digits) else ""
