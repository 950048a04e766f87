"""Every change of state of a message: written, voided, claimed, sent, erased.

A message is sent at least once: a worker that dies between sending and marking sends again when its
lease is over, and the channel's stable reference lets the receiver drop the second copy.
"""

import base64
import json
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.db.models import F, Max, OuterRef, Q, Subquery
from django.db.models.expressions import RawSQL

from notifications import texts
from notifications.channels import base, console, email  # noqa: F401  (they register themselves)
from notifications.models import Message
from privacy.fields import Undecryptable, decrypt, encrypt, encrypted

logger = logging.getLogger(__name__)
State = Message.State
LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 6
UNDO_WITHIN = timedelta(minutes=2)  # an officer's undo, and some time to answer
ONE_CLAIMER_PER_ROW = "FOR UPDATE SKIP LOCKED"


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A message as its cause knows it; the channel is chosen here.

    `secret` is a word that nobody may read in the database: it lies there encrypted, only until
    the message has left or will never leave.
    """

    kind: str
    phone: str = ""
    email: str = ""
    language: str = "id"
    context: dict[str, Any] = field(default_factory=dict)
    about: str
    send_after: datetime
    not_after: datetime | None = None
    dedup_key: str
    rehearsal: bool = False
    secret: str = ""


_ABOUT_SECRETS = "notifications.Message.context"
_WITHOUT_SECRET = RawSQL("context - 'secret'", [])


def _words(draft: Draft) -> str:
    """The context as it is kept, the secret unreadable."""
    words = draft.context
    if draft.secret:
        hidden = encrypt(draft.secret, about=_ABOUT_SECRETS)
        words = {**words, "secret": base64.b64encode(hidden).decode()}
    return json.dumps(words, cls=DjangoJSONEncoder)


def _readable(context: dict[str, Any]) -> dict[str, Any]:
    """The context as the text needs it."""
    if "secret" not in context:
        return context
    secret = decrypt(base64.b64decode(context["secret"]), about=_ABOUT_SECRETS)
    return {**context, "secret": secret}


def _reach(draft: Draft) -> tuple[str, str] | None:
    """(channel, address) for a draft, or None when no configured channel reaches this person."""
    configured = settings.NOTIFICATION_CHANNELS
    if draft.email and "email" in configured and not draft.rehearsal:
        return "email", draft.email
    if (draft.rehearsal or "console" in configured) and (draft.email or draft.phone):
        return "console", draft.email or draft.phone
    return None


def channel_of(draft: Draft) -> str:
    """The channel a draft would leave by; "" when none reaches this person."""
    reach = _reach(draft)
    return reach[0] if reach else ""


_COLUMNS = (
    "kind, channel, address, language, context, about, send_after, not_after, dedup_key, rehearsal,"
    " state, attempts, last_error, created_at"
)
_ROW = "(%s, %s, %s, %s, %s::jsonb, %s, %s, %s, %s, %s, 'due', 0, '', %s)"
# A key that was voided comes back with the new words: booked, moved away, and moved back again.
_ON_CONFLICT = """ON CONFLICT (dedup_key) DO UPDATE SET
    state = 'due', channel = excluded.channel, address = excluded.address,
    language = excluded.language, context = excluded.context, send_after = excluded.send_after,
    not_after = excluded.not_after, attempts = 0, last_error = '', ended_at = NULL,
    erased_at = NULL, rehearsal = excluded.rehearsal
    WHERE notifications_message.state = 'voided'"""


def enqueue(*, drafts: Sequence[Draft], at: datetime) -> int:
    """Write messages in one statement, in the caller's transaction; return how many are new.

    A dedup key that exists is left alone, unless its message was voided: then it is due again.
    """
    sql = composed(drafts=drafts, at=at)
    if not sql:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.rowcount


def composed(*, drafts: Sequence[Draft], at: datetime) -> str:
    """The statement of `enqueue` with its values, to be sent along with another; "" for none."""
    rows = {}
    for draft in drafts:
        reach = _reach(draft)
        if reach and draft.dedup_key not in rows:
            rows[draft.dedup_key] = (
                Message.Kind(draft.kind).value,
                reach[0],
                encrypted(Message, "address", reach[1]),
                draft.language if draft.language in texts.LANGUAGES else "id",
                _words(draft),
                draft.about,
                draft.send_after,
                draft.not_after,
                draft.dedup_key,
                draft.rehearsal,
                at,
            )
    if not rows:
        return ""
    values = ", ".join([_ROW] * len(rows))
    sql = f"INSERT INTO notifications_message ({_COLUMNS}) VALUES {values} {_ON_CONFLICT}"  # noqa: S608
    # In the order of keys: two writers with the same keys wait for each other, never cross.
    ordered = [value for key in sorted(rows) for value in rows[key]]
    return str(connection.ops.compose_sql(sql, ordered))  # type: ignore[attr-defined]


def _of(about: Sequence[str], kinds: Sequence[str] | None) -> Q:
    return Q(about__in=about) & (Q() if kinds is None else Q(kind__in=kinds))


def void(*, about: Sequence[str], kinds: Sequence[str] | None = None, at: datetime) -> int:
    """Take back what is not sent yet; return how many messages."""
    if not about:
        return 0
    unsent = Message.objects.filter(_of(about, kinds), state__in=[State.DUE, State.CLAIMED])
    return unsent.update(
        state=State.VOIDED, claimed_until=None, ended_at=at, context=_WITHOUT_SECRET
    )


def revive(*, about: Sequence[str], kinds: Sequence[str] | None = None, at: datetime) -> int:
    """Undo the last voiding of each `about`, when it was within two minutes; return how many."""
    if not about:
        return 0
    voided = Message.objects.filter(state=State.VOIDED, erased_at=None)
    last = voided.filter(about=OuterRef("about")).order_by().values("about")
    return voided.filter(
        _of(about, kinds),
        ended_at__gte=at - UNDO_WITHIN,
        ended_at=Subquery(last.annotate(last=Max("ended_at")).values("last")),
    ).update(state=State.DUE, ended_at=None)


@transaction.atomic(durable=True)
def claim(*, limit: int, at: datetime) -> list[int]:
    """Lease up to `limit` messages for 60 s and return their ids, those with a dead lease first."""
    sql = f"""
        WITH stale AS (
            SELECT id FROM notifications_message
            WHERE state = 'claimed' AND claimed_until <= %(at)s
            ORDER BY claimed_until LIMIT %(limit)s {ONE_CLAIMER_PER_ROW}
        ), ripe AS (
            SELECT id FROM notifications_message WHERE state = 'due' AND send_after <= %(at)s
            ORDER BY send_after LIMIT %(limit)s {ONE_CLAIMER_PER_ROW}
        ), chosen AS (
            SELECT id FROM stale UNION ALL SELECT id FROM ripe LIMIT %(limit)s
        )
        UPDATE notifications_message AS message SET state = 'claimed', claimed_until = %(lease)s
        FROM chosen WHERE message.id = chosen.id RETURNING message.id
    """  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, {"at": at, "limit": limit, "lease": at + LEASE})
        return [row[0] for row in cursor.fetchall()]


def send_due(*, at: datetime, limit: int = 100) -> int:
    """Claim what is due, send it outside of any transaction, mark it; return how many were sent."""
    started = time.monotonic()
    sent = 0
    down: set[str] = set()
    for pk in claim(limit=limit, at=at):
        now = at + timedelta(seconds=time.monotonic() - started)
        try:
            message = _begin(pk=pk, lease=at + LEASE, down=down, at=now)
            if message is None:
                continue
            _send(message)
        except base.SendFailed as failure:
            _failed(pk=pk, failure=failure, at=now)
            if failure.down:
                down.add(Message.objects.values_list("channel", flat=True).get(pk=pk))
        else:
            _sent(pk=pk, at=now)
            sent += 1
    return sent


def _begin(*, pk: int, lease: datetime, down: set[str], at: datetime) -> Message | None:
    """The message when it is still ours to send, with a fresh lease and the try counted.

    `lease` is what our claim wrote: a later claim of the same row always writes a later one.
    """
    mine = Message.objects.filter(pk=pk, state=State.CLAIMED, claimed_until=lease)
    end = {"claimed_until": None, "ended_at": at, "context": _WITHOUT_SECRET}
    if mine.filter(not_after__lt=at).update(state=State.EXPIRED, **end):
        return None
    if mine.filter(attempts__gte=MAX_ATTEMPTS).update(
        state=State.FAILED, last_error="worker_lost", **end
    ):
        return None
    if mine.filter(channel__in=down).update(
        state=State.DUE, claimed_until=None, send_after=at + timedelta(minutes=1)
    ):
        return None
    if not mine.update(claimed_until=at + LEASE, attempts=F("attempts") + 1):
        return None
    try:
        return Message.objects.get(pk=pk)
    except Undecryptable:
        raise base.SendFailed("undecryptable", permanent=True) from None


def _send(message: Message) -> None:
    try:
        words = _readable(message.context)
    except Undecryptable:
        raise base.SendFailed("undecryptable", permanent=True) from None
    subject, body = texts.render(kind=message.kind, language=message.language, context=words)
    base.get(message.channel)(
        base.Outgoing(
            kind=message.kind,
            address=message.address or "",
            subject=subject,
            body=body,
            reference=f"mpp-{message.pk}-{int(message.created_at.timestamp())}",
        )
    )


def _sent(*, pk: int, at: datetime) -> None:
    """What has left has left, even if it was voided in that second."""
    Message.objects.filter(pk=pk).exclude(state=State.SENT).update(
        state=State.SENT,
        claimed_until=None,
        sent_at=at,
        ended_at=at,
        last_error="",
        context=_WITHOUT_SECRET,
    )


def _failed(*, pk: int, failure: base.SendFailed, at: datetime) -> None:
    """Try again after 1, 2, 4, 8, 16 minutes, then park it."""
    logger.warning("message %s not sent: %s", pk, failure.code)
    message = Message.objects.filter(pk=pk, state=State.CLAIMED)
    attempts = message.values_list("attempts", flat=True).first()
    if attempts is None:
        return
    if failure.permanent or attempts >= MAX_ATTEMPTS:
        message.update(
            state=State.FAILED,
            last_error=failure.code,
            claimed_until=None,
            ended_at=at,
            context=_WITHOUT_SECRET,
        )
    else:
        message.update(
            state=State.DUE,
            last_error=failure.code,
            claimed_until=None,
            send_after=at + timedelta(minutes=2 ** (attempts - 1)),
        )


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


def erase_ended(at: datetime) -> int:
    """Blank address and words of messages that ended RETENTION_MESSAGE_DAYS ago."""
    before = at - timedelta(days=settings.RETENTION_MESSAGE_DAYS)
    return Message.objects.filter(erased_at=None, ended_at__lt=before).update(
        address=None, context={}, erased_at=at
    )
