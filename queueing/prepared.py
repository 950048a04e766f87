"""Statements that PostgreSQL plans once per connection: planning is most of what they cost.

A statement is written with placeholders as ever; it is prepared when a connection first runs
it and only executed after that. Behind a pooler that hands out connections per transaction, set
DISABLE_SERVER_SIDE_CURSORS as Django asks for there: then every statement is sent whole.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection

_PLACE = re.compile(r"%\((\w+)\)s|%s|%%")
_prepared: WeakKeyDictionary[Any, dict[str, str]] = WeakKeyDictionary()


@lru_cache(maxsize=64)
def _parts(sql: str) -> tuple[str, str]:
    """The statement with $1, $2 ... in its places, and the arguments of its EXECUTE."""
    places: list[str] = []

    def number(found: re.Match[str]) -> str:
        place = found[0]
        if place == "%%":
            return "%"
        if place == "%s" or place not in places:
            places.append(place)
            return f"${len(places)}"
        return f"${places.index(place) + 1}"

    numbered = _PLACE.sub(number, sql)
    return numbered, ", ".join(places)


def execute(
    cursor: Any, sql: str, values: Mapping[str, object] | Sequence[object], *, before: str = ""
) -> None:
    """Run `sql` with `values` on Django's cursor, planned at most once per connection.

    `before` is a whole statement, its values in it, that is sent along and run first.
    """
    before = before.replace("%", "%%")
    if connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"):
        cursor.execute(before + sql, values)
        return
    link = connection.connection
    known = _prepared.setdefault(link, {})
    numbered, arguments = _parts(sql)
    name = known.get(sql)
    if name is None:
        name = f"mpp_{len(known) + 1}"
        with link.cursor() as plain:
            plain.execute(f"PREPARE {name} AS {numbered}")
        known[sql] = name
    cursor.execute(f"{before}EXECUTE {name} ({arguments})", values)
