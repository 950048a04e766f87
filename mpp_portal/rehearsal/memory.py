"""How much memory processes hold, from /proc: what several share is counted once."""

import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path

PROC = Path("/proc")
Megabytes = dict[str, float]


def tree(pid: int) -> list[int]:
    """A process and all below it."""
    children: dict[int, list[int]] = {}
    for entry in PROC.glob("[0-9]*"):
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            continue  # it has just ended
        children.setdefault(parent, []).append(int(entry.name))
    found, look = [], [pid]
    while look:
        one = look.pop()
        found.append(one)
        look += children.get(one, [])
    return found


def megabytes(pid: int) -> float:
    """Memory of a process and all below it."""
    return sum(map(_of_one, tree(pid))) / 1024


def _of_one(pid: int) -> int:
    """Kilobytes: proportional where the system says so, else resident."""
    for name, word in (("smaps_rollup", "Pss:"), ("status", "VmRSS:")):
        try:
            lines = (PROC / str(pid) / name).read_text().splitlines()
        except OSError:
            continue
        for line in lines:
            if line.startswith(word):
                return int(line.split()[1])
    return 0


def parent_of(pid: int) -> int | None:
    """The parent, where both are processes of this machine and this is PostgreSQL's."""
    try:
        stat = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    return int(stat.rpartition(")")[2].split()[1]) if "postgres" in stat else None


class Watch(threading.Thread):
    """Looks at some processes every few seconds, by name, until it is stopped."""

    def __init__(self, pids: Mapping[str, int], *, every_s: float = 5.0) -> None:
        super().__init__(daemon=True)
        self.pids, self.every_s = dict(pids), every_s
        self.samples: list[tuple[float, Megabytes]] = []  # seconds since the start
        self.load: list[float] = []
        self._over = threading.Event()

    def run(self) -> None:
        began = time.monotonic()
        while True:
            passed = time.monotonic() - began
            self.samples.append((passed, {n: megabytes(pid) for n, pid in self.pids.items()}))
            self.load.append(os.getloadavg()[0])
            if self._over.wait(self.every_s):
                return

    def stop(self) -> None:
        self._over.set()
        self.join()
