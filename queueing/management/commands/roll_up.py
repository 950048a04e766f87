"""Rolls days up again: `manage.py roll_up --from 2026-11-01 --to 2026-11-30 [--mall SLUG]`."""

import datetime as dt
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from queueing import statistics
from services.models import Mall


class Command(BaseCommand):
    help = "Roll days up into the daily statistics; repeating it gives the same figures."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="first", required=True, type=dt.date.fromisoformat)
        parser.add_argument("--to", dest="last", required=True, type=dt.date.fromisoformat)
        parser.add_argument("--mall", default="")

    def handle(self, *args: Any, first: dt.date, last: dt.date, mall: str, **options: Any) -> None:
        malls = Mall.objects.filter(slug=mall) if mall else Mall.objects.all()
        if not malls:
            raise CommandError(
                "No such mall. `manage.py shell` shows the slugs: Mall.objects.all()."
            )
        if last < first:
            raise CommandError("--to lies before --from: swap them.")
        days = [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
        for one in malls:
            for day in days:
                rows = statistics.roll_up(mall=one, date=day)
                self.stdout.write(f"{one.slug} {day} {rows} services")
