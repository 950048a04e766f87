"""What the history of changes keeps about the staff."""

from datetime import datetime, timedelta

from auditlog.models import LogEntry

from privacy import erasure
from privacy.rules import log_retention_days


def erase_history(at: datetime) -> int:
    """Delete changes past the retention of logs."""
    before = at - timedelta(days=log_retention_days())
    return LogEntry.objects.filter(timestamp__lt=before).delete()[0]


erasure.register(
    name="auditlog.LogEntry",
    holds="who of the staff changed what in the set-up, from what to what; user names of officers",
    retention_days=log_retention_days,
    erase=erase_history,
)
