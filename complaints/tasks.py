"""Work of the complaints room on the timetable: each calls one function and is safe to repeat."""

from celery import shared_task
from django.utils import timezone

from complaints import rules, storage


@shared_task
def close_unanswered() -> None:
    """Cases to whose answer nobody replied in time."""
    rules.close_unanswered(timezone.now())


@shared_task
def raise_overdue() -> None:
    """Cases whose date has passed, one office higher at a time."""
    rules.raise_overdue(timezone.now())


@shared_task
def sweep_files() -> None:
    """Files whose case never came to be, a day old."""
    storage.sweep(timezone.now())
