"""A ticket's states and every step between them, as one table."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class State(TextChoices):
    PRINTING = "printing", _("sedang dicetak")
    BOOKED = "booked", _("terdaftar")
    WAITING = "waiting", _("menunggu")
    CALLED = "called", _("dipanggil")
    SERVING = "serving", _("sedang dilayani")
    PARKED = "parked", _("ditunda")
    DONE = "done", _("selesai")
    ABSENT = "absent", _("terlewat")
    TRANSFERRED = "transferred", _("dipindahkan")
    CANCELLED = "cancelled", _("dibatalkan")
    NO_SHOW = "no_show", _("tidak datang")
    UNSERVED = "unserved", _("tidak sempat dilayani")


AT_COUNTER = (State.CALLED, State.SERVING)
# A person who has one of these for a service on a day gets no second one.
ACTIVE = (
    State.PRINTING,
    State.BOOKED,
    State.WAITING,
    State.CALLED,
    State.SERVING,
    State.PARKED,
    State.ABSENT,
)

# step: (states it may start from, state it ends in)
STEPS: dict[str, tuple[tuple[State, ...], State]] = {
    "printed": ((State.PRINTING,), State.WAITING),
    "print_expired": ((State.PRINTING,), State.CANCELLED),
    "revived": ((State.CANCELLED,), State.WAITING),  # only one whose printing expired
    "checked_in": ((State.BOOKED,), State.WAITING),
    "called": ((State.WAITING,), State.CALLED),
    "recalled": ((State.CALLED,), State.CALLED),
    "started": ((State.CALLED,), State.SERVING),
    "ended": ((State.SERVING,), State.DONE),
    "parked": ((State.CALLED, State.SERVING), State.PARKED),
    "absent": ((State.CALLED,), State.ABSENT),
    "returned": ((State.PARKED, State.ABSENT, State.DONE), State.WAITING),
    "transferred": (
        (State.WAITING, State.CALLED, State.SERVING, State.PARKED),
        State.TRANSFERRED,
    ),
    "rescheduled": ((State.BOOKED,), State.BOOKED),
    "cancelled": (
        (State.PRINTING, State.BOOKED, State.WAITING, State.PARKED, State.ABSENT),
        State.CANCELLED,
    ),
    "no_show": ((State.BOOKED,), State.NO_SHOW),
    "unserved": (
        (State.PRINTING, State.WAITING, State.PARKED, State.CALLED),
        State.UNSERVED,
    ),
    "closed": ((State.SERVING,), State.DONE),
}


def may(step: str, state: str) -> bool:
    """Whether a ticket in `state` may take `step`."""
    return state in STEPS[step][0]


def after(step: str) -> State:
    """The state in which `step` leaves a ticket."""
    return STEPS[step][1]
