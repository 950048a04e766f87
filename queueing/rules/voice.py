"""The mall's own voice: a recorded word is kept, or dropped for the robot's."""

import datetime as dt

from django.db import transaction

from accounts.models import User
from queueing import clip_files
from queueing.models import VoiceClip
from queueing.refusals import Refusal
from queueing.voice_words import WORDS
from services.models import Mall

MOST_BYTES = 300_000
MOST_SECONDS = 5
MOST_UNTIMED_BYTES = 60_000  # of a WebM, which does not say how long it lasts


@transaction.atomic
def keep_clip(*, mall: Mall, key: str, content: bytes, by: User, at: dt.datetime) -> VoiceClip:
    """Let this recording be the word from now on; refuse what is no short sound."""
    if key not in WORDS:
        raise Refusal("unknown_word")
    if not content:
        raise Refusal("clip_missing")
    if len(content) > MOST_BYTES:
        raise Refusal("clip_too_large", limit=MOST_BYTES // 1000)
    try:
        content_type, seconds = clip_files.look(content)
    except clip_files.Unreadable as error:
        raise Refusal("clip_unreadable") from error
    if seconds is None and len(content) > MOST_UNTIMED_BYTES:
        raise Refusal("clip_too_large", limit=MOST_UNTIMED_BYTES // 1000)
    if seconds is not None and seconds > MOST_SECONDS:
        raise Refusal("clip_too_long", limit=MOST_SECONDS)
    clip, _new = VoiceClip.objects.update_or_create(
        mall=mall,
        key=key,
        defaults={
            "audio": content,
            "content_type": content_type,
            "recorded_at": at,
            "recorded_by": by,
        },
    )
    return clip


@transaction.atomic
def drop_clip(*, mall: Mall, key: str) -> None:
    """Let the robot speak the word again; refused where nothing was recorded."""
    dropped, _rows = VoiceClip.objects.filter(mall=mall, key=key).delete()
    if not dropped:
        raise Refusal("unknown_word")
