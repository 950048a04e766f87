"""What a text looks like before it is kept: long, short with its price, at Meta; what to mind."""

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from mpp_portal.messaging.names import rupiah
from notifications import prices, text_engine
from notifications.channels.sms_text import parts
from notifications.texts import Text, Written, faults, write
from notifications.words import KINDS, LINKLESS, WORDS, examples


@dataclass(frozen=True)
class Seen:
    """A text with the words of nobody; `wrong` holds sentences by field when it cannot be sent."""

    written: Written | None
    wrong: dict[str, list[Any]] = field(default_factory=dict)
    mind: tuple[str, ...] = ()
    sms_parts: int = 0
    sms_price: str = ""
    whatsapp_price: str = ""
    template: str = ""  # its name at Meta
    numbered: str = ""
    samples: tuple[tuple[int, str], ...] = ()


def seen(kind: str, language: str, text: Text, mall: str) -> Seen:
    """The preview of a text, typed or kept."""
    if wrong := faults(kind, text):
        return Seen(None, wrong)
    try:
        written = write(kind, language, text, words(kind, language, mall))
    except ValueError:
        return Seen(
            None, {"body": [_("Dengan kata contoh, tidak ada yang tersisa dari teks ini.")]}
        )
    count = parts(written.short)
    return Seen(
        written,
        mind=tuple(_mind(kind, text, count)),
        sms_parts=count,
        sms_price=_price("sms", count),
        whatsapp_price=_price("whatsapp", 1),
        template=f"{settings.WHATSAPP_TEMPLATE_PREFIX}{kind}",
        numbered=text_engine.as_numbered(text.short),
        samples=tuple(enumerate(written.parameters, start=1)),
    )


def words(kind: str, language: str, mall: str) -> dict[str, Any]:
    """An example context under the mall's own name."""
    return {**examples(kind, language), **({"mall": mall} if mall else {})}


def known_words(kind: str, language: str) -> list[dict[str, Any]]:
    """The words that a kind may use, for the list beside the form."""
    return [
        {
            "name": name,
            "meaning": WORDS[name].meaning,
            "example": "" if WORDS[name].shape else WORDS[name].example[language],
            "insert": _LISTS.get(name, f"{{{{ {name} }}}}"),
            "is_short": WORDS[name].shape is None and not WORDS[name].may_be_empty,
            "may_be_empty": WORDS[name].may_be_empty,
        }
        for name in KINDS[kind]
    ]


_LISTS = {
    "lines": "{% for line in lines %}- {{ line }}\n{% endfor %}",
    "moves": "{% for move in moves %}{{ move.old.label }}: {{ move.new.date }},"
    " {{ move.new.time_range }}, {{ move.new.label }}\n{% endfor %}",
}


def _mind(kind: str, text: Text, count: int) -> list[str]:
    found = []
    if kind not in LINKLESS:
        if "link" not in text_engine.names_in(text.body):
            found.append(_("Isi tidak lagi memuat {{ link }}: orang tidak menemukan tiketnya."))
        if "link" not in text_engine.names_in(text.short):
            found.append(_("Pesan singkat tidak lagi memuat {{ link }}."))
    if count > 2:
        found.append(_("Pesan singkat lebih panjang dari dua SMS."))
    ends = text_engine.as_numbered(text.short).strip(" .,!?:;")
    if ends.startswith("{{") or ends.endswith("}}"):
        found.append(_("WhatsApp menolak templat yang diawali atau diakhiri sebuah kata {{ … }}."))
    return found


def _price(channel: str, count: int) -> str:
    price = prices.of(channel)
    return rupiah(price * count) if price else ""
