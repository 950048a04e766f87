"""How often the API may be asked in a minute: by one token, or by one address without a token.

A hall and a mobile carrier put many citizens behind one address, so an address may ask a lot. The
count is in Redis, one for all processes; while Redis is away nobody is stopped.
"""

import logging
import time

import redis
from django.conf import settings
from django.http import HttpRequest
from ninja.throttling import BaseThrottle

from accounts.addresses import client_address
from privacy.index import blind
from queueing.live import client

WINDOW_S = 60
logger = logging.getLogger(__name__)


class PerMinute(BaseThrottle):
    """Whole minutes, as the wall clock counts them; `request.rate` tells limit and rest."""

    def allow_request(self, request: HttpRequest) -> bool:
        who, limit = _who(request)
        if limit <= 0:
            return True
        used = _count(f"api-rate:{who}:{int(time.time()) // WINDOW_S}")
        request.rate = (limit, max(0, limit - used))  # type: ignore[attr-defined]
        return used <= limit

    def wait(self) -> float:
        return float(seconds_left())


def seconds_left() -> int:
    """Until the next minute begins, and with it a new count."""
    return WINDOW_S - int(time.time()) % WINDOW_S


def _who(request: HttpRequest) -> tuple[str, int]:
    """Whose count it is, and how far it may go; no address stands in Redis."""
    user = getattr(request, "auth", None)
    if user is not None and user.is_authenticated:
        return f"token:{user.api_token.pk}", settings.API_TOKEN_PER_MINUTE
    address = blind("api-rate", client_address(request)).hex()[:32]
    if request.method == "GET":
        return f"read:{address}", settings.API_READS_PER_MINUTE
    return f"write:{address}", settings.API_WRITES_PER_MINUTE


def _count(key: str) -> int:
    """Count one request, in one round trip; 0 while Redis is away."""
    # Held here: two threads may each make a client at first, and one that nobody holds any more
    # takes its connections with it, also those at work.
    held = client()
    try:
        pipeline = held.pipeline(transaction=True)
        pipeline.incr(key)
        pipeline.expire(key, 2 * WINDOW_S)
        return int(pipeline.execute()[0])
    except redis.RedisError as error:
        logger.warning("api rate not counted: %s", type(error).__name__)
        return 0
