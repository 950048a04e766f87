"""The set-up code: printed where the portal is started, typed in the browser, kept only as a hash.

So an empty installation belongs to whoever started it, not to whoever finds its address first.
"""

import json
import secrets
from pathlib import Path

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts import tries
from mpp_portal.embedded_processes import write_private

ALPHABET = "ABCDEFGHJKLMNPRSTUVWXYZ23456789"
TRIES, FORGET_AFTER_S = 10, 900
_TRIES_KEY = "first-run-tries"


def issue() -> str:
    """Make a new code, which replaces the one before; this is the only time it can be read."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(8))
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    write_private(_place(), json.dumps({"hash": _hash(letters)}))
    return f"{letters[:4]}-{letters[4:]}"


def is_right(typed: str) -> bool:
    """Whether this is the code; case, spaces and hyphens do not matter."""
    letters = "".join(sign for sign in typed.upper() if sign.isalnum())
    try:
        kept = json.loads(_place().read_text())["hash"]
    except (FileNotFoundError, ValueError, KeyError):
        return False
    return constant_time_compare(_hash(letters), kept)


def too_many_tries() -> bool:
    """Count one try more; ten are free in a quarter of an hour, for everybody together."""
    return tries.take(_TRIES_KEY, seconds=FORGET_AFTER_S) > TRIES


def forget() -> None:
    """The code is used up."""
    _place().unlink(missing_ok=True)
    tries.forget(_TRIES_KEY)


def _place() -> Path:
    return settings.DATA_DIR / "setup-code.json"


def _hash(letters: str) -> str:
    return salted_hmac("mpp_portal.first_run", letters, algorithm="sha256").hexdigest()
