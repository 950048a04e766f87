"""How fast a queue moves, from what the hall knows of it at one moment. Pure.

Each desk's pace is its own mean today, drawn to the queue's, and that to what is usual, in
proportion to how many services each rests on (credibility: Buehlmann, 1967). What is left of a
service that has lasted a while is that of a lognormal law, which service times at counters come
closest to (Brown et al., Statistical Analysis of a Telephone Call Center, JASA 2005).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import erfc, exp, log, sqrt

from queueing.waits import SPREAD, Coming, Pace, rest_of

_SPREADS = (0.3, 1.2)  # what a measured one is kept within
_WORTH = 5  # observations that today's figure needs to weigh as much as the one expected before
_DESK_WORTH = 8  # those of a desk, against the queue's: officers differ by about a third of SPREAD
_SPREAD_WORTH = 20
_DRIFT = 0.05  # how far the pace of the next hour lies from that of the hours before, over it
_LONGEST_GAP = 20.0  # minutes from an end to the desk's next call; longer ones are breaks
_AWAY_AFTER = 4.0  # minutes: a desk that calls nobody while people wait is not free but away
SHOWS = 0.8  # of those who booked, until the queue's own share is known
_OPENS = 0.85  # of the counters that are meant for a queue, those that do open
_LATE = 10.0  # minutes that they open late on average
_BREAK = 45.0  # minutes of a break taken in turns
_ABSENT = 3.0  # minutes that a call takes to which nobody comes
_RECENT = 20  # services that the queue's mean rests on
_WORKS_ON = 8.0  # minutes into a break: who is called then shows that it is none


def _left(lasted: float, spread: float) -> tuple[float, float]:
    """Mean and variance of what is left of a service that has `lasted`, in means of a service."""
    square = log(1 + spread**2)
    sigma = sqrt(square)
    score = (log(max(lasted, 0.01)) + square / 2) / sigma
    stays = _beyond(score)
    mean = _beyond(score - sigma) / stays
    second = (1 + spread**2) * _beyond(score - 2 * sigma) / stays
    return mean - lasted, max(0.0, second - mean**2)


def _beyond(score: float) -> float:
    """The part of a standard normal law above `score`."""
    return max(1e-9, erfc(score / sqrt(2)) / 2)


def blend(seen: float | None, count: float, expected: float | None) -> float | None:
    """Today's mean of `count` services, drawn to what was expected while the count is small."""
    if not seen or not count:
        return expected
    if not expected:
        return seen
    return (seen * count + expected * _WORTH) / (count + _WORTH)


@dataclass(frozen=True)
class Desk:
    """An open counter: the `share` of it that is this queue's; for how many minutes the person
    there has been there (`busy`), or nobody, though people were waiting (`idle`)."""

    counter: int
    share: float = 1.0
    busy: float | None = None
    idle: float = 0.0


@dataclass(frozen=True)
class Closed:
    """A counter that is meant for the queue today and closed now, for so many minutes; None: it
    has not opened yet."""

    since: float | None = None
    share: float = 1.0


@dataclass(frozen=True)
class Service:
    """A call of today that is over: minutes to its end, and from there to the desk's next call
    when somebody was waiting for it."""

    counter: int
    lasted: float
    gap: float | None = None


@dataclass(frozen=True)
class Booked:
    """One who booked and is still to come; `behind`: how many who wait now stay before them.

    Their hour starts in so many minutes and ends in so many.
    """

    behind: int
    starts_in: float
    ends_in: float


@dataclass(frozen=True)
class Facts:
    """What the hall knows of a queue at one moment; `services` the newest first."""

    waiting: int
    desks: Sequence[Desk]
    services: Sequence[Service] = ()
    usual: float | None = None  # minutes from a call to the end
    absent: float = 0.0  # the usual share of those called who do not come
    shows: float = SHOWS  # the usual share of those booked who come
    booked: Sequence[Booked] = ()
    early: float = 30.0  # minutes before the hour from when they may come
    gaps: Sequence[tuple[float, float]] = ()
    closed: Sequence[Closed] = ()
    hours: float = 0.0  # minutes since the day's hours began
    spread: float | None = None  # the usual one


def pace_of(facts: Facts) -> Pace:
    """The pace of a queue from what is known now."""
    recent = facts.services[:_RECENT]
    gaps = [s.gap for s in recent if s.gap is not None and s.gap <= _LONGEST_GAP]
    gap = sum(gaps) / len(gaps) if gaps else 0.0
    open_ = [desk for desk in facts.desks if desk.share > 0]
    spread = _spread([s.lasted for s in recent], facts.spread or SPREAD)
    whole_day = len(facts.services) <= _RECENT
    seen, count = _seen([s.lasted + gap for s in recent], open_ if whole_day else [])
    usual = facts.usual
    if usual:
        usual += facts.absent * (_ABSENT - usual) + gap
    known = Pace(
        waiting=facts.waiting,
        counters=sum(desk.share for desk in open_),
        free=_free(facts),
        minutes=blend(seen, count, usual),
        spread=spread,
        coming=_coming(facts),
        gaps=_gaps(facts),
        help=_help(facts),
    )
    return _with_desks(known, facts, open_, gap, count) if known.minutes and open_ else known


def _with_desks(pace: Pace, facts: Facts, desks: Sequence[Desk], gap: float, count: float) -> Pace:
    """The pace by what each desk does: its own mean, and how long it has been at work now."""
    square, minutes = pace.spread**2, pace.minutes or 0.0
    rate = lag = left = own_error = common = 0.0
    for desk in desks:
        lasted = [s.lasted + gap for s in facts.services if s.counter == desk.counter]
        seen, own = _seen(lasted, [desk])
        weight = own + _DESK_WORTH
        mean = ((seen or 0.0) * own + minutes * _DESK_WORTH) / weight
        part = desk.share / mean
        rate += part
        own_error += part**2 * square / weight
        common += part * _DESK_WORTH / weight
        to_come, variance = (1 + square) / 2, rest_of(pace.spread)
        if desk.busy is not None:
            to_come, variance = _left(desk.busy / mean, pace.spread)
            to_come = min(to_come, 1 + square)  # twice that of any; a tail is not to be trusted
        lag += desk.share * (to_come - (1 + square) / 2)
        left += variance
    more = [part for _after, part in pace.help]
    error = own_error / rate**2 + (common / rate) ** 2 * square / (count + _WORTH)
    error += sum(part * (1 - part) for part in more) / (pace.counters + sum(more)) ** 2
    return replace(
        pace,
        minutes=pace.counters / rate,
        lag=lag,
        rest=left / len(desks),
        doubt=sqrt(error + _DRIFT**2),
    )


def _seen(lasted: Sequence[float], desks: Sequence[Desk]) -> tuple[float | None, float]:
    """The mean of the services that are over, and on how many it rests.

    Those under way count with the time they have taken: else the long ones would be missing in the
    morning. They count as half a service each, and for no longer than an ordinary one.
    """
    longest = sum(lasted) / len(lasted) if lasted else 0.0
    under_way = [min(desk.busy, longest) for desk in desks if desk.busy is not None and lasted]
    count = len(lasted) + len(under_way) / 2
    return ((sum(lasted) + sum(under_way)) / count if count else None), count


def _gaps(facts: Facts) -> tuple[tuple[float, float], ...]:
    """The breaks ahead; not the one that has begun while the desks go on calling."""
    last_call = max((-desk.busy for desk in facts.desks if desk.busy is not None), default=None)
    return tuple(
        (start, end)
        for start, end in facts.gaps
        if end > 0 and not (last_call is not None and start + _WORKS_ON < last_call)
    )


def _free(facts: Facts) -> int:
    """Desks that call the next person at any moment."""
    return sum(
        desk.busy is None and desk.share == 1 and desk.idle <= _AWAY_AFTER for desk in facts.desks
    )


def _help(facts: Facts) -> tuple[tuple[float, float], ...]:
    """After how many minutes which part of a counter is expected besides those that are open."""
    now = next((end for start, end in facts.gaps if start <= 0 < end), 0.0)
    found = []
    for desk in facts.closed:
        if desk.since is None:
            late = exp(-max(0.0, facts.hours) / _LATE)
            chance = _OPENS * late / (1 - _OPENS + _OPENS * late)
            after = _LATE - min(0.0, facts.hours)
        else:
            over = max(0.0, desk.since - _BREAK)
            late = exp(-over / _LATE)
            chance = _OPENS * late / (1 - _OPENS + _OPENS * late)
            after = max(_LATE if over else 5.0, _BREAK - desk.since)
            if now:
                after = now
        found.append((max(0.0, after - now), chance * desk.share))
    return tuple(sorted(found))


def _spread(lasted: Sequence[float], usual: float) -> float:
    """The spread of today's service times over their mean, drawn to what is usual."""
    if not lasted:
        return usual
    mean = sum(lasted) / len(lasted)
    square = sum((one / mean - 1) ** 2 for one in lasted) + _SPREAD_WORTH * usual**2
    low, high = _SPREADS
    return min(high, max(low, sqrt(square / (len(lasted) + _SPREAD_WORTH))))


def spread_between(p50: float, p90: float) -> float:
    """The spread of service times whose median and 90th percentile are known.

    0.82 ln(P90 / P50): within a twentieth for Gamma laws of spread 0.4 to 1, and an eighth for
    lognormal ones.
    """
    return 0.82 * log(p90 / p50)


def _coming(facts: Facts) -> tuple[Coming, ...]:
    """Who is still to come, by the place they will take; each as likely at any moment as at any
    other from `early` minutes before their hour to its end."""
    found = []
    for one in facts.booked:
        begins = one.starts_in - facts.early
        if one.ends_in <= 0 or begins > 0:
            continue
        passed = -begins / (one.ends_in - begins)
        chance = facts.shows * (1 - passed) / (1 - facts.shows * passed)
        later = one.starts_in > 0 and one.behind >= facts.waiting
        found.append(Coming(one.behind + later, chance, one.ends_in))
    return tuple(found)
