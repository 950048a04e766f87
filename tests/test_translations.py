"""Every text a person sees is marked for translation, and is there in English too."""

import ast
import re
from pathlib import Path

from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ["accounts", "complaints", "mpp_portal", "notifications", "privacy", "queueing", "services"]
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "gettext_noop": None,
}


_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")
# templatize() leaves calls of gettext between blanked-out text
_CALL = re.compile(
    r"""\b(?:gettext|ngettext|_)\(\s*(u?(?:'(?:[^'\\\\]|\\\\.)*'|"(?:[^"\\\\]|\\\\.)*"))"""
)


def marked_strings() -> dict[str, str]:
    """{msgid: where} of everything marked in code and templates."""
    found: dict[str, str] = {}
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            if "migrations" not in path.parts:
                for _line, text, _comments, _context in extract_from_file(
                    "python", str(path), KEYWORDS
                ):
                    found[text if isinstance(text, str) else text[0]] = str(path.relative_to(ROOT))
    for path in (ROOT / "templates").rglob("*.html"):
        for literal in _CALL.findall(templatize(path.read_text())):
            found[ast.literal_eval(literal)] = str(path.relative_to(ROOT))
    return found


def english() -> dict[str, str]:
    with (ROOT / "locale/en/LC_MESSAGES/django.po").open("rb") as file:
        catalogue = read_po(file)
    return {
        message.id if isinstance(message.id, str) else message.id[0]: message
        for message in catalogue
        if message.id
    }


def test_every_marked_text_is_there_in_english():
    translated = english()
    missing = {text: where for text, where in marked_strings().items() if text not in translated}
    assert not missing
    empty = [text for text, message in translated.items() if not message.string or message.fuzzy]
    assert not empty


def test_translations_keep_their_placeholders():
    for text, message in english().items():
        plural = [] if isinstance(message.id, str) else message.id[1:]
        known = set(_PLACEHOLDER.findall(" ".join([text, *plural])))
        for translation in [message.string] if isinstance(message.string, str) else message.string:
            assert set(_PLACEHOLDER.findall(translation)) <= known, text


def test_the_extraction_finds_what_is_marked():
    found = marked_strings()
    assert "Nomor belum terambil. Jam itu sudah penuh. Pilih jam lain." in found
    assert any(where.startswith("templates/") for where in found.values())
