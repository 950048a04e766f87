"""Files as people send them, made up: photos with everything a phone adds, papers, and traps."""

import io

from PIL import Image

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
PLACE = b"GPSPLACE-7.4726-112.4338"
CAMERA = "Kamera Penanda 9000"


def photo(width=800, height=600, *, kind="JPEG", mode="RGB", noise=False, **asked):
    """A photo; where there is noise it weighs something."""
    if noise:
        image = Image.effect_noise((width, height), 90).convert(mode)
    else:
        image = Image.new(mode, (width, height))
    out = io.BytesIO()
    image.save(out, kind, **asked)
    return out.getvalue()


def phone_photo(width=800, height=600, *, turned=1, **asked):
    """With the place, the camera and a comment, the upper left corner red."""
    image = Image.new("RGB", (width, height), "white")
    image.paste("red", (0, 0, width // 4, height // 4))
    exif = Image.Exif()
    exif[0x0112], exif[0x0110] = turned, CAMERA
    exif.get_ifd(0x8825).update({1: "S", 2: (7.0, 28.0, 21.0), 29: PLACE.decode()})
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif, comment=PLACE, **asked)
    return out.getvalue()


def paper(size):
    """A PDF of so many bytes."""
    return PDF[:9] + b"%" + b"x" * (size - len(PDF) - 2) + b"\n" + PDF[9:]
