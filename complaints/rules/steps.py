"""One step of a case: the row locked, the table asked, the change and its event written."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from complaints.deadlines import CLOSE_DAYS, due_on, waited_days
from complaints.models import Case, CaseEvent
from complaints.promises import completion_text, moved_text, promise_text
from complaints.refusals import Refusal
from complaints.rules.attaching import Received, attach
from complaints.rules.telling import tell
from complaints.workflow import AT_SUPERIOR, OPEN, STEPS, State, Step, may, stands_in
from services import permissions

_PLACES = ("mall", "agency", "service_type")
# What a step may change beside the words of a case.
_CLOCK = ["state", "closed_at", "closes_on", "waiting_since", "goes_on_as", "waited_days"]
_CLOCK += ["first_answer_due_on", "completion_due_on", "promise", "alarm_stage", "merged_into"]


def held(pk: int) -> Case:
    """The case, locked until the transaction ends; refuses one erased meanwhile (unknown_case)."""
    rows = Case.objects.select_related(*_PLACES).select_for_update(of=("self",))
    case = rows.filter(pk=pk, erased_at=None).first()
    if case is None:
        raise Refusal("unknown_case")
    return case


def held_for(
    *, user: Any, pk: int, seen: int | None = None, desk: bool = False, decides: bool = True
) -> Case:
    """The case for a person whose office covers it, locked until the transaction ends.

    `seen` is the last event that the person's page showed: another one since then refuses what was
    decided without it. With `desk` only the complaints desk of the mall; what was objected to is
    decided by a superior, and not by who gave that answer. Refuses: no_such_case, desk_only,
    superior_only, own_answer, changed_meanwhile.
    """
    visible = Case.objects.visible_to(user).select_related(*_PLACES)
    case = visible.select_for_update(of=("self",)).filter(pk=pk, erased_at=None).first()
    if case is None:
        raise Refusal("no_such_case")
    if desk and not permissions.can(user, permissions.HANDLE_ALL_CASES, mall=case.mall):
        raise Refusal("desk_only")
    if decides and (code := refused_to(user, case)):
        raise Refusal(code)
    if seen is not None and last_event(case) != seen:
        raise Refusal("changed_meanwhile")
    return case


def is_superior(user: Any, case: Case) -> bool:
    """Whether the person may decide what was objected to."""
    place = {"agency": case.agency} if case.agency else {"mall": case.mall}
    return permissions.can(user, permissions.JUDGE_OBJECTIONS, **place)


def refused_to(user: Any, case: Case) -> str:
    """Why the person may not decide what was objected to; "" where they may, or nothing was.

    Also while the reporter is asked about it. The desk writes down what who oversees the agency
    decided, also on an answer of its own.
    """
    state = stands_in(case.state, case.goes_on_as)
    if state not in AT_SUPERIOR:
        return ""
    if not is_superior(user, case):
        return "superior_only"
    if state == State.ESCALATED and permissions.can(
        user, permissions.HANDLE_ALL_CASES, mall=case.mall
    ):
        return ""
    return "own_answer" if answered_by(case) == user.pk else ""


def answered_by(case: Case) -> int | None:
    """The key of who gave the last answer."""
    answers = case.events.filter(kind=Step.ANSWERED).order_by("-pk")
    return answers.values_list("by", flat=True).first()


def first_answered(case: Case, at: dt.datetime) -> None:
    """Keep the moment of the first answer.

    Where it comes while the reporter is waited for, its date is that of the clock that stood.
    """
    if case.first_answered_at is not None:
        return
    if case.waiting_since is not None:
        _move_first_answer(case, _waited(case, case.waiting_since, at))
    case.first_answered_at = at


def last_event(case: Case) -> int:
    """The id of the last thing that happened to a case."""
    last = case.events.order_by("-pk").values_list("pk", flat=True).first()
    return last or 0


def take(
    case: Case,
    step: Step,
    *,
    at: dt.datetime,
    by: Any = None,
    note: str = "",
    end: State | None = None,
    visible: bool = True,
    changed: list[str] | None = None,
    files: Sequence[Received] = (),
) -> CaseEvent:
    """Let a locked case take a step, with its event; refuses cannot_step.

    `end` names the state where the table leaves a choice. The clock follows the state: it stands
    while the reporter is asked, and an answered case has a day on which it closes by itself.
    """
    if not may(step, case.state):
        raise Refusal("cannot_step")
    ends = STEPS[step][1]
    before, waited = case.state, case.waited_days
    if ends:
        after = end or ends[0]
        if after not in ends:
            raise ValueError(f"{step} does not end in {after}")
        case.state = after
        _follow(case, before, at)
    case.save(update_fields=[*_CLOCK, *(changed or [])])
    event = log(case, step, at=at, by=by, note=note, visible=visible)
    attach(event, files)
    if case.waited_days > waited and case.state in OPEN:
        log(case, Step.EXTENDED, at=at, by=by, note=_moved(case, case.waited_days - waited))
    return event


def _follow(case: Case, before: str, at: dt.datetime) -> None:
    today = at.astimezone(case.mall.zone).date()
    if before == State.NEEDS_COMPLETION != case.state:
        _go_on(case, at)
    elif before in (State.ANSWERED, State.CLOSED) and case.state in OPEN:
        _think_over(case, at)
    if case.state == State.NEEDS_COMPLETION != before:
        case.waiting_since, case.goes_on_as = today, before
    answered = case.state == State.ANSWERED
    case.closes_on = (
        due_on(mall=case.mall, counted_from=today, days=CLOSE_DAYS) if answered else None
    )
    case.closed_at = None if case.state in OPEN else case.closed_at or at
    if case.state != State.MERGED:
        case.merged_into = None
    if answered or before not in OPEN:
        case.alarm_stage = 0


def _go_on(case: Case, at: dt.datetime) -> None:
    """Let the clock of a case that waited for its reporter run again.

    Both terms move by the working days of the wait: completion counts them from the receipt, the
    first answer from where it stood, as long as none was given.
    """
    if case.waiting_since is None:
        return
    waited = _waited(case, case.waiting_since, at)
    case.waiting_since, case.goes_on_as = None, ""
    if case.first_answered_at is None:
        _move_first_answer(case, waited)
    _move_completion(case, waited)


def _think_over(case: Case, at: dt.datetime) -> None:
    """Let the clock go on that stood since the answer, while the word was the reporter's."""
    answers = case.events.filter(kind=Step.ANSWERED).order_by("-pk")
    if (answered := answers.values_list("at", flat=True).first()) is not None:
        _move_completion(case, _waited(case, case.mall.date_at(answered), at))


def _waited(case: Case, since: dt.date, at: dt.datetime) -> int:
    return waited_days(mall=case.mall, since=since, until=case.mall.date_at(at))


def _move_first_answer(case: Case, waited: int) -> None:
    case.first_answer_due_on = due_on(
        mall=case.mall, counted_from=case.first_answer_due_on, days=waited
    )
    case.promise = promise_text(case.first_answer_due_on, case.language)


def _move_completion(case: Case, waited: int) -> None:
    case.waited_days += waited
    if case.level_days is not None:
        case.completion_due_on = due_on(
            mall=case.mall,
            counted_from=case.counted_from,
            days=case.level_days,
            waited=case.waited_days,
        )


def _moved(case: Case, waited: int) -> str:
    """The sentence about dates that moved, as it is stored with the event."""
    sentences = [] if case.first_answered_at else [case.promise]
    if case.completion_due_on and case.level_days:
        sentences += [completion_text(case.completion_due_on, case.level_days, case.language)]
    return moved_text(waited, sentences, case.language)


def log(
    case: Case,
    step: Step,
    *,
    at: dt.datetime,
    by: Any = None,
    note: str = "",
    visible: bool = True,
) -> CaseEvent:
    """Write what happened, with its messages; nothing of it can be changed later."""
    event = CaseEvent.objects.create(
        case=case, kind=step, at=at, by=by, note=note, visible_to_reporter=visible
    )
    tell(case, event)
    return event
