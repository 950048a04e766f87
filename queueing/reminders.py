"""What a citizen is told about a booking, as rows of the outbox: booked, moved, paused."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from django.conf import settings
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.functional import Promise
from django.utils.translation import gettext, override

from notifications import texts
from notifications.rules import Draft, channel_of, composed, enqueue, void
from queueing.models import Ticket, Visit
from queueing.workflow import State
from services.models import Mall

DAY_BEFORE = dt.time(16, 0)
HOURS_BEFORE = dt.timedelta(hours=2)
REMINDERS = ("reminder_day", "reminder_hours")
HIDDEN_LINK = f"{settings.BASE_URL}/tiket/…"  # the token is the citizen's alone


@dataclass(frozen=True)
class Place:
    """A number and its window, in the mall's own time."""

    queue_id: int
    label: str
    starts_at: dt.datetime
    ends_at: dt.datetime


@dataclass(frozen=True)
class Move:
    """A booking's old place and the one kept for it."""

    old: Place
    new: Place


@dataclass(frozen=True)
class Told:
    """A visit's messages, and the words of the first as staff may read them: without the link."""

    drafts: list[Draft]
    channel: str
    language: str
    subject: str
    body: str


def prepare(
    *,
    visit: Visit,
    public_id: uuid.UUID,
    window_id: int | None,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    mall: Mall,
    at: dt.datetime,
    kind: str = "booked",
) -> list[Draft]:
    """The confirmation and the reminders of a visit, about its earliest ticket; not yet its number.

    They are made before the seat is taken: others wait from there to the commit.
    """
    if not (visit.phone or visit.email):
        return []
    start = starts_at.astimezone(mall.zone)
    day_before = dt.datetime.combine(start.date() - dt.timedelta(days=1), DAY_BEFORE, mall.zone)
    planned = [(kind, at, ends_at)] if kind else []
    if day_before > at:
        planned.append(("reminder_day", day_before, starts_at))
    if starts_at - HOURS_BEFORE > at:
        planned.append(("reminder_hours", starts_at - HOURS_BEFORE, starts_at))
    with override(visit.language):
        context = {
            "first_name": visit.name.split(" ")[0][:30],
            "mall": mall.name,
            "date": _in_words(start.date(), visit.language),
            "time_range": f"{start:%H.%M}–{timezone.localtime(ends_at, mall.zone):%H.%M}",
            "link": f"{settings.BASE_URL}/tiket/{visit.token}/",
        }
    return [
        Draft(
            kind=what,
            phone=visit.phone or "",
            email=visit.email or "",
            language=visit.language,
            context=context,
            about=str(public_id),
            send_after=send_after,
            not_after=not_after,
            dedup_key=f"{public_id}:{what}:{window_id or 0}",
            rehearsal=mall.rehearsal,
        )
        for what, send_after, not_after in planned
    ]


def send(drafts: Sequence[Draft], *, label: str, number: int, at: dt.datetime) -> None:
    """Put prepared messages into the outbox, now that the ticket has its number."""
    enqueue(drafts=_numbered(drafts, label, number), at=at)


def sent_along(drafts: Sequence[Draft], *, label: str, number: int, at: dt.datetime) -> str:
    """What `send` would run, as text, to travel with the statement that writes the visit."""
    return composed(drafts=_numbered(drafts, label, number), at=at)


def _numbered(drafts: Sequence[Draft], label: str, number: int) -> list[Draft]:
    return [
        replace(
            draft,
            context={**draft.context, "label": label},
            dedup_key=f"{draft.dedup_key}:{number}",
        )
        for draft in drafts
    ]


@lru_cache(maxsize=256)
def _in_words(date: dt.date, language: str) -> str:
    """The date as people say it; asked inside `override(language)`, and of few dates."""
    return format_date(date, "l, j F Y")


def replan(*, visit: Visit, at: dt.datetime, kind: str = "") -> None:
    """Void what is not yet sent about a visit and write anew for its earliest booked ticket."""
    tickets = list(
        visit.tickets.select_related("window", "mall").order_by("window__starts_at", "pk")
    )
    about = [str(t.public_id) for t in tickets]
    if void(about=about, kinds=["booked"], at=at) and not kind:
        kind = "booked"  # the confirmation has not left yet: it leaves with what is left
    void(about=about, at=at)
    booked = [(t, t.window) for t in tickets if t.state == State.BOOKED and t.window]
    if booked:
        first, window = booked[0]
        drafts = prepare(
            visit=visit,
            public_id=first.public_id,
            window_id=window.pk,
            starts_at=window.starts_at,
            ends_at=window.ends_at,
            mall=first.mall,
            at=at,
            kind=kind,
        )
        send(drafts, label=first.label, number=first.number, at=at)


def moved(
    *,
    visit: Visit,
    booked: Sequence[Ticket],
    moves: Sequence[Move],
    reason: str | Promise,
    at: dt.datetime,
) -> Told | None:
    """What a visit is told that the mall has moved; None when no channel reaches the person.

    `booked` are its tickets with window and mall, by start. Unsent messages are voided before.
    """
    first = booked[0]
    if first.window is None:
        return None
    drafts = prepare(
        visit=visit,
        public_id=first.public_id,
        window_id=first.window_id,
        starts_at=first.window.starts_at,
        ends_at=first.window.ends_at,
        mall=first.mall,
        at=at,
        kind="moved",
    )
    if not drafts or not (channel := channel_of(drafts[0])):
        return None
    with override(visit.language):
        words = {
            "reason": gettext(str(reason)),
            "moves": [
                {"old": _stretch(m.old, visit.language), "new": _stretch(m.new, visit.language)}
                for m in moves
            ],
        }
    head = drafts[0]
    drafts[0] = replace(head, context={**head.context, **words})
    drafts = _numbered(drafts, first.label, first.number)
    return Told(drafts, channel, visit.language, *readable(drafts[0]))


def readable(draft: Draft) -> tuple[str, str]:
    """Subject and words of a message as staff may read them: the link opens nothing."""
    context = {**draft.context, "link": HIDDEN_LINK}
    return texts.render(kind=draft.kind, language=draft.language, context=context)


def paused(
    *, ticket: Ticket, reason: str, back_at: dt.datetime | None, at: dt.datetime
) -> list[Draft]:
    """What the visit of a booked ticket (with window, visit, mall) is told of a pause, once."""
    visit, mall, window = ticket.visit, ticket.mall, ticket.window
    if window is None or not (visit.phone or visit.email):
        return []
    drafts = prepare(
        visit=visit,
        public_id=ticket.public_id,
        window_id=window.pk,
        starts_at=window.starts_at,
        ends_at=window.ends_at,
        mall=mall,
        at=at,
        kind="paused",
    )[:1]
    with override(visit.language):
        words = {
            "label": ticket.label,
            "reason": gettext(reason),
            "back_at": f"{timezone.localtime(back_at, mall.zone):%H.%M}" if back_at else "",
        }
    return [
        replace(
            draft,
            context={**draft.context, **words},
            not_after=back_at or draft.not_after,
            dedup_key=f"visit-{visit.pk}:paused:{ticket.date:%Y%m%d}",
        )
        for draft in drafts
    ]


def _stretch(place: Place, language: str) -> dict[str, str]:
    return {
        "label": place.label,
        "date": _in_words(place.starts_at.date(), language),
        "time_range": f"{place.starts_at:%H.%M}–{place.ends_at:%H.%M}",
    }
