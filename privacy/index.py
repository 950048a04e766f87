"""Keyed fingerprints by which equal personal data can be found without being readable."""

import hashlib
import hmac
from functools import lru_cache

from django.conf import settings

from privacy.fields import read_key


@lru_cache(maxsize=4)
def _keyed(key: str) -> "hmac.HMAC":
    return hmac.new(read_key(key), digestmod=hashlib.sha256)


def blind(purpose: str, *parts: str) -> bytes:
    """Return 32 bytes of HMAC-SHA256 over the purpose and the parts.

    Each is preceded by its length: ("ab", "c") and ("a", "bc") differ. Two purposes never meet.
    """
    fingerprint = _keyed(settings.BLIND_INDEX_KEY).copy()
    for part in (purpose, *parts):
        data = part.encode()
        fingerprint.update(len(data).to_bytes(4, "big") + data)
    return fingerprint.digest()
