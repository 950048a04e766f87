"""Malls, agencies, service types with their published standards, hours, holidays, and officers."""

from services.models.catalogue import (
    Fee,
    Paper,
    ServiceStandard,
    ServiceStandardQuerySet,
    ServiceType,
)
from services.models.hours import Closure, ClosureFields, Holiday, HoursFields, OpeningHours
from services.models.malls import (
    RESERVED_SLUGS,
    Agency,
    Mall,
    Officer,
    colour,
    validate_slug_not_reserved,
    validate_time_zone,
)

__all__ = [
    "RESERVED_SLUGS",
    "Agency",
    "Closure",
    "ClosureFields",
    "Fee",
    "Holiday",
    "HoursFields",
    "Mall",
    "Officer",
    "OpeningHours",
    "Paper",
    "ServiceStandard",
    "ServiceStandardQuerySet",
    "ServiceType",
    "colour",
    "validate_slug_not_reserved",
    "validate_time_zone",
]
