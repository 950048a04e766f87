"""The hall's rotating check-in code, on displays and with staff: nobody checks in from home."""

import datetime as dt

from accounts import tries
from privacy.index import blind
from queueing.refusals import Refusal

PERIOD = dt.timedelta(minutes=5)
TRIES = 5
_FORGET_AFTER_S = 600


def hall_code(*, mall_id: int, at: dt.datetime, periods_ago: int = 0) -> str:
    """Four figures that change every five minutes."""
    period = int(at.timestamp() // PERIOD.total_seconds()) - periods_ago
    return f"{int.from_bytes(blind('hall', str(mall_id), str(period))[:4], 'big') % 10_000:04d}"


def check_hall_code(*, visit_id: int, mall_id: int, code: str, at: dt.datetime) -> None:
    """Refuse a code that is neither the current nor the one before; five tries in ten minutes."""
    key = f"hall-tries:{visit_id}"
    if tries.take(key, seconds=_FORGET_AFTER_S) > TRIES:
        raise Refusal("too_many_tries")
    right = {hall_code(mall_id=mall_id, at=at, periods_ago=n) for n in (0, 1)}
    if code.strip() not in right:
        raise Refusal("wrong_hall_code")
    tries.forget(key)
