"""What is left lying, what messages cost, and when their words and addresses go."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count, Q, Sum

from notifications.models import Message

State = Message.State
BACK_WITHIN = timedelta(hours=1)  # a message that failed is due again by then


# Written long before they are due: when that was is not known any more after a failure.
_PLANNED = ["reminder_day", "reminder_hours", "collect", "survey", "offer", "digest"]


def backlog(at: datetime) -> tuple[int, float]:
    """How many messages should have left by now, and for how many seconds the oldest has waited.

    With those that wait for another try: it is not their fault that they are due later now.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT sum(n), min(oldest) FROM (
                SELECT count(*) AS n, min(send_after) AS oldest FROM notifications_message
                WHERE state = 'due' AND send_after <= %(at)s
                UNION ALL
                SELECT count(*), min(send_after) FROM notifications_message
                WHERE state = 'claimed' AND claimed_until <= %(at)s
                UNION ALL
                SELECT count(*) FILTER (WHERE send_after > %(at)s),
                       min(created_at) FILTER (WHERE kind <> ALL(%(planned)s))
                FROM notifications_message
                WHERE state = 'due' AND send_after <= %(soon)s AND last_error <> ''
            ) AS late""",
            {"at": at, "soon": at + BACK_WITHIN, "planned": _PLANNED},
        )
        count, oldest = cursor.fetchone()
    return int(count), max((at - oldest).total_seconds(), 0.0) if oldest else 0.0


def parked(*, since: datetime) -> int:
    """How many messages were given up since then."""
    return Message.objects.filter(
        state=State.FAILED, erased_at=None, ended_at__isnull=False, ended_at__gte=since
    ).count()


def troubled(at: datetime) -> dict[str, int]:
    """By channel, how many messages failed in the last ten minutes and wait, or were given up.

    Asks only the near end of what is due: a message that failed comes back within the hour.
    """
    since, soon = at - timedelta(minutes=10), at + BACK_WITHIN
    rows = Message.objects.filter(
        Q(state=State.DUE, send_after__gt=since, send_after__lte=soon)
        | Q(state=State.FAILED, erased_at=None, ended_at__isnull=False, ended_at__gt=since)
    ).exclude(last_error__in=["", "left"])
    return dict(rows.values_list("channel").annotate(n=Count("pk")).order_by("channel"))


def costs(
    *, first: datetime, until: datetime, malls: Sequence[int] | None = None
) -> list[dict[str, Any]]:
    """Messages that left in [first, until): per channel, mall and agency their number and rupiah.

    Rows: channel, mall_id, agency_id, messages, parts_billed, cost_total (Decimal), undelivered.
    What the provider took and could not deliver is paid for and counts too.
    """
    undelivered = Q(report=Message.Report.UNDELIVERED)
    rows = Message.objects.filter(
        Q(state=State.SENT) | undelivered,
        ended_at__gte=first,
        ended_at__lt=until,
        rehearsal=False,
    )
    if malls is not None:
        rows = rows.filter(mall_id__in=malls)
    found = (
        rows.values("channel", "mall_id", "agency_id")
        .annotate(
            messages=Count("pk"),
            parts_billed=Sum("parts"),
            cost_total=Sum("cost"),
            undelivered=Count("pk", filter=undelivered),
        )
        .order_by("channel", "mall_id", "agency_id")
    )
    return [dict(row) for row in found]


def erase_ended(at: datetime) -> int:
    """Blank address and words of messages that ended RETENTION_MESSAGE_DAYS ago."""
    before = at - timedelta(days=settings.RETENTION_MESSAGE_DAYS)
    return Message.objects.filter(erased_at=None, ended_at__lt=before).update(
        address=None, routes=None, person_key=None, provider_id="", context={}, erased_at=at
    )
