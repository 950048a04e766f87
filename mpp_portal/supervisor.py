"""Runs the portal: its servers, its data and all its processes, and stops them all.

    python -m mpp_portal.supervisor demo     with the demo mall, which lives
    python -m mpp_portal.supervisor start    with whatever stands there; empty: a code to set it up

PORT (8000) is the web server's, the next one the live server's; data and logs are in DATA_DIR.
"""

import base64
import contextlib
import ctypes
import hashlib
import json
import os
import secrets
import selectors
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import environ

from mpp_portal import demo_messages, embedded
from mpp_portal.embedded_processes import write_private
from mpp_portal.ports import HOST, CannotStart, free_ports, wanted_port
from notifications import vapid

CHECKOUT = embedded.CHECKOUT
GRACE = 8.0  # seconds a process may take to stop
LONGEST_PAUSE = 30.0  # seconds between two starts of a process that keeps dying
UP_WITHIN = 90.0  # seconds for the first page
LARGEST_LOG = 10_000_000  # bytes; an older log is kept once beside it
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class Stopped(Exception):
    """Somebody asked to stop while the demo was still coming up."""


def main(arguments: list[str]) -> int:
    if arguments not in (["demo"], ["start"]):
        print("usage: python -m mpp_portal.supervisor demo | start", file=sys.stderr)  # noqa: T201
        return 2
    environ.Env.read_env(CHECKOUT / ".env")
    try:
        port = wanted_port()
        place = embedded.data_dir()
        run = Demo if arguments == ["demo"] else Portal
        return run(port=port, place=place).run()
    except (CannotStart, embedded.EmbeddedServerError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2


def keys(place: Path) -> dict[str, str]:
    """The demo's own keys, made once: what was encrypted stays readable at the next start."""
    path = place / "secrets.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    makers = {
        "SECRET_KEY": lambda: secrets.token_urlsafe(48),
        "FIELD_KEYS": lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "BLIND_INDEX_KEY": lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "VAPID_PRIVATE_KEY": vapid.new_key,
    }
    if missing := makers.keys() - known.keys():
        known |= {name: makers[name]() for name in missing}
        write_private(path, json.dumps(known))
    return known


@dataclass
class Process:
    """A program of the portal, restarted when it dies; its output goes to its log and on."""

    name: str
    command: list[str]
    may_end: bool = False  # a clean end is not a death
    child: subprocess.Popen[bytes] | None = None
    pause: float = 0.5
    started_at: float = 0.0
    start_at: float = 0.0
    rest: bytes = field(default=b"", repr=False)  # of a line not yet whole


class Portal:
    """Everything that runs between `make start` and Ctrl-C."""

    def __init__(self, *, port: int, place: Path) -> None:
        self.port, self.place = port, place
        self.base_url, self.live_url = f"http://{HOST}:{port}", f"http://{HOST}:{port + 1}"
        self.stopping = False
        self.processes: list[Process] = []
        self.selector = selectors.DefaultSelector()
        self.own_servers = False

    # -- the course of things ----------------------------------------------------------------------

    def run(self) -> int:
        self.listen_to_signals()
        try:
            self.prepare()
            self.start_all()
            self.supervise()
        except Stopped:
            pass
        finally:
            self.stop_all()
            embedded.release()
        say("Stopped.")
        return 0

    def listen_to_signals(self) -> None:
        signal.signal(signal.SIGINT, self.ask_to_stop)
        signal.signal(signal.SIGTERM, self.ask_to_stop)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup wants to stay
            signal.signal(signal.SIGHUP, self.ask_to_stop)

    def ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def prepare(self) -> None:
        """Servers, keys, tables, static files and the demo mall."""
        self.own_servers = not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"))
        if self.own_servers:
            say("Starting PostgreSQL and Valkey ...")
        embedded.ensure_environment()
        self.place.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, value in keys(self.place).items():
            os.environ.setdefault(name, value)
        os.environ |= {
            "DATA_DIR": str(self.place),
            "PORT": str(self.port),
            "PYTHONUNBUFFERED": "1",
            **self.own_environment(),
        }
        (self.place / "log").mkdir(mode=0o700, exist_ok=True)
        self.manage("migrate", "--noinput", "--verbosity", "0", doing="Preparing the tables")
        fingerprint, stamp = static_fingerprint(), self.place / "static.stamp"
        if not (stamp.exists() and stamp.read_text() == fingerprint):
            words = ("collectstatic", "--noinput", "--verbosity", "0")
            self.manage(*words, doing="Gathering the static files")
            stamp.write_text(fingerprint)
        self.fill()

    def own_environment(self) -> dict[str, str]:
        """Behind a proxy the operator says where the portal is; else it is here."""
        if os.environ.get("BASE_URL"):
            return {}
        return {"BASE_URL": self.base_url, "LIVE_URL": self.live_url}

    def fill(self) -> None:
        """What stands in the portal before it starts: nothing but what was there."""

    def first_processes(self) -> list[Process]:
        return []

    def more_processes(self) -> list[Process]:
        return []

    def manage(self, *words: str, doing: str) -> None:
        """Run one management command to its end."""
        if self.stopping:
            raise Stopped
        say(f"{doing} ...")
        step = Process(words[0], [sys.executable, "manage.py", *words])
        self.start(step)
        while step.child is not None and step.child.poll() is None:
            self.pump(0.1)
            if self.stopping:
                self.end([step])
                raise Stopped
        result = step.child.returncode if step.child else 1
        self.drain(step)
        if result != 0:
            raise CannotStart(
                f"manage.py {words[0]} failed; the reason is above and in {self.log_of(step)}."
            )

    def start_all(self) -> None:
        schedule = str(self.place / "beat-schedule")
        self.processes = [
            *self.first_processes(),
            Process("web", self.web_command()),
            Process("live", self.live_command()),
            Process("worker", celery("worker", "--concurrency", "2", "--loglevel", "WARNING")),
            Process(
                "beat",
                celery("beat", "--loglevel", "WARNING", "--pidfile=", "--schedule", schedule),
            ),
        ]
        for process in self.processes:
            self.start(process)
        end = time.monotonic() + UP_WITHIN
        while not self.answers():
            self.pump(0.2)
            self.restart_the_dead()
            if self.stopping:
                raise Stopped
            if time.monotonic() > end:
                raise CannotStart(
                    f"{self.base_url}/sehat/ does not answer 200 after {UP_WITHIN:.0f} seconds; "
                    f"the reason should be in {self.place}/log/web.log."
                )
        for process in self.more_processes():
            self.processes.append(process)
            self.start(process)
        self.introduce()

    def supervise(self) -> None:
        look_at_servers = time.monotonic()
        while not self.stopping:
            self.pump(0.2)
            self.restart_the_dead()
            if self.own_servers and time.monotonic() > look_at_servers:
                self.restart_dead_servers()
                look_at_servers = time.monotonic() + 1

    # -- the commands ------------------------------------------------------------------------------

    def web_command(self) -> list[str]:
        options = f"--interface wsgi --host {HOST} --port {self.port} --workers 2"
        # granian silently lets connections past the back-pressure hang: keep it above any crowd.
        options += " --blocking-threads 4 --backlog 4096 --backpressure 2048"
        options += " --respawn-failed-workers --workers-kill-timeout 5 --no-access-log --no-ws"
        options += " --log-level warning"
        return [sys.executable, "-m", "granian", *options.split(), "mpp_portal.wsgi:application"]

    def live_command(self) -> list[str]:
        options = f"--host {HOST} --port {self.port + 1} --timeout-graceful-shutdown 3"
        options += " --no-access-log --log-level warning --backlog 4096"
        return [sys.executable, "-m", "uvicorn", *options.split(), "mpp_portal.live:application"]

    # -- processes ---------------------------------------------------------------------------------

    def start(self, process: Process) -> None:
        """Start it in a session of its own: the terminal's Ctrl-C reaches only us."""
        log = self.log_of(process)
        if log.exists() and log.stat().st_size > LARGEST_LOG:
            log.replace(log.with_suffix(".log.1"))
        process.started_at = time.monotonic()
        process.child = subprocess.Popen(  # noqa: S603
            process.command,
            cwd=CHECKOUT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
        output = process.child.stdout
        if output is not None:
            os.set_blocking(output.fileno(), False)
            self.selector.register(output, selectors.EVENT_READ, process)

    def restart_the_dead(self) -> None:
        now = time.monotonic()
        for process in self.processes:
            child = process.child
            if child is not None and (result := child.poll()) is not None:
                self.drain(process)
                end_group(child.pid)  # its own children would keep the port
                process.child = None
                if process.may_end and result == 0:
                    process.start_at = float("inf")
                    continue
                if now - process.started_at > LONGEST_PAUSE:
                    process.pause = 0.5
                process.start_at = now + process.pause
                say(f"{process.name} ended ({result}); next start in {process.pause:g} s.")
                process.pause = min(2 * process.pause, LONGEST_PAUSE)
            elif child is None and process.started_at and now >= process.start_at:
                self.start(process)

    def restart_dead_servers(self) -> None:
        """A server that crashed comes back with its data; processes reconnect by themselves."""
        now = embedded.running(self.place)
        lost_postgres = bool(now.database_url) and not now.postgres_pid
        lost_valkey = bool(now.redis_url) and not now.valkey_pid
        lost_postgres &= now.database_url == os.environ["DATABASE_URL"]
        lost_valkey &= now.redis_url == os.environ["REDIS_URL"]
        if not (lost_postgres or lost_valkey):
            return
        say("A server ended; starting it again.")
        back = embedded.start(self.place, postgres=lost_postgres, valkey=lost_valkey)
        fresh = {
            **({"DATABASE_URL": back.database_url} if lost_postgres else {}),
            **({"REDIS_URL": back.redis_url} if lost_valkey else {}),
        }
        if any(os.environ[name] != url for name, url in fresh.items()):  # its port was gone
            os.environ |= fresh
            self.end(self.processes)

    def stop_all(self) -> None:
        if any(process.child for process in self.processes):
            say("Stopping ...")
        self.end(self.processes)

    def end(self, processes: list[Process]) -> None:
        """SIGTERM to each, SIGKILL after GRACE, and nothing of their groups is left."""
        alive = [process for process in processes if process.child is not None]
        for process in alive:
            if process.child is not None:
                process.child.terminate()
        end = time.monotonic() + GRACE
        while time.monotonic() < end and any(p.child and p.child.poll() is None for p in alive):
            self.pump(0.05)
        for process in alive:
            if process.child is not None:
                end_group(process.child.pid)
                process.child.wait()
                self.drain(process)

    # -- output ------------------------------------------------------------------------------------

    def log_of(self, process: Process) -> Path:
        return self.place / "log" / f"{process.name}.log"

    def pump(self, seconds: float) -> None:
        """Pass on what the processes print; returns after that many seconds at the latest."""
        if not self.selector.get_map():
            time.sleep(seconds)
        for key, _ in self.selector.select(seconds):
            self.pass_on(key.fileobj, key.data)

    def pass_on(self, output: Any, process: Process) -> bool:
        try:
            text = os.read(output.fileno(), 65536)
        except BlockingIOError:
            return False
        if not text:
            self.selector.unregister(output)
            output.close()
            return False
        with self.log_of(process).open("ab") as log:
            log.write(text)
        *lines, process.rest = (process.rest + text).split(b"\n")
        for line in lines:
            say(f"{process.name:9}| {line.decode(errors='replace').rstrip()}")
        return True

    def drain(self, process: Process) -> None:
        output = process.child.stdout if process.child else None
        while output is not None and not output.closed and self.pass_on(output, process):
            pass
        if output is not None and not output.closed:
            self.selector.unregister(output)
            output.close()

    # -- the first page and who may log in ---------------------------------------------------------

    def answers(self) -> bool:
        try:
            request = urllib.request.Request(f"{self.base_url}/sehat/")  # noqa: S310
            no_proxy = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with no_proxy.open(request, timeout=2) as answer:
                return answer.status == 200
        except OSError:  # refused, too early, or an answer that says "not well yet"
            return False

    def introduce(self) -> None:
        say("")
        say(f"The portal is up:      {self.base_url}/")
        say(f"Administration:        {self.base_url}/admin/")
        say(f"Dashboards:            {self.base_url}/dasbor/")
        say(f"API:                   {self.base_url}/api/v1/docs")
        self.tell_more()
        say("Ctrl-C stops everything; the data stay.")
        say("")

    def tell_more(self) -> None:
        """Whoever reads this may set up an installation in which nothing stands; no log has it."""
        command = [sys.executable, "-W", "ignore", "manage.py", "setup_code"]
        told = subprocess.run(  # noqa: S603
            command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True, check=False
        )
        for line in told.stdout.splitlines():
            say(line)


class Demo(Portal):
    """Everything that runs between `make demo` and Ctrl-C: with a mall, and people in it."""

    def own_environment(self) -> dict[str, str]:
        self.smtp_port, self.sms_port = free_ports(2, after=self.port + 1)
        return {
            "MPP_DEMO": "1",
            "BASE_URL": self.base_url,
            "LIVE_URL": self.live_url,
            **demo_messages.environment(
                smtp_port=self.smtp_port,
                sms_port=self.sms_port,
                push=bool(os.environ.get("VAPID_PRIVATE_KEY")),
            ),
        }

    def fill(self) -> None:
        self.manage("prepare_demo", doing="Preparing the demo mall")

    def first_processes(self) -> list[Process]:
        catcher = [sys.executable, "-m", "mpp_portal.demo_messages.catcher"]
        return [Process("pesan", [*catcher, str(self.smtp_port), str(self.sms_port)])]

    def more_processes(self) -> list[Process]:
        return [Process("rehearse", [sys.executable, "manage.py", "rehearse"], may_end=True)]

    def tell_more(self) -> None:
        say(f"Messages it sends:     {self.base_url}/demo/pesan/")
        with contextlib.suppress(FileNotFoundError):
            demo = json.loads((self.place / "demo.json").read_text())
            one_of_each = {user["role"]: user for user in reversed(demo.get("users", []))}
            for user in reversed(one_of_each.values()):
                words = (user.get(name) for name in ("username", "password", "role", "agency"))
                say("Log in:  " + "  ".join(f"{word:20}" for word in words if word))
            if pin := next((u["pin"] for u in one_of_each.values() if u.get("pin")), ""):
                say(f"PIN of all of them at a counter: {pin}")
            for one in demo.get("devices", []):
                say(f"Pair a browser as {one['name']}: {one['pair_at']}  code {one['code']}")
            say(f"All addresses, log-ins and tokens: {self.place / 'demo.json'}")


def celery(*words: str) -> list[str]:
    """Celery's command; its advice against root is for machines that strangers can reach."""
    python = [sys.executable, "-W", "ignore:You're running the worker"]
    return [*python, "-m", "celery", "-A", "mpp_portal", "--quiet", *words]


def die_with_parent() -> None:
    """In the new process: end when the supervisor is killed (Linux)."""
    if LIBC is not None:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def end_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def static_fingerprint() -> str:
    """Changes when a static file or a package that brings some has changed."""
    settings = CHECKOUT / "mpp_portal" / "settings.py"
    sources = [CHECKOUT / "requirements.lock", settings, *CHECKOUT.glob("static/**/*")]
    stats = ((str(path), path.stat().st_mtime_ns) for path in sorted(sources) if path.is_file())
    return hashlib.sha256(repr(list(stats)).encode()).hexdigest()


def say(text: str) -> None:
    with contextlib.suppress(BrokenPipeError):  # nobody listens any more; the logs still do
        print(text, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
