"""Whatever people press in whatever order, a case stays within the table and keeps its log."""

import datetime as dt
from collections import Counter

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

import privacy.rules
from complaints import rules
from complaints.models import Case
from complaints.refusals import Refusal
from complaints.workflow import OPEN, STEPS, State, Step, may
from services.models import Officer
from tests.house import at

pytestmark = pytest.mark.django_db
BY_REPORTER = {Step.FILED, Step.COMPLETED, Step.ADDED, Step.OBJECTED, Step.REOPENED}
BY_REPORTER |= {Step.RATED, Step.WITHDRAWN}
BY_THE_CLOCK = {Step.CLOSED, Step.OVERDUE}
BY_EITHER = {Step.EXTENDED}  # whoever ended the wait
OF = {  # what is pressed, and the step it asks for
    "check": Step.CHECKED,
    "classify": Step.CLASSIFIED,
    "ask": Step.COMPLETION_ASKED,
    "forward": Step.FORWARDED,
    "start": Step.FOLLOW_UP_STARTED,
    "answer": Step.ANSWERED,
    "respond": Step.REPLIED,
    "escalate": Step.ESCALATED,
    "note": Step.NOTED,
    "name": Step.NAMED,
    "reveal": Step.REVEALED,
    "link": Step.LINKED,
    "publish": Step.PUBLISHED,
    "unpublish": Step.UNPUBLISHED,
    "complete": Step.COMPLETED,
    "add": Step.ADDED,
    "object": Step.OBJECTED,
    "reopen": Step.REOPENED,
    "rate": Step.RATED,
    "reject": Step.REJECTED,
    "move": Step.MOVED,
    "merge": Step.MERGED,
    "withdraw": Step.WITHDRAWN,
}
ASIDE = {"note", "name", "reveal", "link", "add", "respond"}
FOR_GOOD = {"reject", "move", "merge", "withdraw"}
ACTS = [*OF, "sweep", "raise"]
WORDS = {"subject": "Menunggu lama", "text": "Saya menunggu lama.", "answer": "Dibetulkan."}
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
    level = ("information", "ordinary", "supervision")[n // 3 % 3]
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
        "respond": lambda: rules.respond(text="Kami periksa.", **of_staff),
        "name": lambda: rules.name_about(person=None, counter_number=n, **of_staff),
        "reveal": lambda: rules.reveal_identity(reason="Menelepon pelapor.", **of_staff),
        "link": lambda: rules.link_to_lapor(lapor_id=str(n), status="Proses", **of_staff),
        "publish": lambda: rules.publish(read_over=True, **WORDS, **of_staff),
        "unpublish": lambda: rules.unpublish(**of_staff),
        "reject": lambda: rules.reject(reason="Tidak jelas.", **of_staff),
        "move": lambda: rules.move_elsewhere(text="Ke sana.", **of_staff),
        "merge": lambda: rules.merge(into_id=other.pk, **of_staff),
        "complete": lambda: rules.complete(text="Pukul 9.", **of_reporter),
        "add": lambda: rules.add(case=case, text="Tambahan.", at=now),
        "object": lambda: rules.object_to(text="Belum.", **of_reporter),
        "reopen": lambda: rules.reopen(text="Lagi.", **of_reporter),
        "rate": lambda: rules.rate(rating=n % 4 + 1, **of_reporter),
        "withdraw": lambda: rules.withdraw(**of_reporter),
        "sweep": lambda: rules.close_unanswered(now),
        "raise": lambda: rules.raise_overdue(now),
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
        assert event.kind in BY_EITHER or (event.by_id is None) == alone, event.kind
    assert case.state in state
    assert [e.at for e in events] == sorted(e.at for e in events)
    assert (case.closed_at is None) == (case.state in OPEN)
    assert case.first_answer_due_on > case.counted_from
    assert case.completion_due_on is None or case.completion_due_on > case.counted_from
    return case


PRESSES = st.lists(
    st.tuples(st.integers(0, 999), st.integers(0, 11), st.integers(0, 2), LATER_H),
    min_size=60,
    max_size=120,
)


def test_random_people_never_leave_the_table(filed, staff, civil, tax):
    happened: Counter[str] = Counter()

    @settings(max_examples=50, deadline=None, derandomize=True)
    @given(presses=PRESSES)
    def play(presses):
        with transaction.atomic():
            cases = [filed(agency_code="DUKCAPIL"), filed(agency_code="BPKPD"), filed()]
            live(cases, presses, staff, (civil, tax), happened)
            transaction.set_rollback(True)

    play()
    assert set(happened) == set(ACTS)  # every button was of some use
    assert sum(happened.values()) > 1_000


def wished(wish, state):
    """What somebody presses: mostly what the page offers and what leads on, sometimes anything."""
    if wish % 5 == 0:
        return ACTS[wish // 5 % len(ACTS)]
    offered = [act for act, step in OF.items() if may(step, state)]
    if wish % 24 == 1:
        ends = [act for act in offered if act in FOR_GOOD] or ACTS
        return ends[wish // 24 % len(ends)]
    on = [act for act in offered if act not in ASIDE | FOR_GOOD] + ["sweep"]
    on += 3 * [act for act in ("object", "escalate") if act in offered]
    chosen = on if wish % 5 < 3 else [act for act in [*offered, "raise"] if act not in FOR_GOOD]
    return chosen[wish // 5 % len(chosen)]


def live(cases, presses, staff, agencies, happened):
    """The presses one after the other, and what holds after each."""
    now = at(10)
    due = {case.pk: case.first_answer_due_on for case, _pin in cases}
    for wish, n, who, later in presses:
        now += dt.timedelta(hours=later)
        by, agency = staff[who if wish % 2 else 0], agencies[n % 2]  # the desk most of all
        act = wished(wish, Case.objects.get(pk=cases[n % len(cases)][0].pk).state)
        try:
            press(act, cases=cases, n=n, by=by, agency=agency, now=now)
        except (Refusal, privacy.rules.Refusal):
            continue
        happened[act] += 1
        for pk in due:
            case = judge(pk)
            assert case.first_answer_due_on >= due[pk]  # a promise moves only for the reporter
            due[pk] = case.first_answer_due_on
    for case, pin in cases:
        assert rules.open_with_pin(number=case.number, pin=pin, at=now).pk == case.pk
        assert Case.objects.visible_to(staff[0]).filter(pk=case.pk).exists()


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
