"""A request that comes twice acts once."""

import datetime as dt

import pytest
from django.db import connection as database
from django.test import RequestFactory
from django.urls import resolve

from accounts.rules import issue_token
from mpp_portal.idempotency import KEPT_FOR, _alone, _scope, forget_old_keys
from mpp_portal.models import AnsweredRequest
from queueing.models import Ticket, TicketEvent, Visit, Window
from queueing.refusals import Refusal
from tests.api.conftest import ask_api
from tests.house import at, at_once


def test_the_same_booking_twice_is_one_visit(house, ask, wish):
    first = ask("POST", "/visits", wish(), key="satu")
    again = ask("POST", "/visits", wish(), key="satu")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["token"] == again.json()["token"]
    assert Visit.objects.count() == 1
    assert ask("POST", "/visits", wish(), key="dua").json()["token"] != first.json()["token"]


def test_a_key_used_for_another_booking_is_refused(house, ask, wish):
    ask("POST", "/visits", wish(), key="satu")
    answer = ask("POST", "/visits", wish(hour=10), key="satu")
    assert (answer.status_code, answer.json()["code"]) == (422, "request_reused")
    assert Visit.objects.count() == 1


def test_what_the_client_wrote_as_a_key_is_not_kept(house, ask, wish):
    told = ask("POST", "/visits", wish(), key="Siti-Penanda").json()
    ask("POST", f"/visits/{told['token']}/cancel", key="Siti-Penanda")
    row = AnsweredRequest.objects.get()
    assert "Siti-Penanda" not in Visit.objects.get().request_key
    assert b"Siti" not in bytes(row.key)
    assert told["token"] not in f"{row.scope}{row.reference}"


def test_a_repeated_act_is_done_once_and_told_as_it_is_now(house, ask, token_of, clock):
    house.waiting("KTP", 9, arrived=at(8, 50), name="Ani")
    house.waiting("KTP", 9, arrived=at(8, 51), name="Budi")
    clock.move_to(at(9))
    token = token_of("officer")
    path = f"/counters/{house.counters[1].pk}"
    ask("POST", f"{path}/open", token=token)
    first = ask("POST", f"{path}/call-next", token=token, key="k").json()
    ask("POST", f"{path}/start", token=token)
    again = ask("POST", f"{path}/call-next", token=token, key="k")
    assert again.status_code == 200
    assert (again.json()["public_id"], again.json()["state"]) == (first["public_id"], "serving")
    assert Ticket.objects.filter(state="waiting").count() == 1


def test_nobody_waits_is_also_remembered(house, ask, token_of, clock):
    clock.move_to(at(9))
    token = token_of("officer")
    path = f"/counters/{house.counters[1].pk}"
    ask("POST", f"{path}/open", token=token)
    assert ask("POST", f"{path}/call-next", token=token, key="k").status_code == 204
    house.waiting("KTP", 9, arrived=at(8, 50), now=at(8))
    assert ask("POST", f"{path}/call-next", token=token, key="k").status_code == 204
    assert ask("POST", f"{path}/call-next", token=token, key="l").status_code == 200


def test_the_same_key_with_another_body_or_at_another_address_is_refused(house, ask, wish):
    told = ask("POST", "/visits", wish()).json()
    path = f"/visits/{told['token']}/tickets/{told['tickets'][0]['public_id']}"
    to = [{"window": house.window("C", hour).pk} for hour in (10, 11)]
    assert ask("POST", f"{path}/reschedule", to[0], key="k").status_code == 200
    for again in (
        ask("POST", f"{path}/reschedule", to[1], key="k"),
        ask("POST", f"{path}/cancel", key="k"),
    ):
        assert (again.status_code, again.json()["code"]) == (422, "request_reused")
    assert Ticket.objects.get().window_id == to[0]["window"]


def test_a_refused_act_leaves_its_key_free(house, ask, token_of, clock):
    clock.move_to(at(9))
    token = token_of("officer")
    path = f"/counters/{house.counters[1].pk}"
    refused = ask("POST", f"{path}/call-next", token=token, key="k")
    assert refused.json()["code"] == "counter_closed"
    assert not AnsweredRequest.objects.exists()
    ask("POST", f"{path}/open", token=token)
    assert ask("POST", f"{path}/call-next", token=token, key="k").status_code == 204


def test_keys_of_two_people_never_meet(house, ask, token_of, clock):
    clock.move_to(at(9))
    for who, number in (("officer", 1), ("colleague", 2)):
        path = f"/counters/{house.counters[number].pk}/open"
        assert ask("POST", path, token=token_of(who), key="k").json()["mine"] is True


@pytest.mark.parametrize("path", ["/visits", "/visits/{token}/cancel"])
def test_a_key_that_is_too_long_is_refused(house, ask, wish, path):
    token = ask("POST", "/visits", wish()).json()["token"]
    answer = ask("POST", path.format(token=token), wish(hour=10), key="k" * 201)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_request_key")


def test_keys_are_forgotten_after_a_day(house, ask, wish):
    for hour in (9, 10):
        token = ask("POST", "/visits", wish(hour=hour)).json()["token"]
        ask("POST", f"/visits/{token}/cancel", key="k")
    AnsweredRequest.objects.filter(pk=AnsweredRequest.objects.first().pk).update(
        created_at=at(7) - KEPT_FOR
    )
    assert forget_old_keys(at(7, 30)) == 1
    assert AnsweredRequest.objects.count() == 1
    assert forget_old_keys(at(7, 30) + KEPT_FOR + dt.timedelta(hours=1)) == 1


def test_a_key_of_yesterday_may_be_used_anew(house, ask, wish, clock):
    told = ask("POST", "/visits", wish(days=1)).json()
    path = f"/visits/{told['token']}/tickets/{told['tickets'][0]['public_id']}/reschedule"
    to = [{"window": house.window("C", hour, days=1).pk} for hour in (10, 11)]
    assert ask("POST", path, to[0], key="k").status_code == 200
    assert ask("POST", path, to[1], key="k").json()["code"] == "request_reused"
    clock.move_to(at(7, 31, days=1))
    assert ask("POST", path, to[1], key="k").status_code == 200


@pytest.mark.parametrize("path", ["/visits", "/complaints", "/visits/{token}/cancel"])
def test_a_repeat_is_told_that_the_first_is_still_under_way(open_house, path):
    window = open_house.window("C", 9)
    body = {
        "mall": "gajah-mada",
        "name": "Siti",
        "kind": "complaint",
        "text": "Uji",
        "tickets": [{"service": "KTP", "window": window.pk}],
    }
    path = path.format(token=ask_api("POST", "/visits", body | {"name": "Ani"}).json()["token"])
    scope = _scope_of(path)
    with _alone(scope, "k"):  # as another process would hold it
        (told,) = at_once(1, lambda i: ask_api("POST", path, body, key="k"))
    assert (told.status_code, told.json()["code"], told["Retry-After"]) == (409, "in_flight", "1")
    assert ask_api("POST", path, body, key="k").status_code in {200, 201}


def _scope_of(path: str) -> str:
    request = RequestFactory().post(f"/api/v1{path}")
    request.resolver_match = resolve(request.path)
    return _scope(request)


def test_what_failed_on_our_side_leaves_its_key_free(open_house, monkeypatch):
    window = open_house.window("C", 9)
    body = {
        "mall": "gajah-mada",
        "name": "Siti",
        "tickets": [{"service": "KTP", "window": window.pk}],
    }
    token = ask_api("POST", "/visits", body).json()["token"]
    with monkeypatch.context() as broken:
        broken.setattr("queueing.rules.cancel_visit", _busy)
        failed = ask_api("POST", f"/visits/{token}/cancel", key="k")
    assert (failed.status_code, failed.json()["code"]) == (503, "busy")
    assert not AnsweredRequest.objects.exists()
    assert ask_api("POST", f"/visits/{token}/cancel", key="k").status_code == 200


def _busy(**_anything):
    raise Refusal("busy")


def test_a_booking_sent_eight_times_at_once_takes_one_seat(open_house):
    window = open_house.window("C", 9)
    body = {
        "mall": "gajah-mada",
        "name": "Siti",
        "tickets": [{"service": "KTP", "window": window.pk}],
    }
    answers = at_once(8, lambda i: ask_api("POST", "/visits", body, key="sama"))
    told = {a.json()["token"] for a in answers if a.status_code == 201}
    assert {a.json()["code"] for a in answers if a.status_code != 201} <= {"in_flight"}
    again = ask_api("POST", "/visits", body, key="sama")
    assert {again.json()["token"]} == told
    assert Window.objects.get(pk=window.pk).taken == 1


def test_a_call_sent_eight_times_at_once_calls_one_person(open_house, clock):
    house = open_house
    for number in range(4):
        house.waiting("KTP", 9, arrived=at(8, 50, number), name=f"Warga {number}")
    clock.move_to(at(9))
    token = issue_token(user=house.people["officer"], name="uji", at=at(7))
    path = f"/counters/{house.counters[1].pk}"
    ask_api("POST", f"{path}/open", token=token)
    answers = at_once(8, lambda i: ask_api("POST", f"{path}/call-next", token=token, key="k"))
    told = {a.json()["public_id"] for a in answers if a.status_code == 200}
    assert {a.json()["code"] for a in answers if a.status_code != 200} <= {"in_flight"}
    again = ask_api("POST", f"{path}/call-next", token=token, key="k")
    assert {again.json()["public_id"]} == told
    assert TicketEvent.objects.filter(kind="called").count() == 1
    database.close()
