"""A system check: the files of message texts name only words that their kind has."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, register

from notifications import texts
from notifications.channels.base import SendFailed
from notifications.words import KINDS


@register()
def texts_are_sound(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Every kind has its text in every language, and each can be rendered."""
    found = []
    for kind in KINDS:
        for language in texts.LANGUAGES:
            name = f"templates/notifications/{kind}.{language}.txt"
            try:
                wrong = texts.faults(kind, texts.default(kind, language))
            except SendFailed:
                found.append(Error(f"{name} is missing or has no head.", id="notifications.E101"))
                continue
            found += [
                Error(f"{name}, {part}: {sentence}", id="notifications.E102")
                for part, sentences in wrong.items()
                for sentence in sentences
            ]
    return found
