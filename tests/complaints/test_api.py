"""Complaints over the API: the same rules, in JSON."""

import datetime as dt

import pytest
import time_machine

from complaints import rules
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


# -- what the reporter does with it ----------------------------------------------------------------


@pytest.fixture
def act(client, filed):
    """Act on a case with its PIN, or another."""

    def send(case, act, *, pin, **body):
        place = f"{ADDRESS}/{case.number}/{act}"
        return client.post(
            place, body or None, content_type="application/json", headers={"X-PIN": pin}
        )

    return send


def test_a_question_is_answered_and_the_case_tells_its_dates(act, client, filed, person):
    case, pin = filed()
    desk = person("complaints_desk")
    rules.check(case_id=case.pk, by=desk, at=at(10))
    rules.classify(case_id=case.pk, level="ordinary", by=desk, at=at(10))
    rules.ask_for_more(case_id=case.pk, text="Kapan?", by=desk, at=at(10))
    asked = client.get(f"{ADDRESS}/{case.number}", headers={"X-PIN": pin}).json()
    assert (asked["holder"], asked["waiting_since"]) == ("Anda", "2026-11-25")
    answer = act(case, "complete", pin=pin, text="Kemarin.")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["state"], body["holder"]) == ("verification", "meja pengaduan")
    assert (body["level"], body["waiting_since"]) == ("ordinary", None)
    assert body["completion_due_at"] == "2026-12-15T23:59:59+07:00"
    assert body["events"][-1]["note"] == "Kemarin."
    assert body["events"][-1]["attachments"] == []


def test_object_rate_reopen_add_and_withdraw(act, filed, person):
    case, pin = filed()
    desk = person("complaints_desk")
    rules.check(case_id=case.pk, by=desk, at=at(10))
    rules.answer(case_id=case.pk, text="Beres.", by=desk, at=at(10))
    assert act(case, "rate", pin=pin, rating=1).json()["rating"] == 1
    assert act(case, "object", pin=pin, text="Belum.").json()["state"] == "objection"
    assert act(case, "add", pin=pin, text="Lihat fotonya.").json()["state"] == "objection"
    Case.objects.update(state="closed", closed_at=at(10))
    assert act(case, "reopen", pin=pin, text="Masih.").json()["state"] == "verification"
    assert act(case, "withdraw", pin=pin).json()["state"] == "withdrawn"


def test_the_same_words_twice_are_said_once(act, filed):
    case, pin = filed()
    answers = [act(case, "add", pin=pin, text="Satu hal lagi.").json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert case.events.count() == 2


@pytest.mark.parametrize(
    ("name", "body", "status", "code"),
    [
        ("complete", {"text": "x"}, 409, "nothing_asked"),
        ("add", {"text": " "}, 422, "text_missing"),
        ("object", {"text": "x"}, 409, "nothing_to_object_to"),
        ("rate", {"rating": 3}, 409, "nothing_to_rate"),
        ("rate", {"rating": 9}, 422, "bad_rating"),
        ("reopen", {"text": "x"}, 409, "cannot_reopen"),
    ],
)
def test_an_act_that_cannot_be_is_refused_with_its_code(act, filed, name, body, status, code):
    case, pin = filed()
    answer = act(case, name, pin=pin, **body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert case.events.count() == 1


@pytest.mark.parametrize("name", ["complete", "add", "object", "rate", "reopen", "withdraw"])
def test_no_act_without_the_pin(act, filed, name):
    case, _pin = filed()
    answer = act(case, name, pin="x", text="x", rating=1)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_case")
    assert case.events.count() == 1


def test_a_contact_that_filed_too_much_is_told_so(client, settings):
    settings.COMPLAINTS_PER_CONTACT_AND_DAY = 1
    contact = {"email": "siti@contoh.id"}
    assert send(client, contact=contact, key="a").status_code == 201
    assert send(client, contact=contact, key="a").status_code == 201
    answer = send(client, contact=contact, key="b")
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_cases")


def test_place_day_and_counter_are_kept(client):
    send(client, place="Ruang tunggu", happened_on="2026-11-24", counter=7)
    case = Case.objects.get()
    assert (case.place, case.happened_on, case.counter_number) == (
        "Ruang tunggu",
        dt.date(2026, 11, 24),
        7,
    )


def test_more_events_cost_no_more_questions(client, filed, django_assert_max_num_queries):
    case, pin = filed()
    for minute in range(50):
        case.events.create(kind="replied", at=at(10, minute), visible_to_reporter=True)
    with django_assert_max_num_queries(4):
        client.get(f"{ADDRESS}/{case.number}", headers={"X-PIN": pin})
