"""Finds in a story what could point at a person, before its words are shown to everybody. Pure.

A machine finds patterns and known names, no more: a person reads what is left.
"""

import re
from collections.abc import Collection
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

HIDDEN = "[disamarkan]"
# What is never published, whoever has read it.
NEVER = frozenset({"email", "nik", "phone", "reporter"})
LABELS: dict[str, str | Promise] = {
    "email": _("alamat surel"),
    "link": _("tautan"),
    "account": _("nama akun"),
    "nik": _("NIK atau nomor 16 angka"),
    "phone": _("nomor telepon"),
    "number": _("nomor panjang"),
    "code": _("nomor pengaduan"),
    "plate": _("nomor polisi kendaraan"),
    "ticket": _("nomor antrean"),
    "address": _("RT/RW"),
    "reporter": _("nama orang"),  # not whose: that is opened with a reason
    "name": _("nama orang"),
}
_TITLE = r"\b(?:[Bb]apak|[Bb]pk\.?|[Pp]ak|[Ii]bu|[Bb]u|[Mm]as|[Mm]bak|[Ss]audar[ai]|[Ss]dri?\.?)"
_GAP = r"[\s.\-()]{0,2}"
# Of those that fit at one place the first wins.
_MARKS = {
    "email": r"[\w.+\-]{1,64}@[\w\-]{1,63}(?:\.[\w\-]{1,63})+",
    "link": r"(?i:(?:https?://|\bwww\.|\b(?:wa\.me|t\.me|bit\.ly|instagram\.com)/)\S*[\w/])",
    "account": r"(?<!\w)@[\w.]{2,}\w",
}
_NUMBERS = {
    "nik": r"(?<!\d)(?:\d{16}|\d{4}(?:[\s.\-]\d{4}){3}|\d{6}[\s.\-]\d{6}[\s.\-]\d{4}"
    r"|\d(?:\s\d){15})(?!\d)",
    "phone": rf"(?<!\w)(?:(?:\+\s?62|62|0){_GAP}8\d{{2}}(?:{_GAP}\d){{5,9}}"
    r"|\(?(?:0|\+62\s?)\d{2,3}[\s\-)]{1,2}\d{3,4}[\s\-]?\d{3,4})(?!\d)",
    "number": r"(?<![\d.])(?:\d{9,}|\d{3,}(?:[\s.\-]\d{3,}){2,})(?!\d)",
    "plate": r"\b[A-Z]{1,2}[\s\-]?\d{1,4}[\s\-]?[A-Z]{1,3}\b|\b[a-z]{1,2}\d{2,4}[a-z]{2,3}\b",
    "ticket": r"\b[A-HJ-NPR-Z][A-Z0-9]?[\s\-]?\d{3,4}\b(?![\s\-]?\d)",
    "address": r"(?i:\bR[TW]\s?\.?\s?\d{1,3}(?:\s?/\s?(?:RW\s?)?\d{1,3})?\b)",
}


class Piece(NamedTuple):
    """A part of a text; `kind` says why it is hidden, "" where it may stay."""

    text: str
    kind: str = ""

    @property
    def label(self) -> str:
        """Why it is hidden, in words."""
        return str(LABELS.get(self.kind, ""))


class Known(NamedTuple):
    """What is known about a case: full names, and codes that are hidden wherever they stand."""

    reporter: str = ""
    people: Collection[str] = ()
    codes: Collection[str] = ()


def pieces(text: str, known: Known, *, loose: bool = True) -> list[Piece]:
    """Cut a text into what may stay and what is hidden; joined, the pieces are the text.

    With `loose` also words that only may be the reporter's name, such as "hari" of Hari Wahyudi.
    """
    cut: list[Piece] = []
    end = 0
    for found in _pattern(known, loose).finditer(text):
        if found.start() > end:
            cut.append(Piece(text[end : found.start()]))
        cut.append(Piece(found.group(), found.lastgroup or ""))
        end = found.end()
    return [*cut, Piece(text[end:])] if end < len(text) else cut


def redacted(text: str, known: Known) -> str:
    """The text with HIDDEN for every piece that is hidden."""
    return "".join(HIDDEN if piece.kind else piece.text for piece in pieces(text, known))


def leftovers(text: str, known: Known) -> list[str]:
    """What is never published and yet stands in a text, in words."""
    found = {piece.kind for piece in pieces(text, known, loose=False)} & NEVER
    return [str(LABELS[kind]) for kind in LABELS if kind in found]


def _pattern(known: Known, loose: bool) -> re.Pattern[str]:
    people = [part for name in known.people for part in _named(name)]
    names = [*people, rf"{_TITLE}(?:\s+[A-Z][\w'’]+)+"]
    reporter = [*_named(known.reporter), *_parts(known.reporter, loose)]
    groups = {
        **_MARKS,
        "code": "|".join(re.escape(code) for code in known.codes if code),
        "reporter": "|".join(reporter),
        "name": "|".join(names),
        **_NUMBERS,
    }
    named = (f"(?P<{kind}>{pattern})" for kind, pattern in groups.items() if pattern)
    return re.compile("|".join(named))


def _words(name: str) -> list[str]:
    return [re.escape(word) for word in re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)*", name)]


def _named(name: str) -> list[str]:
    """A full name of two words or more, or any of its words after a title; in any case."""
    words = _words(name)
    together = r"\W+".join(words)
    full = [rf"(?:{_TITLE}\s+)?(?i:\b{together}\b)"] if len(words) > 1 else []
    return [*full, *(rf"{_TITLE}\s+(?i:{word}\b)" for word in words if len(word) > 1)]


def _parts(name: str, loose: bool) -> list[str]:
    """The words of a name where they are written as a name, with a capital."""
    parts = [word for word in _words(name) if len(word) > 2]
    if loose:
        return [rf"(?i:\b{word}\b)" for word in parts]
    return [rf"\b(?:{word.title()}|{word.upper()})\b" for word in parts]
