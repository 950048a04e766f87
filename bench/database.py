"""The databases of a run: `mpp_bench` and its copies, made and dropped here; never another."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import environ
import psycopg2

from mpp_portal import embedded


class CannotRun(Exception):
    """The run cannot begin; the text is one sentence that says what to do."""


def prepare_environment() -> None:
    """Name the servers of this run in os.environ; embedded ones where none are named."""
    environ.Env.read_env(embedded.CHECKOUT / ".env")
    if not os.environ.get("DATABASE_URL"):
        os.environ.setdefault("DATA_DIR", str(embedded.CHECKOUT / ".data" / "bench"))
    Path(embedded.data_dir()).mkdir(parents=True, exist_ok=True)
    os.environ |= {"PRODUCTION": "0", "NOTIFICATION_CHANNELS": "console"}
    os.environ["API_WRITES_PER_MINUTE"] = "1000000"  # counted, but all come from one address
    os.environ.pop("MPP_DEMO", None)
    embedded.ensure_environment()


def url_of(name: str) -> str:
    """The address of a database of the same server."""
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))


@contextmanager
def server() -> Iterator[Any]:
    """A cursor on the server itself, outside of any transaction."""
    connection = psycopg2.connect(url_of("postgres"))
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


@contextmanager
def statements(name: str) -> Iterator[Any]:
    """A cursor on one database, each statement a transaction of its own."""
    connection = psycopg2.connect(url_of(name))
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def create(name: str, *, like: str = "") -> str:
    """Make a database anew, empty or as a copy; its address."""
    drop(name)
    with server() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{like}"' if like else ""))
    return url_of(name)


def drop(name: str) -> None:
    """Drop a database of ours if it is there and nobody uses it."""
    with server() as cursor:
        try:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
        except psycopg2.errors.ObjectInUse:
            raise CannotRun(
                f"The database {name} is in use: another run is measuring; wait for its end, or "
                "name another with --database."
            ) from None
