"""Acts in the order of their time. Several threads may take from it and add to it."""

import datetime as dt
import heapq
import itertools
import logging
import random
import threading
from collections import Counter as Tally
from collections.abc import Callable
from typing import Any

from queueing.refusals import Refusal

Act = Callable[..., Any]  # its time; seconds until it wants to act again
Entry = tuple[dt.datetime, int, Act]
_log = logging.getLogger(__name__)


def fate(kind: str, pk: int) -> random.Random:
    """Chance that is the same whenever it is asked about the same row."""
    return random.Random(f"{kind} {pk}")  # noqa: S311


class Agenda:
    """What is to be done, and how often a rule said no."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.refused: Tally[str] = Tally()
        self.done = 0
        self._numbers = itertools.count(1)
        self._under_way: set[object] = set()
        self._lock = threading.Lock()

    def plan(self, at: dt.datetime, act: Act) -> None:
        with self._lock:
            heapq.heappush(self.entries, (at, next(self._numbers), act))

    def plan_once(self, key: object, at: dt.datetime, act: Act) -> None:
        """The same, unless this is planned or under way already."""

        def only(now: dt.datetime) -> None:
            try:
                self.run(act, now)
            finally:
                self._under_way.discard(key)

        if key not in self._under_way:
            self._under_way.add(key)
            self.plan(at, only)

    def next_at(self) -> dt.datetime | None:
        """When the next act wants to run."""
        with self._lock:
            return self.entries[0][0] if self.entries else None

    def take(self) -> Entry:
        with self._lock:
            return heapq.heappop(self.entries)

    def step(self, at: dt.datetime) -> None:
        """Run the next act at `at`."""
        self.perform(self.take(), at)

    def perform(self, entry: Entry, at: dt.datetime) -> None:
        """Run an act that was taken. When the database is away it goes back on the agenda."""
        done = False
        try:
            again = self.run(entry[2], at)
            done = True
        finally:
            if not done:
                with self._lock:
                    heapq.heappush(self.entries, entry)
        if again is not None:
            self.plan(at + dt.timedelta(seconds=again), entry[2])

    def run(self, act: Act, at: dt.datetime, *more: object) -> Any:
        """Run an act; to be refused is part of life."""
        try:
            return act(at, *more)
        except Refusal as refusal:
            self.note(refusal)
            return None
        finally:
            self.done += 1

    def note(self, refusal: Refusal) -> None:
        with self._lock:
            self.refused[refusal.code] += 1
        _log.debug("refused: %s", refusal.code)
