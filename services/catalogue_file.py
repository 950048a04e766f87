"""Reading the catalogue's CSV file: its columns, and what may stand in each cell."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from services.models import ServiceType

MAX_BYTES = 5_000_000
_COLUMNS = (
    "code agency_code agency_name service_name_id service_name_en requirements "
    "duration_minutes_at_counter processing_days fee_rupiah legal_basis output_product "
    "online_possible booking_mode external_system needs_nik needs_person_present synonyms theme"
)
COLUMNS = _COLUMNS.split()
OPTIONAL_COLUMNS = ["external_url"]


@dataclass(frozen=True)
class RowError:
    """What is wrong with one cell; `row` is the line of the file, `column` "" the whole line."""

    row: int
    column: str
    message: str


class CellError(Exception):
    """A cell cannot be read; the text says what to write instead."""

    def __init__(self, message: str | Promise) -> None:
        super().__init__(str(message))


def read(data: bytes) -> tuple[list[tuple[int, dict[str, Any]]], list[RowError]]:
    """Return the checked rows of a file with their line numbers, and every error found."""
    rows, errors = read_table(
        data,
        readers=READERS,
        optional=OPTIONAL_COLUMNS,
        empty=_("Berkas ini tidak berisi layanan."),
    )
    unnamed = _("Layanan “external” harus menyebut sistem nasionalnya, misalnya M-Paspor.")
    errors += [
        RowError(line, "external_system", str(unnamed))
        for line, row in rows
        if row["booking_mode"] == "external" and row["external_system"] == ""
    ]
    return rows, sorted(errors, key=lambda error: error.row) + _repeats(rows)


def read_table(
    data: bytes,
    *,
    readers: Mapping[str, Callable[[str], Any]],
    optional: Sequence[str] = (),
    empty: str | Promise,
) -> tuple[list[tuple[int, dict[str, Any]]], list[RowError]]:
    """Return the rows of any such file, each cell read by its column's reader, and every error.

    A row with a wrong cell is left out; `empty` is said of a file without rows.
    """
    try:
        header_line, header, records = _records(data)
    except _FileError as error:
        return [], [RowError(error.row, "", str(error))]
    errors = _header_errors(header_line, header, list(readers), optional)
    if errors:
        return [], errors
    rows: list[tuple[int, dict[str, Any]]] = []
    try:
        for line, cells in records:
            row, wrong = _checked(line, header, cells, readers)
            errors += wrong
            if not wrong:
                rows.append((line, row))
    except csv.Error:
        line = rows[-1][0] + 1 if rows else header_line
        errors.append(
            RowError(line, "", str(_("Baris ini tidak dapat dibaca. Periksa tanda kutipnya.")))
        )
    if not rows and not errors:
        errors.append(RowError(header_line, "", str(empty)))
    return rows, errors


class _FileError(Exception):
    def __init__(self, row: int, message: str | Promise) -> None:
        super().__init__(str(message))
        self.row = row


def _records(data: bytes) -> tuple[int, list[str], Iterator[tuple[int, list[str]]]]:
    """Return the header's line and cells, and an iterator of (line, cells) without comments."""
    if len(data) > MAX_BYTES:
        raise _FileError(1, _("Berkas terlalu besar. Batasnya 5 MB."))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _FileError(
            line,
            _("Huruf pada baris ini bukan UTF-8. Simpan ulang berkas sebagai “CSV UTF-8”."),
        ) from error
    lines = text.splitlines(keepends=True)
    above = 0
    while above < len(lines) and (lines[above].startswith("#") or not lines[above].strip()):
        above += 1
    if above == len(lines):
        raise _FileError(1, _("Berkas ini kosong. Baris pertama harus berisi nama kolom."))
    reader = csv.reader(io.StringIO("".join(lines[above:]), newline=""))
    try:
        header = [cell.strip() for cell in next(reader)]
    except csv.Error as error:
        raise _FileError(above + 1, _("Baris nama kolom tidak dapat dibaca.")) from error

    def rest() -> Iterator[tuple[int, list[str]]]:
        line = above + reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells) and not cells[0].startswith("#"):
                yield line, cells
            line = above + reader.line_num + 1

    return above + 1, header, rest()


def _header_errors(
    line: int, header: list[str], columns: Sequence[str], optional: Sequence[str]
) -> list[RowError]:
    if len(header) == 1 and ";" in header[0]:
        message = _("Kolom berkas ini dipisah titik koma. Simpan ulang dengan pemisah koma.")
        return [RowError(line, "", str(message))]
    errors = [
        RowError(line, column, str(_("Kolom ini tidak ada. Tambahkan kolomnya.")))
        for column in columns
        if column not in header and column not in optional
    ]
    errors += [
        RowError(line, column, str(_("Kolom ini tidak dikenal. Hapus atau perbaiki namanya.")))
        for column in header
        if column not in columns
    ]
    errors += [
        RowError(line, column, str(_("Kolom ini tertulis dua kali.")))
        for column in sorted(set(header))
        if header.count(column) > 1
    ]
    return errors


def _checked(
    line: int,
    header: list[str],
    cells: list[str],
    readers: Mapping[str, Callable[[str], Any]],
) -> tuple[dict[str, Any], list[RowError]]:
    """Read one line; every wrong cell is an error of its own."""
    if len(cells) != len(header):
        message = _(
            "Baris ini berisi %(found)d kolom, seharusnya %(expected)d. "
            "Teks yang memuat koma harus diapit tanda kutip."
        ) % {"found": len(cells), "expected": len(header)}
        return {}, [RowError(line, "", message)]
    row, errors = {}, []
    for column, cell in zip(header, cells, strict=True):
        try:
            row[column] = readers[column](_plain(cell))
        except CellError as error:
            errors.append(RowError(line, column, str(error)))
    return row, errors


def _repeats(rows: list[tuple[int, dict[str, Any]]]) -> list[RowError]:
    """Find codes used twice, and agencies that have two names."""
    errors = []
    codes: dict[str, int] = {}
    names: dict[str, tuple[int, str]] = {}
    for line, row in rows:
        first = codes.setdefault(row["code"], line)
        if first != line:
            message = _("Kode %(code)s sudah dipakai di baris %(line)d.")
            values = {"code": row["code"], "line": first}
            errors.append(RowError(line, "code", message % values))
        first, name = names.setdefault(row["agency_code"], (line, row["agency_name"]))
        if name != row["agency_name"]:
            message = _("Nama instansi ini berbeda dari baris %(line)d untuk kode yang sama.")
            errors.append(RowError(line, "agency_name", message % {"line": first}))
    return errors


def _plain(cell: str) -> str:
    if re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", cell):
        raise CellError(_("Ada karakter yang tidak terlihat. Ketik ulang isinya."))
    return cell.strip()


def text_cell(limit: int, *, required: bool = False) -> Callable[[str], str]:
    """Return a reader of a text of at most `limit` characters."""

    def read_text(cell: str) -> str:
        if required and not cell:
            raise CellError(_("Kolom ini wajib diisi."))
        if len(cell) > limit:
            raise CellError(
                _("Teks ini terlalu panjang. Batasnya %(limit)d huruf.") % {"limit": limit}
            )
        return cell

    return read_text


def _code(limit: int) -> Callable[[str], str]:
    read_text = text_cell(limit, required=True)

    def read_code(cell: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", read_text(cell)):
            raise CellError(_("Kode hanya boleh berisi huruf, angka, dan tanda hubung."))
        return cell

    return read_code


def _list(limit: int) -> Callable[[str], list[str]]:
    read_text = text_cell(limit)

    def read_list(cell: str) -> list[str]:
        return [read_text(part.strip()) for part in cell.split(";") if part.strip()]

    return read_list


def _number(lowest: int, highest: int, *, empty: bool = False) -> Callable[[str], int | None]:
    def read_number(cell: str) -> int | None:
        if empty and not cell:
            return None
        if not re.fullmatch(r"-?[0-9]{1,12}", cell):
            raise CellError(
                _("“%(cell)s” bukan bilangan bulat. Tulis angka saja, misalnya 15000.")
                % {"cell": cell[:40]}
            )
        if not lowest <= int(cell) <= highest:
            raise CellError(
                _("Angka ini harus antara %(lowest)d dan %(highest)d.")
                % {"lowest": lowest, "highest": highest}
            )
        return int(cell)

    return read_number


def _yes_no(cell: str) -> bool:
    try:
        return {"yes": True, "ya": True, "no": False, "tidak": False}[cell.lower()]
    except KeyError:
        raise CellError(_("Tulis “yes” atau “no”.")) from None


def _booking_mode(cell: str) -> str:
    if cell not in ServiceType.BookingMode.values:
        raise CellError(
            _("Cara ambil nomor tidak dikenal. Pilihannya: %(choices)s.")
            % {"choices": ", ".join(ServiceType.BookingMode.values)}
        )
    return cell


def _address(cell: str) -> str:
    if cell:
        try:
            URLValidator(schemes=["https"])(text_cell(200)(cell))
        except ValidationError:
            raise CellError(_("Alamat harus lengkap dan diawali https://.")) from None
    return cell


READERS: dict[str, Callable[[str], Any]] = {
    "code": _code(30),
    "agency_code": _code(20),
    "agency_name": text_cell(160, required=True),
    "service_name_id": text_cell(200, required=True),
    "service_name_en": text_cell(200),
    "requirements": _list(300),
    "duration_minutes_at_counter": _number(1, 600),
    "processing_days": _number(0, 999),
    "fee_rupiah": _number(0, 2_000_000_000, empty=True),
    "legal_basis": text_cell(2000),
    "output_product": text_cell(300),
    "online_possible": _yes_no,
    "booking_mode": _booking_mode,
    "external_system": text_cell(80),
    "external_url": _address,
    "needs_nik": _yes_no,
    "needs_person_present": _yes_no,
    "synonyms": _list(80),
    "theme": text_cell(60),
}
