"""A case and its twin in SP4N-LAPOR!: the tracking id there, and the status copied from there."""

import datetime as dt
import re
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from complaints.models import Case
from complaints.refusals import Refusal
from complaints.rules.steps import held_for, take
from complaints.workflow import Step
from privacy.identity import normalise_name

LONGEST_LAPOR_ID, LONGEST_LAPOR_STATUS = 30, 80
_ONE_CASE = "one_case_per_lapor_id"
_LAPOR_ID = re.compile(r"[0-9A-Z][0-9A-Z./-]*")


@transaction.atomic
def link_to_lapor(
    *,
    case_id: int,
    lapor_id: str,
    status: str,
    by: Any,
    at: dt.datetime,
    as_of: dt.datetime | None = None,
    seen: int | None = None,
) -> Case:
    """Write down a case's tracking id there and the status it has there; for the desk.

    `as_of` is the moment of the status, where it is not `at`. Our own state stays as it is. What
    is already known changes nothing. Refuses bad_lapor_id, lapor_status_too_long, lapor_id_taken.
    """
    lapor_id, status = read_lapor_id(lapor_id), read_lapor_status(status)
    case = held_for(user=by, pk=case_id, seen=seen, desk=True, decides=False)
    if (case.lapor_id, case.lapor_status) == (lapor_id, status):
        return case
    if case.lapor_id != lapor_id:
        refuse_taken(mall_id=case.mall_id, lapor_id=lapor_id)
    case.lapor_id, case.lapor_status, case.lapor_at = lapor_id, status, as_of or at
    with translation.override(case.language):
        note = _("Nomor di SP4N-LAPOR!: %(id)s.") % {"id": lapor_id}
        if status:
            note += " " + _("Status di sana: %(status)s.") % {"status": status}
    changed = ["lapor_id", "lapor_status", "lapor_at"]
    try:
        with transaction.atomic():
            take(case, Step.LINKED, at=at, by=by, note=note, changed=changed)
    except IntegrityError as error:
        if getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") != _ONE_CASE:
            raise
        # Somebody wrote the same id down in this moment.
        raise Refusal("lapor_id_taken").at("lapor_id") from error
    return case


def read_lapor_id(typed: str) -> str:
    """A tracking id as it is stored: "#1234 567" is 1234567; refuses bad_lapor_id."""
    lapor_id = re.sub(r"\s", "", typed).lstrip("#").upper()
    if len(lapor_id) > LONGEST_LAPOR_ID or not _LAPOR_ID.fullmatch(lapor_id):
        raise Refusal("bad_lapor_id", limit=LONGEST_LAPOR_ID).at("lapor_id")
    return lapor_id


def read_lapor_status(typed: str) -> str:
    """A status in one line; refuses lapor_status_too_long."""
    status = normalise_name(typed)
    if len(status) > LONGEST_LAPOR_STATUS:
        raise Refusal("lapor_status_too_long", limit=LONGEST_LAPOR_STATUS).at("status")
    return status


def refuse_taken(*, mall_id: int, lapor_id: str) -> None:
    """Refuse an id that another case of the mall has; refuses lapor_id_taken."""
    if Case.objects.filter(mall_id=mall_id, lapor_id=lapor_id).exists():
        raise Refusal("lapor_id_taken").at("lapor_id")
