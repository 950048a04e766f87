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
    text = words(text)
    case = held(case.pk)
    if not may(Step.COMPLETED, case.state):
        raise Refusal("nothing_asked")
    take(case, Step.COMPLETED, at=at, note=text, end=State(case.goes_on_as), files=files)
    return case


@transaction.atomic
def add(*, case: Case, text: str, at: dt.datetime, files: Sequence[Received] = ()) -> Case:
    """Say something more, unasked, while the case is at work."""
    text = words(text)
    case = held(case.pk)
    if not may(Step.ADDED, case.state):
        raise Refusal("nothing_to_add_to")
    take(case, Step.ADDED, at=at, note=text, files=files)
    return case


@transaction.atomic
def object_to(*, case: Case, text: str, at: dt.datetime, files: Sequence[Received] = ()) -> Case:
    """Say why an answer is none: it goes to the agency's superior, and the mall knows."""
    text = words(text)
    case = held(case.pk)
    if not may(Step.OBJECTED, case.state):
        raise Refusal("nothing_to_object_to")
    take(case, Step.OBJECTED, at=at, note=text, files=files)
    return case


@transaction.atomic
def reopen(*, case: Case, text: str, at: dt.datetime, files: Sequence[Received] = ()) -> Case:
    """Take up a case again within 30 days after it was closed, or merged into another.

    Its term goes on where it stood when the answer was given.
    """
    text = words(text)
    case = held(case.pk)
    if not may(Step.REOPENED, case.state):
        raise Refusal("cannot_reopen")
    if case.closed_at is None or at - case.closed_at > REOPEN_WITHIN:
        raise Refusal("closed_long_ago")
    take(case, Step.REOPENED, at=at, note=text, files=files)
    return case


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
