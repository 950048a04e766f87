"""Messages of a visit that wait and are written anew: by its present roads, with what still holds.

What was due and waited for the morning, or behind others, is not lost when the visit changes.
"""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

from notifications.models import Message
from notifications.rules import Draft, enqueue, withdraw
from queueing.models import Ticket, Visit
from services.models import Mall

Kind = Message.Kind
# Codes and links were asked for by whoever typed the contact; digests are the staff's.
OF_A_VISIT = tuple(k.value for k in Kind if k not in {Kind.CODE, Kind.LINK, Kind.DIGEST})
_OF_THE_MALL = {Kind.MOVED, Kind.KEPT, Kind.PAUSED}  # what nobody but the mall knows
_OF_THE_LINE = {Kind.CALLED, Kind.AHEAD}


def reroute(
    *, visit: Visit, tickets: Sequence[Ticket], kinds: Sequence[str], at: dt.datetime
) -> None:
    """Let what waits leave by the visit's present roads, with the same words; or not at all."""
    about = [*(str(t.public_id) for t in tickets), f"visit-{visit.pk}"]
    waiting = withdraw(about=about, kinds=kinds, at=at)
    if waiting:
        mall = tickets[0].mall
        enqueue(drafts=[anew(visit, mall, message, message.context) for message in waiting], at=at)


def anew(visit: Visit, mall: Mall, message: Message, words: dict[str, Any]) -> Draft:
    """A message that was withdrawn, under its old key, to whoever the visit reaches now."""
    push_first = visit.push and message.kind in _OF_THE_LINE
    return Draft(
        kind=message.kind,
        phone=visit.phone or "",
        email=visit.email or "",
        push=visit.push or "",
        prefer="push" if push_first else visit.prefer,
        language=message.language,
        context=words,
        about=message.about,
        send_after=message.send_after,
        not_after=message.not_after,
        dedup_key=message.dedup_key,
        rehearsal=mall.rehearsal,
        mall_id=message.mall_id,
        agency_id=message.agency_id,
        time_zone=message.time_zone,
    )


def still_to_say(
    visit: Visit, mall: Mall, waiting: Sequence[Message], booked: Sequence[dict[str, str]]
) -> list[Draft]:
    """What the mall has still to say of numbers that are booked as it said.

    `booked`: label, date and time_range of each, the earliest first, in the visit's language.
    """
    drafts = []
    for message in waiting:
        if message.kind in _OF_THE_MALL and (words := _left_of(message.context, booked)):
            drafts.append(anew(visit, mall, message, {**message.context, **words}))
    return drafts


def _left_of(said: dict[str, Any], booked: Sequence[dict[str, str]]) -> dict[str, Any]:
    """The words that change; {} when nothing of it holds any more."""
    if "moves" not in said:
        return next((one for one in booked if _same(said, one, ("label", "time_range"))), {})
    places = ("label", "date", "time_range")
    moves = [m for m in said["moves"] if any(_same(m["new"], one, places) for one in booked)]
    return {**booked[0], "moves": moves} if moves else {}


def _same(said: dict[str, Any], one: dict[str, str], names: Collection[str]) -> bool:
    return all(said.get(name) == one[name] for name in names)
