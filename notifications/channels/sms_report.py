"""What an SMS gateway reports later, read as SMS_REPORT describes it."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings

from notifications.channels.base import Report
from notifications.channels.sms import CODE, NotReadable, read_object, texts, value_at

_PATHS = {"list", "id", "status", "code"}
_KEYS = _PATHS | {"delivered", "undelivered"}
LONGEST_ID = 120
Path = tuple[str, ...]


@dataclass(frozen=True)
class Reading:
    """Where a report says which message it is about and what became of it."""

    many: Path
    id: Path
    status: Path
    code: Path
    delivered: frozenset[str]
    undelivered: frozenset[str]


def reading() -> Reading:
    """The reading of the settings; raises NotReadable."""
    return _reading(settings.SMS_REPORT)


@lru_cache(maxsize=4)
def _reading(text: str) -> Reading:
    told = read_object("SMS_REPORT", text, _KEYS)
    if not (told.get("id") and told.get("status")):
        raise NotReadable("SMS_REPORT does not say where id and status stand")
    at = {name: tuple(str(told[name]).split(".")) for name in _PATHS if told.get(name)}
    try:
        return Reading(
            many=at.get("list", ()),
            id=at["id"],
            status=at["status"],
            code=at.get("code", ()),
            delivered=texts(told.get("delivered", ())),
            undelivered=texts(told.get("undelivered", ())),
        )
    except TypeError:
        raise NotReadable("SMS_REPORT: delivered and undelivered are lists") from None


def reports(way: Reading, told: Any) -> list[Report]:
    """The reports in what a gateway sent; raises ValueError for what is none.

    A status that is neither delivered nor undelivered (on its way, queued) says nothing.
    """
    for step in way.many:
        told = told.get(step) if isinstance(told, dict) else None
    found = []
    for one in told if isinstance(told, list) else [told]:
        provider_id, status = value_at(one, way.id), value_at(one, way.status)
        if not (provider_id and status) or len(provider_id) > LONGEST_ID or "\0" in provider_id:
            raise ValueError("no report")
        code = value_at(one, way.code) if way.code else ""
        code = f"sms_{code}" if CODE.fullmatch(code) else "undelivered"
        if status in way.delivered:
            found.append(Report(provider_id, "delivered"))
        elif status in way.undelivered:
            found.append(Report(provider_id, "undelivered", code))
    return found
