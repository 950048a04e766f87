"""The frame round the text of an e-mail: the mall's name, a large number, paragraphs, one button.

A line that ends with a colon and stands above the link becomes the button's words. Nothing is
loaded from elsewhere, everything is escaped, and the plain text beside it says the same.
"""

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.template.loader import render_to_string

_OPEN = {"id": "Buka halaman", "en": "Open the page"}
_FOOT = {
    "id": {
        "address": "Tombol tidak berfungsi? Salin alamat ini ke peramban:",
        "from": "Pesan otomatis dari {mall}. Balasan ke alamat ini tidak dibaca.",
    },
    "en": {
        "address": "Does the button not work? Copy this address into your browser:",
        "from": "An automatic message from {mall}. Nobody reads replies to this address.",
    },
}


@dataclass(frozen=True)
class Block:
    """A piece of the mail: "text" and "list" have lines, "button" its words, "number" its parts."""

    kind: str
    lines: tuple[str, ...]


def html(*, language: str, subject: str, body: str, mall: str, link: str, large: str) -> str:
    """The mail as HTML."""
    goes = link if link.startswith(("https://", "http://")) else ""
    greeting, *others = _blocks(body, goes, language)
    number = [Block("number", _number(large))] if large else []
    context: dict[str, Any] = {
        "language": language,
        "subject": subject,
        "mall": mall,
        "link": goes,
        "blocks": [greeting, *number, *others],
        "below": _FOOT[language]["address"],
        "foot": _FOOT[language]["from"].format(mall=mall),
    }
    return render_to_string("notifications/frame.html", context)


def _blocks(body: str, link: str, language: str) -> list[Block]:
    found = []
    for lines in _paragraphs(body):
        is_led = link and lines[-1] == link
        words = ""
        if is_led:
            lines = lines[:-1]
            if lines and lines[-1].endswith(":"):
                *lines, words = lines
        for is_list, some in groupby(lines, key=lambda line: line.startswith("- ")):
            texts = tuple(line.removeprefix("- ") if is_list else line for line in some)
            found.append(Block("list" if is_list else "text", texts))
        if is_led:
            found.append(Block("button", (words.rstrip(": ") or _OPEN[language],)))
    return found


def _paragraphs(body: str) -> list[list[str]]:
    lines = [line.strip() for line in body.splitlines()]
    return [list(some) for is_text, some in groupby(lines, key=bool) if is_text]


def _number(large: str) -> tuple[str, ...]:
    """A queue number as its letters and its figures; anything else in one piece."""
    letters, _space, figures = large.partition(" ")
    return (letters, figures) if letters.isalpha() and figures.isdigit() else (large,)
