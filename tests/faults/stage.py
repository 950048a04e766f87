"""Servers of their own and real processes of the portal, to be killed and started again."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import psycopg2

from mpp_portal import embedded

ROOT = Path(__file__).resolve().parents[2]
# Some installed packages bring a package `tests` of their own; these tests' modules come first.
OURS = """
import sys, types
sys.modules["tests"] = types.ModuleType("tests")
sys.modules["tests"].__path__ = ["tests"]
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Stage:
    """PostgreSQL and Valkey in a folder of their own, and the portal's processes by name."""

    def __init__(self, data_dir: Path, **environment: str) -> None:
        self.data_dir = data_dir
        self.servers = embedded.start(data_dir)
        self.port, self.live_port = free_port(), free_port()
        self.env = {
            **os.environ,
            "DATABASE_URL": self.servers.database_url,
            "REDIS_URL": self.servers.redis_url,
            "DATA_DIR": str(data_dir),
            "DJANGO_SETTINGS_MODULE": "mpp_portal.settings",
            "PYTHONPATH": str(ROOT),
            **environment,
        }
        self.commands: dict[str, list[str]] = {}
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def python(self, *args: str) -> str:
        """What a Python program prints, in the environment of the portal."""
        done = subprocess.run(
            [sys.executable, *args],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=90,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    def run(self, code: str, *args: str) -> str:
        """What this code prints; it may import what stands in `tests`."""
        return self.python("-c", OURS + code, *args)

    def query(self, sql: str, *values: object) -> list[tuple]:
        with psycopg2.connect(self.servers.database_url) as connection:
            cursor = connection.cursor()
            cursor.execute(sql, values)
            return cursor.fetchall()

    def start(self, name: str, *command: str) -> None:
        """Start a process; without a command the one that it had before."""
        if command:
            self.commands[name] = [sys.executable, *command]
        self.running[name] = subprocess.Popen(
            self.commands[name],
            cwd=ROOT,
            env=self.env,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self, name: str) -> None:
        """kill -9, with everything that it started."""
        process = self.running.pop(name, None)
        if process:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def kill_valkey(self) -> None:
        os.kill(self.servers.valkey_pid, signal.SIGKILL)

    def kill_postgres(self) -> None:
        os.kill(self.servers.postgres_pid, signal.SIGKILL)

    def restart_servers(self) -> None:
        """Those that died come back at their addresses, with their data."""
        before = (self.servers.database_url, self.servers.redis_url)
        self.servers = embedded.start(self.data_dir)
        assert (self.servers.database_url, self.servers.redis_url) == before

    def close(self) -> None:
        for name in list(self.running):
            self.kill(name)
        embedded.stop(self.servers)


def answers(url: str, *, seconds: float = 40) -> None:
    """Wait until something answers there."""
    end = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(url, timeout=2).close()  # noqa: S310
        except urllib.error.HTTPError:
            return
        except OSError:
            assert time.monotonic() < end, f"{url} never answers"
            time.sleep(0.1)
        else:
            return
