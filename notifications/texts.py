"""The words of messages: templates/notifications/<kind>.<language>.txt, or what staff made of them.

A file holds the subject and the short form (for SMS, WhatsApp and push) as its first two lines,
then the long form. An edited text lies in the database (`MessageText`) and is asked for once a
minute in each process; one that fails gives way to the file, so that an edit loses no message.
Texts are rendered where messages are prepared, never in the threads that send.
"""

import logging
import re
import unicodedata
from collections.abc import Set
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from notifications import mail_frame, text_engine
from notifications.channels.base import PARTS, SendFailed
from notifications.channels.sms_text import plain
from notifications.models import MessageText
from notifications.words import KINDS, LARGE, NEEDED, WORDS, shapes

logger = logging.getLogger(__name__)
LANGUAGES = ("id", "en")
TRY_OUT = "try_out"  # in a context: the words of a test message, instead of the kept ones
_KEPT_S, _KEY = 60, "notifications.texts"
_MARK = {"id": "Uji coba", "en": "Test"}


def first_name_of(name: str) -> str:
    """The first word of a name, letters only: a "name" cannot carry an address to click on."""
    word = next(iter(name.split()), "")
    letters = "".join(c for c in word if unicodedata.category(c)[0] in "LM" or c in "'’-")
    return letters[:30]


@dataclass(frozen=True)
class Text:
    """A text as it is written, with its {{ words }}."""

    subject: str
    short: str
    body: str


@dataclass(frozen=True)
class Written:
    """A finished text; `parameters` are the variable words of the short form.

    A part that nobody asked for is "".
    """

    subject: str = ""
    body: str = ""
    short: str = ""
    parameters: tuple[str, ...] = ()
    html: str = ""


@cache
def default(kind: str, language: str) -> Text:
    """The text that comes with the portal; raises SendFailed("template") when there is none."""
    folder = settings.BASE_DIR / "templates/notifications"
    if kind not in KINDS or language not in LANGUAGES:
        raise SendFailed("template", permanent=True)
    try:
        head, _blank, body = (folder / f"{kind}.{language}.txt").read_text().partition("\n\n")
        subject, short = head.splitlines()
    except (OSError, ValueError):
        raise SendFailed("template", permanent=True) from None
    return Text(
        subject.removeprefix("subject:").strip(),
        short.removeprefix("short:").strip(),
        body.strip(),
    )


def stored() -> dict[tuple[str, str], Text]:
    """The edited texts by kind and language, at most a minute old."""
    near = caches["near"]
    found: dict[tuple[str, str], Text] | None = near.get(_KEY)
    if found is None:
        rows = MessageText.objects.values_list("kind", "language", "subject", "short", "body")
        found = {(kind, language): Text(*words) for kind, language, *words in rows}
        near.set(_KEY, found, _KEPT_S)
    return found


def forget() -> None:
    """An edit shows at once in the process that made it."""
    caches["near"].delete(_KEY)


def faults(kind: str, text: Text) -> dict[str, list[str | Promise]]:
    """What is wrong with a text of this kind: sentences by field, none when it may be sent."""
    known = shapes(kind)
    found: dict[str, list[str | Promise]] = {
        "subject": text_engine.faults(text.subject, known),
        "short": text_engine.faults(text.short, known, plain=True),
        "body": text_engine.faults(text.body, known),
    }
    if not found["short"]:
        empty = [n for n in text_engine.words_of(text.short) if WORDS[n].may_be_empty]
        found["short"] += [
            str(
                _("{{ %(word)s }} kadang kosong; pesan singkat hanya memakai kata yang terisi.")
                % {"word": name}
            )
            for name in dict.fromkeys(empty)
        ]
    for name in ("short", "body"):
        source = getattr(text, name)
        needed = NEEDED.get(kind)
        if needed and not found[name] and needed not in text_engine.names_in(source):
            found[name].append(
                str(_("Tanpa {{ %(word)s }} pesan ini tidak ada gunanya.") % {"word": needed})
            )
    for name, sentences in found.items():
        if not getattr(text, name).strip():
            sentences.append(_("Bagian ini tidak boleh kosong."))
    return {name: sentences for name, sentences in found.items() if sentences}


def too_long(most: int) -> str:
    return str(_("Paling banyak %(most)d huruf.") % {"most": most})


@lru_cache(maxsize=256)
def _may_be_sent(kind: str, text: Text) -> bool:
    return not faults(kind, text)


def render(
    *, kind: str, language: str, context: dict[str, Any], parts: Set[str] = PARTS
) -> Written:
    """The words of a message, in these parts; SendFailed("template") when it cannot be made."""
    of_file = default(kind, language)
    if TRY_OUT in context:
        return _tried(kind, language, Text(**context[TRY_OUT]), context)
    edited = stored().get((kind, language))
    if edited is not None:
        try:
            if _may_be_sent(kind, edited):
                return write(kind, language, edited, context, parts=parts)
            logger.error("the edited text %s.%s is at fault, the file is used", kind, language)
        except Exception as error:  # noqa: BLE001 - an edit must not lose a message
            name = type(error).__name__
            logger.error("the edited text %s.%s fails (%s), the file is used", kind, language, name)
    try:
        return write(kind, language, of_file, context, parts=parts)
    except Exception as error:  # noqa: BLE001 - one message's words must not hold up the others
        logger.error("the text %s.%s fails: %s", kind, language, type(error).__name__)
        raise SendFailed("template", permanent=True) from None


def write(
    kind: str, language: str, text: Text, context: dict[str, Any], *, parts: Set[str] = PARTS
) -> Written:
    """A text with its words; ValueError when nothing is left of one of the parts asked for."""
    words = {name: text_engine.tidy(context.get(name, "")) for name in KINDS[kind]}
    words["first_name"] = first_name_of(str(words["first_name"]))
    made = {}
    if "subject" in parts:
        made["subject"] = " ".join(text_engine.fill(text.subject, words).split())
    if "short" in parts:
        made["short"] = _one_line(text_engine.fill(text.short, words))
    if "body" in parts:
        body = re.sub(r"[ \t]+\n", "\n", text_engine.fill(text.body, words).replace("\r", ""))
        made["body"] = re.sub(r"\n{3,}", "\n\n", body).strip()
    if not all(made.values()):
        raise ValueError("empty")
    if "html" in parts:
        made["html"] = mail_frame.html(
            language=language,
            subject=made["subject"],
            body=made["body"],
            mall=str(words["mall"]),
            link=str(words.get("link", "")),
            large=str(words.get(LARGE.get(kind, ""), "")),
        )
    if "body" in made:
        made["body"] += "\n"
    named = text_engine.words_of(text.short) if "parameters" in parts else []
    return Written(**made, parameters=tuple(_one_line(str(words[name])) for name in named))


def _one_line(text: str) -> str:
    return " ".join(plain(text).split())


def _tried(kind: str, language: str, text: Text, context: dict[str, Any]) -> Written:
    """A test message, and it says that it is one."""
    mark = _MARK[language]
    marked = Text(f"[{mark}] {text.subject}", f"{mark}. {text.short}", f"({mark})\n\n{text.body}")
    if faults(kind, marked):
        raise SendFailed("template", permanent=True)
    return write(kind, language, marked, context)
