"""Who has an answer already is told that it still holds, and nobody on the way keeps it."""

import pytest

from complaints.models import Case
from queueing import rules
from tests.house import at


@pytest.mark.parametrize(
    "path", ["/malls", "/malls/gajah-mada/services", "/malls/gajah-mada/board"]
)
def test_an_unchanged_answer_is_not_sent_twice(house, ask, path):
    first = ask("GET", path)
    assert first["ETag"].startswith('W/"')
    assert first["Cache-Control"] == "private, no-cache"
    assert {"Authorization", "Accept-Language"} <= set(first["Vary"].split(", "))
    again = ask("GET", path, If_None_Match=first["ETag"])
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert ask("GET", path, If_None_Match='"lain"').status_code == 200


def test_a_visit_that_changed_is_sent_anew(house, ask):
    ticket = house.book("KTP", 9)
    path = f"/visits/{ticket.visit.token}"
    tag = ask("GET", path)["ETag"]
    assert ask("GET", path, If_None_Match=tag).status_code == 304
    rules.cancel(ticket_id=ticket.pk, at=at(7, 40))
    changed = ask("GET", path, If_None_Match=tag)
    assert (changed.status_code, changed.json()["tickets"][0]["state"]) == (200, "cancelled")


def test_two_languages_are_two_answers(house, ask):
    path = "/malls/gajah-mada/services/PASPOR/windows"
    tags = {ask("GET", path, Accept_Language=language)["ETag"] for language in ("id", "en")}
    assert len(tags) == 2


def test_what_is_done_and_what_is_secret_carry_no_tag(house, ask, wish):
    booked = ask("POST", "/visits", wish())
    filed = ask("POST", "/complaints", {"mall": "gajah-mada", "kind": "complaint", "text": "Uji"})
    number, pin = filed.json()["number"], filed.json()["pin"]
    case = ask("GET", f"/complaints/{number}", X_PIN=pin)
    assert case.status_code == 200
    assert Case.objects.get().number == number
    for answer in (booked, filed, case):
        assert "ETag" not in answer
        assert answer["Cache-Control"] == "no-store"
