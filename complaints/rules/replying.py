"""What a reporter does with a case that number and PIN have opened."""

import datetime as dt

from django.db import transaction

from complaints.models import Case
from complaints.refusals import Refusal
from complaints.rules.filing import words
from complaints.rules.opening import open_with_pin
from complaints.rules.steps import held, take
from complaints.workflow import State, Step, may

REOPEN_WITHIN = dt.timedelta(days=30)
LOWEST, HIGHEST = 1, 4


@transaction.atomic
def withdraw(*, number: str, pin: str, at: dt.datetime) -> Case:
    """Take back a case that is still open; one already withdrawn stays so."""
    case = _opened(number, pin, at)
    if case.state == State.WITHDRAWN:
        return case
    if not may(Step.WITHDRAWN, case.state):
        raise Refusal("cannot_withdraw")
    take(case, Step.WITHDRAWN, at=at)
    return case


@transaction.atomic
def complete(*, number: str, pin: str, text: str, at: dt.datetime) -> Case:
    """Answer what the desk or the agency asked: the case goes on where it stood, and its clock."""
    text = words(text)
    case = _opened(number, pin, at)
    if not may(Step.COMPLETED, case.state):
        raise Refusal("nothing_asked")
    take(case, Step.COMPLETED, at=at, note=text, end=State(case.goes_on_as))
    return case


@transaction.atomic
def object_to(*, number: str, pin: str, text: str, at: dt.datetime) -> Case:
    """Say why an answer is none: it goes to the agency's superior, and the mall knows."""
    text = words(text)
    case = _opened(number, pin, at)
    if not may(Step.OBJECTED, case.state):
        raise Refusal("nothing_to_object_to")
    take(case, Step.OBJECTED, at=at, note=text)
    return case


@transaction.atomic
def reopen(*, number: str, pin: str, text: str, at: dt.datetime) -> Case:
    """Take up a closed case again, within 30 days; its term stays what it was."""
    text = words(text)
    case = _opened(number, pin, at)
    if not may(Step.REOPENED, case.state):
        raise Refusal("cannot_reopen")
    if case.closed_at is None or at - case.closed_at > REOPEN_WITHIN:
        raise Refusal("closed_long_ago")
    take(case, Step.REOPENED, at=at, note=text)
    return case


@transaction.atomic
def rate(*, number: str, pin: str, rating: int, at: dt.datetime) -> Case:
    """Say how good the answer was, 1 (not at all) to 4 (very); the last word counts."""
    if not LOWEST <= rating <= HIGHEST:
        raise Refusal("bad_rating")
    case = _opened(number, pin, at)
    if not may(Step.RATED, case.state):
        raise Refusal("nothing_to_rate")
    if case.rating == rating:
        return case
    case.rating = rating
    # The step moves no state: the day on which it closes stays too.
    take(case, Step.RATED, at=at, note=str(rating), changed=["rating"])
    return case


def _opened(number: str, pin: str, at: dt.datetime) -> Case:
    return held(open_with_pin(number=number, pin=pin, at=at).pk)
