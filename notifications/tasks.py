"""Tasks of this room."""

import time

from celery import shared_task
from django.utils import timezone

from notifications import rules

LASTS_S = 4.0  # then the next one goes on: between them other tasks have their turn


@shared_task
def send_due() -> None:
    """Every few seconds; two at once share the work."""
    started = time.monotonic()
    while rules.one_round(at=timezone.now()).claimed:
        if time.monotonic() - started > LASTS_S:
            return
