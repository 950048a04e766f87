"""Writes the rows of a set-up into a mall: what stands is brought to it, what lacks is made."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from accounts.models import User
from queueing.models import Counter, CounterAssignment, Queue, QueueService
from queueing.setup_file import MALL, PARTS, STANDARD, Part, Problem, services_of
from services import logos
from services.models import (
    Agency,
    Closure,
    Fee,
    Holiday,
    Mall,
    OpeningHours,
    Paper,
    ServiceStandard,
    ServiceType,
)


@dataclass(frozen=True)
class Line:
    """What happened, or would happen, to one row; `changes` names the columns that differed."""

    part: str
    name: str
    kind: str  # created | updated | unchanged | removed
    changes: tuple[str, ...] = ()


@dataclass
class Result:
    """What an import did, or, with problems, why it did nothing.

    `displaced` numbers moved to another hour, `present` are those in the hall that lost theirs.
    """

    mall: Mall | None = None
    displaced: int = 0
    present: list[str] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def count(self, kind: str) -> int:
        return sum(line.kind == kind for line in self.lines)


class Writer:
    """Writes a checked set-up into one mall and keeps what it did."""

    def __init__(self, slug: str, setup: dict[str, Any], by: User | None, at: dt.datetime) -> None:
        self.setup, self.by, self.at = setup, by, at
        standing = Mall.objects.filter(slug=slug).first()
        self.fresh = standing is None
        self.mall: Mall = standing or Mall()
        self.result = Result(standing)
        self.agencies: dict[str, Agency] = {}
        self.services: dict[str, ServiceType] = {}
        self.queues: dict[str, Queue] = {}

    def write(self) -> Result:
        """All parts in the order in which they name each other; nothing after a problem."""
        if not self.fresh and self.mall.time_zone != self.setup["mall"]["time_zone"]:
            text = _("Zona waktu mal ini %(zone)s. Mal yang sudah berjalan tidak pindah zona.")
            self.wrong("mall, time_zone", text % {"zone": self.mall.time_zone})
            return self.result
        values = self.columns(self.setup["mall"], MALL)
        self.put("mall", None if self.fresh else self.mall, self.mall, values, values["name"])
        self.result.mall = self.mall
        for step in (self.catalogue, self.calendar, self.lines_of_people, self.desks):
            if not self.result.problems:
                step()
        return self.result

    def keep_logo(self) -> None:
        """Store the file's logo, after everything else stands."""
        logo = self.setup["logo"]
        if logo is None or (
            self.mall.logo and logos.version(str(self.mall.logo.name)) in logo.name
        ):
            return
        self.mall.logo.save(logo.name, logo, save=False)
        self.mall.save(update_fields=["logo"])

    # -- the parts ---------------------------------------------------------------------------------

    def catalogue(self) -> None:
        owners = services_of(self.setup)
        self.services = {
            s.code: s
            for s in ServiceType.objects.filter(agency__mall=self.mall).select_related("agency")
        }
        for code, service in self.services.items():
            if code in owners and owners[code] != service.agency.code:
                text = _("Layanan %(code)s di mal ini milik instansi %(agency)s.")
                self.wrong("services", text % {"code": code, "agency": service.agency.code})
        if self.result.problems:
            return
        standing = {agency.code: agency for agency in self.mall.agencies.all()}
        standards = {
            standard.service_type_id: standard
            for standard in ServiceStandard.objects.current(self.mall.date_at(self.at))
            .filter(service_type__agency__mall=self.mall)
            .prefetch_related("fees")
        }
        for row in self.setup["agencies"]:
            values = self.columns(row, PARTS["agencies"])
            found = standing.get(row["code"])
            agency = self.put("agencies", found, Agency(mall=self.mall), values, row["name"])
            self.agencies[row["code"]] = agency
            for one in row["services"]:
                self.service(agency, one, standards)
        rows: list[Any] = list(Paper.objects.filter(mall=self.mall))
        papers = {paper.name_ind.lower(): paper for paper in rows}
        for row in self.setup["papers"]:
            values = self.columns(row, PARTS["papers"])
            values["made_by"] = self.services.get(row["made_by"])
            found = papers.get(row["name_ind"].lower())
            self.put("papers", found, Paper(mall=self.mall), values, row["name_ind"])

    def service(
        self, agency: Agency, row: dict[str, Any], standards: dict[int, ServiceStandard]
    ) -> None:
        values = self.columns(row, PARTS["agencies"].parts["services"])
        found = self.services.get(row["code"])
        fresh = ServiceType(agency=agency)
        service = self.put("services", found, fresh, values, row["name_ind"])
        self.services[row["code"]] = service
        for standard in row["standards"][-1:]:
            self.standard(service, standards.get(service.pk), standard)

    def standard(
        self, service: ServiceType, found: ServiceStandard | None, row: dict[str, Any]
    ) -> None:
        values = self.columns(row, STANDARD)
        part = STANDARD.parts["fees"]
        if found is not None:
            own = {name: getattr(found, name) for name in STANDARD.fields}
            fees = [self.columns_of(fee, part) for fee in found.fees.all()]
            same = own | {"valid_from": None} == values | {"valid_from": None}
            if same and _sorted(fees) == _sorted(row["fees"]):
                return
            self.result.lines.append(Line("standards", service.code, "updated"))
            values["valid_from"] = self.mall.date_at(self.at)
        latest = service.standards.aggregate(latest=models.Max("version"))["latest"]
        standard = ServiceStandard.objects.create(
            service_type=service,
            version=(latest or 0) + 1,
            approved_at=self.at,
            approved_by=self.by,
            **values,
        )
        for fee in row["fees"]:
            Fee.objects.create(standard=standard, **self.columns(fee, part))

    def calendar(self) -> None:
        self.exactly("hours", self.mall.hours.all(), OpeningHours, self.of_agency("hours"))
        closures = {(c.agency_id, c.first_date, c.last_date) for c in self.mall.closures.all()}
        for values in self.of_agency("closures"):
            agency = values["agency"]
            key = (agency.pk if agency else None, values["first_date"], values["last_date"])
            if key not in closures:
                fresh = Closure(mall=self.mall)
                self.put("closures", None, fresh, values, values["reason"])
        standing = {day.date: day for day in self.mall.holidays.all()}
        for row in self.setup["holidays"]:
            values = self.columns(row, PARTS["holidays"])
            found = standing.get(row["date"])
            self.put("holidays", found, Holiday(mall=self.mall), values, row["name"])

    def lines_of_people(self) -> None:
        """The queues, each with its services and hours."""
        part = PARTS["queues"]
        standing = {q.prefix: q for q in self.mall.queues.select_related("agency")}
        for row in self.setup["queues"]:
            found = standing.get(row["prefix"])
            if found is not None and found.agency.code != row["agency"]:
                text = _("Awalan %(prefix)s di mal ini milik instansi %(agency)s.")
                self.wrong("queues", text % {"prefix": row["prefix"], "agency": found.agency.code})
                continue
            fresh = Queue(mall=self.mall, agency=self.agencies[row["agency"]])
            name = f"{row['prefix']} {row['name']}"
            queue = self.put("queues", found, fresh, self.columns(row, part), name)
            self.queues[row["prefix"]] = queue
            hours = [self.columns(one, part.parts["hours"]) for one in row["hours"]]
            self.exactly("hours", queue.hours.all(), queue.hours.model, hours, queue=queue)
            closures = {(c.first_date, c.last_date) for c in queue.closures.all()}
            for one in row["closures"]:
                values = self.columns(one, part.parts["closures"])
                if (values["first_date"], values["last_date"]) not in closures:
                    queue.closures.create(**values)
            for code in row["services"]:
                QueueService.objects.update_or_create(
                    service_type=self.services[code], defaults={"queue": queue}
                )

    def desks(self) -> None:
        part = PARTS["counters"]
        standing = {c.number: c for c in self.mall.counters.all()}
        for row in self.setup["counters"]:
            name = f"{_('Loket')} {row['number']}"
            values = self.columns(row, part)
            fresh = Counter(mall=self.mall)
            counter = self.put("counters", standing.get(row["number"]), fresh, values, name)
            wanted = [
                self.columns(one, part.parts["assignments"]) | {"queue": self.queues[one["queue"]]}
                for one in row["assignments"]
            ]
            rows = counter.assignments.select_related("queue")
            self.exactly("assignments", rows, CounterAssignment, wanted, counter=counter)

    # -- one row -----------------------------------------------------------------------------------

    def wrong(self, place: str, message: str) -> None:
        self.result.problems.append(Problem(place, message))

    def columns(self, row: Mapping[str, Any], part: Part) -> dict[str, Any]:
        return {name: row[name] for name in part.fields}

    def columns_of(self, row: models.Model, part: Part) -> dict[str, Any]:
        return {name: getattr(row, name) for name in part.fields}

    def of_agency(self, name: str) -> list[dict[str, Any]]:
        return [
            self.columns(row, PARTS[name])
            | {"mall": self.mall, "agency": self.agencies.get(row["agency"])}
            for row in self.setup[name]
        ]

    def put(self, part: str, found: Any, fresh: Any, values: dict[str, Any], name: str) -> Any:
        """Bring a row to these values, or make it; the row."""
        row = fresh if found is None else found
        changes = [key for key, value in values.items() if not _same(getattr(row, key), value)]
        for key in values if found is None else changes:
            setattr(row, key, values[key])
        if found is None:
            row.save(force_insert=True)
        elif changes:
            row.save(update_fields=changes)
        kind = "created" if found is None else "updated" if changes else "unchanged"
        told = () if found is None else tuple(changes)
        self.result.lines.append(Line(part, str(name), kind, told))
        return row

    def exactly(
        self,
        part: str,
        rows: models.QuerySet,
        model: type[models.Model],
        wanted: Sequence[dict[str, Any]],
        **owner: Any,
    ) -> None:
        """Rows that have no name of their own: what is not wanted goes, what is missing comes."""
        left = list(wanted)
        for row in rows:
            same = [w for w in left if all(_same(getattr(row, k), v) for k, v in w.items())]
            if same:
                left.remove(same[0])
                self.result.lines.append(Line(part, str(row), "unchanged"))
            else:
                self.result.lines.append(Line(part, str(row), "removed"))
                row.delete()
        for values in left:
            row = model._default_manager.create(**owner, **values)
            self.result.lines.append(Line(part, str(row), "created"))


def _same(one: Any, other: Any) -> bool:
    """Empty texts and none are the same; an empty amount and zero are not."""
    return one == other or (one in (None, "") and other in (None, ""))


def _sorted(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: [str(value) for value in row.values()])
