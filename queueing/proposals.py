"""What a new mall begins with: queues with their prefixes, counters, accounts proposed. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"  # without I, O, Q: they read as 1 and 0
# Letters that are taken for each other when called out ("be", "de"; "ka", "ha") or seen from afar.
_ALIKE = ("BCDEGPTV", "AHK", "FLMNS", "UVW")
_SERVICES_PER_DESK = 6
_MOST_DESKS = 4
_ONLINE_SHARE = 60


@dataclass(frozen=True)
class Brought:
    """What an agency brings: how many services take numbers here, their minutes at the counter.

    `online` says whether any of them can be booked from home, `walk_in` whether any at the mall.
    """

    code: str
    name: str
    services: int
    minutes: float = 15
    online: bool = True
    walk_in: bool = True


@dataclass(frozen=True)
class ProposedQueue:
    """A queue to be; seats per hour for all its desks together, the online share in percent."""

    agency: str
    prefix: str
    name: str
    seats_per_hour: int
    online_share: int


def propose_queues(agencies: Sequence[Brought]) -> list[ProposedQueue]:
    """One queue for each agency that gives numbers here, in their order.

    A prefix is a letter of the agency's code where one is free, else any; no prefix stands beside
    one that sounds or looks alike; past the letters a figure follows ("A2").
    """
    queues: list[ProposedQueue] = []
    for agency in (one for one in agencies if one.services):
        share = _ONLINE_SHARE if agency.walk_in else 100
        queues.append(
            ProposedQueue(
                agency=agency.code,
                prefix=_free_prefix(agency.code, [queue.prefix for queue in queues]),
                name=agency.name[:120],
                seats_per_hour=max(2, round(desks_for(agency.services) * 60 / agency.minutes)),
                online_share=share if agency.online else 0,
            )
        )
    return queues


def desks_for(services: int) -> int:
    """How many counters so many services begin with."""
    return min(_MOST_DESKS, max(1, round(services / _SERVICES_PER_DESK)))


def alike(one: str, other: str) -> bool:
    """Whether two prefixes are easily taken for each other: same letter, same sound, same shape."""
    return one[:1] == other[:1] or any(one[:1] in g and other[:1] in g for g in _ALIKE)


def propose_counters(
    queues: Sequence[tuple[str, int]], count: int | None = None
) -> list[list[str]]:
    """The prefixes that each counter calls, in order; `queues` are (prefix, services).

    Without `count` each queue has as many counters as its services ask for. With fewer counters
    than queues, neighbouring queues share one; with more, the queue with most services for each of
    its counters has the next.
    """
    if not queues:
        return []
    if count is None:
        return [[prefix] for prefix, services in queues for _ in range(desks_for(services))]
    if count < len(queues):
        shared: list[list[str]] = [[] for _ in range(count)]
        for n, (prefix, _services) in enumerate(queues):
            shared[n * count // len(queues)].append(prefix)
        return shared
    desks = {prefix: 1 for prefix, _services in queues}
    for _ in range(count - len(queues)):
        busiest = max(queues, key=lambda queue: queue[1] / desks[queue[0]])
        desks[busiest[0]] += 1
    return [[prefix] for prefix, _services in queues for _ in range(desks[prefix])]


def propose_account(agency: str, n: int) -> str:
    """An account name for the n-th officer of an agency: dukcapil-1; "" is the front desk."""
    return f"{agency.lower() or 'meja-depan'}-{n}"


def _free_prefix(code: str, taken: Sequence[str]) -> str:
    own = [letter for letter in dict.fromkeys(code.upper()) if letter in LETTERS]
    letters = [*own, *(letter for letter in LETTERS if letter not in own)]
    beside = taken[-1] if taken else ""
    for end in ("", *"23456789"):
        for letter in letters:
            if letter + end not in taken and not (beside and alike(letter, beside)):
                return letter + end
    raise ValueError("more queues than prefixes")
