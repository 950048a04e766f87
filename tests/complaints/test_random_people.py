"""Whatever people press in whatever order, a case stays within the table and keeps its log."""

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from complaints import rules
from complaints.models import Case
from complaints.refusals import Refusal
from complaints.workflow import OPEN, STEPS, State, Step
from services.models import Officer
from tests.house import at

pytestmark = pytest.mark.django_db
BY_REPORTER = {Step.FILED, Step.COMPLETED, Step.OBJECTED, Step.REOPENED, Step.RATED, Step.WITHDRAWN}
BY_REPORTER |= {Step.ADDED}
BY_THE_CLOCK = {Step.CLOSED, Step.EXTENDED, Step.OVERDUE}
ACTS = [
    *("check", "classify", "ask", "forward", "start", "answer", "escalate", "note"),
    *("complete", "object", "reopen", "rate"),
    *("reject", "move", "merge", "withdraw", "sweep"),
]
LATER_H = st.sampled_from([0, 1, 5, 24, 72, 400])


@pytest.fixture
def staff(person, civil, tax):
    return [
        person(Officer.Role.COMPLAINTS_DESK),
        person(Officer.Role.LIAISON, civil),
        person(Officer.Role.LIAISON, tax),
    ]


def press(act, *, cases, n, by, agency, now):
    """One press of one person on one case, as a page would send it."""
    case, _pin = cases[n % len(cases)]
    of_staff = {"case_id": case.pk, "by": by, "at": now}
    of_reporter = {"case": case, "at": now}
    level = ("information", "ordinary", "supervision")[n % 3]
    other = cases[(n + 1) % len(cases)][0]
    {
        "check": lambda: rules.check(**of_staff),
        "classify": lambda: rules.classify(level=level, **of_staff),
        "ask": lambda: rules.ask_for_more(text="Kapan?", **of_staff),
        "forward": lambda: rules.forward(agency=agency, **of_staff),
        "start": lambda: rules.start_follow_up(**of_staff),
        "answer": lambda: rules.answer(text="Selesai.", **of_staff),
        "escalate": lambda: rules.escalate(text="Naik.", **of_staff),
        "note": lambda: rules.add_note(text="Catat.", **of_staff),
        "reject": lambda: rules.reject(reason="Tidak jelas.", **of_staff),
        "move": lambda: rules.move_elsewhere(text="Ke sana.", **of_staff),
        "merge": lambda: rules.merge(into_id=other.pk, **of_staff),
        "complete": lambda: rules.complete(text="Pukul 9.", **of_reporter),
        "object": lambda: rules.object_to(text="Belum.", **of_reporter),
        "reopen": lambda: rules.reopen(text="Lagi.", **of_reporter),
        "rate": lambda: rules.rate(rating=n % 4 + 1, **of_reporter),
        "withdraw": lambda: rules.withdraw(**of_reporter),
        "sweep": lambda: rules.close_unanswered(now),
    }[act]()


def judge(pk):
    """What must hold of a case at every moment."""
    case = Case.objects.get(pk=pk)
    events = list(case.events.order_by("pk"))
    state = None
    for event in events:
        starts, ends = STEPS[Step(event.kind)]
        assert state is None or state & set(starts), event.kind
        state = set(ends) if ends else state
        alone = event.kind in BY_REPORTER | BY_THE_CLOCK
        assert (event.by_id is None) == alone, event.kind
    assert case.state in state
    assert [e.at for e in events] == sorted(e.at for e in events)
    assert (case.closed_at is None) == (case.state in OPEN)
    assert case.first_answer_due_on > case.counted_from
    assert case.completion_due_on is None or case.completion_due_on > case.counted_from
    return case


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    presses=st.lists(
        st.tuples(st.sampled_from(ACTS), st.integers(0, 11), st.integers(0, 2), LATER_H),
        min_size=30,
        max_size=90,
    )
)
def test_random_people_never_leave_the_table(presses, filed, staff, civil, tax):
    cases = [filed(agency_code="DUKCAPIL"), filed(agency_code="BPKPD"), filed()]
    now = at(10)
    due = {case.pk: case.first_answer_due_on for case, _pin in cases}
    for act, n, who, later in presses:
        now += dt.timedelta(hours=later)
        agency = (civil, tax)[n % 2]
        try:
            press(act, cases=cases, n=n, by=staff[who], agency=agency, now=now)
        except Refusal:
            continue
        for pk in due:
            case = judge(pk)
            assert case.first_answer_due_on >= due[pk]  # a promise moves only for the reporter
            due[pk] = case.first_answer_due_on
    for case, pin in cases:
        assert rules.open_with_pin(number=case.number, pin=pin, at=now).pk == case.pk


def test_from_every_state_but_the_ends_there_is_a_way_to_an_end():
    ends = set(State) - set(OPEN)
    ways = {
        state: {e for starts, to in STEPS.values() if state in starts for e in to}
        for state in State
    }
    for state in OPEN:
        reached, fresh = {state}, {state}
        while fresh:
            fresh = {e for s in fresh for e in ways[s]} - reached
            reached |= fresh
        assert reached & ends, state
