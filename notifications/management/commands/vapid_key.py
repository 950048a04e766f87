"""Prints a new key for web push: `manage.py vapid_key`, for VAPID_PRIVATE_KEY."""

from typing import Any

from django.core.management.base import BaseCommand

from notifications import vapid


class Command(BaseCommand):
    help = "Print a new private key for VAPID_PRIVATE_KEY. Browsers that subscribed are forgotten."
    requires_system_checks = ()  # the check for this very key

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(vapid.new_key())
