"""A worker's round: claim what is due, send it outside of any transaction, mark what came of it."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Case, Count, F, QuerySet, Value, When

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
from notifications.rules.crew import Crew
from notifications.rules.marking import (
    AT_ONCE,
    BEFORE_THE_NEXT,
    LEFT,
    MAX_ATTEMPTS,
    Round,
    failed,
    learn,
    mark,
    next_route,
)
from notifications.rules.outbox import WITHOUT_SECRET, readable, reference_of
from privacy.fields import Undecryptable

logger = logging.getLogger(__name__)
State, Kind = Message.State, Message.Kind
LEASE = timedelta(seconds=60)
BATCH = 16  # leave together and are marked together
IN_FLIGHT = 2 * BATCH  # one is away while one is marked: what a killed worker may send again
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


Ready = list[tuple[Message, base.Outgoing | base.SendFailed]]
Result = base.Accepted | base.SendFailed


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

    Up to BATCH leave side by side, and while they are away the next are prepared; what was in
    flight when a worker was lost leaves alone, with nothing prepared beside it: it may be what
    killed it. A channel that is found down is left alone for the rest of the round.
    """
    started = time.monotonic()
    ids = claim(limit=limit, at=at)
    this = Round(lease=at + LEASE)
    batches = iter(_batches(_to_send(ids, this, at)))
    sent = 0

    def now() -> datetime:
        return at + timedelta(seconds=time.monotonic() - started)

    def leave(ready: Ready) -> Callable[[], list[Result]]:
        jobs = [(one.channel, _unless_down(one, text, this, now())) for one, text in ready]
        return _crew().start(jobs)

    away = leave([])
    try:
        ready = _next(batches, this, now)
        away = leave(ready)
        while ready:
            upcoming: Ready = []
            try:
                if len(ready) > 1:
                    upcoming = _next(batches, this, now)
            except DatabaseError:
                connection.close_if_unusable_or_obsolete()
                raise
            finally:
                results = away()
                messages = [message for message, _ in ready]
                learn(messages, results, this, now())
                away = leave(upcoming)
                sent += mark(messages, results, now())
            if not upcoming:
                upcoming = _next(batches, this, now)
                away = leave(upcoming)
            ready = upcoming
    finally:
        away()  # nothing is on its way any more when connections are closed
        base.rest()
    return Done(len(ids), sent)


def _next(batches: Iterator[list[Message]], this: Round, now: Callable[[], datetime]) -> Ready:
    """The next messages with their words, a fresh lease and the try counted; [] at the end."""
    for some in batches:
        if begun := _begin(_still_wanted(some, this, now()), this, now()):
            return [(message, _written(message)) for message in begun]
    return []


def _batches(rows: Sequence[Message]) -> list[list[Message]]:
    alone = [[row] for row in rows if row.last_error == LEFT]
    others = [row for row in rows if row.last_error != LEFT]
    return alone + [others[n : n + BATCH] for n in range(0, len(others), BATCH)]


@lru_cache(maxsize=1)
def _crew() -> Crew[tuple[str, base.Outgoing | base.SendFailed], Result]:
    """Made in the process that sends, after the worker has forked."""
    return Crew(lambda job: _send(*job), BATCH)


_WEIGHED = ("kind", "channel", "not_after", "attempts", "last_error", "person_key", "time_zone")


@transaction.atomic
def _to_send(ids: Sequence[int], this: Round, at: datetime) -> list[Message]:
    """Those of what was claimed that are to be sent now; the others wait for the morning or end."""
    mine = _held_by(this.lease)
    held = mine.filter(pk__in=ids).order_by("pk").select_for_update()
    rows = list(held.only(*_WEIGHED))
    told = _told_today(rows, at)
    ready: list[Message] = []
    lost: list[int] = []
    capped: list[int] = []
    nights_end: dict[datetime, list[int]] = {}
    for row in rows:
        if row.last_error == LEFT and row.attempts >= MAX_ATTEMPTS:
            lost.append(row.pk)
        elif morning := _after_the_night(row, at):
            nights_end.setdefault(morning, []).append(row.pk)
        elif row.kind in CAPPED and row.person_key:
            key = bytes(row.person_key)
            if told[key] >= settings.MESSAGES_PER_PERSON_AND_DAY:
                capped.append(row.pk)
            else:
                told[key] += 1
                ready.append(row)
        else:
            ready.append(row)
    end = {"claimed_until": None, "ended_at": at, "context": WITHOUT_SECRET}
    if capped:
        mine.filter(pk__in=capped).update(state=State.EXPIRED, last_error="capped", **end)
    if lost:
        mine.filter(pk__in=lost).update(state=State.FAILED, last_error="worker_lost", **end)
    for until, pks in nights_end.items():
        mine.filter(pk__in=pks).update(state=State.DUE, claimed_until=None, send_after=until)
    order = {pk: n for n, pk in enumerate(ids)}
    return sorted(ready, key=lambda row: order[row.pk])


def _held_by(lease: datetime) -> QuerySet[Message]:
    """What a claim holds; a later claim of the same row always writes a later lease."""
    return Message.objects.filter(state=State.CLAIMED, claimed_until=lease)


def _still_wanted(rows: Sequence[Message], this: Round, at: datetime) -> list[int]:
    """Those of a batch that are not too late by now and whose channel was not found down."""
    ready: list[int] = []
    late: list[int] = []
    outages_end: dict[datetime, list[int]] = {}
    for row in rows:
        if row.not_after and row.not_after < at:
            late.append(row.pk)
        elif until := this.down.get(row.channel):
            give_way = row.kind in AT_ONCE or row.attempts + 1 >= BEFORE_THE_NEXT
            if not (
                give_way and next_route(pk=row.pk, code="channel_down", at=at, lease=this.lease)
            ):
                outages_end.setdefault(until, []).append(row.pk)
        else:
            ready.append(row.pk)
    mine = _held_by(this.lease)
    if late:
        mine.filter(pk__in=late).update(
            state=State.EXPIRED, claimed_until=None, ended_at=at, context=WITHOUT_SECRET
        )
    for until, pks in outages_end.items():
        # To wait for a channel that is down is a try for whom another channel can reach.
        mine.filter(pk__in=pks).update(
            state=State.DUE,
            claimed_until=None,
            send_after=until,
            last_error=Case(When(last_error=LEFT, then=Value(LEFT)), default=Value("channel_down")),
            attempts=F("attempts") + Case(When(routes__isnull=False, then=1), default=0),
        )
    return ready


# What sending and marking read; in the order of keys, as in marking.py.
_READ = ["id", "kind", "channel", "address", "language", "context", "send_after", "attempts"]
_READ += ["claimed_until", "created_at"]
_LEAVE = f"""
WITH held AS (
    SELECT id FROM notifications_message
     WHERE id = ANY(%(ids)s) AND state = 'claimed' AND claimed_until = %(lease)s
     ORDER BY id FOR UPDATE
)
UPDATE notifications_message AS m
   SET claimed_until = %(again)s, attempts = attempts + 1, last_error = '{LEFT}'
  FROM held WHERE m.id = held.id
RETURNING {", ".join(f"m.{name}" for name in _READ)}
"""  # noqa: S608


def _begin(ids: Sequence[int], this: Round, at: datetime) -> list[Message]:
    """The messages of a batch as they leave, with a fresh lease and the try counted.

    One whose address cannot be read is parked by itself.
    """
    if not ids:
        return []
    again = at + LEASE
    values = {"ids": list(ids), "lease": this.lease, "again": again}
    found: list[Message] = []
    try:
        found += Message.objects.raw(_LEAVE, values)
    except Undecryptable:
        found = []
        for pk in ids:
            try:
                found += _held_by(again).filter(pk=pk).defer("routes")
            except Undecryptable:
                failure = base.SendFailed("undecryptable", permanent=True)
                failed(_held_by(again).defer("address", "routes").get(pk=pk), failure, at=at)
    return sorted(found, key=lambda message: (message.send_after, message.pk))


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


def _unless_down(
    message: Message, text: base.Outgoing | base.SendFailed, this: Round, at: datetime
) -> base.Outgoing | base.SendFailed:
    """The text, unless this round has found the channel down by now, or its part of it."""
    if not this.down or isinstance(text, base.SendFailed):
        return text
    scope = base.scope(message.channel, text.address)
    until = this.down.get(message.channel) or this.down.get(f"{message.channel} {scope}")
    if not until:
        return text
    left_s = (until - at).total_seconds()
    return base.Withheld(scope=scope, retry_after_s=left_s)


def _written(message: Message) -> base.Outgoing | base.SendFailed:
    """The message as it leaves."""
    try:
        words = readable(message.context)
        text = texts.render(
            kind=message.kind,
            language=message.language,
            context=words,
            parts=base.parts_of(message.channel),
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
        short=text.short,
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
