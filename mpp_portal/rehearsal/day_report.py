"""A rehearsed day in figures: what happened, which promises were kept, what it took. Pure."""

from collections import Counter as Tally
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mpp_portal.rehearsal import promises
from mpp_portal.rehearsal.evidence import OVERVIEW, Evidence
from mpp_portal.rehearsal.memory import Megabytes

Report = dict[str, Any]
GROWS_BY, GROWS_MB = 0.10, 12.0  # more than both from the second minute on is not flat
WARM_S = 100.0
LATEST_S = 20.0  # by the wall's clock, from a call to the display that shows it
FINE = {"200", "204", "304"}
TOLD = 5  # sentences of a broken promise; the others are counted


@dataclass
class Run:
    """What the run itself has noted, beside what stands in the database."""

    visitors: int = 0
    booked_before: int = 0
    sent_home: int = 0
    seconds: float = 0.0
    interrupted: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
    late_s: Sequence[float] = ()
    audience: Report | None = None
    samples: Sequence[tuple[float, Megabytes]] = ()
    load: Sequence[float] = ()
    dead: Sequence[str] = ()
    lag_s: Mapping[str, Sequence[float]] = field(default_factory=dict)  # by zone


def report(evidence: Evidence, run: Run) -> Report:
    """All figures; `broken` names every promise that was not kept."""
    kept = promises.broken(evidence)
    told: Report = {
        "day": _day(evidence, run),
        "displays": {
            s.zone or "(whole hall)": _display(s, evidence, run) for s in evidence.screens
        },
        "http": _http(run.audience) if run.audience else {},
        "memory_mb": _memory(run.samples),
        "machine_load": [min(run.load), max(run.load)] if run.load else [],
        "promises": {name: _short(sentences) for name, sentences in kept.items()},
    }
    told["broken"] = [
        f"{name}: {sentence}" for name, said in told["promises"].items() for sentence in said
    ] + _broken_by_the_run(told, run)
    return told


def _day(evidence: Evidence, run: Run) -> Report:
    late = sorted(run.late_s)
    acts = len(evidence.events) + sum(run.refused.values())
    kinds = Tally(event["kind"] for event in evidence.events)
    return {
        "visitors": run.visitors,
        "booked_before": run.booked_before,
        "sent_home": run.sent_home,
        "tickets": len(evidence.tickets),
        "states": dict(Tally(str(ticket["state"]) for ticket in evidence.tickets).most_common()),
        "events": dict(kinds.most_common()),
        "calls": len(evidence.calls),
        "acts": acts,
        "acts_per_second": round(acts / run.seconds, 1) if run.seconds else None,
        "refusals": dict(sorted(run.refused.items())),
        "tried_again": run.interrupted,
        "acts_late_s": {"p50": percentile(late, 0.5), "p99": percentile(late, 0.99)},
        "statistics_rows": len(evidence.statistics),
    }


def _display(screen: Any, evidence: Evidence, run: Run) -> Report:
    mine = [c for c in evidence.calls if screen.zone in {OVERVIEW, c["zone"]}]
    lag = sorted(run.lag_s.get(screen.zone, ()))
    return {
        "announced": len(mine),
        "seen": sum(call["id"] in screen.seen for call in mine),
        "missed": len(promises.missed_by(screen, evidence)),
        "lag_p50_s": percentile(lag, 0.5),
        "lag_p99_s": percentile(lag, 0.99),
        "lag_max_s": percentile(lag, 1),
    }


def _http(audience: Report) -> Report:
    traffic = audience["traffic"]
    spans = sorted(traffic["milliseconds"])
    return {
        "requests": len(spans),
        "per_second": round(len(spans) / audience["seconds"], 1),
        "p50_ms": percentile(spans, 0.5),
        "p99_ms": percentile(spans, 0.99),
        "statuses": traffic["statuses"],
        "errors": traffic["errors"],
        "streams": traffic["streams"],
        "streams_lost": traffic["streams_lost"],
        "events": traffic["events"],
        "tickets_followed": audience["followed"],
    }


def _memory(samples: Sequence[tuple[float, Megabytes]]) -> Report:
    """Of each process group: megabytes at each full minute, and the slope once it was warm."""
    told = {}
    for name in samples[0][1] if samples else ():
        line = [(passed, values[name]) for passed, values in samples]
        minutes = range(1, int(line[-1][0] // 60) + 1)
        warm = [one for one in line if one[0] >= WARM_S] or line
        told[name] = {
            "at_minutes": [
                round(min(line, key=lambda o: abs(o[0] - 60 * m))[1], 1) for m in minutes
            ],
            "min": round(min(mb for _s, mb in warm), 1),
            "max": round(max(mb for _s, mb in warm), 1),
            "slope_mb_per_minute": round(60 * slope(warm), 2),
            "growth_mb": round(_growth(warm), 1),
        }
    return told


def slope(line: Sequence[tuple[float, float]]) -> float:
    """The least squares' slope of some points."""
    n = len(line)
    mean_x, mean_y = sum(x for x, _ in line) / n, sum(y for _, y in line) / n
    spread = sum((x - mean_x) ** 2 for x, _ in line)
    return sum((x - mean_x) * (y - mean_y) for x, y in line) / spread if spread else 0.0


def _growth(line: Sequence[tuple[float, float]]) -> float:
    """The mean of the last quarter less that of the first."""
    quarter = max(1, len(line) // 4)
    first, last = line[:quarter], line[-quarter:]
    return sum(mb for _s, mb in last) / len(last) - sum(mb for _s, mb in first) / len(first)


def percentile(ordered: Sequence[float], share: float) -> float | None:
    if not ordered:
        return None
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3)


def _short(sentences: Sequence[str]) -> list[str]:
    more = len(sentences) - TOLD
    return [*sentences[:TOLD], *([f"and {more} more"] if more > 0 else [])]


def _broken_by_the_run(told: Report, run: Run) -> list[str]:
    """What the processes did not keep."""
    broken = [f"the {name} process ended in the middle of the day" for name in run.dead]
    broken += [
        f"display {zone} showed a call {one['lag_max_s']} s late"
        for zone, one in told["displays"].items()
        if (one["lag_max_s"] or 0) > LATEST_S
    ]
    http = told["http"]
    broken += [f"HTTP error: {name} x {n}" for name, n in http.get("errors", {}).items()]
    broken += [
        f"HTTP status {status} x {n}"
        for status, n in http.get("statuses", {}).items()
        if status not in FINE
    ]
    for name, memory in told["memory_mb"].items():
        if memory["growth_mb"] > max(GROWS_MB, GROWS_BY * memory["min"]):
            broken.append(f"memory of {name} grew by {memory['growth_mb']} MB")
    return broken


def lines(told: Report) -> list[str]:
    """The report as text."""
    day, http = told["day"], told["http"]
    said = [
        f"{day['visitors']} visitors, {day['booked_before']} booked before, {day['sent_home']} "
        f"found no number; {day['tickets']} tickets, {day['calls']} calls",
        f"tickets: {_pairs(day['states'])}",
        f"events: {_pairs(day['events'])}",
        f"refusals: {_pairs(day['refusals']) or 'none'}",
        f"{day['acts']} acts and refusals ({day['acts_per_second']} a second, late by p50 "
        f"{day['acts_late_s']['p50']} s, p99 {day['acts_late_s']['p99']} s; "
        f"{day['tried_again']} tried again)",
    ]
    for zone, one in told["displays"].items():
        said.append(
            f"display {zone}: {one['announced']} announced, {one['seen']} seen, {one['missed']} "
            f"missed; lag p50 {one['lag_p50_s']} s, p99 {one['lag_p99_s']} s, "
            f"most {one['lag_max_s']} s"
        )
    if http:
        said.append(
            f"HTTP: {http['requests']} requests ({http['per_second']} a second, p50 "
            f"{http['p50_ms']:.0f} ms, p99 {http['p99_ms']:.0f} ms), statuses "
            f"{_pairs(http['statuses'])}, errors {_pairs(http['errors']) or 'none'}; "
            f"{http['streams']} streams, {http['streams_lost']} lost, "
            f"{http['tickets_followed']} tickets followed"
        )
    for name, one in told["memory_mb"].items():
        minutes = " ".join(f"{mb:g}" for mb in one["at_minutes"])
        said.append(
            f"memory of {name}: {minutes} MB at full minutes; once warm {one['min']:g} to "
            f"{one['max']:g}, slope {one['slope_mb_per_minute']:+g} MB a minute"
        )
    if told["machine_load"]:
        said.append("load of the machine: {:.1f} to {:.1f}".format(*told["machine_load"]))
    said += [f"kept: {name}" for name, sentences in told["promises"].items() if not sentences]
    said += [f"BROKEN: {sentence}" for sentence in told["broken"]]
    return said


def _pairs(tally: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {n}" for name, n in tally.items())
