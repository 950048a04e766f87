"""What the embedded servers share: processes, ports, locks and private files."""

import contextlib
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

_PORTS = range(20_000, 32_000)
_PORT_PATIENCE = 3.0  # seconds
PATIENCE = 30.0  # seconds for a server to come up or to go

children: list[subprocess.Popen[bytes]] = []  # kept so that a server that ends is reaped


class EmbeddedServerError(Exception):
    """A server cannot be started here; the text is one sentence that says what to do."""


def arguments_of(pid: int) -> list[str]:
    """The command line of a living process; empty for none, and for one that has ended."""
    if pid <= 1:
        return []
    for child in children:
        child.poll()
    if Path("/proc/self").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            return []
    shown = subprocess.run(  # noqa: S603
        ["/bin/ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return [shown.stdout] if "<defunct>" not in shown.stdout else []


def process_with(pid: int, argument: Path) -> int:
    """`pid` if it is alive and was started with `argument` (a pid may belong to another by now)."""
    return pid if any(str(argument) in part for part in arguments_of(pid)) else 0


def recorded_pid(pid_file: Path) -> int:
    """The number a server wrote when it started; 0 when there is none."""
    try:
        return int(pid_file.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return 0


def until(true: Callable[[], bool], seconds: float = PATIENCE) -> bool:
    """Wait until `true` says so; False when it has not after that many seconds."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def end(alive: Callable[[], int], *signals: signal.Signals) -> None:
    """Send the signals, each ruder than the one before, until `alive` finds no process."""
    for number in signals:
        if not (pid := alive()):
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        until(lambda: not alive(), PATIENCE / 3)


def port_of(url: str) -> int:
    return int(url.rsplit(":", 1)[1].split("/", 1)[0]) if url else 0


def free_port(wanted: int) -> int:
    """The port of last time if it is free (clients may still know it), else any free one.

    A child of a server that was killed may hold it for a moment more: that is waited for. Others
    are taken below those that the system gives to outgoing connections: a client that asks a dead
    server again and again would in the end be given the server's own port, and keep it away.
    """
    if wanted and until(lambda: _can_listen(wanted), _PORT_PATIENCE):
        return wanted
    for port in random.sample(_PORTS, 50):
        if _can_listen(port):
            return port
    raise EmbeddedServerError("No TCP port is free on 127.0.0.1: stop something and try again.")


def _can_listen(port: int) -> bool:
    with socket.socket() as listener, contextlib.suppress(OSError):
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # past TIME_WAIT only
        listener.bind(("127.0.0.1", port))
        listener.listen()
        return True
    return False


def open_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads, whole or not at all."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    fresh.replace(path)


def last_line(log: Path) -> str:
    try:
        lines = log.read_text(errors="replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1].strip() if lines else ""
