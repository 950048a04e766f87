"""Where this room keeps personal data, and how it is erased."""

from django.conf import settings

from privacy import erasure
from surveys import rules

erasure.register(
    name="surveys.Invitation",
    holds="token and ticket (public id) of a visit that may be rated; not what was answered",
    retention_days=lambda: settings.RETENTION_VISIT_DAYS,
    erase=rules.erase_invitations,
)
erasure.register(
    name="surveys.Response",
    holds="words of a citizen (encrypted); sex, age group, education and work, of nobody by name",
    retention_days=lambda: settings.RETENTION_SURVEY_DAYS,
    erase=rules.erase_responses,
)
