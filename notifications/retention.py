"""What the outbox holds about people."""

from django.conf import settings

from notifications import rules
from privacy import erasure

erasure.register(
    name="notifications.Message",
    holds=(
        "address and routes (the further addresses; encrypted) and words (first name, link) of a"
        " message to a citizen; person_key and provider_id, by which the person and the provider's"
        " reports are known (fingerprints); a one-time code (encrypted) until it is sent"
    ),
    retention_days=lambda: settings.RETENTION_MESSAGE_DAYS,
    erase=rules.erase_ended,
)
