"""What a new mall is offered to begin with: clear prefixes, enough seats, a counter for all."""

import itertools

import pytest

from mpp_portal.first_run import starter
from queueing.models import PREFIX
from queueing.proposals import LETTERS, Brought, alike, propose_counters, propose_queues


def every_service() -> set[str]:
    return {row["code"] for agency in starter.agencies() for row in agency.services}


def test_all_of_the_starter_catalogue_gets_clear_prefixes():
    queues = propose_queues(starter.brought(every_service()))
    prefixes = [queue.prefix for queue in queues]
    assert len(queues) == len(set(prefixes)) == 24
    assert not any(alike(a, b) for a, b in itertools.pairwise(prefixes))
    assert {prefix[0] for prefix in prefixes} <= set(LETTERS)
    assert not set(LETTERS) & set("IOQ")
    assert all(queue.seats_per_hour >= 2 for queue in queues)


def test_more_agencies_than_letters_have_a_figure_too():
    queues = propose_queues([Brought(f"X{n}", f"Instansi {n}", 3) for n in range(60)])
    assert len({queue.prefix for queue in queues}) == 60
    for queue in queues:
        PREFIX(queue.prefix)


def test_who_gives_no_number_here_has_no_queue_and_shares_fit_the_ways_to_book():
    proposed = propose_queues(
        [
            Brought("A", "Luar", 0),
            Brought("B", "Hanya di mal", 2, online=False),
            Brought("C", "Hanya daring", 2, walk_in=False),
            Brought("D", "Keduanya", 2, minutes=30),
        ]
    )
    assert [(q.agency, q.online_share) for q in proposed] == [("B", 0), ("C", 100), ("D", 60)]
    assert proposed[-1].seats_per_hour == 2


@pytest.mark.parametrize("count", range(1, 12))
def test_any_number_of_counters_calls_every_queue(count):
    queues = [("C", 19), ("D", 6), ("T", 4), ("A", 2)]
    counters = propose_counters(queues, count)
    assert len(counters) == count
    assert all(counters)
    assert {prefix for called in counters for prefix in called} == {"C", "D", "T", "A"}
    if count > len(queues):
        assert counters.count(["C"]) >= counters.count(["A"])


def test_no_queue_no_counter():
    assert propose_counters([]) == []
