"""Simulated days of a queue, played with `ciw`: what happened, person by person and desk by desk.

A day as halls know it: most come in the morning; some counters open late; officers differ in speed,
one is slow; lunch is one gap for all or taken in turns; desks pause unasked; a few of those called
do not come; people with priority are put ahead; those who booked come before or within their hour,
take the place of their number, or do not come at all. Minutes since midnight.
"""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import ciw

OPENS, LUNCH, BACK, CLOSES = 480.0, 720.0, 780.0, 900.0
_LIGHTS_OUT = CLOSES + 60  # who is not called by then is not called at all
_EARLY = 30.0  # from when a window's people may report present
_BOOST = 20.0
_BEATS = 1 / 60_000  # a millisecond per number, as in `queueing/order.py`


@dataclass(frozen=True)
class Setting:
    """A kind of queue: how many counters, how widely service times spread over their mean."""

    counters: int
    spread: float

    @property
    def minutes(self) -> float:
        """The mean service of an ordinary officer: longer where there are more desks."""
        return {1: 8.0, 2: 11.0}.get(self.counters, 14.0)

    def __str__(self) -> str:
        plural = "counter" if self.counters == 1 else "counters"
        return f"{self.counters} {plural}, spread {self.spread:.1f}"


@dataclass
class Person:
    """Somebody of the day; `came` is None for who booked and never came, `called` for who left."""

    key: float
    number: int
    window: tuple[float, float] | None
    booked: bool
    came: float | None
    service: float = 0.0  # from call to end, of an ordinary officer
    absent: bool = False
    called: float | None = None
    desk: int = 0
    ended: float = 0.0


@dataclass(frozen=True)
class Absence:
    """A desk is away; `closed`: its session is closed meanwhile."""

    desk: int
    starts: float
    ends: float
    closed: bool


@dataclass
class Day:
    """What happened; `gaps` are the breaks of the opening hours that everybody knows."""

    people: list[Person]
    away: list[Absence]  # as planned: it begins only when the desk is free
    gaps: list[tuple[float, float]]
    closed: dict[int, list[tuple[float, float]]] = field(default_factory=dict)  # as it came

    def open_desks(self, at: float) -> list[int]:
        return [
            desk
            for desk, spans in self.closed.items()
            if not any(start <= at < end for start, end in spans)
        ]


def play(setting: Setting, seed: int) -> Day:
    """One day of this setting; the same seed gives the same day."""
    rng = random.Random(f"{setting} {seed}")  # noqa: S311 - a simulation
    desks = range(1, setting.counters + 1)
    speed = {desk: math.exp(rng.gauss(0, 0.2)) for desk in desks}
    if rng.random() < 0.3:
        speed[rng.choice(list(desks))] *= 1.6  # a slow officer
    day = Day(*_plan(setting, rng))
    ciw.seed(seed)
    _run(day, setting, speed, rng)
    return day


def _plan(
    setting: Setting, rng: random.Random
) -> tuple[list[Person], list[Absence], list[tuple[float, float]]]:
    busy = rng.uniform(0.75, 1.0)  # of what the desks can do
    usual = setting.minutes * math.exp(rng.gauss(0, 0.1))  # the day's own kind of cases
    taken_in_turns = setting.counters > 1 and rng.random() < 0.4
    hours = [h * 60.0 for h in range(8, 15) if taken_in_turns or h != 12]
    per_hour = 60 / setting.minutes * setting.counters * busy
    people: list[Person] = []
    number = 1

    def service() -> float:
        return _drawn(rng, usual, setting.spread)

    seats = {}
    for n, hour in enumerate(hours):
        peak = (1.25, 1.25, 1.1)[n] if n < 3 else 0.85
        seats[hour] = round(per_hour * 0.4 * peak) or 1
        for _booked in range(round(per_hour * 0.55 * peak)):
            shift = rng.uniform(-25, 55) if rng.random() < 0.92 else rng.uniform(60, 85)
            came = max(OPENS - 20, hour + shift) if rng.random() < 0.85 else None
            late = came is not None and came > hour + 60
            key = (came if late and came else hour) + number * _BEATS
            people.append(Person(key, number, (hour, hour + 60), True, came, service()))
            number += 1
        number += 100  # each window owns a block
    expected = per_hour * 0.45 * 6
    for _walk_in in range(round(rng.gauss(expected, math.sqrt(expected)))):
        came = OPENS - 10 + min(380.0, rng.weibullvariate(150, 1.1))
        if LUNCH - 20 < came < BACK - 20 and not taken_in_turns:
            came = BACK - rng.uniform(0, 20)
        people.append(Person(0.0, 0, None, False, came, service()))
    for person in sorted((p for p in people if not p.booked), key=lambda p: p.came or 0.0):
        _seat(person, seats, rng)
    people = [p for p in people if p.booked or p.number]
    for person in people:
        person.absent = rng.random() < 0.06
    gaps = [] if taken_in_turns else [(LUNCH, BACK)]
    return people, _absences(setting, rng, taken_in_turns=taken_in_turns), gaps


def _seat(person: Person, seats: dict[float, int], rng: random.Random) -> None:
    """A seat of the first window that has one, or a place by priority; else they go home."""
    came = person.came or 0.0
    if rng.random() < 0.06:
        person.number = 900 + seats.get(-1.0, 0)
        seats[-1.0] = seats.get(-1.0, 0) + 1
        person.key = came - _BOOST + person.number * _BEATS
        return
    for hour, left in seats.items():
        if hour > 0 and left and hour - _EARLY <= came < hour + 60:
            seats[hour] -= 1
            person.number = 50 + 100 * round(hour / 60) - left
            person.window = (hour, hour + 60)
            person.key = hour + 0.5 + came * _BEATS  # behind those who booked the window
            return


def _absences(setting: Setting, rng: random.Random, *, taken_in_turns: bool) -> list[Absence]:
    away = []
    late_by = rng.uniform(4, 20)  # the house's own habit
    in_turns = rng.uniform(30, 60)
    missing = rng.randint(2, setting.counters) if setting.counters > 1 and rng.random() < 0.1 else 0
    for desk in range(1, setting.counters + 1):
        late = rng.expovariate(1 / (4 if desk == 1 else late_by))
        away.append(Absence(desk, 0, 1440 if desk == missing else OPENS + late, closed=True))
        lunch, back = LUNCH + rng.gauss(0, 4), BACK + abs(rng.gauss(0, 5))
        if taken_in_turns:
            lunch = LUNCH - in_turns * (desk % 2) + 15 + rng.gauss(0, 4)
            back = lunch + in_turns + rng.gauss(0, 4)
        away.append(Absence(desk, lunch, back, closed=rng.random() < 0.7))
        if rng.random() < 0.5:  # to the copier, to prayer, to the head of the office
            start = rng.choice([rng.uniform(530, 690), rng.uniform(800, 880)])
            away.append(Absence(desk, start, start + rng.uniform(6, 18), closed=False))
    return away


def _drawn(rng: random.Random, mean: float, spread: float) -> float:
    """A service time: half of them Gamma, half lognormal, as no law is known to hold."""
    if rng.random() < 0.5:
        shape = 1 / spread**2
        return rng.gammavariate(shape, mean / shape)
    sigma = math.sqrt(math.log(1 + spread**2))
    return rng.lognormvariate(math.log(mean) - sigma**2 / 2, sigma)


class _Hall(ciw.Node):
    """Desks with their own absences; whoever's place comes first is called."""

    day: Day
    speed: dict[int, float]
    rng: random.Random
    coming: dict[str, Iterator]

    def accept(self, individual, completed=False):
        individual.of_day = next(self.coming[individual.customer_class])
        super().accept(individual, completed)

    def begin_service_if_possible_accept(self, individual):
        individual.arrival_date = self.now
        self._call()

    def begin_service_if_possible_release(self, _individual, _desk):
        self._call()

    def _call(self):
        free = [desk for desk in self.servers if not desk.busy]
        self.rng.shuffle(free)
        for desk in free:
            waiting = [i for i in self.all_individuals if not i.server]
            leaves = [
                i
                for i in waiting
                if isinstance(i.of_day, Absence) and i.of_day.desk == desk.id_number
            ]
            people = [i for i in waiting if isinstance(i.of_day, Person)]
            if leaves:
                self._begin(desk, leaves[0])
            elif people:
                self._begin(desk, min(people, key=lambda i: (i.of_day.key, i.of_day.number)))

    def _begin(self, desk, individual):
        who, now = individual.of_day, self.now
        if isinstance(who, Absence):
            lasts = max(0.0, who.ends - now)
            if who.closed:
                self.day.closed[desk.id_number].append((now, now + lasts))
        else:
            looked_up = self.rng.expovariate(2) if individual.arrival_date == now else 0.0
            who.called, who.desk = now + looked_up, desk.id_number
            took = self.rng.uniform(2, 4) if who.absent else who.service
            who.ended = who.called + (took if who.absent else took * self.speed[who.desk])
            lasts = who.ended - now + self.rng.expovariate(1 / 0.6)  # then the next is called
        self.attach_server(desk, individual)
        individual.service_start_date = now
        individual.service_time = lasts
        individual.service_end_date = desk.next_end_service_date = now + lasts
        self.number_in_service += 1


def _run(day: Day, setting: Setting, speed: dict[int, float], rng: random.Random) -> None:
    people = sorted((p for p in day.people if p.came is not None), key=lambda p: p.came or 0.0)
    away = sorted(day.away, key=lambda a: a.starts)
    day.closed = {desk: [] for desk in range(1, setting.counters + 1)}
    coming = {"person": iter(people), "away": iter(away)}
    hall = type("Hall", (_Hall,), {"day": day, "speed": speed, "rng": rng, "coming": coming})
    network = ciw.create_network(
        arrival_distributions={
            "person": [_one_after_the_other([p.came or 0.0 for p in people])],
            "away": [_one_after_the_other([a.starts for a in away])],
        },
        service_distributions={
            "person": [ciw.dists.Deterministic(1)],
            "away": [ciw.dists.Deterministic(1)],
        },
        number_of_servers=[setting.counters],
    )
    ciw.Simulation(network, node_class=hall).simulate_until_max_time(_LIGHTS_OUT)


def _one_after_the_other(moments: Sequence[float]) -> ciw.dists.Sequential:
    gaps = [later - sooner for sooner, later in zip([0.0, *moments], moments, strict=False)]
    return ciw.dists.Sequential([*gaps, math.inf])
