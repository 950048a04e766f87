"""What came of a message: it left, it is tried again, by another channel, or it is parked."""

import json
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import F

from notifications import prices
from notifications.channels import base
from notifications.models import Message
from notifications.rules.outbox import WITHOUT_SECRET
from privacy.fields import Undecryptable
from privacy.index import blind

logger = logging.getLogger(__name__)
State, Kind = Message.State, Message.Kind
MAX_ATTEMPTS = 6  # at one address
MAX_ATTEMPTS_WHILE_DOWN = 20  # when the channel is at fault, not the message
MAX_COPIES = 3  # when each try may have left all the same
BEFORE_THE_NEXT = 3  # tries before another channel of the person takes over
LEFT = "left"  # on its way; still so after the lease, the worker was lost
PAUSES_S = (0.2, 1.0, 3.0)  # between tries to write down what has left
# Worth nothing later: another channel takes over at the first failure.
AT_ONCE = {Kind.CALLED, Kind.AHEAD, Kind.CODE}


@dataclass
class Round:
    """What one round has learned: which channels are down, and until when to leave them alone.

    The keys of `down` are channels, and "channel scope" where a part of one is down.
    """

    lease: datetime
    down: dict[str, datetime] = field(default_factory=dict)

    def avoid(self, key: str, pause_s: float | None, at: datetime) -> None:
        pause = timedelta(seconds=min(max(pause_s or 60, 1), 3600))
        self.down[key] = max(self.down.get(key, at), at + pause)


def fingerprint(channel: str, provider_id: str) -> str:
    """A provider's id of a message as it is kept: the id itself may hold the person's number."""
    told = provider_id.encode("utf-8", "replace").decode()
    return blind("provider", channel, told).hex() if told else ""


def learn(
    messages: Sequence[Message],
    results: Sequence[base.Accepted | base.SendFailed],
    this: Round,
    at: datetime,
) -> None:
    """Know from a batch which channels are down."""
    for message, result in zip(messages, results, strict=True):
        if isinstance(result, base.SendFailed) and result.down:
            this.avoid(f"{message.channel} {result.scope}".rstrip(), result.retry_after_s, at)


def mark(
    messages: Sequence[Message],
    results: Sequence[base.Accepted | base.SendFailed],
    at: datetime,
) -> int:
    """Write what came of a batch, first of all what has left; how many were sent."""
    both = list(zip(messages, results, strict=True))
    accepted = [(message, one) for message, one in both if isinstance(one, base.Accepted)]
    sent(accepted, at)
    met_the_outage: dict[str, list[int]] = {}
    untried: list[int] = []
    for message, result in both:
        if isinstance(result, base.Accepted):
            continue
        if result.down:
            key = f"{message.channel} {result.scope}"
            if isinstance(result, base.Withheld):
                untried.append(message.pk)
            elif not result.may_have_left:
                met_the_outage.setdefault(key, []).append(message.pk)
        failed(message, result, at=at)
    # Only one of those that met the outage side by side is counted as tried, and those whom
    # another channel can reach: nothing of the rest can have left.
    untried += [pk for others in met_the_outage.values() for pk in others[1:]]
    if untried:
        Message.objects.filter(
            pk__in=untried, state=State.DUE, attempts__gt=0, routes__isnull=True
        ).update(attempts=F("attempts") - 1)
    return len(accepted)


# In the order of keys: two that mark or void the same rows wait for each other, never cross.
_SENT = """
WITH a AS (
    SELECT * FROM unnest(%s::bigint[], %s::text[], %s::int[], %s::numeric[])
        AS a(id, provider_id, parts, cost)
), held AS (
    SELECT m.id FROM notifications_message AS m JOIN a ON m.id = a.id
     WHERE m.state <> 'sent' AND (a.provider_id = '' OR m.provider_id <> a.provider_id)
     ORDER BY m.id FOR UPDATE OF m
)
UPDATE notifications_message AS m
   SET state = 'sent', claimed_until = NULL, sent_at = %s, ended_at = %s, last_error = '',
       context = m.context - 'secret', provider_id = a.provider_id, report = '',
       reported_at = NULL, parts = a.parts, cost = m.cost + a.cost
  FROM a JOIN held ON held.id = a.id
 WHERE m.id = a.id
"""


def sent(accepted: Sequence[tuple[Message, base.Accepted]], at: datetime) -> None:
    """What has left has left, even if it was voided in that second.

    A row that somebody holds, or a database that comes back, is waited for: what cannot be marked
    leaves twice.
    """
    if not accepted:
        return
    price = {name: prices.of(name) for name in {message.channel for message, _ in accepted}}
    values: list[Any] = [
        [message.pk for message, _ in accepted],
        [fingerprint(message.channel, answer.provider_id) for message, answer in accepted],
        [answer.parts for _, answer in accepted],
        [price[message.channel] * answer.parts for message, answer in accepted],
        at,
        at,
    ]
    for pause_s in (*PAUSES_S, None):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(_SENT, values)
        except OperationalError:
            if pause_s is None:
                raise
            connection.close_if_unusable_or_obsolete()
            time.sleep(pause_s)
        else:
            return


def failed(message: Message, failure: base.SendFailed, *, at: datetime) -> None:
    """Try again after 1, 2, 4, 8, 16 minutes or as the provider asks; by another channel when this
    one cannot, or takes too long; park what has none left.

    Only while the lease is ours: what another worker has taken over is its own.
    """
    logger.warning("message %s not sent: %s", message.pk, failure.code)
    lease = message.claimed_until
    mine = Message.objects.filter(pk=message.pk, state=State.CLAIMED, claimed_until=lease)
    give_way = 1 if message.kind in AT_ONCE else BEFORE_THE_NEXT
    if (failure.permanent or message.attempts >= give_way) and next_route(
        pk=message.pk, code=failure.code, at=at, lease=lease
    ):
        return
    most = MAX_ATTEMPTS_WHILE_DOWN if failure.down else MAX_ATTEMPTS
    if failure.may_have_left:
        most = MAX_COPIES
    tried_enough = message.attempts >= most and not isinstance(failure, base.Withheld)
    if failure.permanent or tried_enough:
        mine.update(
            state=State.FAILED,
            last_error=failure.code,
            claimed_until=None,
            ended_at=at,
            context=WITHOUT_SECRET,
        )
        return
    wait_s = 60.0 * 2 ** min(message.attempts - 1, 4)
    wait = timedelta(seconds=max(wait_s, min(failure.retry_after_s or 0, 3600)))
    mine.update(state=State.DUE, last_error=failure.code, claimed_until=None, send_after=at + wait)


_SAME = ["kind", "language", "context", "about", "not_after", "rehearsal", "mall_id", "agency_id"]
_SAME += ["time_zone", "person_key"]


@transaction.atomic
def next_route(*, pk: int, code: str, at: datetime, lease: datetime | None = None) -> bool:
    """Let the person's next channel have the message, at once; False when there is none.

    With `lease` a message that this worker still holds; without, one that a provider took and
    could not deliver: that one stays as it is, for it is paid for, and the next channel gets a
    message of its own.
    """
    held = Message.objects.select_for_update().filter(pk=pk, erased_at=None, routes__isnull=False)
    if lease:
        held = held.filter(state=State.CLAIMED, claimed_until=lease)
    else:
        held = held.filter(state=State.SENT)
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

    What is erased or too late stays parked, and a one-time code, which is no longer there.
    """
    parked = Message.objects.filter(pk__in=ids, state=State.FAILED, erased_at=None)
    return (
        parked.exclude(not_after__lt=at)
        .exclude(kind=Kind.CODE)
        .update(
            state=State.DUE,
            attempts=0,
            send_after=at,
            ended_at=None,
            last_error="",
            provider_id="",
            report=Message.Report.NONE,
            reported_at=None,
        )
    )
