"""The words of messages as staff change them: kept, given back, tried out."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from notifications import texts
from notifications.models import Message, MessageText
from notifications.refusals import Refusal
from notifications.rules.outbox import Draft, enqueue
from notifications.words import examples

TESTS_PER_HOUR = 10
_LIVES = timedelta(hours=1)
MOST_LETTERS: dict[str, int] = {
    name: getattr(MessageText._meta.get_field(name), "max_length", 0)
    for name in ("subject", "short", "body")
}


def _sound(kind: str, text: texts.Text) -> texts.Text:
    """The text with the line ends of the house; raises Refusal("text")."""
    clean = texts.Text(
        " ".join(text.subject.split()),
        " ".join(text.short.split()),
        "\n".join(text.body.strip().splitlines()),
    )
    found = texts.faults(kind, clean)
    for name, most in MOST_LETTERS.items():
        if len(getattr(clean, name)) > most:
            found.setdefault(name, []).append(texts.too_long(most))
    if found:
        raise Refusal("text", fields=found)
    return clean


@transaction.atomic
def keep_text(*, kind: str, language: str, text: texts.Text, by: Any, at: datetime) -> bool:
    """Use this text from now on, everywhere within a minute; whether it differs from the file's.

    Raises Refusal("text"), with sentences by field.
    """
    clean = _sound(kind, text)
    if clean == texts.default(kind, language):
        reset_text(kind=kind, language=language)
        return False
    words = {"subject": clean.subject, "short": clean.short, "body": clean.body}
    MessageText.objects.update_or_create(
        kind=kind, language=language, defaults={**words, "changed_at": at, "changed_by": by}
    )
    transaction.on_commit(texts.forget)
    return True


@transaction.atomic
def reset_text(*, kind: str, language: str) -> bool:
    """Use the text of the file again; whether there was another."""
    row = MessageText.objects.select_for_update().filter(kind=kind, language=language).first()
    if row is None:
        return False
    row.delete()
    transaction.on_commit(texts.forget)
    return True


@transaction.atomic
def try_out(
    *,
    kind: str,
    language: str,
    text: texts.Text,
    channel: str,
    phone: str = "",
    email: str = "",
    mall_id: int | None,
    mall: str,
    by: Any,
    at: datetime,
) -> str:
    """Send a text with the words of nobody, marked as a test; what its message is about.

    Goes through the outbox like any other. Raises Refusal: text, unreachable, tried_enough.
    """
    clean = _sound(kind, text)
    about = f"test-{by.pk}"
    recent = Message.objects.filter(about=about, created_at__gt=at - timedelta(hours=1))
    if recent.count() >= TESTS_PER_HOUR:
        raise Refusal("tried_enough")
    words = {**examples(kind, language), "mall": mall}
    draft = Draft(
        kind=kind,
        phone=phone,
        email=email,
        prefer=channel,
        language=language,
        secret=str(words.pop("secret", "")),
        context={
            **words,
            texts.TRY_OUT: {
                "subject": clean.subject,
                "short": clean.short,
                "body": clean.body,
            },
        },
        about=about,
        send_after=at,
        not_after=at + _LIVES,
        dedup_key=f"{about}:{uuid.uuid4().hex}",
        mall_id=mall_id,
    )
    if not enqueue(drafts=[draft], at=at):
        raise Refusal("unreachable")
    return about
