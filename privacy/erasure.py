"""The one list of where personal data lives, for how long, and how each place is emptied."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Holding:
    """One place with personal data. `erase(at)` empties what is due and returns how many rows."""

    name: str
    holds: str
    retention_days: Callable[[], int]
    erase: Callable[[datetime], int]


_holdings: dict[str, Holding] = {}


def register(
    *,
    name: str,
    holds: str,
    retention_days: Callable[[], int],
    erase: Callable[[datetime], int],
) -> None:
    """Add a place to the list; called once per place when its app is ready."""
    if name in _holdings:
        raise ValueError(f"{name} is registered twice")
    _holdings[name] = Holding(name, holds, retention_days, erase)


def inventory() -> list[Holding]:
    """Every place, by name."""
    return sorted(_holdings.values(), key=lambda holding: holding.name)
