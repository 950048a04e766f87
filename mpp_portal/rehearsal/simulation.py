"""The day goes on: made-up citizens and officers who act through the same rules as everybody.

An agenda of acts in the order of time. `play` runs it with past times, as fast as it goes; `step`
runs the next act when its time has come. What is in the database is the state: after a restart the
officers and citizens go on from there. People who are not made up are called and served like all
others, but nobody acts in their place.
"""

import datetime as dt
import random

from mpp_portal.rehearsal import house, plan
from mpp_portal.rehearsal.agenda import Agenda
from mpp_portal.rehearsal.citizens import Citizens
from mpp_portal.rehearsal.desks import Desks
from mpp_portal.rehearsal.surroundings import KEY, Surroundings
from queueing.models import Visit
from services.models import Mall

__all__ = ["KEY", "VISITS_PER_HOUR", "Simulation"]

VISITS_PER_HOUR = 40


class Simulation(Agenda):
    """One mall's day. The demo's quiet queue, its counters and its officers are left alone."""

    def __init__(self, mall: Mall, *, at: dt.datetime, per_hour: float = VISITS_PER_HOUR) -> None:
        super().__init__()
        house.refuse_unless_rehearsal(mall)
        self.mall, self.date, self.per_hour = mall, mall.date_at(at), per_hour
        seen = Visit.objects.filter(mall=mall, date=self.date).count()
        self.rng = random.Random(f"{mall.slug} {self.date} {seen}")  # noqa: S311
        self.tick_s = 45.0
        self.hall = self.surroundings()
        self.citizens = Citizens(self, self.hall, self.rng)
        self.desks = Desks(self, self.hall, self.rng)

    def surroundings(self) -> Surroundings:
        quiet = house.quiet(self.mall)
        return Surroundings(
            self.mall,
            self.date,
            shares={line.prefix: line.share for line in plan.LINES},
            queues_left_alone=[quiet.queue.pk],
            counters_left_alone={counter.pk for counter in quiet.counters},
            officers_left_alone=[officer.pk for officer in quiet.officers],
        )

    def begin(self, at: dt.datetime) -> None:
        """Put the first acts on the agenda."""
        self.plan(at, self.tick)
        self.plan(at + dt.timedelta(seconds=self._until_next_visit()), self._somebody_comes)

    def play(self, *, start: dt.datetime, until: dt.datetime, booked_before: int = 0) -> None:
        """Run the day from `start` to `until` with past times, in the order of time."""
        evening_before = start - dt.timedelta(hours=6)
        for n in range(booked_before):
            at = evening_before + dt.timedelta(minutes=n)
            self.run(self.citizens.book, at, self.date)
        self.begin(start)
        while (at := self.next_at()) and at <= until:
            self.step(at)

    def tick(self, at: dt.datetime) -> float:
        """Those who booked come, stay away or cancel; those who left come back; desks are woken."""
        for act in (self.citizens.who_booked, self.citizens.who_left, self.desks.look_up):
            self.run(act, at)
        return self.tick_s

    def _somebody_comes(self, at: dt.datetime) -> float:
        self.citizens.somebody_comes(at)
        return self._until_next_visit()

    def _until_next_visit(self) -> float:
        return self.rng.expovariate(self.per_hour / 3600)
