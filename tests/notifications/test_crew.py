"""A batch is sent by as many threads as it needs."""

import threading

import pytest

from notifications.rules import crew
from notifications.rules.crew import Crew


def test_where_the_other_side_takes_its_time_all_jobs_are_on_their_way_at_once():
    together = threading.Barrier(16, timeout=20)
    slow = Crew(lambda job: (job, together.wait())[0], 16)
    assert slow.start(range(16))() == list(range(16))


def test_the_next_batch_begins_with_as_many_as_the_last_one_needed(monkeypatch):
    monkeypatch.setattr(crew, "PATIENCE_S", 0)
    together = threading.Barrier(16, timeout=20)
    slow = Crew(lambda job: together.wait(), 16)
    slow.start(range(16))()
    assert slow.hands == 16


def test_where_it_answers_at_once_one_thread_is_enough(monkeypatch):
    monkeypatch.setattr(crew, "PATIENCE_S", 20)
    names = set()
    quick = Crew(lambda job: names.add(threading.current_thread().name), 16)
    quick.start(range(100))()
    assert len(names) == 1


def test_hands_that_are_not_needed_any_more_are_let_go(monkeypatch):
    monkeypatch.setattr(crew, "PATIENCE_S", 20)
    quick = Crew(lambda job: job, 16)
    quick.hands = 16
    for expected in (8, 4, 2, 1, 1):
        quick.start(range(16))()
        assert quick.hands == expected


def test_no_job_at_all_is_done_at_once():
    assert Crew(lambda job: job, 16).start([])() == []


def test_a_fault_of_the_work_itself_is_not_swallowed():
    with pytest.raises(ZeroDivisionError):
        Crew(lambda job: 1 / job, 16).start([1, 0])()
