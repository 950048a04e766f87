"""The changes of state of this room: showing a hidden value, and erasing what is past its time."""

import logging
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils.translation import gettext_lazy as _

from privacy import erasure
from privacy.models import RevealLog

logger = logging.getLogger(__name__)
SHORTEST_REASON = 5


class Refusal(Exception):
    """Something that may not be done, with a text that says what to do next."""

    def __init__(
        self,
        code: str,
        message: Any,
        *,
        status: int = 409,
        fields: dict[str, Any] | None = None,
        next_date: date | None = None,
    ) -> None:
        super().__init__(code)
        self.code, self.message, self.status = code, message, status
        self.fields, self.next_date = fields or {}, next_date


def reveal(*, user: Any, subject: str, reference: str, reason: str, at: datetime) -> None:
    """Write down that `user` is about to see a hidden value; the caller then shows it."""
    reason = " ".join(reason.split())[:200]
    if len(reason) < SHORTEST_REASON:
        text = _("Tulis alasan membuka data ini, paling sedikit 5 huruf.")
        raise Refusal("reason_needed", text, status=422, fields={"reason": text})
    RevealLog.objects.create(user=user, subject=subject, reference=reference, reason=reason, at=at)


def erase_expired(*, at: datetime) -> dict[str, int]:
    """Empty every registered place of what is past its time; return rows erased per place.

    A place that fails does not keep the others waiting: its error is raised after all have run.
    """
    erased, errors = {}, []
    for holding in erasure.inventory():
        try:
            erased[holding.name] = holding.erase(at)
        except (DatabaseError, OSError) as error:
            logger.error("erasure of %s failed: %s", holding.name, type(error).__name__)
            errors.append(error)
    if errors:
        raise ExceptionGroup("erasure is not complete", errors)
    return erased


def log_retention_days() -> int:
    """Days for which logs of what the staff did are kept."""
    return getattr(settings, "RETENTION_LOG_DAYS", 365)


@transaction.atomic
def erase_reveals(at: datetime) -> int:
    """Delete looks older than the retention of logs, the one way the trigger lets through."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL privacy.erasing = 'on'")
        old = RevealLog.objects.filter(at__lt=at - timedelta(days=log_retention_days()))
        count = old._raw_delete(old.db)
        cursor.execute("SET LOCAL privacy.erasing = 'off'")
    return count
