"""A date that passes is told upward, one office at a time, and the reporter sees it."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from complaints import rules, surroundings, tasks
from complaints.models import Case, CaseEvent, ServiceLevel
from complaints.rules import alarms
from complaints.workflow import Step
from mpp_portal.schedule import TIMETABLE
from notifications.models import Message
from services.models import Holiday, Officer
from tests.house import at, at_once

pytestmark = pytest.mark.django_db
Role = Officer.Role
WIB = ZoneInfo("Asia/Jakarta")
MORNING = 6


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
    """File a case and let it reach its agency in the same hour."""

    def make(level="ordinary", now=None, **asked):
        now = now or at(10)
        case = filed(at=now, **{"phone": "081234567890", "email": "siti@contoh.id", **asked}).case
        by_desk = {"case_id": case.pk, "by": crew["desk"], "at": now}
        rules.check(**by_desk)
        rules.classify(level=level, **by_desk)
        case = rules.forward(agency=civil, **by_desk)
        Message.objects.all().delete()
        return case

    return make


def overdue(case):
    """What the reporter reads of passed dates: the second sentence of each."""
    events = case.events.filter(kind=Step.OVERDUE, visible_to_reporter=True).order_by("pk")
    return [event.note.partition("terlewati. ")[2] for event in events]


def among_colleagues(case):
    events = case.events.filter(kind=Step.OVERDUE, visible_to_reporter=False).order_by("pk")
    return [event.note for event in events]


def mailed():
    """Who of the staff was written to, and these messages are gone."""
    rows = Message.objects.filter(kind="case_duty").order_by("pk")
    names = [row.address.partition("@")[0] for row in rows]
    Message.objects.all().delete()
    return names


def day(date, hour=MORNING):
    return dt.datetime.combine(dt.date.fromisoformat(date), dt.time(hour), WIB)


LIAISON = "Penghubung instansi sudah diberi tahu."
HEAD = "Kepala instansi sudah diberi tahu."
MANAGER = "Pengelola mal sudah diberi tahu."
DESK = "Meja pengaduan sudah diberi tahu."


def test_a_missed_first_answer_climbs_in_working_days(forwarded):
    case = forwarded()  # on Wednesday 25 November: to be answered by Wednesday 2 December
    for date, names in (
        ("2026-12-02", []),
        ("2026-12-03", ["liaison"]),
        ("2026-12-04", []),
        ("2026-12-05", []),  # a weekend
        ("2026-12-06", []),
        ("2026-12-07", ["head"]),
        ("2026-12-09", []),
        ("2026-12-10", ["manager"]),
        ("2026-12-11", []),
        ("2026-12-14", []),
    ):
        assert rules.raise_overdue(day(date)) == len(names), date
        assert mailed() == names, date
    assert overdue(case) == [LIAISON, HEAD, MANAGER]
    case.refresh_from_db()
    assert case.alarm_stage == 3


def test_holidays_do_not_count(forwarded, mall):
    for number in [18, 19, 20, 21, 22, 23, 24]:
        Holiday.objects.create(mall=mall, date=dt.date(2026, 3, number), name="Libur")
    case = forwarded(level="information", now=day("2026-03-17", 10))
    assert case.first_answer_due_on.isoformat() == "2026-03-31"
    ServiceLevel.objects.create(
        mall=mall, level="information", days=3, valid_from=dt.date(2026, 1, 1)
    )
    case = forwarded(level="information", now=day("2026-03-17", 10), kind="information")
    assert case.completion_due_on.isoformat() == "2026-03-27"
    Case.objects.exclude(pk=case.pk).update(state="withdrawn", closed_at=at(1))
    Holiday.objects.create(mall=mall, date=dt.date(2026, 3, 31), name="Libur")
    for date, names in (
        ("2026-03-27", []),
        ("2026-03-29", []),  # Sunday
        ("2026-03-30", ["liaison"]),  # the first working day after
        ("2026-03-31", []),  # a holiday
        ("2026-04-01", []),
        ("2026-04-02", ["head"]),
    ):
        rules.raise_overdue(day(date))
        assert mailed() == names, date


def test_the_reporter_reads_which_date_passed_and_who_was_told(forwarded):
    case = forwarded()
    rules.raise_overdue(day("2026-12-03"))
    event = case.events.get(kind=Step.OVERDUE)
    assert event.by is None
    assert event.note == f"Batas tanggapan pertama 2 Desember 2026 terlewati. {LIAISON}"
    news = Message.objects.get(kind="case_changed").context["news"]
    assert news == event.note
    duty = Message.objects.get(kind="case_duty").context
    assert duty["news"].startswith("Batas tanggapan pertama 2 Desember 2026 terlewati. Tangani")


def test_it_is_said_in_the_reporters_language(forwarded):
    case = forwarded(language="en")
    rules.raise_overdue(day("2026-12-03"))
    assert "2 December 2026" in case.events.get(kind=Step.OVERDUE).note
    assert Message.objects.get(kind="case_duty").context["news"].startswith("Batas")


def test_completion_has_its_own_ladder_and_an_interim_reply_does_not_stop_it(forwarded, crew):
    case = forwarded()
    rules.respond(case_id=case.pk, text="Sedang diperiksa.", by=crew["liaison"], at=at(11))
    assert rules.raise_overdue(day("2026-12-15")) == 0
    assert rules.raise_overdue(day("2026-12-16")) == 1
    assert case.events.get(kind=Step.OVERDUE).note.startswith("Batas penyelesaian 15 Desember")


def test_a_second_date_begins_below_again(forwarded, crew):
    case = forwarded()
    for date in ("2026-12-03", "2026-12-07", "2026-12-10"):
        rules.raise_overdue(day(date))
    rules.respond(case_id=case.pk, text="Maaf.", by=crew["liaison"], at=day("2026-12-11"))
    mailed()
    assert rules.raise_overdue(day("2026-12-15")) == 0
    rules.raise_overdue(day("2026-12-16"))
    assert mailed() == ["liaison"]
    rules.raise_overdue(day("2026-12-18"))
    assert mailed() == ["head"]
    assert overdue(case) == [LIAISON, HEAD, MANAGER, LIAISON, HEAD]


def test_an_answered_case_and_one_that_waits_for_the_reporter_are_left_alone(forwarded, crew):
    by_liaison = {"by": crew["liaison"], "at": at(11)}
    rules.answer(case_id=forwarded().pk, text="Selesai.", **by_liaison)
    rules.ask_for_more(case_id=forwarded().pk, text="Apa?", **by_liaison)
    rules.withdraw(case=forwarded(), at=at(11))
    assert rules.raise_overdue(day("2027-03-01")) == 0


def test_an_objection_has_a_day_before_it_is_late(forwarded, crew):
    case = forwarded()
    rules.raise_overdue(day("2026-12-16"))
    rules.answer(case_id=case.pk, text="Selesai.", by=crew["liaison"], at=day("2026-12-17"))
    case.refresh_from_db()
    assert case.alarm_stage == 0
    rules.object_to(case=case, text="Belum.", at=day("2026-12-21", 10))  # past its term already
    mailed()
    assert rules.raise_overdue(day("2026-12-21", 11)) == 0
    rules.raise_overdue(day("2026-12-22"))
    assert mailed() == ["desk"]
    rules.raise_overdue(day("2026-12-24"))
    assert mailed() == ["head"]
    case.refresh_from_db()
    assert case.alarm_stage == 2


def test_after_a_standstill_every_rung_is_told_at_once(forwarded):
    case = forwarded()
    assert rules.raise_overdue(day("2026-12-14")) == 3
    assert overdue(case) == [LIAISON, HEAD, MANAGER]
    assert mailed() == ["liaison", "head", "manager"]


def test_who_it_is_about_is_passed_over_and_the_event_says_who_was_told(forwarded, crew):
    case = forwarded()
    Case.objects.filter(pk=case.pk).update(about_person=crew["liaison"])
    assert rules.raise_overdue(day("2026-12-03")) == 1
    assert overdue(case) == [HEAD]
    assert mailed() == ["head"]
    assert rules.raise_overdue(day("2026-12-07")) == 0  # the head knows already
    assert rules.raise_overdue(day("2026-12-10")) == 1
    assert mailed() == ["manager"]


def test_who_sat_at_the_counter_is_passed_over(forwarded, crew, monkeypatch):
    case = forwarded(counter_number=4)
    sat = {crew[name].pk: {(case.mall_id, 4)} for name in ("liaison", "head")}
    monkeypatch.setattr(surroundings, "_counters", lambda user: sat.get(user.pk, frozenset()))
    rules.raise_overdue(day("2026-12-14"))
    assert mailed() == ["manager"]
    assert overdue(case) == [MANAGER]


def test_where_nobody_can_be_told_it_does_not_say_so(forwarded, crew):
    case = forwarded()
    for user in crew.values():
        user.email = ""
        user.save()
    assert rules.raise_overdue(day("2026-12-03")) == 1
    assert overdue(case) == ["Pengaduan ini ditandai terlambat."]
    assert rules.raise_overdue(day("2026-12-14")) == 0


def test_what_the_desk_does_not_check_is_its_own_matter_and_then_the_managers(filed, crew):
    case = filed(email="siti@contoh.id").case  # to be checked by Monday 30 November
    Message.objects.all().delete()
    assert rules.raise_overdue(day("2026-11-30")) == 0
    assert rules.raise_overdue(day("2026-12-01")) == 1
    assert mailed() == ["desk"]  # and not the reporter
    assert rules.raise_overdue(day("2026-12-02")) == 0
    assert among_colleagues(case) == [f"Batas pemeriksaan 30 November 2026 terlewati. {DESK}"]
    rules.raise_overdue(day("2026-12-03"))  # now the promise itself has passed
    assert overdue(case) == [DESK]
    rules.raise_overdue(day("2026-12-07"))  # no agency has it: its head is passed over
    assert overdue(case) == [DESK, MANAGER]
    assert mailed() == ["desk", "manager"]


def test_a_case_that_stays_unclassified_reaches_the_manager_once(filed, crew):
    case = filed().case
    by_desk = {"case_id": case.pk, "by": crew["desk"], "at": at(11)}
    rules.check(**by_desk)
    rules.respond(text="Kami periksa.", **by_desk)  # its first answer, and then nothing
    Message.objects.all().delete()
    for date, names in (
        ("2026-12-01", ["desk"]),
        ("2026-12-07", []),
        ("2026-12-08", ["manager"]),
        ("2026-12-09", []),
        ("2027-01-04", []),
    ):
        rules.raise_overdue(day(date))
        assert mailed() == names, date
    assert len(among_colleagues(case)) == 2
    assert overdue(case) == []


def test_a_confidential_case_that_was_classified_is_where_it_belongs(filed, crew):
    case = filed(confidential=True).case
    by_desk = {"case_id": case.pk, "by": crew["desk"], "at": at(11)}
    rules.check(**by_desk)
    rules.classify(level="supervision", **by_desk)
    rules.respond(text="Kami periksa.", **by_desk)
    assert rules.raise_overdue(day("2026-12-14")) == 0
    assert rules.raise_overdue(day("2027-03-01")) == 2
    assert overdue(case) == [DESK, MANAGER]  # never the agency


def test_a_reopened_case_has_its_days_again(filed, forwarded, crew):
    case = forwarded()
    rules.answer(case_id=case.pk, text="Selesai.", by=crew["liaison"], at=at(11))
    rules.close_unanswered(day("2026-12-10"))
    rules.reopen(case=case, text="Belum.", at=day("2026-12-14", 10))
    mailed()
    assert rules.raise_overdue(day("2026-12-15")) == 0
    assert rules.raise_overdue(day("2026-12-17")) == 0
    assert rules.raise_overdue(day("2026-12-18")) == 1  # to be looked at within three days
    assert overdue(case) == []
    rules.raise_overdue(day("2027-01-04"))  # 15 December, and the 13 days of the reporter
    assert overdue(case) == [DESK]


def test_run_again_and_again_it_tells_once(forwarded):
    case = forwarded()
    assert [rules.raise_overdue(day("2026-12-03", hour)) for hour in (1, 2, 3, 23)] == [1, 0, 0, 0]
    assert overdue(case) == [LIAISON]


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_tell_once(forwarded):
    cases = [forwarded() for _ in range(3)]
    raised = at_once(2, lambda _n: rules.raise_overdue(day("2026-12-03")))
    assert sum(raised) == 3
    assert [overdue(case) for case in cases] == [[LIAISON]] * 3
    assert Message.objects.filter(kind="case_duty").count() == 3


def test_what_fails_halfway_leaves_nothing(forwarded, monkeypatch):
    case = forwarded()

    def fail(**_more):
        raise RuntimeError

    monkeypatch.setattr(alarms, "enqueue", fail)
    with pytest.raises(RuntimeError):
        rules.raise_overdue(day("2026-12-03"))
    case.refresh_from_db()
    assert (case.alarm_stage, overdue(case), Message.objects.count()) == (0, [], 0)


def test_the_sweep_asks_the_same_few_questions_however_many_cases(forwarded, crew):
    def questions():
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert rules.raise_overdue(day("2026-12-03", 12)) == 0
        return len(asked)

    closed = [forwarded() for _ in range(2)]
    forwarded()
    rules.raise_overdue(day("2026-12-03"))
    before = questions()
    assert before <= 4
    for case in (*closed, *(forwarded() for _ in range(5))):
        rules.withdraw(case=case, at=at(11))
    assert questions() == before
    late = [forwarded() for _ in range(4)]
    rules.raise_overdue(day("2026-12-03", 11))
    assert questions() == before
    assert all(overdue(case) for case in late)


def test_the_sweep_reads_the_cases_at_work_alone(mall):
    plan = alarms._suspects(mall, dt.date(2026, 12, 3)).order_by()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "cases_at_work" in plan.explain()


def test_the_sweep_is_on_the_timetable(forwarded):
    case = forwarded()
    assert "complaints.tasks.raise_overdue" in {one["task"] for one in TIMETABLE.values()}
    with time_machine.travel(day("2026-12-03"), tick=False):
        tasks.raise_overdue()
    assert CaseEvent.objects.filter(case=case, kind=Step.OVERDUE).count() == 1
