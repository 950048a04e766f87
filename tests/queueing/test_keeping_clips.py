"""A recorded word: kept when it is a short sound, refused when it is anything else."""

import base64
import struct

import pytest

from queueing import rules, speech
from queueing.models import VoiceClip
from queueing.refusals import Refusal
from queueing.rules.voice import MOST_BYTES, MOST_UNTIMED_BYTES
from tests.house import at

WORD = speech.bell()  # a WAV of a second


def opus(seconds: float) -> bytes:
    """An OGG of two pages: what it is, and how far it goes."""
    first = b"OggS" + bytes(24) + b"OpusHead" + bytes(11)
    return first + b"OggS\0\4" + struct.pack("<q", int(seconds * 48000)) + bytes(16)


def mp3(seconds: float) -> bytes:
    """Silent frames of 32 kbit/s at 32 kHz: 36 ms and 144 bytes each."""
    frame = b"\xff\xfb\x18\x00" + bytes(140)
    return b"ID3\4\0\0\0\0\0\0" + frame * round(seconds / 0.036)


def webm(codec: bytes = b"A_OPUS") -> bytes:
    return b"\x1a\x45\xdf\xa3" + bytes(20) + b"webm" + bytes(100) + codec + bytes(500)


@pytest.fixture
def keep(house):
    def keep(content, key="angka-7", hour=8):
        manager = house.people["manager"]
        return rules.keep_clip(mall=house.mall, key=key, content=content, by=manager, at=at(hour))

    return keep


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (WORD, "audio/wav"),
        (opus(1), "audio/ogg"),
        (mp3(1), "audio/mpeg"),
        (webm(), "audio/webm"),
    ],
)
def test_a_short_sound_is_kept_as_what_it_is(keep, content, kind):
    clip = keep(content)
    clip.refresh_from_db()
    assert (bytes(clip.audio), clip.content_type, clip.recorded_at) == (content, kind, at(8))


def test_a_second_recording_takes_the_place_of_the_first(keep, house):
    keep(WORD)
    keep(opus(1), hour=9)
    clip = VoiceClip.objects.get(mall=house.mall)
    assert (clip.content_type, clip.recorded_at) == ("audio/ogg", at(9))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "clip_missing"),
        (WORD + bytes(MOST_BYTES), "clip_too_large"),
        (webm() + bytes(MOST_UNTIMED_BYTES), "clip_too_large"),
        (opus(5.5), "clip_too_long"),
        (mp3(6), "clip_too_long"),
        (b"<script>alert(1)</script>", "clip_unreadable"),
        (b"RIFF\0\0\0\0WAVE<script>", "clip_unreadable"),
        (WORD[:44], "clip_unreadable"),
        (b"OggS" + bytes(60), "clip_unreadable"),
        (opus(0), "clip_unreadable"),
        (b"ID3\4\0\0\0\0\0\0 a song, it says", "clip_unreadable"),
        (b"\xff\xfb\x18\x00 one frame alone" + bytes(200), "clip_unreadable"),
        (webm(b"V_VP9 A_OPUS"), "clip_unreadable"),
        (base64.b64encode(WORD), "clip_unreadable"),
    ],
)
def test_anything_else_is_refused_with_a_sentence(keep, content, code):
    with pytest.raises(Refusal) as refusal:
        keep(content)
    assert refusal.value.code == code
    assert refusal.value.message.endswith(".")
    assert not VoiceClip.objects.exists()


def test_a_long_wav_is_refused(keep):
    short = bytearray(WORD[:44] + bytes(8000 * 6 * 2))
    short[24:32] = struct.pack("<II", 8000, 16000)
    short[4:8], short[40:44] = struct.pack("<I", len(short) - 8), struct.pack("<I", len(short) - 44)
    with pytest.raises(Refusal, match="clip_too_long"):
        keep(bytes(short))


def test_only_words_of_the_list_are_kept_or_dropped(keep, house):
    with pytest.raises(Refusal) as refusal:
        keep(WORD, key="nama-orang")
    assert refusal.value.code == "unknown_word"
    with pytest.raises(Refusal, match="unknown_word"):
        rules.drop_clip(mall=house.mall, key="angka-7")


def test_a_dropped_recording_is_gone(keep, house):
    keep(WORD)
    rules.drop_clip(mall=house.mall, key="angka-7")
    assert not VoiceClip.objects.exists()
