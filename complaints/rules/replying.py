"""What a reporter does with a case that number and PIN, or the pass given for them, have opened.

`case` is what `opening` returned; the row is read and locked anew.
"""

import datetime as dt
from collections.abc import Sequence

from django.db import transaction

from complaints.models import Case
from complaints.refusals import Refusal
from complaints.rules.attaching import Received
from complaints.rules.filing import words
from complaints.rules.merging import take_up_merged
from complaints.rules.steps import held, take
from complaints.workflow import State, Step, may

REOPEN_WITHIN = dt.timedelta(days=30)
LOWEST, HIGHEST = 1, 4


@transaction.atomic
def withdraw(*, case: Case, at: dt.datetime) -> Case:
    """Take back a case that is still open; one already withdrawn stays so."""
    case = held(case.pk)
    if case.state == State.WITHDRAWN:
        return case
    if not may(Step.WITHDRAWN, case.state):
        raise Refusal("cannot_withdraw")
    take(case, Step.WITHDRAWN, at=at)
    take_up_merged(case, at=at)
    return case


@transaction.atomic
def complete(*, case: Case, text: str, at: dt.datetime, files: Sequence[Received] = ()) -> Case:
    """Answer what the desk or the agency asked: the case goes on where it stood, and its clock."""
    return _say(case, Step.COMPLETED, text, at=at, files=files, no="nothing_asked")


@transaction.atomic
def add(*, case: Case, text: str, at: dt.datetime, files: Sequence[Received] = ()) -> Case:
    """Say something more, unasked, while the case is at work."""
    return _say(case, Step.ADDED, text, at=at, files=files, no="nothing_to_add_to")


@transaction.atomic
def object_to(*, case: Case, text: str, at: dt.datetime, files: Sequence[Received] = ()) -> Case:
    """Say why an answer is none: it goes to the agency's superior, and the mall knows."""
    return _say(case, Step.OBJECTED, text, at=at, files=files, no="nothing_to_object_to")


@transaction.atomic
def reopen(*, case: Case, text: str, at: dt.datetime, files: Sequence[Received] = ()) -> Case:
    """Take up a case again within 30 days after it was closed, or merged into another.

    Its term goes on where it stood when the answer was given.
    """
    return _say(case, Step.REOPENED, text, at=at, files=files, no="cannot_reopen")


@transaction.atomic
def rate(*, case: Case, rating: int, at: dt.datetime) -> Case:
    """Say how good the answer was, 1 (not at all) to 4 (very); the last word counts."""
    if not LOWEST <= rating <= HIGHEST:
        raise Refusal("bad_rating")
    case = held(case.pk)
    if not may(Step.RATED, case.state):
        raise Refusal("nothing_to_rate")
    if case.rating == rating:
        return case
    case.rating = rating
    # The step moves no state: the day on which it closes stays too.
    take(case, Step.RATED, at=at, note=str(rating), changed=["rating"])
    return case


def _say(
    case: Case, step: Step, text: str, *, at: dt.datetime, files: Sequence[Received], no: str
) -> Case:
    """Let the reporter take a step with words, or refuse with `no`.

    The same words once more, as a second press sends them, change nothing; files are always new.
    """
    text = words(text)
    case = held(case.pk)
    if not files and _is_last_word(case, step, text):
        return case
    if not may(step, case.state):
        raise Refusal(no)
    if step == Step.REOPENED and (case.closed_at is None or at - case.closed_at > REOPEN_WITHIN):
        raise Refusal("closed_long_ago")
    end = State(case.goes_on_as) if step == Step.COMPLETED else None
    take(case, step, at=at, note=text, end=end, files=files)
    return case


def _is_last_word(case: Case, step: Step, text: str) -> bool:
    """Whether just this was said last; that dates moved by it is no other word."""
    told = case.events.filter(visible_to_reporter=True).exclude(kind=Step.EXTENDED)
    last = told.order_by("-pk").first()
    return last is not None and (last.kind, last.note) == (step, text)
