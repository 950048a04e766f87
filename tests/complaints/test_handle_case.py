"""The desk and the agencies handle a case; the reporter answers, objects, reopens and rates."""

import datetime as dt
from functools import partial
from zoneinfo import ZoneInfo

import pytest

from accounts.models import User
from complaints import rules
from complaints.desk.acts import ACTS
from complaints.models import Case, CaseEvent, ServiceLevel
from complaints.refusals import Refusal
from complaints.workflow import State, Step
from services.models import Agency, Holiday, Mall, Officer
from tests.house import at, at_once

pytestmark = pytest.mark.django_db
Role = Officer.Role
WIB = ZoneInfo("Asia/Jakarta")
TEXT = "Pukul berapa Anda mengambil nomor?"


@pytest.fixture
def desk(person):
    return person(Role.COMPLAINTS_DESK)


@pytest.fixture
def liaison(person, civil):
    return person(Role.LIAISON, civil)


@pytest.fixture
def forwarded(filed, desk, civil):
    """A case with the agency, and its PIN."""
    case, pin = filed(agency_code="DUKCAPIL")
    rules.check(case_id=case.pk, by=desk, at=at(10))
    rules.classify(case_id=case.pk, level="ordinary", by=desk, at=at(10))
    return rules.forward(case_id=case.pk, agency=civil, by=desk, at=at(10)), pin


@pytest.fixture
def answered(forwarded, liaison):
    case, pin = forwarded
    return rules.answer(case_id=case.pk, text="Loket sudah ditambah.", by=liaison, at=at(11)), pin


def code_of(act, **asked):
    with pytest.raises(Refusal) as caught:
        act(**asked)
    return caught.value.code


def kinds(case):
    return list(case.events.order_by("pk").values_list("kind", flat=True))


def days_later(days, hour=10):
    return at(hour) + dt.timedelta(days=days)


def test_from_the_desk_to_the_agency_to_an_answer(answered, liaison, desk):
    case, _pin = answered
    assert kinds(case) == ["filed", "checked", "classified", "forwarded", "answered"]
    assert (case.state, case.first_answered_at) == (State.ANSWERED, at(11))
    by = dict(case.events.values_list("kind", "by"))
    assert (by["filed"], by["forwarded"], by["answered"]) == (None, desk.pk, liaison.pk)
    assert not case.events.filter(visible_to_reporter=False).exists()


def test_the_desks_words_to_the_agency_are_not_for_the_reporter(forwarded, desk, tax):
    case, _pin = forwarded
    asked = {"case_id": case.pk, "agency": tax, "by": desk, "at": at(11)}
    case = rules.forward(note="Mohon dijawab hari ini.", **asked)
    last = case.events.order_by("-pk")[:2]
    told = [(one.kind, one.note, one.visible_to_reporter) for one in last]
    assert told == [
        ("noted", "Mohon dijawab hari ini.", False),
        ("forwarded", "", True),
    ]
    assert case.agency == tax


@pytest.mark.parametrize(
    ("level", "days", "due_on"),
    [
        ("information", 5, "2026-12-02"),
        ("ordinary", 14, "2026-12-15"),
        ("supervision", 60, "2027-02-17"),
    ],
)
def test_a_level_promises_when_the_case_is_completed(filed, desk, level, days, due_on):
    case = filed().case
    rules.check(case_id=case.pk, by=desk, at=at(10))
    case = rules.classify(case_id=case.pk, level=level, by=desk, at=days_later(2))
    assert (case.level_days, case.completion_due_on.isoformat()) == (days, due_on)
    note = case.events.get(kind=Step.CLASSIFIED).note
    assert note.startswith("Selesai paling lambat")
    assert f"({days} hari kerja)" in note


def test_another_level_counts_from_the_receipt_again(forwarded, desk):
    case, _pin = forwarded
    late = days_later(9)
    assert rules.classify(case_id=case.pk, level="information", by=desk, at=late).level_days == 5
    case.refresh_from_db()
    assert case.completion_due_on.isoformat() == "2026-12-02"
    before = kinds(case)
    rules.classify(case_id=case.pk, level="information", by=desk, at=late)  # pressed twice
    assert kinds(case) == before


def test_a_mall_may_promise_other_terms_from_a_date_on(filed, desk, mall):
    for days, day in ((7, 1), (3, 26)):
        ServiceLevel.objects.create(
            mall=mall, level="ordinary", days=days, valid_from=dt.date(2026, 11, day)
        )
    case = filed().case
    rules.check(case_id=case.pk, by=desk, at=at(10))
    assert rules.classify(case_id=case.pk, level="ordinary", by=desk, at=at(10)).level_days == 7


@pytest.mark.parametrize(("shared_leave", "due_on"), [(True, "2026-03-27"), (False, "2026-03-23")])
def test_the_clock_is_right_across_the_holidays_of_march_2026(
    filed, desk, mall, shared_leave, due_on
):
    for day in [19, 21, 22, *([18, 20, 23, 24] if shared_leave else [])]:
        Holiday.objects.create(mall=mall, date=dt.date(2026, 3, day), name="Libur")
    ServiceLevel.objects.create(
        mall=mall, level="information", days=3, valid_from=dt.date(2026, 1, 1)
    )
    received = dt.datetime(2026, 3, 17, 10, tzinfo=WIB)
    case = filed(kind="information", at=received).case
    rules.check(case_id=case.pk, by=desk, at=received)
    case = rules.classify(case_id=case.pk, level="information", by=desk, at=received)
    assert case.completion_due_on.isoformat() == due_on


def test_while_the_reporter_is_asked_the_clock_stands(forwarded, liaison):
    case, _pin = forwarded  # received on Wednesday the 25th
    assert case.first_answer_due_on.isoformat() == "2026-12-02"
    case = rules.ask_for_more(case_id=case.pk, text=TEXT, by=liaison, at=days_later(1))
    assert (case.state, case.waiting_since.isoformat()) == (State.NEEDS_COMPLETION, "2026-11-26")
    case = rules.complete(case=case, text="Pukul 9.", at=days_later(6))
    assert (case.state, case.waited_days) == (State.FORWARDED, 3)  # Friday, Monday, Tuesday
    assert case.first_answer_due_on.isoformat() == "2026-12-07"
    assert case.completion_due_on.isoformat() == "2026-12-18"


def test_an_answer_on_the_same_day_costs_the_clock_nothing(forwarded, liaison):
    case, _pin = forwarded
    rules.ask_for_more(case_id=case.pk, text=TEXT, by=liaison, at=at(11))
    case = rules.complete(case=case, text="Pukul 9.", at=at(12))
    assert (case.waited_days, case.completion_due_on.isoformat()) == (0, "2026-12-15")


def test_after_the_first_answer_only_completion_waits(answered, liaison, desk):
    case, _pin = answered
    rules.object_to(case=case, text="Masih lama.", at=at(12))
    rules.ask_for_more(case_id=case.pk, text=TEXT, by=desk, at=at(12))
    case = rules.complete(case=case, text="Ya.", at=days_later(1))
    assert (case.state, case.waited_days) == (State.OBJECTION, 1)
    assert case.first_answer_due_on.isoformat() == "2026-12-02"
    assert case.completion_due_on.isoformat() == "2026-12-16"


def test_an_objection_may_end_before_who_oversees_the_agency(answered, desk):
    case, _pin = answered
    rules.object_to(case=case, text="Masih lama.", at=at(12))
    case = rules.escalate(case_id=case.pk, text="Kepada Inspektorat.", by=desk, at=at(13))
    assert case.state == State.ESCALATED
    case = rules.answer(case_id=case.pk, text="Sudah diperiksa.", by=desk, at=at(14))
    assert (case.state, case.first_answered_at) == (State.ANSWERED, at(11))


def test_ten_working_days_without_a_reply_close_a_case_and_it_may_be_reopened(answered):
    case, _pin = answered
    assert case.closes_on.isoformat() == "2026-12-09"
    assert rules.close_unanswered(days_later(14)) == 0
    assert rules.close_unanswered(days_later(15)) == 1
    assert rules.close_unanswered(days_later(15)) == 0
    case.refresh_from_db()
    assert (case.state, case.closed_at, case.closes_on) == (State.CLOSED, days_later(15), None)
    case = rules.reopen(case=case, text="Belum selesai.", at=days_later(40))
    assert (case.state, case.closed_at) == (State.VERIFICATION, None)


def test_after_thirty_days_a_closed_case_stays_closed(answered):
    case, _pin = answered
    rules.close_unanswered(days_later(15))
    assert code_of(rules.reopen, case=case, text="Belum.", at=days_later(46)) == "closed_long_ago"


def test_a_rating_changes_nothing_else_and_the_last_one_counts(answered):
    case, _pin = answered
    for rating in (2, 4, 4):
        case = rules.rate(case=case, rating=rating, at=at(12))
    assert (case.rating, case.state) == (4, State.ANSWERED)
    assert case.closes_on is not None
    assert kinds(case)[-2:] == ["rated", "rated"]


def test_who_never_answers_the_question_gets_an_answer_all_the_same(forwarded, liaison):
    case, _pin = forwarded
    rules.ask_for_more(case_id=case.pk, text=TEXT, by=liaison, at=at(11))
    case = rules.answer(case_id=case.pk, text="Selesai.", by=liaison, at=days_later(5))
    assert (case.state, case.waiting_since, case.goes_on_as) == (State.ANSWERED, None, "")
    case.refresh_from_db()
    assert (case.waited_days, case.completion_due_on.isoformat()) == (3, "2026-12-18")


def test_a_duplicate_is_merged_into_the_other(filed, desk):
    first, second = filed().case, filed().case
    case = rules.merge(case_id=second.pk, into_id=first.pk, by=desk, at=at(11))
    assert (case.state, case.merged_into_id, case.closed_at) == (State.MERGED, first.pk, at(11))
    merge = {"case_id": first.pk, "by": desk, "at": at(11)}
    assert code_of(rules.merge, into_id=first.pk, **merge) == "merged_with_itself"
    assert code_of(rules.merge, into_id=second.pk, **merge) == "cannot_merge_into"


def test_a_case_that_is_rejected_or_moved_says_why(filed, desk):
    one, other = filed().case, filed().case
    case = rules.reject(case_id=one.pk, reason="Bukan layanan publik.", by=desk, at=at(11))
    assert (case.state, case.closed_at) == (State.REJECTED, at(11))
    case = rules.move_elsewhere(case_id=other.pk, text="Ke BPJS Pusat.", by=desk, at=at(11))
    assert (case.state, case.events.last().note) == (State.MOVED, "Ke BPJS Pusat.")


def test_a_note_among_colleagues_is_not_for_the_reporter(forwarded, liaison):
    case, _pin = forwarded
    rules.add_note(case_id=case.pk, text="Tanya loket 4.", by=liaison, at=at(11))
    last = CaseEvent.objects.filter(case=case).latest("pk")
    assert (last.kind, last.visible_to_reporter, last.note) == ("noted", False, "Tanya loket 4.")
    case.refresh_from_db()
    assert case.state == State.FORWARDED


def test_what_was_decided_without_the_latest_is_refused(forwarded, liaison):
    case, _pin = forwarded
    seen = rules.last_event(case)
    rules.start_follow_up(case_id=case.pk, by=liaison, at=at(11), seen=seen)
    answer = {"case_id": case.pk, "text": "Selesai.", "by": liaison, "at": at(11)}
    assert code_of(rules.answer, **answer, seen=seen) == "changed_meanwhile"
    assert rules.answer(**answer, seen=rules.last_event(case)).state == State.ANSWERED


@pytest.mark.django_db(transaction=True)
def test_of_two_officers_who_answer_at_once_one_is_told(forwarded, liaison, desk):
    case, _pin = forwarded
    seen = rules.last_event(case)

    def answer(n):
        try:
            by = (liaison, desk)[n]
            rules.answer(case_id=case.pk, text=f"Jawaban {n}.", by=by, at=at(11), seen=seen)
            return "answered"
        except Refusal as refusal:
            return refusal.code

    assert sorted(at_once(2, answer)) == ["answered", "changed_meanwhile"]
    assert case.events.filter(kind=Step.ANSWERED).count() == 1


def test_an_agency_does_not_do_the_desks_work_nor_sees_what_is_not_its_own(
    filed, forwarded, liaison, person, tax, civil
):
    case, _pin = forwarded
    mine = {"case_id": case.pk, "by": liaison, "at": at(11)}
    other = filed(agency_code="DUKCAPIL").case
    for act, more in (
        (rules.classify, {"level": "information"}),
        (rules.forward, {"agency": tax}),
        (rules.reject, {"reason": "Tidak."}),
        (rules.move_elsewhere, {"text": "Ke sana."}),
        (rules.escalate, {"text": "Naik."}),
        (rules.merge, {"into_id": other.pk}),
        (rules.check, {}),
    ):
        assert code_of(act, **mine, **more) == "desk_only", act
    stranger = person(Role.LIAISON, tax)
    asked = {"case_id": case.pk, "by": stranger, "at": at(11)}
    assert code_of(rules.answer, **asked, text="Halo.") == "no_such_case"
    secret = filed(agency_code="DUKCAPIL", confidential=True).case
    asked = {"case_id": secret.pk, "by": liaison, "at": at(11)}
    assert code_of(rules.add_note, **asked, text="Siapa ini?") == "no_such_case"


def test_nobody_handles_a_case_about_themselves(forwarded, liaison, desk):
    case, _pin = forwarded
    for somebody in (liaison, desk):
        Case.objects.filter(pk=case.pk).update(about_person=somebody)
        assert not Case.objects.visible_to(somebody).exists()
        asked = {"case_id": case.pk, "text": "Bukan saya.", "by": somebody, "at": at(11)}
        assert code_of(rules.answer, **asked) == "no_such_case"


def test_what_cannot_be_now_is_refused_and_leaves_no_trace(filed, desk, civil):
    case = filed().case
    mine, yours = {"case_id": case.pk, "by": desk}, {"case": case}
    done = rules.withdraw(case=filed().case, at=at(10))
    other = Mall.objects.create(slug="lain", name="Lain", regency="Lain", province="Lain")
    away = Agency.objects.create(mall=other, code="LAIN", name="Lain")
    for code, act, asked in (
        ("cannot_step", rules.answer, {**mine, "text": "Selesai."}),
        ("not_classified", rules.forward, {**mine, "agency": civil}),
        ("unknown_agency", rules.forward, {**mine, "agency": away}),
        ("bad_level", rules.classify, {**mine, "level": "berat"}),
        ("text_missing", rules.answer, {**mine, "text": "  \n "}),
        ("text_too_long", rules.add_note, {**mine, "text": "a" * 5001}),
        ("nothing_asked", rules.complete, {**yours, "text": "Pukul 9."}),
        ("nothing_to_add_to", rules.add, {"case": done, "text": "Lagi."}),
        ("nothing_to_object_to", rules.object_to, {**yours, "text": "Tidak puas."}),
        ("cannot_reopen", rules.reopen, {**yours, "text": "Lagi."}),
        ("nothing_to_rate", rules.rate, {**yours, "rating": 4}),
        ("bad_rating", rules.rate, {**yours, "rating": 5}),
    ):
        assert code_of(act, **asked, at=at(11)) == code
    assert kinds(case) == ["filed"]


def test_a_confidential_report_stays_with_the_desk(filed, desk, civil):
    case = filed(confidential=True).case
    rules.check(case_id=case.pk, by=desk, at=at(10))
    rules.classify(case_id=case.pk, level="supervision", by=desk, at=at(10))
    asked = {"case_id": case.pk, "agency": civil, "by": desk, "at": at(10)}
    assert code_of(rules.forward, **asked) == "confidential_stays"


def test_what_was_objected_to_is_decided_above_who_answered(answered, liaison, person, civil):
    case, _pin = answered
    rules.object_to(case=case, text="Masih lama.", at=at(12))
    asked = {"case_id": case.pk, "text": TEXT, "at": at(13)}
    assert code_of(rules.answer, by=liaison, **asked) == "superior_only"
    rules.add_note(by=liaison, **asked)
    head = person(Officer.Role.AGENCY_HEAD, civil)
    assert rules.answer(by=head, **asked).state == State.ANSWERED


def test_a_sign_of_life_is_a_first_answer_and_leaves_the_case_at_work(forwarded, liaison):
    case, _pin = forwarded
    case = rules.respond(case_id=case.pk, text="Sedang kami periksa.", by=liaison, at=at(11))
    assert (case.state, case.first_answered_at) == (State.FORWARDED, at(11))
    case = rules.answer(case_id=case.pk, text=TEXT, by=liaison, at=at(12))
    assert case.first_answered_at == at(11)


def test_dates_that_moved_are_told_with_their_new_promise(forwarded, liaison):
    case, _pin = forwarded
    rules.ask_for_more(case_id=case.pk, text=TEXT, by=liaison, at=days_later(1))
    case = rules.complete(case=case, text="Pukul 9.", at=days_later(6))
    told = case.events.get(kind=Step.EXTENDED)
    assert told.visible_to_reporter
    assert case.promise in told.note
    assert "Jam berhenti 3 hari kerja" in told.note


def test_a_case_withdrawn_while_the_desk_waits_has_no_clock_left(forwarded, liaison):
    case, _pin = forwarded
    rules.ask_for_more(case_id=case.pk, text=TEXT, by=liaison, at=at(11))
    case = rules.withdraw(case=case, at=at(12))
    assert (case.state, case.waiting_since, case.closed_at) == (State.WITHDRAWN, None, at(12))


def test_who_is_named_must_be_there_and_be_another(filed, desk, person, tax):
    case, stranger = filed().case, User.objects.create(username="orang-lewat")
    asked = {"case_id": case.pk, "by": desk, "at": at(10)}
    for code, person_named, counter in (
        ("named_oneself", desk, None),
        ("unknown_officer", stranger, None),
        ("bad_counter", None, 0),
        ("nobody_named", None, None),
    ):
        named = {"person": person_named, "counter_number": counter}
        assert code_of(rules.name_about, **named, **asked) == code
    assert kinds(case) == ["filed"]


def test_only_an_open_case_of_the_mall_is_merged_into(filed, desk):
    case, done = filed().case, rules.withdraw(case=filed().case, at=at(10))
    for number in (done.number, case.number, "P7KX29MD", "é/"):
        press = partial(ACTS["gabung"].run, case, {"number": number}, [])
        asked = {"case_id": case.pk, "by": desk, "at": at(11)}
        assert code_of(press, **asked) == "no_case_to_merge"


def test_the_same_words_sent_twice_are_said_once_also_where_they_moved_the_dates(
    forwarded, liaison
):
    case, _pin = forwarded
    rules.ask_for_more(case_id=case.pk, text=TEXT, by=liaison, at=days_later(1))
    for hour in (10, 11):
        case = rules.complete(case=case, text="Pukul 9.", at=days_later(6, hour))
        assert case.state == State.FORWARDED
    assert kinds(case).count("completed") == kinds(case).count("extended") == 1
    rules.add(case=case, text="Dan lagi.", at=days_later(7))
    rules.add(case=case, text="Pukul 9.", at=days_later(7))
    assert kinds(case).count("added") == 2


@pytest.mark.django_db(transaction=True)
def test_two_who_press_at_once_say_it_once(forwarded):
    case, _pin = forwarded
    at_once(4, lambda _n: rules.add(case=case, text="Pukul 9.", at=at(12)))
    assert kinds(case).count("added") == 1
