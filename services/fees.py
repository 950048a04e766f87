"""What a service costs, in one answer: an empty amount means "varies", never "free". Pure."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from services.models import Fee


@dataclass(frozen=True)
class Cost:
    """The cost on a date; `kind` is unknown, free, varies, fixed or range; rupiah."""

    kind: str
    low: int = 0
    high: int = 0


def cost(fees: Iterable[Fee], date: dt.date) -> Cost:
    """The cost of a service on `date` by the fees of its standard."""
    amounts = [fee.amount for fee in fees if holds(fee, date)]
    if not amounts:
        return Cost("unknown")
    known = [amount for amount in amounts if amount is not None]
    if len(known) < len(amounts):
        return Cost("varies")
    low, high = min(known), max(known)
    if high == 0:
        return Cost("free")
    return Cost("fixed" if low == high else "range", low, high)


def holds(fee: Fee, date: dt.date) -> bool:
    """Whether a fee is in force on `date`."""
    return (fee.valid_from is None or fee.valid_from <= date) and (
        fee.valid_to is None or date <= fee.valid_to
    )
