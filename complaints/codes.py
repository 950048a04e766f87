"""A case's number and PIN: made, read as people type them, and kept as fingerprints only."""

import re
import secrets

from privacy.index import blind

ALPHABET = "ABCDEFGHJKLMNPRSTUVWXYZ23456789"  # without I, O, Q, 0, 1
NUMBER_LENGTH, PIN_LENGTH = 8, 6
NUMBER_PATTERN = rf"^[{ALPHABET}]{{{NUMBER_LENGTH}}}$"


def new_number() -> str:
    """A number such as "P7KX29MD", out of 31 ** 8."""
    return "".join(secrets.choice(ALPHABET) for _ in range(NUMBER_LENGTH))


def read_number(typed: str) -> str:
    """The number as it is stored: "p7kx 29md" and "P7KX-29MD" are the same."""
    return re.sub(r"[\s\-.]", "", typed).upper()


def read_pin(typed: str) -> str:
    """The PIN without the spaces people put into it."""
    return re.sub(r"[\s\-.]", "", typed)


def pin_of(secret: str) -> str:
    """The PIN that belongs to a secret only the reporter's request holds.

    The same request again gives the same PIN, though the database knows neither of the two.
    """
    return f"{int.from_bytes(blind('case-pin-of', secret)[:8]) % 10**PIN_LENGTH:0{PIN_LENGTH}d}"


def pin_hash(number: str, pin: str) -> bytes:
    """The keyed fingerprint by which a typed PIN is compared."""
    return blind("case-pin", number, pin)
