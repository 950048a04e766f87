"""A mall's logo: only a small SVG or PNG that cannot act, refused with a sentence that helps."""

import hashlib
import re
import struct
from pathlib import PurePosixPath
from xml.etree import ElementTree

from django.core.exceptions import ValidationError
from django.core.files import File
from django.utils.translation import gettext_lazy as _

MOST_BYTES = 100_000
CONTENT_TYPES = {".svg": "image/svg+xml", ".png": "image/png"}
_SVG = "{http://www.w3.org/2000/svg}"
_PNG_START = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
_MOST_PIXELS = 2048
_ACTING = {
    "script",
    "foreignobject",
    "iframe",
    "object",
    "embed",
    "audio",
    "video",
    "set",
    "handler",
}
# What an address may be: a part of the same drawing, or a picture that it carries along.
_OWN = re.compile(r"#|data:image/(?:png|jpeg);base64,", re.IGNORECASE)
_ADDRESSES = re.compile(r"url\(\s*['\"]?\s*([^'\")]*)", re.IGNORECASE)


def accept(file: File) -> str:
    """Check an uploaded logo; the name it is kept under, which changes with its content.

    Raises ValidationError with a sentence that says what to do.
    """
    if file.size > MOST_BYTES:
        raise ValidationError(
            _("Logo paling besar %(most)d KB; berkas ini %(size)d KB. Kecilkan dulu.")
            % {"most": MOST_BYTES // 1000, "size": -(-file.size // 1000)}
        )
    file.seek(0)
    data = file.read()
    file.seek(0)
    suffix = ".png" if data.startswith(b"\x89PNG") else ".svg"
    (_check_png if suffix == ".png" else _check_svg)(data)
    return hashlib.sha256(data).hexdigest()[:16] + suffix


def content_type(name: str) -> str | None:
    """The media type of a logo kept under this name; None for anything that was not accepted."""
    return CONTENT_TYPES.get(PurePosixPath(name).suffix)


def version(name: str) -> str:
    """What changes in the logo's address when the logo does."""
    return PurePosixPath(name).stem


def _check_png(data: bytes) -> None:
    if not data.startswith(_PNG_START) or len(data) < 33:
        raise ValidationError(_("PNG ini rusak. Simpan ulang, lalu unggah lagi."))
    width, height = struct.unpack(">II", data[16:24])
    if not 1 <= min(width, height) <= max(width, height) <= _MOST_PIXELS:
        raise ValidationError(
            _("PNG paling lebar dan tinggi %(most)d piksel. Kecilkan dulu.")
            % {"most": _MOST_PIXELS}
        )


def _check_svg(data: bytes) -> None:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = ""
    if "<!doctype" in text.lower() or "<!entity" in text.lower():
        raise ValidationError(
            _("SVG ini memakai DOCTYPE. Simpan ulang sebagai SVG biasa (Plain SVG).")
        )
    try:
        # Nothing can be declared above, so nothing can be expanded or fetched here.
        root = ElementTree.fromstring(text)  # noqa: S314
    except ElementTree.ParseError:
        root = None
    if root is None or root.tag != f"{_SVG}svg":
        raise ValidationError(_("Logo harus berupa berkas SVG atau PNG."))
    for element in root.iter():
        _check_element(element)
    if "<?xml-stylesheet" in text:
        _refuse_reference()


def _check_element(element: ElementTree.Element) -> None:
    name = str(element.tag).rpartition("}")[2].lower()
    if name in _ACTING or name.startswith("animate"):
        raise ValidationError(
            _(
                "SVG ini memuat <%(name)s>. Logo tidak boleh berisi skrip, animasi, atau halaman "
                "lain."
            )
            % {"name": name}
        )
    for key, value in element.attrib.items():
        attribute = key.rpartition("}")[2].lower()
        if attribute.startswith("on"):
            raise ValidationError(
                _("SVG ini memuat perintah %(name)s. Hapus, lalu unggah lagi.")
                % {"name": attribute}
            )
        if attribute in {"href", "src"} and not _OWN.match(value.strip()):
            _refuse_reference()
        _check_style(value)
    if name == "style":
        _check_style(element.text or "")


def _check_style(text: str) -> None:
    if ("\\" in text and "(" in text) or "@import" in text.lower():
        _refuse_reference()
    if any(not _OWN.match(address.strip()) for address in _ADDRESSES.findall(text)):
        _refuse_reference()


def _refuse_reference() -> None:
    raise ValidationError(
        _("SVG ini menunjuk ke berkas atau alamat lain. Jadikan satu berkas, lalu unggah lagi.")
    )
