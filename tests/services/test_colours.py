"""A mall's colours: what cannot be read is refused with a better one, what is derived stays AAA."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services import colours
from services.colours import WHITE, Tone, contrast

MORI, PALEST_INK = "#f6f5f2", "#4e4c5a"  # the theme's page bands, its palest text
PRIMARY = st.builds(
    lambda r, g, b: f"#{r:02x}{g:02x}{b:02x}", *[st.integers(min_value=0, max_value=255)] * 3
)
READABLE = PRIMARY.map(colours.readable)


def test_a_pale_brand_is_refused_with_its_ratio_and_a_better_one():
    said = colours.objections("#c8102e", colours.DEFAULT_ACCENT)
    assert set(said) == {"primary_colour"}
    assert "5.9:1" in said["primary_colour"]
    assert "#b00e29" in said["primary_colour"]
    assert colours.objections("#b00e29", "#0b5a7a") == {}


def test_two_colours_too_much_alike_are_refused_with_another_accent():
    said = colours.objections("#7a3b0b", "#7a1d0b")
    assert set(said) == {"accent_colour"}
    assert "perlu 35" in said["accent_colour"]


def test_a_grey_is_like_no_colour():
    assert colours.objections("#333333", "#555555") == {}


@given(PRIMARY, PRIMARY)
def test_what_is_offered_instead_is_not_refused(brand, accent):
    better = colours.readable(brand)
    assert "primary_colour" not in colours.objections(better, accent)
    assert colours.objections(better, colours.other_hue(better)) == {}


@given(READABLE, READABLE)
def test_words_on_the_derived_tones_keep_seven_to_one(brand, accent):
    tones = colours.tones(brand, accent)
    if "--m-brand" not in tones:
        return
    drawn, deep, gate = (tones[f"--m-brand{part}"] for part in ("", "-deep", "-gate"))
    tint, quiet = tones["--m-brand-tint"], tones["--m-on-brand-2"]
    for text, ground in [
        (WHITE, drawn),
        (WHITE, deep),
        (WHITE, gate),
        (quiet, deep),
        (quiet, gate),
        (drawn, tint),
        (drawn, MORI),
        (PALEST_INK, tint),
    ]:
        assert contrast(text, ground) >= 7, (text, ground)
    assert contrast(tones["--m-brand-mid"], WHITE) >= 3


@given(PRIMARY)
def test_the_admins_steps_carry_their_text(brand):
    steps = colours.steps(brand)
    for step in ("600", "700", "800", "900", "950"):
        assert contrast(steps[step], WHITE) >= 7
    for step in ("50", "100", "200"):
        assert contrast(steps[step], "#1b1a21") >= 7


@pytest.mark.parametrize("colour", ["#000000", "#ffffff", "#ffc629", "#233372"])
def test_a_tone_is_the_colour_it_was_read_from(colour):
    assert Tone(*colours.tone_of(colour)).hex == colour
