"""What the outbox holds about people."""

from django.conf import settings

from notifications import rules
from privacy import erasure

erasure.register(
    name="notifications.Message",
    holds=(
        "address (encrypted) and words (first name, link) of a message to a citizen;"
        " a one-time code (encrypted) until it is sent"
    ),
    retention_days=lambda: settings.RETENTION_MESSAGE_DAYS,
    erase=rules.erase_ended,
)
