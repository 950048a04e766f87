"""The tables of a test that commits become empty again: row by row where few of them hold any.

TRUNCATE makes a new file for each of several hundred tables and indexes, and Django then lays out
its own rows anew. Here the rows go and what a new database holds stays. Django's own way is taken
where that was changed, and where the database's user may not pass over its triggers.
"""

from typing import Any

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.db.models.signals import post_migrate
from django.dispatch import receiver
from django.test import TransactionTestCase

STANDING = [ContentType._meta.db_table, Permission._meta.db_table]
_known: list[str] = []  # what stands in them since they were laid out


def empty_quickly() -> None:
    """Put the quick way in front of Django's own."""
    thoroughly = TransactionTestCase._fixture_teardown

    def teardown(case: TransactionTestCase) -> None:
        if case.available_apps is not None or not _emptied():
            thoroughly(case)
            _known[:] = [_standing()]

    TransactionTestCase._fixture_teardown = teardown


def _emptied() -> bool:
    """Whether all is gone but what stands, and that is as it was."""
    if not _known or not _may_pass_over_triggers():
        return False
    name = connection.ops.quote_name
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        tables = connection.introspection.django_table_names()
        cursor.execute(f"LOCK TABLE {', '.join(map(name, tables))}")
        gone = [f"DELETE FROM {name(t)}" for t in tables if t not in STANDING]  # noqa: S608
        cursor.execute(";".join(gone))
        return [_standing()] == _known


def _standing() -> str:
    """The rows that a new database holds, as one sum."""
    sums = [f"(SELECT md5(string_agg(t::text, '' ORDER BY id)) FROM {t} t)" for t in STANDING]  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT concat({', '.join(sums)})")
        return cursor.fetchone()[0]


def _may_pass_over_triggers() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT usesuper FROM pg_user WHERE usename = current_user")
        return cursor.fetchone()[0]


@receiver(post_migrate)
def _laid_out_anew(**_: Any) -> None:
    _known.clear()
