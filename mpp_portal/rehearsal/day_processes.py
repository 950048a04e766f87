"""The portal's processes for a rehearsed day: as its supervisor starts them, by a fast clock."""

import contextlib
import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management import CommandError

from mpp_portal import embedded
from mpp_portal.embedded_processes import free_port, last_line
from mpp_portal.rehearsal.clock import VARIABLE, FastClock
from mpp_portal.supervisor import Portal, celery, die_with_parent, end_group

UP_WITHIN_S, GRACE_S = 90.0, 10.0
FAST = "mpp_portal.rehearsal.fast_"


class DayProcesses:
    """Web, live and worker; beat is played by the day itself."""

    def __init__(self, clock: FastClock) -> None:
        port = free_port(0)
        while not _both_free(port):
            port = free_port(0)
        portal = Portal(port=port, place=Path(settings.DATA_DIR))
        self.base_url, self.live_url = portal.base_url, portal.live_url
        self.room = Path(settings.DATA_DIR) / "log"
        self.room.mkdir(mode=0o700, parents=True, exist_ok=True)
        worker = celery("worker", "--concurrency", "2", "--loglevel", "WARNING")
        self.commands = {
            "web": [*portal.web_command()[:-1], f"{FAST}web:application"],
            "live": [*portal.live_command()[:-1], f"{FAST}live:application"],
            "worker": [w.replace("mpp_portal", f"{FAST}worker") for w in worker],
        }
        self.environment = {
            **os.environ,
            VARIABLE: str(clock.path),
            "BASE_URL": self.base_url,
            "LIVE_URL": self.live_url,
            "PYTHONUNBUFFERED": "1",
        }
        self.children: dict[str, subprocess.Popen[bytes]] = {}

    @contextmanager
    def running(self) -> Iterator["DayProcesses"]:
        """All of them, from the first answer to the end."""
        try:
            for name, command in self.commands.items():
                self._start(name, command)
            self._wait_for(f"{self.base_url}/sehat/", "web")
            self._wait_for(f"{self.live_url}/sehat/", "live")
            yield self
        finally:
            self._stop()

    def pids(self) -> dict[str, int]:
        return {name: child.pid for name, child in self.children.items()}

    def dead(self) -> list[str]:
        """Those that ended by themselves."""
        return [name for name, child in self.children.items() if child.poll() is not None]

    def log_of(self, name: str) -> Path:
        return self.room / f"day-{name}.log"

    def _start(self, name: str, command: list[str]) -> None:
        with self.log_of(name).open("wb") as log:
            self.children[name] = subprocess.Popen(  # noqa: S603
                command,
                cwd=embedded.CHECKOUT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )

    def _wait_for(self, url: str, name: str) -> None:
        end = time.monotonic() + UP_WITHIN_S
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while time.monotonic() < end and not self.dead():
            with contextlib.suppress(OSError), opener.open(url, timeout=5) as answer:
                if answer.status == 200:
                    return
            time.sleep(0.2)
        why = last_line(self.log_of((self.dead() or [name])[0]))
        raise CommandError(f"The {name} process does not answer: {why}")

    def _stop(self) -> None:
        for child in self.children.values():
            child.terminate()
        end = time.monotonic() + GRACE_S
        for child in self.children.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(timeout=max(0.1, end - time.monotonic()))
            end_group(child.pid)
            child.wait()


def _both_free(port: int) -> bool:
    return free_port(port + 1) == port + 1
