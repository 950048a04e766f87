"""Deploy checks: what must not be so where real people are served."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection

from accounts.models import User
from mpp_portal.rehearsal.house import MAIL_DOMAIN
from notifications import nights, prices, vapid
from notifications.channels import sms, sms_report
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


@register()
def private_files_are_served_by_nobody(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """What people attach to complaints lies in no folder whose files have an address."""
    private = Path(settings.PRIVATE_ROOT).resolve()
    served = [Path(root).resolve() for root in (settings.MEDIA_ROOT, settings.STATIC_ROOT) if root]
    if not any(root == private or root in private.parents for root in served):
        return []
    hint = "Set PRIVATE_ROOT to a folder outside MEDIA_ROOT and STATIC_ROOT."
    return [Error("PRIVATE_ROOT lies in a folder that is served.", hint=hint, id="mpp_portal.E006")]


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
def nothing_of_the_demo_is_set(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """The demo catches messages instead of sending them; production does neither, and says so."""
    if not (settings.PRODUCTION and settings.DEMO):
        return []
    return [
        Error(
            "MPP_DEMO is set: the demo catches messages instead of sending them.",
            hint="Take MPP_DEMO and DEMO_CATCHES_MESSAGES out of the environment.",
            id="mpp_portal.E011",
        )
    ]


@register()
def push_has_its_key(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """A key that is missing or unreadable silences every phone; the services want to know us."""
    if "push" not in settings.NOTIFICATION_CHANNELS:
        return []
    found: list[CheckMessage] = []
    if not vapid.readable(settings.VAPID_PRIVATE_KEY):
        what = "not a key" if settings.VAPID_PRIVATE_KEY else "not set"
        hint = "Set it to what `manage.py vapid_key` prints, or take push out of the channels."
        words = f"NOTIFICATION_CHANNELS lists push, and VAPID_PRIVATE_KEY is {what}."
        found.append(Error(words, hint=hint, id="mpp_portal.E012"))
    if not settings.VAPID_SUBJECT.startswith(("mailto:", "https://")):
        hint = "A push service writes there when it has trouble with us."
        words = "VAPID_SUBJECT is neither a mailto: nor an https: address."
        found.append(Error(words, hint=hint, id="mpp_portal.E013"))
    if settings.PRODUCTION and any("://" in name for name in settings.PUSH_SERVICES):
        hint = "List host names: they are spoken to over TLS."
        words = "PUSH_SERVICES lists an origin, which is for tests."
        found.append(Error(words, hint=hint, id="mpp_portal.E014"))
    return found


@register()
def prices_can_be_read(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """A price that only looks like a number would be billed wrongly, or as nothing."""
    _, strange = prices.read(settings.MESSAGE_PRICES)
    if not strange:
        return []
    hint = "Rupiah for each part, without dots between thousands: whatsapp=450,sms=1250."
    words = f"MESSAGE_PRICES cannot be read: {', '.join(strange)}."
    return [Error(words, hint=hint, id="mpp_portal.E015")]


@register()
def quiet_hours_can_be_read(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Quiet hours that cannot be read would be none."""
    try:
        nights.span(settings.QUIET_HOURS)
    except ValueError:
        hint = "Write 21:00-06:00, or nothing for no quiet hours; midnight is 00:00."
        words = f"QUIET_HOURS cannot be read: {settings.QUIET_HOURS!r}."
        return [Error(words, hint=hint, id="mpp_portal.E016")]
    return []


_WHATSAPP = [f"WHATSAPP_{name}" for name in ("PHONE_ID", "TOKEN", "APP_SECRET", "VERIFY_TOKEN")]


@register(deploy=True)
def channels_are_set_up(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """A channel that is listed is offered to citizens: then it can send, and hear what became."""
    listed, wrong = settings.NOTIFICATION_CHANNELS, []
    if strange := sorted(set(listed) - set(prices.CHANNELS)):
        wrong.append((f"{', '.join(strange)}, which is no channel", "Mend the name."))
    if settings.PRODUCTION and "console" in listed:
        wrong.append(("console, which reaches nobody", "List push, email, whatsapp or sms."))
    if settings.PRODUCTION and "email" in listed and "console" in settings.EMAIL_BACKEND:
        wrong.append(("email, and EMAIL_URL is not set", "Name a mail server."))
    missing = [name for name in _WHATSAPP if not getattr(settings, name)]
    if "whatsapp" in listed and missing:
        hint = "Meta's page of the app and its number shows them."
        wrong.append((f"whatsapp, and not set: {', '.join(missing)}", hint))
    if "sms" in listed:
        try:
            sms.gateway()
            if settings.SMS_REPORT or settings.SMS_REPORT_SECRET:
                sms_report.reading()
            if settings.SMS_REPORT and not settings.SMS_REPORT_SECRET:
                words = "sms, and SMS_REPORT is set without SMS_REPORT_SECRET"
                wrong.append((words, "Reports without a secret are not taken."))
        except sms.NotReadable as error:
            wrong.append((f"sms: {error}", "README.md shows two gateways."))
    return [
        Error(f"NOTIFICATION_CHANNELS lists {what}.", hint=hint, id=f"mpp_portal.E02{number}")
        for number, (what, hint) in enumerate(wrong)
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
