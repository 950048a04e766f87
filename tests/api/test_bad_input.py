"""Everything that can be wrong about a booking: a code, a sentence, 4xx, and nothing half done."""

import pytest

from queueing import rules
from queueing.models import Ticket, Visit, Window
from tests.house import TODAY, at


@pytest.fixture(autouse=True)
def _nothing_half_done(house):
    yield
    taken = sum(Window.objects.values_list("taken", flat=True))
    assert taken == Ticket.objects.exclude(seat="").count()


def refused(answer, status, code):
    assert answer.status_code == status, answer.content
    told = answer.json()
    assert (told["code"], set(told) >= {"code", "message", "fields"}) == (code, True)
    assert told["message"]
    return told


def test_an_unknown_mall(ask, wish):
    refused(ask("POST", "/visits", wish(mall="tidak-ada")), 404, "unknown_mall")


def test_an_unknown_service(ask, wish):
    for code in ["TIDAK-ADA", "", "ktp; DROP TABLE", "🙂"]:
        body = wish()
        body["tickets"][0]["service"] = code
        refused(ask("POST", "/visits", body), 404, "unknown_service")


def test_an_unknown_window(ask, wish):
    for window in [999_999_999, 2**63 - 1]:
        body = wish()
        body["tickets"][0]["window"] = window
        refused(ask("POST", "/visits", body), 404, "unknown_window")


def test_a_window_of_another_queue(house, ask, wish):
    body = wish("KTP")
    body["tickets"][0]["window"] = house.window("T", 9).pk
    refused(ask("POST", "/visits", body), 422, "wrong_window")


def test_a_window_that_is_over(ask, wish, clock):
    body = wish(hour=8)
    clock.move_to(at(9, 30))
    refused(ask("POST", "/visits", body), 409, "past")


def test_a_full_window(ask, wish):
    for number in range(4):
        assert ask("POST", "/visits", wish(name=f"Warga {number}")).status_code == 201
    refused(ask("POST", "/visits", wish(name="Terlambat")), 409, "full")


def test_a_day_that_was_closed(house, ask, wish):
    rules.close_day(mall=house.mall, date=TODAY, at=at(7, 20))
    answer = ask("POST", "/visits", wish())
    assert answer.status_code == 409
    assert answer.json()["code"] in {"closed", "past"}


def test_a_queue_that_is_paused_says_why(house, ask, wish):
    rules.pause(queue_id=house.queues["C"].pk, reason="Sistem pusat mati", at=at(7))
    told = refused(ask("POST", "/visits", wish()), 409, "paused")
    assert "Sistem pusat mati" in told["message"]


def test_a_window_not_yet_released(house, ask, wish):
    body = wish(days=14)
    house.queues["C"].book_ahead_days = 3
    house.queues["C"].save()
    refused(ask("POST", "/visits", body), 409, "not_yet_released")


def test_services_that_are_not_booked_here(house, ask, wish):
    body = wish("SIDANG")
    refused(ask("POST", "/visits", body), 409, "walk_in_only")
    body["tickets"][0]["service"] = "PASPOR"
    refused(ask("POST", "/visits", body), 409, "external")


def test_a_malformed_value_is_named_and_not_echoed(ask, wish):
    for field, value, code in [
        ("phone", "12345", "bad_phone"),
        ("phone", "nomor saya", "bad_phone"),
        ("phone", "+1 202 555 0100", "bad_phone"),
        ("phone", "0" * 5000, "bad_phone"),
        ("email", "bukan-surel", "bad_email"),
        ("email", "a@b", "bad_email"),
        ("email", "a" * 400 + "@contoh.id", "bad_email"),
        ("nik", "123", "bad_nik"),
        ("nik", "abcdefghijklmnop", "bad_nik"),
        ("name", "N" * 500, "name_too_long"),
        ("name", "", "name_missing"),
        ("name", "   ", "name_missing"),
        ("name", "\u0000\ud800", "name_missing"),
        ("tickets", [], "nothing_chosen"),
    ]:
        answer = ask("POST", "/visits", wish(**{field: value}))
        told = refused(answer, 422, code)
        if field != "tickets":
            assert field in told["fields"]
        if len(str(value).strip()) > 4:
            assert str(value) not in answer.content.decode()
        assert not Visit.objects.exists()


def test_odd_names_are_kept_as_written(ask, wish):
    for name in ["Siti 🙂 Aminah", "<script>alert(1)</script>", "Nur'aini", "М'"]:
        token = ask("POST", "/visits", wish(name=name)).json()["token"]
        assert Visit.objects.get(token=token).name == name


def test_an_odd_nik_is_not_refused(ask, wish):
    assert ask("POST", "/visits", wish(nik="9999999999999999")).status_code == 201


def test_a_wrong_type_is_named_in_indonesian(ask, wish):
    for change, field in [
        ({"name": 7}, "name"),
        ({"name": None}, "name"),
        ({"mall": ["gajah-mada"]}, "mall"),
        ({"mall": "\u0000"}, "mall"),
        ({"tickets": "KTP"}, "tickets"),
        ({"tickets": [{"service": "KTP"}]}, "tickets.0.window"),
        ({"tickets": [{"service": "KTP", "window": "sembilan"}]}, "tickets.0.window"),
        ({"tickets": [{"service": "KTP", "window": True}]}, "tickets.0.window"),
        ({"tickets": [{"service": "KTP", "window": 1.5}]}, "tickets.0.window"),
        ({"tickets": [{"service": "KTP", "window": -1}]}, "tickets.0.window"),
        ({"tickets": [{"service": "KTP", "window": 2**64}]}, "tickets.0.window"),
        ({"tickets": [{"service": "\u0000", "window": 1}]}, "tickets.0.service"),
        ({"tickets": [{"service": "\ud800", "window": 1}]}, "tickets.0.service"),
        ({"tickets": [{"service": "KTP", "window": 1}] * 51}, "tickets"),
        ({"priority": "penting"}, "priority"),
    ]:
        told = refused(ask("POST", "/visits", {**wish(), **change}), 422, "bad_input")
        assert told["message"] == "Ada isian yang perlu diperbaiki."
        assert list(told["fields"]) == [field]
        assert told["fields"][field].endswith(".")


def test_a_body_that_is_no_json(ask):
    for raw in [b"{", b"bukan json", b"\xff\xfe", b"[" * 100_000, b'{"a": ' + b"9" * 5000 + b"}"]:
        refused(ask("POST", "/visits", raw=raw), 400, "bad_json")


def test_json_that_is_no_object(ask):
    for raw in [b"[]", b"null", b'"teks"', b"7", b""]:
        refused(ask("POST", "/visits", raw=raw), 422, "bad_input")


def test_a_huge_body(ask):
    raw = b'{"name": "' + b"x" * 3_000_000 + b'"}'
    refused(ask("POST", "/visits", raw=raw), 413, "too_big")


def test_a_body_just_under_the_limit_is_only_refused(ask, wish):
    refused(ask("POST", "/visits", wish(name="x" * 2_000_000)), 422, "name_too_long")


def test_several_faults_are_told_together(ask, wish):
    told = refused(ask("POST", "/visits", wish(phone="1", nik="2")), 422, "bad_phone")
    assert set(told["fields"]) == {"phone", "nik"}
