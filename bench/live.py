"""Measure the streams: `python -m bench.live [--quick | --tiny] [--json FILE]`.

2,000 phones follow 300 people of one queue on one live process; each second somebody is called.
Beside it the floor: a bare ASGI application on the same server that pushes the same bytes. The
connections are the loopback's. The exit code is 1 when something broke or a promised figure does
not hold (`COUNTED` and `TIMED`; with `--tiny` only what is counted); the others are information.
"""

import argparse
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections import Counter as Tally
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django
import redis

from bench import database
from bench.__main__ import say
from bench.figures import Figure, table
from bench.floor.live import CHANNEL
from mpp_portal import embedded
from mpp_portal.embedded_processes import free_port
from mpp_portal.supervisor import Portal

PORTAL, FLOOR = "mpp_portal.live:application", "bench.floor.live:application"
WARM = 3  # calls before anybody is counted
GRACE_S = 3
COUNTED = {"changes not heard", "pages asked for by others", "board of 23 queues"}
TIMED = {"from commit to phone, p99", "memory per watcher"}


@dataclass(frozen=True)
class Scale:
    """How much is measured."""

    watchers: int = 2_000
    people: int = 300
    calls: int = 20


QUICK = Scale(watchers=500, calls=8)
TINY = Scale(watchers=40, people=20, calls=3)


@dataclass
class Outcome:
    """What one server did."""

    milliseconds: list[float] = field(default_factory=list)
    lost: int = 0
    kilobytes: float = 0.0  # of a watcher
    cores: float = 0.0
    ended_s: float = 0.0
    asks: Tally[str] = field(default_factory=Tally)  # by whether the phone's own number was called

    def percentile(self, share: float) -> float:
        ordered = sorted(self.milliseconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Server:
    """A streaming server as the portal's supervisor starts it."""

    def __init__(self, application: str) -> None:
        self.port = free_port(0)
        command = Portal(port=self.port - 1, place=Path(embedded.data_dir())).live_command()
        self.child = subprocess.Popen(  # noqa: S603
            [*command[:-1], application], cwd=embedded.CHECKOUT, stdin=subprocess.DEVNULL
        )

    def kilobytes(self) -> int:
        status = Path(f"/proc/{self.child.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0])

    def cpu_s(self) -> float:
        """Processor time so far, of all its threads."""
        fields = Path(f"/proc/{self.child.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self) -> float:
        """Ask it to end; how long that took."""
        began = time.monotonic()
        self.child.send_signal(signal.SIGTERM)
        try:
            self.child.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        return time.monotonic() - began


class Readers:
    """A process of readers (`watch.py`)."""

    def __init__(self, port: int, paths: list[str], bases: list[int], *, first: bool) -> None:
        self.child = subprocess.Popen(
            [sys.executable, "-m", "bench.watch"],
            cwd=embedded.CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.tell({"port": port, "paths": paths, "bases": bases, "first": first})

    def tell(self, what: Any) -> None:
        self.child.stdin.write(json.dumps(what) + "\n")  # type: ignore[union-attr]
        self.child.stdin.flush()  # type: ignore[union-attr]

    def answer(self) -> dict[str, Any]:
        line = self.child.stdout.readline()  # type: ignore[union-attr]
        if not line:
            raise database.CannotRun("The readers ended; their error is above.")
        return json.loads(line)

    def leave(self) -> None:
        self.child.stdin.close()  # type: ignore[union-attr]
        self.child.stdout.close()  # type: ignore[union-attr]
        self.child.kill()
        self.child.wait()


@contextmanager
def reading(*words: Any, **options: Any) -> Iterator[Readers]:
    """Readers that leave at the end."""
    readers = Readers(*words, **options)
    try:
        yield readers
    finally:
        readers.leave()


def measure(
    application: str,
    paths: list[str],
    bases: list[int],
    change: Callable[[], float],
    scale: Scale,
    *,
    first: bool,
) -> Outcome:
    """Follow `paths` on a fresh server while each second `change` happens; it says when."""
    server, outcome = Server(application), Outcome()
    try:
        _until_it_answers(server)
        with reading(server.port, paths[:1], bases[:1], first=first) as warm:
            warm.answer()
            for _n in range(WARM):
                change()
                time.sleep(1)
        bases = [base - WARM for base in bases]
        before = server.kilobytes()
        with reading(server.port, paths, bases, first=first) as readers:
            readers.answer()
            spent, began, moments = server.cpu_s(), time.monotonic(), []
            for n in range(scale.calls):
                time.sleep(max(0.0, began + n + 1 - time.monotonic()))
                moments.append(change())
            time.sleep(2)
            outcome.cores = (server.cpu_s() - spent) / (time.monotonic() - began)
            outcome.kilobytes = (server.kilobytes() - before) / len(paths)
            readers.tell("what was heard")
            said = readers.answer()
            for asks, base in zip(said["asks"], bases, strict=True):
                outcome.asks["own" if base < len(moments) else "others"] += asks
            for heard, base in zip(said["heard"], bases, strict=True):
                _add(outcome, heard, moments[: max(0, base + 1)])
            outcome.ended_s = server.end() if application == PORTAL else 0.0
    finally:
        server.child.kill()
        server.child.wait()
    return outcome


def _add(outcome: Outcome, heard: list[list[float]], moments: list[float]) -> None:
    """For each change the first word that knew of it, or of a later one."""
    for number, moment in enumerate(moments, start=1):
        at = next((at for at, known in heard if known >= number), None)
        if at is None:
            outcome.lost += 1
        else:
            outcome.milliseconds.append((at - moment) * 1000)


def _until_it_answers(server: Server) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and server.child.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", server.port)) == 0:
                return
        time.sleep(0.1)
    raise database.CannotRun("The streaming server does not answer.")


def figures(scale: Scale) -> Iterator[Figure]:
    """Prepare the hall in its fresh database, and measure floor and portal."""
    from django.core.management import call_command  # noqa: PLC0415 - after the settings
    from django.db import transaction  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from accounts.models import User  # noqa: PLC0415
    from bench import board, hall  # noqa: PLC0415
    from queueing import live, rules  # noqa: PLC0415
    from queueing.models import Ticket  # noqa: PLC0415
    from services.models import Mall  # noqa: PLC0415

    call_command("migrate", verbosity=0, interactive=False)
    hall.build(waiting=scale.people, counters=4)
    mall = Mall.objects.get(slug=hall.SLUG)
    tickets = list(Ticket.objects.filter(state="waiting").order_by("sort_at", "number"))
    desks = hall.read().counters
    officers = User.objects.in_bulk()
    calls, durations = 0, []

    def call() -> float:
        """Somebody is called; the moment of the commit. Who was called before has been served."""
        nonlocal calls
        counter, officer = desks[calls % len(desks)]
        calls += 1
        Ticket.objects.filter(counter=counter, state="called").update(
            state="done", ended_at=timezone.now()
        )
        moment: list[float] = []
        began = time.monotonic()
        with transaction.atomic():
            transaction.on_commit(lambda: moment.append(time.monotonic()))
            rules.call_next(counter_id=counter, officer=officers[officer], at=timezone.now())
        durations.append((time.monotonic() - began) * 1000)
        return moment[0]

    say("Calling, while nobody follows ...")
    for _n in range(8):
        call()
    alone, durations = statistics.median(durations), []
    waiting = tickets[8:]
    places = [n % len(waiting) for n in range(scale.watchers)]
    own = [
        urlsplit(live.stream_of(mall.pk, tickets=[ticket], zone=mall.zone)) for ticket in waiting
    ]
    paths = [f"{own[n].path}?{own[n].query}" for n in places]
    paths[0] = paths[-1]  # who warms up is not called
    places[0] = places[-1]
    say(f"Following: {scale.watchers} phones on the portal's live process ...")
    portal = measure(PORTAL, paths, places, call, scale, first=True)
    followed = statistics.median(durations[WARM:])
    say("Following: as many streams of a bare ASGI application ...")
    told = "event: place\ndata: " + json.dumps(
        {
            "at": "09:30",
            "tickets": [
                {
                    "id": str(waiting[0].public_id),
                    "state": "waiting",
                    "ahead": 0,
                    "advice": "return",
                    "from": "09:30",
                    "to": "10:05",
                    "return": "09:20",
                    "serving": "Z 001, Z 002, Z 003, Z 004",
                }
            ],
        },
        separators=(",", ":"),
    )
    client = redis.Redis.from_url(os.environ["REDIS_URL"])
    left = 10**6

    def push() -> float:
        nonlocal left
        left -= 1
        moment = time.monotonic()
        client.publish(CHANNEL, told.replace('"ahead":0', f'"ahead":{left}') + "\n\n")
        return moment

    bare = measure(
        FLOOR, ["/"] * scale.watchers, [10**6] * scale.watchers, push, scale, first=False
    )
    name = f"{scale.watchers} watchers, 1 change a second"
    yield _beside("from commit to phone, p50", portal, bare, 0.5, name)
    yield _beside("from commit to phone, p99", portal, bare, 0.99, name)
    yield Figure("changes not heard", portal.lost, "", "0", portal.lost == 0, bare.lost)
    ratio = portal.kilobytes / max(bare.kilobytes, 0.1)
    yield Figure(
        "memory per watcher",
        portal.kilobytes,
        "KB",
        "<= 1.5",
        ratio <= 1.5,
        bare.kilobytes,
        ratio,
        "private streams with places",
    )
    ratio = portal.cores / max(bare.cores, 0.001)
    spent, floor = 1000 * portal.cores, 1000 * bare.cores
    yield Figure("processor", spent, "ms a second", "", True, floor, ratio, "information")
    yield Figure(
        "end with all watchers",
        portal.ended_s,
        "s",
        f"<= {GRACE_S}",
        portal.ended_s <= GRACE_S,
    )
    others = portal.asks["others"]
    yield Figure(
        "pages asked for by others",
        others,
        "requests",
        "0",
        others == 0,
        note=f"{scale.calls} calls; {portal.asks['own']} by the phones of those called",
    )
    yield Figure(
        "call with followers",
        followed,
        "ms",
        "<= 1.5",
        followed <= 1.5 * alone,
        alone,
        followed / alone,
        "rule and commit; floor: with no follower",
    )
    yield board.figure(mall)


def _beside(name: str, portal: Outcome, bare: Outcome, share: float, note: str) -> Figure:
    value, floor = portal.percentile(share), bare.percentile(share)
    return Figure(name, value, "ms", "< 1000 ms", value < 1000, floor, value / floor, note)


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.live", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--quick", action="store_true", help="500 watchers")
    parser.add_argument("--tiny", action="store_true", help="only to see that it runs")
    parser.add_argument("--database", default="mpp_bench_live", help="made and dropped by the run")
    arguments = parser.parse_args(words)
    scale = TINY if arguments.tiny else QUICK if arguments.quick else Scale()
    found: list[Figure] = []
    broken: list[str] = []
    try:
        database.prepare_environment()
        os.environ["DATABASE_URL"] = database.create(arguments.database)
        os.environ["DJANGO_SETTINGS_MODULE"] = "mpp_portal.settings"
        django.setup()
        from django.db import connection  # noqa: PLC0415 - after the settings

        try:
            found = list(figures(scale))
        finally:
            connection.close()
            database.drop(arguments.database)
    except (database.CannotRun, OSError) as error:
        broken.append(str(error))
    say("")
    say(table(found))
    judged = COUNTED if arguments.tiny else COUNTED | TIMED
    missed = [figure.name for figure in found if figure.name in judged and not figure.holds]
    for line in broken:
        say(f"broken: {line}")
    for line in missed:
        say(f"missed: {line}")
    if arguments.json:
        told = {"scale": asdict(scale), "figures": [asdict(figure) for figure in found]}
        arguments.json.write_text(json.dumps({**told, "broken": broken}))
    return 1 if broken or missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
