"""What this room itself holds about people."""

from privacy import erasure, rules

erasure.register(
    name="privacy.RevealLog",
    holds="which officer opened whose hidden value, when and why",
    retention_days=rules.log_retention_days,
    erase=rules.erase_reveals,
)
