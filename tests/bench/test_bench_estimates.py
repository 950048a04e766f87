"""`make bench-estimates` runs to its end; one seed gives one day."""

import json
from itertools import pairwise

import pytest

from bench import estimates
from bench.days import LUNCH, Setting, play


def test_it_names_every_figure_with_its_floor_and_target(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(estimates, "SETTINGS", [Setting(2, 0.7)])
    path = tmp_path / "figures.json"
    assert estimates.main(["--tiny", "--json", str(path)]) == 0
    printed, written = capsys.readouterr().out, json.loads(path.read_text())
    names = [figure["name"] for figure in written["figures"]]
    assert len(names) == 2 * 3 * 6  # seen and unseen; all, by counters, by spread
    assert all(name in printed for name in names)
    assert all(figure["value"] > 0 for figure in written["figures"])
    for figure in written["figures"]:  # how wide people read it is information
        assert bool(figure["target"]) is ("shown width" not in figure["name"])
    values = {figure["name"]: figure["value"] for figure in written["figures"]}
    assert values["seen, all: shown range holds"] >= values["seen, all: range holds"]
    for seeds in (estimates.SEEN, estimates.UNSEEN):
        assert ", ".join(map(str, seeds)) in printed


@pytest.mark.parametrize(("words", "answer"), [([], 1), (["--tiny"], 0)])
def test_a_missed_target_is_told_by_the_exit_code_unless_too_little_was_played(
    monkeypatch, capsys, words, answer
):
    told = estimates.Told(10, 15, 20, 15, 15, true=60.0, shown=(10, 20))
    found = {Setting(2, 0.7): estimates.Tally([told])}
    monkeypatch.setattr(estimates, "measure", lambda seeds, days: found)
    assert estimates.main(words) == answer
    assert "missed: seen, all: range holds" in capsys.readouterr().out


def test_the_same_seed_gives_the_same_day_and_another_another():
    def calls(seed):
        return [person.called for person in play(Setting(2, 0.7), seed).people]

    assert calls(5) == calls(5) != calls(6)


def test_a_day_has_what_halls_have():
    days = [play(Setting(4, 0.7), seed) for seed in range(30)]
    people = [person for day in days for person in day.people]
    assert any(person.came is None for person in people)  # booked, never came
    assert any(person.absent and person.called for person in people)
    assert any(person.window is None for person in people)  # priority
    openings = [span[0][1] for day in days for span in day.closed.values()]
    assert min(openings) < max(openings)  # late counters
    assert any(not day.gaps for day in days)  # lunch in turns
    assert any(LUNCH in gap for day in days for gap in day.gaps)


def test_every_desk_serves_one_at_a_time_and_the_first_in_line_is_called():
    day = play(Setting(2, 0.7), 3)
    for desk in (1, 2):
        served = sorted((p.called, p.ended) for p in day.people if p.desk == desk and p.called)
        assert all(end <= start for (_, end), (start, _) in pairwise(served))
    for person in day.people:
        if person.called is not None:
            waited = [p for p in estimates.waits(day, person.called) if p.came < person.called - 5]
            assert all((p.key, p.number) > (person.key, person.number) for p in waited)
