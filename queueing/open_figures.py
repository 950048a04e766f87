"""What the public may read of the figures, and how small groups are kept out of sight.

Public: agency by day, service by month. A group of fewer than five people is not shown: a row of
fewer than five numbers gives none at all; within a row a count of one to four is hidden, and with
it a second one of the same sum, so that it cannot be found by subtraction.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from queueing.models import DailyStatistic
from queueing.statistics import summarise
from services.models import Agency, Mall

SMALLEST = 5
TAKEN = ("booked", "walk_in")
ENDED = (
    "served",
    "information_only",
    "no_show",
    "absent",
    "unserved",
    "cancelled",
    "open",
)
FIGURES = (
    *TAKEN,
    *ENDED,
    "within_standard",
    "wait_p50_s",
    "wait_p90_s",
    "service_p50_s",
    "service_p90_s",
)
COLUMNS = [
    field.name
    for field in DailyStatistic._meta.fields
    if field.name not in {"id", "mall", "agency", "service_type", "rehearsal", "rolled_up_at"}
]


def suppress(row: Mapping[str, Any]) -> dict[str, Any]:
    """Hide what could point at a person; hidden figures are None. Pure.

    `booked + walk_in` equals the sum of the endings: so in each of the two sums none, or at least
    two, figures are hidden.
    """
    shown = dict(row)
    total = sum(row[name] for name in TAKEN)
    if total < SMALLEST:
        return {**shown, **dict.fromkeys(FIGURES)}
    for group in (TAKEN, ENDED):
        small = {name for name in group if 0 < row[name] < SMALLEST}
        if len(small) == 1:
            rest = sorted((row[name], name) for name in group if name not in small)
            small.add(next((name for n, name in rest if n), rest[0][1]))
        shown.update(dict.fromkeys(small))
    waited = row["waited"]
    if waited < SMALLEST or not _far_from_ends(row["within_standard"], waited):
        shown["within_standard"] = None
    if waited < SMALLEST:
        shown["wait_p50_s"] = shown["wait_p90_s"] = None
    if row["serviced"] < SMALLEST:
        shown["service_p50_s"] = shown["service_p90_s"] = None
    return shown


def hide_lone_rows(rows: Sequence[dict[str, Any]], *, within: str) -> list[dict[str, Any]]:
    """Where one row of a group (`within`) is hidden, hide its smallest neighbour too."""
    groups: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row[within], row["date"]].append(row)
    for group in groups.values():
        hidden = [row for row in group if row["booked"] is None and row["walk_in"] is None]
        if len(hidden) == 1 and len(group) > 1:
            rest = [row for row in group if row is not hidden[0]]
            smallest = min(rest, key=lambda row: sum(row[name] or 0 for name in ENDED))
            smallest.update(dict.fromkeys(FIGURES))
    return list(rows)


def by_agency_and_day(*, mall: Mall, first: dt.date, last: dt.date) -> list[dict[str, Any]]:
    """Public rows: agency by day."""
    rows = _rows(DailyStatistic.objects.filter(mall=mall, date__range=(first, last)))
    merged = _merge(rows, key=lambda row: (row["date"], row["agency__code"]))
    return [
        suppress({"date": date.isoformat(), "agency": agency, **figures})
        for (date, agency), figures in merged
    ]


@dataclass(frozen=True)
class Waits:
    """How long people waited in a span: half and nine in ten of `people`, in seconds."""

    code: str
    name: str
    people: int
    p50_s: int
    p90_s: int


def waits_of_span(*, mall: Mall, first: dt.date, last: dt.date) -> tuple[Waits | None, list[Waits]]:
    """The public waits of the whole mall, and of each agency, the longest first; one query.

    An agency's day on which fewer than five people were called is left out of all of them, so
    that no sum tells what the daily figures hide.
    """
    days: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    rows = DailyStatistic.objects.filter(mall=mall, date__range=(first, last)).order_by()
    for row in rows.values(*COLUMNS, "agency__code", "agency__name"):
        days[row["date"], row["agency__code"], row["agency__name"]].append(row)
    agencies: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for (_date, code, name), group in days.items():
        if sum(row["waited"] for row in group) >= SMALLEST:
            agencies[code, name] += group
    found = [_waits(code, name, group) for (code, name), group in agencies.items()]
    found.sort(key=lambda waits: (-waits.p90_s, -waits.p50_s, waits.code))
    everyone = [row for group in agencies.values() for row in group]
    return (_waits("", mall.name, everyone) if everyone else None), found


def _waits(code: str, name: str, rows: list[dict[str, Any]]) -> Waits:
    summary = summarise(rows)
    return Waits(code, name, summary.waited, summary.wait_p50_s or 0, summary.wait_p90_s or 0)


def by_service_and_month(*, mall: Mall, first: dt.date, last: dt.date) -> list[dict[str, Any]]:
    """Public rows: service by whole months of the span (`date` is like 2026-11)."""
    rows = _rows(DailyStatistic.objects.filter(mall=mall, date__range=(first, last)))
    merged = _merge(
        rows,
        key=lambda row: (f"{row['date']:%Y-%m}", row["agency__code"], row["service_type__code"]),
    )
    shown = [
        suppress({"date": month, "agency": agency, "service": service, **figures})
        for (month, agency, service), figures in merged
    ]
    return hide_lone_rows(shown, within="agency")


def by_service_and_day(
    *, agencies: Iterable[Agency], first: dt.date, last: dt.date
) -> list[dict[str, Any]]:
    """Rows for those who may read the figures of these agencies: service by day, nothing hidden."""
    rows = _rows(DailyStatistic.objects.filter(agency__in=agencies, date__range=(first, last)))
    merged = _merge(
        rows, key=lambda row: (row["date"], row["agency__code"], row["service_type__code"])
    )
    return [
        {"date": date.isoformat(), "agency": agency, "service": service, **figures}
        for (date, agency, service), figures in merged
    ]


def _rows(query: Any) -> list[dict[str, Any]]:
    return list(
        query.order_by("date", "agency__code", "service_type__code").values(
            *COLUMNS, "agency__code", "service_type__code"
        )
    )


def _merge(rows: Sequence[dict[str, Any]], *, key: Any) -> list[tuple[Any, dict[str, Any]]]:
    groups: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return [(name, asdict(summarise(group))) for name, group in sorted(groups.items())]


def _far_from_ends(part: int, whole: int) -> bool:
    return (part == 0 or part >= SMALLEST) and (part == whole or whole - part >= SMALLEST)
