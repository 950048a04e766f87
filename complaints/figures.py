"""Whether promises are kept: cases judged by their dates, by agency, with small groups hidden.

A case is judged once it was answered or its date has come. It is in time when the first answer came
on or before `first_answer_due_on` and the last answer on or before `completion_due_on`; a case that
was rejected or moved elsewhere, each with a reason, was answered by that. While the reporter is
waited for the clock stands. What was withdrawn or merged is not judged.

A confidential case is not counted with the agency it is about, but with the cases of the mall's own
desk, which handles it: of an agency nobody learns how many there are.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import (
    Aggregate,
    Count,
    DateField,
    ExpressionWrapper,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models import Case as Choose
from django.db.models import When as Where
from django.db.models.functions import Coalesce, Greatest, TruncDate
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from complaints.models import Case, CaseEvent
from complaints.workflow import State, Step
from services.models import Agency, Holiday, Mall

SMALLEST = 5
GOOD, FAIR = 90, 80  # percent in time
_SPAN = dt.timedelta(days=365)
DESK = _("Meja pengaduan mal")
_ENDED_WITH_A_REASON = Q(state__in=(State.REJECTED, State.MOVED))
_OUT = (State.WITHDRAWN, State.MERGED)


class _Weekdays(Func):
    """Mondays to Fridays from the beginning of 1970 until a date, it included."""

    output_field = IntegerField()

    def as_sql(  # type: ignore[override]
        self, compiler: Any, connection: Any, **more: Any
    ) -> tuple[str, tuple[Any, ...]]:
        sql, params = compiler.compile(self.source_expressions[0])
        days = f"(({sql})::date - DATE '1970-01-05')"
        return f"({days} / 7 * 5 + LEAST({days} %% 7 + 1, 5))", (*params, *params)


class Median(Aggregate):
    """The middle one of whole numbers, of two the lower; NULL of none."""

    function = "PERCENTILE_DISC"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = IntegerField()


def judged(cases: QuerySet[Case], *, mall: Mall, today: dt.date) -> QuerySet[Case]:
    """Keep a mall's cases that can be judged, with `answered_on`, `completed_on`, `in_time`."""
    zone = mall.zone
    last_answer = (
        CaseEvent.objects.filter(case=OuterRef("pk"), kind=Step.ANSWERED)
        .order_by("-pk")
        .values(on=TruncDate("at", tzinfo=zone))[:1]
    )
    closed_on = TruncDate("closed_at", tzinfo=zone)
    answered = Q(state__in=(State.ANSWERED, State.CLOSED))
    cases = cases.filter(mall=mall).exclude(state__in=_OUT)
    cases = cases.annotate(
        answered_on=Coalesce(
            TruncDate("first_answered_at", tzinfo=zone),
            Choose(Where(_ENDED_WITH_A_REASON, then=closed_on), output_field=DateField()),
        ),
        completed_on=Choose(
            Where(answered, then=Subquery(last_answer)),
            Where(_ENDED_WITH_A_REASON, then=closed_on),
            output_field=DateField(),
        ),
        clock=Coalesce("waiting_since", Value(today, output_field=DateField())),
    )
    too_late = (
        Q(answered_on__gt=F("first_answer_due_on"))
        | Q(answered_on=None, first_answer_due_on__lt=F("clock"))
        | Q(completed_on__gt=F("completion_due_on"))
        | Q(completed_on=None, completion_due_on__lt=F("clock"))
    )
    its_date_came = Q(first_answer_due_on__lt=F("clock")) | Q(completion_due_on__lt=F("clock"))
    return cases.filter(Q(answered_on__isnull=False) | its_date_came).annotate(
        in_time=Choose(Where(too_late, then=Value(0)), default=Value(1))
    )


def with_working_days(cases: QuerySet[Case]) -> QuerySet[Case]:
    """Add `days`: working days until a judged case was completed, without those of the reporter."""
    holidays = (
        Holiday.objects.filter(
            mall=OuterRef("mall"),
            date__gt=OuterRef("counted_from"),
            date__lte=OuterRef("completed_on"),
            date__iso_week_day__lte=5,
        )
        .order_by()
        .values("mall")
        .annotate(n=Count("pk"))
        .values("n")
    )
    days = (
        _Weekdays("completed_on")
        - _Weekdays("counted_from")
        - Coalesce(Subquery(holidays), 0)
        - F("waited_days")
    )
    whole = ExpressionWrapper(days, output_field=IntegerField())
    return cases.annotate(days=Greatest(0, whole))  # an answer may come before the clock starts


def by_agency(mall: Mall, *, first: dt.date, today: dt.date) -> dict[int | None, dict[str, Any]]:
    """Of a mall's cases received since `first`: cases, in time, median days; one statement.

    By the agency's id; None is the mall's own desk with what names no agency or is confidential.
    """
    received = dt.datetime.combine(first, dt.time(), mall.zone)
    rows = with_working_days(
        judged(Case.objects.filter(received_at__gte=received), mall=mall, today=today)
    )
    holder = Choose(Where(confidential=False, then=F("agency_id")), output_field=IntegerField())
    groups = rows.values(holder=holder).annotate(
        cases=Count("pk"),
        kept=Count("pk", filter=Q(in_time=1)),
        done=Count("completed_on"),
        days=Median("days", filter=Q(completed_on__isnull=False)),
    )
    found: dict[int | None, dict[str, Any]] = {}
    for row in groups.order_by():
        # The middle of a few is one of them.
        days = row["days"] if row["done"] >= SMALLEST else None
        found[row["holder"]] = {"cases": row["cases"], "kept": row["kept"], "days": days}
    return found


@dataclass(frozen=True)
class Line:
    """A group as everybody may see it: judged cases, those in time, median working days."""

    name: str | Promise
    code: str
    cases: int
    kept: int
    days: int | None = None

    @property
    def share(self) -> int:
        """Percent in time, never rounded up to what was not reached."""
        return self.kept * 100 // self.cases

    @property
    def tenths(self) -> int:
        """Of ten how many, as cautiously."""
        return self.kept * 10 // self.cases

    @property
    def look(self) -> str:
        """The class of the state that the share is shown as."""
        return "ok" if self.share >= GOOD else "warn" if self.share >= FAIR else "late"

    @property
    def icon(self) -> str:
        """Its sign: no colour alone says how it stands."""
        return {"ok": "check", "warn": "clock", "late": "warn"}[self.look]


@dataclass(frozen=True)
class Figures:
    """What a mall shows of the twelve months until a date.

    `lines` the worst first; `hidden` the names of groups that are not shown alone; `together` what
    they have in common, where that tells of no single one; `total` the sum of all that is shown,
    None where nothing is.
    """

    first: dt.date
    last: dt.date
    total: Line | None
    lines: list[Line] = field(default_factory=list)
    together: Line | None = None
    hidden: list[str | Promise] = field(default_factory=list)


def figures_of(mall: Mall, *, today: dt.date) -> Figures:
    """The last twelve months of a mall as everybody may see them; two queries."""
    first = today - _SPAN
    found = by_agency(mall, first=first, today=today)
    named = Q(pk__in=[pk for pk in found if pk]) | Q(mall=mall, active=True)
    agencies = Agency.objects.filter(named).only("name", "code").order_by("name", "pk")
    nothing = {"cases": 0, "kept": 0, "days": None}
    groups = [Line(one.name, one.code, **found.get(one.pk, nothing)) for one in agencies]
    groups.append(Line(DESK, "", **found.get(None, nothing)))
    return shown(groups, first=first, last=today)


def shown(groups: Sequence[Line], *, first: dt.date, last: dt.date) -> Figures:
    """Hide groups of fewer than five, so that no difference gives one away. Pure.

    A single small group hides the next larger one too. What is hidden is told together only where
    each of it could still be one of at least three numbers; else the total leaves it out.
    """
    ranked = sorted(groups, key=lambda one: (one.cases, one.code))
    small = sum(one.cases < SMALLEST for one in ranked)
    if small == 1 and len(ranked) > 1:
        small = 2
    hidden, alone = ranked[:small], ranked[small:]
    together: Line | None = _sum("", hidden)
    most = alone[0].cases if alone else None
    if not may_be_told([one.cases for one in hidden], most):
        together = None
    parts = [*alone, together] if together else alone
    return Figures(
        first,
        last,
        _sum("", parts) if parts else None,
        sorted(alone, key=lambda one: (one.kept / one.cases, -one.cases, one.code)),
        together,
        [one.name for one in sorted(hidden, key=lambda one: one.code)],
    )


def may_be_told(hidden: Sequence[int], most: int | None) -> bool:
    """Whether the sum of hidden groups leaves each of them at least three possible numbers.

    Who reads knows the sum, how many groups it is of, and that none but one is larger than four:
    that one, where two are hidden, is at most the smallest group that is shown.
    """
    total, count = sum(hidden), len(hidden)
    if count < 2 or total < SMALLEST:
        return False
    if max(hidden) < SMALLEST:
        return min(4, total) - max(0, total - 4 * (count - 1)) >= 2
    highest = total if most is None else most
    return min(4, total - SMALLEST) - max(0, total - highest) >= 2


def _sum(name: str, lines: Sequence[Line]) -> Line:
    return Line(name, "", sum(one.cases for one in lines), sum(one.kept for one in lines))


def rows(figures: Figures) -> list[dict[str, Any]]:
    """The figures as open data: what is hidden has its name and nothing else."""

    def row(kind: str, line: Line) -> dict[str, Any]:
        return {
            "of": kind,
            "agency_code": line.code,
            "agency": str(line.name),
            "cases": line.cases,
            "in_time": line.kept,
            "share_in_time": round(line.kept / line.cases, 3),
            "median_working_days": line.days,
        }

    empty = dict.fromkeys(("cases", "in_time", "share_in_time", "median_working_days"))
    told = [row("mall", figures.total)] if figures.total else []
    told += [row("agency" if line.code else "desk", line) for line in figures.lines]
    told += [row("together", figures.together)] if figures.together else []
    told += [
        {"of": "hidden", "agency_code": "", "agency": str(name), **empty} for name in figures.hidden
    ]
    return told
