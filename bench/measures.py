"""What is measured: the rule, the POST, a rush, the last seats, pages, calls, years of history."""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count

from bench import database, hall, history
from bench.figures import Figure, Scale, at_least, at_most, counted, interleaved
from bench.load import Outcome, load
from bench.processes import FLOOR, PORTAL, Worker, web_server, workers

API = "/api/v1/visits"


@dataclass
class Run:
    """A run of the bench: its database (a finished hall), its hall, its scale."""

    name: str
    hall: hall.Hall
    scale: Scale
    people: Iterator[int] = field(default_factory=lambda: count(0, 50_000))
    servers: ExitStack = field(default_factory=ExitStack)  # stopped with the run

    @cached_property
    def web(self) -> tuple[int, int]:
        """The ports of the portal and of the bare project on the run's own database."""
        return self.servers.enter_context(_web(self.name))

    def copy(self, what: str) -> str:
        """A fresh copy of the hall, for a measurement that must not see the others' rows."""
        self.servers.close()  # what somebody is connected to cannot be copied
        self.__dict__.pop("web", None)
        name = f"{self.name}_{what}"
        database.create(name, like=self.name)
        return name


def rule(run: Run) -> Iterator[Figure]:
    """`rules.book` against the same rows by plain SQL, one connection each, in one process."""
    scale = run.scale
    with workers(run.name) as [worker]:
        for by in ("portal", "raw"):
            worker.ask("book", by=by, times=scale.bookings)
        values, floors = interleaved(
            scale.runs,
            *(_bookings(worker, scale, by) for by in ("portal", "raw")),
            slices=scale.slices,
        )
        yield at_least("booking rule", "/s", values, floors, 0.40, "floor: the same rows, raw SQL")
        statements = worker.ask("statements")
    yield counted("statements to issue", int(statements["book"]), 12)
    yield counted("statements to call next", int(statements["call"]), 10)


def post(run: Run) -> Iterator[Figure]:
    """POST /api/v1/visits against bare views on the same server: 16 connections, 20 windows."""
    scale = run.scale
    windows = [run.hall.windows[prefix] for prefix in hall.BOOKING]
    portal, floor = run.web
    posts = [
        _posts(run, port, path, windows, 16)
        for port, path in ((portal, API), (floor, "/cte"), (floor, "/orm"))
    ]
    for act in posts:
        act(scale.requests // 3)
    values, cte, orm = interleaved(
        scale.runs, *(lambda act=act: act(scale.requests).per_second for act in posts)
    )
    yield at_least("POST, beside a CTE view", "/s", values, cte, 0.35, "16 connections, 20 windows")
    yield at_least("POST, beside an ORM view", "/s", values, orm, 1.0, "select_for_update, create")


def rush(run: Run) -> Iterator[Figure]:
    """p99 under 32 clients on one window, against the CTE view's under the same load."""
    scale = run.scale
    windows = [run.hall.windows[hall.RUSH]]
    portal, floor = run.web
    posts = [
        _posts(run, port, path, windows, 32) for port, path in ((portal, API), (floor, "/cte"))
    ]
    for act in posts:
        act(scale.rush // 4)
    values, floors = interleaved(
        scale.runs, *(lambda act=act: act(scale.rush).percentile(0.99) for act in posts)
    )
    note = f"32 clients, one window, {scale.rush} requests a run"
    yield at_most("p99 of a rush", "ms", values, floors, 2.5, note)


def seats(run: Run) -> Iterator[Figure]:
    """32 clients, 100 seats: exactly 100 numbers, all different; the rest are told it is full."""
    windows = [run.hall.windows[hall.SEATS]]
    portal, _floor = run.web
    outcome = load(
        portal,
        API,
        mall=hall.SLUG,
        windows=windows,
        connections=32,
        requests=400,
        first=next(run.people),
        keep_answers=True,
    )
    given = [a["body"]["tickets"][0]["label"] for a in outcome.answers if a["status"] == "201"]
    refused = [a for a in outcome.answers if a["status"] == "409" and a["body"]["code"] == "full"]
    with database.statements(run.name) as cursor:
        cursor.execute("SELECT taken FROM queueing_window WHERE id = %s", [windows[0][1]])
        (taken,) = cursor.fetchone()
    right = len(given) == len(set(given)) == taken == 100 and len(refused) == 300
    statuses = ", ".join(f"{n} x {status}" for status, n in sorted(outcome.statuses.items()))
    note = f"400 requests: {statuses}; {len(set(given))} different numbers"
    yield Figure("last 100 seats, 32 clients", len(given), "numbers", "= 100", right, note=note)


_SHARED = {"home page", "service page"}


def pages(run: Run) -> Iterator[Figure]:
    """A citizen's four pages in a mall with its whole catalogue against a bare page of 20 rows."""
    name = run.copy("pages")
    with workers(name) as [worker]:
        token = worker.ask("furnish")["token"]
    code, _window = run.hall.windows[hall.BOOKING[0]]
    addresses = {
        "home page": f"/{hall.SLUG}/",
        "service page": f"/{hall.SLUG}/layanan/{code}/",
        "booking page": f"/{hall.SLUG}/antrean/{code}/",
        "ticket page": f"/tiket/{token}/",
    }
    with _web(name) as (portal, floor):
        acts = [_reads(portal, path) for path in addresses.values()] + [_reads(floor, "/page")]
        for act in acts:
            act(max(16, run.scale.requests // 20))
        *values, floors = interleaved(
            run.scale.runs,
            *(lambda act=act: act(max(16, run.scale.requests // 5)).per_second for act in acts),
        )
    for what, rates in zip(addresses, values, strict=True):
        note = "floor: 20 tickets, one query, one template"
        if what in _SHARED:
            note += "; made once in 3 s for everybody"
        yield at_least(what, "/s", rates, floors, 0.5, note)
    database.drop(name)


def call(run: Run) -> Iterator[Figure]:
    """`rules.call_next` of all counters at once against the same rows by plain SQL."""
    name = run.copy("call")
    history.fill(name, first=1, last=100)
    with workers(name, name) as staff:
        acts = [_calls(run, name, staff, by) for by in ("portal", "raw")]
        for act in acts:
            act()
        values, floors = interleaved(run.scale.runs, *acts, slices=run.scale.slices)
    note = f"{run.scale.counters} counters, {run.scale.waiting} waiting"
    yield at_least("call next", "/s", values, floors, 0.40, note)
    database.drop(name)


def growth(run: Run) -> Iterator[Figure]:
    """Calling, issuing and a day's roll-up with years of finished tickets against without."""
    scale = run.scale
    middle_rows = max(scale.rows // 5, 1_000)
    small, large = run.copy("small"), run.copy("large")
    history.fill(small, first=1, last=100)
    history.fill(large, first=1, last=middle_rows)
    middle = f"{run.name}_middle"
    database.create(middle, like=large)
    history.fill(large, first=middle_rows + 1, last=scale.rows)
    many = f"{_millions(scale.rows)} finished tickets against 100"
    with workers(large, large, small, small) as staff:
        acts = [_calls(run, large, staff[:2], "portal"), _calls(run, small, staff[2:], "portal")]
        for act in acts:
            act()
        values, floors = interleaved(scale.runs, *acts, slices=scale.slices)
        yield at_least("call next, years on", "/s", values, floors, 0.7, many)
        acts = [_bookings(worker, scale, "portal") for worker in (staff[0], staff[2])]
        for act in acts:
            act()
        values, floors = interleaved(scale.runs, *acts, slices=scale.slices)
        yield at_least("booking rule, years on", "/s", values, floors, 0.7, many)
    with workers(large, middle) as staff:
        days = [history.days(scale.runs + 1, run.hall.date) for _worker in staff]
        acts = [_roll_ups(worker, left) for worker, left in zip(staff, days, strict=True)]
        for act in acts:
            act()
        values, floors = interleaved(scale.runs, *acts)
    note = (
        f"{_millions(scale.rows)} tickets against {_millions(middle_rows)}; {history.PER_DAY} a day"
    )
    yield at_most("roll-up of a day, years on", "ms", values, floors, 1.5, note)
    for name in (small, middle, large):
        database.drop(name)


MEASURES: dict[str, Callable[[Run], Iterator[Figure]]] = {
    "rule": rule,
    "post": post,
    "rush": rush,
    "seats": seats,
    "pages": pages,
    "call": call,
    "growth": growth,
}


def _bookings(worker: Worker, scale: Scale, by: str) -> Callable[[], float]:
    return lambda: scale.bookings / worker.ask("book", by=by, times=scale.bookings)["seconds"]


def _roll_ups(worker: Worker, days: list[dt.date]) -> Callable[[], float]:
    return lambda: 1000 * worker.ask("roll_up", date=days.pop().isoformat())["seconds"]


def _calls(run: Run, name: str, staff: list[Worker], by: str) -> Callable[[], float]:
    """Calls per second of all counters together, shared by the workers; then all wait again."""
    counters = run.hall.counters

    def act() -> float:
        for n, worker in enumerate(staff):
            mine = counters[n :: len(staff)]
            worker.tell("call", by=by, times=run.scale.calls, counters=mine)
        said = [worker.answer() for worker in staff]
        with database.statements(name) as cursor:
            cursor.execute(
                "UPDATE queueing_ticket SET state = 'waiting', counter_id = NULL,"
                " officer_id = NULL, called_at = NULL, ended_at = NULL, released_at = NULL"
                " WHERE queue_id = %s AND date = %s AND state <> 'waiting'",
                [run.hall.queue_waiting, run.hall.date],
            )
            cursor.execute("VACUUM queueing_ticket")
        return len(counters) * sum(s["calls"] for s in said) / sum(s["seconds"] for s in said)

    return act


@contextmanager
def _web(name: str) -> Iterator[tuple[int, int]]:
    """The portal and the bare project, both serving one database of the run: their two ports."""
    with web_server(PORTAL, name, API) as portal, web_server(FLOOR, name, "/") as floor:
        yield portal, floor


def _posts(
    run: Run, port: int, path: str, windows: list[tuple[str, int]], connections: int
) -> Callable[[int], Outcome]:
    def act(requests: int) -> Outcome:
        with database.statements(run.name) as cursor:
            cursor.execute("UPDATE queueing_window SET taken = 0, taken_online = 0")
        outcome = load(
            port,
            path,
            mall=hall.SLUG,
            windows=windows,
            connections=connections,
            requests=requests,
            first=next(run.people),
        )
        if set(outcome.statuses) != {"201"}:
            said = f"{dict(outcome.statuses)} {outcome.answers[:1]}"
            raise database.CannotRun(f"POST {path} was not answered with 201 alone: {said}")
        return outcome

    return act


def _reads(port: int, path: str) -> Callable[[int], Outcome]:
    def act(requests: int) -> Outcome:
        outcome = load(
            port, path, mall=hall.SLUG, windows=[], connections=16, requests=requests, first=0
        )
        if set(outcome.statuses) != {"200"}:
            said = f"{dict(outcome.statuses)} {outcome.answers[:1]}"
            raise database.CannotRun(f"GET {path} was not answered with 200 alone: {said}")
        return outcome

    return act


def _millions(rows: int) -> str:
    return f"{rows / 1e6:g} M" if rows >= 100_000 else f"{rows}"
