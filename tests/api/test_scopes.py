"""A token does what its account may, and of that only what its scopes name."""

import pytest

from accounts.models import ApiToken
from tests.house import at

VISITS, COUNTERS, FRONT_DESK = "visits", "counters", "front_desk"
STATISTICS, COMPLAINTS = "statistics", "complaints"
CASE = {"mall": "gajah-mada", "kind": "complaint", "text": "Lama sekali."}


@pytest.fixture
def ticket(house):
    return house.book("KTP", 9)


@pytest.fixture
def doors(house, ticket, wish):
    """One operation of each group, and the scopes that open it."""
    return [
        ("POST", "/visits", wish(name="Budi"), {VISITS}),
        ("GET", f"/visits/{ticket.visit.token}", None, {VISITS}),
        ("GET", "/counters", None, {COUNTERS}),
        ("POST", f"/counters/{house.counters[1].pk}/open", None, {COUNTERS}),
        ("POST", f"/tickets/{ticket.public_id}/check-in", None, {FRONT_DESK}),
        ("POST", f"/tickets/{ticket.public_id}/return", None, {FRONT_DESK, COUNTERS}),
        ("GET", "/malls/gajah-mada/statistics?by=service", None, {STATISTICS}),
        ("POST", "/complaints", CASE, {COMPLAINTS}),
    ]


def test_each_group_of_operations_asks_for_its_scope(ask, token_of, doors, clock):
    clock.move_to(at(8, 45))
    tokens = {scope: token_of("manager", scopes=[scope]) for scope in ApiToken.Scope.values}
    for method, path, body, opened_by in doors:
        for scope, token in tokens.items():
            answer = ask(method, path, body, token=token)
            if scope in opened_by:
                assert answer.status_code not in {401, 403}, (path, scope)
                continue
            told = answer.json()
            assert (answer.status_code, told["code"]) == (403, "scope_missing"), (path, scope)
            assert set(told["fields"]["scope"].split(", ")) == opened_by


def test_the_catalogue_and_the_board_are_open_to_every_token(house, ask, token_of):
    token = token_of("officer", scopes=[COMPLAINTS])
    for path in ("/malls", "/malls/gajah-mada/services", "/malls/gajah-mada/board"):
        assert ask("GET", path, token=token).status_code == 200


def test_a_token_that_is_none_is_refused_even_where_none_is_needed(house, ask, wish):
    for method, path, body in (("GET", "/malls", None), ("POST", "/visits", wish())):
        answer = ask(method, path, body, token="mpp_" + "a" * 32)
        assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


def test_keys_of_a_system_and_of_a_stranger_never_meet(house, ask, token_of, wish):
    mine = ask("POST", "/visits", wish(), key="k", token=token_of("helper")).json()
    other = ask("POST", "/visits", wish(hour=10, name="Budi"), key="k")
    assert other.status_code == 201
    assert other.json()["token"] != mine["token"]
