"""openapi.json says what each operation asks for and may answer; the docs page shows it."""

import pytest

from tests.house import at


@pytest.fixture
def described(house, ask):
    return ask("GET", "/openapi.json").json()


def operations(described):
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def test_every_post_takes_a_key_and_every_error_has_one_shape(described):
    for method, path, operation in operations(described):
        names = {parameter["name"] for parameter in operation["parameters"]}
        assert ("Idempotency-Key" in names) == (method == "post"), path
        answers = operation["responses"]
        assert {"400", "401", "429", "503"} <= set(answers), path
        assert ("409" in answers) == (method == "post"), path
        for status, answer in answers.items():
            if status >= "400":
                assert answer == {"$ref": f"#/components/responses/Error{status}"}
    error = described["components"]["schemas"]["Error"]
    assert error["required"] == ["code", "message", "fields"]


def test_tokens_and_scopes_are_named(described):
    asked = {path: operation["security"] for _method, path, operation in operations(described)}
    assert asked["/api/v1/malls"] == [{}, {"token": []}]
    assert asked["/api/v1/visits"] == [{}, {"token": ["visits"]}]
    assert asked["/api/v1/counters"] == [{"token": ["counters"]}]
    assert list(described["components"]["securitySchemes"]) == ["token"]


def test_states_are_enumerated_and_answers_name_their_schema(described):
    schemas = described["components"]["schemas"]
    assert "waiting" in schemas["State"]["enum"]
    assert schemas["TicketOut"]["properties"]["estimate"]["anyOf"][0] == {
        "$ref": "#/components/schemas/EstimateOut"
    }
    for method, path, operation in operations(described):
        done = [a for status, a in operation["responses"].items() if status in {"200", "201"}]
        assert done, (method, path)
        assert all("application/json" in answer["content"] for answer in done)


def test_the_description_and_the_page_speak_the_readers_language(house, ask):
    in_indonesian, in_english = (
        ask("GET", "/openapi.json", Accept_Language=language).json() for language in ("id", "en")
    )
    path = in_indonesian["paths"]["/api/v1/visits"]["post"]
    assert path["summary"] == "Ambil nomor"
    assert in_english["paths"]["/api/v1/visits"]["post"]["summary"] != "Ambil nomor"
    page = ask("GET", "/docs", Accept_Language="en").content.decode()
    assert '<html lang="en">' in page


def test_a_body_that_does_not_say_that_it_is_json_is_refused(house, ask, wish):
    answer = ask("POST", "/visits", wish(), **{"Content-Type": "text/plain"})
    assert (answer.status_code, answer.json()["code"]) == (415, "not_json")
    token = ask("POST", "/visits", wish()).json()["token"]
    empty = ask("POST", f"/visits/{token}/cancel", **{"Content-Type": "text/plain"})
    assert empty.status_code == 200


@pytest.mark.parametrize("date", ["0", "1764028800", "2026-11-25T09:00:00", "25-11-2026", ""])
def test_a_date_is_written_in_one_way(house, ask, date):
    answer = ask("GET", f"/malls/gajah-mada/services/KTP/windows?date={date}")
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_input")
    assert "2026-11-25" in answer.json()["fields"]["date"]


def test_the_page_shows_how_to_ask_with_curl(house, ask, clock):
    clock.move_to(at(9))
    page = ask("GET", "/docs").content.decode()
    assert "curl -X POST &#x27;http" in page
    assert "scope_missing" in page
    assert "/api/v1/counters/{counter}/call" in page
