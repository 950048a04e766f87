"""A worker's round: claim what is due, send it outside of any transaction, mark what came of it."""

import json
import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, F
from django.utils.dateparse import parse_time

from notifications import texts
from notifications.channels import (  # noqa: F401  (they register themselves)
    base,
    console,
    email,
    push,
    sms,
    whatsapp,
)
from notifications.models import Message
from notifications.rules.outbox import WITHOUT_SECRET, readable
from privacy.fields import Undecryptable

logger = logging.getLogger(__name__)
State, Kind = Message.State, Message.Kind
LEASE = timedelta(seconds=60)
IN_FLIGHT = 16  # leave together and are marked together: what a killed worker may send again
MAX_ATTEMPTS = 6  # at one address
MAX_ATTEMPTS_WHILE_DOWN = 20  # when the channel is at fault, not the message
BEFORE_THE_NEXT = 3  # tries before another channel of the person takes over
LEFT = "left"  # on its way; still so after the lease, the worker was lost
ONE_CLAIMER_PER_ROW = "FOR UPDATE SKIP LOCKED"
# Worth nothing later: another channel takes over at the first failure.
AT_ONCE = {Kind.CALLED, Kind.AHEAD, Kind.CODE}
# May come at night: the person has just asked for it, or is in the hall or on the way.
AT_NIGHT = {
    *{Kind.CODE, Kind.LINK, Kind.BOOKED, Kind.RESCHEDULED, Kind.CANCELLED},
    *{Kind.CALLED, Kind.AHEAD, Kind.PAUSED},
}
# Not sent to somebody who has had enough today; the others are never withheld.
CAPPED = {Kind.REMINDER_DAY, Kind.REMINDER_HOURS, Kind.SURVEY, Kind.OFFER, Kind.DIGEST}


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


@dataclass
class _Round:
    """What one round has learned: which channels are down, and until when to leave them alone."""

    lease: datetime
    down: dict[str, datetime]


def send_due(*, at: datetime, limit: int = 200) -> int:
    """Claim what is due, send it, mark it; return how many were sent.

    Up to IN_FLIGHT leave side by side; what was in flight when a worker was lost leaves alone:
    it may be what killed it. A channel that is found down is left alone for the rest of the round.
    """
    started = time.monotonic()
    ids = claim(limit=limit, at=at)
    this = _Round(lease=at + LEASE, down={})
    sent = 0
    try:
        for some in _batches(ids):
            now = at + timedelta(seconds=time.monotonic() - started)
            ready = _begin(some, this, now)
            outgoing = [_written(message) for message in ready]
            results = list(_pool().map(_send, [m.channel for m in ready], outgoing))
            now = at + timedelta(seconds=time.monotonic() - started)
            sent += _mark(ready, results, this, now)
    finally:
        base.rest()
    return sent


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


def _begin(ids: Sequence[int], this: _Round, at: datetime) -> list[Message]:
    """Those of a claimed batch that are to be sent now, with a fresh lease and the try counted.

    `this.lease` is what our claim wrote: a later claim of the same row always writes a later one.
    """
    mine = Message.objects.filter(state=State.CLAIMED, claimed_until=this.lease)
    rows = list(mine.filter(pk__in=ids).defer("address", "routes", "context"))
    had_enough = _had_enough(rows, at)
    ready, late, lost, capped = [], [], [], []
    later: dict[datetime, list[int]] = {}
    for row in rows:
        if row.not_after and row.not_after < at:
            late.append(row.pk)
        elif row.last_error == LEFT and row.attempts >= MAX_ATTEMPTS:
            lost.append(row.pk)
        elif morning := _after_the_night(row, at):
            later.setdefault(morning, []).append(row.pk)
        elif until := this.down.get(row.channel):
            urgent = row.kind in AT_ONCE
            if not (urgent and next_route(pk=row.pk, code="channel_down", at=at)):
                later.setdefault(until, []).append(row.pk)
        elif row.person_key and bytes(row.person_key) in had_enough and row.kind in CAPPED:
            capped.append(row.pk)
        else:
            ready.append(row.pk)
    end = {"claimed_until": None, "ended_at": at, "context": WITHOUT_SECRET}
    if late:
        mine.filter(pk__in=late).update(state=State.EXPIRED, **end)
    if capped:
        mine.filter(pk__in=capped).update(state=State.EXPIRED, last_error="capped", **end)
    if lost:
        mine.filter(pk__in=lost).update(state=State.FAILED, last_error="worker_lost", **end)
    for until, pks in later.items():
        mine.filter(pk__in=pks).update(state=State.DUE, claimed_until=None, send_after=until)
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
            message = Message.objects.defer("address", "routes").get(pk=pk)
            _failed(message, failure, at=at)
    return found


def _had_enough(rows: Sequence[Message], at: datetime) -> set[bytes]:
    """The people of these rows who had as many messages in a day as anybody should get."""
    keys = {bytes(row.person_key) for row in rows if row.person_key and row.kind in CAPPED}
    if not keys:
        return set()
    sent = Message.objects.filter(
        person_key__in=keys, state=State.SENT, sent_at__gt=at - timedelta(days=1)
    )
    counts = sent.values_list("person_key").annotate(n=Count("pk"))
    return {bytes(key) for key, n in counts if n >= settings.MESSAGES_PER_PERSON_AND_DAY}


def _after_the_night(row: Message, at: datetime) -> datetime | None:
    """When quiet hours end for a message that must wait for it; it never waits past its use."""
    if row.kind in AT_NIGHT or not row.time_zone or not settings.QUIET_HOURS:
        return None
    first, _, last = settings.QUIET_HOURS.partition("-")
    begin, end = parse_time(first), parse_time(last)
    if begin is None or end is None or begin == end:
        return None
    local = at.astimezone(ZoneInfo(row.time_zone))
    clock = local.time()
    if not (begin <= clock < end if begin < end else clock >= begin or clock < end):
        return None
    day = local.date() + timedelta(days=1 if clock >= end else 0)
    morning = datetime.combine(day, end, local.tzinfo)
    return None if row.not_after and row.not_after <= morning else morning


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
    return base.Outgoing(
        kind=message.kind,
        address=message.address or "",
        subject=text.subject,
        body=text.body,
        short=text.short or text.body,
        parameters=text.parameters,
        html=text.html,
        reference=f"mpp-{message.pk}-{int(message.created_at.timestamp())}",
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


def _mark(
    messages: Sequence[Message],
    results: Sequence[base.Accepted | base.SendFailed],
    this: _Round,
    at: datetime,
) -> int:
    """Write what came of a batch; how many were sent."""
    accepted = []
    met_the_outage: dict[str, list[int]] = {}
    for message, result in zip(messages, results, strict=True):
        if isinstance(result, base.Accepted):
            accepted.append((message, result))
            continue
        if result.down:
            met_the_outage.setdefault(message.channel, []).append(message.pk)
            pause = timedelta(seconds=min(max(result.retry_after_s or 60, 1), 3600))
            until = this.down.get(message.channel, at)
            this.down[message.channel] = max(until, at + pause)
        _failed(message, result, at=at)
    for others in met_the_outage.values():
        # Only one of those that met the outage side by side is counted as tried.
        Message.objects.filter(pk__in=others[1:], state=State.DUE, attempts__gt=0).update(
            attempts=F("attempts") - 1
        )
    _sent(accepted, at)
    return len(accepted)


_SENT = """
UPDATE notifications_message AS m
   SET state = 'sent', claimed_until = NULL, sent_at = %s, ended_at = %s, last_error = '',
       context = m.context - 'secret', provider_id = a.provider_id, report = '', parts = a.parts,
       cost = m.cost + a.cost
  FROM unnest(%s::bigint[], %s::text[], %s::int[], %s::numeric[])
       AS a(id, provider_id, parts, cost)
 WHERE m.id = a.id AND m.state <> 'sent'
"""


def _sent(accepted: Sequence[tuple[Message, base.Accepted]], at: datetime) -> None:
    """What has left has left, even if it was voided in that second."""
    if not accepted:
        return
    prices = {name: Decimal(price) for name, price in settings.MESSAGE_PRICES.items()}
    with connection.cursor() as cursor:
        cursor.execute(
            _SENT,
            [
                at,
                at,
                [message.pk for message, _ in accepted],
                [answer.provider_id[:120] for _, answer in accepted],
                [answer.parts for _, answer in accepted],
                [prices.get(message.channel, Decimal(0)) * a.parts for message, a in accepted],
            ],
        )


def _failed(message: Message, failure: base.SendFailed, *, at: datetime) -> None:
    """Try again after 1, 2, 4, 8, 16 minutes or as the provider asks; by another channel when this
    one cannot, or takes too long; park what has none left."""
    logger.warning("message %s not sent: %s", message.pk, failure.code)
    mine = Message.objects.filter(pk=message.pk, state=State.CLAIMED)
    give_way = 1 if message.kind in AT_ONCE else BEFORE_THE_NEXT
    if (failure.permanent or message.attempts >= give_way) and next_route(
        pk=message.pk, code=failure.code, at=at
    ):
        return
    most = MAX_ATTEMPTS_WHILE_DOWN if failure.down else MAX_ATTEMPTS
    if failure.permanent or message.attempts >= most:
        mine.update(
            state=State.FAILED,
            last_error=failure.code,
            claimed_until=None,
            ended_at=at,
            context=WITHOUT_SECRET,
        )
        return
    wait = timedelta(minutes=2 ** min(message.attempts - 1, 4))
    if failure.retry_after_s is not None:
        wait = timedelta(seconds=min(max(failure.retry_after_s, 1), 3600))
    mine.update(state=State.DUE, last_error=failure.code, claimed_until=None, send_after=at + wait)


_SAME = ["kind", "language", "context", "about", "not_after", "rehearsal", "mall_id", "agency_id"]
_SAME += ["time_zone", "person_key"]


@transaction.atomic
def next_route(*, pk: int, code: str, at: datetime) -> bool:
    """Let the person's next channel have the message, at once; False when there is none.

    What a provider took and could not deliver stays as it is, for it is paid for; the next channel
    gets a message of its own.
    """
    held = Message.objects.select_for_update().filter(
        pk=pk, state__in=[State.CLAIMED, State.SENT], erased_at=None, routes__isnull=False
    )
    try:
        message = held.defer("address").first()  # it is not wanted, and may be unreadable
    except Undecryptable:
        return False
    if message is None or (message.not_after and message.not_after < at):
        return False
    if message.kind == Kind.CODE and "secret" not in message.context:
        return False  # it left once, and the code went with it
    (channel, address), *others = json.loads(message.routes or "[]")
    by_the_next = {
        "channel": channel,
        "address": address,
        "routes": json.dumps(others) if others else None,
        "state": State.DUE,
        "last_error": code,
        "send_after": at,
    }
    if message.state == State.SENT:
        Message.objects.filter(pk=pk).update(routes=None)
        Message.objects.create(
            **{name: getattr(message, name) for name in _SAME},
            **by_the_next,
            dedup_key=f"{message.dedup_key}~{channel}"[:120],
            created_at=at,
        )
    else:
        Message.objects.filter(pk=pk).update(**by_the_next, attempts=0, claimed_until=None)
    return True


def retry(*, ids: Sequence[int], at: datetime) -> int:
    """Give parked messages another chance, with their tries counted anew; return how many.

    What is erased or too late stays parked.
    """
    parked = Message.objects.filter(pk__in=ids, state=State.FAILED, erased_at=None)
    return parked.exclude(not_after__lt=at).update(
        state=State.DUE, attempts=0, send_after=at, ended_at=None, last_error=""
    )
