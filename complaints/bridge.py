"""The package by which a case goes to another house: JSON with its files in a ZIP, or rows of CSV.

`<number>/kasus.json` in the ZIP (UTF-8; dates and times ISO 8601, with the mall's offset) is:

    schema, version      "mpp-portal/case", 1; a field that is added keeps the version
    number, mall         the case's number and the mall's short name
    kind, level, state, channel, language
    subject, text, place, counter, happened_on, happened_time
    agency, service      {code, name} or null
    anonymous, confidential
    told_at, received_at, counted_from, promise, first_answer_due_on, first_answered_at,
    completion_due_on, closed_at, rating
    lapor                {id, status, as_of} or null
    events               [{kind, at, note}]: what the reporter may read, oldest first
    attachments          [{path, kind, size, sha256, intact}]: path inside the ZIP; not intact: the
                         file is missing or is not the one that was received
    reporter             null, or {name, phone, email, account, permalink}, "" where not given

`paket.json` at its root names the package: schema "mpp-portal/case-package", version, mall,
exported_at, with_identity, cases (the numbers).
"""

import csv
import datetime as dt
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import IO, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from complaints.models import Attachment, Case
from complaints.workflow import Step

SCHEMA, PACKAGE_SCHEMA, VERSION = "mpp-portal/case", "mpp-portal/case-package", 1
WHO = ("name", "phone", "email", "account", "permalink")
_SUFFIXES = {Attachment.Kind.JPEG: "jpg", Attachment.Kind.PDF: "pdf"}
_PIECE = 1 << 16
_COLUMNS = (
    "nomor jenis tingkat status saluran kode_instansi instansi kode_layanan loket tempat "
    "tanggal_kejadian jam_kejadian anonim rahasia disampaikan diterima batas_tanggapan "
    "pertama_dijawab batas_selesai ditutup nomor_lapor status_lapor status_lapor_per judul cerita "
    "jawaban_terakhir lampiran"
)
COLUMNS = _COLUMNS.split()
WHO_COLUMNS = ["nama", "telepon", "surel", "akun", "tautan"]
# What a spreadsheet takes for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|")


def document(
    case: Case, *, files: Iterable[Mapping[str, Any]] = (), who: Any = None
) -> dict[str, Any]:
    """A case as `kasus.json` holds it; `case.shown_events` are those the reporter may read."""
    zone = case.mall.zone
    lapor = {
        "id": case.lapor_id,
        "status": case.lapor_status,
        "as_of": _moment(case.lapor_at, zone),
    }
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "number": case.number,
        "mall": case.mall.slug,
        "kind": case.kind,
        "level": case.level,
        "state": case.state,
        "channel": case.channel,
        "language": case.language,
        "subject": case.subject,
        "text": case.text,
        "place": case.place,
        "counter": case.counter_number,
        "happened_on": _iso(case.happened_on),
        "happened_time": case.happened_time and case.happened_time.isoformat("minutes"),
        "agency": _named(case.agency),
        "service": _named(case.service_type),
        "anonymous": case.anonymous,
        "confidential": case.confidential,
        "told_at": _moment(case.told_at, zone),
        "received_at": _moment(case.received_at, zone),
        "counted_from": _iso(case.counted_from),
        "promise": case.promise,
        "first_answer_due_on": _iso(case.first_answer_due_on),
        "first_answered_at": _moment(case.first_answered_at, zone),
        "completion_due_on": _iso(case.completion_due_on),
        "closed_at": _moment(case.closed_at, zone),
        "rating": case.rating,
        "lapor": lapor if case.lapor_id else None,
        "events": [
            {"kind": event.kind, "at": _moment(event.at, zone), "note": event.note}
            for event in case.shown_events  # type: ignore[attr-defined]
        ],
        "attachments": list(files),
        "reporter": {field: getattr(who, field) for field in WHO} if who else None,
    }


def write_package(
    target: IO[bytes],
    cases: Iterable[Case],
    *,
    mall: str,
    at: dt.datetime,
    path_of: Callable[[UUID], Path],
    who: Mapping[int, Any] | None = None,
) -> None:
    """Write a ZIP of cases, one after the other; a file is copied piece by piece.

    `case.shown_events` and `case.shown_files` are what the reporter may read; `who` holds, by the
    key of the case, the identities that may go along: None leaves them out.
    """
    numbers = []
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for case in cases:
            numbers.append(case.number)
            files = [
                _copy(package, f"{case.number}/lampiran/{place}", file, path_of(file.stored_as))
                for place, file in enumerate(case.shown_files, 1)  # type: ignore[attr-defined]
            ]
            held = document(case, files=files, who=(who or {}).get(case.pk))
            package.writestr(f"{case.number}/kasus.json", _json(held))
        of_all = {
            "schema": PACKAGE_SCHEMA,
            "version": VERSION,
            "mall": mall,
            "exported_at": at.isoformat(timespec="seconds"),
            "with_identity": who is not None,
            "cases": numbers,
        }
        package.writestr("paket.json", _json(of_all))


def _copy(package: zipfile.ZipFile, name: str, file: Attachment, source: Path) -> dict[str, Any]:
    """Copy a file into the ZIP and say what it is; a missing one is said, not hidden."""
    name = f"{name}.{_SUFFIXES.get(file.kind, 'bin')}"  # type: ignore[call-overload]
    digest, wanted, there = hashlib.sha256(), bytes(file.sha256), True
    try:
        with source.open("rb") as bytes_of:
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            with package.open(entry, "w") as copy:  # photos and PDFs are compressed already
                while piece := bytes_of.read(_PIECE):
                    digest.update(piece)
                    copy.write(piece)
    except FileNotFoundError:
        there = False
    return {
        "path": name,
        "kind": file.kind,
        "size": file.size,
        "sha256": wanted.hex(),
        "intact": there and digest.digest() == wanted,
    }


def write_csv(
    target: IO[bytes], cases: Iterable[Case], *, who: Mapping[int, Any] | None = None
) -> None:
    """Write one row a case, as UTF-8 with a byte order mark, for spreadsheets."""
    text = io.TextIOWrapper(target, "utf-8-sig", newline="", write_through=True)
    rows = csv.writer(text)
    rows.writerow([*COLUMNS, *(WHO_COLUMNS if who is not None else [])])
    for case in cases:
        row = _row(case)
        if who is not None:
            known = who.get(case.pk)
            row += [getattr(known, field) if known else "" for field in WHO]
        rows.writerow([safe_cell(value) for value in row])
    text.detach()


def _row(case: Case) -> list[Any]:
    held = document(case)
    answers = [e["note"] for e in held["events"] if e["kind"] == Step.ANSWERED]
    return [
        case.number,
        held["kind"],
        held["level"],
        held["state"],
        held["channel"],
        case.agency.code if case.agency else "",
        case.agency.name if case.agency else "",
        case.service_type.code if case.service_type else "",
        held["counter"],
        held["place"],
        held["happened_on"],
        held["happened_time"],
        _yes(case.anonymous),
        _yes(case.confidential),
        held["told_at"],
        held["received_at"],
        held["first_answer_due_on"],
        held["first_answered_at"],
        held["completion_due_on"],
        held["closed_at"],
        case.lapor_id,
        case.lapor_status,
        held["lapor"] and held["lapor"]["as_of"],
        held["subject"],
        held["text"],
        answers[-1] if answers else "",
        len(case.shown_files),  # type: ignore[attr-defined]
    ]


def safe_cell(value: Any) -> str:
    """A cell that no spreadsheet takes for a formula, also after spaces; None is empty."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) or text.lstrip()[:1] in {*_FORMULA} else text


def _yes(value: bool) -> str:
    return "ya" if value else "tidak"


def _iso(date: dt.date | None) -> str | None:
    return date.isoformat() if date else None


def _moment(at: dt.datetime | None, zone: ZoneInfo | dt.tzinfo) -> str | None:
    return at.astimezone(zone).isoformat(timespec="seconds") if at else None


def _named(row: Any) -> dict[str, str] | None:
    return {"code": row.code, "name": row.name} if row else None


def _json(held: Mapping[str, Any]) -> str:
    return json.dumps(held, ensure_ascii=False, indent=1)
