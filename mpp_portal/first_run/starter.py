"""The starter catalogue: agencies and services that a new mall may tick, as parts of a set-up."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from statistics import fmean
from typing import Any

from django.conf import settings

from mpp_portal.rehearsal.plan import AGENCIES
from queueing.proposals import Brought
from services import paper_file
from services.catalogue import STANDARD_FIELDS, TYPE_FIELDS
from services.catalogue_file import read, read_table
from services.models import Agency, Fee

_DATA = Path(settings.BASE_DIR) / "services" / "data"


@dataclass(frozen=True)
class StarterAgency:
    """An agency of the starter catalogue with the rows of its services."""

    code: str
    name: str
    kind: str
    services: tuple[dict[str, Any], ...]


@lru_cache(maxsize=1)
def agencies() -> tuple[StarterAgency, ...]:
    """All agencies of the catalogue, in its order."""
    rows = [row for _line, row in read((_DATA / "catalogue.csv").read_bytes())[0]]
    return tuple(
        StarterAgency(
            code,
            next(row["agency_name"] for row in rows if row["agency_code"] == code),
            AGENCIES[code][0] if code in AGENCIES else Agency.Kind.OTHER,
            tuple(row for row in rows if row["agency_code"] == code),
        )
        for code in dict.fromkeys(row["agency_code"] for row in rows)
    )


def brought(chosen: set[str]) -> list[Brought]:
    """What each agency brings when these services are chosen, for `proposals.py`."""
    found = []
    for agency in agencies():
        rows = [row for row in _chosen(agency, chosen) if row["booking_mode"] != "external"]
        modes = {row["booking_mode"] for row in rows}
        if rows:
            found.append(
                Brought(
                    agency.code,
                    agency.name,
                    len(rows),
                    fmean(row["duration_minutes_at_counter"] for row in rows),
                    online=bool(modes - {"walk_in"}),
                    walk_in=bool(modes - {"online_only"}),
                )
            )
    return found


def in_queue(agency: str, chosen: set[str]) -> list[str]:
    """The chosen services of an agency that take their numbers here."""
    return [
        row["code"]
        for one in agencies()
        if one.code == agency
        for row in _chosen(one, chosen)
        if row["booking_mode"] != "external"
    ]


def catalogue(chosen: set[str], *, valid_from: str) -> dict[str, Any]:
    """The chosen agencies, services and their papers as parts of a set-up's document."""
    rows = [row for agency in agencies() for row in _chosen(agency, chosen)]
    asked = {line.partition(":")[0].strip().lower() for row in rows for line in row["requirements"]}
    return {
        "agencies": [
            {
                "code": agency.code,
                "name": agency.name,
                "kind": agency.kind,
                "services": [_service(row, valid_from) for row in _chosen(agency, chosen)],
            }
            for agency in agencies()
            if _chosen(agency, chosen)
        ],
        "papers": [
            {
                name: paper[column]
                for column, name in paper_file.FIELDS.items()
                if column != "made_by_code"
            }
            | {"made_by": paper["made_by_code"] if paper["made_by_code"] in chosen else None}
            for paper in _papers()
            if paper["name_id"].lower() in asked
        ],
    }


@lru_cache(maxsize=1)
def _papers() -> tuple[dict[str, Any], ...]:
    data = (_DATA / "papers.csv").read_bytes()
    rows, _errors = read_table(data, readers=paper_file.READERS, empty="")
    return tuple(row for _line, row in rows)


def _chosen(agency: StarterAgency, chosen: set[str]) -> list[dict[str, Any]]:
    return [row for row in agency.services if row["code"] in chosen]


def _service(row: dict[str, Any], valid_from: str) -> dict[str, Any]:
    amount = row["fee_rupiah"]
    collected_by = Fee.Collector.NONE if amount == 0 else ""
    standard = {name: row[column] for column, name in STANDARD_FIELDS.items()}
    return {
        "code": row["code"],
        **{name: row[column] for column, name in TYPE_FIELDS.items() if column in row},
        "standards": [
            standard
            | {"valid_from": valid_from, "fees": [{"amount": amount, "collected_by": collected_by}]}
        ],
    }
