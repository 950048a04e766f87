"""Changes of the catalogue's state: holidays from the calendar, approval of standards."""

import datetime as dt

import holidays as public_holidays
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from services.models import Holiday, Mall, ServiceStandard, ServiceType
from services.refusals import Refusal


@transaction.atomic
def load_holidays(*, mall: Mall, year: int, at: dt.datetime) -> int:
    """Add the national holidays and cuti bersama of `year`; return how many were new.

    A date that the mall has already, edited or not, stays as it is. Years after the mall's current
    one rest on estimates, as their decree comes later: `decree` says that they are to be checked.
    """
    estimated = year > mall.date_at(at).year
    dates: dict[dt.date, tuple[str, str]] = {}
    for category, kind in (
        (public_holidays.GOVERNMENT, Holiday.Kind.COLLECTIVE_LEAVE),
        (public_holidays.PUBLIC, Holiday.Kind.NATIONAL),
    ):
        calendar = public_holidays.country_holidays(
            "ID", years=year, categories=(category,), language="id"
        )
        dates |= {date: (name, kind) for date, name in calendar.items()}
    before = mall.holidays.filter(date__in=dates).count()
    Holiday.objects.bulk_create(
        [
            Holiday(
                mall=mall,
                date=date,
                name=name[:120],
                kind=kind,
                decree="Perkiraan: periksa SKB tiga menteri" if estimated else "",
            )
            for date, (name, kind) in sorted(dates.items())
        ],
        ignore_conflicts=True,
    )
    return mall.holidays.filter(date__in=dates).count() - before


@transaction.atomic
def draft_standard(*, standard: ServiceStandard) -> ServiceStandard:
    """Save a new version, unapproved, under the service's next number."""
    service = ServiceType.objects.select_for_update(no_key=True).get(pk=standard.service_type_id)
    latest = service.standards.aggregate(latest=Max("version"))["latest"]
    standard.version = (latest or 0) + 1
    standard.approved_at = standard.approved_by = None
    standard.save(force_insert=True)
    return standard


@transaction.atomic
def approve_standard(*, standard: ServiceStandard, by: User, at: dt.datetime) -> ServiceStandard:
    """Approve a drafted version, so that it holds from its date; never twice."""
    standard = ServiceStandard.objects.select_for_update(of=("self",)).get(pk=standard.pk)
    if standard.approved_at is not None:
        raise Refusal(
            "already_approved",
            _("Versi ini sudah disahkan. Buat versi baru untuk mengubah standarnya."),
        )
    standard.approved_at = at
    standard.approved_by = by
    standard.save(update_fields=["approved_at", "approved_by"])
    return standard


def approve_drafts(*, mall: Mall, by: User | None, at: dt.datetime) -> int:
    """Approve every drafted version of the mall; return how many there were."""
    drafts = ServiceStandard.objects.filter(
        service_type__agency__mall=mall, approved_at__isnull=True
    )
    return drafts.update(approved_at=at, approved_by=by)


def current_standard(service_type: ServiceType, date: dt.date) -> ServiceStandard | None:
    """Return the latest approved version that holds on `date`, with its fees, or None."""
    return service_type.standards.current(date).prefetch_related("fees").first()
