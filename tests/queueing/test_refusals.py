"""Every no of the table is reached by a test, and can be read."""

import re
from pathlib import Path

from queueing import refusals
from queueing.refusals import Refusal

ROOT = Path(__file__).resolve().parents[2]
ROOMS = [
    *(path for path in (ROOT / "queueing").glob("*.py") if path.name != "refusals.py"),
    *(ROOT / "queueing" / "rules").glob("*.py"),
]


def test_every_refusal_of_the_rules_is_exercised_here():
    tests = [*Path(__file__).parent.glob("test_*.py"), *(ROOT / "tests" / "hall").glob("test_*.py")]
    said = "".join(path.read_text() for path in tests)
    rules = "".join(path.read_text() for path in ROOMS)
    of_the_rules = {code for code in refusals._TEXTS if f'"{code}"' in rules}
    exercised = {code for code in refusals._TEXTS if f'"{code}"' in said}
    assert len(of_the_rules) > 50
    assert of_the_rules - exercised == set()


def test_what_the_rules_raise_is_in_the_table():
    raised = set()
    for path in ROOMS:
        raised |= set(re.findall(r'Refusal\(\s*"(\w+)"', path.read_text()))
    assert raised <= set(refusals._TEXTS)
    assert "full" in raised


def test_every_sentence_can_be_formed_and_ends_like_one():
    class Anything(dict):
        def __missing__(self, key):
            return "x"

    for code, (text, status) in refusals._TEXTS.items():
        sentence = str(text) % Anything() if "%(" in str(text) else str(text)
        assert sentence.endswith("."), code
        assert status in {403, 404, 409, 422, 429, 503}, code
        assert str(Refusal(code)) == code
