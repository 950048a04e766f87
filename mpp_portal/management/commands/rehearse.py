"""Lets the demo's day go on in real time, until it is stopped."""

import signal
import time
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from mpp_portal.rehearsal import house
from mpp_portal.rehearsal.simulation import Simulation
from services.models import Mall

LONGEST_SLEEP_S = 1.0
LONGEST_PAUSE_S = 15.0
LOOK_AT_HOURS_S = 60.0
TICK_S = 10.0


class Command(BaseCommand):
    help = "Play citizens and officers in the demo mall. Refuses a mall that is not a rehearsal."
    stopped = False

    def handle(self, **options: Any) -> None:
        house.refuse_in_production()
        if house.demo_mall() is None:
            raise CommandError("There is no demo mall yet: run manage.py prepare_demo first.")
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        pause = 1.0
        while not self.stopped:
            began = time.monotonic()
            try:
                self.live_through_a_day()
            except (OperationalError, InterfaceError) as error:
                if time.monotonic() - began > LONGEST_PAUSE_S:
                    pause = 1.0
                self.stderr.write(f"database away ({type(error).__name__}); again in {pause:g} s")
                connection.close()
                time.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_S)

    def stop(self, number: int, frame: FrameType | None) -> None:
        self.stopped = True

    def live_through_a_day(self) -> None:
        """Open the day if it is new, then act until it is over."""
        mall = house.demo_mall()
        if mall is None:
            raise CommandError("The demo mall is gone: run manage.py prepare_demo again.")
        day = start_day(mall)
        looked_at = time.monotonic()
        while not self.stopped:
            at = timezone.now()
            if mall.date_at(at) != day.date:
                return
            if time.monotonic() - looked_at > LOOK_AT_HOURS_S:
                looked_at = time.monotonic()
                if house.needs_longer_hours(mall, at=at):
                    house.open_today(mall, at=at)
            wait = (day.next_at() - at).total_seconds()
            if wait > 0:
                time.sleep(min(wait, LONGEST_SLEEP_S))
            else:
                day.step(at)


def start_day(mall: Mall) -> Simulation:
    """The simulation of today; a new day is opened first, and its quiet queue filled."""
    at = timezone.now()
    house.close_past_days(mall, at=at)
    if house.needs_longer_hours(mall, at=at):
        new = not mall.hours.filter(extra=True, valid_from=mall.date_at(at)).exists()
        house.open_today(mall, at=at)
        if new:
            house.fill_quiet(mall, at=at)
    day = Simulation(mall, at=at)
    day.tick_s = TICK_S
    day.begin(at)
    return day
