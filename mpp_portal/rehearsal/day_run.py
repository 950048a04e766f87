"""Runs a rehearsed day: in one process as fast as it goes, or by a fast clock with them all."""

import datetime as dt
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from celery.schedules import crontab
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify

from mpp_portal import embedded
from mpp_portal.celery import app
from mpp_portal.rehearsal import busy_house, memory
from mpp_portal.rehearsal.audience import READY
from mpp_portal.rehearsal.busy_day import BusyDay
from mpp_portal.rehearsal.clock import FastClock
from mpp_portal.rehearsal.day_processes import DayProcesses
from mpp_portal.rehearsal.day_report import Run
from mpp_portal.rehearsal.evidence import OVERVIEW, Evidence, Screen, gather
from mpp_portal.schedule import TIMETABLE
from mpp_portal.supervisor import static_fingerprint
from queueing import statistics
from services.models import Mall

BEFORE = dt.timedelta(minutes=5)  # the day's first acts come so long before the doors open
MINUTE = dt.timedelta(minutes=1)
Say = Callable[[str], None]


def in_one_process(day: BusyDay) -> tuple[Evidence, Run]:
    """Play the whole day in the order of time; no process and nobody who looks on."""
    began = time.monotonic()
    day.tick_s = 120
    booked = day.book_before()
    day.play(start=day.hours.opens_at - BEFORE, until=day.hours.over_at)
    _end(day)
    run = _noted(day, booked, time.monotonic() - began)
    return gather(day.mall, day.date), run


def by_a_fast_clock(day: BusyDay, *, speed: float, phones: int, say: Say) -> tuple[Evidence, Run]:
    """Let the day's hours pass `speed` times as fast, with the real processes and who looks on."""
    began = time.monotonic()
    booked = day.book_before()
    say(f"{booked} bookings before the doors open ({time.monotonic() - began:.0f} s)")
    _gather_static_files()
    path = Path(settings.DATA_DIR) / "day-clock.json"
    clock = FastClock.make(path, opens_at=day.hours.opens_at - BEFORE, speed=speed)
    processes = DayProcesses(clock)
    with processes.running(), _looking_on(day.mall, processes.base_url, phones) as audience:
        say(f"web on {processes.base_url}, live on {processes.live_url}; the doors open")
        day.citizens.known = lambda visit: audience.tell(visit.token)
        day.timetable = Beat(day.hours.opens_at - BEFORE)
        day.begin(day.hours.opens_at - BEFORE)
        watch = memory.Watch({**processes.pids(), **_postgres()})
        clock.start()
        watch.start()
        began = time.monotonic()
        talk = threading.Thread(target=_tell_each_minute, args=(day, clock, say), daemon=True)
        talk.start()
        day.run_by(clock)
        run = _noted(day, booked, time.monotonic() - began)
        _end(day)
        watch.stop()
        run.audience = audience.answer()
        run.dead = processes.dead()
    evidence = gather(day.mall, day.date)
    screens = run.audience["screens"]
    evidence.screens = [
        Screen(zone, {int(call): at for call, at in seen.items()}) for zone, seen in screens.items()
    ]
    called_at = {call["id"]: clock.wall(call["at"]) for call in evidence.calls}
    run.lag_s = {
        screen.zone: [at - called_at[call] for call, at in screen.seen.items() if call in called_at]
        for screen in evidence.screens
    }
    run.samples, run.load = watch.samples, watch.load
    return evidence, run


def _gather_static_files() -> None:
    """As the supervisor does: again only when they have changed."""
    fingerprint, stamp = static_fingerprint(), Path(settings.DATA_DIR) / "static.stamp"
    if not (stamp.exists() and stamp.read_text() == fingerprint):
        call_command("collectstatic", interactive=False, verbosity=0)
        stamp.write_text(fingerprint)


def _end(day: BusyDay) -> None:
    day.close()
    statistics.roll_up(mall=day.mall, date=day.date, at=day.hours.over_at)


def _noted(day: BusyDay, booked: int, seconds: float) -> Run:
    return Run(
        visitors=day.visitors,
        booked_before=booked,
        sent_home=day.sent_home,
        seconds=seconds,
        interrupted=day.interrupted,
        refused=dict(day.refused),
        late_s=list(day.late_s),
    )


def _tell_each_minute(day: BusyDay, clock: FastClock, say: Say) -> None:
    while (now := clock.now()) < day.hours.over_at:
        local = now.astimezone(day.mall.zone)
        late = max(day.late_s[-200:])
        say(f"{local:%H.%M}: {day.done} acts, the latest at most {late:.1f} s late")
        time.sleep(60)


class Beat:
    """The timetable by the day's own time: what is due goes to the worker, once a minute."""

    def __init__(self, at: dt.datetime) -> None:
        self.told_at = at.replace(second=0, microsecond=0)

    def __call__(self, at: dt.datetime) -> None:
        due: dict[str, Any] = {}
        while self.told_at + MINUTE <= at:
            self.told_at += MINUTE
            for entry in TIMETABLE.values():
                if self._is_due(entry["schedule"]):
                    due[entry["task"]] = entry["options"]
        for task, options in due.items():
            app.send_task(task, **options)

    def _is_due(self, schedule: float | crontab) -> bool:
        moment = self.told_at.astimezone(dt.UTC)
        if isinstance(schedule, crontab):
            return moment.minute in schedule.minute and moment.hour in schedule.hour
        return int(moment.timestamp()) % max(60, int(schedule)) < 60


def _postgres() -> dict[str, int]:
    """PostgreSQL's first process, where it runs on this machine."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        parent = memory.parent_of(cursor.fetchone()[0])
    return {"postgresql": parent} if parent else {}


class _Onlookers:
    """The process of displays and phones."""

    def __init__(self, mall: Mall, base_url: str, phones: int) -> None:
        zones = {zone: slugify(zone) for zone in busy_house.zones_of(mall)}
        whole = reverse("queueing:display", args=[mall.slug])
        displays = {OVERVIEW: whole, **{zone: f"{whole}{slug}/" for zone, slug in zones.items()}}
        self.child = subprocess.Popen(
            [sys.executable, "-m", "mpp_portal.rehearsal.audience"],
            cwd=embedded.CHECKOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._lock = threading.Lock()
        self.tell(json.dumps({"base_url": base_url, "displays": displays, "phones": phones}))
        if self.child.stdout.readline().strip() != READY:  # type: ignore[union-attr]
            raise CommandError("The displays did not come on: see the web process's log.")

    def tell(self, line: str) -> None:
        with self._lock:
            self.child.stdin.write(f"{line}\n")  # type: ignore[union-attr]
            self.child.stdin.flush()  # type: ignore[union-attr]

    def answer(self) -> dict[str, Any]:
        """No more to follow: what they saw."""
        self.child.stdin.close()  # type: ignore[union-attr]
        return json.loads(self.child.stdout.read())  # type: ignore[union-attr]


@contextmanager
def _looking_on(mall: Mall, base_url: str, phones: int) -> Iterator[_Onlookers]:
    audience = _Onlookers(mall, base_url, phones)
    try:
        yield audience
    finally:
        audience.child.terminate()
        audience.child.wait(timeout=10)
        for end in (audience.child.stdin, audience.child.stdout):
            if end and not end.closed:
                end.close()


def prepare(*, counters: int, zones: int, visitors: int) -> BusyDay:
    """The mall and its day, before anybody came."""
    at = timezone.now()
    mall = busy_house.build(counters=counters, zones=zones, at=at)
    return BusyDay(mall, at=at, visitors=visitors)
