"""What signing in and working in the admin leave behind about the staff."""

from datetime import datetime, timedelta

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef

from accounts.models import SignIn
from privacy import erasure
from privacy.rules import log_retention_days


def erase_admin_log(at: datetime) -> int:
    """Delete entries of the admin's log past the retention of logs."""
    before = at - timedelta(days=log_retention_days())
    return LogEntry.objects.filter(action_time__lt=before).delete()[0]


def erase_sign_ins(at: datetime) -> int:
    """Delete attempts to sign in (user name, IP address, browser) past the retention of logs."""
    before = at - timedelta(days=log_retention_days())
    tables = (AccessAttempt, AccessFailureLog, AccessLog)
    return sum(table.objects.filter(attempt_time__lt=before).delete()[0] for table in tables)


def erase_sessions(at: datetime) -> int:
    """Delete sessions that are over, and the rows of the list of one's own sessions with them."""
    gone = Session.objects.filter(expire_date__lt=at).delete()[0]
    alive = Session.objects.filter(session_key=OuterRef("session_key"))
    return gone + SignIn.objects.filter(~Exists(alive)).delete()[0]


erasure.register(
    name="admin.LogEntry",
    holds="who of the staff changed what in the admin",
    retention_days=log_retention_days,
    erase=erase_admin_log,
)
erasure.register(
    name="axes",
    holds="user name, IP address and browser of attempts to sign in",
    retention_days=log_retention_days,
    erase=erase_sign_ins,
)
erasure.register(
    name="sessions",
    holds="which account a browser is signed in with, which browser, and when, until it is over",
    retention_days=lambda: 0,
    erase=erase_sessions,
)
