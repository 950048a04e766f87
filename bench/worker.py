"""One measured process: it holds its connections and acts on commands, a JSON line each.

{"act": "book", "by": "portal" | "raw", "times": 300}            -> {"seconds": ...}
{"act": "call", "by": ..., "times": 20, "counters": [[1, 1]]}    -> {"seconds": ..., "calls": ...}
{"act": "statements"}                                            -> {"book": ..., "call": ...}
{"act": "roll_up", "date": "2026-11-24"}                         -> {"seconds": ...}
{"act": "furnish"}                                               -> {"token": ...}
"""

import datetime as dt
import json
import os
import secrets
import sys
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count, cycle
from pathlib import Path
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "mpp_portal.settings"
django.setup()

from django.db import connection  # noqa: E402 - settings first
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import User  # noqa: E402
from bench import floors, hall  # noqa: E402
from queueing import rules, statistics  # noqa: E402
from services.catalogue import import_catalogue  # noqa: E402
from services.models import Mall, OpeningHours  # noqa: E402

NAME = "Siti Aminah"
CATALOGUE = Path(__file__).parents[1] / "services" / "data" / "catalogue.csv"
_FINISH = """UPDATE queueing_ticket SET state = 'done', ended_at = now(), released_at = now()
 WHERE counter_id = %s AND state = 'called'"""


class Worker:
    """The acts of the module's first lines, each a method that takes the command's values."""

    def __init__(self) -> None:
        self.hall = hall.read()
        self.mall = Mall.objects.get(pk=self.hall.mall_id)
        self.people = count(secrets.randbelow(9_000) * 10_000)
        self.windows: Iterator[tuple[str, int]] = cycle(
            [self.hall.windows[prefix] for prefix in hall.BOOKING]
        )
        self.officers = User.objects.in_bulk()
        self.about: dict[int, tuple[int, int, int, str]] = {}
        for _code, window in self.hall.windows.values():
            with connection.cursor() as cursor:
                cursor.execute(floors.ABOUT_WINDOW, [window])
                self.about[window] = cursor.fetchone()
        self.raw = raw_connection()

    def furnish(self) -> dict[str, str]:
        """The whole catalogue and hours of every day for the pages, and one visit's token."""
        at = timezone.now()
        for weekday in range(7):
            OpeningHours.objects.create(
                mall=self.mall, weekday=weekday, opens_at=dt.time(0), closes_at=dt.time(23, 59)
            )
        result = import_catalogue(mall=self.mall, data=CATALOGUE.read_bytes(), at=at)
        if result.errors:
            raise ValueError(str(result.errors[0]))
        service, window = self.hall.windows[hall.BOOKING[0]]
        visit = rules.book(mall=self.mall, wishes=[rules.Wish(service, window)], name=NAME, at=at)
        return {"token": visit.token}

    def book(self, *, by: str, times: int) -> dict[str, float]:
        """Book one ticket after the other on one connection."""
        act = self.book_once if by == "portal" else self.book_raw
        started = time.perf_counter()
        for _n in range(times):
            act()
        return {"seconds": time.perf_counter() - started}

    def book_once(self) -> None:
        code, window = next(self.windows)
        rules.book(
            mall=self.mall,
            wishes=[rules.Wish(code, window)],
            name=NAME,
            phone=f"0812{next(self.people):08d}",
            channel="api",
            at=timezone.now(),
        )

    def book_raw(self) -> None:
        _code, window = next(self.windows)
        floors.book(self.raw, floors.values(window, *self.about[window], NAME))

    def call(self, *, by: str, times: int, counters: list[list[int]]) -> dict[str, float]:
        """Each counter in a thread of its own calls `times` people; only the calls are timed."""
        calling = self.calling_by_rule if by == "portal" else self.calling_raw
        ready = threading.Barrier(len(counters))
        spent: list[float] = []
        failed: list[BaseException] = []

        def run(counter: int, officer: int) -> None:
            try:
                act, finish = calling(counter, officer)
                ready.wait(timeout=60)
                seconds = 0.0
                for _n in range(times):
                    started = time.perf_counter()
                    act()
                    seconds += time.perf_counter() - started
                    finish()
                spent.append(seconds)
            except Exception as error:  # noqa: BLE001 - a thread's error is the run's
                failed.append(error)
                ready.abort()
            finally:
                connection.close()

        threads = [threading.Thread(target=run, args=tuple(pair)) for pair in counters]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failed:
            raise failed[0]
        return {"seconds": sum(spent), "calls": times * len(counters)}

    def calling_by_rule(
        self, counter: int, officer: int
    ) -> tuple[Callable[[], None], Callable[[], None]]:
        user = self.officers[officer]
        connection.ensure_connection()

        def act() -> None:
            if rules.call_next(counter_id=counter, officer=user, at=timezone.now()) is None:
                raise RuntimeError("nobody waits")

        def finish() -> None:
            with connection.cursor() as cursor:
                cursor.execute(_FINISH, [counter])

        return act, finish

    def calling_raw(
        self, counter: int, officer: int
    ) -> tuple[Callable[[], None], Callable[[], None]]:
        raw = raw_connection()
        asked = {
            "queue": self.hall.queue_waiting,
            "date": self.hall.date,
            "mall": self.hall.mall_id,
            "counter": counter,
            "officer": officer,
        }

        def act() -> None:
            floors.call(raw, {**asked, "at": timezone.now()})

        def finish() -> None:
            with raw.cursor() as cursor:
                cursor.execute(_FINISH, [counter])
            raw.commit()

        return act, finish

    def statements(self) -> dict[str, int]:
        """How many statements one booking and one call send, savepoints and all."""
        with CaptureQueriesContext(connection) as booking:
            self.book_once()
        counter, officer = self.hall.counters[0]
        act, finish = self.calling_by_rule(counter, officer)
        with CaptureQueriesContext(connection) as calling:
            act()
        finish()
        return {"book": len(booking), "call": len(calling)}

    def roll_up(self, *, date: str) -> dict[str, float]:
        started = time.perf_counter()
        statistics.roll_up(mall=self.mall, date=dt.date.fromisoformat(date))
        return {"seconds": time.perf_counter() - started}


def raw_connection() -> Any:
    """A psycopg2 connection with the same options as Django's."""
    return connection.get_new_connection(connection.get_connection_params())


def main() -> None:
    worker = Worker()
    for line in sys.stdin:
        command = json.loads(line)
        answer = getattr(worker, command.pop("act"))(**command)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
