"""The papers as one file: their names, where they are had and who makes them, all or nothing."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from services.catalogue import Result, RowOutcome
from services.catalogue_file import RowError, read_table, text_cell
from services.models import Mall, Paper, ServiceType

READERS = {
    "name_id": text_cell(200, required=True),
    "name_en": text_cell(200),
    "where_id": text_cell(300),
    "where_en": text_cell(300),
    "made_by_code": text_cell(30),
}
FIELDS = {
    "name_id": "name_ind",  # modeltranslation: "_id" is for foreign keys
    "name_en": "name_en",
    "where_id": "where_ind",
    "where_en": "where_en",
    "made_by_code": "made_by_id",
}


def import_papers(*, mall: Mall, data: bytes, dry_run: bool = False) -> Result:
    """Load a file of papers into the mall: every row, or none and the list of errors.

    A paper is known by its Indonesian name, without regard to case. Papers that the file does not
    name stay as they are.
    """
    lines, errors = read_table(data, readers=READERS, empty=_("Berkas ini tidak berisi nama."))
    with transaction.atomic():
        Mall.objects.select_for_update(no_key=True).get(pk=mall.pk)
        codes = ServiceType.objects.filter(agency__mall=mall).values_list("code", "pk")
        services = dict(codes)
        errors += [*_repeats(lines), *_unknown_makers(lines, services)]
        if errors:
            return Result(errors=tuple(sorted(errors, key=lambda error: error.row)))
        papers = {paper.name_ind.lower(): paper for paper in Paper.objects.filter(mall=mall)}
        outcomes = [_write(mall, line, row, papers, services) for line, row in lines]
        if dry_run:
            transaction.set_rollback(True)
    return Result(rows=tuple(outcomes))


def _write(
    mall: Mall,
    line: int,
    row: dict[str, Any],
    papers: dict[str, Paper],
    services: dict[str, int],
) -> RowOutcome:
    paper = papers.get(row["name_id"].lower())
    created = paper is None
    paper = paper or Paper(mall=mall)
    values = row | {"made_by_code": services.get(row["made_by_code"])}
    changes = [
        column
        for column, name in FIELDS.items()
        if (getattr(paper, name) or None) != (values[column] or None)
    ]
    for column in changes:
        setattr(paper, FIELDS[column], values[column])
    if created:
        paper.save()
    elif changes:
        paper.save(update_fields=[FIELDS[column] for column in changes])
    kind = "created" if created else "updated" if changes else "unchanged"
    code, name = row["made_by_code"], row["name_id"]
    return RowOutcome(line, code, name, kind, () if created else tuple(changes))


def _repeats(lines: list[tuple[int, dict[str, Any]]]) -> list[RowError]:
    message = _("Nama ini sudah tertulis di baris %(line)d.")
    first: dict[str, int] = {}
    return [
        RowError(line, "name_id", message % {"line": first[name]})
        for line, row in lines
        if first.setdefault(name := row["name_id"].lower(), line) != line
    ]


def _unknown_makers(
    lines: list[tuple[int, dict[str, Any]]], services: dict[str, int]
) -> list[RowError]:
    message = _("Tidak ada layanan dengan kode %(code)s di mal ini.")
    return [
        RowError(line, "made_by_code", message % {"code": row["made_by_code"]})
        for line, row in lines
        if row["made_by_code"] and row["made_by_code"] not in services
    ]
