"""Number and PIN together open a case; guessing is slow and learns nothing."""

import datetime as dt

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction

from complaints import rules
from complaints.models import Case, CaseEvent
from complaints.refusals import Refusal
from complaints.workflow import State, Step
from privacy import erasure
from tests.house import at

pytestmark = pytest.mark.django_db

MINUTE = dt.timedelta(minutes=1)


def wrong(pin):
    return "000000" if pin != "000000" else "111111"


def refusal_of(act, **asked):
    with pytest.raises(Refusal) as caught:
        act(**({"at": at(11)} | asked))
    return caught.value


def test_number_and_pin_open_the_case_however_they_are_typed(filed):
    case, pin = filed()
    typed = f" {case.number[:4].lower()}-{case.number[4:]}"
    assert rules.open_with_pin(number=typed, pin=f"{pin[:3]} {pin[3:]}", at=at(11)) == case


def test_a_wrong_pin_and_an_unknown_number_sound_the_same(filed):
    case, pin = filed()
    mine = refusal_of(rules.open_with_pin, number=case.number, pin=wrong(pin))
    nobodys = refusal_of(rules.open_with_pin, number="P7KX29MD", pin=pin)
    strange = refusal_of(rules.open_with_pin, number="é\x00/", pin="")
    assert (mine.code, mine.message, mine.status) == ("unknown_case", nobodys.message, 404)
    assert nobodys.code == strange.code == "unknown_case"


def test_the_pin_of_one_case_does_not_open_another(filed):
    case, other = filed().case, filed()
    assert refusal_of(rules.open_with_pin, number=case.number, pin=other.pin).status == 404


@pytest.mark.parametrize("known", [True, False])
def test_after_five_wrong_pins_even_the_right_one_waits(filed, known):
    case, pin = filed()
    number = case.number if known else "P7KX29MD"
    for _ in range(5):
        assert refusal_of(rules.open_with_pin, number=number, pin=wrong(pin)).status == 404
    refusal = refusal_of(rules.open_with_pin, number=number, pin=pin)
    assert (refusal.code, refusal.status) == ("too_many_tries", 429)


def test_tries_spread_over_fifteen_minutes_count_together_and_then_end(filed):
    case, pin = filed()
    for n in range(5):
        refusal_of(rules.open_with_pin, number=case.number, pin=wrong(pin), at=at(11, n * 3))
    asked = {"number": case.number, "pin": pin}
    assert refusal_of(rules.open_with_pin, **asked, at=at(11, 14)).status == 429
    assert rules.open_with_pin(**asked, at=at(11, 32)) == case


def test_waiting_helps_even_who_keeps_trying(filed):
    case, pin = filed()
    for n in range(20):
        refusal_of(rules.open_with_pin, number=case.number, pin=wrong(pin), at=at(11) + n * MINUTE)
    assert rules.open_with_pin(number=case.number, pin=pin, at=at(11, 25)) == case


def test_who_knows_the_pin_may_look_as_often_as_they_like(filed):
    case, pin = filed()
    for _ in range(12):
        assert rules.open_with_pin(number=case.number, pin=pin, at=at(11)) == case


def test_one_number_does_not_wait_for_another(filed):
    case, pin = filed()
    for _ in range(6):
        refusal_of(rules.open_with_pin, number="P7KX29MD", pin="1")
    assert rules.open_with_pin(number=case.number, pin=pin, at=at(11)) == case


def test_a_withdrawn_case_says_so_and_stays_withdrawn(filed):
    case, _pin = filed()
    for minute in (0, 5):
        again = rules.withdraw(case=case, at=at(11, minute))
        assert (again.state, again.closed_at) == (State.WITHDRAWN, at(11))
    assert [e.kind for e in case.events.order_by("pk")] == [Step.FILED, Step.WITHDRAWN]


def test_a_pass_opens_its_own_case_and_no_other(filed):
    case, _pin = filed()
    other, _pin = filed()
    token = rules.pass_for(case)
    assert rules.open_with_pass(number=case.number.lower(), token=token) == case
    assert rules.open_with_pass(number=other.number, token=token) is None
    assert rules.open_with_pass(number=case.number, token=token + "x") is None


def test_a_pass_is_over_after_half_an_hour_and_when_the_case_is_erased(filed):
    case, _pin = filed()
    with time_machine.travel(at(11), tick=False):
        token = rules.pass_for(case)
    with time_machine.travel(at(11, 31), tick=False):
        assert rules.open_with_pass(number=case.number, token=token) is None
    token = rules.pass_for(case)
    Case.objects.update(pin_hash=None, erased_at=at(11))
    assert rules.open_with_pass(number=case.number, token=token) is None


def test_a_finished_case_is_not_withdrawn(filed):
    case, _pin = filed()
    Case.objects.update(state=State.CLOSED, closed_at=at(11))
    assert refusal_of(rules.withdraw, case=case).code == "cannot_withdraw"


def test_story_and_identity_go_after_their_time_and_the_figures_stay(filed, settings, civil):
    settings.RETENTION_CASE_DAYS = 30
    told = {"subject": "Judul", "name": "Siti", "phone": "081234567890", "request_key": "k-1"}
    old, pin = filed(**told, agency_code="DUKCAPIL")
    CaseEvent.objects.create(case=old, kind=Step.CHECKED, at=at(11), note="Ditelepon: Siti")
    kept = filed(at=at(10, days=2)).case
    late = filed().case
    Case.objects.filter(pk=late.pk).update(state=State.CLOSED, closed_at=at(10, days=20))
    holding = next(h for h in erasure.inventory() if h.name == "cases")
    assert holding.retention_days() == 30
    assert holding.erase(at(11, days=30)) == 1
    assert holding.erase(at(11, days=30)) == 0
    old.refresh_from_db()
    assert (old.subject, old.text, old.name, old.phone, old.email) == ("",) * 5
    assert (old.pin_hash, old.request_key, old.request_hash) == (None,) * 3
    assert (old.agency, old.kind, old.erased_at) == (civil, "complaint", at(11, days=30))
    assert {event.note for event in old.events.all()} == {""}
    assert refusal_of(rules.open_with_pin, number=old.number, pin=pin).code == "unknown_case"
    for case in (kept, late):
        case.refresh_from_db()
        assert case.text


def test_erasure_may_empty_a_note_and_nothing_else(filed):
    event = filed().case.events.get()
    connection.cursor().execute("SET LOCAL privacy.erasing = 'on'")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        CaseEvent.objects.filter(pk=event.pk).update(note="", kind=Step.CLOSED)
