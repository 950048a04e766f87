"""Whoever opens hidden data leaves a line that nobody can change, and old data goes away."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import Error, OperationalError, connection, transaction
from django.utils import translation

from privacy import erasure, rules, tasks
from privacy.models import RevealLog

AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def officer():
    return get_user_model().objects.create_user("petugas")


def look(officer, *, reason="Warga lupa membawa KTP", at=AT):
    rules.reveal(user=officer, subject="queueing.Visit.nik", reference="t-1", reason=reason, at=at)


@pytest.fixture
def holdings(monkeypatch):
    monkeypatch.setattr(erasure, "_holdings", {})


def test_a_look_is_written_down(officer):
    look(officer, reason="  Warga lupa \n membawa KTP ")
    line = RevealLog.objects.get()
    assert (line.user, line.subject, line.reference, line.at) == (
        officer, "queueing.Visit.nik", "t-1", AT,
    )  # fmt: skip
    assert line.reason == "Warga lupa membawa KTP"


@pytest.mark.parametrize("reason", ["", "    ", "abcd", "a   \n b"])
def test_without_a_reason_nothing_is_shown_or_written(officer, reason):
    with pytest.raises(rules.Refusal) as refused:
        look(officer, reason=reason)
    assert (refused.value.code, refused.value.status) == ("reason_needed", 422)
    with translation.override("id"):
        assert "alasan" in str(refused.value.fields["reason"])
    assert not RevealLog.objects.exists()


@pytest.mark.parametrize(
    "sql", ["UPDATE privacy_reveallog SET reason = 'lain'", "DELETE FROM privacy_reveallog"]
)
def test_the_database_refuses_to_change_or_delete_a_line(officer, sql):
    look(officer)
    with pytest.raises(Error, match="append-only"), transaction.atomic():
        connection.cursor().execute(sql)
    assert RevealLog.objects.get().reason == "Warga lupa membawa KTP"


def test_lines_older_than_the_retention_go_and_the_door_closes_behind(officer, settings):
    settings.RETENTION_LOG_DAYS = 10
    look(officer, at=AT - timedelta(days=11))
    look(officer, at=AT - timedelta(days=9))
    assert rules.erase_expired(at=AT)["privacy.RevealLog"] == 1
    assert RevealLog.objects.get().at == AT - timedelta(days=9)
    with pytest.raises(Error, match="append-only"), transaction.atomic():
        RevealLog.objects.all().delete()


@pytest.mark.usefixtures("holdings")
def test_a_place_that_fails_does_not_keep_the_others_waiting():
    def fail(at):
        raise OperationalError("lock timeout")

    ran = []
    erasure.register(name="a", holds="x", retention_days=lambda: 1, erase=fail)
    erasure.register(
        name="b", holds="y", retention_days=lambda: 1, erase=lambda at: ran.append(at) or 3
    )
    with pytest.raises(ExceptionGroup):
        rules.erase_expired(at=AT)
    assert ran == [AT]


@pytest.mark.usefixtures("holdings")
def test_a_place_is_listed_once():
    place = {"name": "a", "holds": "x", "retention_days": lambda: 1, "erase": lambda at: 0}
    erasure.register(**place)
    with pytest.raises(ValueError, match="twice"):
        erasure.register(**place)


def test_the_inventory_names_every_place_of_these_rooms():
    out = StringIO()
    call_command("personal_data", stdout=out, skip_checks=True)
    for name in ("privacy.RevealLog", "admin.LogEntry", "axes", "notifications.Message"):
        assert name in out.getvalue()


def test_the_task_runs_every_eraser():
    tasks.erase_expired()
