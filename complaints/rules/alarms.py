"""Dates that passed: who has the case is told, then the agency's head, then the mall's manager.

Each is an event that the reporter sees too. A case that the desk does not check in time is the
desk's own matter, and an event among colleagues.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.dateformat import format as format_date
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from complaints.deadlines import ALARM_DAYS, CHECK_DAYS
from complaints.models import Case, CaseEvent
from complaints.rules.steps import take
from complaints.rules.telling import STAFF_READ, Who, colleagues, to_staff
from complaints.workflow import OPEN, WITH_THE_AGENCY, State, Step
from notifications.rules import enqueue
from services.calendar import add_working_days, working_days_after
from services.models import Mall

AT_WORK = [one for one in OPEN if one not in (State.NEEDS_COMPLETION, State.ANSWERED)]
_AT_THE_DESK = (State.RECEIVED, State.VERIFICATION)
_DATES = ["mall_id", "state", "confidential", "level", "counted_from", "waited_days", "alarm_stage"]
_DATES += ["first_answered_at", "first_answer_due_on", "completion_due_on", "agency_id"]

_PASSED: dict[str, Promise] = {
    "first": gettext_lazy("Batas tanggapan pertama %(date)s terlewati."),
    "completion": gettext_lazy("Batas penyelesaian %(date)s terlewati."),
    "check": gettext_lazy("Batas pemeriksaan %(date)s terlewati."),
}
_TOLD: dict[Who, Promise] = {
    Who.LIAISON: gettext_lazy("Penghubung instansi sudah diberi tahu."),
    Who.DESK: gettext_lazy("Meja pengaduan sudah diberi tahu."),
    Who.HEAD: gettext_lazy("Kepala instansi sudah diberi tahu."),
    Who.MANAGER: gettext_lazy("Pengelola mal sudah diberi tahu."),
}

Past = Sequence[tuple[str, bool, dt.date]]  # of a case's events: kind, seen by the reporter, day


@dataclass(frozen=True)
class Late:
    """A date that a case missed: which, the rungs to be told in their order, how many were told.

    `crossed` is up to which rung it is time; a rung is None where nobody of that kind has a say.
    """

    what: str
    due: dt.date
    rungs: tuple[Who | None, ...]
    told: int
    crossed: int

    @property
    def is_open(self) -> bool:
        """Whether somebody is still to be told."""
        return self.told < self.crossed


def raise_overdue(at: dt.datetime) -> int:
    """Tell the next in line of every case whose date has passed; how many alarms were raised.

    Safe to repeat and to run side by side: a case that somebody acts on is left to the next time.
    """
    raised = 0
    for mall in Mall.objects.filter(active=True).order_by("pk"):
        today = mall.date_at(at)
        cases = list(_suspects(mall, today))
        if not cases:
            continue
        since = min(case.counted_from for case in cases)
        free = set(mall.holidays.filter(date__range=(since, today)).values_list("date", flat=True))
        past = _past(mall, [case.pk for case in cases])
        for case in cases:
            late = lateness(case, past[case.pk], today, free)
            if late and late.is_open:
                raised += _raise(case.pk, mall, free, at)
    return raised


def _suspects(mall: Mall, today: dt.date) -> QuerySet[Case]:
    """Cases at work of which a date may have passed; the closed ones are not looked at."""
    looked_at = today - dt.timedelta(days=CHECK_DAYS)
    missed = (
        Q(first_answered_at=None, first_answer_due_on__lt=today)
        | Q(completion_due_on__lt=today)
        | Q(Q(state__in=_AT_THE_DESK) | Q(level=""), counted_from__lt=looked_at)
    )
    cases = Case.objects.filter(missed, mall=mall, closed_at=None, state__in=AT_WORK)
    return cases.filter(erased_at=None).order_by("first_answer_due_on", "pk").only(*_DATES)


def _past(mall: Mall, ids: Sequence[int]) -> dict[int, list[tuple[str, bool, dt.date]]]:
    """By case what of its events matters here, in their order; one query."""
    kinds = [Step.OVERDUE, Step.OBJECTED, Step.REOPENED]
    events = CaseEvent.objects.filter(case__in=ids, kind__in=kinds).order_by("pk")
    found = defaultdict(list)
    for case_id, kind, seen, at in events.values_list(
        "case_id", "kind", "visible_to_reporter", "at"
    ):
        found[case_id].append((kind, seen, mall.date_at(at)))
    return found


def lateness(case: Case, past: Past, today: dt.date, holidays: Collection[dt.date]) -> Late | None:
    """The date that a case at work missed, None where it keeps its dates.

    Of two it is the earlier one, until all were told of that: then the later one begins below
    again. Who takes a case up again, after an objection or when it is reopened, has that day: its
    days past the date count from there.
    """
    begun = max((day for kind, _seen, day in past if kind != Step.OVERDUE), default=dt.date.min)
    passed = _passed_dates(case, today)
    if not passed:
        return _unchecked(case, past, begun, today, holidays)
    due, what = passed[0]
    for later, its_name in passed[1:]:
        if _crossed(max(due, begun), later, holidays, ALARM_DAYS) == len(ALARM_DAYS):
            due, what = later, its_name
    since = max(due, begun)
    last = max((day for kind, seen, day in past if kind == Step.OVERDUE and seen), default=begun)
    rungs = (
        Who.LIAISON if case.state in WITH_THE_AGENCY else Who.DESK,
        None if case.state in _AT_THE_DESK else Who.HEAD,
        Who.MANAGER,
    )
    told = case.alarm_stage if last > since else 0
    return Late(what, due, rungs, told, _crossed(since, today, holidays, ALARM_DAYS))


def _unchecked(
    case: Case, past: Past, begun: dt.date, today: dt.date, holidays: Collection[dt.date]
) -> Late | None:
    """That the desk has neither checked a case nor passed it on in time.

    A confidential one stays with the desk: once it is classified it is where it belongs; so is one
    about no agency that was answered for the first time. Elsewhere a case without a level has no
    date of its own, and this is the one that is missed.
    """
    belongs = case.confidential or (case.agency_id is None and case.first_answered_at)
    if (case.state not in _AT_THE_DESK or belongs) and case.level:
        return None
    is_again = begun > case.counted_from
    start = begun if is_again else case.counted_from
    days = CHECK_DAYS + (0 if is_again else case.waited_days)
    due = add_working_days(start, days, holidays=holidays)
    told = sum(kind == Step.OVERDUE and not seen and day > start for kind, seen, day in past)
    crossed = _crossed(due, today, holidays, (ALARM_DAYS[0], ALARM_DAYS[-1]))
    return Late("check", due, (Who.DESK, Who.MANAGER), told, crossed)


def _passed_dates(case: Case, today: dt.date) -> list[tuple[dt.date, str]]:
    """The promised dates that a case missed, the earlier first."""
    first = None if case.first_answered_at else case.first_answer_due_on
    dates = ((first, "first"), (case.completion_due_on, "completion"))
    passed = [(due, what) for due, what in dates if due is not None and due < today]
    return sorted(passed, key=lambda one: one[0])


def _crossed(
    since: dt.date, today: dt.date, holidays: Collection[dt.date], waits: Sequence[int]
) -> int:
    """After how many of these waits, in working days, it is later than `since` by now."""
    days = working_days_after(since, today, holidays=holidays)
    return sum(days > wait for wait in waits)


def _raise(pk: int, mall: Mall, holidays: Collection[dt.date], at: dt.datetime) -> int:
    """Climb the rungs whose time has come, in one transaction; how many."""
    with transaction.atomic():
        case = (
            Case.objects.select_related("mall", "agency")
            .select_for_update(of=("self",), skip_locked=True)
            .filter(pk=pk, state__in=AT_WORK, erased_at=None)
            .first()
        )
        late = lateness(case, _past(mall, [pk])[pk], mall.date_at(at), holidays) if case else None
        if case is None or late is None:
            return 0
        rung, raised = late.told, 0
        while rung < late.crossed:
            rung = _climb(case, late, rung, at)
            raised += 1
    return raised


def _climb(case: Case, late: Late, rung: int, at: dt.datetime) -> int:
    """Tell the first above `rung` who can be told, and say whom truthfully; the new rung."""
    who: Who | None = None
    people: list[Any] = []
    while not people and rung < len(late.rungs):
        who = late.rungs[rung]
        people = colleagues(case, who) if who else []
        rung += 1
    is_shown = late.what != "check"
    if is_shown:
        case.alarm_stage = rung
    with override(case.language if is_shown else STAFF_READ):
        told = _TOLD[who] if who and people else _("Pengaduan ini ditandai terlambat.")
        note = f"{_passed(late)} {told}"
    event = take(case, Step.OVERDUE, at=at, note=note, visible=is_shown)
    with override(STAFF_READ):
        news = f"{_passed(late)} " + _("Tangani sekarang, atau pastikan ada yang menanganinya.")
    enqueue(drafts=to_staff(case, event, people, news), at=at)
    return rung


def _passed(late: Late) -> str:
    return str(_PASSED[late.what]) % {"date": format_date(late.due, "j F Y")}
