"""Tasks of this room."""

from celery import shared_task
from django.utils import timezone

from privacy import rules


@shared_task
def erase_expired() -> None:
    """Once a day."""
    rules.erase_expired(at=timezone.now())
