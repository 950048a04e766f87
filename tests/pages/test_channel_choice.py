""" "Kabari lewat": asked only where the answer makes a difference, and kept with the visit."""

import json

import pytest

from queueing.models import Visit

WHO = {"name": "Siti Aminah", "nik": "3576014101900001", "phone": "0812 3456 7890"}
ALL = ["email", "whatsapp", "sms"]


@pytest.fixture
def asked(browser, house):
    """A browser that stands before the question of who comes."""

    def ask():
        browser.get("/gajah-mada/antrean/KTP/")
        browser.press("jam", jam=house.window("C", 9).pk)
        assert "Siapa yang datang?" in browser.text
        return browser

    return ask


@pytest.mark.parametrize("channels", [["console"], ["email"], ["whatsapp"], ["push", "sms"]])
def test_where_there_is_one_channel_nobody_is_asked(asked, settings, channels):
    settings.NOTIFICATION_CHANNELS = channels
    assert "Kabari lewat" not in asked().text


def test_two_ways_to_a_phone_are_a_choice_beside_it(asked, settings):
    settings.NOTIFICATION_CHANNELS = ["whatsapp", "sms"]
    browser = asked()
    assert browser.form.index("Kabari lewat") < browser.form.index("Lebih suka surel?")
    assert 'value="sms"' in browser.form
    assert 'value="email"' not in browser.form
    browser.press("periksa", **WHO, prefer="sms")
    assert "dikabari lewat SMS" in browser.text
    browser.press("kirim")
    assert Visit.objects.get().prefer == "sms"


def test_phone_and_email_are_a_choice_where_the_email_is_written(asked, settings):
    settings.NOTIFICATION_CHANNELS = ["email", "whatsapp"]
    browser = asked()
    assert browser.form.index("Kabari lewat") > browser.form.index("Lebih suka surel?")
    browser.press("periksa", **WHO, email="siti@contoh.id", prefer="whatsapp")
    browser.press("kirim")
    assert Visit.objects.get().prefer == "whatsapp"


def test_a_channel_that_does_not_reach_what_was_typed_is_said_at_the_field(asked, settings):
    settings.NOTIFICATION_CHANNELS = ALL
    browser = asked()
    browser.press("periksa", **WHO, email="siti@contoh.id", prefer="email")
    browser.press("siapa")
    browser.press("periksa", **WHO, email="", prefer="email")
    assert browser.page.status_code == 422
    assert "tidak dapat dikabari lewat saluran itu" in browser.text


def test_without_a_contact_the_choice_means_nothing(asked, settings):
    settings.NOTIFICATION_CHANNELS = ALL
    browser = asked()
    browser.press("periksa", **{**WHO, "phone": ""}, prefer="sms")
    browser.press("kirim")
    assert Visit.objects.get().prefer == ""


@pytest.mark.parametrize(("prefer", "status"), [("sms", 201), ("email", 422), ("fax", 422)])
def test_a_program_may_choose_too(house, client, settings, prefer, status):
    settings.NOTIFICATION_CHANNELS = ALL
    wish = {"service": "KK", "window": house.window("C", 9).pk}
    body = {"mall": "gajah-mada", "name": "Siti", "phone": WHO["phone"], "tickets": [wish]}
    answer = client.post(
        "/api/v1/visits", json.dumps({**body, "prefer": prefer}), content_type="application/json"
    )
    assert answer.status_code == status
    if status == 422:
        assert "prefer" in answer.json()["fields"]
    else:
        assert Visit.objects.get().prefer == "sms"
