"""The processes of a run: measured workers and web servers. All end with it."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from bench import database
from mpp_portal import embedded
from mpp_portal.embedded_processes import free_port, last_line
from mpp_portal.ports import HOST
from mpp_portal.supervisor import Demo

PORTAL, FLOOR = "mpp_portal.wsgi:application", "bench.floor.wsgi:application"


class Worker:
    """A worker process (`worker.py`) on one database."""

    def __init__(self, name: str) -> None:
        self.child = subprocess.Popen(
            [sys.executable, "-m", "bench.worker"],
            cwd=embedded.CHECKOUT,
            env={**os.environ, "DATABASE_URL": database.url_of(name)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def tell(self, act: str, **values: Any) -> None:
        """Begin an act; `answer` waits for its end."""
        self.child.stdin.write(json.dumps({"act": act, **values}) + "\n")  # type: ignore[union-attr]
        self.child.stdin.flush()  # type: ignore[union-attr]

    def answer(self) -> dict[str, float]:
        line = self.child.stdout.readline()  # type: ignore[union-attr]
        if not line:
            raise database.CannotRun("A measured process ended; its error is above.")
        return json.loads(line)

    def ask(self, act: str, **values: Any) -> dict[str, float]:
        self.tell(act, **values)
        return self.answer()


@contextmanager
def workers(*names: str) -> Iterator[list[Worker]]:
    """A worker for each of these databases."""
    staff = [Worker(name) for name in names]
    try:
        yield staff
    finally:
        for worker in staff:
            worker.child.stdin.close()  # type: ignore[union-attr]
        for worker in staff:
            try:
                worker.child.wait(timeout=10)
            except subprocess.TimeoutExpired:
                worker.child.kill()
                worker.child.wait()
            worker.child.stdout.close()  # type: ignore[union-attr]


@contextmanager
def web_server(application: str, name: str, path: str) -> Iterator[int]:
    """A web server as the portal's supervisor starts it; its port, once `path` answers."""
    port = free_port(0)
    command = Demo(port=port, place=Path(embedded.data_dir())).web_command()
    with tempfile.NamedTemporaryFile(suffix=".log") as log:
        child = subprocess.Popen(  # noqa: S603
            [*command[:-1], application],
            cwd=embedded.CHECKOUT,
            env={**os.environ, "DATABASE_URL": database.url_of(name)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            if not _answers(f"http://{HOST}:{port}{path}", child):
                raise database.CannotRun(
                    f"The web server of {application} does not answer: {last_line(Path(log.name))}"
                )
            yield port
        except database.CannotRun as error:
            crashes = [line for line in Path(log.name).read_text().splitlines() if "crash" in line]
            raise database.CannotRun("\n".join([str(error), *crashes[-3:]])) from error
        finally:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGTERM)
            try:
                child.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()


def _answers(url: str, child: subprocess.Popen[bytes]) -> bool:
    """Whether the server answers anything at all within a minute."""
    end = time.monotonic() + 60
    while time.monotonic() < end and child.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=2).close()  # noqa: S310
        except urllib.error.HTTPError:
            return True
        except OSError:
            time.sleep(0.1)
        else:
            return True
    return False
