"""The places that private streams tell: worked out once for a queue, whoever watches.

Read by one thread with one connection; four queries for a day, however many queues and watchers.
"""

import datetime as dt
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from django.core.cache import caches
from django.utils import translation

from queueing import estimates, turns
from queueing.models import QueueDay, Ticket
from queueing.workflow import ACTIVE, AT_COUNTER, State
from services.models import Mall
from services.templatetags.portal import clock, until

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
Key = tuple[dt.date, int]  # a queue's day


@dataclass(frozen=True)
class Place:
    """What a ticket's holder is told, as JSON; `state` is empty where there is no such ticket."""

    state: str
    told: bytes


@dataclass(frozen=True)
class Seen:
    """The places of the wanted tickets at one moment: the time of day, and by queue and ticket."""

    at: str
    today: dt.date
    places: dict[Key, dict[str, Place]]


def look(mall_id: int, wanted: Mapping[Key, set[str]], at: dt.datetime) -> Seen:
    """The places of these tickets of the queues' days, as the pages would show them at `at`."""
    caches["near"].clear()  # what was worked out a second ago is what changed
    mall = Mall.objects.get(pk=mall_id)
    days: dict[dt.date, dict[int, set[str]]] = {}
    for (date, queue), tickets in wanted.items():
        days.setdefault(date, {})[queue] = tickets
    found: dict[Key, dict[str, Place]] = {}
    with translation.override("en"):  # 09:30; a page in Indonesian writes 09.30
        for date, queues in days.items():
            for queue, places in _day(mall, date, queues, at).items():
                found[date, queue] = places
        return Seen(clock(at, mall), mall.date_at(at), found)


def _day(
    mall: Mall, date: dt.date, wanted: dict[int, set[str]], at: dt.datetime
) -> dict[int, dict[str, Place]]:
    paces = estimates.for_queues(wanted, date, at)
    paused = {
        queue: (reason, back_at)
        for queue, reason, back_at in QueueDay.objects.filter(
            queue__in=wanted, date=date
        ).values_list("queue_id", "paused_reason", "expected_back_at")
    }
    rows = list(
        Ticket.objects.filter(queue__in=wanted, date=date)
        .order_by("sort_at", "number")
        .values_list("queue_id", "public_id", "state", "label", "number")
    )
    served = _served(rows)
    opens, ends = _times(clock, mall), _times(until, mall)
    places: dict[int, dict[str, Place]] = {queue: {} for queue in wanted}
    ahead = dict.fromkeys(wanted, 0)
    for queue, public_id, state, _label, _number in rows:
        before = ahead[queue]
        ahead[queue] += state == State.WAITING
        name = str(public_id)
        if name not in wanted[queue]:
            continue
        reason, back_at = paused.get(queue, ("", None))
        told: dict[str, object] = {"id": name, "state": state}
        if reason and state in ACTIVE:
            told |= {"paused": reason, **({"back": opens(back_at)} if back_at else {})}
        if state == State.WAITING:
            stretch = turns.between(
                paces.get(queue), ahead=before, at=at, paused=reason, back_at=back_at
            )
            advice = turns.advice(stretch, ahead=before, at=at, paused=reason)
            told |= {"ahead": before, "advice": advice, "serving": served.get(queue, "")}
            if stretch:
                told |= {"from": opens(stretch.starts_at), "to": ends(stretch.ends_at)}
                if back := turns.arrive_at(stretch.starts_at, at):
                    told["return"] = opens(back)
        places[queue][name] = Place(state, _json(told))
    for queue, names in wanted.items():
        for name in names - places[queue].keys():
            places[queue][name] = Place("", _json({"id": name, "state": ""}))
    return places


def _served(rows: Iterable[tuple[int, object, str, str, int]]) -> dict[int, str]:
    """The labels at each queue's counters, by number."""
    found: dict[int, list[tuple[int, str]]] = {}
    for queue, _public_id, state, label, number in rows:
        if state in AT_COUNTER:
            found.setdefault(queue, []).append((number, label))
    return {
        queue: ", ".join(label for _number, label in sorted(labels))
        for queue, labels in found.items()
    }


def _times(write: Callable[[dt.datetime, Mall], str], mall: Mall) -> Callable[[dt.datetime], str]:
    """Times of the day as `write` writes them, each once: they are whole five minutes."""
    return cache(lambda moment: write(moment, mall))


def _json(told: dict[str, object]) -> bytes:
    return _encode(told).encode()
