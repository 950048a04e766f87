"""Rows into tables by COPY: many at once, with ids taken from the sequences beforehand."""

import datetime as dt
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Any

from django.db import connection


def number_rows(model: Any, rows: Sequence[Any]) -> None:
    """Give unsaved rows the next ids of their table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, len(rows)],
        )
        for row, (pk,) in zip(rows, cursor.fetchall(), strict=True):
            row.pk = pk


def copy(model: Any, rows: Sequence[Any], *, skip: Iterable[str] = ()) -> None:
    """Insert rows of a model; encrypted columns stay empty, others keep the table's default."""
    fields = [
        f
        for f in model._meta.concrete_fields
        if f.attname not in skip and (f.has_default() or not f.has_db_default())
    ]
    # an empty encrypted text is the same for all who gave none
    empty = {
        f.attname: cell(bytes(f.get_db_prep_value("", connection).adapted))
        for f in fields
        if f.get_internal_type() == "EncryptedTextField"
    }
    names = [f.attname for f in fields]
    lines = (
        "\t".join(empty[n] if n in empty else cell(getattr(row, n)) for n in names) for row in rows
    )
    copy_lines(model, [f.column for f in fields], lines)


def copy_lines(model: Any, columns: Sequence[str], lines: Iterable[str]) -> None:
    """Insert lines of tab-separated cells."""
    file = StringIO("\n".join(lines))
    if not file.getvalue():
        return
    quoted = ", ".join(connection.ops.quote_name(column) for column in columns)
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {model._meta.db_table} ({quoted}) FROM STDIN", file)


def cell(value: Any) -> str:
    """A value in the text format of COPY."""
    if value is None:
        return r"\N"
    if value.__class__ is int:
        return str(value)
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, dt.datetime):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return r"\\x" + bytes(value).hex()
    if isinstance(value, list):
        return "{" + ",".join(map(str, value)) + "}"
    text = str(value)
    if "\\" in text or "\t" in text or "\n" in text:
        text = text.replace("\\", r"\\").replace("\t", r"\t").replace("\n", r"\n")
    return text
