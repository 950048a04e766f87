"""SMS by a gateway that speaks HTTP: SMS_REQUEST says how it is asked, SMS_ANSWER what it means."""

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings

from notifications.channels.base import Accepted, Outgoing, SendFailed, channel
from notifications.channels.http import Answer, exchange, refused, retry_after_s
from notifications.channels.sms_text import parts, plain

MOST_PARTS = 6
PAUSE_S = 60.0
_WORD = re.compile(r"\{(to|to_local|to_digits|text|reference|sender|env:[A-Z][A-Z0-9_]*)\}")
CODE = re.compile(r"[A-Za-z0-9_.-]{1,20}")
_BODIES = ("query", "form", "json")
_REQUEST_KEYS = {"method", "url", "headers", "auth", *_BODIES}
_ANSWER_KEYS = {"status", "value", "accepted", "id", "code", "permanent", "limit", "down"}
_ANSWER_KEYS |= {"pause_s"}


class NotReadable(ValueError):
    """The settings of a gateway cannot be used; the text says why and holds no secret."""


@dataclass(frozen=True)
class Place:
    """Where a value stands in an answer: a path in JSON ("data.0.id"), or a pattern in the text."""

    path: tuple[str, ...] = ()
    pattern: re.Pattern[str] | None = None

    def of(self, text: str) -> str:
        """The value as text; "" where there is none."""
        if self.pattern:
            found = self.pattern.search(text)
            return (found[1] if found.re.groups else found[0]) or "" if found else ""
        try:
            return value_at(json.loads(text), self.path)
        except (ValueError, RecursionError):
            return ""


def value_at(told: Any, path: tuple[str, ...]) -> str:
    """What stands at a path, as text: true is "true", nothing and whole objects are ""."""
    for step in path:
        if isinstance(told, list) and step.isdecimal() and int(step) < len(told):
            told = told[int(step)]
        elif isinstance(told, dict):
            told = told.get(step)
        else:
            return ""
    if isinstance(told, bool):
        return str(told).lower()
    return str(told) if isinstance(told, (str, int, float)) else ""


def place(told: Any) -> Place:
    """A place from the settings: "a.b", or {"match": "^OK (.+)$"}; raises NotReadable."""
    if isinstance(told, str) and told:
        return Place(path=tuple(told.split(".")))
    if isinstance(told, dict) and set(told) == {"match"}:
        try:
            return Place(pattern=re.compile(str(told["match"])))
        except re.error:
            raise NotReadable("a pattern cannot be read") from None
    raise NotReadable('a place is a path such as "data.id" or {"match": "a pattern"}')


@dataclass(frozen=True)
class Gateway:
    """How a gateway is asked and how its answers are read."""

    request: dict[str, Any]
    statuses: frozenset[int]
    accepted: frozenset[str]
    permanent: frozenset[str]
    limit: frozenset[str]
    down: frozenset[str]
    pause_s: float
    value: Place | None = None
    id: Place | None = None
    code: Place | None = None


def gateway() -> Gateway:
    """The gateway of the settings; raises NotReadable."""
    return _gateway(settings.SMS_REQUEST, settings.SMS_ANSWER)


@lru_cache(maxsize=4)
def _gateway(request: str, answer: str) -> Gateway:
    asked = read_object("SMS_REQUEST", request, _REQUEST_KEYS)
    told = read_object("SMS_ANSWER", answer, _ANSWER_KEYS)
    if urlsplit(str(asked.get("url", ""))).scheme not in {"http", "https"}:
        raise NotReadable("SMS_REQUEST has no url")
    if len([name for name in _BODIES if name in asked]) > 1 and "query" not in asked:
        raise NotReadable("SMS_REQUEST has both form and json")
    if "auth" in asked and not (isinstance(asked["auth"], list) and len(asked["auth"]) == 2):
        raise NotReadable("SMS_REQUEST: auth is a list of a name and a password")
    if "{text}" not in request or not re.search(r"\{to(_local|_digits)?\}", request):
        raise NotReadable("SMS_REQUEST says neither {text} nor {to} anywhere")
    if not ({"id"} & set(told) or {"value", "accepted"} <= set(told)):
        raise NotReadable("SMS_ANSWER needs value and accepted, or id, to know what arrived")
    for name in set(re.findall(r"\{env:([A-Z][A-Z0-9_]*)\}", request)):
        if not os.environ.get(name):
            raise NotReadable(f"SMS_REQUEST names {name}, which is not set")
    try:
        places = {name: place(told[name]) for name in ("value", "id", "code") if name in told}
        return Gateway(
            request=asked,
            statuses=frozenset(int(status) for status in told.get("status", (200, 201, 202))),
            accepted=texts(told.get("accepted", ())),
            permanent=texts(told.get("permanent", ())),
            limit=texts(told.get("limit", ())),
            down=texts(told.get("down", ())),
            pause_s=float(told.get("pause_s", PAUSE_S)),
            **places,
        )
    except (TypeError, ValueError) as error:
        why = str(error) if isinstance(error, NotReadable) else "a list or number is expected"
        raise NotReadable(f"SMS_ANSWER: {why}") from None


def read_object(name: str, text: str, known: set[str]) -> dict[str, Any]:
    """A JSON object of the settings with known names only."""
    try:
        told = json.loads(text)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise NotReadable(f"{name} is not a JSON object")
    if strange := sorted(set(told) - known):
        raise NotReadable(f"{name}: unknown {', '.join(strange)}")
    return told


def texts(values: Any) -> frozenset[str]:
    if isinstance(values, str):
        raise TypeError
    return frozenset(str(v).lower() if isinstance(v, bool) else str(v) for v in values)


@channel("sms", parts=("short",))
def send(message: Outgoing) -> Accepted:
    """Send the short text; what is billed is counted here, since few gateways say it."""
    try:
        way = gateway()
    except NotReadable:
        raise SendFailed("not_configured", down=True) from None
    text = plain(message.short)
    if (count := parts(text)) > MOST_PARTS:
        raise SendFailed("too_long", permanent=True)
    answer = exchange(**_asked(way, message, text))
    return Accepted(_id(way, answer, message), count)


def _asked(way: Gateway, message: Outgoing, text: str) -> dict[str, Any]:
    """The request with the words of this message."""
    digits = message.address.lstrip("+")
    words = {
        "to": message.address,
        "to_digits": digits,
        "to_local": f"0{digits[2:]}" if digits.startswith("62") else digits,
        "text": text,
        "reference": message.reference,
        "sender": settings.SMS_SENDER,
    }

    def word(found: re.Match[str]) -> str:
        name = found[1]
        return os.environ.get(name[4:], "") if name.startswith("env:") else words[name]

    asked = way.request
    how: dict[str, Any] = {
        "method": str(asked.get("method", "POST")),
        "url": _filled(asked["url"], lambda found: quote(word(found), safe="")),
        "headers": _filled(asked.get("headers", {}), word),
    }
    for name, ours in zip(_BODIES, ("params", "data", "json"), strict=True):
        if name in asked:
            how[ours] = _filled(asked[name], word)
    if "auth" in asked:
        how["auth"] = tuple(_filled(asked["auth"], word))
    return how


def _filled(shape: Any, word: Callable[[re.Match[str]], str]) -> Any:
    """A template with its words put in; what a word says is never read as a template again."""
    if isinstance(shape, str):
        return _WORD.sub(word, shape)
    if isinstance(shape, dict):
        return {name: _filled(value, word) for name, value in shape.items()}
    if isinstance(shape, list):
        return [_filled(value, word) for value in shape]
    return shape


def _id(way: Gateway, answer: Answer, message: Outgoing) -> str:
    """The gateway's id of a message it took (ours, where it gives none); raises for all else."""
    status, headers, body = answer
    text = body.decode("utf-8", "replace").strip()
    value = way.value.of(text) if way.value else ""
    provider_id = way.id.of(text) if way.id else message.reference
    if status in way.statuses and provider_id and (not way.value or value in way.accepted):
        return provider_id
    raise _failure(way, status, headers, (way.code.of(text) if way.code else "") or value, message)


def _failure(
    way: Gateway, status: int, headers: dict[str, str], code: str, message: Outgoing
) -> SendFailed:
    """What a refusal means: by its own code where the settings know it, else by the status."""
    known = code if code in way.permanent | way.limit | way.down else str(status)
    shown = code if CODE.fullmatch(code) and message.address[-6:] not in code else str(status)
    named = f"sms_{shown}"
    if known in way.permanent:
        return SendFailed(named, permanent=True)
    if known in way.limit:
        wait = retry_after_s(headers)
        return SendFailed(named, down=True, retry_after_s=way.pause_s if wait is None else wait)
    if known in way.down or status in (401, 402, 403):
        return SendFailed(named, down=True)
    return refused(status, headers) or SendFailed(named)
