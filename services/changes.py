"""How a change reads: each field by its own name, what it was and what it became.

Used where versions of a standard are compared and where the history of a row is shown.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime, parse_time
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from services.models import Fee, ServiceStandard
from services.templatetags.portal import rupiah

NOTHING = "–"
# Of a version itself, not of what it promises.
_OF_THE_VERSION = {"id", "service_type", "version", "approved_at", "approved_by"}


@dataclass(frozen=True)
class Change:
    """One field: its words before and after, or, of a list, what left and what came."""

    label: str
    before: str = ""
    after: str = ""
    removed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()

    @property
    def is_list(self) -> bool:
        return bool(self.removed or self.added)


def between(field: models.Field, old: Any, new: Any) -> Change | None:
    """What changed in a field; None where both read the same. Values as stored, or as JSON."""
    if isinstance(field, ArrayField):
        item = field.base_field
        lists = ([shown(item, value) for value in values or []] for values in (old, new))
        return of_list(str(field.verbose_name), *lists)
    before, after = shown(field, old), shown(field, new)
    return None if before == after else Change(_capital(field.verbose_name), before, after)


def of_list(label: str, old: Iterable[str], new: Iterable[str]) -> Change | None:
    """What left a list and what came; one whose order alone differs is shown whole."""
    old, new = list(old), list(new)
    if old == new:
        return None
    removed = tuple(item for item in old if item not in new)
    added = tuple(item for item in new if item not in old)
    if not removed and not added:
        return Change(_capital(label), "; ".join(old), "; ".join(new))
    return Change(_capital(label), removed=removed, added=added)


def shown(field: models.Field, value: Any) -> str:
    """A value in the reader's words; a dash for none."""
    if value is None or value == "":
        return NOTHING
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, bool):
        return _("ya") if value else _("tidak")
    if isinstance(field, models.DateTimeField):
        moment = parse_datetime(str(value))
        return date_format(_local(moment), "j F Y, H.i") if moment else str(value)
    if isinstance(field, models.DateField):
        date = parse_date(str(value))
        return date_format(date, "j F Y") if date else str(value)
    if isinstance(field, models.TimeField):
        time = parse_time(str(value))
        return f"{time:%H.%M}" if time else str(value)
    return str(value)


def compare(old: ServiceStandard | None, new: ServiceStandard) -> list[Change]:
    """What a version of a standard changes: field by field, papers, fees. At most two queries."""
    before = old or ServiceStandard(counter_minutes=None, processing_days=None)
    found = [
        between(field, getattr(before, field.attname), getattr(new, field.attname))
        for field in ServiceStandard._meta.concrete_fields
        if field.name not in _OF_THE_VERSION | {"valid_from"}
    ]
    found.append(of_list(_("biaya"), _fees(old), _fees(new)))
    return [change for change in found if change]


def empty_parts(standard: ServiceStandard) -> list[str]:
    """Published components that say nothing yet."""
    published = ("requirements", "procedure", "product", "complaint_handling", "legal_basis")
    fields = [ServiceStandard._meta.get_field(name) for name in published]
    empty = [str(f.verbose_name) for f in fields if not getattr(standard, f.attname)]
    return empty if standard.fees.exists() else [*empty, _("biaya")]


def fee_line(fee: Fee) -> str:
    """A fee as one line, with everything that may differ."""
    free = fee.amount == 0
    amount = _("bervariasi") if fee.amount is None else _("gratis") if free else rupiah(fee.amount)
    span = " – ".join(shown(Fee._meta.get_field(n), getattr(fee, n)) for n in _SPAN)
    more = [
        fee.variant,
        fee.exemption and _("bebas: %(who)s") % {"who": fee.exemption},
        fee.get_collected_by_display() if fee.collected_by != Fee.Collector.NONE else "",
        fee.legal_basis,
        span if fee.valid_from or fee.valid_to else "",
    ]
    return ", ".join(str(part) for part in [amount, *more] if part)


_SPAN = ("valid_from", "valid_to")


def _fees(standard: ServiceStandard | None) -> list[str]:
    return [fee_line(fee) for fee in standard.fees.order_by("pk")] if standard else []


def _local(moment: dt.datetime) -> dt.datetime:
    return timezone.localtime(moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC))


def _capital(words: Any) -> str:
    text = str(words)
    return text[:1].upper() + text[1:]
