"""The robot's voice: eSpeak NG, which comes with its data in the wheel espeakng-loader.

Text becomes a WAV of 22,050 Hz, mono, 16 bit: without the silence round it, and all equally loud.
The bell is plain arithmetic. Nothing here needs a network or a package of the system.
"""

import array
import hashlib
import io
import math
import re
import subprocess
import sys
import wave
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path

from queueing.robot import CANNOT, RATE, WORDS_A_MINUTE

VERSION = "1"  # of the sound: in the addresses, so that a change of this file is heard
ROBOT = [sys.executable, "-m", "queueing.robot"]
ROOT = Path(__file__).resolve().parent.parent
_TRIES, _PATIENCE_S = 3, 20
_FRAME = RATE // 50  # 20 ms, over which loudness is looked at
_LOUD = 32767 * 10 ** (-18 / 20)  # root mean square of the spoken frames: -18 dBFS
_PEAK = 32767 * 10 ** (-1 / 20)
_SILENT = 32767 * 10 ** (-45 / 20)
_TAIL_S = 0.04  # kept after the last sound, so that it does not click
# Indonesian writes two sounds with one e, and the robot guesses wrong where it should murmur.
_MURMURED = {
    "belas": "b@l'as",
    "belum": "b@l'um",
    "benar": "b@n'ar",
    "besar": "b@s'ar",
    "cepat": "tS@p'at",
    "cetak": "tS@t'ak",
    "dekat": "d@k'at",
    "dengan": "d@N'an",
    "depan": "d@p'an",
    "dicetak": "ditS@t'ak",
    "empat": "@mp'at",
    "enam": "@n'am",
    "kecil": "k@tS'il",
    "kertas": "k@rt'as",
    "ketik": "k@t'ik",
    "kode": "k'ode",
    "lebih": "l@b'ih",
    "loket": "l'okEt",
    "menit": "m@n'it",
    "perlu": "p@rl'u",
    "sebelah": "s@b@l'ah",
    "sebelas": "s@b@l'as",
    "sebelum": "s@b@l'um",
    "sebentar": "s@b@nt'ar",
    "sedang": "s@d'aN",
    "sentuh": "s@nt'uh",
    "setelah": "s@t@l'ah",
    "tekan": "t@k'an",
    "tempat": "t@mp'at",
}
_WRONG = re.compile(rf"\b({'|'.join(_MURMURED)})\b", re.IGNORECASE)


class Silent(Exception):
    """The robot cannot speak here: the library or its data do not load."""


@lru_cache(maxsize=512)
def say(text: str, language: str = "id") -> bytes:
    """The text spoken, as a WAV; made once in a process. Raises `Silent`."""
    if language == "id":
        text = _WRONG.sub(lambda word: f"[[{_MURMURED[word[0].lower()]}]]", text)
    samples = array.array("h")
    samples.frombytes(_spoken(text, language))
    return _wav(_levelled(_trimmed(samples)))


def _spoken(text: str, language: str) -> bytes:
    """The samples of the robot's process; asked again when the process died."""
    for _try in range(_TRIES):
        try:
            done = subprocess.run(  # noqa: S603
                [*ROBOT, language],
                input=text.encode(),
                capture_output=True,
                cwd=ROOT,
                timeout=_PATIENCE_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode == CANNOT:
            raise Silent(done.stderr.decode(errors="replace"))
        if done.returncode == 0:
            return done.stdout
    raise Silent("the robot's process died")


@cache
def bell() -> bytes:
    """Two falling tones, a struck bell each: about a second."""
    seconds, tones = 1.05, ((0.0, 659.26), (0.38, 523.25))
    loud = [0.0] * int(seconds * RATE)
    for starts, pitch in tones:
        for n in range(int(starts * RATE), len(loud)):
            t = n / RATE - starts
            fade = min(1.0, t / 0.006) * math.exp(-5.5 * t) * min(1.0, (seconds - n / RATE) / 0.05)
            angle = 2 * math.pi * pitch * t
            tone = math.sin(angle) + 0.35 * math.sin(2 * angle) + 0.12 * math.sin(3 * angle)
            loud[n] += fade * tone
    top = max(map(abs, loud))
    return _wav(array.array("h", (int(one / top * _PEAK * 0.7) for one in loud)))


def version(text: str, language: str = "id") -> str:
    """What an address carries, so that it may be kept for a year: it changes with the sound."""
    said = f"{VERSION} {WORDS_A_MINUTE} {language} {text}"
    return hashlib.sha256(said.encode()).hexdigest()[:10]


def trouble() -> str:
    """Why the robot cannot speak here; empty where it can."""
    try:
        _spoken("a", "id")
    except Silent as why:
        return str(why)
    return ""


# -- plain arithmetic on samples -------------------------------------------------------------------


def _trimmed(samples: array.array) -> array.array:
    loud = [n for n, one in enumerate(samples) if abs(one) > _SILENT]
    if not loud:
        raise Silent("nothing was spoken")
    return samples[max(0, loud[0] - RATE // 200) : loud[-1] + int(_TAIL_S * RATE)]


def _levelled(samples: array.array) -> array.array:
    """All words equally loud where they are spoken, and none beyond what a sample can hold."""
    powers = list(_powers(samples))
    spoken = [power for power in powers if power > max(powers) / 300]
    gain = _LOUD / math.sqrt(sum(spoken) / len(spoken))
    gain = min(gain, _PEAK / max(map(abs, samples)))
    return array.array("h", (int(one * gain) for one in samples))


def _powers(samples: array.array) -> Iterator[float]:
    for start in range(0, len(samples), _FRAME):
        frame = samples[start : start + _FRAME]
        yield sum(one * one for one in frame) / len(frame)


def _wav(samples: array.array) -> bytes:
    if sys.byteorder == "big":
        samples.byteswap()
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(samples.tobytes())
    return file.getvalue()
