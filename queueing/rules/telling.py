"""Messages that the clock and the line cause, not one act: called, almost your turn, the survey.

Each sweep costs the same few statements however many people wait, and none of them lies on the way
of a call. Two sweeps at once write the same keys: a message is written once.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.db import connection

from notifications.models import Message
from notifications.rules import Draft, channel_of, enqueue, void
from queueing import reminders
from queueing.models import Ticket
from queueing.workflow import State
from surveys import rules as surveys

FRESH = dt.timedelta(seconds=60)  # a call is news for so long
CALLED_LASTS = dt.timedelta(minutes=2)
AHEAD_LASTS = dt.timedelta(minutes=20)
SURVEY_AFTER = dt.timedelta(minutes=30)
SURVEY_LASTS = dt.timedelta(days=2)
AT_A_TIME = 100
EMPTY_BYTES = 32  # of an encrypted ""
_OF_THE_LINE = {Message.Kind.CALLED: State.CALLED, Message.Kind.AHEAD: State.WAITING}
_REACHABLE = "(v.contact_key IS NOT NULL OR v.push IS NOT NULL) AND v.erased_at IS NULL"


@dataclass(frozen=True)
class News:
    """Something to be told about a ticket, once under its key."""

    ticket_id: int
    key: str
    kind: str
    words: dict[str, str]
    until: dt.datetime


def tell_the_line(at: dt.datetime) -> int:
    """Write to who has just been called and to who is almost there; how many messages are new.

    What is still unsent of people who have moved on is taken back.
    """
    _take_back(at)
    return _write([*_called(at), *_ahead(at)], at)


# The states stand in the text: only then can an index with a condition on them serve.
_CALLED = f"""
SELECT t.id, t.public_id, t.recalls > 0, t.called_at, last.at, c.number
  FROM queueing_ticket t
  JOIN queueing_visit v ON v.id = t.visit_id
  JOIN queueing_counter c ON c.id = t.counter_id
 CROSS JOIN LATERAL (
    SELECT e.kind, e.at FROM queueing_ticketevent e
     WHERE e.ticket_id = t.id ORDER BY e.id DESC LIMIT 1) AS last
 WHERE t.state IN ('called', 'serving') AND t.state = 'called'
   AND last.kind IN ('called', 'recalled') AND last.at > %(since)s AND last.at <= %(at)s
   AND {_REACHABLE}
"""  # noqa: S608 - constants of the house


def _called(at: dt.datetime) -> list[News]:
    """Who was called in the last minute; being called again is told once more, not each time."""
    return [
        News(
            ticket_id,
            f"{public_id}:called:{called_at:%Y%m%d%H%M%S}" + (":again" if again else ""),
            "called",
            {"counter": str(number)},
            last_at + CALLED_LASTS,
        )
        for ticket_id, public_id, again, called_at, last_at, number in _rows(
            _CALLED, {"at": at, "since": at - FRESH}
        )
    ]


# Nobody is told a place in a line that does not move: paused, closed, or without an open counter;
# nor who stands at another counter at the moment, for whom it is no news. People are counted, not
# tickets: whoever waits with several is told of the first. So many tickets are looked at that there
# may be four of each; where there are more, the last are told a little later.
_AHEAD = f"""
SELECT t.id, t.public_id, t.ahead
  FROM queueing_queue q
  JOIN services_mall m ON m.id = q.mall_id AND m.active
  JOIN queueing_queueday d ON d.queue_id = q.id AND d.closed_at IS NULL AND d.paused_reason = ''
                          AND d.date = (%(at)s AT TIME ZONE m.time_zone)::date
 CROSS JOIN LATERAL (
    SELECT f.*, row_number() OVER (ORDER BY f.sort_at, f.number) - 1 AS ahead
      FROM (SELECT w.*, row_number() OVER (PARTITION BY w.visit_id
                                               ORDER BY w.sort_at, w.number) AS nth
              FROM (SELECT id, public_id, visit_id, sort_at, number FROM queueing_ticket
                     WHERE queue_id = q.id AND date = d.date AND state = 'waiting'
                     ORDER BY sort_at, number LIMIT 4 * (q.ahead_notice + 1)) AS w) AS f
     WHERE f.nth = 1) AS t
  JOIN queueing_visit v ON v.id = t.visit_id
 WHERE q.active AND t.ahead BETWEEN 1 AND q.ahead_notice AND {_REACHABLE}
   AND EXISTS (SELECT 1 FROM queueing_countersession s
                WHERE s.closed_at IS NULL AND s.date = d.date AND q.id = ANY (s.queue_ids))
   AND NOT EXISTS (SELECT 1 FROM queueing_ticket o
                    WHERE o.visit_id = t.visit_id AND o.state IN ('called', 'serving'))
"""  # noqa: S608 - constants of the house


def _ahead(at: dt.datetime) -> list[News]:
    """Who has at most `ahead_notice` people before them, and at least one, in the real order."""
    return [
        News(ticket_id, f"{key}:ahead", "ahead", {"people": str(ahead)}, at + AHEAD_LASTS)
        for ticket_id, key, ahead in _rows(_AHEAD, {"at": at})
    ]


def _take_back(at: dt.datetime) -> None:
    """Void unsent news of the line whose ticket has left the state it speaks of."""
    near = (at - AHEAD_LASTS, at + AHEAD_LASTS)
    unsent = list(
        Message.objects.filter(
            state=Message.State.DUE, send_after__range=near, kind__in=_OF_THE_LINE
        ).values_list("kind", "about")
    )
    if not unsent:
        return
    states = dict(
        Ticket.objects.filter(public_id__in=[about for _kind, about in unsent]).values_list(
            "public_id", "state"
        )
    )
    now = {str(public_id): state for public_id, state in states.items()}
    for kind, state in _OF_THE_LINE.items():
        gone = [about for k, about in unsent if k == kind and now.get(about) != state]
        void(about=gone, kinds=[kind], at=at)


def _write(news: Sequence[News], at: dt.datetime) -> int:
    """Write what has not been told yet, whatever became of the message then."""
    told = _written([one.key for one in news])
    new = [one for one in news if one.key not in told]
    if not new:
        return 0
    tickets = Ticket.objects.select_related("visit", "mall", "queue").in_bulk(
        [one.ticket_id for one in new]
    )
    drafts = [_about(tickets[one.ticket_id], one, at) for one in new]
    return enqueue(drafts=drafts, at=at)


def _about(ticket: Ticket, news: News, at: dt.datetime) -> Draft:
    """The message; a phone that asked to be told of the turn is told of it first."""
    draft = reminders.to_visit(
        ticket.visit,
        ticket.mall,
        kind=news.kind,
        words={"label": ticket.label, **news.words},
        about=str(ticket.public_id),
        send_after=at,
        not_after=news.until,
        dedup_key=news.key,
        agency_id=ticket.queue.agency_id,
    )
    return replace(draft, prefer="push") if draft.push else draft


# -- the survey ------------------------------------------------------------------------------------

# Who was missed at another counter of the visit is asked about the one where they were served.
# What can never be written is left out here, or it would stand in the way of the others: the survey
# was written or filled in already, the link would be too old, no channel reaches the person.
_FINISHED = f"""
SELECT last.id, last.ended_at FROM (
    SELECT DISTINCT ON (t.visit_id) t.id, t.public_id, t.visit_id, t.date, t.ended_at
      FROM queueing_ticket t
     WHERE t.state = 'done' AND t.ended_at > %(since)s
       AND NOT t.flagged AND t.outcome IN ('served', 'collect_later')
     ORDER BY t.visit_id, t.ended_at DESC, t.id DESC) AS last
  JOIN queueing_visit v ON v.id = last.visit_id
  JOIN services_mall m ON m.id = v.mall_id
 WHERE last.ended_at <= %(sure)s AND {_REACHABLE}
   AND last.date >= (%(at)s AT TIME ZONE m.time_zone)::date - %(open_days)s
   AND (m.rehearsal AND NOT %(caught)s
        OR %(by_push)s AND v.push IS NOT NULL
        OR %(by_phone)s AND octet_length(v.phone) > {EMPTY_BYTES}
        OR %(by_email)s AND octet_length(v.email) > {EMPTY_BYTES})
   AND NOT EXISTS (SELECT 1 FROM queueing_ticket o WHERE o.visit_id = last.visit_id AND o.state IN
                   ('printing', 'booked', 'waiting', 'called', 'serving', 'parked'))
   AND NOT EXISTS (SELECT 1 FROM notifications_message s WHERE s.state <> 'voided'
                      AND s.dedup_key = 'visit-' || last.visit_id || ':survey')
   AND NOT EXISTS (SELECT 1 FROM surveys_invitation i
                    WHERE i.reference = last.public_id AND i.answered_on IS NOT NULL)
 ORDER BY last.ended_at LIMIT %(at_a_time)s
"""  # noqa: S608 - constants of the house


def ask_how_it_was(at: dt.datetime) -> int:
    """Write the survey's invitation to whoever has finished a visit; how many are new.

    Only when nobody can undo the end any more. A visit that went on after all (a missing paper was
    brought) is asked when it is over; one that nobody looked at in time, as long as the message
    would still be sent.
    """
    reach = {way: bool(channel_of(_to_nobody(way, at))) for way in ("push", "phone", "email")}
    params = {
        "at": at,
        "since": at - SURVEY_LASTS,
        "sure": at - reminders.SURE,
        "open_days": settings.SURVEY_OPEN_DAYS,
        "caught": settings.CATCHES_MESSAGES,
        "at_a_time": AT_A_TIME,
        **{f"by_{way}": reaches for way, reaches in reach.items()},
    }
    over = dict(_rows(_FINISHED, params))
    if not over:
        return 0
    tickets = Ticket.objects.select_related("visit", "mall", "queue", "service_type__agency")
    drafts = []
    for ticket in tickets.filter(pk__in=over):
        if token := _one_time_token(ticket, at):
            drafts.append(_invitation(ticket, over[ticket.pk], token))
    return enqueue(drafts=drafts, at=at)


def _to_nobody(way: str, at: dt.datetime) -> Draft:
    """A message with this address alone, to ask whether a channel would take it."""
    address: dict[str, Any] = {way: "-"}
    return Draft(kind="survey", about="", send_after=at, dedup_key="", **address)


def _one_time_token(ticket: Ticket, at: dt.datetime) -> str | None:
    """Of the ticket's survey; None when it was answered in this moment."""
    surveys.invite(
        mall=ticket.mall,
        agency=ticket.service_type.agency,
        service=ticket.service_type,
        date=ticket.date,
        reference=ticket.public_id,
        at=at,
    )
    return surveys.open_token(reference=ticket.public_id, at=at)


def _invitation(ticket: Ticket, ended_at: dt.datetime, token: str) -> Draft:
    return reminders.to_visit(
        ticket.visit,
        ticket.mall,
        kind="survey",
        words={"label": ticket.label},
        link=f"{settings.BASE_URL}/survei/{token}/",
        about=f"visit-{ticket.visit_id}",
        send_after=ended_at + SURVEY_AFTER,
        not_after=ended_at + SURVEY_LASTS,
        dedup_key=f"visit-{ticket.visit_id}:survey",
        agency_id=ticket.queue.agency_id,
    )


def _written(keys: Sequence[str]) -> set[str]:
    """Which of these keys have a message."""
    if not keys:
        return set()
    found = Message.objects.filter(dedup_key__in=keys)
    return set(found.values_list("dedup_key", flat=True))


def _rows(sql: str, params: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())
