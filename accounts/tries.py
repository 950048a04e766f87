"""Counting guesses: each is counted before it is judged, so that many at once are no way around."""

import hashlib

from django.core.cache import cache


def take(what: str, *, seconds: int) -> int:
    """Count one guess at `what`, the how-manieth it is; the count is forgotten after `seconds`."""
    key = _key(what)
    cache.add(key, 0, seconds)
    try:
        count = int(cache.incr(key))
    except ValueError:  # it was forgotten in this very moment
        cache.set(key, 1, seconds)
        return 1
    return count


def again(what: str, *, seconds: int) -> None:
    """From now on the count is kept for `seconds`."""
    cache.touch(_key(what), seconds)


def forget(what: str) -> None:
    """The guess was right: the count begins anew."""
    cache.delete(_key(what))


def _key(what: str) -> str:
    """No name of a person stands in the cache."""
    return f"tries:{hashlib.sha256(what.encode()).hexdigest()[:32]}"
