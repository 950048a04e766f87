"""What is left lying, what messages cost, and when their words and addresses go."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count, Q, Sum

from notifications.models import Message

State = Message.State


def backlog(at: datetime) -> tuple[int, float]:
    """How many messages should have left by now, and for how many seconds the oldest has waited."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT sum(n), min(oldest) FROM (
                SELECT count(*) AS n, min(send_after) AS oldest FROM notifications_message
                WHERE state = 'due' AND send_after <= %(at)s
                UNION ALL
                SELECT count(*), min(send_after) FROM notifications_message
                WHERE state = 'claimed' AND claimed_until <= %(at)s
            ) AS late""",
            {"at": at},
        )
        count, oldest = cursor.fetchone()
    return int(count), (at - oldest).total_seconds() if oldest else 0.0


def parked(*, since: datetime) -> int:
    """How many messages were given up since then."""
    return Message.objects.filter(
        state=State.FAILED, erased_at=None, ended_at__isnull=False, ended_at__gte=since
    ).count()


def troubled(at: datetime) -> dict[str, int]:
    """By channel, how many messages failed in the last ten minutes and wait, or were given up.

    Asks only the near end of what is due: a message that failed comes back within the hour.
    """
    since, soon = at - timedelta(minutes=10), at + timedelta(hours=1)
    rows = Message.objects.filter(
        Q(state=State.DUE, send_after__gt=since, send_after__lte=soon, attempts__gt=0)
        | Q(state=State.FAILED, erased_at=None, ended_at__isnull=False, ended_at__gt=since)
    ).exclude(last_error__in=["", "left"])
    return dict(rows.values_list("channel").annotate(n=Count("pk")).order_by("channel"))


def costs(*, first: datetime, until: datetime) -> list[dict[str, Any]]:
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
        address=None, routes=None, person_key=None, context={}, erased_at=at
    )
