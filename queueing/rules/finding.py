"""Finding a visit again: a one-time code, or the link itself, to the contact it was booked with.

Nobody learns from an answer whether there is such a visit or a contact: what is written for a
visit that exists is written, and taken back, for one that does not; so the time tells neither.
"""

import datetime as dt
import hmac
import secrets
from collections.abc import Sequence
from typing import TypedDict

from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.dateformat import format as format_date
from django.utils.translation import override

from accounts import tries
from notifications.rules import Draft, enqueue
from privacy.index import blind
from queueing.contact import read_contact
from queueing.models import Ticket, Visit, Window
from queueing.refusals import Refusal
from queueing.rules.booking import Wish
from queueing.workflow import ACTIVE
from services.models import Mall, ServiceType

CODE_LIVES = dt.timedelta(minutes=10)
TRIES = 5  # at one code
SENDS = 3  # codes for one visit within an hour
ASKED_BY_ONE_CLIENT = 60  # within ten minutes; many phones share one address of their operator
_PAUSE_S, _HOUR_S, _TEN_MINUTES_S = 60, 3600, 600
_BEFORE_THE_REST = dt.timedelta(minutes=2)  # ahead of other messages that are due


class _Kept(TypedDict):
    """What the cache knows of a code that was sent."""

    hash: bytes
    visit: int


def send_code(*, mall: Mall, short_code: str, client: str, at: dt.datetime) -> str:
    """Send six figures to the contact of the visit with this short code, if there is one.

    Nothing new within a minute, nor more than three times an hour. The code is given back for
    rehearsal only ("" when nothing new was made): it is made for a visit that is not there, too.
    """
    _count_client(client)
    who = _of(mall, short_code)
    visit = _visits(mall, at).filter(short_code=short_code).first()
    if not cache.add(f"find-pause:{who}", 1, _PAUSE_S):
        return ""
    if tries.take(f"find-sends:{who}", seconds=_HOUR_S) > SENDS:
        return ""
    code = f"{secrets.randbelow(10**6):06d}"
    kept = _Kept(hash=_hash(who, code), visit=visit.pk if visit else 0)
    tries.forget(f"find-tries:{who}")
    cache.set(f"find-code:{who}", kept, CODE_LIVES.total_seconds())
    _write([_draft("code", visit, at, lives=CODE_LIVES, secret=code)] if visit else [], at)
    return code


def open_with_code(
    *, mall: Mall, short_code: str, code: str, client: str, at: dt.datetime
) -> Visit:
    """The visit whose one-time code this is; the code is spent. Refuses after five tries."""
    _count_client(client)
    who = _of(mall, short_code)
    guesses = tries.take(f"find-tries:{who}", seconds=_TEN_MINUTES_S)
    kept: _Kept | None = cache.get(f"find-code:{who}")
    figures = "".join(c for c in code if c.isascii() and c.isdigit())
    right = hmac.compare_digest(kept["hash"] if kept else b"", _hash(who, figures))
    if kept is None or not right or guesses > TRIES or not cache.delete(f"find-code:{who}"):
        raise Refusal("wrong_code")
    visit = _visits(mall, at).filter(pk=kept["visit"]).first()
    if visit is None:
        raise Refusal("wrong_code")
    return visit


def send_link(
    *,
    mall: Mall,
    wishes: Sequence[Wish],
    name: str,
    phone: str,
    email: str,
    nik: str,
    client: str,
    at: dt.datetime,
) -> None:
    """Send the link of the person's active numbers for these wishes to the contact on file.

    At most once an hour for a visit; what was typed only finds the visit and is sent nothing.
    """
    _count_client(client)
    keys = _person_keys(mall, wishes, name=name, phone=phone, email=email, nik=nik)
    tickets = Ticket.objects.filter(person_key__in=keys, state__in=ACTIVE, mall=mall)
    visits = _visits(mall, at).filter(pk__in=tickets.values("visit")).order_by("pk")
    _write(
        [
            _draft("link", visit, at, lives=dt.timedelta(hours=1))
            for visit in visits
            if cache.add(f"find-link:{visit.pk}", 1, _HOUR_S)
        ],
        at,
    )


# -- what is counted ---------------------------------------------------------------------------


def _of(mall: Mall, short_code: str) -> str:
    """What stands for a short code in the cache, known or not."""
    return blind("find", str(mall.pk), short_code).hex()[:32]


def _hash(who: str, code: str) -> bytes:
    return blind("find-code", who, code)


def _count_client(client: str) -> None:
    who = blind("find-client", client).hex()[:32]
    if tries.take(f"find-client:{who}", seconds=_TEN_MINUTES_S) > ASKED_BY_ONE_CLIENT:
        raise Refusal("too_many_tries")


# -- what is found -----------------------------------------------------------------------------


def _visits(mall: Mall, at: dt.datetime) -> QuerySet[Visit]:
    """The mall's visits from yesterday on with `public_id` and `agency_id` of a ticket, the nearest
    first."""
    first = Ticket.objects.filter(visit=OuterRef("pk")).order_by("pk")
    yesterday = mall.date_at(at) - dt.timedelta(days=1)
    return (
        Visit.objects.filter(mall=mall, date__gte=yesterday, erased_at=None)
        .select_related("mall")
        .annotate(
            public_id=Subquery(first.values("public_id")[:1]),
            agency_id=Subquery(first.values("queue__agency")[:1]),
        )
        .order_by("date")
    )


def _person_keys(mall: Mall, wishes: Sequence[Wish], **typed: str) -> list[bytes]:
    """The blind indexes of the person for each service and day wanted."""
    try:
        contact = read_contact(**typed, needs_name=False)
    except Refusal:
        return []
    services = dict(
        ServiceType.objects.filter(
            agency__mall=mall, code__in=[wish.service for wish in wishes]
        ).values_list("code", "pk")
    )
    dates = set(
        Window.objects.filter(
            pk__in=[wish.window for wish in wishes], queue__mall=mall
        ).values_list("date", flat=True)
    )
    keys = [contact.person_key(date, pk) for date in dates for pk in services.values()]
    return [key for key in keys if key]


# -- what is written ---------------------------------------------------------------------------


def _draft(
    kind: str, visit: Visit, at: dt.datetime, *, lives: dt.timedelta, secret: str = ""
) -> Draft:
    """By the channel that the person asked for; never to a browser, which anybody may hold."""
    with override(visit.language):
        date = format_date(visit.date, "l, j F Y")
    link = f"{settings.BASE_URL}/tiket/{visit.token}/"
    return Draft(
        kind=kind,
        phone=visit.phone or "",
        email=visit.email or "",
        prefer=visit.prefer,
        language=visit.language,
        mall_id=visit.mall_id,
        agency_id=visit.agency_id,  # type: ignore[attr-defined]
        time_zone=visit.mall.time_zone,
        context={
            "first_name": visit.name.split(" ")[0][:30],
            "mall": visit.mall.name,
            "date": date,
            **({} if secret else {"link": link}),
        },
        about=str(visit.public_id),  # type: ignore[attr-defined]
        send_after=at - _BEFORE_THE_REST,
        not_after=at + lives,
        dedup_key=f"{kind}:{secrets.token_hex(12)}",
        rehearsal=visit.mall.rehearsal,
        secret=secret,
    )


def _write(drafts: Sequence[Draft], at: dt.datetime) -> None:
    """Write the messages, or write one for nobody and take it back.

    The disk is not waited for, or the wait would tell which it was; who gets no code asks again.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit TO off")
        if not enqueue(drafts=drafts, at=at):
            enqueue(drafts=[_to_nobody(at)], at=at)
            transaction.set_rollback(True)


def _to_nobody(at: dt.datetime) -> Draft:
    return Draft(
        kind="code",
        email="nobody@invalid",
        context={"first_name": "", "mall": "", "date": ""},
        about=secrets.token_hex(18),
        send_after=at,
        not_after=at,
        dedup_key=f"code:{secrets.token_hex(12)}",
        rehearsal=True,
        secret="000000",  # noqa: S106 - nobody's
    )
