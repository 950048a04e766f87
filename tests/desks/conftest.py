"""The clock of the desks stands where a test puts it; the cast signs in by name."""

import pytest

from tests.house import at


@pytest.fixture
def clock(time_machine):
    """The moment that the edge reads: 09.05 of the tests' day, until a test moves it."""
    time_machine.move_to(at(9, 5), tick=False)
    return time_machine


@pytest.fixture
def sign_in(client, house, clock):
    """Sign in as one of the cast; the client."""

    def sign_in(name: str):
        client.force_login(house.people[name])
        return client

    return sign_in
