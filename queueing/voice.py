"""The hall's voice: the clips of a call, what the robot makes of them, and their addresses."""

import datetime as dt

from django.urls import reverse
from django.utils import translation

from queueing import speech
from queueing.kiosk import SPOKEN
from queueing.models import VoiceClip
from queueing.voice_words import (
    BELL,
    LETTERS,
    NUMBER_WORDS,
    PHRASES,
    WORDS,
    counted,
    of_call,
    of_number,
    spelled,
    spoken,
)
from services.models import Mall

__all__ = [
    "BELL",
    "LETTERS",
    "NUMBER_WORDS",
    "PHRASES",
    "WORDS",
    "address",
    "addresses",
    "counted",
    "of_call",
    "of_number",
    "recording_version",
    "sentence",
    "sentence_address",
    "sound",
    "spelled",
    "spoken",
    "version",
]


def addresses(mall: Mall, recorded: dict[str, dt.datetime] | None = None) -> dict[str, str]:
    """The address of every clip of a call; a changed clip has another address.

    One query, none where the recorded words are given with their moments.
    """
    if recorded is None:
        recorded = dict(VoiceClip.objects.filter(mall=mall).values_list("key", "recorded_at"))
    return {key: address(mall, key, recorded.get(key)) for key in WORDS}


def address(mall: Mall, key: str, recorded_at: dt.datetime | None = None) -> str:
    """The address of a word: as it was recorded at this moment, else as the robot speaks it."""
    made = recording_version(recorded_at) if recorded_at else version(key)
    return f"{reverse('queueing:clip', args=[mall.slug, key])}?v={made}"


def sentence_address(mall: Mall, key: str, language: str) -> str:
    """The address of a sentence of the kiosk, spoken in this language."""
    made = speech.version(sentence(key, language), language)
    return f"{reverse('queueing:sentence', args=[mall.slug, language, key])}?v={made}"


def sentence(key: str, language: str) -> str:
    """What the kiosk says, as text."""
    with translation.override(language):
        return str(SPOKEN[key])


def sound(key: str) -> bytes:
    """The robot's clip of a word, as a WAV. Raises `speech.Silent`."""
    return speech.say(_for_the_robot(key)) if WORDS[key] else speech.bell()


def version(key: str) -> str:
    """The version of the robot's clip of a word."""
    return speech.version(_for_the_robot(key))


def recording_version(at: dt.datetime) -> str:
    """The version of a clip that was recorded at this moment."""
    return f"r{at:%y%m%d%H%M%S%f}"


def _for_the_robot(key: str) -> str:
    """A letter is given to the robot bare: it knows the name, with the right vowel."""
    return key.removeprefix("huruf-") if key.startswith("huruf-") else WORDS[key]
