"""Changes of the catalogue's state: holidays from the calendar, versions of standards."""

import datetime as dt
from typing import Any

import holidays as public_holidays
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from services import permissions
from services.models import Fee, Holiday, Mall, ServiceStandard, ServiceType
from services.refusals import Refusal


@transaction.atomic
def load_holidays(*, mall: Mall, year: int, at: dt.datetime) -> int:
    """Add the national holidays and cuti bersama of `year`; return how many were new.

    A date that the mall has already, edited or not, stays as it is. Years after the mall's current
    one rest on estimates, as their decree comes later: `decree` says that they are to be checked.
    """
    new = 0
    for holiday in holidays_of(year, today=mall.date_at(at)):
        values = {name: getattr(holiday, name) for name in ("name", "kind", "decree")}
        new += Holiday.objects.get_or_create(mall=mall, date=holiday.date, defaults=values)[1]
    return new


def holidays_of(year: int, *, today: dt.date) -> list[Holiday]:
    """The national holidays and cuti bersama of a year, in order, of no mall yet."""
    dates: dict[dt.date, tuple[str, str]] = {}
    for category, kind in (
        (public_holidays.GOVERNMENT, Holiday.Kind.COLLECTIVE_LEAVE),
        (public_holidays.PUBLIC, Holiday.Kind.NATIONAL),
    ):
        calendar = public_holidays.country_holidays(
            "ID", years=year, categories=(category,), language="id"
        )
        dates |= {date: (name, kind) for date, name in calendar.items()}
    decree = "Perkiraan: periksa SKB tiga menteri" if year > today.year else ""
    return [
        Holiday(date=date, name=name[:120], kind=kind, decree=decree)
        for date, (name, kind) in sorted(dates.items())
    ]


def is_empty_installation() -> bool:
    """Whether nobody has set anything up yet: no mall and no account."""
    return not (Mall.objects.exists() or User.objects.exists())


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
def new_version(*, service: ServiceType, at: dt.datetime) -> ServiceStandard:
    """Draft the next version as a copy of the latest, fees and all; refuses a second draft."""
    service = ServiceType.objects.select_for_update(no_key=True).get(pk=service.pk)
    today = service.agency.mall.date_at(at)
    latest = service.standards.order_by("-version").first()
    if latest is None:
        return draft_standard(standard=ServiceStandard(service_type=service, valid_from=today))
    if latest.approved_at is None:
        raise Refusal(
            "draft_exists",
            _("Versi %(version)d belum disahkan. Ubah versi itu, atau sahkan dulu.")
            % {"version": latest.version},
        )
    fees = list(latest.fees.order_by("pk"))
    draft = ServiceStandard(**_values(latest))
    draft.valid_from = max(latest.valid_from, today)
    draft_standard(standard=draft)
    for fee in fees:
        Fee(**_values(fee) | {"standard_id": draft.pk}).save(force_insert=True)
    return draft


@transaction.atomic
def approve_standard(
    *, standard: ServiceStandard, by: User, at: dt.datetime, valid_from: dt.date | None = None
) -> ServiceStandard:
    """Approve a drafted version, so that it holds from its date; never twice.

    `by` must edit the catalogue of that agency. Once a version holds, none is put before it in
    hindsight: a `valid_from` in the past is refused, a draft's own one becomes today.
    """
    standard = (
        ServiceStandard.objects.select_for_update(of=("self",))
        .select_related("service_type__agency__mall")
        .get(pk=standard.pk)
    )
    agency = standard.service_type.agency
    if not permissions.can(by, permissions.EDIT_CATALOGUE, agency=agency):
        raise Refusal(
            "not_allowed",
            _("Standar ini milik instansi lain. Mintalah instansinya mengesahkan."),
            status=403,
        )
    if standard.approved_at is not None:
        raise Refusal(
            "already_approved",
            _("Versi ini sudah disahkan. Buat versi baru untuk mengubah standarnya."),
        )
    today = agency.mall.date_at(at)
    if standard.service_type.standards.filter(approved_at__isnull=False).exists():
        if valid_from is not None and valid_from < today:
            text = _("Tanggal berlaku sudah lewat. Pilih hari ini atau sesudahnya.")
            raise Refusal("date_passed", text, status=422, fields={"valid_from": text})
        valid_from = valid_from or max(standard.valid_from, today)
    standard.valid_from = valid_from or standard.valid_from
    return _approve(standard, by, at)


@transaction.atomic
def approve_drafts(*, mall: Mall, by: User | None, at: dt.datetime) -> int:
    """Approve every drafted version of the mall as it stands; return how many there were."""
    drafts = ServiceStandard.objects.select_for_update(of=("self",)).filter(
        service_type__agency__mall=mall, approved_at__isnull=True
    )
    return len([_approve(draft, by, at) for draft in drafts])


def _approve(standard: ServiceStandard, by: User | None, at: dt.datetime) -> ServiceStandard:
    standard.approved_at = at
    standard.approved_by = by
    standard.save(update_fields=["valid_from", "approved_at", "approved_by"])
    return standard


def _values(row: ServiceStandard | Fee) -> dict[str, Any]:
    """The columns of a row, without its key."""
    fields = row._meta.concrete_fields
    return {f.attname: getattr(row, f.attname) for f in fields if not f.primary_key}


def current_standard(service_type: ServiceType, date: dt.date) -> ServiceStandard | None:
    """Return the latest approved version that holds on `date`, with its fees, or None."""
    return service_type.standards.current(date).prefetch_related("fees").first()
