"""What channels are called here, and which of them staff can send a test to."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

CHANNELS: dict[str, Any] = {
    "push": _("pemberitahuan peramban"),
    "email": _("surel"),
    "whatsapp": "WhatsApp",
    "sms": "SMS",
    "console": _("layar latihan"),
}
TYPED = ("email", "whatsapp", "sms")  # whose address a person can type


def channel_name(name: str) -> Any:
    return CHANNELS.get(name, name)


def to_try() -> list[tuple[str, Any]]:
    """The channels of this portal that a test can go by; the log's where there is no other."""
    names = [name for name in settings.NOTIFICATION_CHANNELS if name in TYPED] or ["console"]
    return [(name, channel_name(name)) for name in names]


def rupiah(amount: Decimal) -> str:
    """Rp1.250 or, where a price has cents, Rp1.250,50."""
    whole, cents = divmod(int((amount * 100).to_integral_value()), 100)
    text = "Rp" + f"{whole:,}".replace(",", ".")
    return f"{text},{cents:02d}" if cents else text
