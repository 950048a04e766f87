"""What a person tells is received once, with a number, a PIN and a date for the first answer."""

import datetime as dt
import re

import pytest
from django.db import DatabaseError, connection, transaction

from complaints import rules
from complaints.models import Case, CaseEvent
from complaints.refusals import Refusal
from complaints.workflow import STEPS, State, Step
from services.models import Holiday, Mall
from tests.house import at, at_once

pytestmark = pytest.mark.django_db

FULL = {
    "subject": "Menunggu lama",
    "name": "Siti Aminah",
    "phone": "0812 3456 7890",
    "email": "Siti@Contoh.id",
}


def raw_row(case):
    """The row as the database holds it, as one text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(c)::text FROM complaints_case c WHERE id=%s", [case.pk])
        return cursor.fetchone()[0]


def refusal_of(act, **asked):
    with pytest.raises(Refusal) as caught:
        act(**asked)
    return caught.value


def test_a_case_has_a_clear_number_a_pin_and_its_first_event(filed):
    case, pin = filed(**FULL)
    case = Case.objects.get(number=case.number)
    assert re.fullmatch(r"[A-HJ-NPR-Z2-9]{8}", case.number)
    assert re.fullmatch(r"\d{6}", pin)
    assert (case.state, case.channel, case.phone) == (State.RECEIVED, "web", "+6281234567890")
    assert [(e.kind, e.visible_to_reporter) for e in case.events.all()] == [(Step.FILED, True)]


def test_the_database_holds_neither_pin_nor_story_nor_contact(filed):
    case, pin = filed(**FULL, request_key="kunci-rahasia")
    row = raw_row(case)
    for hidden in (pin, "pukul 9", "Siti", "Menunggu", "81234567890", "contoh.id", "kunci"):
        assert hidden not in row.replace(case.number, "").replace(str(case.pk), "")


def test_an_agency_or_a_service_may_be_named_or_neither(filed, civil, ktp):
    assert filed(agency_code="DUKCAPIL").case.agency == civil
    case = filed(service_code="KTP").case
    assert (case.agency, case.service_type) == (civil, ktp)
    assert filed().case.agency is None


@pytest.mark.parametrize(
    ("asked", "code", "field"),
    [
        ({"kind": "rant"}, "bad_kind", "kind"),
        ({"text": " \n "}, "text_missing", "text"),
        ({"text": "a" * 5001}, "text_too_long", "text"),
        ({"subject": "a" * 121}, "subject_too_long", "subject"),
        ({"name": "a" * 101}, "name_too_long", "name"),
        ({"phone": "12345"}, "bad_phone", "phone"),
        ({"email": "siti"}, "bad_email", "email"),
        ({"agency_code": "NIHIL"}, "unknown_agency", "agency"),
        ({"service_code": "NIHIL"}, "unknown_service", "service"),
        ({"agency_code": "BPKPD", "service_code": "KTP"}, "unknown_service", "service"),
    ],
)
def test_what_cannot_be_used_is_refused_beside_its_field(filed, ktp, tax, asked, code, field):
    refusal = refusal_of(filed, **asked)
    assert (refusal.code, refusal.status, list(refusal.fields)) == (code, 422, [field])
    assert refusal.message == refusal.fields[field]
    assert "%(" not in refusal.message
    assert not Case.objects.exists()


def test_everything_wrong_is_told_at_once(filed):
    refusal = refusal_of(filed, text="", phone="1", email="x")
    assert list(refusal.fields) == ["text", "phone", "email"]


def test_the_longest_story_is_kept_whole(filed):
    assert Case.objects.get(pk=filed(text="a" * 5000).case.pk).text == "a" * 5000


def test_another_malls_agency_is_unknown(filed, civil):
    other = Mall.objects.create(slug="lain", name="Lain", regency="Lain", province="Lain")
    assert refusal_of(filed, mall=other, agency_code="DUKCAPIL").code == "unknown_agency"


def test_the_same_request_gives_the_same_case_and_pin(filed):
    first = filed(request_key="k-1", at=at(10))
    again = filed(request_key="k-1", at=at(16))
    assert (again.case, again.pin) == (first.case, first.pin)
    assert again.case.received_at == at(10)
    assert Case.objects.count() == CaseEvent.objects.count() == 1


def test_another_content_under_the_same_key_is_refused(filed):
    filed(request_key="k-1")
    assert refusal_of(filed, request_key="k-1", text="Hal lain.").code == "request_reused"


def test_without_a_key_every_sending_is_a_case_of_its_own(filed):
    one, two = filed(), filed()
    assert one.case != two.case
    assert one.pin != two.pin


@pytest.mark.django_db(transaction=True)
def test_sixteen_taps_at_once_give_one_case(mall):
    def tap(_):
        return rules.file_case(
            mall=mall, kind="complaint", text="Cerita.", at=at(10), channel="web", language="id",
            request_key="k-1",
        )  # fmt: skip

    outcomes = at_once(16, tap)
    assert {(o.case.number, o.pin) for o in outcomes} == {
        (outcomes[0].case.number, outcomes[0].pin)
    }
    assert Case.objects.count() == 1


@pytest.mark.parametrize(
    ("received", "counted_from", "due_on"),
    [
        (at(8), "2026-11-25", "2026-12-02"),
        (at(14, 59), "2026-11-25", "2026-12-02"),
        (at(15), "2026-11-26", "2026-12-03"),
        (at(7, 59), "2026-11-26", "2026-12-03"),
        (at(23, 59), "2026-11-26", "2026-12-03"),
        (at(16, days=2), "2026-11-30", "2026-12-07"),  # Friday evening
        (at(10, days=3), "2026-11-30", "2026-12-07"),  # Saturday
        (at(10, days=28), "2026-12-23", "2026-12-31"),  # over Christmas, Friday 25 December
        (at(16, days=29), "2026-12-28", "2027-01-04"),  # the eve of Christmas, after hours
    ],
)
def test_the_first_answer_is_due_in_five_working_days(filed, mall, received, counted_from, due_on):
    Holiday.objects.create(mall=mall, date=dt.date(2026, 12, 25), name="Natal")
    case = filed(at=received).case
    assert (case.counted_from.isoformat(), case.first_answer_due_on.isoformat()) == (
        counted_from,
        due_on,
    )


def test_the_promise_is_stored_in_the_words_the_reporter_read(filed):
    assert filed().case.promise == (
        "Tanggapan pertama paling lambat Rabu, 2 Desember 2026 (5 hari kerja)."
    )


def test_the_moment_counts_in_the_malls_own_zone(filed, mall):
    mall.time_zone = "Asia/Jayapura"  # two hours ahead of the tests' clock
    assert filed(at=at(12, 59)).case.counted_from.isoformat() == "2026-11-25"
    assert filed(at=at(13)).case.counted_from.isoformat() == "2026-11-26"


def test_an_event_can_neither_change_nor_go(filed):
    event = filed().case.events.get()
    for act in (
        lambda: CaseEvent.objects.filter(pk=event.pk).update(kind=Step.CLOSED),
        lambda: event.delete(),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            act()


def test_every_state_can_be_reached_and_every_step_has_its_row():
    assert set(STEPS) == set(Step)
    assert {end for _starts, ends in STEPS.values() for end in ends} == set(State)


def test_filing_takes_few_questions_to_the_database(filed, ktp, django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        filed(service_code="KTP", request_key="k-1")
