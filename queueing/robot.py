"""eSpeak NG in a process of its own: `python -m queueing.robot LANGUAGE` speaks what it reads.

The library is native and has been seen to crash on a word it spoke a thousand times before; here it
takes nobody with it. Prints samples of 22,050 Hz, mono, 16 bit; ends with 3 and a reason when it
cannot speak at all.
"""

import ctypes
import sys
from typing import Any

import espeakng_loader

RATE = 22_050  # samples a second; what eSpeak NG makes
CANNOT = 3
WORDS_A_MINUTE = 150
_SYNCHRONOUS, _DO_NOT_EXIT = 2, 0x8000  # espeak_Initialize
_UTF8, _PHONEMES = 1, 0x100  # espeak_Synth: [[...]] in the text is phonemes
_SPEED = 1  # espeak_SetParameter
_heard = bytearray()


@ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
def _hear(samples: Any, count: int, events: Any) -> int:
    if samples and count > 0:
        _heard.extend(ctypes.string_at(samples, 2 * count))
    return 0


def main(language: str) -> int:
    line = sys.stdin.buffer.read()
    try:
        library = ctypes.CDLL(espeakng_loader.get_library_path())
        data = espeakng_loader.get_data_path().encode()
    except (OSError, RuntimeError) as error:
        sys.stderr.write(str(error))
        return CANNOT
    if library.espeak_Initialize(_SYNCHRONOUS, 0, data, _DO_NOT_EXIT) != RATE:
        sys.stderr.write("espeak_Initialize")
        return CANNOT
    library.espeak_SetSynthCallback(_hear)
    if library.espeak_SetVoiceByName(language.encode()):
        sys.stderr.write(language)
        return CANNOT
    library.espeak_SetParameter(_SPEED, WORDS_A_MINUTE, 0)
    library.espeak_Synth(line, len(line) + 1, 0, 1, 0, _UTF8 | _PHONEMES, None, None)
    sys.stdout.buffer.write(_heard)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
