"""A channel that is listed without its settings is found before a citizen is offered it."""

import pytest

from mpp_portal.checks import channels_are_set_up, prices_can_be_read
from notifications import prices


def told(settings, *channels) -> str:
    settings.NOTIFICATION_CHANNELS = list(channels)
    found = channels_are_set_up(None)
    assert all(error.is_serious() for error in found)
    return " ".join(error.msg for error in found)


def test_channels_with_their_settings_are_no_error(settings, smtp, meta, sms_gateway):
    settings.PRODUCTION = True
    settings.WHATSAPP_APP_SECRET = settings.WHATSAPP_VERIFY_TOKEN = "x"
    assert told(settings, "push", "email", "whatsapp", "sms") == ""


def test_the_console_reaches_nobody_where_real_people_are_served(settings):
    settings.PRODUCTION = False
    assert told(settings, "console") == ""
    settings.PRODUCTION = True
    assert "console, which reaches nobody" in told(settings, "email", "console")


def test_reports_of_a_gateway_need_a_secret(settings, sms_gateway):
    settings.SMS_REPORT = '{"id": "a", "status": "b"}'
    settings.SMS_REPORT_SECRET = ""
    assert "without SMS_REPORT_SECRET" in told(settings, "sms")
    settings.SMS_REPORT_SECRET = "x"
    assert told(settings, "sms") == ""


def test_name_and_password_of_a_gateway_are_a_list(settings, sms_gateway):
    request = settings.SMS_REQUEST.rstrip().removesuffix("}")
    settings.SMS_REQUEST = request + ', "auth": "mpp:rahasia"}'
    assert "auth is a list" in told(settings, "sms")


@pytest.mark.parametrize("name", ["PHONE_ID", "TOKEN", "APP_SECRET", "VERIFY_TOKEN"])
def test_whatsapp_needs_all_of_its_settings(settings, meta, name):
    settings.WHATSAPP_APP_SECRET = settings.WHATSAPP_VERIFY_TOKEN = "x"
    setattr(settings, f"WHATSAPP_{name}", "")
    assert f"WHATSAPP_{name}" in told(settings, "whatsapp")
    assert told(settings, "console") == ""


def test_an_unreadable_gateway_says_what_is_wrong_and_no_secret(settings, sms_gateway, monkeypatch):
    settings.SMS_REPORT = '{"id": "a"}'
    assert "SMS_REPORT does not say" in told(settings, "sms")
    settings.SMS_REQUEST = settings.SMS_REQUEST.replace("Bearer", "kunci-rahasia {text")
    monkeypatch.delenv("SMS_KEY")
    assert "SMS_KEY, which is not set" in told(settings, "sms")
    assert "kunci-rahasia" not in told(settings, "sms")
    settings.SMS_REQUEST = "{kunci-rahasia"
    assert "SMS_REQUEST is not a JSON object" in told(settings, "sms")


def test_mail_to_the_console_is_no_mail_where_real_people_are_served(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    settings.PRODUCTION = True
    assert "EMAIL_URL" in told(settings, "email")
    settings.PRODUCTION = False
    assert told(settings, "email") == ""


def test_a_channel_that_does_not_exist_is_named(settings):
    assert "merpati, which is no channel" in told(settings, "merpati", "console")


@pytest.mark.parametrize("text", ["Rp350", "1.250", "350,5", "-1", "", "NaN", "1e9", "9999999"])
def test_a_price_that_cannot_be_read_is_an_error_and_stops_no_message(settings, text):
    settings.MESSAGE_PRICES = {"sms": text, "whatsapp": "450"}
    (error,) = prices_can_be_read(None)
    assert error.is_serious()
    assert f"sms={text}" in error.msg
    assert (prices.of("sms"), prices.of("whatsapp"), prices.of("push")) == (0, 450, 0)


def test_prices_are_of_channels_that_exist(settings):
    settings.MESSAGE_PRICES = {"sms": "350.50", "email": "0"}
    assert prices_can_be_read(None) == []
    settings.MESSAGE_PRICES = {"merpati": "350"}
    assert "merpati" in prices_can_be_read(None)[0].msg
