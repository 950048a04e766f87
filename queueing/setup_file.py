"""A mall's set-up as one file: its shape, how rows are written into it, and what is wrong with one.

The file is JSON: the mall with its agencies, services (with the standard that holds, its fees),
papers, hours, closures to come, holidays, queues and counters. Rows name each other by code, prefix
or number, never by id. Offices are counted, people are not in it. Nothing here reads a row.
"""

import base64
import binascii
import datetime as dt
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import models
from django.utils.translation import gettext as _

from queueing.models import Counter, CounterAssignment, Queue, QueueClosure, QueueHours
from services import colours, logos
from services.models import (
    Agency,
    Closure,
    Fee,
    Holiday,
    Mall,
    Officer,
    OpeningHours,
    Paper,
    ServiceStandard,
    ServiceType,
)

FORMAT, VERSION = "portal-mpp.penataan", 1
MOST_BYTES = 2_000_000
MOST_PROBLEMS = 50
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True)
class Problem:
    """What is wrong at one place of a file: "queues 3 (C), prefix"."""

    place: str
    message: str


@dataclass(frozen=True)
class Part:
    """A kind of row: its model and columns, the rows it names (one or several), the rows below."""

    model: type[models.Model]
    fields: tuple[str, ...]
    links: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    parts: Mapping[str, "Part"] = field(default_factory=dict)
    name: str = ""  # the column by which people know the row


_HOURS = (
    "weekday opens_at closes_at break_starts_at break_ends_at last_ticket_at valid_from valid_to "
    "extra note"
)
_CLOSURE = ("first_date", "last_date", "reason")


def _part(model: type[models.Model], fields: str, **more: Any) -> Part:
    return Part(model, tuple(fields.split()), **more)


MALL = _part(
    Mall,
    "slug name regency province time_zone address phone email primary_colour accent_colour "
    "greeting_ind greeting_en hero map_url facilities_ind facilities_en sign_language_days",
    name="name",
)
STANDARD = _part(
    ServiceStandard,
    "valid_from requirements procedure counter_minutes processing_days product complaint_handling "
    "legal_basis facilities competence internal_supervision staff_count service_guarantee "
    "safety_guarantee performance_evaluation",
    parts={
        "fees": _part(Fee, "amount variant exemption legal_basis collected_by valid_from valid_to")
    },
)
SERVICE = _part(
    ServiceType,
    "code name_ind name_en booking_mode external_system external_url online_possible needs_nik "
    "needs_person_present seats synonyms theme active",
    parts={"standards": STANDARD},
    name="code",
)
PARTS: dict[str, Part] = {
    "agencies": _part(
        Agency,
        "code name kind oversight_name oversight_contact agreed_days agreed_desks active",
        parts={"services": SERVICE},
        name="code",
    ),
    "papers": _part(
        Paper, "name_ind name_en where_ind where_en", links=("made_by",), name="name_ind"
    ),
    "hours": _part(OpeningHours, _HOURS, links=("agency",)),
    "closures": Part(Closure, _CLOSURE, links=("agency",), name="reason"),
    "holidays": _part(Holiday, "date name kind decree", name="date"),
    "queues": _part(
        Queue,
        "prefix name window_minutes seats_per_hour online_share book_ahead_days release_at "
        "early_minutes late_minutes boost_minutes priority_per_day max_recalls ahead_notice active",
        links=("agency",),
        lists=("services",),
        parts={"hours": _part(QueueHours, _HOURS), "closures": Part(QueueClosure, _CLOSURE)},
        name="prefix",
    ),
    "counters": _part(
        Counter,
        "number floor zone directions active",
        parts={
            "assignments": _part(
                CounterAssignment, "position weekday first_date last_date", links=("queue",)
            )
        },
        name="number",
    ),
    "offices": _part(Officer, "role", links=("agency",), name="role"),
}
_REQUIRED = {"name_ind"}  # translated columns, which the model itself leaves open


# -- writing ---------------------------------------------------------------------------------------


def dump(document: Mapping[str, Any]) -> bytes:
    """The file's bytes; the same document is always the same file."""
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def written(row: models.Model, part: Part) -> dict[str, Any]:
    """A row's own columns as they stand in the file."""
    return {name: _plain(getattr(row, name)) for name in part.fields}


def _plain(value: Any) -> Any:
    if isinstance(value, dt.time):
        return value.isoformat("minutes")
    return value.isoformat() if isinstance(value, dt.date) else value


# -- reading ---------------------------------------------------------------------------------------


def load(data: bytes) -> tuple[dict[str, Any], list[Problem]]:
    """The document in a file's bytes, or why there is none."""
    if len(data) > MOST_BYTES:
        return {}, [Problem("", _("Berkas terlalu besar. Batasnya 2 MB."))]
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return {}, [Problem("", _("Berkas ini tidak dapat dibaca. Pilih berkas hasil ekspor."))]
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        text = _("Berkas ini bukan penataan mal. Pilih berkas hasil Ekspor penataan.")
        return {}, [Problem("", text)]
    if document.get("version") != VERSION:
        text = _("Berkas ini dari versi portal yang lain. Perbarui portal, lalu coba lagi.")
        return {}, [Problem("", text)]
    return document, []


def check(document: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """The document with times and dates as such, what it leaves out filled in, and every problem.

    What it gives is fit to be written only where there is no problem.
    """
    reader = _Reader()
    known = {"format", "version", "mall", "logo", *PARTS}
    reader.problems += [
        Problem(name, _("Bagian ini tidak dikenal.")) for name in document if name not in known
    ]
    setup: dict[str, Any] = {"mall": reader.row("mall", document.get("mall"), MALL)}
    for name, part in PARTS.items():
        setup[name] = reader.rows(name, document.get(name, []), part)
    setup["logo"] = reader.logo(document.get("logo"))
    if not reader.problems:
        reader.problems += _objections(setup)
    return setup, reader.problems[:MOST_PROBLEMS]


class _Reader:
    """Reads rows against their parts and keeps every problem it meets."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def wrong(self, place: str, message: str) -> None:
        self.problems.append(Problem(place, message))

    def rows(self, place: str, rows: Any, part: Part) -> list[dict[str, Any]]:
        if not isinstance(rows, list):
            self.wrong(place, _("Di sini harus ada daftar."))
            return []
        return [
            self.row(f"{place} {n}{_called(row, part)}", row, part)
            for n, row in enumerate(rows, start=1)
        ]

    def row(self, place: str, row: Any, part: Part) -> dict[str, Any]:
        if not isinstance(row, dict):
            self.wrong(place, _("Di sini harus ada isian bernama."))
            return {}
        before = len(self.problems)
        people = {"people"} if part.model is Officer else set()
        known = {*part.fields, *part.links, *part.lists, *part.parts, *people}
        for name in row.keys() - known:
            self.wrong(f"{place}, {name}", _("Isian ini tidak dikenal."))
        read = {name: self.cell(f"{place}, {name}", name, row, part) for name in part.fields}
        for name in part.links:
            read[name] = self.link(f"{place}, {name}", row.get(name))
        for name in part.lists:
            names = row.get(name, [])
            if not isinstance(names, list):
                self.wrong(f"{place}, {name}", _("Di sini harus ada daftar."))
                names = []
            read[name] = [self.link(f"{place}, {name}", one) for one in names]
        for name, below in part.parts.items():
            read[name] = self.rows(f"{place}, {name}", row.get(name, []), below)
        if len(self.problems) == before:
            self.constraints(place, read, part)
        return read

    def cell(self, place: str, name: str, row: dict[str, Any], part: Part) -> Any:
        column: Any = part.model._meta.get_field(name)
        value = row[name] if name in row else column.get_default()
        if value in (None, "") and name in _REQUIRED:
            self.wrong(place, _("Isian ini wajib."))
            return ""
        if value is None and column.null:
            return None
        if name in row and not _fits(value, column):
            self.wrong(place, _("Isian ini tidak terbaca."))
            return None
        try:
            return column.clean(value, None)
        except ValidationError as error:
            self.wrong(place, " ".join(error.messages))
            return None

    def link(self, place: str, name: Any) -> str | None:
        if name is None or (isinstance(name, str) and len(name) <= 200):
            return name
        self.wrong(place, _("Isian ini tidak terbaca."))
        return None

    def constraints(self, place: str, read: dict[str, Any], part: Part) -> None:
        """What the columns must be to each other, as the table itself would say."""
        row = part.model(**{name: read[name] for name in part.fields})
        others = {f.name for f in part.model._meta.fields} - set(part.fields)
        for constraint in part.model._meta.constraints:
            if isinstance(constraint, models.CheckConstraint) and part.model is not Officer:
                try:
                    constraint.validate(part.model, row, exclude=others)
                except ValidationError as error:
                    self.wrong(place, " ".join(error.messages))

    def logo(self, logo: Any) -> ContentFile | None:
        if logo is None:
            return None
        try:
            file = ContentFile(base64.b64decode(logo["content"], validate=True))
            file.name = logos.accept(file)
        except (TypeError, KeyError, binascii.Error, ValueError):
            self.wrong("logo", _("Isian ini tidak terbaca."))
        except ValidationError as error:
            self.wrong("logo", " ".join(error.messages))
        else:
            return file
        return None


def _called(row: Any, part: Part) -> str:
    name = row.get(part.name) if isinstance(row, dict) and part.name else None
    return f" ({str(name)[:40]})" if name not in (None, "") else ""


def _fits(value: Any, column: models.Field) -> bool:
    """Whether JSON's value is of the kind that the column takes."""
    if isinstance(column, models.BooleanField):
        return isinstance(value, bool)
    if isinstance(column, models.IntegerField):
        return isinstance(value, int) and not isinstance(value, bool)
    if hasattr(column, "base_field"):
        return isinstance(value, list) and all(_fits(one, column.base_field) for one in value)
    return isinstance(value, str) and not _UNSEEN.search(value)


# -- what must fit together ------------------------------------------------------------------------


def services_of(setup: Mapping[str, Any]) -> dict[str, str]:
    """The agency's code of each service's code."""
    return {s["code"]: a["code"] for a in setup["agencies"] for s in a["services"]}


def _objections(setup: Mapping[str, Any]) -> list[Problem]:
    mall = setup["mall"]
    found = [
        Problem(f"mall, {name}", str(text))
        for name, text in colours.objections(mall["primary_colour"], mall["accent_colour"]).items()
    ]
    services = services_of(setup)
    for place, names in (
        ("agencies", [row["code"] for row in setup["agencies"]]),
        ("services", [s["code"] for a in setup["agencies"] for s in a["services"]]),
        ("papers", [row["name_ind"].lower() for row in setup["papers"]]),
        ("holidays", [str(row["date"]) for row in setup["holidays"]]),
        ("queues", [row["prefix"] for row in setup["queues"]]),
        ("queues, services", [code for row in setup["queues"] for code in row["services"]]),
        ("counters", [str(row["number"]) for row in setup["counters"]]),
    ):
        found += _twice(place, names)
    agencies = {row["code"] for row in setup["agencies"]}
    for name in ("hours", "closures", "offices", "queues"):
        for n, row in enumerate(setup[name], start=1):
            if row["agency"] not in agencies and (row["agency"] or name == "queues"):
                found.append(_unknown(f"{name} {n}, agency", row["agency"]))
    for row in setup["papers"]:
        if row["made_by"] and row["made_by"] not in services:
            found.append(_unknown(f"papers ({row['name_ind'][:40]}), made_by", row["made_by"]))
    for row in setup["queues"]:
        for code in row["services"]:
            if code not in services:
                found.append(_unknown(f"queues ({row['prefix']}), services", code))
            elif services[code] != row["agency"]:
                text = _("Layanan %(code)s milik instansi lain.") % {"code": code}
                found.append(Problem(f"queues ({row['prefix']}), services", text))
    prefixes = {row["prefix"] for row in setup["queues"]}
    for row in setup["counters"]:
        for assignment in row["assignments"]:
            if assignment["queue"] not in prefixes:
                found.append(_unknown(f"counters ({row['number']})", assignment["queue"]))
    return found


def _twice(place: str, names: Iterable[str]) -> list[Problem]:
    seen: set[str] = set()
    found = []
    for name in names:
        if name in seen:
            found.append(Problem(place, _("%(name)s tertulis dua kali.") % {"name": name}))
        seen.add(name)
    return found


def _unknown(place: str, name: str | None) -> Problem:
    return Problem(place, _("%(name)s tidak ada di berkas ini.") % {"name": name or "-"})
