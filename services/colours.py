"""How a mall's two colours become the tones of its pages; text on them keeps 7:1. Pure."""

import colorsys
from typing import NamedTuple

DEFAULT_BRAND = "#233372"  # the theme carries its tones, tuned by hand
DEFAULT_ACCENT = "#ffc629"
WHITE = "#ffffff"
_READABLE = 7.0


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
    tone = tone_of(colour)
    while contrast(tone.hex, WHITE) < _READABLE:
        tone = tone._replace(lightness=tone.lightness - 0.005)
    return tone.hex


def tones(brand: str, accent: str) -> dict[str, str]:
    """The custom properties that a mall's two colours set; what is the theme's own is left out."""
    properties: dict[str, str] = {}
    if brand != DEFAULT_BRAND:
        brand = readable(brand)
        hue, lightness, saturation = tone_of(brand)
        deep = Tone(hue, lightness * 0.75, saturation).hex
        properties |= {
            "--m-brand": brand,
            "--m-brand-deep": deep,
            "--m-brand-mid": _lightest(Tone(hue, lightness, saturation * 0.75), 5.0),
            "--m-brand-line": Tone(hue, 0.86, saturation * 0.85).hex,
            "--m-brand-tint": Tone(hue, 0.955, saturation * 0.9).hex,
            "--m-on-brand-2": Tone(hue, 0.89, saturation * 0.85).hex,
            "--m-brand-gate": Tone(hue, lightness * 0.88, saturation).hex,
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
