"""Tells the live process, after commit, that a queue changed. Best effort: pages also poll."""

import json
import logging
from collections.abc import Iterable
from functools import cache

import redis
from django.conf import settings
from django.db import transaction

CHANNEL = "mpp:changes"
logger = logging.getLogger(__name__)


@cache
def client() -> redis.Redis:
    """Redis for what may fail, and then soon."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.3, socket_connect_timeout=0.3)


def stream_of(mall_id: int) -> str:
    """The address of a mall's stream: the same host's, or that of the live process."""
    return f"{settings.LIVE_URL}/langsung/{mall_id}/"


def changed(*, mall_id: int, queue_ids: Iterable[int], announcement: int | None = None) -> None:
    """After commit, publish which queues of a mall changed, and the id of a new call."""
    body = json.dumps({"mall": mall_id, "queues": sorted(queue_ids), "call": announcement})
    transaction.on_commit(lambda: _publish(body))


def _publish(body: str) -> None:
    try:
        client().publish(CHANNEL, body)
    except redis.RedisError as error:
        logger.warning("live update not published: %s", type(error).__name__)
