"""Who asks too often is told when to come back; a lost Redis stops nobody."""

import pytest
import redis

from mpp_portal import limits
from tests.house import at


@pytest.fixture(autouse=True)
def few(settings):
    settings.API_TOKEN_PER_MINUTE = 3
    settings.API_READS_PER_MINUTE = 2
    settings.API_WRITES_PER_MINUTE = 1


def test_reads_without_a_token_are_counted_per_address(house, ask, clock):
    clock.move_to(at(9, 0, 20))
    first, second, third = (ask("GET", "/malls") for _ in range(3))
    assert [a.status_code for a in (first, second, third)] == [200, 200, 429]
    rest = [a["RateLimit-Remaining"] for a in (first, second, third)]
    assert (first["RateLimit-Limit"], rest) == ("2", ["1", "0", "0"])
    assert (third.json()["code"], third["Cache-Control"]) == ("too_often", "no-store")
    assert 39 <= int(third["Retry-After"]) <= 40
    clock.move_to(at(9, 1))
    assert ask("GET", "/malls").status_code == 200


def test_what_is_sent_is_counted_apart_and_more_narrowly(house, ask, wish):
    assert ask("POST", "/visits", wish()).status_code == 201
    refused = ask("POST", "/visits", wish(hour=10))
    assert (refused.status_code, refused.json()["code"]) == (429, "too_often")
    assert ask("GET", "/malls").status_code == 200


def test_each_token_has_a_count_of_its_own(house, ask, token_of):
    ours, theirs = token_of("officer"), token_of("colleague")
    statuses = [ask("GET", "/counters", token=ours).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    assert ask("GET", "/counters", token=theirs).status_code == 200


def test_two_addresses_are_two(house, ask, settings):
    settings.TRUSTED_PROXIES = 1
    for address in ("192.0.2.1", "192.0.2.2"):
        asked = [ask("GET", "/malls", X_Forwarded_For=address).status_code for _ in range(3)]
        assert asked == [200, 200, 429]


def test_no_address_stands_in_redis(house, ask, settings):
    settings.TRUSTED_PROXIES = 1
    ask("GET", "/malls", X_Forwarded_For="192.0.2.77")
    keys = limits.client().keys("api-rate:*")
    assert keys
    assert not any(b"192.0.2.77" in key for key in keys)
    assert all(0 < limits.client().ttl(key) <= 120 for key in keys)


def test_nought_is_no_limit(house, ask, settings):
    settings.API_READS_PER_MINUTE = 0
    answers = [ask("GET", "/malls") for _ in range(4)]
    assert {a.status_code for a in answers} == {200}
    assert "RateLimit-Limit" not in answers[0]


def test_without_redis_nobody_is_stopped(house, ask, monkeypatch):
    nowhere = redis.Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=0.1)
    monkeypatch.setattr(limits, "client", lambda: nowhere)
    assert [ask("GET", "/malls").status_code for _ in range(3)] == [200, 200, 200]
