"""Closes a mall's day by hand: `manage.py close_day SLUG [DATE]` (default: today)."""

import datetime as dt
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from queueing import rules, statistics
from services.models import Mall


class Command(BaseCommand):
    help = "Close a mall's day: who waits is unserved, who is being served is done, sessions close."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("mall")
        parser.add_argument("date", nargs="?", type=dt.date.fromisoformat)

    def handle(self, *args: Any, mall: str, date: dt.date | None, **options: Any) -> None:
        one = Mall.objects.filter(slug=mall).first()
        if one is None:
            raise CommandError(f"There is no mall with the address {mall}.")
        at = timezone.now()
        date = date or one.date_at(at)
        if date > one.date_at(at):
            raise CommandError(f"{date} has not begun: a day is closed when it is over.")
        ended = rules.close_day(mall=one, date=date, at=at)
        statistics.roll_up(mall=one, date=date)
        self.stdout.write(f"{one.slug} {date}: {ended} tickets ended")
