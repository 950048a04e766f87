"""The catalogue as one file: load all of it into a mall, or nothing; and write it out again."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from services.catalogue_file import COLUMNS, OPTIONAL_COLUMNS, RowError, read
from services.models import Agency, Fee, Mall, ServiceStandard, ServiceType

AGENCY_FIELDS = {"agency_code": "code", "agency_name": "name"}
TYPE_FIELDS = {
    "service_name_id": "name_ind",  # modeltranslation: "_id" is for foreign keys
    "service_name_en": "name_en",
    "booking_mode": "booking_mode",
    "external_system": "external_system",
    "external_url": "external_url",
    "online_possible": "online_possible",
    "needs_nik": "needs_nik",
    "needs_person_present": "needs_person_present",
    "synonyms": "synonyms",
    "theme": "theme",
}
STANDARD_FIELDS = {
    "requirements": "requirements",
    "duration_minutes_at_counter": "counter_minutes",
    "processing_days": "processing_days",
    "legal_basis": "legal_basis",
    "output_product": "product",
}


@dataclass(frozen=True)
class RowOutcome:
    """What the import did with one service; `changes` names the columns that differed."""

    row: int
    code: str
    name: str
    kind: str  # created | updated | unchanged
    changes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Result:
    """What an import did, or, with errors, why it did nothing."""

    rows: tuple[RowOutcome, ...] = ()
    errors: tuple[RowError, ...] = ()

    @property
    def created(self) -> int:
        return self._count("created")

    @property
    def updated(self) -> int:
        return self._count("updated")

    @property
    def unchanged(self) -> int:
        return self._count("unchanged")

    def _count(self, kind: str) -> int:
        return sum(row.kind == kind for row in self.rows)


@dataclass
class _Loaded:
    """What the mall has already, by code."""

    agencies: dict[str, Agency]
    types: dict[str, ServiceType]
    standards: dict[int, ServiceStandard]
    new_standards: list[ServiceStandard] = field(default_factory=list)
    new_fees: list[Fee] = field(default_factory=list)


def import_catalogue(
    *,
    mall: Mall,
    data: bytes,
    at: dt.datetime,
    dry_run: bool = False,
    approved_by: User | None = None,
) -> Result:
    """Load a catalogue file into the mall: every row, or none and the list of errors.

    New services begin with version 1 of their standard; a standard that differs from the latest
    version becomes the next version, valid from the mall's date at `at`. Versions stay drafts, not
    shown to the public, until they are approved; `approved_by` approves them at once. Services that
    the file does not name stay as they are.
    """
    lines, errors = read(data)
    if errors:
        return Result(errors=tuple(errors))
    with transaction.atomic():
        Mall.objects.select_for_update(no_key=True).get(pk=mall.pk)
        loaded = _load(mall)
        errors = _taken_codes(lines, loaded)
        if errors:
            return Result(errors=tuple(errors))
        outcomes = []
        for line, row in lines:
            outcomes.append(_write(mall, line, row, loaded, at, approved_by))
        for new in (*loaded.new_standards, *loaded.new_fees):
            new.save(force_insert=True)  # one by one: each stands in the history
        if dry_run:
            transaction.set_rollback(True)
    return Result(rows=tuple(outcomes))


def _taken_codes(lines: list[tuple[int, dict[str, Any]]], loaded: _Loaded) -> list[RowError]:
    """Find codes that another agency of the mall uses: an address names one service."""
    message = _("Kode %(code)s sudah dipakai instansi %(agency)s di mal ini.")
    return [
        RowError(line, "code", message % {"code": row["code"], "agency": service.agency.name})
        for line, row in lines
        if (service := loaded.types.get(row["code"])) and service.agency.code != row["agency_code"]
    ]


def _load(mall: Mall) -> _Loaded:
    types = ServiceType.objects.filter(agency__mall=mall).select_related("agency")
    standards = (
        ServiceStandard.objects.filter(service_type__agency__mall=mall)
        .order_by("service_type", "version")
        .prefetch_related("fees")
    )
    return _Loaded(
        agencies={agency.code: agency for agency in Agency.objects.filter(mall=mall)},
        types={service.code: service for service in types},
        standards={standard.service_type_id: standard for standard in standards},
    )


def _write(
    mall: Mall,
    line: int,
    row: dict[str, Any],
    loaded: _Loaded,
    at: dt.datetime,
    approved_by: User | None,
) -> RowOutcome:
    agency, changes = _write_agency(mall, row, loaded)
    service = loaded.types.get(row["code"])
    created = service is None
    if service is None:
        service = ServiceType(agency=agency, code=row["code"])
        _assign(service, TYPE_FIELDS, row)
        service.save()
    elif changed := _assign(service, TYPE_FIELDS, row):
        service.save(update_fields=[TYPE_FIELDS[column] for column in changed])
        changes += changed
    changes += _write_standard(service, row, loaded, mall.date_at(at), at, approved_by)
    kind = "created" if created else "updated" if changes else "unchanged"
    name = row["service_name_id"]
    return RowOutcome(line, row["code"], name, kind, () if created else tuple(changes))


def _write_agency(mall: Mall, row: dict[str, Any], loaded: _Loaded) -> tuple[Agency, list[str]]:
    agency = loaded.agencies.get(row["agency_code"])
    if agency is None:
        agency = Agency.objects.create(mall=mall, code=row["agency_code"], name=row["agency_name"])
        loaded.agencies[agency.code] = agency
    elif agency.name != row["agency_name"]:
        agency.name = row["agency_name"]
        agency.save(update_fields=["name"])
        return agency, ["agency_name"]
    return agency, []


def _write_standard(
    service: ServiceType,
    row: dict[str, Any],
    loaded: _Loaded,
    today: dt.date,
    at: dt.datetime,
    approved_by: User | None,
) -> list[str]:
    """Add a version if the standard or its plain fee differs; return the columns that did."""
    latest = loaded.standards.get(service.pk)
    fees = list(latest.fees.all()) if latest else []
    plain = next((fee for fee in fees if not fee.variant), None)
    standard = _copy(latest) if latest else ServiceStandard(service_type=service, version=0)
    changes = _assign(standard, STANDARD_FIELDS, row)
    if plain is None or plain.amount != row["fee_rupiah"]:
        changes.append("fee_rupiah")
    if latest and not changes:
        return []
    standard.version += 1
    standard.valid_from = today
    standard.approved_at, standard.approved_by = (at if approved_by else None), approved_by
    loaded.new_standards.append(standard)
    new = _copy(plain) if plain else Fee()
    if plain is None or "fee_rupiah" in changes:
        new.amount = row["fee_rupiah"]
        new.collected_by = Fee.Collector.NONE if new.amount == 0 else ""
    for fee in [new, *(_copy(fee) for fee in fees if fee is not plain)]:
        fee.standard = standard
        loaded.new_fees.append(fee)
    return changes


def export_rows(services: QuerySet[ServiceType]) -> list[list[Any]]:
    """Return the services as lines of the file, cells in the order of the columns."""
    latest = ServiceStandard.objects.order_by("-version").prefetch_related("fees")
    rows = []
    for service in services.select_related("agency").prefetch_related(
        Prefetch("standards", latest)
    ):
        standard = next(iter(service.standards.all()), None) or ServiceStandard()
        fees = list(standard.fees.all()) if standard.pk else []
        fee = next((fee for fee in fees if not fee.variant), Fee())
        row = {"code": service.code, "fee_rupiah": fee.amount}
        for fields, source in (
            (AGENCY_FIELDS, service.agency),
            (TYPE_FIELDS, service),
            (STANDARD_FIELDS, standard),
        ):
            row |= {column: getattr(source, name) for column, name in fields.items()}
        rows.append([_written(row[column]) for column in [*COLUMNS, *OPTIONAL_COLUMNS]])
    return rows


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ";".join(value) if isinstance(value, list) else "" if value is None else str(value)


def _assign(target: Any, fields: dict[str, str], row: dict[str, Any]) -> list[str]:
    """Set the fields on the instance; return the columns whose value was another."""
    changed = []
    for column, name in fields.items():
        if column in row and (getattr(target, name) or None) != (row[column] or None):
            setattr(target, name, row[column])
            changed.append(column)
    return changed


def _copy(instance: Any) -> Any:
    """Return an unsaved copy of a row."""
    values = {
        f.attname: getattr(instance, f.attname)
        for f in instance._meta.concrete_fields
        if not f.primary_key
    }
    return type(instance)(**values)
