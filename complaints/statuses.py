"""A table of statuses from SP4N-LAPOR!: read, compared with what is known, and written down."""

import csv
import datetime as dt
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from complaints import rules
from complaints.codes import NUMBER_PATTERN, read_number
from complaints.models import Case
from complaints.refusals import Refusal
from services.catalogue_file import CellError, RowError, read_table, text_cell
from services.models import Mall

MOST_BYTES, MOST_ROWS = 500_000, 2_000
NEW, SAME, OLDER, UNKNOWN, TWICE, TAKEN = "new", "same", "older", "unknown", "twice", "taken"
_DATES = ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y")


@dataclass(frozen=True)
class Line:
    """What one line of the file would do. `outcome` is NEW where it changes something."""

    row: int
    outcome: str
    number: str
    lapor_id: str
    status: str
    date: dt.date | None
    case: Case | None = None


def read(data: bytes) -> tuple[list[tuple[int, dict[str, Any]]], list[RowError]]:
    """The rows of a CSV with lapor_id and/or nomor, status, tanggal; and every fault by its line.

    Semicolons between the columns are read too: spreadsheets here write them.
    """
    if len(data) > MOST_BYTES:
        text = _("Berkas lebih besar dari %(limit)d KB. Bagi menjadi beberapa berkas.")
        return [], [RowError(1, "", text % {"limit": MOST_BYTES // 1000})]
    rows, errors = read_table(
        _with_commas(data),
        readers=READERS,
        optional=["lapor_id", "nomor", "tanggal"],
        empty=_("Berkas ini tidak berisi status."),
    )
    if len(rows) > MOST_ROWS:
        text = _("Berkas berisi lebih dari %(limit)d baris. Bagi menjadi beberapa berkas.")
        return [], [RowError(rows[MOST_ROWS][0], "", text % {"limit": MOST_ROWS})]
    nameless = [line for line, row in rows if not (row.get("lapor_id") or row.get("nomor"))]
    errors += [RowError(line, "", _("Isi nomor LAPOR! atau nomor pengaduan.")) for line in nameless]
    return [row for row in rows if row[0] not in nameless], sorted(errors, key=lambda e: e.row)


def compare(rows: list[tuple[int, dict[str, Any]]], *, mall: Mall, by: Any) -> list[Line]:
    """What each row would do to the cases of the mall that the person sees; two queries.

    A status older than the one that is known changes nothing; of two rows about a case the first
    counts.
    """
    cases = Case.objects.visible_to(by).filter(mall=mall, erased_at=None)
    ids = {row["lapor_id"] for _line, row in rows if row.get("lapor_id")}
    numbers = {row["nomor"] for _line, row in rows if row.get("nomor")}
    by_number = {case.number: case for case in cases.filter(number__in=numbers)}
    by_id = {case.lapor_id: case for case in cases.filter(lapor_id__in=ids)}
    lines, done = [], set()
    for line, row in rows:
        number, lapor_id = row.get("nomor", ""), row.get("lapor_id", "")
        case = by_number.get(number) if number else by_id.get(lapor_id)
        outcome = _outcome(case, row, by_id, mall)
        if case is not None and outcome in {NEW, SAME, OLDER}:
            outcome = TWICE if case.pk in done else outcome
            done.add(case.pk)
        lapor_id = lapor_id or (case.lapor_id if case else "")
        number = case.number if case else number
        lines.append(Line(line, outcome, number, lapor_id, row["status"], row.get("tanggal"), case))
    return lines


def _outcome(
    case: Case | None,
    row: Mapping[str, Any],
    by_id: Mapping[str, Case],
    mall: Mall,
) -> str:
    lapor_id, date = row.get("lapor_id", ""), row.get("tanggal")
    if case is None or not (lapor_id or case.lapor_id):
        return UNKNOWN
    if lapor_id and by_id.get(lapor_id, case).pk != case.pk:
        return TAKEN
    if (case.lapor_id, case.lapor_status) == (lapor_id or case.lapor_id, row["status"]):
        return SAME
    if date and case.lapor_at and date < case.lapor_at.astimezone(mall.zone).date():
        return OLDER
    return NEW


def write_down(
    lines: list[Line], *, mall: Mall, by: Any, at: dt.datetime
) -> tuple[int, list[tuple[int, str]]]:
    """Write each new status down; how many were, and (line, why) of those that were refused.

    Each is a transaction of its own: what is refused keeps none of the others back.
    """
    written, refused = 0, []
    for line in lines:
        if line.outcome != NEW or line.case is None:
            continue
        try:
            rules.link_to_lapor(
                case_id=line.case.pk,
                lapor_id=line.lapor_id,
                status=line.status,
                by=by,
                at=at,
                as_of=_moment(line.date, mall, at),
            )
            written += 1
        except Refusal as refusal:
            refused.append((line.row, refusal.message))
    return written, refused


def _moment(date: dt.date | None, mall: Mall, at: dt.datetime) -> dt.datetime:
    """Noon of the day of a status; now for today's."""
    noon = dt.datetime.combine(date, dt.time(12), mall.zone) if date else at
    return min(noon, at)


def _with_commas(data: bytes) -> bytes:
    """The same table with commas, where its first line has semicolons only."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data  # said by who reads on
    first = text.partition("\n")[0]
    if ";" not in first or "," in first:
        return data
    written = io.StringIO()
    try:
        csv.writer(written).writerows(csv.reader(io.StringIO(text, newline=""), delimiter=";"))
    except csv.Error:
        return data
    return written.getvalue().encode()


def _plain(cell: str) -> str:
    return cell.removeprefix("'").strip()  # as a spreadsheet keeps digits from becoming a number


def _said(read: Callable[[str], str]) -> Callable[[str], str]:
    """A reader of cells that says a rule's refusal; an empty cell stays empty."""

    def read_cell(cell: str) -> str:
        try:
            return read(_plain(cell)) if _plain(cell) else ""
        except Refusal as refusal:
            raise CellError(refusal.message) from refusal

    return read_cell


def _number(cell: str) -> str:
    number = read_number(_plain(cell))
    if number and not re.fullmatch(NUMBER_PATTERN, number):
        raise CellError(_("Nomor pengaduan terdiri dari 8 huruf dan angka."))
    return number


def _status(cell: str) -> str:
    return _said(rules.read_lapor_status)(text_cell(500, required=True)(cell))


def _date(cell: str) -> dt.date | None:
    if not cell:
        return None
    for form in _DATES:
        try:
            date = dt.datetime.strptime(cell, form).date()
        except ValueError:
            continue
        if 2000 <= date.year < 2100:
            return date
    raise CellError(_("Tulis tanggal seperti 2026-11-25 atau 25/11/2026."))


READERS: dict[str, Callable[[str], Any]] = {
    "lapor_id": _said(rules.read_lapor_id),
    "nomor": _number,
    "status": _status,
    "tanggal": _date,
}
