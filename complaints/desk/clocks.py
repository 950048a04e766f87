"""A case's two clocks as the staff read them: how many working days are left, or are over."""

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from django.db.models import Case as Choose
from django.db.models import DateField, F, QuerySet, When
from django.db.models.functions import Coalesce, Least
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from complaints.models import Case
from complaints.workflow import AT_SUPERIOR, WITH_THE_AGENCY, State
from services.calendar import working_days_after
from services.models import Holiday

SOON = 2
# Where it is for the staff to do something; elsewhere the reporter has the word, or it is over.
WITH_STAFF = (State.RECEIVED, State.VERIFICATION, *WITH_THE_AGENCY, *AT_SUPERIOR)


class Clock(NamedTuple):
    """A date kept or missed. `look` is the class of its state, `words` say the same."""

    due_on: dt.date
    look: str
    words: str
    icon: str = ""


def with_due(cases: QuerySet[Case]) -> QuerySet[Case]:
    """Add `next_due`: the date by which the staff must act next; none where it is not for them."""
    unanswered = When(
        first_answered_at=None, then=Least("first_answer_due_on", "completion_due_on")
    )
    of_staff = Choose(
        unanswered,
        default=Coalesce("completion_due_on", "first_answer_due_on"),
        output_field=DateField(),
    )
    return cases.annotate(
        next_due=Choose(When(state__in=WITH_STAFF, then=of_staff), output_field=DateField())
    )


LATEST_FIRST = [F("next_due").asc(nulls_last=True), "-received_at"]


def holidays_between(dates: Iterable[dt.date], malls: Iterable[int]) -> dict[int, set[dt.date]]:
    """The holidays of malls from the first to the last of the dates; one query."""
    found: dict[int, set[dt.date]] = {mall: set() for mall in malls}
    days = list(dates)
    if days:
        rows = Holiday.objects.filter(mall__in=found, date__range=(min(days), max(days)))
        for mall, date in rows.values_list("mall", "date"):
            found[mall].add(date)
    return found


def left(due: dt.date, today: dt.date, holidays: Collection[dt.date]) -> Clock:
    """How a date that is still to be kept stands today."""
    if due < today:
        over = working_days_after(due, today, holidays=holidays) or 1
        words = ngettext("Lewat %(n)d hari kerja", "Lewat %(n)d hari kerja", over) % {"n": over}
        return Clock(due, "late", words, "warn")
    days = working_days_after(today, due, holidays=holidays)
    if not days:
        return Clock(due, "warn", _("Batasnya hari ini"), "clock")
    words = ngettext("Sisa %(n)d hari kerja", "Sisa %(n)d hari kerja", days) % {"n": days}
    return Clock(due, "warn" if days <= SOON else "ok", words, "clock")


def first_answer(case: Case, today: dt.date, holidays: Collection[dt.date]) -> Clock | None:
    """The clock of the first answer; None where none is due any more."""
    due, given = case.first_answer_due_on, case.first_answered_at
    if given is not None:
        return _kept(due, case.mall.date_at(given))
    return None if case.closed_at else _running(case, due, today, holidays)


def completion(
    case: Case,
    today: dt.date,
    holidays: Collection[dt.date],
    answered_at: dt.datetime | None = None,
) -> Clock | None:
    """The clock of completion; None before the case is classified, or when it ended otherwise.

    The last answer kept the date or missed it: the days until it closed were the reporter's.
    """
    due = case.completion_due_on
    if due is None:
        return None
    if case.state == State.CLOSED and (ended_at := answered_at or case.closed_at):
        return _kept(due, case.mall.date_at(ended_at))
    if case.state == State.ANSWERED:
        return Clock(due, "ok", _("Dijawab, menunggu balasan"), "check")
    return None if case.closed_at else _running(case, due, today, holidays)


def _running(case: Case, due: dt.date, today: dt.date, holidays: Collection[dt.date]) -> Clock:
    if case.state == State.NEEDS_COMPLETION:
        return Clock(due, "call", _("Berhenti, menunggu pelapor"), "pause")
    return left(due, today, holidays)


def _kept(due: dt.date, on: dt.date) -> Clock:
    if on > due:
        return Clock(due, "late", _("Terlambat"), "warn")
    return Clock(due, "ok", _("Tepat waktu"), "check")


def next_of(case: Any, today: dt.date, holidays: Collection[dt.date]) -> Clock | None:
    """The clock of a row of the list, by its `next_due`."""
    return left(case.next_due, today, holidays) if case.next_due else None
