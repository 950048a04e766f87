"""Sound files that a person hands in: what they are by their content, and how long they last."""

import io
import re
import wave
from collections.abc import Callable

# MPEG 1, 2 and 2.5, layer III: kilobits a second by the index in the frame's header.
_KBIT_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KBIT_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_MP3_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_OPUS_RATE = 48_000


class Unreadable(Exception):
    """Not a sound in one of the four ways of writing it."""


def look(content: bytes) -> tuple[str, float | None]:
    """The content type of a WAV, OGG, MP3 or WebM file, and its seconds where they can be told."""
    for starts, content_type, seconds in _WAYS:
        if re.match(starts, content, re.DOTALL):
            return content_type, seconds(content)
    raise Unreadable


def _wav(content: bytes) -> float:
    try:
        with wave.open(io.BytesIO(content)) as file:
            frames, rate = file.getnframes(), file.getframerate()
            held = len(file.readframes(frames)) // (file.getnchannels() * file.getsampwidth())
    except (wave.Error, EOFError, ValueError, ZeroDivisionError) as error:
        raise Unreadable from error
    if not (held and rate):
        raise Unreadable
    return held / rate


def _ogg(content: bytes) -> float:
    """The last page says how many samples there are up to it."""
    first = content[:200]
    if b"OpusHead" in first:
        rate = _OPUS_RATE
    elif (at := first.find(b"\x01vorbis")) >= 0:
        rate = int.from_bytes(first[at + 12 : at + 16], "little")
    else:
        raise Unreadable
    last = content.rfind(b"OggS")
    samples = int.from_bytes(content[last + 6 : last + 14], "little", signed=True)
    if not rate or samples <= 0:
        raise Unreadable
    return samples / rate


def _mp3(content: bytes) -> float:
    """The frames one after the other; two must follow each other, else it is something else."""
    at, seconds, frames = 0, 0.0, 0
    if content.startswith(b"ID3"):
        size = content[6:10]
        at = 10 + sum((byte & 0x7F) << shift for byte, shift in zip(size, (21, 14, 7, 0)))  # noqa: B905
    while frame := _mp3_frame(content[at : at + 4]):
        length, lasts = frame
        at, seconds, frames = at + length, seconds + lasts, frames + 1
    if frames < 2:
        raise Unreadable
    return seconds


def _mp3_frame(header: bytes) -> tuple[int, float] | None:
    """Bytes and seconds of the frame that begins here."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE6 != 0xE2:  # sync, layer III
        return None
    release, kbit, rate = header[1] >> 3 & 3, header[2] >> 4, header[2] >> 2 & 3
    if release == 1 or kbit in {0, 15} or rate == 3:
        return None
    samples = 1152 if release == 3 else 576
    bits = (_KBIT_1 if release == 3 else _KBIT_2)[kbit] * 1000
    hertz = _MP3_RATES[release][rate]
    return samples // 8 * bits // hertz + (header[2] >> 1 & 1), samples / hertz


def _webm(content: bytes) -> None:
    """A browser's own recording; its length is not written where it can be found."""
    if b"webm" not in content[:64] or not re.search(rb"A_(OPUS|VORBIS)", content[:1000]):
        raise Unreadable
    if b"V_VP" in content[:2000] or b"V_AV1" in content[:2000]:
        raise Unreadable


_WAYS: list[tuple[bytes, str, Callable[[bytes], float | None]]] = [
    (rb"RIFF.{4}WAVE", "audio/wav", _wav),
    (rb"OggS", "audio/ogg", _ogg),
    (rb"ID3|\xff[\xe0-\xff]", "audio/mpeg", _mp3),
    (rb"\x1a\x45\xdf\xa3", "audio/webm", _webm),
]
