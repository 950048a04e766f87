"""The words of messages: templates/notifications/<kind>.<language>.txt, first line the subject."""

import unicodedata
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.template.backends.django import DjangoTemplates

from notifications.channels.base import SendFailed

LANGUAGES = ("id", "en")


@lru_cache(maxsize=1)
def _engine() -> DjangoTemplates:
    """Plain text: nothing is escaped."""
    options = {"autoescape": False}
    dirs = settings.TEMPLATES[0]["DIRS"]
    return DjangoTemplates({"NAME": "texts", "DIRS": dirs, "APP_DIRS": False, "OPTIONS": options})


def first_name_of(name: str) -> str:
    """The first word of a name, letters only: a "name" cannot carry an address to click on."""
    word = next(iter(name.split()), "")
    letters = "".join(c for c in word if unicodedata.category(c)[0] in "LM" or c in "'’-")
    return letters[:30]


def render(*, kind: str, language: str, context: dict[str, Any]) -> tuple[str, str]:
    """Return (subject, body); raise SendFailed("template") when the text cannot be made."""
    words = {**context, "first_name": first_name_of(str(context.get("first_name", "")))}
    try:
        template = _engine().get_template(f"notifications/{kind}.{language}.txt")
    except (TemplateDoesNotExist, TemplateSyntaxError):
        raise SendFailed("template", permanent=True) from None
    subject, _, body = template.render(words).strip().partition("\n")
    return subject.strip(), body.strip() + "\n"
