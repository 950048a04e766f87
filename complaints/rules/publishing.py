"""What the public may read of a case: words written for it by a person, never by themselves.

Nothing is published unless the desk does it. Where a case is erased by age its publication stays:
its words are the desk's own, read over, and hold no person; taking it back stays possible.
"""

import datetime as dt
from typing import Any

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from complaints.models import Case, Publication
from complaints.redaction import LABELS, Known, leftovers
from complaints.refusals import Refusal
from complaints.rules.filing import LONGEST_SUBJECT, words
from complaints.rules.steps import held_for, log, take
from complaints.workflow import Step
from privacy.identity import normalise_name
from services import permissions
from services.models import Officer


@transaction.atomic
def publish(
    *,
    case_id: int,
    subject: str,
    text: str,
    answer: str,
    by: Any,
    at: dt.datetime,
    read_over: bool,
    seen: int | None = None,
) -> Publication:
    """Show a case to everybody in these words; for the desk. The same again replaces the words.

    `read_over`: a person has read them and found nobody named. Refuses not_read_over, text_missing,
    text_too_long, subject_too_long, confidential_not_published, still_personal, and what is not
    answered yet (cannot_step).
    """
    subject, text = normalise_name(subject), words(text)
    answer = words(answer) if answer.strip() else ""
    if len(subject) > LONGEST_SUBJECT:
        raise Refusal("subject_too_long", limit=LONGEST_SUBJECT).at("subject")
    if not subject:
        raise Refusal("subject_missing").at("subject")
    case = held_for(user=by, pk=case_id, seen=seen, desk=True, decides=False)
    if case.confidential:
        raise Refusal("confidential_not_published")
    _refuse_personal(case, {"subject": subject, "text": text, "answer": answer})
    if not read_over:
        raise Refusal("not_read_over").at("read_over")
    take(case, Step.PUBLISHED, at=at, by=by)
    told = {"subject": subject, "text": text, "answer": answer, "published_by": by}
    known = Publication.objects.filter(case=case).first()
    if known is None:
        return Publication.objects.create(case=case, published_at=at, **told)
    # Words that are only mended keep their place among the newest.
    kept_at = known.published_at if known.withdrawn_at is None else at
    told |= {"published_at": kept_at, "withdrawn_at": None}
    for field, value in told.items():
        setattr(known, field, value)
    known.save(update_fields=list(told))
    return known


@transaction.atomic
def unpublish(*, case_id: int, by: Any, at: dt.datetime) -> Publication:
    """Take a publication back, at any time and also of an erased case; for the desk.

    What is taken back already stays so. Refuses no_such_case, desk_only, nothing_published.
    """
    rows = Case.objects.visible_to(by).select_related("mall", "agency")
    case = rows.select_for_update(of=("self",)).filter(pk=case_id).first()
    if case is None:
        raise Refusal("no_such_case")
    if not permissions.can(by, permissions.HANDLE_ALL_CASES, mall=case.mall):
        raise Refusal("desk_only")
    known = Publication.objects.filter(case=case).first()
    if known is None:
        raise Refusal("nothing_published")
    if known.withdrawn_at is None:
        known.withdrawn_at = at
        known.save(update_fields=["withdrawn_at"])
        log(case, Step.UNPUBLISHED, at=at, by=by)
    return known


def names_known(case: Case) -> Known:
    """Whose names and which codes must not be read in the words of a case; one query."""
    offices = Officer.objects.filter(mall_id=case.mall_id).values("user")
    named = User.objects.filter(Q(pk__in=offices) | Q(pk=case.about_person_id))
    people = [person.get_full_name() for person in named.only("first_name", "last_name")]
    return Known(
        reporter=case.name,
        people=sorted({name for name in people if " " in name}),
        codes=[code for code in (case.number, case.lapor_id, case.account) if len(code) > 3],
    )


def _refuse_personal(case: Case, told: dict[str, str]) -> None:
    known = Known(reporter=case.name)
    # An account stands in a text with its sign or without; a permalink leads to it.
    account = case.account.strip().lstrip("@").casefold()
    traces = [one for one in (account, case.permalink.casefold()) if len(one) > 3]
    for field, text in told.items():
        found = leftovers(text, known)
        if any(trace in text.casefold() for trace in traces):
            found.append(str(LABELS["account"]))
        if found:
            raise Refusal("still_personal", what=", ".join(found)).at(field)
