"""Tasks of this room."""

from celery import shared_task
from django.utils import timezone

from notifications import rules

ROUNDS = 20


@shared_task
def send_due() -> None:
    """Every few seconds; two at once share the work."""
    for _ in range(ROUNDS):
        if rules.send_due(at=timezone.now()) == 0:
            return
