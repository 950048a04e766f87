"""What a part of a message costs (MESSAGE_PRICES), read so that a typing error costs no message."""

import re
from collections.abc import Mapping
from decimal import Decimal

from django.conf import settings

CHANNELS = ("push", "email", "whatsapp", "sms", "console")
MOST = Decimal(100_000)  # rupiah a part
# "350" or "350.5"; not "1.250", which is 1250 to some and one and a quarter to others.
_PRICE = re.compile(r"\d{1,6}(\.\d{1,2})?")


def read(told: Mapping[str, str]) -> tuple[dict[str, Decimal], list[str]]:
    """The prices by channel that can be read, and the names of those that cannot."""
    prices, strange = {}, []
    for name, text in told.items():
        price = Decimal(str(text).strip()) if _PRICE.fullmatch(str(text).strip()) else None
        if name.strip() not in CHANNELS or price is None or price > MOST:
            strange.append(f"{name}={text}")
        else:
            prices[name.strip()] = price
    return prices, strange


def of(channel: str) -> Decimal:
    """The price of a part; 0 where none is set, or none that can be read."""
    return read(settings.MESSAGE_PRICES)[0].get(channel, Decimal(0))
