"""Writing messages in the transaction that causes them, and taking them back in another."""

import base64
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.db.models import Max, OuterRef, Q, Subquery
from django.db.models.expressions import RawSQL

from notifications import texts
from notifications.models import Message
from privacy.fields import decrypt, encrypt, encrypted
from privacy.index import blind

State = Message.State
UNDO_WITHIN = timedelta(minutes=2)  # an officer's undo, and some time to answer


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A message as its cause knows it; the channels are chosen here.

    `push` is a browser's subscription as JSON. `prefer` is the channel that the person asked for;
    the others follow in the order of NOTIFICATION_CHANNELS. `time_zone` is where the person's
    nights are, `mall_id` and `agency_id` tell whose message it is. `secret` is a word that nobody
    may read in the database: it lies there encrypted, only until the message has left or will
    never leave.
    """

    kind: str
    phone: str = ""
    email: str = ""
    push: str = ""
    prefer: str = ""
    language: str = "id"
    context: dict[str, Any] = field(default_factory=dict)
    about: str
    send_after: datetime
    not_after: datetime | None = None
    dedup_key: str
    rehearsal: bool = False
    secret: str = ""
    mall_id: int | None = None
    agency_id: int | None = None
    time_zone: str = ""


_ABOUT_SECRETS = "notifications.Message.context"
WITHOUT_SECRET = RawSQL("context - 'secret'", [])
_ADDRESS_OF = {"push": "push", "email": "email", "whatsapp": "phone", "sms": "phone"}


def _words(draft: Draft) -> str:
    """The context as it is kept, the secret unreadable."""
    words = draft.context
    if draft.secret:
        hidden = encrypt(draft.secret, about=_ABOUT_SECRETS)
        words = {**words, "secret": base64.b64encode(hidden).decode()}
    return json.dumps(words, cls=DjangoJSONEncoder)


def readable(context: dict[str, Any]) -> dict[str, Any]:
    """The context as the text needs it; raises Undecryptable."""
    if "secret" not in context:
        return context
    secret = decrypt(base64.b64decode(context["secret"]), about=_ABOUT_SECRETS)
    return {**context, "secret": secret}


def reference_of(message: Message) -> str:
    """Our name of a message towards providers: the same at every try, and it names nobody."""
    return f"mpp-{message.pk}-{int(message.created_at.timestamp())}"


def _rehearsed(draft: Draft) -> bool:
    """Whether it reaches nobody: a rehearsal's, but for the visitors of a demo that catches all."""
    caught = settings.CATCHES_MESSAGES and not draft.phone.startswith(settings.MADE_UP_PHONES)
    return draft.rehearsal and not caught


def _routes(draft: Draft) -> list[tuple[str, str]]:
    """(channel, address) in the order in which they are tried."""
    if _rehearsed(draft):
        reach = draft.email or draft.phone or ("push" if draft.push else "")
        return [("console", reach)] if reach else []
    ordered = sorted(settings.NOTIFICATION_CHANNELS, key=lambda name: name != draft.prefer)
    routes = [
        (name, address)
        for name in ordered
        if name in _ADDRESS_OF
        and (address := getattr(draft, _ADDRESS_OF[name]))
        # A one-time code goes to the contact, never to whoever holds a browser.
        and not (name == "push" and draft.secret)
    ]
    # Where real people are served the console is nobody, and counts as no channel.
    if not routes and "console" in ordered and not settings.PRODUCTION:
        reach = draft.email or draft.phone
        routes = [("console", reach)] if reach else []
    return routes


def channel_of(draft: Draft) -> str:
    """The channel a draft would leave by; "" when none reaches this person."""
    return next((name for name, _address in _routes(draft)), "")


def channels_of(*, phone: bool, email: bool) -> list[str]:
    """The channels that are set up and that such a contact can be reached by, in their order."""
    has = {"phone": phone, "email": email, "push": False}
    return [
        name for name in settings.NOTIFICATION_CHANNELS if has.get(_ADDRESS_OF.get(name, ""), False)
    ]


_COLUMNS = (
    "kind, channel, address, routes, language, context, about, send_after, not_after, dedup_key,"
    " rehearsal, mall_id, agency_id, time_zone, person_key, state, attempts, last_error,"
    " provider_id, report, parts, cost, created_at"
)
_ROW = (
    "(%s, %s, %s, %s, %s, %s::jsonb, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'due', 0, '', '', '', 0, 0"
    ", %s)"
)
# A key that was voided comes back with the new words: booked, moved away, and moved back again.
_ON_CONFLICT = """ON CONFLICT (dedup_key) DO UPDATE SET
    state = 'due', channel = excluded.channel, address = excluded.address,
    routes = excluded.routes, language = excluded.language, context = excluded.context,
    send_after = excluded.send_after, not_after = excluded.not_after, attempts = 0,
    last_error = '', ended_at = NULL, erased_at = NULL, rehearsal = excluded.rehearsal,
    provider_id = '', report = '', reported_at = NULL, person_key = excluded.person_key,
    time_zone = excluded.time_zone
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
        routes = _routes(draft)
        if routes and draft.dedup_key not in rows:
            (channel, address), *others = routes
            rows[draft.dedup_key] = (
                Message.Kind(draft.kind).value,
                channel,
                encrypted(Message, "address", address),
                encrypted(Message, "routes", json.dumps(others)) if others else None,
                draft.language if draft.language in texts.LANGUAGES else "id",
                _words(draft),
                draft.about,
                draft.send_after,
                draft.not_after,
                draft.dedup_key,
                _rehearsed(draft),
                draft.mall_id,
                draft.agency_id,
                draft.time_zone,
                blind("messages", draft.phone or draft.email or draft.push),
                at,
            )
    if not rows:
        return ""
    values = ", ".join([_ROW] * len(rows))
    sql = f"INSERT INTO notifications_message ({_COLUMNS}) VALUES {values} {_ON_CONFLICT}"  # noqa: S608
    # In the order of keys: two writers with the same keys wait for each other, never cross.
    ordered = [value for key in sorted(rows) for value in rows[key]]
    return str(connection.ops.compose_sql(sql, ordered))  # type: ignore[attr-defined]


def known(dedup_keys: Iterable[str]) -> set[str]:
    """Which of these keys have a message already, whatever became of it; one query."""
    found = Message.objects.filter(dedup_key__in=list(dedup_keys))
    return set(found.values_list("dedup_key", flat=True))


def _of(about: Sequence[str], kinds: Sequence[str] | None) -> Q:
    return Q(about__in=about) & (Q() if kinds is None else Q(kind__in=kinds))


# In the order of keys, as in marking.py.
_VOID = """
WITH held AS (
    SELECT id, state FROM notifications_message
     WHERE about = ANY(%(about)s::text[])
       AND (%(kinds)s::text[] IS NULL OR kind = ANY(%(kinds)s::text[]))
       AND erased_at IS NULL
       AND (state IN ('due', 'claimed', 'failed') OR (state = 'sent' AND routes IS NOT NULL))
     ORDER BY id FOR UPDATE
), gone AS (
    UPDATE notifications_message AS m
       SET state = CASE WHEN m.state = 'sent' THEN 'sent' ELSE 'voided' END,
           claimed_until = NULL, ended_at = coalesce(m.ended_at, %(at)s),
           context = m.context - 'secret',
           routes = CASE WHEN m.state IN ('sent', 'failed') THEN NULL ELSE m.routes END
      FROM held WHERE m.id = held.id RETURNING held.state
)
SELECT count(*) FROM gone WHERE state IN ('due', 'claimed')
"""


def void(*, about: Sequence[str], kinds: Sequence[str] | None = None, at: datetime) -> int:
    """Take back what is not sent yet; return how many messages.

    Nothing more comes of the others either: what was given up is not sent when somebody tries it
    again, and what left goes by no further channel when it turns out undelivered.
    """
    if not about:
        return 0
    names = None if kinds is None else [str(kind) for kind in kinds]
    with connection.cursor() as cursor:
        cursor.execute(_VOID, {"about": list(about), "kinds": names, "at": at})
        return int(cursor.fetchone()[0])


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
