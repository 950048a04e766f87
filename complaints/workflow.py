"""A case's states and every step between them, as one table."""

from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class State(TextChoices):
    RECEIVED = "received", _("Diterima")
    VERIFICATION = "verification", _("Diperiksa")
    NEEDS_COMPLETION = "needs_completion", _("Menunggu jawaban Anda")
    FORWARDED = "forwarded", _("Diteruskan ke instansi")
    IN_FOLLOW_UP = "in_follow_up", _("Sedang dikerjakan")
    ANSWERED = "answered", _("Dijawab")
    OBJECTION = "objection", _("Keberatan diajukan")
    ESCALATED = "escalated", _("Diajukan ke pengawas")
    CLOSED = "closed", _("Selesai")
    REJECTED = "rejected", _("Tidak dapat diproses")
    MERGED = "merged", _("Digabung dengan pengaduan yang sama")
    MOVED = "moved", _("Dialihkan ke lembaga lain")
    WITHDRAWN = "withdrawn", _("Dicabut")


class Step(TextChoices):
    FILED = "filed", _("Diterima")
    CHECKED = "checked", _("Diperiksa petugas pengaduan")
    COMPLETION_ASKED = "completion_asked", _("Pertanyaan untuk Anda")
    COMPLETED = "completed", _("Keterangan Anda diterima")
    FORWARDED = "forwarded", _("Diteruskan ke instansi")
    FOLLOW_UP_STARTED = "follow_up_started", _("Mulai dikerjakan")
    ANSWERED = "answered", _("Dijawab")
    OBJECTED = "objected", _("Keberatan diajukan")
    ESCALATED = "escalated", _("Diajukan ke pengawas")
    CLOSED = "closed", _("Selesai")
    REJECTED = "rejected", _("Tidak dapat diproses")
    MERGED = "merged", _("Digabung dengan pengaduan yang sama")
    MOVED = "moved", _("Dialihkan ke lembaga lain")
    WITHDRAWN = "withdrawn", _("Dicabut oleh pelapor")
    CLASSIFIED = "classified", _("Batas penyelesaian ditetapkan")
    REOPENED = "reopened", _("Dibuka kembali")
    RATED = "rated", _("Jawaban dinilai")
    NOTED = "noted", _("Catatan petugas")
    REPLIED = "replied", _("Tanggapan untuk Anda")
    ADDED = "added", _("Keterangan tambahan dari Anda")
    EXTENDED = "extended", _("Batas waktu bergeser selama menunggu Anda")
    OVERDUE = "overdue", _("Batas waktu terlewati, diteruskan ke atasan")
    NAMED = "named", _("Pihak yang diadukan dicatat")
    REVEALED = "revealed", _("Identitas pelapor dilihat")
    LINKED = "linked", _("Dicatat di SP4N-LAPOR!")
    PUBLISHED = "published", _("Diterbitkan tanpa nama")
    UNPUBLISHED = "unpublished", _("Ditarik dari halaman umum")


OPEN = (
    State.RECEIVED,
    State.VERIFICATION,
    State.NEEDS_COMPLETION,
    State.FORWARDED,
    State.IN_FOLLOW_UP,
    State.ANSWERED,
    State.OBJECTION,
    State.ESCALATED,
)
_UNCHECKED = (State.RECEIVED, State.VERIFICATION, State.NEEDS_COMPLETION)
WITH_THE_AGENCY = (State.FORWARDED, State.IN_FOLLOW_UP)
# Where a question to the reporter may be asked, and the case goes on once it is answered.
ASKED_FROM = (State.VERIFICATION, *WITH_THE_AGENCY, State.OBJECTION, State.ESCALATED)

# What the reporter does, whoever wrote it down.
BY_REPORTER = frozenset(
    {
        Step.FILED,
        Step.COMPLETED,
        Step.ADDED,
        Step.OBJECTED,
        Step.REOPENED,
        Step.RATED,
        Step.WITHDRAWN,
    }
)
# Where the agency's superior decides, not who answered.
AT_SUPERIOR = (State.OBJECTION, State.ESCALATED)
# Who has the case now, as a role.
HOLDERS: dict[str, Any] = {
    State.RECEIVED: _("meja pengaduan"),
    State.VERIFICATION: _("meja pengaduan"),
    State.NEEDS_COMPLETION: _("Anda"),
    State.FORWARDED: _("penghubung instansi"),
    State.IN_FOLLOW_UP: _("penghubung instansi"),
    State.ANSWERED: _("Anda"),
    State.OBJECTION: _("kepala instansi dan meja pengaduan"),
    State.ESCALATED: _("pengawas instansi"),
}

# step: (states it may start from, states it may end in); a case begins by being filed, and a step
# without an end leaves the state as it is
STEPS: dict[Step, tuple[tuple[State, ...], tuple[State, ...]]] = {
    Step.FILED: ((), (State.RECEIVED,)),
    Step.CHECKED: ((State.RECEIVED,), (State.VERIFICATION,)),
    Step.CLASSIFIED: ((*ASKED_FROM, State.NEEDS_COMPLETION), ()),
    Step.COMPLETION_ASKED: (ASKED_FROM, (State.NEEDS_COMPLETION,)),
    Step.COMPLETED: ((State.NEEDS_COMPLETION,), ASKED_FROM),
    Step.FORWARDED: ((State.VERIFICATION, *WITH_THE_AGENCY, State.OBJECTION), (State.FORWARDED,)),
    Step.FOLLOW_UP_STARTED: ((State.FORWARDED, State.OBJECTION), (State.IN_FOLLOW_UP,)),
    Step.ANSWERED: ((*ASKED_FROM, State.NEEDS_COMPLETION), (State.ANSWERED,)),
    Step.OBJECTED: ((State.ANSWERED,), (State.OBJECTION,)),
    Step.ESCALATED: ((State.OBJECTION,), (State.ESCALATED,)),
    Step.CLOSED: ((State.ANSWERED,), (State.CLOSED,)),
    Step.REOPENED: ((State.CLOSED, State.MERGED), (State.VERIFICATION,)),
    Step.RATED: ((State.ANSWERED, State.CLOSED), ()),
    Step.NOTED: (OPEN, ()),
    Step.REPLIED: ((*ASKED_FROM, State.NEEDS_COMPLETION, State.MERGED), ()),
    Step.ADDED: ((State.RECEIVED, *ASKED_FROM), ()),
    Step.EXTENDED: (OPEN, ()),
    Step.OVERDUE: (OPEN, ()),
    Step.NAMED: (OPEN, ()),
    Step.REVEALED: (tuple(State), ()),
    Step.LINKED: (tuple(State), ()),
    Step.PUBLISHED: ((State.ANSWERED, State.CLOSED), ()),
    Step.UNPUBLISHED: (tuple(State), ()),
    Step.REJECTED: (_UNCHECKED, (State.REJECTED,)),
    Step.MERGED: (_UNCHECKED, (State.MERGED,)),
    Step.MOVED: ((State.RECEIVED, State.VERIFICATION, State.FORWARDED), (State.MOVED,)),
    Step.WITHDRAWN: (OPEN, (State.WITHDRAWN,)),
}


def may(step: Step, state: str) -> bool:
    """Whether a case in `state` may take `step`."""
    return state in STEPS[step][0]


def stands_in(state: str, goes_on_as: str) -> str:
    """Where a case stands: while its reporter is asked, where it goes on."""
    return goes_on_as if state == State.NEEDS_COMPLETION and goes_on_as else state


def holder(state: str, *, of_agency: bool) -> Any:
    """Who has a case in this state, as a role; None where nobody has.

    With no agency, or one that may not know of it, everything is the mall's own desk's.
    """
    at_agency = state in (*WITH_THE_AGENCY, *AT_SUPERIOR)
    return HOLDERS[State.VERIFICATION] if at_agency and not of_agency else HOLDERS.get(state)


def after(step: Step) -> State:
    """The state in which a step with one end leaves a case."""
    (end,) = STEPS[step][1]
    return end
