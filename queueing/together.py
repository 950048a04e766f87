"""Windows for several services of one visit: which stand beside each other, and in which order."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from queueing.availability import Seat, facts_of_days, judge
from queueing.models import Visit, Window
from services.models import Mall, ServiceType

FURTHEST = dt.timedelta(days=45)
# A window that ends sooner than this is no good to somebody still at home.
ON_THE_WAY = dt.timedelta(minutes=30)


@dataclass(frozen=True)
class Choice(Seat):
    """A window as the page offers it; `hint` says why another one would be wiser."""

    hint: str = ""


@dataclass(frozen=True)
class Plan:
    """A window for each service of a visit, all on one date, each after the one before."""

    date: dt.date
    picks: list[tuple[ServiceType, Seat]]

    @property
    def value(self) -> str:
        """The plan as a button sends it: KTP:12,KK:15."""
        return ",".join(f"{service.code}:{seat.id}" for service, seat in self.picks)


def first_plan(
    *, mall: Mall, services: Sequence[ServiceType], first: dt.date, at: dt.datetime
) -> Plan | None:
    """The first date from `first` on with a window for each service, in turn; one statement."""
    codes = [service.code for service in services]
    days: dict[dt.date, dict[str, list[Seat]]] = {}
    for fact in facts_of_days(mall_id=mall.pk, codes=codes, first=first, last=first + FURTHEST):
        if judge(fact, channel=Visit.Channel.WEB, at=at, zone=mall.zone) or fact.window_id is None:
            continue
        left = fact.left(Visit.Channel.WEB)
        seat = Seat(fact.window_id, fact.starts_at, fact.ends_at, left, "")
        days.setdefault(fact.date, {}).setdefault(fact.service_code, []).append(seat)
    for date, seats in sorted(days.items()):
        picks = in_turn(seats, codes, not_before=at + ON_THE_WAY)
        if picks:
            return Plan(date, list(zip(services, picks, strict=True)))
    return None


def in_turn(
    seats: Mapping[str, Sequence[Seat]], codes: Sequence[str], *, not_before: dt.datetime
) -> list[Seat]:
    """The first window of each code that starts when the one before has ended; [] when one lacks.

    Pure. `seats` are free ones by start; the first one ends after `not_before`.
    """
    picks: list[Seat] = []
    for code in codes:
        found = next(
            (
                seat
                for seat in seats.get(code, ())
                if (seat.starts_at >= picks[-1].ends_at if picks else seat.ends_at > not_before)
            ),
            None,
        )
        if found is None:
            return []
        picks.append(found)
    return picks


def beside(
    seats: Sequence[Seat],
    others: Sequence[tuple[ServiceType, Window]],
    *,
    makers: Collection[int],
    askers: Collection[int],
) -> list[Choice]:
    """The windows of a service beside those already chosen for others of the same date. Pure.

    One that overlaps is closed. One before the end of a service that makes a paper (`makers`), or
    after the start of one that asks for what this service makes (`askers`), has a hint: the person
    may hold the paper already, so it stays open.
    """
    choices = []
    for seat in seats:
        code, hint = seat.code, ""
        for service, window in others:
            if overlap(seat, window):
                code = code or "overlapping"
            elif service.pk in makers and seat.starts_at < window.ends_at:
                hint = _("Berkasnya belum jadi")
            elif service.pk in askers and seat.ends_at > window.starts_at:
                hint = _("Berkasnya terlambat jadi")
        choices.append(Choice(seat.id, seat.starts_at, seat.ends_at, seat.seats_left, code, hint))
    return choices


def next_good(
    choices: Sequence[Choice], *, after: dt.datetime | None, at: dt.datetime
) -> Choice | None:
    """The free window to choose beforehand: the first without a hint, from `after` on. Pure."""
    free = [choice for choice in choices if not (choice.code or choice.hint)]
    if after is not None:
        return next((choice for choice in free if choice.starts_at >= after), None)
    return next((c for c in free if c.ends_at >= at + ON_THE_WAY), free[0] if free else None)


def overlap(one: Seat | Window, other: Seat | Window) -> bool:
    """Whether nobody could be at both."""
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at
