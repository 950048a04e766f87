"""Opens the days of every active queue now: `manage.py make_windows`."""

from typing import Any

from django.core.management.base import BaseCommand

from queueing.tasks import make_windows


class Command(BaseCommand):
    help = "Make the windows of every active queue as far ahead as they may be booked."

    def handle(self, *args: Any, **options: Any) -> None:
        make_windows()
