"""A figure, its floor and its target; medians of interleaved runs; the table and the JSON."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import harmonic_mean, median
from typing import Any


@dataclass(frozen=True)
class Scale:
    """How much is measured. `runs` are interleaved A B A B and their medians taken."""

    runs: int = 5
    slices: int = 4  # turns within a run
    bookings: int = 100  # in each slice
    requests: int = 1_500
    rush: int = 2_000
    calls: int = 4  # of each counter, in each slice
    counters: int = 50
    waiting: int = 5_000
    rows: int = 5_000_000


@dataclass(frozen=True)
class OutboxScale:
    """How many messages are due in a run, how many were sent long ago, how often one claims."""

    due: int = 10_000
    sent: int = 5_000_000
    runs: int = 5
    claims: int = 50


QUICK = Scale(runs=3, slices=3, bookings=50, requests=600, rush=1_000, calls=2, rows=100_000)
TINY = Scale(runs=1, bookings=5, requests=32, rush=64, calls=2, counters=4, waiting=60, rows=2_000)


@dataclass(frozen=True)
class Figure:
    """One line of the table; a missing floor means that the value itself has the target.

    Without a target it is information.
    """

    name: str
    value: float
    unit: str
    target: str
    holds: bool
    floor: float | None = None
    ratio: float | None = None
    note: str = ""


def interleaved(runs: int, *acts: Callable[[], float], slices: int = 1) -> list[list[float]]:
    """Run the acts in turn, `runs` times; the values of each act.

    With `slices` a run of rates is itself cut into turns, so that both see the same neighbours.
    """
    values: list[list[float]] = [[] for _act in acts]
    for _run in range(runs):
        turns = [[act() for act in acts] for _slice in range(slices)]
        for kept, *rates in zip(values, *turns, strict=True):
            kept.append(harmonic_mean(rates))
    return values


def at_least(
    name: str,
    unit: str,
    values: Sequence[float],
    floors: Sequence[float],
    target: float,
    note: str = "",
) -> Figure:
    """A rate: the median of the runs' ratios to the floor must reach the target."""
    ratio = median(v / f for v, f in zip(values, floors, strict=True))
    return Figure(
        name, median(values), unit, f">= {target}", ratio >= target, median(floors), ratio, note
    )


def at_most(
    name: str,
    unit: str,
    values: Sequence[float],
    floors: Sequence[float],
    target: float,
    note: str = "",
) -> Figure:
    """A duration: the median of the runs' ratios to the floor must stay within the target."""
    ratio = median(v / f for v, f in zip(values, floors, strict=True))
    return Figure(
        name, median(values), unit, f"<= {target}", ratio <= target, median(floors), ratio, note
    )


def counted(name: str, value: int, most: int) -> Figure:
    """A count with a limit of its own."""
    return Figure(name, value, "statements", f"<= {most}", value <= most)


def table(figures: Sequence[Figure]) -> str:
    """The figures as plain text."""
    rows = [["figure", "value", "floor", "ratio", "target", "holds", "note"]]
    for figure in figures:
        rows.append(
            [
                figure.name,
                f"{_short(figure.value)} {figure.unit}",
                "" if figure.floor is None else _short(figure.floor),
                "" if figure.ratio is None else f"{figure.ratio:.2f}",
                figure.target,
                ("yes" if figure.holds else "NO") if figure.target else "",
                figure.note,
            ]
        )
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = [
        "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def as_json(figures: Sequence[Figure], scale: Scale) -> dict[str, Any]:
    """The figures for a program."""
    return {"scale": asdict(scale), "figures": [asdict(figure) for figure in figures]}


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.1f}"
