"""Starts a real PostgreSQL and a real Valkey where DATABASE_URL and REDIS_URL are unset.

Both come as plain wheels, listen on 127.0.0.1 only and ask for a random password kept in DATA_DIR.
Every process that uses them holds a shared lock on one file; the last one to leave stops them, also
when it was killed (a small keeper process waits for that lock). MPP_EMBEDDED_KEEP=1 leaves them on.
"""

import atexit
import contextlib
import fcntl
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from mpp_portal import embedded_postgres, embedded_valkey
from mpp_portal.embedded_processes import (
    EmbeddedServerError,
    open_lock,
    port_of,
    until,
    write_private,
)

__all__ = ["EmbeddedServerError", "Servers", "ensure_environment", "start", "stop"]

CHECKOUT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Servers:
    """What runs for one DATA_DIR; an empty address or pid 0 means: not started by us."""

    data_dir: str
    database_url: str = ""
    redis_url: str = ""
    postgres_pid: int = 0
    valkey_pid: int = 0


_in_use: tuple[int, int, Path] | None = None  # pid of the process, its shared lock, DATA_DIR
_keepers: list[subprocess.Popen[bytes]] = []  # started by this process


def data_dir() -> Path:
    """DATA_DIR of the environment, else `.data` in the checkout."""
    return Path(os.environ.get("DATA_DIR") or CHECKOUT / ".data").expanduser().resolve()


def ensure_environment() -> None:
    """Set DATABASE_URL and REDIS_URL in os.environ, starting or reusing what is missing."""
    postgres, valkey = not os.environ.get("DATABASE_URL"), not os.environ.get("REDIS_URL")
    if not (postgres or valkey):
        return
    servers = use(data_dir(), postgres=postgres, valkey=valkey)
    if postgres:
        os.environ["DATABASE_URL"] = servers.database_url
    if valkey:
        os.environ["REDIS_URL"] = servers.redis_url


def use(data_dir: Path, *, postgres: bool = True, valkey: bool = True) -> Servers:
    """Start or reuse the servers and count as their user until this process ends."""
    global _in_use
    keep = os.environ.get("MPP_EMBEDDED_KEEP") == "1"
    with _starting(data_dir) as room:
        servers = _start(data_dir, room, postgres=postgres, valkey=valkey)
        if keep:
            (room / "keep").touch()
        if _in_use is None:
            users = open_lock(room / "users.lock")
            fcntl.flock(users, fcntl.LOCK_SH)
            _in_use = (os.getpid(), users, data_dir)
            atexit.register(release)
            if not keep:
                _start_keeper(data_dir)
    return servers


def release() -> None:
    """Stop using the servers; the last user stops them. Does nothing in a forked child."""
    global _in_use
    if _in_use is None or _in_use[0] != os.getpid():
        return
    _, users, place = _in_use
    _in_use = None
    os.close(users)
    stop_if_unused(place)


def stop_if_unused(data_dir: Path) -> bool:
    """Stop the servers of `data_dir` unless somebody uses them or they are to be kept."""
    with _starting(data_dir) as room:
        # The keeper may hold the lock for an instant when the last user has let go of it.
        if (room / "keep").exists() or not until(lambda: _nobody_uses(room), 0.3):
            return False
        _stop(data_dir, room)
    return True


def start(data_dir: Path, *, postgres: bool = True, valkey: bool = True) -> Servers:
    """Start what does not run yet for `data_dir`; raise EmbeddedServerError with one sentence."""
    with _starting(data_dir) as room:
        return _start(data_dir, room, postgres=postgres, valkey=valkey)


def stop(servers: Servers) -> None:
    """Stop the servers, whoever uses them. Data stay."""
    place = Path(servers.data_dir)
    with _starting(place) as room:
        _stop(place, room)


def running(data_dir: Path) -> Servers:
    """What is alive now for `data_dir`, by looking at the processes."""
    room = data_dir / "embedded"
    state = _read_state(data_dir, room)
    return replace(
        state,
        postgres_pid=embedded_postgres.alive(embedded_postgres.home_of(data_dir)),
        valkey_pid=embedded_valkey.alive(room),
    )


def _start(data_dir: Path, room: Path, *, postgres: bool, valkey: bool) -> Servers:
    state, words = _read_state(data_dir, room), _credentials(room)
    if postgres:
        home, port = embedded_postgres.home_of(data_dir), port_of(state.database_url)
        url, pid = embedded_postgres.start(home, words["postgres"], words["cluster"], port)
        state = replace(state, database_url=url, postgres_pid=pid)
        write_private(room / "servers.json", json.dumps(asdict(state)))
    if valkey:
        port = port_of(state.redis_url)
        url, pid = embedded_valkey.start(room, words["valkey"], port)
        state = replace(state, redis_url=url, valkey_pid=pid)
        write_private(room / "servers.json", json.dumps(asdict(state)))
    return state


def _stop(data_dir: Path, room: Path) -> None:
    embedded_postgres.stop(embedded_postgres.home_of(data_dir))
    embedded_valkey.stop(room)
    (room / "keep").unlink(missing_ok=True)
    while _keepers:  # nothing is left to keep
        keeper = _keepers.pop()
        keeper.kill()
        keeper.wait()


@contextlib.contextmanager
def _starting(data_dir: Path) -> Iterator[Path]:
    """Hold the lock of all who start or stop servers of `data_dir`; yields their room in it."""
    room = data_dir / "embedded"
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        room.mkdir(mode=0o700, exist_ok=True)
        lock = open_lock(room / "start.lock")
    except OSError as error:
        raise EmbeddedServerError(
            f"Cannot write to {data_dir} ({error.strerror}): give it to this user, or set DATA_DIR "
            "to a folder of your own."
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield room
    finally:
        os.close(lock)


def _nobody_uses(room: Path) -> bool:
    users = open_lock(room / "users.lock")
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(users)
    return True


def _read_state(data_dir: Path, room: Path) -> Servers:
    try:
        state = Servers(**json.loads((room / "servers.json").read_text()))
    except (FileNotFoundError, ValueError, TypeError):  # none yet, or cut off by a crash
        return Servers(data_dir=str(data_dir))
    return replace(state, data_dir=str(data_dir))


def _credentials(room: Path) -> dict[str, str]:
    """The passwords and the cluster's name; a new DATA_DIR means new ones and a new cluster."""
    path = room / "credentials.json"
    if not path.exists():
        words = ("postgres", "valkey", "cluster")
        write_private(path, json.dumps({word: secrets.token_hex(16) for word in words}))
    return json.loads(path.read_text())


# -- the keeper ------------------------------------------------------------------------------------


def _start_keeper(data_dir: Path) -> None:
    """A process that outlives the users, to stop the servers when the last one was killed."""
    _keepers.append(
        subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "mpp_portal.embedded", str(data_dir)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd=CHECKOUT,
        )
    )


def _keep(data_dir: Path) -> None:
    """Wait for the last user of `data_dir` to be gone, then stop the servers."""
    room = data_dir / "embedded"
    with contextlib.suppress(OSError):  # another keeper waits already, or DATA_DIR is gone
        fcntl.flock(open_lock(room / "keeper.lock"), fcntl.LOCK_EX | fcntl.LOCK_NB)
        while not (room / "keep").exists():
            users = open_lock(room / "users.lock")
            fcntl.flock(users, fcntl.LOCK_EX)
            os.close(users)
            if stop_if_unused(data_dir):
                return


if __name__ == "__main__":
    _keep(Path(sys.argv[1]))
