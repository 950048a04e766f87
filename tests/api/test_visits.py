"""Booking and all that its citizen may do afterwards, over the API."""

import pytest
from django.test.utils import CaptureQueriesContext

from queueing import rules
from queueing.hall import hall_code
from queueing.models import Ticket, Visit, Window
from tests.house import at


def test_a_booking_of_two_agencies_is_one_visit(house, ask, wish):
    body = wish("KTP", 9, phone="0812-3456-7890", nik="3576014403910003")
    body["tickets"].append({"service": "PBB", "window": house.window("T", 10).pk})
    answer = ask("POST", "/visits", body)
    assert answer.status_code == 201
    assert answer["Cache-Control"] == "no-store"
    told = answer.json()
    visit = Visit.objects.get(token=told["token"])
    assert (visit.channel, visit.phone, visit.short_code) == (
        "api",
        "+6281234567890",
        told["short_code"],
    )
    first, second = told["tickets"]
    assert (first["service"], second["service"]) == ("KTP", "PBB")
    assert first["label"].startswith("C ")
    assert first["state"] == "booked"
    assert first["window"] == house.window("C", 9).pk
    assert first["starts_at"] == "2026-11-25T09:00:00+07:00"
    assert first["estimate"] is None
    assert set(told) == {"token", "short_code", "mall", "date", "tickets"}


def test_a_visit_is_told_again_with_who_is_ahead(house, ask, wish):
    for name in ("Ani", "Budi"):
        ask("POST", "/visits", wish(name=name))
    token = ask("POST", "/visits", wish("KK", 9, name="Citra")).json()["token"]
    told = ask("GET", f"/visits/{token}").json()
    assert told["tickets"][0]["ahead"] == 2
    rules.cancel(ticket_id=Ticket.objects.order_by("pk").first().pk, at=at(7, 40))
    assert ask("GET", f"/visits/{token}").json()["tickets"][0]["ahead"] == 1


def test_who_waits_is_told_how_long_still_and_nobody_else(house, ask, clock):
    booked = house.book("KK", 13, name="Citra")
    first = house.waiting("KTP", 9, arrived=at(8, 50), name="Ani")
    second = house.waiting("KTP", 9, arrived=at(8, 51), name="Budi")
    clock.move_to(at(8, 55))

    def estimate(ticket):
        return ask("GET", f"/visits/{ticket.visit.token}").json()["tickets"][0]["estimate"]

    assert estimate(first) is None  # no counter is open
    officer = house.people["officer"]
    rules.open_counter(counter_id=house.counters[1].pk, officer=officer, at=at(8, 55))
    near, far = estimate(first), estimate(second)
    assert near["p10_s"] <= near["p50_s"] <= near["p90_s"] < far["p90_s"]
    assert estimate(booked) is None
    queue = house.queues["C"].pk
    rules.pause(queue_id=queue, reason="Sistem mati", at=at(8, 55))
    assert estimate(second) is None
    rules.pause(queue_id=queue, reason="Sistem mati", at=at(8, 55), expected_back_at=at(9, 55))
    assert estimate(second)["p50_s"] == pytest.approx(far["p50_s"] + 3600, abs=5)


def test_a_booking_is_a_bounded_number_of_statements(house, ask, wish, connection):
    body = wish(phone="081234567890", email="siti@contoh.id", nik="3576014403910003", days=1)
    with CaptureQueriesContext(connection) as seen:
        assert ask("POST", "/visits", body, key="satu").status_code == 201
    statements = [q["sql"] for q in seen if "SAVEPOINT" not in q["sql"]]
    assert len(statements) <= 8, "\n".join(statements)
    assert len(seen) <= 14


def test_a_visit_costs_the_same_queries_for_one_and_for_many_tickets(house, ask, wish, connection):
    one = ask("POST", "/visits", wish(name="Ani")).json()["token"]
    body = wish("KTP", 9, name="Budi")
    for service, prefix, hour in (("KK", "C", 10), ("AKTA", "D", 11), ("PBB", "T", 12)):
        body["tickets"].append({"service": service, "window": house.window(prefix, hour).pk})
    many = ask("POST", "/visits", body).json()["token"]

    def queries(token):
        with CaptureQueriesContext(connection) as seen:
            assert ask("GET", f"/visits/{token}").status_code == 200
        return len(seen)

    assert queries(one) == queries(many) <= 5


def test_cancelling_gives_the_seats_back(house, ask, wish):
    told = ask("POST", "/visits", wish()).json()
    assert Window.objects.get(pk=told["tickets"][0]["window"]).taken == 1
    answer = ask("POST", f"/visits/{told['token']}/cancel")
    assert answer.status_code == 200
    assert answer.json()["tickets"][0]["state"] == "cancelled"
    assert Window.objects.get(pk=told["tickets"][0]["window"]).taken == 0


def test_one_ticket_of_a_visit_is_cancelled_alone(house, ask, wish):
    body = wish()
    body["tickets"].append({"service": "PBB", "window": house.window("T", 11).pk})
    told = ask("POST", "/visits", body).json()
    path = f"/visits/{told['token']}/tickets/{told['tickets'][0]['public_id']}/cancel"
    states = [t["state"] for t in ask("POST", path).json()["tickets"]]
    assert states == ["cancelled", "booked"]


def test_a_ticket_moves_to_another_hour(house, ask, wish):
    told = ask("POST", "/visits", wish()).json()
    path = f"/visits/{told['token']}/tickets/{told['tickets'][0]['public_id']}/reschedule"
    answer = ask("POST", path, {"window": house.window("C", 13).pk})
    assert answer.status_code == 200
    assert answer.json()["tickets"][0]["starts_at"] == "2026-11-25T13:00:00+07:00"
    again = ask("POST", path, {"window": house.window("C", 13).pk})
    assert (again.status_code, again.json()["code"]) == (422, "same_window")


def test_check_in_asks_for_the_halls_code(house, ask, wish, clock):
    token = ask("POST", "/visits", wish()).json()["token"]
    clock.move_to(at(8, 50))
    code = hall_code(mall_id=house.mall.pk, at=at(8, 50))
    wrong = ask("POST", f"/visits/{token}/check-in", {"hall_code": "abcd"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "wrong_hall_code")
    missing = ask("POST", f"/visits/{token}/check-in", {})
    assert (missing.status_code, missing.json()["fields"]) == (
        422,
        {"hall_code": "Wajib diisi."},
    )
    answer = ask("POST", f"/visits/{token}/check-in", {"hall_code": code})
    assert answer.status_code == 200
    assert answer.json()["tickets"][0]["state"] == "waiting"


def test_check_in_before_its_time_is_refused(house, ask, wish):
    token = ask("POST", "/visits", wish()).json()["token"]
    code = hall_code(mall_id=house.mall.pk, at=at(7, 30))
    early = ask("POST", f"/visits/{token}/check-in", {"hall_code": code})
    assert (early.status_code, early.json()["code"]) == (409, "too_early")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("POST", "/cancel", None),
        ("POST", "/check-in", {"hall_code": "1234"}),
        ("POST", "/tickets/{ticket}/cancel", None),
        ("POST", "/tickets/{ticket}/reschedule", {"window": 1}),
    ],
)
def test_an_unknown_token_opens_nothing(house, ask, wish, method, path, body):
    for token in ["tidak-ada", "%00", "x" * 5000, "🙂"]:
        ticket = ask("POST", "/visits", wish()).json()["tickets"][0]["public_id"]
        answer = ask(method, f"/visits/{token}{path.format(ticket=ticket)}", body)
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_ticket")


def test_a_token_does_not_open_another_visits_ticket(house, ask, wish):
    mine = ask("POST", "/visits", wish(name="Ani")).json()
    other = ask("POST", "/visits", wish(name="Budi")).json()["tickets"][0]["public_id"]
    answer = ask("POST", f"/visits/{mine['token']}/tickets/{other}/cancel")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_ticket")
    assert set(Ticket.objects.values_list("state", flat=True)) == {"booked"}


def test_the_board_shows_numbers_and_counters_only(house, ask, connection):
    ticket = house.waiting("KTP", 9, arrived=at(8, 50), name="Rahasia Sekali")
    house.waiting("KK", 9, arrived=at(8, 51), name="Lain")
    officer = house.people["officer"]
    rules.open_counter(counter_id=house.counters[1].pk, officer=officer, at=at(8, 55))
    rules.call_next(counter_id=house.counters[1].pk, officer=officer, at=at(9))
    with CaptureQueriesContext(connection) as seen:
        answer = ask("GET", "/malls/gajah-mada/board")
    assert len(seen) <= 5
    told = answer.json()
    calls = [(c["label"], c["counter"]) for c in told["now_calling"]]
    assert calls == [(ticket.label, 1)]
    assert told["recent"][0]["label"] == ticket.label
    queue = next(q for q in told["queues"] if q["prefix"] == "C")
    assert (queue["last_called"], queue["waiting"]) == (ticket.label, 1)
    assert 0 < queue["estimate"]["p10_s"] < queue["estimate"]["p50_s"] < queue["estimate"]["p90_s"]
    closed = next(q for q in told["queues"] if q["prefix"] == "T")
    assert closed["estimate"] is None  # no counter is open
    assert "/langsung/" in told["stream"]
    for hidden in ("Rahasia", "Layanan", ticket.visit.token, str(ticket.public_id)):
        assert hidden not in answer.content.decode()


def test_needs_are_kept_and_an_interpreter_is_refused_when_too_near(house, ask, wish):
    house.mall.sign_language_days = 2
    house.mall.save(update_fields=["sign_language_days"])
    body = wish() | {"needs": ["wheelchair"]}
    assert ask("POST", "/visits", body).status_code == 201
    assert Visit.objects.get().needs == ["wheelchair"]
    near = ask("POST", "/visits", wish(name="Budi") | {"needs": ["sign_language"]})
    assert near.status_code == 409
    assert (near.json()["code"], near.json()["next_date"]) == ("sign_language_lead", "2026-11-27")
    unknown = ask("POST", "/visits", wish(name="Budi") | {"needs": ["kereta"]})
    assert unknown.status_code == 422
