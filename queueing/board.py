"""The hall as anybody may see it: who is called where, and how many wait. Numbers, never names."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from django.db.models import CharField, Count, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.text import slugify

from queueing import estimates
from queueing.models import CallAnnouncement, Notice, Queue, QueueDay, Ticket, VoiceClip
from queueing.workflow import State
from queueing.zones import Zone, with_desks, zone_at, zones_of
from services.models import Mall

RECENT = 5
TOGETHER = 3  # calls that stand on the panel at once
STANDS = dt.timedelta(seconds=12)  # how long a call stands beside newer ones
LATE = dt.timedelta(seconds=90)  # ids come from a sequence: a lower one may be seen this much later
_LISTED = 20
_NEWEST = 100  # calls looked at; more only for a display that was away
_AWAY = 1000
_NOTICE, _CLIP = "notice", "clip"


@dataclass(frozen=True)
class Call:
    """A number called to a counter, and what its ticket is now."""

    id: int
    label: str
    counter: int
    floor: str
    zone: str
    recall: bool
    at: dt.datetime
    state: str

    @property
    def called(self) -> bool:
        """Nobody has come to the counter yet."""
        return self.state == State.CALLED

    @property
    def length(self) -> int:
        """Characters on the panel: what decides how large they can be."""
        return len(self.label.replace(" ", "")) + len(str(self.counter))


@dataclass(frozen=True)
class Hall:
    """What a display shows of the hall, or of one zone.

    `now` stands on the panel, `recent` beside it; `shown` are both and what comes after them;
    `calls`, oldest first, is what a page that knows the ids up to `since` may not have seen yet.
    `recorded` are the words of the mall's own voice, each with the moment of its recording.
    """

    zone: Zone | None
    now: list[Call]
    recent: list[Call]
    shown: list[Call]
    calls: list[Call]
    queues: list[Any]
    notices: list[str]
    recorded: dict[str, dt.datetime]
    last_call_id: int


class NoSuchZone(Exception):
    """The mall has no counter in a zone of this address."""


def queues_now(*, mall: Mall, at: dt.datetime) -> QuerySet[Queue]:
    """The mall's queues by prefix, each with `waiting`, `last_called` and `paused`; one query."""
    today = mall.date_at(at)
    of_queue = {"queue": OuterRef("pk"), "date": today}
    waiting = (
        Ticket.objects.filter(**of_queue, state=State.WAITING)
        .order_by()
        .values("queue")
        .annotate(n=Count("pk"))
        .values("n")
    )
    called = Ticket.objects.filter(**of_queue, called_at__isnull=False).order_by("-called_at")
    day = QueueDay.objects.filter(**of_queue)
    return (
        Queue.objects.filter(mall=mall, active=True, agency__active=True)
        .select_related("agency")
        .annotate(
            waiting=Coalesce(Subquery(waiting), 0),
            last_called=_or_empty(called.values("label")[:1]),
            paused=_or_empty(day.values("paused_reason")[:1]),
        )
        .order_by("prefix")
    )


def hall(*, mall: Mall, at: dt.datetime, zone: str = "", since: int | None = None) -> Hall:
    """The hall, or its zone of this address, in three queries however many queues there are.

    Each queue also has `back_at`, `desks` and `pace`. Raises `NoSuchZone`.
    """
    date = mall.date_at(at)
    day = QueueDay.objects.filter(queue=OuterRef("pk"), date=date)
    rows = queues_now(mall=mall, at=at).annotate(
        back_at=Subquery(day.values("expected_back_at")[:1])
    )
    everywhere: list[Any] = list(with_desks(rows, date))
    floors = {desk["number"]: desk["floor"] for queue in everywhere for desk in queue.desks}
    here = _zone(mall, zone, everywhere) if zone else None
    queues = [queue for queue in everywhere if here is None or queue.pk in here.queue_ids]
    paces = estimates.for_queues([queue.pk for queue in queues], date, at)
    for queue in queues:
        queue.pace = paces.get(queue.pk, estimates.Pace())
    names = {desk["zone"] for queue in everywhere for desk in queue.desks}
    calls, notices, recorded = _said(mall, at, here, names, since, floors)
    shown = list({call.label: call for call in calls}.values())
    shown.sort(key=lambda call: call.id, reverse=True)
    now = _standing(shown, at)
    return Hall(
        zone=here,
        now=now,
        recent=[call for call in shown if call not in now][:RECENT],
        shown=shown[:_LISTED],
        calls=[
            call for call in calls if call.at > at - LATE or (since is not None and call.id > since)
        ],
        queues=queues,
        notices=notices,
        recorded=recorded,
        last_call_id=max((call.id for call in calls), default=since or 0),
    )


def _zone(mall: Mall, slug: str, queues: Sequence[Any]) -> Zone:
    of_today = zones_of({queue.pk: queue.desks for queue in queues})
    found = next((zone for zone in of_today if zone.slug == slug), None) or zone_at(mall, slug)
    if found is None:
        raise NoSuchZone(slug)
    return found


def _standing(shown: Sequence[Call], at: dt.datetime) -> list[Call]:
    """The newest calls of the last seconds, else the newest whose person has not come yet."""
    fresh = [call for call in shown if call.at > at - STANDS][:TOGETHER]
    return fresh or [call for call in shown if call.called][:1]


def _said(
    mall: Mall,
    at: dt.datetime,
    zone: Zone | None,
    names: set[str],
    since: int | None,
    floors: dict[int, str],
) -> tuple[list[Call], list[str], dict[str, dt.datetime]]:
    """The newest calls, oldest first, the notices of this moment, the recorded words; one query."""
    calls = CallAnnouncement.objects.filter(mall=mall, date=mall.date_at(at))
    notices = Notice.objects.filter(mall=mall, starts_at__lte=at, ends_at__gt=at)
    if zone:
        here = {zone.name, *(name for name in names if slugify(name) == zone.slug)}
        calls, notices = (rows.filter(zone__in=["", *here]) for rows in (calls, notices))
    else:
        notices = notices.filter(zone="")
    if since is not None:  # a display that was away learns of every call it missed
        newest = calls.order_by("-pk").values("pk")[_NEWEST - 1 : _NEWEST]
        calls = calls.filter(Q(pk__gte=Coalesce(Subquery(newest), 0)) | Q(pk__gt=since))
    columns = ("pk", "label", "counter_number", "zone", "recall", "at", "ticket__state")
    spoken = calls.order_by("-pk").values_list(*columns)[: _NEWEST if since is None else _AWAY]
    shown = notices.values_list(
        "pk",
        "text",
        Value(0, IntegerField()),
        "zone",
        Value(False),
        "starts_at",
        Value(_NOTICE),
    )
    clips = VoiceClip.objects.filter(mall=mall).values_list(
        "pk",
        "key",
        Value(0, IntegerField()),
        Value(""),
        Value(False),
        "recorded_at",
        Value(_CLIP),
    )
    found = sorted(spoken.union(shown, clips, all=True), key=itemgetter(0))
    return (
        [
            Call(pk, label, number, floors.get(number, ""), place, recall, when, kind)
            for pk, label, number, place, recall, when, kind in found
            if kind not in {_NOTICE, _CLIP}
        ],
        [text for _pk, text, *_rest, kind in found if kind == _NOTICE],
        {key: when for _pk, key, *_rest, when, kind in found if kind == _CLIP},
    )


def _or_empty(values: QuerySet) -> Coalesce:
    return Coalesce(Subquery(values), Value(""), output_field=CharField())
