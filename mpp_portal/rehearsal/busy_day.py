"""The worst day: so many visitors, spread as in a real hall, and officers who are only human.

With a fast clock several threads act as the time comes; without one it is played in order, as fast
as it goes. All acts go through the rules; the timetable's tasks come by the day's own time.
"""

import datetime as dt
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from django.db import OperationalError, connection

from mpp_portal.rehearsal import busy_house
from mpp_portal.rehearsal.agenda import Entry, fate
from mpp_portal.rehearsal.clock import FastClock
from mpp_portal.rehearsal.simulation import Simulation
from mpp_portal.rehearsal.surroundings import Surroundings
from queueing import rules
from queueing.refusals import Refusal
from services.models import Mall

BOOKED, AT_THE_FRONT_DESK = 0.45, 0.12  # of the visitors; the others go to a kiosk
TRIES = 3  # services that somebody in the hall asks for before going home
BY_HOUR = (0.2, 0.21, 0.17, 0.12, 0.1, 0.09, 0.08, 0.03)  # who comes without a booking
THREADS = 4
LATE_COUNTERS, LATE_MINUTES = 0.15, (5, 40)
BREAK_MINUTES = (25, 45)
MINUTE = dt.timedelta(minutes=1)


class BusyDay(Simulation):
    """A day of the busy mall, from the bookings before it to its close."""

    def __init__(self, mall: Mall, *, at: dt.datetime, visitors: int) -> None:
        super().__init__(mall, at=at)
        self.hours = busy_house.hours_of(mall, at=at)
        self.visitors, self.sent_home = visitors, 0
        self.interrupted, self.late_s = 0, [0.0]  # seconds of the wall that acts came late
        self.citizens.windows_looked_at = 24
        self.desks.leaves, self.tick_s = 0, 60.0
        self.desks.rests, self.desks.slowness = self._rest_of, _slowness
        # what beat does; the default is the rules themselves, at the day's time
        self.timetable: Callable[[dt.datetime], None] = _the_rules_that_come_by_themselves

    def surroundings(self) -> Surroundings:
        return Surroundings(self.mall, self.date, shares=busy_house.shares_of(self.mall))

    def book_before(self) -> int:
        """The bookings made before the doors open; how many."""
        wanted = round(self.visitors * BOOKED)
        step = 100 * MINUTE / max(1, wanted)
        first = self.hours.opens_at - 110 * MINUTE
        booked = sum(
            self.run(self.citizens.book, first + n * step, self.date) is not None
            for n in range(wanted)
        )
        self.sent_home += wanted - booked
        return booked

    def begin(self, at: dt.datetime) -> None:
        """Everybody who will come, and every counter, is on the agenda."""
        self.plan(at, self.tick)
        self.plan(at, self._timetable)
        for _n in range(self.visitors - round(self.visitors * BOOKED)):
            hour = self.rng.choices(range(len(BY_HOUR)), BY_HOUR)[0]
            came_at = self.hours.opens_at + (hour * 60 + self.rng.uniform(0, 60)) * MINUTE
            self.plan(min(came_at, self.hours.over_at - 45 * MINUTE), self._walks_in)
        for counter_id in self.hall.agencies_of:
            chance = fate("opens", counter_id)
            late = chance.uniform(*LATE_MINUTES) if chance.random() < LATE_COUNTERS else 0
            self.desks.wake(counter_id, at + late * MINUTE, chance.uniform(0, 600))

    def run_by(self, clock: FastClock) -> None:
        """Act as the clock comes to each act, until the day is over; several threads."""
        with ThreadPoolExecutor(THREADS) as pool:
            waiting: list[Future[None]] = []
            while (now := clock.now()) < self.hours.over_at:
                waiting = [one for one in waiting if not self._is_over(one)]
                due = self.next_at()
                if due is None or due > now:
                    seconds = (due - now).total_seconds() / clock.speed if due else 1.0
                    time.sleep(min(seconds, 0.02))
                elif len(waiting) >= 2 * THREADS:
                    time.sleep(0.002)
                else:
                    waiting.append(pool.submit(self._perform, self.take(), clock))
            list(pool.map(lambda _n: connection.close(), range(THREADS)))

    def _is_over(self, act: Future[None]) -> bool:
        if not act.done():
            return False
        if isinstance(error := act.exception(), OperationalError):
            self.interrupted += 1  # a lock that did not come in time: the act is tried again
        elif error is not None:
            raise error
        return True

    def _perform(self, entry: Entry, clock: FastClock) -> None:
        now = clock.now()
        self.late_s.append((now - entry[0]).total_seconds() / clock.speed)
        self.perform(entry, now)

    def close(self) -> int:
        """The end of the day; how many tickets it ended."""
        self.entries.clear()
        return rules.close_day(mall=self.mall, date=self.date, at=self.hours.over_at)

    def _walks_in(self, at: dt.datetime) -> None:
        """Ask for a number; for another service when there is none; at last go home."""
        desk = self.rng.random() < AT_THE_FRONT_DESK / (1 - BOOKED)
        ask = self.citizens.ask_the_front_desk if desk else self.citizens.take_paper
        for _n in range(TRIES):
            try:
                return ask(at)
            except Refusal as refusal:
                self.note(refusal)
        self.sent_home += 1
        return None

    def _timetable(self, at: dt.datetime) -> float:
        self.timetable(at)
        return 60

    def _rest_of(self, counter_id: int, at: dt.datetime) -> float:
        """Seconds that this counter still rests: one break around noon, and before it opens."""
        chance = fate("rests", counter_id)
        begins = self.hours.opens_at + chance.choice((205, 240, 275)) * MINUTE
        begins += chance.uniform(0, 10) * MINUTE
        ends = begins + chance.uniform(*BREAK_MINUTES) * MINUTE
        return max(0.0, (ends - at).total_seconds()) if at >= begins else 0.0


def _slowness(officer_id: int) -> float:
    """Some are quick, some are slow: the spread of officers around the standard."""
    return min(max(fate("slow", officer_id).lognormvariate(-0.02, 0.2), 0.6), 1.7)


def _the_rules_that_come_by_themselves(at: dt.datetime) -> None:
    rules.expire_unprinted(at=at)
    rules.mark_no_shows(at=at)
    rules.pass_on(at=at)
