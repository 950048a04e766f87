"""Where this room keeps personal data, and how it is erased."""

from django.conf import settings

from complaints.rules import erase_cases
from privacy import erasure

erasure.register(
    name="cases",
    holds=(
        "complaints.Case: subject, text, place, name, phone, email, account, permalink, "
        "lapor_id, lapor_status, ticket_public_id; "
        "complaints.CaseEvent: note; "
        "complaints.Attachment: name, sha256, and the file itself in PRIVATE_ROOT"
    ),
    retention_days=lambda: settings.RETENTION_CASE_DAYS,
    erase=erase_cases,
)
