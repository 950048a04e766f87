"""Deploy checks: production with something missing, or with the demo in it, is told so."""

import pytest
from django.db import connection

from accounts.models import User
from mpp_portal import checks
from mpp_portal.rehearsal.house import MAIL_DOMAIN


@pytest.fixture
def production(settings):
    settings.PRODUCTION = True
    return settings


@pytest.mark.parametrize("name", ["SECRET_KEY", "FIELD_KEYS", "BLIND_INDEX_KEY", "ALLOWED_HOSTS"])
def test_a_missing_key_is_named(production, name):
    assert checks.nothing_is_missing(None) == []
    setattr(production, name, "")
    (error,) = checks.nothing_is_missing(None)
    assert error.is_serious()
    assert name in error.msg


def test_an_active_log_in_of_the_demo_is_an_error(production, db):
    assert checks.no_demo_log_ins(None) == []
    user = User.objects.create(username="petugas-c-1", email=f"petugas-c-1@{MAIL_DOMAIN}")
    (error,) = checks.no_demo_log_ins(None)
    assert error.is_serious()
    assert "petugas-c-1" in error.msg
    user.is_active = False
    user.save(update_fields=["is_active"])
    assert checks.no_demo_log_ins(None) == []


def test_elsewhere_nothing_is_demanded(settings, db):
    settings.PRODUCTION = False
    settings.SECRET_KEY = ""
    User.objects.create(username="admin", email=f"admin@{MAIL_DOMAIN}")
    assert checks.nothing_is_missing(None) == checks.no_demo_log_ins(None) == []


@pytest.mark.parametrize(
    ("name", "value"), [("log_statement", "all"), ("log_min_error_statement", "error")]
)
def test_a_server_that_logs_statements_is_warned_about(db, name, value):
    quiet = {
        "log_statement": "none",
        "log_min_error_statement": "panic",
        "log_min_duration_statement": "-1",
    }
    with connection.cursor() as cursor:
        for setting, wanted in quiet.items():
            cursor.execute("SELECT set_config(%s, %s, true)", [setting, wanted])
        assert checks.statements_are_not_logged(None) == []
        cursor.execute("SELECT set_config(%s, %s, true)", [name, value])
    (warning,) = checks.statements_are_not_logged(None)
    assert name in warning.msg
