"""States, steps and holders in the words of the staff: the reporter is somebody else here."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from complaints.models import Case, CaseEvent
from complaints.workflow import BY_REPORTER, State, Step
from complaints.workflow import holder as holder_in

_STATES = {State.NEEDS_COMPLETION: _("Menunggu pelapor")}
_STEPS = {
    Step.COMPLETION_ASKED: _("Pertanyaan untuk pelapor"),
    Step.COMPLETED: _("Keterangan dari pelapor"),
    Step.REPLIED: _("Tanggapan untuk pelapor"),
    Step.ADDED: _("Keterangan tambahan dari pelapor"),
    Step.EXTENDED: _("Batas waktu bergeser selama menunggu pelapor"),
}
_HOLDERS = {State.NEEDS_COMPLETION: _("pelapor"), State.ANSWERED: _("pelapor")}
LOOKS = {
    State.RECEIVED: "wait",
    State.VERIFICATION: "wait",
    State.NEEDS_COMPLETION: "call",
    State.FORWARDED: "warn",
    State.IN_FOLLOW_UP: "warn",
    State.ANSWERED: "ok",
    State.OBJECTION: "late",
    State.ESCALATED: "late",
    State.CLOSED: "ok",
}
FLAGS = {"anonymous": _("anonim"), "confidential": _("rahasia")}
REPORTER, SYSTEM = _("pelapor"), _("sistem")


def state(value: str) -> str | Promise:
    """A state as the staff call it."""
    return _STATES.get(value, State(value).label)  # type: ignore[call-overload]


def states() -> list[tuple[str, str | Promise]]:
    """Every state with its word."""
    return [(value, state(value)) for value in State.values]


def step(value: str) -> str | Promise:
    """A step as the staff call it."""
    return _STEPS.get(value, Step(value).label)  # type: ignore[call-overload]


def holder(case: Case) -> Any:
    """Who has the case now, as a role; "" where nobody has."""
    of_agency = case.agency_id is not None and not case.confidential
    return _HOLDERS.get(case.state) or holder_in(case.state, of_agency=of_agency) or ""  # type: ignore[call-overload]


def author(event: CaseEvent) -> Any:
    """Who did it: a member of the staff by name, the reporter, or the portal itself."""
    if event.by is not None:
        return event.by.get_full_name() or event.by.username
    if event.kind == Step.REOPENED and not event.note:
        return SYSTEM  # what stood for it was taken back
    return REPORTER if event.kind in BY_REPORTER else SYSTEM
