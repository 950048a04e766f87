"""The hall at a quarter to eight on the tests' Wednesday, with a paired kiosk and a display."""

from typing import Any

import pytest
import time_machine

from queueing.models import Device
from tests.hall.devices import pair_device
from tests.hall.person import Person
from tests.house import House, at


@pytest.fixture(autouse=True)
def _morning():
    """It is 7.45 on the tests' day, and time stands still until a test moves it."""
    with time_machine.travel(at(7, 45), tick=False) as traveller:
        yield traveller


@pytest.fixture
def clock(_morning):
    return _morning


@pytest.fixture
def kiosk(house: House) -> Device:
    """A paired kiosk that prints through its browser; `kiosk.client` is that browser."""
    return pair_device(house.mall, "kiosk")


@pytest.fixture
def display(house: House) -> Device:
    """A paired display of the whole hall; `display.client` is its browser."""
    return pair_device(house.mall, "display")


@pytest.fixture
def person(kiosk: Device) -> Person:
    return Person(kiosk)


@pytest.fixture
def at_nine(clock) -> Any:
    clock.move_to(at(9), tick=False)
    return clock
