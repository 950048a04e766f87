"""Print where personal data lives and for how long."""

from typing import Any

from django.core.management.base import BaseCommand

from privacy import erasure


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        for holding in erasure.inventory():
            self.stdout.write(
                f"{holding.name:32} {holding.retention_days():>5} days  {holding.holds}"
            )
