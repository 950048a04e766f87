"""Deploy checks: what must not be so where real people are served."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection

from accounts.models import User
from mpp_portal.rehearsal.house import MAIL_DOMAIN
from queueing import speech

_NEEDED = {
    "SECRET_KEY": "a long random text",
    "FIELD_KEYS": "32 random bytes in urlsafe base64",
    "BLIND_INDEX_KEY": "32 random bytes in urlsafe base64",
    "ALLOWED_HOSTS": "the host names of the portal, separated by commas",
}
_QUIET_LEVELS = {"panic"}


@register(deploy=True)
def nothing_is_missing(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Production needs keys and hosts of its own."""
    if not settings.PRODUCTION:
        return []
    return [
        Error(f"{name} is not set.", hint=f"Set {name} to {value}.", id=f"mpp_portal.E00{n}")
        for n, (name, value) in enumerate(_NEEDED.items(), start=1)
        if not _is_set(name)
    ]


def _is_set(name: str) -> bool:
    try:
        return bool(getattr(settings, name))
    except ImproperlyConfigured:  # so Django answers for an empty SECRET_KEY
        return False


@register(deploy=True)
def no_demo_log_ins(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """The demo's passwords are public."""
    if not settings.PRODUCTION:
        return []
    try:
        names = list(
            User.objects.filter(email__endswith=f"@{MAIL_DOMAIN}", is_active=True)
            .order_by("username")
            .values_list("username", flat=True)
        )
    except DatabaseError:
        return []
    if not names:
        return []
    return [
        Error(
            f"{len(names)} log-ins of the demo are active, for example {names[0]}.",
            hint="Their password is public: deactivate or delete them, or use another database.",
            id="mpp_portal.E010",
        )
    ]


@register(deploy=True)
def statements_are_not_logged(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """PostgreSQL's own log would hold what people typed: values stand in the statement text."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('log_statement'),"
                " current_setting('log_min_error_statement'),"
                " current_setting('log_min_duration_statement')"
            )
            statement, errors, duration = cursor.fetchone()
    except DatabaseError:
        return []
    found = []
    if statement != "none":
        found.append(f"log_statement = {statement}")
    if errors not in _QUIET_LEVELS:
        found.append(f"log_min_error_statement = {errors}")
    if duration != "-1":
        found.append(f"log_min_duration_statement = {duration}")
    if not found:
        return []
    return [
        Warning(
            f"PostgreSQL writes statements to its log: {', '.join(found)}.",
            hint="They hold personal data. Set log_statement = none, log_min_error_statement = "
            "panic and log_min_duration_statement = -1.",
            id="mpp_portal.W001",
        )
    ]


@register(deploy=True)
def the_hall_has_a_voice(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Without the robot only recorded words are heard; everything else works."""
    if not (why := speech.trouble()):
        return []
    return [
        Warning(
            f"The voice of the calls cannot be made: {why}.",
            hint="Install the wheel espeakng-loader for this machine, or record every word.",
            id="mpp_portal.W002",
        )
    ]
