"""The portal's own key towards push services (VAPID, RFC 8292): made, read, and signed with."""

import base64
import secrets
import time
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02

HOUR_S = 3600
LIVES_S = 12 * HOUR_S  # a signature; services refuse one of more than 24 hours
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256


def new_key() -> str:
    """A fresh private key: 32 bytes in urlsafe base64."""
    number = 1 + secrets.randbelow(_ORDER - 1)
    return base64.urlsafe_b64encode(number.to_bytes(32)).decode()


@lru_cache(maxsize=4)
def _read(private_key: str) -> ec.EllipticCurvePrivateKey | None:
    """The key in this text, or None."""
    try:
        raw = base64.urlsafe_b64decode(private_key + "=" * (-len(private_key) % 4))
        if len(raw) != 32:
            return None
        return ec.derive_private_key(int.from_bytes(raw), ec.SECP256R1())
    except ValueError:
        return None


def readable(private_key: str) -> bool:
    """Whether this text is a key."""
    return _read(private_key) is not None


@lru_cache(maxsize=4)
def public_key(private_key: str) -> str:
    """What a browser subscribes with: the public point in urlsafe base64; "" without a key."""
    if (key := _read(private_key)) is None:
        return ""
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).decode().rstrip("=")


def authorization(private_key: str, *, subject: str, origin: str) -> str:
    """The header by which a push service at `origin` knows us; it holds for twelve hours."""
    return _signed(private_key, subject, origin, int(time.time()) // HOUR_S)


@lru_cache(maxsize=64)
def _signed(private_key: str, subject: str, origin: str, hour: int) -> str:
    signer = Vapid02(_read(private_key), {"no-strict": True})  # a subject may name a port
    claims = {"aud": origin, "sub": subject, "exp": hour * HOUR_S + LIVES_S}
    return signer.sign(claims)["Authorization"]
