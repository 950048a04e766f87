"""Random days: a thousand on the pure order of the line, twenty through the rules.

What is promised about overtaking, precisely: whoever is called while an ordinary ticket waits has
an own time (start of the window; arrival of the late) at most `boost` after that ticket's own, and
one millisecond for each number between them. Beyond that bound only somebody who rejoins may be
called first: the absent once, or who went for missing papers, and never in front of the next two.
The parked come back to their old place, so the bound holds for them too. Who was absent gave up the
old place; who is at another counter, or left one within ten minutes, is passed over.
"""

import datetime as dt
import random
from collections import Counter as Tally
from dataclasses import dataclass, field

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from queueing import order, rules
from queueing.models import CounterSession, FreedSeat, QueueDay, Ticket, Visit, Window
from queueing.refusals import Refusal
from queueing.workflow import AT_COUNTER, State
from tests.house import TODAY, House, at
from tests.queueing.promises import keep_their_promises

MINUTE = dt.timedelta(minutes=1)
MILLISECOND = dt.timedelta(milliseconds=1)
BOOST = 20 * MINUTE
LATE = 30 * MINUTE
ENDS = {"served", "absent", "no_show", "unserved"}

# -- a thousand days without a database -----------------------------------------------------------


@dataclass
class Person:
    """Somebody of the simulated day; `own` is their own time, `place` where they stand."""

    number: int
    window: dt.datetime | None
    arrives: dt.datetime
    priority: bool
    story: str  # what happens when called: served, absent, returns, parked, papers
    minutes: int
    state: str = "away"
    own: dt.datetime | None = None
    place: dt.datetime | None = None
    rejoined: bool = False
    called: int = 0

    def key(self) -> tuple[dt.datetime, int]:
        assert self.place
        return self.place, self.number


# (hour of the window, minutes from its start to the arrival, priority, story, minutes of service)
person = st.tuples(
    st.one_of(st.none(), st.integers(8, 13)),
    st.integers(-30, 110),
    st.sampled_from([False, False, True]),
    st.sampled_from(["served", "served", "served", "absent", "returns", "parked", "papers"]),
    st.integers(1, 25),
)


def cast(drawn: list) -> list[Person]:
    people = []
    for number, (hour, offset, priority, story, minutes) in enumerate(drawn, start=1):
        start = at(hour) if hour else None
        arrives = (start or at(8, 30)) + offset * MINUTE
        people.append(Person(number, start, max(arrives, at(7, 30)), priority, story, minutes))
    return people


def live_through(people: list[Person], *, counters: int, boost: dt.timedelta = BOOST) -> None:
    """The day minute by minute; the promise is asked at every call."""
    line: list[Person] = []
    busy: list[tuple[dt.datetime, Person] | None] = [None] * counters
    back: list[tuple[dt.datetime, Person]] = []
    now = at(7, 30)
    while now < at(15):
        for one in [p for p in people if p.state == "away" and p.arrives <= now]:
            join(one, line, boost)
        for due, one in [b for b in back if b[0] <= now]:
            back.remove((due, one))
            come_back(one, line, now)
        for n in range(counters):
            if busy[n] and busy[n][0] <= now:
                leave(busy[n][1], back, now)
                busy[n] = None
            if busy[n] is None and line and now >= at(8):
                one = min(line, key=Person.key)
                keep_in_order(one, line)
                line.remove(one)
                one.state, one.called = "called", one.called + 1
                busy[n] = (now + one.minutes * MINUTE, one)
        now += MINUTE
    for one in people:
        if one.state in {"waiting", "called", "parked", "away_for_papers"}:
            one.state = "unserved" if one.state != "away_for_papers" else "served"
        elif one.state == "away":
            one.state = "no_show"


def join(one: Person, line: list[Person], boost: dt.timedelta) -> None:
    """Check in: too late is a no-show."""
    ends = one.window + 60 * MINUTE if one.window else None
    if ends and one.arrives > ends + LATE:
        one.state = "no_show"
        return
    on_time = ends is not None and one.arrives <= ends
    one.own = one.window if on_time else one.arrives
    one.place = order.place(
        number=one.number,
        starts_at=one.window,
        ends_at=ends,
        arrived_at=one.arrives,
        boost=boost if one.priority else order.NO_BOOST,
    )
    one.state = "waiting"
    line.append(one)


def leave(one: Person, back: list[tuple[dt.datetime, Person]], now: dt.datetime) -> None:
    """From the counter: served, or away for a while, once."""
    story = one.story if one.called == 1 else "served"
    one.state = {"absent": "absent", "returns": "absent", "parked": "parked"}.get(story, "served")
    if story == "papers":
        one.state = "away_for_papers"
    if story in {"returns", "parked", "papers"}:
        back.append((now + 7 * MINUTE, one))


def come_back(one: Person, line: list[Person], now: dt.datetime) -> None:
    if one.state != "parked":
        places = sorted(p.place for p in line if p.place)
        ahead = len(line)
        one.place = order.behind_the_next_two(places[:3], now)
        one.rejoined = True
        line.append(one)
        assert sorted(line, key=Person.key).index(one) >= min(2, ahead), one
    else:
        line.append(one)
    one.state = "waiting"


def keep_in_order(called: Person, line: list[Person]) -> None:
    """Nobody who waits is overtaken by a time more than the boost after their own."""
    if called.rejoined:
        return
    for other in line:
        if other is called or other.priority or other.rejoined:
            continue
        assert called.own
        assert other.own
        bound = BOOST + max(0, other.number - called.number) * MILLISECOND
        assert called.own - other.own <= bound, (called, other)


@settings(
    max_examples=1000,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(st.lists(person, min_size=5, max_size=24), st.integers(1, 3))
def test_on_a_thousand_days_nobody_starves_and_nobody_is_lost(drawn, counters):
    people = cast(drawn)
    live_through(people, counters=counters)
    assert {p.state for p in people} <= ENDS
    ends = Tally(p.state for p in people)
    assert ends.total() == len(people)
    assert ends["no_show"] == sum(1 for p in people if p.own is None)
    assert all(p.called for p in people if p.state in {"served", "absent"})


def test_a_line_in_which_priority_weighs_more_than_its_bound_is_found():
    """The control: with a boost of three hours some day must break the promise."""
    rng = random.Random(7)
    for _day in range(20):
        drawn = [
            (
                rng.choice([None, *range(8, 14)]),
                rng.randint(-30, 60),
                rng.random() < 0.4,
                "served",
                20,
            )
            for _n in range(24)
        ]
        try:
            live_through(cast(drawn), counters=1, boost=180 * MINUTE)
        except AssertionError:
            return
    pytest.fail("the promise held with any boost: the thousand days prove nothing")


def test_thirty_who_rejoin_in_the_same_moment_all_stand_behind_the_next_two():
    line = [(at(9) + n * MILLISECOND, n) for n in (101, 102, 103)]
    for number in range(1, 31):
        places = [place for place, _number in sorted(line)[:3]]
        line.append((order.behind_the_next_two(places, at(9, 30)), number))
        assert [n for _place, n in sorted(line)[:2]] == [101, 102]


# -- twenty days through the rules ----------------------------------------------------------------

CODES = {"KTP": "C", "KK": "C", "AKTA": "D", "PBB": "T"}
SEATED = [(1, "officer"), (2, "colleague"), (4, "foreign_officer")]


@dataclass
class Day:
    """A random day at the small mall: acts as the clock goes on, each one rule."""

    house: House
    rng: random.Random
    now: dt.datetime
    own: dict[str, dt.datetime] = field(default_factory=dict)  # label -> own time
    rejoined: set[str] = field(default_factory=set)
    done: Tally = field(default_factory=Tally)

    # -- people

    def book(self) -> None:
        code = self.rng.choice(list(CODES))
        window = self._window(CODES[code])
        who = {"name": "Siti Aminah"}
        if self.rng.random() < 0.5:
            who["nik"] = f"35760112019{self.rng.randrange(60):05d}"
        who |= {"priority": "elderly"} if self.rng.random() < 0.2 else {}
        who |= {"email": f"a{self.rng.random()}@contoh.id"} if self.rng.random() < 0.7 else {}
        wishes = [rules.Wish(code, window.pk)]
        rules.book(mall=self.house.mall, wishes=wishes, at=self.now, **who)

    def walk_in(self) -> None:
        services = self.rng.sample(list(CODES), self.rng.choice([1, 1, 2]))
        visit = rules.walk_in(
            mall=self.house.mall,
            services=services,
            at=self.now,
            priority=self.rng.choice(["", "", "", "elderly"]),
        )
        self._note(visit.pk)

    def check_in(self) -> None:
        soon = Ticket.objects.filter(
            state=State.BOOKED, window__starts_at__lte=self.now + 30 * MINUTE
        )
        ticket = self._any(soon)
        rules.check_in(visit_id=ticket.visit_id, at=self.now)
        self._note(ticket.visit_id)

    def cancel(self) -> None:
        ticket = self._one(State.BOOKED, State.WAITING, State.PARKED, State.ABSENT)
        rules.cancel(ticket_id=ticket.pk, at=self.now)
        if self.rng.random() < 0.5:
            self.now += dt.timedelta(seconds=30)
            rules.undo_cancel(visit_id=ticket.visit_id, at=self.now)
            self.done["undo_cancel"] += 1

    def reschedule(self) -> None:
        ticket = self._one(State.BOOKED)
        window = self._window(ticket.queue.prefix)
        rules.reschedule(ticket_id=ticket.pk, window_id=window.pk, at=self.now)

    def bring_back(self) -> None:
        ticket = self._one(State.PARKED, State.ABSENT, State.DONE)
        line = self._line(ticket.queue_id)
        back = rules.bring_back(ticket_id=ticket.pk, at=self.now)
        if ticket.state != State.PARKED:
            self.rejoined.add(ticket.label)
            after = [t.pk for t in self._line(ticket.queue_id)]
            assert after.index(back.pk) >= min(2, len(line))

    # -- counters

    def serve(self) -> None:
        """The next thing at some counter, whatever that is now; sometimes taken back at once."""
        place = self._seat()
        here = Ticket.objects.filter(counter=place["counter_id"], state__in=AT_COUNTER).first()
        if here is None:
            act = "call_next"
        elif here.state == State.CALLED:
            act = self.rng.choices(["start", "absent", "park", "recall"], [8, 2, 1, 1])[0]
        else:
            act = self.rng.choices(["end", "papers", "park"], [6, 2, 1])[0]
        getattr(self, f"_{act}")(place)
        self.done[act] += 1
        if self.rng.random() < 0.1:
            self.now += dt.timedelta(seconds=5)
            self._undo(place)
            self.done["undo"] += 1

    def _call_next(self, place: dict) -> None:
        session = CounterSession.objects.get(counter=place["counter_id"], closed_at=None)
        lines = {queue: self._line(queue) for queue in session.queue_ids}
        called = rules.call_next(**place, at=self.now)
        if called:
            self._keep_in_order(called, lines[called.queue_id])
        else:
            assert not any(self._free(t) for line in lines.values() for t in line)

    def _start(self, place: dict) -> None:
        rules.start(**place, at=self.now)

    def _end(self, place: dict) -> None:
        rules.end(**place, at=self.now)

    def _papers(self, place: dict) -> None:
        missing = Ticket.Outcome.DOCUMENTS_MISSING
        rules.end(**place, at=self.now, outcome=missing, note="KK asli")

    def _absent(self, place: dict) -> None:
        rules.absent(**place, at=self.now)

    def _park(self, place: dict) -> None:
        rules.park(**place, reason="fotokopi dulu", at=self.now)

    def _recall(self, place: dict) -> None:
        rules.recall(**place, at=self.now)

    def _undo(self, place: dict) -> None:
        rules.undo(**place, at=self.now)

    def transfer(self) -> None:
        ticket = self._one(State.WAITING, State.PARKED)
        code = self.rng.choice(list(CODES))
        officer = self.house.people["front_desk"]
        rules.transfer(ticket_id=ticket.pk, service=code, officer=officer, at=self.now)

    def mark_no_shows(self) -> None:
        rules.mark_no_shows(at=self.now)

    def wish_earlier(self) -> None:
        ticket = self._one(State.BOOKED)
        rules.wish_earlier(ticket_id=ticket.pk, not_before=at(8), at=self.now)

    def pass_on(self) -> None:
        """A few hours fill up and empty again; whoever is asked answers in some way."""
        for window in Window.objects.filter(
            starts_at__gt=self.now + 70 * MINUTE, taken_online__gt=0
        ):
            Window.objects.filter(pk=window.pk).update(online_seats=window.taken_online)
        rules.pass_on(at=self.now)
        for seat in FreedSeat.objects.filter(state="open", wish__isnull=False):
            answer = self.rng.choice([rules.take_offer, rules.decline_offer, None])
            if answer:
                answer(offer_id=seat.pk, ticket_id=seat.wish.ticket_id, at=self.now)
                self.done[answer.__name__] += 1

    # -- what the acts need

    def _seat(self) -> dict:
        number, who = self.rng.choice(SEATED)
        return {"counter_id": self.house.counters[number].pk, "officer": self.house.people[who]}

    def _window(self, prefix: str) -> Window:
        windows = Window.objects.filter(queue=self.house.queues[prefix], ends_at__gt=self.now)
        return self._any(windows)

    def _one(self, *states: str) -> Ticket:
        return self._any(Ticket.objects.filter(state__in=states).select_related("queue"))

    def _any(self, rows):
        rows = list(rows.order_by("pk"))
        if not rows:
            raise Refusal("unknown_ticket")
        return self.rng.choice(rows)

    def _line(self, queue_id: int) -> list[Ticket]:
        waiting = Ticket.objects.filter(queue_id=queue_id, date=TODAY, state=State.WAITING)
        return list(waiting.order_by("sort_at", "number"))

    def _note(self, visit_id: int) -> None:
        """The own time of whoever has just come, from the window and the clock alone."""
        for ticket in Ticket.objects.filter(visit_id=visit_id, checked_in_at=self.now):
            window = ticket.window
            on_time = window is not None and self.now <= window.ends_at
            self.own.setdefault(ticket.label, window.starts_at if on_time else self.now)

    def _free(self, ticket: Ticket) -> bool:
        others = Ticket.objects.filter(visit_id=ticket.visit_id).exclude(pk=ticket.pk)
        recent = self.now - 10 * MINUTE
        return not (
            others.filter(state__in=AT_COUNTER).exists()
            or others.filter(released_at__gt=recent).exists()
        )

    def _keep_in_order(self, called: Ticket, line: list[Ticket]) -> None:
        if called.label in self.rejoined:
            return
        for other in line:
            if other.pk == called.pk or other.priority or other.label in self.rejoined:
                continue
            bound = BOOST + max(0, other.number - called.number) * MILLISECOND
            if self.own[called.label] - self.own[other.label] > bound:
                assert not self._free(other), (called.label, other.label)

    def live(self, acts: int) -> None:
        for number, who in SEATED:
            place = {"counter_id": self.house.counters[number].pk}
            rules.open_counter(**place, officer=self.house.people[who], at=at(8))
        for _n in range(8):
            self._try("book")
        for n in range(acts):
            self.now += dt.timedelta(seconds=self.rng.choice([20, 120, 500]))
            self._try(self.rng.choices(*ACTS)[0])
            if n % 10 == 9:
                keep_their_promises()

    def _try(self, act: str) -> None:
        try:
            with transaction.atomic():
                getattr(self, act)()
        except Refusal as refusal:
            self.done[refusal.code] += 1
        else:
            self.done[act] += 1


WEIGHTS = {
    "book": 4,
    "walk_in": 6,
    "check_in": 8,
    "serve": 24,
    "bring_back": 4,
    "transfer": 3,
    "cancel": 2,
    "reschedule": 2,
    "mark_no_shows": 1,
    "wish_earlier": 4,
    "pass_on": 4,
}
AT_COUNTERS = ["call_next", "start", "end", "papers", "absent", "park", "recall", "undo"]
ACTS = (list(WEIGHTS), list(WEIGHTS.values()))
FINAL = {
    State.DONE,
    State.ABSENT,
    State.CANCELLED,
    State.NO_SHOW,
    State.UNSERVED,
    State.TRANSFERRED,
}
lived: Tally = Tally()


@settings(
    max_examples=20,
    deadline=None,
    print_blob=True,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(seed=st.integers(0, 2**32 - 1))
def twenty_days(house, seed):
    note(f"seed {seed}")
    with transaction.atomic():
        day = Day(house, random.Random(seed), at(7, 45))
        day.live(50)
        rules.close_day(mall=house.mall, date=TODAY, at=at(15))
        keep_their_promises()
        everything_ended(house)
        lived.update(day.done)
        transaction.set_rollback(True)


def everything_ended(house: House) -> None:
    """Each number has one end; a transferred one goes on under the same label; nothing is open."""
    tickets = list(Ticket.objects.all())
    assert {t.state for t in tickets} <= FINAL
    by_label = Tally(t.label for t in tickets if t.state != State.TRANSFERRED)
    assert set(by_label) == {t.label for t in tickets}
    assert set(by_label.values()) <= {1}
    assert Visit.objects.count() == Visit.objects.filter(tickets__in=tickets).distinct().count()
    assert not CounterSession.objects.filter(closed_at=None).exists()
    assert not QueueDay.objects.filter(date=TODAY, closed_at=None).exists()
    assert not FreedSeat.objects.filter(state="open").exists()
    for ticket in tickets:
        assert ticket.events.exists()


@pytest.mark.django_db
def test_twenty_days_through_the_rules_keep_every_promise(house):
    Window.objects.exclude(date=TODAY).delete()
    QueueDay.objects.exclude(date=TODAY).delete()
    lived.clear()
    twenty_days(house)
    never = [act for act in [*WEIGHTS, *AT_COUNTERS, "undo_cancel"] if not lived[act]]
    assert not never, f"acts that never succeeded on these days: {never}; {lived}"
