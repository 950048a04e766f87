"""Rehearses the worst day in minutes and says which promises it kept; exit code 1 if not all."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from mpp_portal.rehearsal import day_report, day_run, house


class Command(BaseCommand):
    help = (
        "Play an 8-hour day of a busy rehearsal mall against the real processes, 60 times as fast, "
        "and report. Needs a database without any mall of real people."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--speed", type=float, default=60, help="0: no processes, at once")
        parser.add_argument("--visitors", type=int, default=1900)
        parser.add_argument("--counters", type=int, default=50)
        parser.add_argument("--zones", type=int, default=4)
        parser.add_argument("--phones", type=int, default=200, help="tickets followed at a time")
        parser.add_argument("--report", type=Path, metavar="FILE", help="the figures as JSON")

    def handle(
        self,
        *,
        speed: float,
        visitors: int,
        counters: int,
        zones: int,
        phones: int,
        report: Path | None,
        **options: Any,
    ) -> None:
        house.refuse_in_production()
        if speed:
            call_command("migrate", interactive=False, verbosity=0)
        day = day_run.prepare(counters=counters, zones=zones, visitors=visitors)
        self.stdout.write(f"{day.mall.name} ({day.mall.slug}) on {day.date}")
        if speed:
            evidence, run = day_run.by_a_fast_clock(day, speed=speed, phones=phones, say=self._say)
        else:
            evidence, run = day_run.in_one_process(day)
        told = day_report.report(evidence, run)
        if report:
            report.write_text(json.dumps(told, indent=1, default=str) + "\n")
        for line in day_report.lines(told):
            self._say(line)
        if told["broken"]:
            raise CommandError(f"{len(told['broken'])} promises were broken.", returncode=1)

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
