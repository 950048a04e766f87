"""Prepares a fresh checkout (venv, locked packages, translations), then runs what was asked for.

    python3 mpp_portal/bootstrap.py demo | start | test [for pytest] | bench [...] | run TOOL ...

Runs with the system's Python by its path, with the standard library only.
"""

from __future__ import annotations

import os
import sys

if sys.path[:1] == [os.path.dirname(os.path.abspath(__file__))]:
    del sys.path[0]  # the modules of this folder must not stand for the library's

import contextlib
import hashlib
import re
import shutil
import subprocess

CHECKOUT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(CHECKOUT, ".venv")
BIN = os.path.join(VENV, "bin")
PYTHON = os.path.join(BIN, "python")
LOCK = os.path.join(CHECKOUT, "requirements.lock")
STAMP = os.path.join(VENV, "installed.txt")
PIP_LOG = os.path.join(VENV, "install.log")
PLAIN_SOURCE = "http-ece"  # published as source only, Python without anything to compile
OLDEST_PYTHON = (3, 11)
COMMANDS = {
    "demo": [PYTHON, "-m", "mpp_portal.supervisor", "demo"],
    "start": [PYTHON, "-m", "mpp_portal.supervisor", "start"],
    "test": [PYTHON, "-m", "pytest", "-n", "4", "--dist", "loadfile", "--no-loadscope-reorder"],
    "bench": [PYTHON, "-m", "bench"],
}
# What pip says, and what a person can do about it; the first that fits is taken.
PIP_TROUBLES = [
    (
        r"NewConnectionError|ConnectTimeout|ReadTimeout|Temporary failure|Network is unreachable"
        r"|ProxyError|SSLError|Connection refused|Connection broken|Max retries",
        "The package index cannot be reached: check the network (or set PIP_INDEX_URL or PIP_PROXY)"
        " and run the same command again.",
    ),
    (
        r"No space left on device",
        "The disk is full: free about 1 GB for this checkout and run the same command again.",
    ),
    (
        r"DO NOT MATCH THE HASHES",
        "A package differs from the one that requirements.lock names: do not use it; empty pip's "
        "cache (pip cache purge), check the package index, and run the same command again.",
    ),
    (
        r"No matching distribution found for ([\w.\-]+)",
        "There is no ready-made package of {0} for this platform ({platform}): use Linux "
        "(x86_64 or aarch64, with glibc) or macOS with Python 3.11 to 3.13, for example in a "
        "container of python:3.11.",
    ),
]


class Trouble(Exception):
    """The checkout cannot be prepared; the text is one sentence that says what to do."""


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] not in [*COMMANDS, "run"]:
        usage = "usage: bootstrap.py demo | start | test ... | bench ... | run TOOL ..."
        print(usage, file=sys.stderr)  # noqa: T201
        return 2
    try:
        check_python()
        with one_at_a_time():
            make_venv()
            install_packages()
            compile_translations()
        command = command_for(arguments)
    except Trouble as trouble:
        print(trouble, file=sys.stderr)  # noqa: T201
        return 2
    os.chdir(CHECKOUT)
    sys.stdout.flush()
    os.execv(command[0], command)  # noqa: S606


def command_for(arguments: list[str]) -> list[str]:
    what, rest = arguments[0], arguments[1:]
    if what != "run":
        return COMMANDS[what] + rest
    tool = os.path.join(BIN, rest[0]) if rest else ""
    if not os.path.isfile(tool):
        raise Trouble("run: name a program of .venv/bin, for example: run ruff check")
    return [tool, *rest[1:]]


def check_python() -> None:
    version = tuple(sys.version_info[:2])
    if version < OLDEST_PYTHON:
        raise Trouble(
            "Python 3.11 or later is needed and this is {}.{} ({}): install a newer one and name "
            "it, for example: make demo PYTHON=python3.12".format(*version, sys.executable)
        )
    if os.name != "posix":
        raise Trouble("The portal runs on Linux and macOS: on Windows use WSL or a container.")
    try:
        __import__("ensurepip")
        __import__("venv")
    except ImportError as error:
        raise no_venv() from error


def no_venv() -> Trouble:
    return Trouble(
        f"This Python ({sys.executable}) cannot make a virtual environment: install its venv "
        "module, on Debian and Ubuntu with: apt-get install python3-venv"
    )


@contextlib.contextmanager
def one_at_a_time():
    """Two commands started together do not install into each other."""
    import fcntl  # noqa: PLC0415 - missing on Windows, which check_python refuses first

    folder = os.open(CHECKOUT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def make_venv() -> None:
    """Make .venv unless there is one that works and is not of another Python's leftovers."""
    works = [PYTHON, "-c", "import pip"]
    if os.path.exists(PYTHON) and subprocess.call(works, stderr=subprocess.DEVNULL) == 0:  # noqa: S603
        return
    say("Making the virtual environment .venv ...")
    try:
        shutil.rmtree(VENV, ignore_errors=True)
        os.makedirs(VENV, exist_ok=True)
    except OSError as error:
        raise cannot_write(error) from error
    made = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "venv", VENV],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if made.returncode != 0:
        text = made.stdout.decode(errors="replace")
        shutil.rmtree(VENV, ignore_errors=True)
        if "No space left" in text or "Permission denied" in text:
            raise Trouble(f"The virtual environment cannot be made in {VENV}: {last_line(text)}")
        raise no_venv()


def install_packages() -> None:
    """Install what requirements.lock names, when it differs from what was installed last."""
    with open(LOCK, "rb") as file:
        wanted = hashlib.sha256(file.read()).hexdigest()
    with contextlib.suppress(OSError), open(STAMP) as file:
        if file.read() == wanted:
            return
    say("Installing the locked packages into .venv (about a minute, only once) ...")
    command = [PYTHON, "-m", "pip", "install", "--require-hashes", "--only-binary", ":all:"]
    command += ["--no-binary", PLAIN_SOURCE]
    command += ["--no-input", "--disable-pip-version-check", "--no-color"]
    command += ["--retries", "2", "--timeout", "30", "-r", LOCK]
    try:
        with open(PIP_LOG, "wb") as log:
            failed = subprocess.call(  # noqa: S603
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=CHECKOUT
            )
        if not failed:
            with open(STAMP, "w") as file:
                file.write(wanted)
            return
    except OSError as error:
        raise cannot_write(error) from error
    with open(PIP_LOG, errors="replace") as log:
        raise Trouble(f"{pip_trouble(log.read())} (pip's own words: {PIP_LOG})")


def pip_trouble(text: str) -> str:
    """One sentence for what pip wrote."""
    for pattern, sentence in PIP_TROUBLES:
        found = re.search(pattern, text)
        if found:
            platform = "{0}, Python {1[0]}.{1[1]}".format(" ".join(uname()), sys.version_info)
            return sentence.format(*found.groups(), platform=platform)
    return f"The packages could not be installed: {last_line(text)}"


def uname() -> list[str]:
    system = os.uname()
    return [system.sysname, system.machine]


def compile_translations() -> None:
    """Make each .mo that is older than its .po."""
    locale = os.path.join(CHECKOUT, "locale")
    languages = sorted(os.listdir(locale)) if os.path.isdir(locale) else []
    catalogues = [os.path.join(locale, name, "LC_MESSAGES", "django.po") for name in languages]
    if not any(is_newer(path, path[:-3] + ".mo") for path in catalogues if os.path.exists(path)):
        return
    done = subprocess.run(  # noqa: S603
        [os.path.join(BIN, "pybabel"), "compile", "-D", "django", "-d", locale],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode != 0:
        raise Trouble(
            "The translations in locale/ cannot be compiled: {}".format(
                last_line(done.stdout.decode(errors="replace"))
            )
        )


def is_newer(source: str, made: str) -> bool:
    return not os.path.exists(made) or os.path.getmtime(source) > os.path.getmtime(made)


def cannot_write(error: OSError) -> Trouble:
    return Trouble(
        f"Cannot write to {CHECKOUT} ({error.strerror}): run this as the user who owns the "
        "checkout, or make a checkout of your own."
    )


def last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"


def say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
