"""What forms say together: by agency, week and service; a group of fewer than ten is not shown.

Figures are of whole weeks that are over, and grow by whole batches of weeks with ten complete forms
or more: neither a table less another, nor a page today less the page last week, is about fewer.
"""

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db.models import Count, Q, Sum

from services.models import Agency
from surveys import index
from surveys.elements import CODES, QUESTIONNAIRE, Element
from surveys.index import LEAST, Index
from surveys.models import Invitation, Response

__all__ = ["LEAST", "Average", "Quarter", "Report", "average_of", "report"]
_COMPLETE = Q(**{f"{code}__isnull": False for code in CODES})


@dataclass(frozen=True)
class Quarter:
    """Three months of a year; a week belongs to the quarter of its Monday."""

    year: int
    number: int

    @classmethod
    def of(cls, date: dt.date) -> "Quarter":
        return cls(date.year, (date.month + 2) // 3)

    @property
    def first(self) -> dt.date:
        return dt.date(self.year, self.number * 3 - 2, 1)

    @property
    def end(self) -> dt.date:
        """The day after its last."""
        return self.after.first

    @property
    def after(self) -> "Quarter":
        return Quarter(self.year + self.number // 4, self.number % 4 + 1)

    @property
    def before(self) -> "Quarter":
        return Quarter.of(self.first - dt.timedelta(days=1))

    def __str__(self) -> str:
        return f"{self.year}-{self.number}"


@dataclass(frozen=True)
class Average:
    """The mean answer of 1.0 to 4.0 and how many complete forms it is of."""

    value: Decimal
    complete: int


@dataclass(frozen=True)
class Line:
    """One row of a table: what it is about, complete forms, and the score where it may be shown."""

    name: Any
    complete: int | None
    score: Decimal | None


@dataclass(frozen=True)
class ElementLine:
    """An element with its mean, its rank, and whether it is among the three lowest."""

    element: Element
    mean: Decimal
    rank: int
    low: bool


@dataclass(frozen=True)
class Report:
    """An agency's quarter. `index` is None below ten complete forms; then so is everything."""

    index: Index | None
    waiting: bool  # forms are there, but not yet enough to be shown
    elements: list[ElementLine]
    services: list[Line]
    weeks: list[Line]
    words: list[str]


def average_of(agency: Agency, *, today: dt.date) -> Average | None:
    """The mean answer of this quarter, else of the one before, as `report` shows it; or None."""
    for quarter in (Quarter.of(today), Quarter.of(today).before):
        shown = [row for batch in _batches(_rows(agency, quarter, today)) for row in batch]
        sums, complete, _forms = index.add_up(shown)
        if complete:
            return Average(index.half_up(_mean(sums, complete), 1), complete)
    return None


def _mean(sums: Mapping[str, int], complete: int) -> Fraction:
    return Fraction(sum(sums.values()), complete * len(CODES))


def report(agency: Agency, quarter: Quarter, *, today: dt.date) -> Report:
    """What the quarter's forms say, as far as it may be shown: three queries."""
    rows = _rows(agency, quarter, today)
    batches = _batches(rows)
    shown = [row for batch in batches for row in batch]
    sums, complete, forms = index.add_up(shown)
    if not complete:
        return Report(None, bool(rows), [], [], [], [])
    whole = index.index_of(
        sums,
        complete=complete,
        forms=forms,
        population=_asked(agency, quarter) or forms,
        on=quarter.first,
    )
    low = whole.lowest
    return Report(
        index=whole,
        waiting=len(shown) < len(rows),
        elements=[
            ElementLine(one, whole.elements[one.code], whole.ranks[one.code], one.code in low)
            for one in QUESTIONNAIRE
        ],
        services=_by_service(shown),
        weeks=[
            Line((batch[0]["week"], batch[-1]["week"] + dt.timedelta(days=6)), n, _score(batch))
            for batch in batches
            for n in [index.add_up(batch)[1]]
        ],
        words=_words(agency, shown),
    )


def _rows(agency: Agency, quarter: Quarter, today: dt.date) -> list[dict[str, Any]]:
    """Per week and service: forms, complete ones, and their sums by code; weeks that are over."""
    found = (
        Response.objects.filter(
            agency=agency,
            week__gte=quarter.first,
            week__lt=quarter.end,
            week__lte=today - dt.timedelta(days=7),
        )
        .values("week", "service_type_id", "service_type__name")
        .annotate(
            forms=Count("pk"),
            complete=Count("pk", filter=_COMPLETE),
            **{f"sum_{code}": Sum(code, filter=_COMPLETE) for code in CODES},
        )
        .order_by("week", "service_type__name")
    )
    rows: list[dict[str, Any]] = [dict(row) for row in found]
    return [row | {code: row[f"sum_{code}"] for code in CODES} for row in rows]


def _batches(rows: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """The rows of the weeks that may be shown, batch by batch."""
    weeks: dict[dt.date, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        weeks[row["week"]].append(row)
    in_order = list(weeks.values())
    sizes = [sum(row["complete"] for row in week) for week in in_order]
    return [[row for place in run for row in in_order[place]] for run in index.batches(sizes)]


def _by_service(rows: list[dict[str, Any]]) -> list[Line]:
    groups: dict[tuple[int, str], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row["service_type_id"], row["service_type__name"]].append(row)
    sizes = {group: index.add_up(of_it)[1] for group, of_it in groups.items()}
    hidden = index.hidden(sizes)
    lines = [
        Line(group[1], None, None)
        if group in hidden
        else Line(group[1], sizes[group], _score(of_it))
        for group, of_it in groups.items()
    ]
    return sorted(lines, key=lambda line: (line.score is None, line.score or 0, line.name))


def _score(rows: list[Mapping[str, Any]] | list[dict[str, Any]]) -> Decimal | None:
    sums, complete, _forms = index.add_up(rows)
    return index.convert(sums, complete) if complete else None


def _asked(agency: Agency, quarter: Quarter) -> int:
    """Finished visits that were invited in the quarter before: what the sample is taken of."""
    before = quarter.before
    return Invitation.objects.filter(
        agency=agency, date__gte=before.first, date__lt=before.end
    ).count()


def _words(agency: Agency, rows: list[dict[str, Any]]) -> list[str]:
    """What was written in these weeks, in no order; whose marks stand beside it is not told."""
    weeks = {row["week"] for row in rows}
    said = Response.objects.filter(agency=agency, week__in=weeks, erased=False)
    texts = [text for text in said.values_list("text", flat=True) if text]
    random.shuffle(texts)
    return texts
