"""A photo in a process of its own: `python -m complaints.picture KIND`, from stdin to stdout.

What comes in was made by strangers, and decoders have crashed and swallowed memory before; here
that takes nobody with it. Out comes a JPEG of what can be seen and nothing else: no place, no
camera, no comment, the right way up, at most LONGEST_SIDE pixels long.
"""

import contextlib
import io
import os
import resource
import sys

from PIL import Image

TOO_LARGE, BROKEN, NO_ROOM = 3, 4, 5  # how the process ends where there is no picture
LONGEST_SIDE = 2560
MOST_MEMORY = 768 * 1024 * 1024  # bytes of addresses, libraries included
MOST_CPU_S = 15
# A JPEG is made smaller while it is read; the others stand in memory whole.
MOST_PIXELS = {"JPEG": 110_000_000, "PNG": 25_000_000, "WEBP": 25_000_000}
_BLANK = {"mode": "RGB", "color": "white"}


def main(kind: str) -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_S, MOST_CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError):
        os.nice(5)
    Image.MAX_IMAGE_PIXELS = None  # counted below
    try:
        with Image.open(sys.stdin.buffer, formats=[kind]) as image:
            if image.width * image.height > MOST_PIXELS[kind]:
                return TOO_LARGE
            made = _made(image)
    except MemoryError:
        return TOO_LARGE
    except Exception:  # noqa: BLE001 - whatever a decoder says to what it cannot read
        return BROKEN
    try:
        sys.stdout.buffer.write(made)
        sys.stdout.buffer.flush()
    except OSError:
        os._exit(NO_ROOM)  # what is left in the buffer would fail once more
    return 0


def _made(image: Image.Image) -> bytes:
    """The picture as a JPEG, without anything beside its pixels."""
    image.draft(None, (LONGEST_SIDE, LONGEST_SIDE))
    image.load()
    turned = _orientation(image)
    if image.mode == "I;16":
        image = image.point(lambda value: value / 256).convert("L")
    elif image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new(size=image.size, **_BLANK)
        white.paste(image, mask=image.getchannel("A"))
        image = white
    elif image.mode not in ("L", "RGB"):
        image = image.convert("RGB")
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    if turned in _TURNS:
        image = image.transpose(_TURNS[turned])
    image.info = {}  # a comment would be copied from here
    out = io.BytesIO()
    image.save(out, "JPEG", quality=85)
    return out.getvalue()


_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def _orientation(image: Image.Image) -> int:
    """How the camera was held; 1 where it does not say so legibly."""
    try:
        return int(image.getexif().get(0x0112, 1))
    except Exception:  # noqa: BLE001 - a photo is worth more than its notes
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
