"""Are the waits honest that people are told? Simulated days against what would have been said.

`python -m bench.estimates [--quick] [--tiny] [--json FILE]`; needs no server. At every joining and
each quarter of an hour after it `queueing.estimates` is asked, from what the portal would know at
that moment, and so are the two estimators halls usually have; when the person is called it shows
who was right. "Shown" is the range as people read it, rounded outwards to five minutes and at least
ten wide; its width is information without a target. The exit code is 1 when the figures of all days
together miss a target, unless `--tiny` plays too few to judge. The seeds of the days by which the
constants were chosen (`SEEN`) and days they have never met (`UNSEEN`) are judged apart.
"""

import argparse
import json
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import fmean

from bench.days import OPENS, Day, Person, Setting, play
from bench.figures import Figure, table
from queueing.paces import Booked, Closed, Desk, Facts, Service, pace_of, spread_between

SETTINGS = [Setting(counters, spread) for counters in (1, 2, 4) for spread in (0.4, 0.7, 1.0)]
SEEN, UNSEEN = (11, 12, 13), (111, 112, 113)
DAYS, QUICK, TINY = 24, 8, 1  # of each setting and seed
_BEFORE = range(900_000, 900_020)  # the days of history
_EVERY = 15.0  # minutes
_MOST_WIDE, _BEST_FLOOR = 3.0, 0.85


@dataclass(frozen=True)
class Usual:
    """What the figures of earlier days say."""

    minutes: float  # from call to end
    absent: float  # share of the called
    shows: float  # share of the booked
    spread: float  # of service times over their mean


@dataclass(frozen=True)
class Told:
    """What was said at one moment, by whom, and what came of it; minutes."""

    low: float
    middle: float
    high: float
    mean_service: float  # people ahead x mean service / counters
    last_called: float  # the wait of the last person who was called
    true: float
    shown: tuple[int, int]  # the range as people read it


def history(days: Iterable[Day]) -> Usual:
    """The figures of days that are over."""
    days = list(days)
    people = [p for day in days for p in day.people]
    called = [p for p in people if p.called is not None]
    served = [p.ended - (p.called or 0) for p in called if not p.absent]
    booked = [p for p in people if p.booked]
    return Usual(
        fmean(served),
        fmean(p.absent for p in called),
        fmean(p.came is not None for p in booked),
        fmean(spread_between(*_p50_p90(day)) for day in days),
    )


def _p50_p90(day: Day) -> tuple[float, float]:
    """Of a day's service times, as the day's statistics have them."""
    served = sorted(p.ended - p.called for p in day.people if p.called is not None and not p.absent)
    return served[math.ceil(len(served) / 2) - 1], served[math.ceil(len(served) * 0.9) - 1]


def moments(day: Day) -> Iterator[tuple[float, Person]]:
    """When each person asks: on joining, and every quarter of an hour until called."""
    for person in day.people:
        if person.came is None or person.called is None:
            continue
        at = person.came
        while at < person.called or at == person.came:
            yield at, person
            at += _EVERY


def asked(day: Day, usual: Usual) -> tuple[list[Told], int]:
    """What was told on a day, and how often nothing could be ("?")."""
    told, unknown = [], 0
    for at, person in moments(day):
        waiting = sorted(p.key for p in waits(day, at) if p is not person)
        ahead = sum(key < person.key for key in waiting)
        facts = facts_at(day, at, [*waiting, person.key], usual)
        wait = pace_of(facts).for_ahead(ahead)
        if wait is None:
            unknown += 1
            continue
        seen = [s.lasted for s in facts.services[:20]]
        mean = fmean([*seen, *[usual.minutes] * 5])
        floor = ahead * mean / len(facts.desks)
        true = (person.called or 0.0) - at
        last, shown = last_called(day, at, person, floor), (wait.low, wait.high)
        told.append(Told(wait.p10, wait.p50, wait.p90, floor, last, true, shown))
    return told, unknown


def waits(day: Day, at: float) -> list[Person]:
    """Who has come and is not called yet."""
    return [
        p
        for p in day.people
        if p.came is not None and p.came <= at and (p.called is None or p.called > at)
    ]


def facts_at(day: Day, at: float, waiting: Sequence[float], usual: Usual) -> Facts:
    """What the portal would know of the day at this moment; `waiting`: the places of who waits."""
    over, desks, closed = [], [], []
    first = min((p.came or 0.0 for p in waits(day, at)), default=at)
    for number in day.closed:
        calls = sorted(
            (p for p in day.people if p.desk == number and p.called is not None and p.called <= at),
            key=lambda p: p.called or 0.0,
        )
        for person, after in [*pairwise(calls), *((p, None) for p in calls[-1:])]:
            if person.ended > at:
                continue
            called, gap = person.called or 0.0, None
            if after is not None and (after.came or 0.0) <= person.ended:
                gap = (after.called or 0.0) - person.ended
            over.append((person.ended, Service(number, person.ended - called, gap)))
        if number in day.open_desks(at):
            last = calls[-1] if calls else None
            if last is not None and last.ended > at:
                desks.append(Desk(number, busy=at - (last.called or 0.0)))
            else:
                free = max(last.ended if last else opened(day, number), first)
                desks.append(Desk(number, idle=max(0.0, at - free)))
        else:
            shut = max((start for start, _end in day.closed[number] if start <= at), default=0.0)
            closed.append(Closed(at - shut if shut else None))
    booked = [
        Booked(sum(key < p.key for key in waiting), p.window[0] - at, p.window[1] - at)
        for p in day.people
        if p.booked and p.window and p.window[1] > at and (p.came is None or p.came > at)
    ]
    return Facts(
        waiting=len(waiting),
        desks=desks,
        services=[s for _ended, s in sorted(over, key=lambda pair: -pair[0])],
        usual=usual.minutes,
        absent=usual.absent,
        shows=usual.shows,
        booked=booked,
        gaps=[(start - at, end - at) for start, end in day.gaps],
        closed=closed,
        hours=at - OPENS,
        spread=usual.spread,
    )


def opened(day: Day, desk: int) -> float:
    """When a desk's first session began."""
    return day.closed[desk][0][1]


def last_called(day: Day, at: float, person: Person, otherwise: float) -> float:
    """The wait of the last who was called, less what this person has waited already."""
    called = [p for p in day.people if p.called is not None and p.called <= at]
    if not called:
        return otherwise
    last = max(called, key=lambda p: p.called or 0.0)
    wait = (last.called or 0.0) - (last.came or 0.0)
    return max(0.0, wait - (at - (person.came or 0.0)))


@dataclass
class Tally:
    """What was told in some days, and how often nothing could be."""

    told: list[Told] = field(default_factory=list)
    unknown: int = 0

    def add(self, other: "Tally") -> None:
        self.told += other.told
        self.unknown += other.unknown


def measure(seeds: Iterable[int], days: int) -> dict[Setting, Tally]:
    """Play `days` of each setting and seed."""
    found = {}
    for setting in SETTINGS:
        usual = history(play(setting, seed) for seed in _BEFORE)
        tally = Tally()
        for seed in seeds:
            for day in range(days):
                tally.add(Tally(*asked(play(setting, 1_000 * seed + day), usual)))
        found[setting] = tally
    return found


def figures(name: str, tally: Tally) -> list[Figure]:
    """Coverage, width and the comparison with the two usual estimators."""
    told = tally.told

    def error(guess: str) -> float:
        return fmean(abs(getattr(one, guess) - one.true) for one in told)

    holds = 100 * fmean(one.low <= one.true <= one.high for one in told)
    width, middle = fmean(one.high - one.low for one in told), error("middle")
    asked_ = len(told) + tally.unknown
    note = f"{len(told)} estimates, mean wait {fmean(one.true for one in told):.0f} min, "
    note += f'"?" {100 * tally.unknown / asked_:.0f} %'
    rows = [Figure(f"{name}: range holds", holds, "%", "75-90", 75 <= holds <= 90, note=note)]
    for what, value, floor, target in (
        ("width / error of middle", width, middle, _MOST_WIDE),
        ("error / people x mean", middle, error("mean_service"), _BEST_FLOOR),
        ("error / last one called", middle, error("last_called"), _BEST_FLOOR),
    ):
        ratio = value / floor
        rows.append(
            Figure(f"{name}: {what}", value, "min", f"<= {target}", ratio <= target, floor, ratio)
        )
    seen = 100 * fmean(one.shown[0] <= one.true <= one.shown[1] for one in told)
    width = fmean(one.shown[1] - one.shown[0] for one in told)
    return [
        *rows,
        Figure(f"{name}: shown range holds", seen, "%", "75-90", 75 <= seen <= 90),
        Figure(
            f"{name}: shown width / error of middle",
            width,
            "min",
            "",
            True,
            middle,
            width / middle,
            "information",
        ),
    ]


def grouped(found: dict[Setting, Tally]) -> Iterator[tuple[str, Tally]]:
    """All settings together, those of a number of counters, those of a spread."""
    groups: dict[str, Tally] = {}
    for name in (
        lambda _: "all",
        lambda s: f"counters {s.counters}",
        lambda s: f"spread {s.spread}",
    ):
        for setting, tally in found.items():
            groups.setdefault(name(setting), Tally()).add(tally)
    yield from groups.items()


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.estimates", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--quick", action="store_true", help="a third of the days")
    parser.add_argument("--tiny", action="store_true", help="only to see that it runs")
    arguments = parser.parse_args(words)
    days = TINY if arguments.tiny else QUICK if arguments.quick else DAYS
    sys.stdout.write(f"{days} days of {len(SETTINGS)} settings for each seed\n")
    rows, missed = [], []
    for name, seeds in (("seen", SEEN), ("unseen", UNSEEN)):
        found = measure(seeds, days)
        groups = grouped(found)
        sys.stdout.write(f"\n{name} days, seeds {', '.join(map(str, seeds))}\n")
        of_these = [row for group, tally in groups for row in figures(f"{name}, {group}", tally)]
        sys.stdout.write(table(of_these) + "\n")
        sys.stdout.flush()
        rows += of_these
        missed += [r.name for r in of_these if not r.holds and r.name.startswith(f"{name}, all:")]
    if arguments.json:
        scale = {"days": days, "seen": SEEN, "unseen": UNSEEN, "settings": len(SETTINGS)}
        arguments.json.write_text(
            json.dumps({"scale": scale, "figures": [asdict(row) for row in rows]})
        )
    for line in missed:
        sys.stdout.write(f"missed: {line}\n")
    return 1 if missed and not arguments.tiny else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
