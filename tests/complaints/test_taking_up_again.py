"""Objections, reopened and merged cases: who decides, whose time it is, and who hears of it."""

import datetime as dt

import pytest

from complaints import progress, rules
from complaints.desk import clocks
from complaints.models import Case
from complaints.refusals import Refusal
from complaints.rules.steps import refused_to
from complaints.workflow import State, Step
from notifications.models import Message
from services.models import Officer
from tests.house import at

pytestmark = pytest.mark.django_db
Role = Officer.Role
TEXT = "Loket sudah ditambah."
SITI = {"phone": "081234567890", "email": "siti@contoh.id"}


@pytest.fixture
def crew(person, civil):
    offices = {
        "desk": (Role.COMPLAINTS_DESK, None),
        "manager": (Role.MALL_MANAGER, None),
        "liaison": (Role.LIAISON, civil),
        "head": (Role.AGENCY_HEAD, civil),
    }
    found = {name: person(*office) for name, office in offices.items()}
    for name, user in found.items():
        user.email = f"{name}@contoh.id"
        user.save()
    return found


@pytest.fixture
def forwarded(filed, crew, civil):
    """File a case on Wednesday 25 November and let it reach its agency."""

    def make(**asked):
        case = filed(**asked).case
        by_desk = {"case_id": case.pk, "by": crew["desk"], "at": at(10)}
        rules.check(**by_desk)
        rules.classify(level="ordinary", **by_desk)  # until Tuesday 15 December
        return rules.forward(agency=civil, **by_desk)

    return make


def later(days):
    return at(10) + dt.timedelta(days=days)


def mailed(kind="case_duty"):
    names = [m.address.partition("@")[0] for m in Message.objects.filter(kind=kind, state="due")]
    Message.objects.all().delete()
    return sorted(names)


# -- whose time it is ------------------------------------------------------------------------------


def test_an_answer_while_the_reporter_is_waited_for_is_in_time(forwarded, crew):
    case = forwarded()  # the first answer until Wednesday 2 December
    by_liaison = {"case_id": case.pk, "by": crew["liaison"]}
    rules.ask_for_more(text="Kapan?", at=later(1), **by_liaison)
    case = rules.answer(text=TEXT, at=later(9), **by_liaison)  # Friday 4 December
    case.refresh_from_db()
    assert case.first_answer_due_on.isoformat() == "2026-12-10"
    assert "10 Desember" in case.promise


def test_a_sign_of_life_while_the_reporter_is_waited_for_is_in_time(forwarded, crew):
    case = forwarded()
    by_liaison = {"case_id": case.pk, "by": crew["liaison"]}
    rules.ask_for_more(text="Kapan?", at=later(1), **by_liaison)
    rules.respond(text="Kami menunggu.", at=later(9), **by_liaison)
    case = rules.complete(case=case, text="Kemarin.", at=later(12))
    assert case.first_answer_due_on.isoformat() == "2026-12-10"
    assert case.waited_days == 7  # Friday the 27th to Monday the 7th


def test_the_days_in_which_an_answer_was_thought_over_are_the_reporters(forwarded, crew):
    case = forwarded()
    rules.answer(case_id=case.pk, text=TEXT, by=crew["liaison"], at=later(19))  # 14 December
    case = rules.object_to(case=case, text="Belum.", at=later(26))  # 21 December
    case.refresh_from_db()
    assert (case.waited_days, case.completion_due_on.isoformat()) == (5, "2026-12-22")
    assert "Jam berhenti 5 hari kerja" in case.events.get(kind=Step.EXTENDED).note


def test_a_reopened_case_goes_on_where_its_clock_stood(forwarded, crew):
    case = forwarded()
    rules.answer(case_id=case.pk, text=TEXT, by=crew["liaison"], at=at(11))
    rules.close_unanswered(later(15))
    case = rules.reopen(case=case, text="Belum.", at=later(26))
    assert case.waited_days == 18
    assert case.completion_due_on.isoformat() == "2027-01-08"


def test_a_case_that_was_answered_in_time_and_closed_later_was_in_time(forwarded, crew):
    case = forwarded()
    rules.answer(case_id=case.pk, text=TEXT, by=crew["liaison"], at=later(14))
    rules.close_unanswered(later(40))
    case = Case.objects.get(pk=case.pk)
    answered_at = case.events.get(kind=Step.ANSWERED).at
    assert clocks.completion(case, later(40).date(), (), answered_at).look == "ok"


# -- who decides -----------------------------------------------------------------------------------


def refused(act, **asked):
    with pytest.raises(Refusal) as caught:
        act(**asked)
    return caught.value.code


def test_who_answered_does_not_get_round_the_superior_while_the_reporter_is_asked(forwarded, crew):
    case = forwarded()
    rules.answer(case_id=case.pk, text=TEXT, by=crew["liaison"], at=at(11))
    rules.object_to(case=case, text="Belum.", at=at(12))
    rules.ask_for_more(case_id=case.pk, text="Apa?", by=crew["head"], at=at(13))
    asked = {"case_id": case.pk, "text": TEXT, "at": at(14)}
    assert refused(rules.answer, by=crew["liaison"], **asked) == "superior_only"
    assert rules.answer(by=crew["head"], **asked).state == State.ANSWERED


@pytest.mark.parametrize("name", ["head", "desk"])
def test_nobody_decides_an_objection_to_their_own_answer(forwarded, crew, name):
    case = forwarded()
    asked = {"case_id": case.pk, "text": TEXT}
    rules.answer(by=crew[name], at=at(11), **asked)
    case = rules.object_to(case=case, text="Belum.", at=at(12))
    assert refused(rules.answer, by=crew[name], at=at(13), **asked) == "own_answer"
    assert refused_to(crew["manager"], case) == ""
    rules.escalate(by=crew["desk"], at=at(13), **asked)
    if name == "head":
        assert refused(rules.answer, by=crew[name], at=at(14), **asked) == "own_answer"
    assert rules.answer(by=crew["desk"], at=at(14), **asked).state == State.ANSWERED


# -- what another case stands for ------------------------------------------------------------------


@pytest.fixture
def merged(filed, forwarded, crew):
    """A case of Siti's that was merged into another, and that other."""
    other = forwarded()
    case = filed(**SITI).case
    rules.merge(case_id=case.pk, into_id=other.pk, by=crew["desk"], at=at(11))
    Message.objects.all().delete()
    return case, other


def test_the_other_case_says_that_one_was_merged_into_it(merged):
    case, other = merged
    note = other.events.get(kind=Step.NOTED)
    assert (case.number in note.note, note.visible_to_reporter) == (True, False)


def test_who_reported_the_same_hears_that_it_was_answered(merged, crew):
    case, other = merged
    rules.answer(case_id=other.pk, text="KTP Budi sudah jadi.", by=crew["liaison"], at=at(12))
    told = case.events.get(kind=Step.REPLIED)
    assert "sudah dijawab" in told.note
    assert "Budi" not in told.note
    assert told.visible_to_reporter
    assert mailed("case_changed") == ["siti"]
    rules.respond(case_id=case.pk, text="Loketnya ditambah.", by=crew["desk"], at=at(13))
    assert mailed("case_changed") == ["siti"]


def test_who_is_merged_into_an_answered_case_hears_of_the_answer(filed, forwarded, crew):
    other, case = forwarded(), filed(**SITI).case
    rules.answer(case_id=other.pk, text=TEXT, by=crew["liaison"], at=at(11))
    rules.merge(case_id=case.pk, into_id=other.pk, by=crew["desk"], at=at(12))
    assert case.events.filter(kind=Step.REPLIED).count() == 1


@pytest.mark.parametrize(
    ("act", "words", "said"),
    [(rules.reject, "reason", "tidak dapat diproses"), (rules.move_elsewhere, "text", "dialihkan")],
)
def test_who_reported_the_same_hears_how_it_ended_also_of_a_chain(filed, crew, act, words, said):
    first, second, third = (filed().case for _ in range(3))
    merge = {"by": crew["desk"], "at": at(11)}
    rules.merge(case_id=first.pk, into_id=second.pk, **merge)
    rules.merge(case_id=second.pk, into_id=third.pk, **merge)
    act(case_id=third.pk, by=crew["desk"], at=at(12), **{words: "Bukan di sini."})
    for case in (first, second):
        assert said in case.events.get(kind=Step.REPLIED).note


def test_a_case_whose_other_is_taken_back_is_looked_at_on_its_own(merged, crew):
    case, other = merged
    rules.withdraw(case=other, at=at(12))
    case.refresh_from_db()
    assert (case.state, case.merged_into, case.closed_at) == (State.VERIFICATION, None, None)
    assert mailed() == ["desk"]
    rules.reject(case_id=case.pk, reason="Tidak jelas.", by=crew["desk"], at=at(13))


def test_who_was_merged_wrongly_may_ask_for_their_own_again(merged):
    case, other = merged
    case = rules.reopen(case=case, text="Hal saya lain.", at=later(3))
    assert (case.state, case.merged_into) == (State.VERIFICATION, None)
    other.refresh_from_db()
    assert other.state == State.FORWARDED


# -- who has it, and who hears ---------------------------------------------------------------------


@pytest.mark.parametrize("asked", [{"confidential": True, "agency_code": "DUKCAPIL"}, {}])
def test_what_no_agency_may_know_is_never_in_its_hands(filed, crew, civil, asked):
    case = filed(**asked).case
    rules.check(case_id=case.pk, by=crew["desk"], at=at(10))
    rules.answer(case_id=case.pk, text=TEXT, by=crew["desk"], at=at(11))
    Message.objects.all().delete()
    case = rules.object_to(case=case, text="Belum.", at=at(12))
    assert str(progress.Progress(case, at(12)).holder) == "meja pengaduan"
    news = Message.objects.filter(kind="case_duty").values_list("context", flat=True)
    assert all("Kepala instansi" not in context["news"] for context in news)
    assert mailed() == ["desk", "manager"]  # the desk answered, so the manager judges


def test_an_objection_without_a_level_is_not_forgotten(filed, crew):
    case = filed().case
    rules.check(case_id=case.pk, by=crew["desk"], at=at(10))
    rules.answer(case_id=case.pk, text=TEXT, by=crew["desk"], at=at(11))
    rules.object_to(case=case, text="Belum.", at=at(12))
    Message.objects.all().delete()
    assert rules.raise_overdue(later(5)) == 0
    assert rules.raise_overdue(later(6)) == 1
    assert mailed() == ["desk"]


def test_the_malls_own_case_that_is_at_work_is_not_called_unchecked(filed, crew):
    case = filed().case
    by_desk = {"case_id": case.pk, "by": crew["desk"], "at": at(10)}
    rules.check(**by_desk)
    rules.classify(level="ordinary", **by_desk)
    assert rules.raise_overdue(later(6)) == 1  # nobody was answered yet
    other = filed().case
    by_desk["case_id"] = other.pk
    rules.check(**by_desk)
    rules.classify(level="ordinary", **by_desk)
    rules.respond(text="Kami periksa.", **by_desk)
    assert rules.raise_overdue(later(6)) == 0


def test_what_a_reporter_adds_is_told_to_who_has_the_case(forwarded):
    case = forwarded(**SITI)
    Message.objects.all().delete()
    rules.add(case=case, text="Juga hari Senin.", at=at(12))
    assert mailed() == ["liaison"]


def test_who_no_longer_has_the_case_is_not_written_to(forwarded, crew, tax, person):
    case = forwarded()
    assert mailed() == ["liaison"]
    case = forwarded()
    other = person(Role.LIAISON, tax)
    other.email = "pajak@contoh.id"
    other.save()
    rules.forward(case_id=case.pk, agency=tax, by=crew["desk"], at=at(11))
    assert mailed() == ["pajak"]


def test_where_nobody_at_the_agency_can_be_told_the_mall_is(forwarded, crew):
    for name in ("liaison", "head"):
        crew[name].email = ""
        crew[name].save()
    case = forwarded(**SITI)
    news = Message.objects.filter(kind="case_duty", state="due").get()
    assert news.address == "manager@contoh.id"  # who passed it on is of the desk
    assert "tidak ada petugas" in news.context["news"]
    Message.objects.all().delete()
    rules.add(case=case, text="Juga hari Senin.", at=at(12))
    assert mailed() == ["desk"]
