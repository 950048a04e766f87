"""The index of public satisfaction (SKM) after PermenPANRB 14/2017: exact, and pure.

NRR of an element = sum of its answers / forms; SKM = sum of NRR x 1/9; converted = SKM x 25. The
regulation prints the weight as 0.11, which lowers every score (a perfect unit gets 99); here it is
exactly 1/9. Rounding is half up to two decimals, and classes are found after rounding, because the
printed borders leave gaps. Only forms with all nine answers count; how many do not is said beside.
"""

import datetime as dt
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple, TypeVar

from django.utils.translation import gettext_lazy as _

from surveys.elements import CODES

WEIGHT = Fraction(1, len(CODES))
Group = TypeVar("Group", bound=Hashable)
LEAST = 10  # a smaller group is not shown
# Krejcie and Morgan (1970): chi square for one degree of freedom, share, error
CHI_SQUARE, SHARE, ERROR = Fraction("3.841"), Fraction(1, 2), Fraction("0.05")


class Grade(NamedTuple):
    """A class of the converted score: its letter and what it is called."""

    letter: str
    name: Any


@dataclass(frozen=True)
class Scale:
    """The borders of the classes from the day on which they hold, the best first."""

    version: str
    valid_from: dt.date
    borders: tuple[tuple[Decimal, Grade], ...]


SCALES = (
    Scale(
        "PermenPANRB 14/2017",
        dt.date(2017, 1, 1),
        (
            (Decimal("88.31"), Grade("A", _("Sangat baik"))),
            (Decimal("76.61"), Grade("B", _("Baik"))),
            (Decimal("65.00"), Grade("C", _("Kurang baik"))),
            (Decimal("25.00"), Grade("D", _("Tidak baik"))),
        ),
    ),
)


@dataclass(frozen=True)
class Index:
    """What a group of forms says. `elements` are NRR, `ranks` 1 for the best; None without forms.

    `needed`: the forms that the sample asks for, None where it is not known of how many people it
    is taken. `indicative`: there are fewer, or that is not known.
    """

    forms: int  # all with any answer
    complete: int
    needed: int | None
    score: Decimal | None
    grade: Grade | None
    elements: Mapping[str, Decimal]
    ranks: Mapping[str, int]

    @property
    def incomplete_share(self) -> Fraction:
        return Fraction(self.forms - self.complete, self.forms) if self.forms else Fraction(0)

    @property
    def indicative(self) -> bool:
        return self.needed is None or self.complete < self.needed

    @property
    def lowest(self) -> list[str]:
        """The three elements that most need work, the lowest first."""
        return sorted(self.elements, key=lambda code: (self.elements[code], CODES.index(code)))[:3]


def half_up(value: Fraction, places: int = 2) -> Decimal:
    """Round a value that is not negative half up, exactly."""
    scaled = value * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(whole).scaleb(-places)


def convert(sums: Mapping[str, int], forms: int) -> Decimal:
    """The converted score (25.00 to 100.00) of `forms` complete forms from their sums."""
    return half_up(sum(Fraction(sums[code], forms) for code in CODES) * WEIGHT * 25)


def scale_of(date: dt.date) -> Scale:
    """The classes that hold on a date; the oldest known before it."""
    held = [scale for scale in SCALES if scale.valid_from <= date]
    return max(held or SCALES[:1], key=lambda scale: scale.valid_from)


def grade_of(score: Decimal, *, on: dt.date) -> Grade:
    """The class of a converted score that is already rounded to two decimals."""
    borders = scale_of(on).borders
    return next((grade for least, grade in borders if score >= least), borders[-1][1])


def needed(population: int) -> int:
    """Forms that a sample of `population` users takes: Krejcie-Morgan, rounded half up."""
    spread = CHI_SQUARE * SHARE * (1 - SHARE)
    size = spread * population / (ERROR**2 * (population - 1) + spread) if population > 0 else 0
    return int(half_up(Fraction(size), 0))


def index_of(
    sums: Mapping[str, int], *, complete: int, forms: int, population: int | None, on: dt.date
) -> Index:
    """The index of a group from the sums of its complete forms; classes as they hold `on`."""
    sample = needed(population) if population else None
    if not complete:
        return Index(forms, 0, sample, None, None, {}, {})
    elements = {code: half_up(Fraction(sums[code], complete), 3) for code in CODES}
    ranks = {c: 1 + sum(sums[other] > sums[c] for other in CODES) for c in CODES}
    score = convert(sums, complete)
    return Index(forms, complete, sample, score, grade_of(score, on=on), elements, ranks)


def hidden(sizes: Mapping[Group, int], *, least: int = LEAST) -> set[Group]:
    """Which groups of a shown total may not be shown: the small ones, and what would betray them.

    The hidden together are the total less the shown: where that is fewer than `least` people, the
    next smallest group is hidden with them. Empty groups tell nothing and are shown.
    """
    by_size = sorted((g for g in sizes if sizes[g]), key=lambda g: sizes[g])
    out = {group for group in by_size if sizes[group] < least}
    for group in by_size:
        if not out or sum(sizes[g] for g in out) >= least:
            break
        out.add(group)
    return out


def batches(sizes: Sequence[int], *, least: int = LEAST) -> list[range]:
    """Cut weeks that follow each other into the shortest runs of at least `least` people.

    What comes after the last run waits: a total that grew by fewer people would tell about them.
    """
    runs, start, count = [], 0, 0
    for place, size in enumerate(sizes):
        count += size
        if count >= least:
            runs.append(range(start, place + 1))
            start, count = place + 1, 0
    return runs


def add_up(rows: Iterable[Mapping[str, Any]]) -> tuple[dict[str, int], int, int]:
    """(sums, complete forms, forms) of rows that hold them by code, `complete` and `forms`."""
    sums, complete, forms = dict.fromkeys(CODES, 0), 0, 0
    for row in rows:
        complete, forms = complete + row["complete"], forms + row["forms"]
        for code in CODES:
            sums[code] += row[code] or 0
    return sums, complete, forms
