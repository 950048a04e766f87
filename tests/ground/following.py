"""The live process as the supervisor runs it, and a reader of its streams."""

import json
import os
import re
import resource
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit

from django.conf import settings

from mpp_portal.supervisor import Portal

CHECKOUT = Path(__file__).resolve().parents[2]
# uvicorn's own command, with shorter rounds
QUICK = "from mpp_portal.live import hub; hub.ROUND_S = hub.DEAF_ROUND_S = 1; hub.RETRY_S = 0.3; "
QUICK += "hub.FRESH_S = 4; import uvicorn; uvicorn.main()"


def database_url(port: int | None = None) -> str:
    """The tests' database, by its own door or by another."""
    own = settings.DATABASES["default"]
    who = ":".join(quote(own[name], safe="") for name in ("USER", "PASSWORD") if own[name])
    return f"postgres://{who}@{own['HOST']}:{port or own['PORT']}/{own['NAME']}"


def redis_url(port: int) -> str:
    """The tests' Redis, by another door."""
    parts = urlsplit(settings.REDIS_URL)
    where = f"{parts.netloc.rpartition('@')[0]}@127.0.0.1" if "@" in parts.netloc else "127.0.0.1"
    return parts._replace(netloc=f"{where}:{port}").geturl()


@contextmanager
def live_process(
    *, quick: bool = False, base: str = "http://here", **environment: str
) -> Iterator[tuple[int, subprocess.Popen]]:
    """Its port and the process, once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = Portal(port=port - 1, place=CHECKOUT).live_command()
    if quick:
        command[1:3] = ["-c", QUICK]
    process = subprocess.Popen(
        command,
        cwd=CHECKOUT,
        env={
            **os.environ,
            "DATABASE_URL": database_url(),
            "REDIS_URL": settings.REDIS_URL,
            "SECRET_KEY": settings.SECRET_KEY,
            "BASE_URL": base,
            **environment,
        },
    )
    try:
        end = time.monotonic() + 30
        while not _answers(port):
            assert process.poll() is None, "the live process ended"
            assert time.monotonic() < end
            time.sleep(0.05)
        yield port, process
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Stream:
    """A reader of one stream, by a plain socket."""

    def __init__(self, port: int, path: str, *, room: int = 0) -> None:
        self.link = socket.socket()
        if room:
            self.link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        self.link.settimeout(10)
        self.link.connect(("127.0.0.1", port))
        self.link.sendall(f"GET {path} HTTP/1.1\r\nHost: here\r\n\r\n".encode())
        self.data = b""
        while b"retry: 3000" not in self.data:
            self._read()
        self.head = self.data.partition(b"\r\n\r\n")[0].decode()

    def _read(self) -> None:
        part = self.link.recv(65536)
        assert part, "the stream ended"
        self.data += part

    def next(self, *names: str, within: float = 5) -> tuple[str, dict]:
        """The next event of these names (any, where none is named); others are passed over."""
        end = time.monotonic() + within
        while True:
            found = re.search(rb"event: (\w+)\ndata: (.*)\n\n", self.data)
            if not found:
                left = end - time.monotonic()
                assert left > 0, f"no {names} within {within} s"
                self.link.settimeout(left)
                self._read()
                continue
            self.data = self.data[found.end() :]
            name = found[1].decode()
            if not names or name in names:
                return name, json.loads(found[2])

    def silent(self, seconds: float, *names: str) -> bool:
        """Whether none of these events comes in so many seconds."""
        try:
            self.next(*names, within=seconds)
        except (AssertionError, TimeoutError):
            return True
        return False

    def close(self) -> None:
        self.link.close()


def allow_many(files: int) -> None:
    """Let this process open so many files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(files, hard)), hard))
