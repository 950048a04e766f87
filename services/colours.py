"""How a mall's two colours become the tones of its pages; text on them keeps 7:1. Pure."""

import colorsys
import re
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

DEFAULT_BRAND = "#233372"  # the theme carries its tones, tuned by hand
DEFAULT_ACCENT = "#7a3b0b"
WHITE = "#ffffff"
_MORI = "#f6f5f2"  # the theme's page bands
_PALEST_INK = "#4e4c5a"
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_READABLE = 7.0
_APART = 35  # degrees of hue: charts draw one colour beside the other
_OWN_ACCENT = "#7a3b0b"  # what the theme draws where the accent is left as it is
_GREY = 0.12  # of saturation; below it a colour has no hue to be confused


class Tone(NamedTuple):
    """Hue, lightness and saturation, 0 to 1."""

    hue: float
    lightness: float
    saturation: float

    @property
    def hex(self) -> str:
        saturation = max(0.0, min(1.0, self.saturation))
        parts = colorsys.hls_to_rgb(self.hue, max(0.0, min(1.0, self.lightness)), saturation)
        return "#" + "".join(f"{round(part * 255):02x}" for part in parts)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours by WCAG 2.2, 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def readable(colour: str) -> str:
    """The nearest darker tone of the same hue that carries white text at 7:1."""
    return _shifted(tone_of(colour), -0.005, WHITE)


def objections(brand: str, accent: str) -> dict[str, Any]:
    """Why two colours are refused: a sentence with a better one, by the mall's field.

    What is no colour at all is not judged here.
    """
    if not (_COLOUR.fullmatch(brand) and _COLOUR.fullmatch(accent)):
        return {}
    refused: dict[str, Any] = {
        name: _too_pale(colour)
        for name, colour in (("primary_colour", brand), ("accent_colour", _drawn(accent)))
        if contrast(colour, WHITE) < _READABLE
    }
    degrees = hues_apart(brand, _drawn(accent))
    if not refused and degrees < _APART:
        refused["accent_colour"] = _(
            "Warna utama dan aksen terlalu mirip: terpaut %(degrees)d derajat, perlu %(apart)d "
            "agar grafik terbaca. Pilih aksen lain, misalnya %(better)s."
        ) % {"degrees": degrees, "apart": _APART, "better": other_hue(brand)}
    return refused


def hues_apart(one: str, other: str) -> float:
    """How far two hues lie apart on the circle, 0 to 180 degrees; a grey is far from all."""
    tones_of_both = tone_of(one), tone_of(other)
    if min(tone.saturation for tone in tones_of_both) < _GREY:
        return 180.0
    distance = abs(tones_of_both[0].hue - tones_of_both[1].hue)
    return min(distance, 1 - distance) * 360


def other_hue(brand: str) -> str:
    """An accent that can stand beside the brand: the theme's own, else one across the circle."""
    if hues_apart(brand, _OWN_ACCENT) >= _APART:
        return _OWN_ACCENT
    return readable(Tone((tone_of(brand).hue + 0.5) % 1, 0.3, 0.7).hex)


def steps(brand: str) -> dict[str, str]:
    """The eleven steps of the admin's primary colour, 50 to 950, as #1a2b3c.

    Step 600 and darker carry white text; 50 to 200 carry ink.
    """
    hue, lightness, saturation = tone_of(readable(brand))
    pale = {"50": 0.965, "100": 0.93, "200": 0.86, "300": 0.76, "400": 0.62, "500": 0.5}
    deep = {"600": 1.0, "700": 0.87, "800": 0.7, "900": 0.52, "950": 0.36}
    return {
        **{step: Tone(hue, max(at, lightness), saturation * 0.8).hex for step, at in pale.items()},
        **{step: Tone(hue, lightness * part, saturation).hex for step, part in deep.items()},
    }


def tones(brand: str, accent: str) -> dict[str, str]:
    """The custom properties that a mall's two colours set; what is the theme's own is left out."""
    properties: dict[str, str] = {}
    if brand != DEFAULT_BRAND:
        # The brand is also the colour of words on white, on its own tint and on the page bands.
        hue, _lightness, saturation = tone_of(brand)
        tint = _shifted(Tone(hue, 0.955, saturation * 0.9), 0.005, _PALEST_INK)
        brand = _shifted(tone_of(_shifted(tone_of(brand), -0.005, tint)), -0.005, _MORI)
        lightness = tone_of(brand).lightness
        deep = Tone(hue, lightness * 0.75, saturation).hex
        gate = Tone(hue, lightness * 0.88, saturation).hex
        properties |= {
            "--m-brand": brand,
            "--m-brand-deep": deep,
            "--m-brand-mid": _lightest(Tone(hue, lightness, saturation * 0.75), 5.0),
            "--m-brand-line": Tone(hue, 0.86, saturation * 0.85).hex,
            "--m-brand-tint": tint,
            "--m-on-brand-2": _shifted(Tone(hue, 0.89, saturation * 0.85), 0.005, gate),
            "--m-brand-gate": gate,
            "--bs-primary-rgb": _rgb(brand),
            "--bs-link-color-rgb": _rgb(brand),
            "--bs-link-hover-color-rgb": _rgb(deep),
        }
    if accent != DEFAULT_ACCENT:
        accent = readable(accent)
        hue, lightness, saturation = tone_of(accent)
        properties |= {
            "--m-accent": accent,
            "--m-accent-mid": _lightest(Tone(hue, lightness, saturation * 0.8), 3.8),
            "--m-accent-tint": Tone(hue, 0.93, saturation * 0.9).hex,
        }
    return properties


def tone_of(colour: str) -> Tone:
    """The tone of a colour written as #1a2b3c."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_parts(colour))
    return Tone(hue, lightness, saturation)


def _shifted(tone: Tone, step: float, beside: str) -> str:
    """The first tone, lighter or darker by `step`s, that has 7:1 to the colour beside it."""
    while contrast(tone.hex, beside) < _READABLE:
        tone = tone._replace(lightness=tone.lightness + step)
    return tone.hex


def _drawn(accent: str) -> str:
    return _OWN_ACCENT if accent == DEFAULT_ACCENT else accent


def _too_pale(colour: str) -> str:
    return _(
        "Teks putih di atas %(colour)s hanya berkontras %(ratio)s:1, perlu 7:1 agar terbaca semua "
        "orang. Pakai %(better)s, rona yang sama yang lebih gelap."
    ) % {
        "colour": colour,
        "ratio": min(round(contrast(colour, WHITE), 1), 6.9),  # never the 7 that is asked for
        "better": readable(colour),
    }


def _lightest(tone: Tone, ratio: float) -> str:
    """The lightest tone that still stands out on white by `ratio`."""
    while contrast(tone._replace(lightness=tone.lightness + 0.01).hex, WHITE) > ratio:
        tone = tone._replace(lightness=tone.lightness + 0.01)
    return tone.hex


def _parts(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue


def _rgb(colour: str) -> str:
    return ", ".join(str(round(part * 255)) for part in _parts(colour))


def _luminance(colour: str) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4
        for part in _parts(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
