"""Complaints over the API: the same rules, in JSON."""

import pytest
import time_machine

from complaints.models import Case
from tests.complaints.conftest import STORY
from tests.house import at

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/complaints"
ASKED = {"mall": "gajah-mada", "kind": "complaint", "text": STORY}


@pytest.fixture(autouse=True)
def _wednesday_morning(mall):
    with time_machine.travel(at(10), tick=False):
        yield


def send(client, key=None, **more):
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(ADDRESS, ASKED | more, content_type="application/json", headers=headers)


def test_a_case_is_filed_and_followed(client, ktp):
    contact = {"phone": "081234567890"}
    answer = send(client, service="KTP", subject="Lama", confidential=True, contact=contact)
    assert answer.status_code == 201
    filed = answer.json()
    assert filed["first_answer_due_at"] == "2026-12-02T23:59:59+07:00"
    seen = client.get(f"{ADDRESS}/{filed['number']}", headers={"X-PIN": filed["pin"]})
    assert seen.status_code == 200
    assert "no-store" in seen["Cache-Control"]
    body = seen.json()
    assert (body["state"], body["agency"], body["service"]) == ("received", "DUKCAPIL", "KTP")
    assert (body["confidential"], body["anonymous"]) == (True, False)
    assert [event["kind"] for event in body["events"]] == ["filed"]
    assert body["received_at"] == "2026-11-25T10:00:00+07:00"
    case = Case.objects.get()
    assert (case.channel, case.phone) == ("api", "+6281234567890")
    assert "81234567890" not in seen.content.decode()


def test_the_same_key_files_once_and_another_body_is_refused(client):
    first, again = send(client, key="k"), send(client, key="k")
    assert first.json() == again.json()
    assert Case.objects.count() == 1
    other = send(client, key="k", text="Hal lain.")
    assert (other.status_code, other.json()["code"]) == (422, "request_reused")


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"text": ""}, 422, "text_missing"),
        ({"agency": "NIHIL"}, 422, "unknown_agency"),
        ({"mall": "nihil"}, 404, "unknown_mall"),
        ({"kind": "rant"}, 422, "bad_input"),
        ({"text": "a\u0000b"}, 422, "bad_input"),
        ({"text": "\ud800"}, 422, "bad_input"),
    ],
)
def test_refusals_are_json_that_echo_nothing(client, more, status, code):
    answer = send(client, **more)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert STORY not in answer.content.decode()


def test_an_endless_key_is_refused(client):
    assert send(client, key="k" * 300).json()["code"] == "bad_request_key"


def test_wrong_pins_are_counted(client):
    number = send(client).json()["number"]
    statuses = [
        client.get(f"{ADDRESS}/{number}", headers={"X-PIN": "x"}).status_code for _ in range(6)
    ]
    assert statuses == [404] * 5 + [429]
    assert client.get(f"{ADDRESS}/P7KX29MD").status_code == 404
