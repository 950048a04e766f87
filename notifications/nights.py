"""Quiet hours: read once from the settings, and asked of a clock somewhere in the country."""

import re
from datetime import datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

Span = tuple[time, time]
_CLOCK = r"((?:[01]\d|2[0-3]):[0-5]\d)"
_SPAN = re.compile(rf"{_CLOCK}\s*-\s*{_CLOCK}")


def span(text: str) -> Span | None:
    """Begin and end of "21:00-06:00"; None for ""; raises ValueError for what is neither."""
    if not text.strip():
        return None
    if not (found := _SPAN.fullmatch(text.strip())):
        raise ValueError("two times with a - between them")
    return time.fromisoformat(found[1]), time.fromisoformat(found[2])


@lru_cache(maxsize=8)
def _span(text: str) -> Span | None:
    """As `span`; what cannot be read is no night: the check of the settings says so."""
    try:
        return span(text)
    except ValueError:
        return None


@lru_cache(maxsize=32)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        return None


def morning(*, quiet_hours: str, zone: str, at: datetime) -> datetime | None:
    """When the quiet hours that `at` lies in end; None outside of them, or without any."""
    night, where = _span(quiet_hours), _zone(zone)
    if night is None or where is None or night[0] == night[1]:
        return None
    begin, end = night
    local = at.astimezone(where)
    clock = local.time()
    if not (begin <= clock < end if begin < end else clock >= begin or clock < end):
        return None
    day = local.date() + timedelta(days=1 if clock >= end else 0)
    return datetime.combine(day, end, where)
