"""A clock that runs faster: a rehearsed day's hours pass in minutes, in all its processes alike.

The driver of the day writes a file; processes that were started with MPP_FAST_CLOCK naming it and
through one of the `fast_*` modules read the time from it. Nothing else ever loads those modules.
"""

import datetime as dt
import json
import os
import time
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from mpp_portal.embedded_processes import write_private

VARIABLE = "MPP_FAST_CLOCK"


class FastClock:
    """Stands at `opens_at` until it is started, then runs `speed` times as fast as the wall's."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read()

    @classmethod
    def make(cls, path: Path, *, opens_at: dt.datetime, speed: float) -> "FastClock":
        """A clock that stands still; `start` sets it going."""
        write_private(
            path, json.dumps({"opens_at": opens_at.timestamp(), "speed": speed, "began": None})
        )
        return cls(path)

    def start(self) -> None:
        """From now on it runs; the other processes notice within a second."""
        values = {"opens_at": self.opens_at, "speed": self.speed, "began": time.time()}
        write_private(self.path, json.dumps(values))
        self._read()

    def now(self) -> dt.datetime:
        """The rehearsed moment, in UTC."""
        wall = time.time()
        if self.began is None and wall > self._look_again:
            self._read()
        passed = max(0.0, wall - self.began) if self.began else 0.0
        return dt.datetime.fromtimestamp(self.opens_at + passed * self.speed, dt.UTC)

    def wall(self, at: dt.datetime) -> float:
        """The wall's seconds since the epoch at a rehearsed moment."""
        return (self.began or 0.0) + (at.timestamp() - self.opens_at) / self.speed

    def _read(self) -> None:
        values = json.loads(self.path.read_text())
        self.opens_at, self.speed = float(values["opens_at"]), float(values["speed"])
        self.began: float | None = values["began"]
        self._look_again = time.time() + 0.2


def install() -> None:
    """Let this process go by the fast clock that the environment names; never in production."""
    path = os.environ[VARIABLE]
    if os.environ.get("PRODUCTION", "").lower() in {"1", "true", "yes", "on"}:
        raise ImproperlyConfigured("A fast clock is for rehearsals: PRODUCTION refuses it.")
    timezone.now = FastClock(Path(path)).now


if VARIABLE in os.environ:
    install()
