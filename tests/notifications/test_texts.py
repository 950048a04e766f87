"""Every kind has its words in both languages; they name no service and only the first name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.channels.base import SendFailed
from notifications.models import Message
from notifications.texts import first_name_of, render

CONTEXT = {
    "secret": "482913",
    "first_name": "Nur'aini Dewi",
    "mall": "MPP Gajah Mada",
    "date": "Selasa, 24 November",
    "time_range": "09.00–10.00",
    "label": "C 037",
    "link": "https://mpp.contoh.id/tiket/abc?a=1&b=2",
}


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("kind", Message.Kind.values)
def test_each_kind_has_its_words(kind, language):
    subject, body = render(kind=kind, language=language, context=CONTEXT)
    assert 0 < len(subject) <= 60
    assert "\n" not in subject
    assert body.startswith(("Halo Nur'aini,", "Hello Nur'aini,"))
    assert "Dewi" not in body
    assert "MPP Gajah Mada" in body
    link = "https://mpp.contoh.id/tiket/abc?a=1&b=2"
    assert (link in body, "482913" in body) == ((False, True) if kind == "code" else (True, False))
    for residue in ("{{", "{%", "&#x27;", "&amp;", "!"):
        assert residue not in subject + body


def test_without_a_name_the_greeting_is_still_a_greeting():
    _, body = render(kind="booked", language="id", context={**CONTEXT, "first_name": ""})
    assert body.startswith("Halo,\n")


def test_a_kind_without_words_fails_alone():
    with pytest.raises(SendFailed) as failed:
        render(kind="birthday", language="id", context=CONTEXT)
    assert (failed.value.code, failed.value.permanent) == ("template", True)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Siti Aminah", "Siti"),
        ("https://jahat.id/hadiah", "httpsjahatidhadiah"),
        ("www.jahat.id klik", "wwwjahatid"),
        ("   ", ""),
        ("Nur'aini", "Nur'aini"),
    ],
)
def test_a_name_cannot_carry_an_address_to_click_on(typed, name):
    assert first_name_of(typed) == name


@given(st.text())
def test_a_first_name_is_one_short_word(text):
    name = first_name_of(text)
    assert len(name) <= 30
    assert not set(name) & set(" .:/@\n0123456789")
