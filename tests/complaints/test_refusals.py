"""Every no of the desk is reached by a test, and can be read."""

import re
from pathlib import Path

from complaints import refusals
from complaints.refusals import Refusal

ROOT = Path(__file__).resolve().parents[2]
ROOMS = [path for path in (ROOT / "complaints").rglob("*.py") if path.name != "refusals.py"]
ROOMS += [ROOT / "mpp_portal" / "bodies.py"]  # what is too large is refused at the door


def test_every_refusal_of_the_desk_is_exercised_here():
    said = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    assert {code for code in refusals._TEXTS if f'"{code}"' not in said} == set()


def test_what_the_desk_refuses_is_in_the_table_and_nothing_else_is():
    raised = set()
    for path in ROOMS:
        found = re.findall(r'\bRefusal\(\s*"(\w+)"', path.read_text())
        raised |= set(found)
    said = "".join(path.read_text() for path in ROOMS)
    assert raised <= set(refusals._TEXTS)
    assert {code for code in refusals._TEXTS if f'"{code}"' not in said} == set()


def test_every_sentence_can_be_formed_and_ends_like_one():
    class Anything(dict):
        def __missing__(self, key):
            return "x"

    for code, (text, status) in refusals._TEXTS.items():
        sentence = str(text) % Anything() if "%(" in str(text) else str(text)
        assert sentence.endswith("."), code
        assert status in {403, 404, 409, 413, 422, 429, 503, 507}, code
        assert str(Refusal(code)) == code
