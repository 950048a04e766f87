"""What a citizen is told about a visit, as rows of the outbox, in the transaction of its cause."""

import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.functional import Promise
from django.utils.translation import gettext, override

from notifications import texts
from notifications.rules import Draft, channel_of, composed, enqueue, void, withdraw
from queueing import rewriting
from queueing.models import Ticket, Visit
from queueing.workflow import State
from services.models import Mall

DAY_BEFORE = dt.time(16, 0)
HOURS_BEFORE = dt.timedelta(hours=2)
REMINDERS = ("reminder_day", "reminder_hours")
# what a visit's place in the books makes; written anew when that changes
PLANNED = ("booked", "rescheduled", "moved", "kept", "paused", *REMINDERS)
SURE = dt.timedelta(seconds=70)  # after it nobody can undo an act
COLLECT_AT, COLLECT_UNTIL = dt.time(8, 0), dt.time(16, 0)
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
    agency_id: int | None = None,
    late: Collection[str] = (),
) -> list[Draft]:
    """The confirmation and the reminders of a visit, about its earliest ticket; not yet its number.

    They are made before the seat is taken: others wait from there to the commit. `late` are the
    reminders to make though their hour has passed.
    """
    if not reachable(visit):
        return []
    start = starts_at.astimezone(mall.zone)
    day_before = dt.datetime.combine(start.date() - dt.timedelta(days=1), DAY_BEFORE, mall.zone)
    planned = [(kind, at, ends_at)] if kind else []
    if day_before > at or "reminder_day" in late:
        planned.append(("reminder_day", day_before, starts_at))
    if starts_at - HOURS_BEFORE > at or "reminder_hours" in late:
        planned.append(("reminder_hours", starts_at - HOURS_BEFORE, starts_at))
    with override(visit.language):
        context = {
            "date": _in_words(start.date(), visit.language),
            "time_range": f"{start:%H.%M}–{timezone.localtime(ends_at, mall.zone):%H.%M}",
        }
    return [
        to_visit(
            visit,
            mall,
            kind=what,
            page="jadi/" if what == "reminder_day" else "",
            words=context,
            about=str(public_id),
            send_after=send_after,
            not_after=not_after,
            dedup_key=f"{public_id}:{what}:{window_id or 0}",
            agency_id=agency_id,
        )
        for what, send_after, not_after in planned
    ]


def reachable(visit: Visit) -> bool:
    """Whether anything was left by which the visit's person could be told."""
    return bool(visit.phone or visit.email or visit.push)


def to_visit(
    visit: Visit,
    mall: Mall,
    *,
    kind: str,
    words: dict[str, Any],
    page: str = "",
    link: str = "",
    **more: Any,
) -> Draft:
    """A message to a visit's person, in their language, by their channels, at their mall's hours.

    It links to the ticket, to a `page` below it, or to another `link`.
    """
    return Draft(
        kind=kind,
        phone=visit.phone or "",
        email=visit.email or "",
        push=visit.push or "",
        prefer=visit.prefer,
        language=visit.language,
        mall_id=mall.pk,
        time_zone=mall.time_zone,
        rehearsal=mall.rehearsal,
        context={
            "first_name": visit.name.split(" ")[0][:30],
            "mall": mall.name,
            "link": link or f"{settings.BASE_URL}/tiket/{visit.token}/{page}",
            **words,
        },
        **more,
    )


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
    """Void what is not yet sent about a visit and write anew for its earliest booked ticket.

    What waits though it is due is written anew, too: a confirmation and a reminder for what is
    left, what the mall has to say of a move or a pause as far as it still holds.
    """
    tickets = list(
        visit.tickets.select_related("window", "mall", "queue").order_by("window__starts_at", "pk")
    )
    about = [str(t.public_id) for t in tickets]
    waiting = withdraw(about=about, kinds=PLANNED, at=at)
    booked = [(t, t.window) for t in tickets if t.state == State.BOOKED and t.window]
    left = {str(t.public_id) for t, _window in booked}
    void(about=about if kind else [key for key in about if key not in left], kinds=PLANNED, at=at)
    if booked:
        first, window = booked[0]
        kinds = {message.kind for message in waiting}
        late = () if kind or window.starts_at <= at else kinds.intersection(REMINDERS)
        kind = kind or next((k for k in ("booked", "rescheduled") if k in kinds), "")
        drafts = prepare(
            visit=visit,
            public_id=first.public_id,
            window_id=window.pk,
            starts_at=window.starts_at,
            ends_at=window.ends_at,
            mall=first.mall,
            at=at,
            kind=kind,
            agency_id=first.queue.agency_id,
            late=late,
        )
        send(drafts, label=first.label, number=first.number, at=at)
        with override(visit.language):
            places = [_words_of(ticket, visit.language) for ticket, _window in booked]
        enqueue(drafts=rewriting.still_to_say(visit, first.mall, waiting, places), at=at)


def cancelled(
    *, visit: Visit, tickets: Sequence[Ticket], at: dt.datetime, reason: str | Promise = ""
) -> None:
    """Tell that numbers (with window, mall, queue) are cancelled, once nobody can undo it.

    What else was to be told of them is not told any more. `reason` ends a sentence.
    """
    about = [str(ticket.public_id) for ticket in tickets]
    void(about=about, kinds=["ahead", "called", "offer"], at=at)
    if not reachable(visit):
        return
    first = tickets[0]
    with override(visit.language):
        words = {
            **_words_of(first, visit.language),
            "label": ", ".join(ticket.label for ticket in tickets),
            "reason": gettext(str(reason)) if reason else "",
        }
    told = to_visit(
        visit,
        first.mall,
        kind="cancelled",
        words=words,
        about=str(first.public_id),
        send_after=at + SURE,
        not_after=at + dt.timedelta(days=1),
        dedup_key=f"{first.public_id}:cancelled:{first.number}",
        agency_id=first.queue.agency_id,
    )
    enqueue(drafts=[told], at=at)


def not_cancelled(*, tickets: Sequence[Ticket], at: dt.datetime) -> None:
    """The cancelling was undone: nobody hears of it."""
    void(about=[str(ticket.public_id) for ticket in tickets], kinds=["cancelled"], at=at)


def to_collect(*, ticket: Ticket, at: dt.datetime) -> None:
    """Tell, on the morning of the day that was promised, that the result can be fetched.

    Of a ticket with queue and visit. Not of a promise beyond the time for which a contact is kept.
    """
    visit = ticket.visit
    kept_until = ticket.date + dt.timedelta(days=settings.RETENTION_VISIT_DAYS)
    if ticket.collect_on is None or ticket.collect_on > kept_until or not reachable(visit):
        return
    mall = ticket.mall
    morning = dt.datetime.combine(ticket.collect_on, COLLECT_AT, mall.zone)
    if morning <= at:
        return  # today: the officer has just said it
    with override(visit.language):
        words = {"label": ticket.label, "date": _in_words(ticket.collect_on, visit.language)}
    told = to_visit(
        visit,
        mall,
        kind="collect",
        words=words,
        about=str(ticket.public_id),
        send_after=morning,
        not_after=dt.datetime.combine(ticket.collect_on, COLLECT_UNTIL, mall.zone),
        dedup_key=f"{ticket.public_id}:collect:{ticket.collect_on:%Y%m%d}",
        agency_id=ticket.queue.agency_id,
    )
    enqueue(drafts=[told], at=at)


def _words_of(ticket: Ticket, language: str) -> dict[str, str]:
    """A number, its day and its hour; asked inside `override(language)`."""
    return {
        "label": ticket.label,
        "date": _in_words(ticket.date, language),
        "time_range": _span(ticket),
    }


def _span(ticket: Ticket) -> str:
    """The hour of a ticket's window on the mall's clock; "" without one."""
    if ticket.window is None:
        return ""
    ends = (ticket.window.starts_at, ticket.window.ends_at)
    return "–".join(f"{moment.astimezone(ticket.mall.zone):%H.%M}" for moment in ends)


def moved(
    *,
    visit: Visit,
    booked: Sequence[Ticket],
    moves: Sequence[Move],
    reason: str | Promise,
    at: dt.datetime,
    kept_until: dt.datetime | None = None,
) -> Told | None:
    """What a visit is told that the mall has moved; None when no channel reaches the person.

    `booked` are its tickets with window, queue and mall, by start. Unsent messages are voided
    before. With `kept_until` the place waits that long for a yes, and the text asks for it.
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
        kind="kept" if kept_until else "moved",
        agency_id=first.queue.agency_id,
    )
    if not drafts or not (channel := channel_of(drafts[0])):
        return None
    with override(visit.language):
        words: dict[str, Any] = {
            "reason": gettext(str(reason)),
            "moves": [
                {"old": _stretch(m.old, visit.language), "new": _stretch(m.new, visit.language)}
                for m in moves
            ],
        }
        if kept_until:
            words["kept_until"] = _moment(kept_until, first.mall, visit.language)
    head = drafts[0]
    drafts[0] = replace(head, context={**head.context, **words})
    drafts = _numbered(drafts, first.label, first.number)
    return Told(drafts, channel, visit.language, *readable(drafts[0]))


def _moment(moment: dt.datetime, mall: Mall, language: str) -> str:
    """A date and clock time as people say them; asked inside `override(language)`."""
    local = moment.astimezone(mall.zone)
    words = {"date": _in_words(local.date(), language), "time": f"{local:%H.%M}"}
    return gettext("%(date)s pukul %(time)s") % words


def readable(draft: Draft) -> tuple[str, str]:
    """Subject and words of a message as staff may read them: the link opens nothing."""
    context = {**draft.context, "link": HIDDEN_LINK}
    words = texts.render(kind=draft.kind, language=draft.language, context=context)
    return words.subject, words.body


def paused(
    *, ticket: Ticket, reason: str, back_at: dt.datetime | None, at: dt.datetime
) -> list[Draft]:
    """What the visit of a booked ticket is told of a pause, once.

    The ticket comes with window, visit, mall and queue.
    """
    visit, mall, window = ticket.visit, ticket.mall, ticket.window
    if window is None:
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
        agency_id=ticket.queue.agency_id,
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
