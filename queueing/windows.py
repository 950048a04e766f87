"""How a queue's day is cut into windows, their seats and blocks of numbers. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Plan:
    """A window to be: minutes of the mall's day, seats, and its block of numbers."""

    start: int
    end: int
    seats: int
    online_seats: int
    first_number: int = 1
    block_size: int = 0


def cut(sessions: Iterable[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    """Cut sessions (minutes of day) into windows of `length` minutes.

    A rest shorter than half a window is joined to the one before it.
    """
    pieces: list[tuple[int, int]] = []
    for opens, closes in sessions:
        start = opens
        while start < closes:
            end = min(start + length, closes)
            if closes - end < length / 2:
                end = closes
            pieces.append((start, end))
            start = end
    return pieces


def without(
    sessions: Iterable[tuple[int, int]], kept: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    """What remains of the sessions beside the windows that are kept."""
    rest = list(sessions)
    for start, end in kept:
        rest = [
            part
            for opens, closes in rest
            for part in ((opens, min(closes, start)), (max(opens, end), closes))
            if part[0] < part[1]
        ]
    return rest


def deal_online(
    seats: Sequence[int],
    share: int,
    *,
    hours: Sequence[int] | None = None,
    all_online: bool = False,
) -> list[int]:
    """Deal a day's online seats over its windows: `share` percent of the day, rounded half up once.

    Every hour keeps at least one seat for walk-ins unless all its services are online only;
    `hours` says in which hour each window starts (None: each in its own).
    Largest remainder, earlier windows first; what a window cannot hold goes to the others.
    """
    if all_online:
        return list(seats)
    room = list(seats)
    by_hour: dict[int, list[int]] = {}
    for i in range(len(seats)):
        by_hour.setdefault(hours[i] if hours else i, []).append(i)
    for members in by_hour.values():
        keeper = max(members, key=lambda i: (seats[i], i))
        room[keeper] = max(0, room[keeper] - 1)
    total = min(sum(room), (sum(seats) * share + 50) // 100)
    whole = sum(seats) or 1
    dealt = [min(room[i], total * n // whole) for i, n in enumerate(seats)]
    order = sorted(range(len(seats)), key=lambda i: (-(total * seats[i] % whole), i))
    while (left := total - sum(dealt)) > 0:
        for i in [i for i in order if dealt[i] < room[i]][:left]:
            dealt[i] += 1
    return dealt


def block_size(seats: int) -> int:
    """How many numbers a window of `seats` owns: half as many again, at least five more."""
    return seats + max(5, seats // 2) if seats else 0


def plan_day(
    pieces: Sequence[tuple[int, int]],
    *,
    seats_per_hour: int,
    online_share: int,
    all_online: bool = False,
    first_number: int = 1,
) -> list[Plan]:
    """The windows of a day: seats by length (at least one), online seats dealt, blocks in order."""
    seats = [max(1, round(seats_per_hour * (end - start) / 60)) for start, end in pieces]
    hours = [start // 60 for start, _end in pieces]
    online = deal_online(seats, online_share, hours=hours, all_online=all_online)
    plans = [
        Plan(start, end, n, o) for (start, end), n, o in zip(pieces, seats, online, strict=True)
    ]
    return number_blocks(plans, first_number)


def number_blocks(plans: Sequence[Plan], first_number: int) -> list[Plan]:
    """Give each window its block of numbers, one after the other from `first_number`."""
    numbered = []
    for plan in plans:
        size = block_size(plan.seats)
        numbered.append(replace(plan, first_number=first_number, block_size=size))
        first_number += size
    return numbered


def label(prefix: str, number: int) -> str:
    """The label on the ticket: "C 037"; past 999 four digits."""
    return f"{prefix} {number:03d}"
