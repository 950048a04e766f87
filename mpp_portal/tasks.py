"""Work of the HTTP edge on the timetable."""

from celery import shared_task
from django.utils import timezone

from mpp_portal import idempotency


@shared_task
def forget_old_keys() -> None:
    """Keys of repeated requests past their time."""
    idempotency.forget_old_keys(timezone.now())
