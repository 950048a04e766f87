"""What forms say together: by agency, week and service; a group of fewer than ten is not shown.

Figures are of whole weeks that are over, and grow by whole batches of weeks with ten complete forms
or more: neither a table less another, nor a page today less the page last week, is about fewer.
Services, groups of respondents and questions of integrity are shown once the quarter is over: while
it runs, two tables that grow at different steps would tell of one form.
"""

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.conf import settings
from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from services.models import Agency
from surveys import index, population
from surveys.elements import CODES, QUESTIONNAIRE, Element
from surveys.index import LEAST, Index
from surveys.models import Response
from surveys.rules import PROFILE, version_of

__all__ = ["LEAST", "Average", "Quarter", "Report", "average_of", "report"]
_COMPLETE = Q(**{f"{code}__isnull": False for code in CODES})
_ADDED_UP = {
    "forms": Count("pk"),
    "complete": Count("pk", filter=_COMPLETE),
    **{f"sum_{code}": Sum(code, filter=_COMPLETE) for code in CODES},
}


@dataclass(frozen=True)
class Quarter:
    """Three months of a year; a week belongs to the quarter of its Monday."""

    year: int
    number: int

    @classmethod
    def of(cls, date: dt.date) -> "Quarter":
        return cls(date.year, (date.month + 2) // 3)

    @classmethod
    def of_week(cls, date: dt.date) -> "Quarter":
        """That of the Monday of the week in which a date lies: where its forms are counted."""
        return cls.of(date - dt.timedelta(days=date.weekday()))

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

    def over(self, today: dt.date) -> bool:
        """Whether its last week is over, and the night after it: nothing is added any more."""
        last = self.end - dt.timedelta(days=1)
        return today > last + dt.timedelta(days=7 - last.weekday())

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
class Group:
    """What is asked of the respondents, and what its groups say."""

    name: Any
    lines: list[Line]


@dataclass(frozen=True)
class Report:
    """An agency's quarter. `index` is None below ten complete forms; then so is everything.

    `over`: the quarter is; before that `services`, `groups` and `integrity` are empty. Groups are
    so again when the data of respondents has been erased. `integrity`: the operator's question, how
    many answered it, and the mean.
    """

    index: Index | None
    waiting: bool  # forms are there, but not yet enough to be shown
    over: bool = False
    elements: list[ElementLine] = field(default_factory=list)
    services: list[Line] = field(default_factory=list)
    weeks: list[Line] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    integrity: list[tuple[str, int, Decimal]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)


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
    """What the quarter's forms say, as far as it may be shown: five queries at most."""
    rows = _rows(agency, quarter, today)
    batches = _batches(rows)
    shown = [row for batch in batches for row in batch]
    sums, complete, forms = index.add_up(shown)
    if not complete:
        return Report(None, bool(rows))
    over, before = quarter.over(today), quarter.before
    said = Response.objects.filter(agency=agency, week__in={row["week"] for row in shown})
    whole = index.index_of(
        sums,
        complete=complete,
        forms=forms,
        population=population.served(agency, before.first, before.end),
        on=quarter.first,
    )
    low = whole.lowest
    return Report(
        index=whole,
        waiting=len(shown) < len(rows),
        over=over,
        elements=[
            ElementLine(one, whole.elements[one.code], whole.ranks[one.code], one.code in low)
            for one in QUESTIONNAIRE
        ],
        services=_by_service(shown) if over else [],
        weeks=[
            Line((batch[0]["week"], batch[-1]["week"] + dt.timedelta(days=6)), n, _score(batch))
            for batch in batches
            for n in [index.add_up(batch)[1]]
        ],
        groups=_groups(said) if over else [],
        integrity=_integrity(said) if over else [],
        words=_words(said),
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
        .annotate(**_ADDED_UP)
        .order_by("week", "service_type__name")
    )
    return _by_code(found)


def _by_code(found: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{**row, **{code: row[f"sum_{code}"] for code in CODES}} for row in found]


def _batches(rows: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """The rows of the weeks that may be shown, batch by batch."""
    weeks: dict[dt.date, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        weeks[row["week"]].append(row)
    in_order = list(weeks.values())
    sizes = [sum(row["complete"] for row in week) for week in in_order]
    return [[row for place in run for row in in_order[place]] for run in index.batches(sizes)]


def _by_service(rows: list[dict[str, Any]]) -> list[Line]:
    groups: dict[tuple[Any, Any], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row["service_type_id"], row["service_type__name"]].append(row)
    lines = _lines(groups, [(group, group[1]) for group in groups])
    return sorted(lines, key=lambda line: (line.score is None, line.score or 0, line.name))


def _lines(
    groups: Mapping[Any, list[dict[str, Any]]], named: Iterable[tuple[Any, Any]]
) -> list[Line]:
    """A row for each group in the order of `named`; without its figures where it is to be hidden.

    The groups are parts of one total, and every form is in one of them.
    """
    sizes = {group: index.add_up(of_it)[1] for group, of_it in groups.items()}
    hidden = index.hidden(sizes)
    return [
        Line(name, None, None)
        if group in hidden
        else Line(name, sizes[group], _score(groups[group]))
        for group, name in named
        if group in groups
    ]


def _groups(said: QuerySet[Response]) -> list[Group]:
    """By sex, age, education and work; not when some of it is erased: it would go week by week."""
    rows = _by_code(said.values(*PROFILE, "erased").annotate(**_ADDED_UP).order_by())
    if any(row["erased"] for row in rows):
        return []
    found = []
    for name in PROFILE:
        groups: dict[Any, list[dict[str, Any]]] = defaultdict(list)
        for row in rows:
            groups[row[name]].append(row)
        column: Any = Response._meta.get_field(name)
        named = [*column.choices, ("", _("Tidak diisi"))]
        found.append(Group(column.verbose_name, _lines(groups, named)))
    return found


def _integrity(said: QuerySet[Response]) -> list[tuple[str, int, Decimal]]:
    """The mean of each of the operator's questions as they are asked today, from ten answers on."""
    asked = settings.SURVEY_INTEGRITY_QUESTIONS
    if not asked:
        return []
    given = list(said.filter(integrity_asked=version_of(asked)).values_list("integrity", flat=True))
    found = []
    for place, question in enumerate(asked):
        marks = [mark for answers in given if (mark := answers[place]) is not None]
        if len(marks) >= LEAST:
            mean = index.half_up(Fraction(sum(marks), len(marks)))
            found.append((question, len(marks), mean))
    return found


def _score(rows: list[Mapping[str, Any]] | list[dict[str, Any]]) -> Decimal | None:
    sums, complete, _forms = index.add_up(rows)
    return index.convert(sums, complete) if complete else None


def _words(said: QuerySet[Response]) -> list[str]:
    """What was written in these weeks, in no order; whose marks stand beside it is not told."""
    texts = [text for text in said.filter(erased=False).values_list("text", flat=True) if text]
    random.shuffle(texts)
    return texts
