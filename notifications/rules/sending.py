"""A worker's round: claim what is due, send it outside of any transaction, mark what came of it."""

import logging
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Case, Count, F, Value, When

from notifications import nights, texts
from notifications.channels import (  # noqa: F401  (they register themselves)
    base,
    console,
    email,
    push,
    sms,
    whatsapp,
)
from notifications.models import Message
from notifications.rules.marking import (
    AT_ONCE,
    BEFORE_THE_NEXT,
    LEFT,
    MAX_ATTEMPTS,
    Round,
    failed,
    mark,
    next_route,
)
from notifications.rules.outbox import WITHOUT_SECRET, readable, reference_of
from privacy.fields import Undecryptable

logger = logging.getLogger(__name__)
State, Kind = Message.State, Message.Kind
LEASE = timedelta(seconds=60)
IN_FLIGHT = 16  # leave together and are marked together: what a killed worker may send again
ONE_CLAIMER_PER_ROW = "FOR UPDATE SKIP LOCKED"
# May come at night: the person has just asked for it, or is in the hall or on the way.
AT_NIGHT = {
    *{Kind.CODE, Kind.LINK, Kind.BOOKED, Kind.RESCHEDULED, Kind.CANCELLED},
    *{Kind.CALLED, Kind.AHEAD, Kind.PAUSED},
}
# So many a day are enough for anybody; the others are never withheld, and offers are counted where
# they are made.
CAPPED = {Kind.REMINDER_DAY, Kind.REMINDER_HOURS, Kind.SURVEY, Kind.DIGEST}


@transaction.atomic(durable=True)
def claim(*, limit: int, at: datetime) -> list[int]:
    """Lease up to `limit` messages for 60 s and return their ids.

    Those with a dead lease first, then what a person waits for now: a call never stands behind the
    ten thousand reminders of four o'clock.
    """
    sql = f"""
        WITH stale AS (
            SELECT id FROM notifications_message
            WHERE state = 'claimed' AND claimed_until <= %(at)s
            ORDER BY claimed_until LIMIT %(limit)s {ONE_CLAIMER_PER_ROW}
        ), urgent AS (
            SELECT id FROM notifications_message
            WHERE state = 'due' AND kind IN ('ahead', 'called', 'code') AND send_after <= %(at)s
            ORDER BY send_after LIMIT %(limit)s {ONE_CLAIMER_PER_ROW}
        ), ripe AS (
            SELECT id FROM notifications_message WHERE state = 'due' AND send_after <= %(at)s
            ORDER BY send_after LIMIT %(limit)s {ONE_CLAIMER_PER_ROW}
        ), chosen AS (
            SELECT id FROM stale UNION ALL SELECT id FROM urgent UNION ALL SELECT id FROM ripe
             LIMIT %(limit)s
        )
        UPDATE notifications_message AS message SET state = 'claimed', claimed_until = %(lease)s
        FROM chosen WHERE message.id = chosen.id RETURNING message.id
    """  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, {"at": at, "limit": limit, "lease": at + LEASE})
        return [row[0] for row in cursor.fetchall()]


@dataclass(frozen=True)
class Done:
    """What came of a round: how many messages it took up, and how many of them were sent."""

    claimed: int
    sent: int


def send_due(*, at: datetime, limit: int = 200) -> int:
    """Claim what is due, send it, mark it; return how many were sent."""
    return one_round(at=at, limit=limit).sent


def one_round(*, at: datetime, limit: int = 200) -> Done:
    """Claim what is due, send it, mark it.

    Up to IN_FLIGHT leave side by side; what was in flight when a worker was lost leaves alone:
    it may be what killed it. A channel that is found down is left alone for the rest of the round.
    """
    started = time.monotonic()
    ids = claim(limit=limit, at=at)
    this = Round(lease=at + LEASE)
    sent = 0
    try:
        for some in _batches(ids):
            now = at + timedelta(seconds=time.monotonic() - started)
            ready = _begin(some, this, now)
            outgoing = [_unless_down(message, this, now) for message in ready]
            results = list(_pool().map(_send, [m.channel for m in ready], outgoing))
            now = at + timedelta(seconds=time.monotonic() - started)
            sent += mark(ready, results, this, now)
    finally:
        base.rest()
    return Done(len(ids), sent)


def _batches(ids: Sequence[int]) -> list[list[int]]:
    suspects = Message.objects.filter(pk__in=ids, last_error=LEFT).values_list("pk", flat=True)
    alone = set(suspects) if ids else set()
    others = [pk for pk in ids if pk not in alone]
    together = [others[n : n + IN_FLIGHT] for n in range(0, len(others), IN_FLIGHT)]
    return [[pk] for pk in ids if pk in alone] + together


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    """Made in the process that sends, after the worker has forked."""
    return ThreadPoolExecutor(IN_FLIGHT, thread_name_prefix="messages")


@transaction.atomic
def _begin(ids: Sequence[int], this: Round, at: datetime) -> list[Message]:
    """Those of a claimed batch that are to be sent now, with a fresh lease and the try counted.

    `this.lease` is what our claim wrote: a later claim of the same row always writes a later one.
    """
    mine = Message.objects.filter(state=State.CLAIMED, claimed_until=this.lease)
    held = mine.filter(pk__in=ids).order_by("pk").select_for_update()
    rows = list(held.defer("address", "routes", "context"))
    told = _told_today(rows, at)
    ready: list[int] = []
    late: list[int] = []
    lost: list[int] = []
    capped: list[int] = []
    nights_end: dict[datetime, list[int]] = {}
    outages_end: dict[datetime, list[int]] = {}
    for row in rows:
        if row.not_after and row.not_after < at:
            late.append(row.pk)
        elif row.last_error == LEFT and row.attempts >= MAX_ATTEMPTS:
            lost.append(row.pk)
        elif morning := _after_the_night(row, at):
            nights_end.setdefault(morning, []).append(row.pk)
        elif until := this.down.get(row.channel):
            give_way = row.kind in AT_ONCE or row.attempts + 1 >= BEFORE_THE_NEXT
            if not (
                give_way and next_route(pk=row.pk, code="channel_down", at=at, lease=this.lease)
            ):
                outages_end.setdefault(until, []).append(row.pk)
        elif row.kind in CAPPED and row.person_key:
            key = bytes(row.person_key)
            enough = told[key] >= settings.MESSAGES_PER_PERSON_AND_DAY
            (capped if enough else ready).append(row.pk)
            told[key] += not enough
        else:
            ready.append(row.pk)
    end = {"claimed_until": None, "ended_at": at, "context": WITHOUT_SECRET}
    if late:
        mine.filter(pk__in=late).update(state=State.EXPIRED, **end)
    if capped:
        mine.filter(pk__in=capped).update(state=State.EXPIRED, last_error="capped", **end)
    if lost:
        mine.filter(pk__in=lost).update(state=State.FAILED, last_error="worker_lost", **end)
    for until, pks in nights_end.items():
        mine.filter(pk__in=pks).update(state=State.DUE, claimed_until=None, send_after=until)
    for until, pks in outages_end.items():
        # To wait for a channel that is down is a try for whom another channel can reach.
        mine.filter(pk__in=pks).update(
            state=State.DUE,
            claimed_until=None,
            send_after=until,
            last_error=Case(When(last_error=LEFT, then=Value(LEFT)), default=Value("channel_down")),
            attempts=F("attempts") + Case(When(routes__isnull=False, then=1), default=0),
        )
    if not ready:
        return []
    again = at + LEASE
    if not mine.filter(pk__in=ready).update(
        claimed_until=again, attempts=F("attempts") + 1, last_error=LEFT
    ):
        return []
    return _loaded(ready, again, at)


def _loaded(ids: Sequence[int], lease: datetime, at: datetime) -> list[Message]:
    """The messages with their addresses; one that cannot be read is parked by itself."""
    mine = Message.objects.filter(state=State.CLAIMED, claimed_until=lease)
    try:
        return list(mine.filter(pk__in=ids).defer("routes").order_by("send_after", "pk"))
    except Undecryptable:
        found: list[Message] = []
    for pk in ids:
        try:
            found += mine.filter(pk=pk).defer("routes")
        except Undecryptable:
            failure = base.SendFailed("undecryptable", permanent=True)
            failed(mine.defer("address", "routes").get(pk=pk), failure, at=at)
    return found


def _told_today(rows: Sequence[Message], at: datetime) -> Counter[bytes]:
    """How many messages that are counted the people of these rows had within a day."""
    keys = {bytes(row.person_key) for row in rows if row.person_key and row.kind in CAPPED}
    if not keys:
        return Counter()
    sent = Message.objects.filter(
        person_key__in=keys,
        state=State.SENT,
        sent_at__gt=at - timedelta(days=1),
        kind__in=CAPPED,
    )
    counts = sent.values_list("person_key").annotate(n=Count("pk"))
    return Counter({bytes(key): n for key, n in counts})


def _after_the_night(row: Message, at: datetime) -> datetime | None:
    """When quiet hours end for a message that must wait for it; it never waits past its use."""
    if row.kind in AT_NIGHT:
        return None
    morning = nights.morning(quiet_hours=settings.QUIET_HOURS, zone=row.time_zone, at=at)
    if morning and row.not_after and row.not_after <= morning:
        return None
    return morning


def _unless_down(message: Message, this: Round, at: datetime) -> base.Outgoing | base.SendFailed:
    """The message as it leaves, unless this round has found its part of the channel down."""
    outgoing = _written(message)
    if not this.down or isinstance(outgoing, base.SendFailed):
        return outgoing
    scope = base.scope(message.channel, outgoing.address)
    if not (until := this.down.get(f"{message.channel} {scope}")):
        return outgoing
    left_s = (until - at).total_seconds()
    return base.SendFailed("channel_down", down=True, scope=scope, retry_after_s=left_s)


def _written(message: Message) -> base.Outgoing | base.SendFailed:
    """The message as it leaves."""
    try:
        words = readable(message.context)
        text = texts.render(
            kind=message.kind,
            language=message.language,
            context=words,
            html=message.channel == "email",
        )
    except Undecryptable:
        return base.SendFailed("undecryptable", permanent=True)
    except base.SendFailed as failure:
        return failure
    except Exception as error:  # noqa: BLE001 - one message's words must not hold up the others
        logger.error("the words of message %s fail: %s", message.pk, type(error).__name__)
        return base.SendFailed("template", permanent=True)
    return base.Outgoing(
        kind=message.kind,
        address=message.address or "",
        subject=text.subject,
        body=text.body,
        short=text.short or text.body,
        parameters=text.parameters,
        html=text.html,
        reference=reference_of(message),
        language=message.language,
        link=str(words.get("link", "")),
    )


def _send(
    channel: str, outgoing: base.Outgoing | base.SendFailed
) -> base.Accepted | base.SendFailed:
    """In a thread of the pool: nothing here asks the database."""
    if isinstance(outgoing, base.SendFailed):
        return outgoing
    try:
        return base.get(channel)(outgoing) or base.Accepted()
    except base.SendFailed as failure:
        return failure
    except Exception as error:  # noqa: BLE001 - one message's fault must not hold up the others
        logger.error("a message by %s met a fault of ours: %s", channel, type(error).__name__)
        return base.SendFailed("fault")
