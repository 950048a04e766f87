"""Where this room keeps personal data, and how it is erased."""

from django.conf import settings

from privacy import erasure
from queueing import shown_estimates
from queueing.rules import erase_visits

erasure.register(
    name="visits",
    holds=(
        "queueing.Visit: name, phone, email, prefer, push, nik, contact_key, priority, "
        "priority_reason, needs, accommodation; queueing.Ticket: person_key, parked_reason; "
        "queueing.TicketEvent: note; queueing.EarlierWish and queueing.FreedSeat: the rows"
    ),
    retention_days=lambda: settings.RETENTION_VISIT_DAYS,
    erase=erase_visits,
)

erasure.register(
    name="queueing.EstimateShown",
    holds="no personal data: what wait was told at which moment, and what it was",
    retention_days=lambda: shown_estimates.KEPT_DAYS,
    erase=shown_estimates.forget,
)
