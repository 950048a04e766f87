"""The ticket page offers to tell the phone, and what it sends back is looked at closely."""

import json

import pytest
from django.test import Client

from notifications import vapid
from notifications.channels import push
from queueing import rules
from queueing.models import Visit
from services.models import Mall
from tests.house import at
from tests.notifications.push_service import Browser

OFFER = "Kabari saya di HP ini saat giliran dekat"


@pytest.fixture(autouse=True)
def _phones_are_told(settings):
    settings.NOTIFICATION_CHANNELS = ["push"]
    settings.VAPID_PRIVATE_KEY = vapid.new_key()


@pytest.fixture
def phone():
    return Browser("https://fcm.googleapis.com")


@pytest.fixture
def ticket(house):
    return house.book("KTP", 9)


def address(ticket):
    return f"/tiket/{ticket.visit.token}/"


def send(client, ticket, body, **headers):
    text = body if isinstance(body, (str, bytes)) else json.dumps(body)
    return client.post(
        address(ticket) + "kabari/", text, content_type="application/json", headers=headers
    )


def kept():
    return Visit.objects.get().push


def test_the_ticket_offers_it_with_the_portals_key_and_no_script_asks_by_itself(browser, ticket):
    page = browser.get(address(ticket))
    assert OFFER in page
    assert f'data-key="{push.public_key()}"' in page
    assert 'data-told=""' in page
    assert "js/push.js" in page


def test_it_is_not_offered_without_a_key_in_a_rehearsal_or_of_a_finished_number(
    browser, house, ticket, settings
):
    key = settings.VAPID_PRIVATE_KEY
    settings.VAPID_PRIVATE_KEY = ""
    assert OFFER not in browser.get(address(ticket))
    settings.VAPID_PRIVATE_KEY = key
    Mall.objects.update(rehearsal=True)
    assert OFFER not in browser.get(address(ticket))
    settings.CATCHES_MESSAGES = True
    assert OFFER in browser.get(address(ticket))
    rules.cancel(ticket_id=ticket.pk, at=at(7, 50))
    page = browser.get(address(ticket))
    assert OFFER not in page
    assert "js/push.js" not in page


def test_a_phone_asks_to_be_told_and_no_longer(client, ticket, phone):
    answer = send(client, ticket, {"subscription": phone.subscription})
    assert (answer.status_code, answer.json()) == (200, {"on": True})
    assert json.loads(kept())["endpoint"] == phone.endpoint
    page = client.get(address(ticket)).content.decode()
    assert f'data-told="{push.name_of(kept())}"' in page
    assert phone.endpoint not in page
    assert send(client, ticket, {"subscription": None}).json() == {"on": False}
    assert kept() is None


def test_a_form_does_the_same_and_leads_back_to_the_ticket(client, ticket, phone):
    answer = client.post(address(ticket) + "kabari/", {"subscription": phone.text})
    assert answer.headers["Location"] == address(ticket)
    assert kept()
    client.post(address(ticket) + "kabari/", {"subscription": ""})
    assert kept() is None
    answer = client.post(address(ticket) + "kabari/", {"subscription": "{}"})
    assert answer.status_code == 422
    assert "Peramban ini tidak dapat dikabari." in answer.content.decode()


def test_bad_bodies_are_refused_in_words(client, ticket, phone):
    told = phone.subscription
    bodies = [
        *["null", "[]", "7", "{}", "{", "[" * 5000, b"\xff", '"x"'],
        *[{"subscription": one} for one in ("", 7, True, [], {}, {"endpoint": 1})],
        {"subscription": {**told, "endpoint": "https://192.168.1.1/x"}},
        {"subscription": {**told, "endpoint": "https://localhost/x"}},
        {"subscription": {**told, "keys": {"p256dh": "x", "auth": "y"}}},
        {"subscription": {**told, "more": "x" * 9000}},
    ]
    for body in bodies:
        answer = send(client, ticket, body)
        assert answer.status_code == 422, body
        assert answer.json()["code"] == "bad_subscription"
        assert answer.json()["message"].startswith("Peramban ini tidak dapat dikabari.")
    assert send(client, ticket, "x" * 3_000_000).status_code == 400
    assert kept() is None


def test_only_who_holds_the_ticket_asks_and_only_from_its_page(client, ticket, phone):
    body = {"subscription": phone.subscription}
    assert client.get(address(ticket) + "kabari/").status_code == 405
    strange = client.post("/tiket/lain/kabari/", json.dumps(body), content_type="application/json")
    assert strange.status_code == 404
    strict = Client(enforce_csrf_checks=True)
    assert send(strict, ticket, body).status_code == 403
    token = strict.get(address(ticket)).context["csrf_token"]
    answer = send(strict, ticket, body, **{"X-CSRFToken": str(token)})
    assert answer.status_code == 200
    form = {"subscription": "", "csrfmiddlewaretoken": str(token)}
    assert strict.post(address(ticket) + "kabari/", form).status_code == 302


def test_an_erased_visit_is_not_there(client, ticket, phone):
    rules.erase_visits(at(8, days=40))
    assert send(client, ticket, {"subscription": phone.subscription}).status_code == 404
