"""A client of the API: JSON in and out, bearer tokens, keys; the clock stands at 07.30."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client

from accounts.rules import issue_token
from tests.house import House, at

Ask = Callable[..., Any]


@pytest.fixture
def connection():
    """The tests' database connection, for counting statements."""
    return database


@pytest.fixture(autouse=True)
def clock(time_machine):
    """The tests' day, 07.30 in the mall; `clock.move_to(at(9))` moves it."""
    time_machine.move_to(at(7, 30))
    return time_machine


def ask_api(
    method: str,
    path: str,
    body: Any = None,
    *,
    token: str = "",
    key: str = "",
    raw: bytes | None = None,
    **headers: str,
) -> Any:
    """One request by a client without cookies; with CSRF checked, as in production."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    if key:
        headers["Idempotency-Key"] = key
    kind = headers.pop("Content-Type", "application/json")
    data = raw if raw is not None else (b"" if body is None else json.dumps(body).encode())
    return Client(enforce_csrf_checks=True).generic(
        method, f"/api/v1{path}", data, content_type=kind, headers=headers
    )


@pytest.fixture
def ask() -> Ask:
    return ask_api


@pytest.fixture
def token_of(house: House) -> Callable[[str], str]:
    """A bearer token of somebody of the cast; keywords change it."""
    return lambda who, **more: issue_token(user=house.people[who], name="uji", at=at(7), **more)


@pytest.fixture
def wish(house: House) -> Callable[..., dict[str, Any]]:
    """The body of a booking of one service at an hour; keywords change it."""

    def make(service: str = "KTP", hour: int = 9, **changes: Any) -> dict[str, Any]:
        prefix = house.services[service].queue_service.queue.prefix
        window = house.window(prefix, hour, days=changes.pop("days", 0))
        ticket = {"service": service, "window": window.pk}
        return {"mall": "gajah-mada", "name": "Siti Aminah", "tickets": [ticket], **changes}

    return make
