"""Work of the complaints room on the timetable: each calls one function and is safe to repeat."""

from celery import shared_task
from django.utils import timezone

from complaints import rules


@shared_task
def close_unanswered() -> None:
    """Cases to whose answer nobody replied in time."""
    rules.close_unanswered(timezone.now())
