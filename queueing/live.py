"""Tells the live process, after commit, that a queue changed. Best effort: pages also poll.

A person's own stream has an address with a claim: the opaque ids of the tickets and their queues,
signed, and of no use after their day. It names nobody.
"""

import datetime as dt
import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import redis
from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import transaction

MOST_TICKETS = 20  # in one claim
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Claim:
    """Whose places a stream tells, until their day ends: public ids with their queues."""

    mall_id: int
    date: dt.date
    until: float  # seconds since 1970
    tickets: tuple[tuple[str, int], ...]


def channel() -> str:
    """Where changes are told: Redis tells all its databases, and each portal hears only its own."""
    return f"mpp:changes:{redis.connection.parse_url(settings.REDIS_URL).get('db', 0)}"


@cache
def client() -> redis.Redis:
    """Redis for what may fail, and then soon."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.3, socket_connect_timeout=0.3)


def stream_of(mall_id: int, tickets: Iterable[Any] = (), zone: dt.tzinfo = dt.UTC) -> str:
    """The address of a mall's stream, or of the one that tells the places of these tickets.

    The same host's, or that of the live process. It stays the same while the tickets do, and its
    claim ends with their day in the mall's `zone`.
    """
    address = f"{settings.LIVE_URL}/langsung/{mall_id}/"
    named = sorted((str(ticket.public_id), ticket.queue_id, ticket.date) for ticket in tickets)
    if not named:
        return address
    date = named[0][2]
    end = dt.datetime.combine(date + dt.timedelta(days=1), dt.time(), zone)
    pairs = [[public_id, queue] for public_id, queue, _date in named[:MOST_TICKETS]]
    claim = [mall_id, date.isoformat(), int(end.timestamp()), pairs]
    return f"{address}?hak={_signer().sign_object(claim, compress=True)}"


def read_claim(signed: str, mall_id: int, at: dt.datetime) -> Claim | None:
    """The claim of an address, or None when it is broken, of another mall or of a day gone by."""
    try:
        mall, date, until, pairs = _signer().unsign_object(signed)
    except (BadSignature, ValueError, TypeError):
        return None
    if mall != mall_id or at.timestamp() >= until:
        return None
    tickets = tuple((public_id, queue) for public_id, queue in pairs)
    return Claim(mall, dt.date.fromisoformat(date), until, tickets)


def _signer() -> Signer:
    return Signer(salt="queueing.live.stream")


def changed(*, mall_id: int, queue_ids: Iterable[int], announcement: int | None = None) -> None:
    """After commit, publish which queues of a mall changed, and the id of a new call."""
    body = json.dumps({"mall": mall_id, "queues": sorted(queue_ids), "call": announcement})
    transaction.on_commit(lambda: _publish(body))


def _publish(body: str) -> None:
    try:
        client().publish(channel(), body)
    except redis.RedisError as error:
        logger.warning("live update not published: %s", type(error).__name__)
