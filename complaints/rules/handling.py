"""What the complaints desk and the agencies do with a case."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from complaints.deadlines import due_on
from complaints.models import USUAL_DAYS, Case, Level, ServiceLevel
from complaints.promises import completion_text
from complaints.refusals import Refusal
from complaints.rules.attaching import Received
from complaints.rules.filing import words
from complaints.rules.merging import tell_merged, tell_of_other
from complaints.rules.steps import first_answered, held_for, take
from complaints.rules.telling import STAFF_READ
from complaints.workflow import OPEN, STEPS, State, Step
from services.models import Agency, Officer

MOST_COUNTERS = 999


@transaction.atomic
def check(*, case_id: int, by: Any, at: dt.datetime, seen: int | None = None) -> Case:
    """Begin to look at a case that came in; for the desk."""
    case = held_for(user=by, pk=case_id, seen=seen, desk=True)
    take(case, Step.CHECKED, at=at, by=by)
    return case


@transaction.atomic
def classify(
    *, case_id: int, level: str, by: Any, at: dt.datetime, seen: int | None = None
) -> Case:
    """Say what a case asks for, and promise when it is completed; for the desk.

    The term counts from the original receipt, whenever and however often this is decided, and the
    days for which the reporter was waited for are added. Refuses bad_level.
    """
    if level not in Level.values:
        raise Refusal("bad_level")
    case = held_for(user=by, pk=case_id, seen=seen, desk=True, decides=False)
    if case.level == level:
        return case
    days = days_of(case, level)
    due = due_on(mall=case.mall, counted_from=case.counted_from, days=days, waited=case.waited_days)
    case.level, case.level_days, case.completion_due_on = level, days, due
    changed = ["level", "level_days", "completion_due_on"]
    note = completion_text(due, days, case.language)
    take(case, Step.CLASSIFIED, at=at, by=by, note=note, changed=changed)
    return case


def days_of(case: Case, level: str) -> int:
    """The working days that the mall promised for a level on the day the case was received."""
    received_on = case.received_at.astimezone(case.mall.zone).date()
    terms = ServiceLevel.objects.filter(mall=case.mall, level=level, valid_from__lte=received_on)
    days = terms.order_by("-valid_from").values_list("days", flat=True).first()
    return days or USUAL_DAYS[Level(level)]


@transaction.atomic
def ask_for_more(
    *, case_id: int, text: str, by: Any, at: dt.datetime, seen: int | None = None
) -> Case:
    """Ask the reporter something; until the answer comes the clock stands, visibly."""
    text = words(text)
    case = held_for(user=by, pk=case_id, seen=seen)
    take(case, Step.COMPLETION_ASKED, at=at, by=by, note=text)
    return case


@transaction.atomic
def forward(
    *,
    case_id: int,
    agency: Agency,
    by: Any,
    at: dt.datetime,
    note: str = "",
    seen: int | None = None,
) -> Case:
    """Give a case to an agency of the mall; for the desk. Only what is classified is passed on.

    The reporter sees that, the note is for colleagues.
    """
    case = held_for(user=by, pk=case_id, seen=seen, desk=True)
    if agency.mall_id != case.mall_id:
        raise Refusal("unknown_agency")
    if not case.level:
        raise Refusal("not_classified")
    if case.confidential:
        raise Refusal("confidential_stays")
    case.agency = agency
    if case.service_type is not None and case.service_type.agency_id != agency.pk:
        case.service_type = None
    take(case, Step.FORWARDED, at=at, by=by, changed=["agency", "service_type"])
    if note.strip():
        take(case, Step.NOTED, at=at, by=by, note=words(note), visible=False)
    return case


@transaction.atomic
def start_follow_up(*, case_id: int, by: Any, at: dt.datetime, seen: int | None = None) -> Case:
    """The agency begins to work on a case."""
    case = held_for(user=by, pk=case_id, seen=seen)
    take(case, Step.FOLLOW_UP_STARTED, at=at, by=by)
    return case


@transaction.atomic
def answer(
    *,
    case_id: int,
    text: str,
    by: Any,
    at: dt.datetime,
    seen: int | None = None,
    files: Sequence[Received] = (),
) -> Case:
    """Tell the reporter what was done; 10 working days without a reply close the case.

    Also where the reporter was asked something and stays silent.
    """
    text = words(text)
    case = held_for(user=by, pk=case_id, seen=seen)
    first_answered(case, at)
    take(case, Step.ANSWERED, at=at, by=by, note=text, changed=["first_answered_at"], files=files)
    tell_merged(case, Step.ANSWERED, by=by, at=at)
    return case


@transaction.atomic
def respond(
    *,
    case_id: int,
    text: str,
    by: Any,
    at: dt.datetime,
    seen: int | None = None,
    files: Sequence[Received] = (),
) -> Case:
    """Tell the reporter how it stands, before the answer: this too is a first answer."""
    text = words(text)
    case = held_for(user=by, pk=case_id, seen=seen)
    first_answered(case, at)
    take(case, Step.REPLIED, at=at, by=by, note=text, changed=["first_answered_at"], files=files)
    return case


@transaction.atomic
def escalate(*, case_id: int, text: str, by: Any, at: dt.datetime, seen: int | None = None) -> Case:
    """Put an objection before who oversees the agency; for the desk."""
    text = words(text)
    case = held_for(user=by, pk=case_id, seen=seen, desk=True, decides=False)
    take(case, Step.ESCALATED, at=at, by=by, note=text)
    return case


@transaction.atomic
def reject(*, case_id: int, reason: str, by: Any, at: dt.datetime, seen: int | None = None) -> Case:
    """Say why a case cannot be handled; for the desk."""
    reason = words(reason)
    case = held_for(user=by, pk=case_id, seen=seen, desk=True)
    take(case, Step.REJECTED, at=at, by=by, note=reason)
    tell_merged(case, Step.REJECTED, by=by, at=at)
    return case


@transaction.atomic
def move_elsewhere(
    *, case_id: int, text: str, by: Any, at: dt.datetime, seen: int | None = None
) -> Case:
    """Say which other institution takes a case on; for the desk."""
    text = words(text)
    case = held_for(user=by, pk=case_id, seen=seen, desk=True)
    take(case, Step.MOVED, at=at, by=by, note=text)
    tell_merged(case, Step.MOVED, by=by, at=at)
    return case


@transaction.atomic
def merge(*, case_id: int, into_id: int, by: Any, at: dt.datetime, seen: int | None = None) -> Case:
    """Let another open case of the mall stand for this one; for the desk.

    Who reported it hears what becomes of the other, and may ask for their own to be taken up again.

    The smaller key is locked first: two who merge each into the other wait, and one is refused.
    """
    if case_id == into_id:
        raise Refusal("merged_with_itself")
    seen_of = {case_id: seen}
    cases = {
        pk: held_for(user=by, pk=pk, seen=seen_of.get(pk), desk=True)
        for pk in sorted((case_id, into_id))
    }
    case, into = cases[case_id], cases[into_id]
    if into.mall_id != case.mall_id or into.state not in OPEN:
        raise Refusal("cannot_merge_into")
    case.merged_into = into
    take(case, Step.MERGED, at=at, by=by)
    with override(STAFF_READ):
        note = _("Pengaduan %(number)s digabung ke sini.") % {"number": case.number}
    take(into, Step.NOTED, at=at, by=by, note=note, visible=False)
    if into.state == State.ANSWERED:
        tell_of_other(case, Step.ANSWERED, by=by, at=at)
    return case


@transaction.atomic
def add_note(
    *, case_id: int, text: str, by: Any, at: dt.datetime, files: Sequence[Received] = ()
) -> Case:
    """Write something down for colleagues; the reporter does not see it."""
    text = words(text)
    case = held_for(user=by, pk=case_id, decides=False)
    take(case, Step.NOTED, at=at, by=by, note=text, visible=False, files=files)
    return case


@transaction.atomic
def name_about(
    *,
    case_id: int,
    person: Any,
    counter_number: int | None,
    by: Any,
    at: dt.datetime,
    seen: int | None = None,
) -> Case:
    """Write down which officer, or which counter, is complained about; for the desk.

    From then on the case is hidden from that officer, and from who sat at that counter. Both empty
    takes back what was written. The reporter sees none of it. Refuses named_oneself,
    unknown_officer, bad_counter, nobody_named.
    """
    if person is not None and person == by:
        raise Refusal("named_oneself")
    if counter_number is not None and not 0 < counter_number <= MOST_COUNTERS:
        raise Refusal("bad_counter")
    case = held_for(user=by, pk=case_id, seen=seen, desk=True, decides=False)
    if person is not None and not Officer.objects.filter(user=person, mall=case.mall).exists():
        raise Refusal("unknown_officer")
    if (case.about_person, case.counter_number) == (person, counter_number):
        raise Refusal("nobody_named")
    case.about_person, case.counter_number = person, counter_number
    note = " · ".join(str(part) for part in (person and person.username, counter_number) if part)
    changed = ["about_person", "counter_number"]
    take(case, Step.NAMED, at=at, by=by, note=note or "–", visible=False, changed=changed)
    return case


def close_unanswered(at: dt.datetime) -> int:
    """Close cases to whose answer nobody replied within 10 working days; how many.

    One by one; a case that somebody acts on in this moment is left to the next time.
    """
    closed = 0
    due = Case.objects.unanswered(at.date() + dt.timedelta(days=1)).order_by("closes_on", "pk")
    for pk in due.values_list("pk", flat=True).iterator(chunk_size=500):
        with transaction.atomic():
            case = (
                Case.objects.select_related("mall")
                .select_for_update(of=("self",), skip_locked=True)
                .filter(pk=pk, state__in=STEPS[Step.CLOSED][0])
                .first()
            )
            if case is None or case.closes_on is None:
                continue
            if case.closes_on < at.astimezone(case.mall.zone).date():
                take(case, Step.CLOSED, at=at)
                closed += 1
    return closed
