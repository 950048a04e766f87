"""Every text a person sees is marked for translation, and is there in English too."""

import ast
import re
from collections.abc import Sequence
from pathlib import Path

from babel.messages.catalog import Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
ROOMS = sorted(path.parent for path in ROOT.glob("*/apps.py"))
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
    "gettext_noop": None,
}
Key = tuple[str, str]  # (context, text)

_PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[sd]")
_TAG = re.compile(r"<[^>]+>")
# templatize() leaves calls of gettext between blanked-out text
_TEXT = r"""(u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"))"""
_CALL = re.compile(rf"\b(?:n?gettext|_)\(\s*{_TEXT}|\bn?pgettext\(\s*{_TEXT},\s*{_TEXT}")


def marked_strings() -> dict[Key, str]:
    """{(context, text): where} of everything marked in code and templates."""
    found: dict[Key, str] = {}
    for room in ROOMS:
        for path in room.rglob("*.py"):
            if "migrations" not in path.parts:
                for _line, text, _comments, context in extract_from_file(
                    "python", str(path), KEYWORDS
                ):
                    source = text if isinstance(text, str) else text[0]
                    found[context or "", source] = str(path.relative_to(ROOT))
    for path in (ROOT / "templates").rglob("*.html"):
        for plain, context, text in _CALL.findall(templatize(path.read_text())):
            source = ast.literal_eval(plain or text)
            key = (ast.literal_eval(context) if context else "", source)
            found[key] = str(path.relative_to(ROOT))
    return found


def forms(texts: str | Sequence[str]) -> tuple[str, ...]:
    """A text, or its singular and plural, as a tuple."""
    return (texts,) if isinstance(texts, str) else tuple(texts)


def english() -> dict[Key, Message]:
    """{(context, text): message} of the English catalogue."""
    with (ROOT / "locale/en/LC_MESSAGES/django.po").open("rb") as file:
        return {
            (message.context or "", forms(message.id)[0]): message
            for message in read_po(file)
            if message.id
        }


def test_every_marked_text_is_there_in_english():
    translated = english()
    missing = {key: where for key, where in marked_strings().items() if key not in translated}
    assert not missing
    empty = [key for key, it in translated.items() if not all(forms(it.string)) or it.fuzzy]
    assert not empty


def test_translations_keep_their_placeholders_and_tags():
    """Only a singular may leave out its number: it knows that it is one."""
    for message in english().values():
        source = " ".join(forms(message.id))
        *singular, last = forms(message.string)
        for kept in (_PLACEHOLDER, _TAG):
            assert set(kept.findall(last)) == set(kept.findall(source)), source
            for text in singular:
                assert set(kept.findall(text)) <= set(kept.findall(source)), source


def test_the_extraction_finds_what_is_marked():
    found = marked_strings()
    assert ("", "Nomor belum terambil. Jam itu sudah penuh. Pilih jam lain.") in found
    assert ("kind of a case", "Pengaduan") in found
    assert ("", "%(n)s layanan cocok") in found
    assert any(where.startswith("templates/") for where in found.values())
