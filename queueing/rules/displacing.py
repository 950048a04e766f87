"""Bookings that lose their window or seat get another one kept for them: all of them, or none."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from notifications.rules import enqueue, void
from notifications.texts import first_name_of
from queueing import issuing, live, reminders
from queueing.models import CounterSession, Queue, QueueDay, Ticket, TicketEvent, Visit, Window
from queueing.refusals import Refusal
from queueing.reminders import Move, Place, Told
from queueing.rules.day import close_day
from queueing.rules.kept import keep_until
from queueing.rules.rebuilding import (
    Crowded,
    Rebuilt,
    Standing,
    all_online,
    queue_days,
    rebuild_day,
    standing_days,
)
from queueing.rules.record import snapshot
from queueing.rules.room import Room, closed_to, span_of, write_all
from queueing.workflow import ACTIVE, State
from services.models import Mall

HERE = tuple(state for state in ACTIVE if state != State.BOOKED)
OTHER_HOURS = _("jam atau kursi layanan berubah")


@dataclass(frozen=True)
class Displaced:
    """A booking and the place kept for it; `channel` is empty when no message reaches it."""

    ticket_id: int
    first_name: str
    old: Place
    new: Place
    channel: str


@dataclass(frozen=True)
class DayLeft:
    """What a queue's day still has after the change."""

    queue: Queue
    date: dt.date
    windows: int
    seats: int


@dataclass
class Rearranged(Rebuilt):
    """What a change of the house did: who moved where, what each visit is told, who is there."""

    displaced: list[Displaced] = field(default_factory=list)
    present: list[str] = field(default_factory=list)  # labels: in the hall, told by the staff
    messages: list[Told] = field(default_factory=list)
    days: list[DayLeft] = field(default_factory=list)

    @property
    def affects(self) -> bool:
        """Whether anybody has to be moved, or is in the hall while it closes."""
        return bool(self.displaced or self.present)

    @property
    def unreached(self) -> list[Displaced]:
        """Who must be told otherwise."""
        return [one for one in self.displaced if not one.channel]

    @property
    def fingerprint(self) -> str:
        """Stands for who moves from which hour to which; the new numbers may still differ."""
        moves = sorted(
            f"{one.ticket_id} {one.old.starts_at.isoformat()} {one.new.starts_at.isoformat()}"
            for one in self.displaced
        )
        return sha256("\n".join(moves).encode()).hexdigest()


@transaction.atomic
def rearrange(
    *, queues: Sequence[Queue], at: dt.datetime, reason: str | Promise = OTHER_HOURS
) -> Rearranged:
    """After a change of hours, seats or closures: rebuild all days ahead, all or nothing.

    Who loses a window or seat gets the first one at or after the old hour of the same day, else
    on the next open day (at most a week beyond what may be booked), and one message a visit.
    People in the hall stay and are named. Refuses `no_room` when somebody finds no place.
    """
    queues = sorted(queues, key=lambda queue: queue.pk)
    done = Rearranged()
    if not queues:
        return done
    first = min(queue.mall.date_at(at) for queue in queues)
    room_of = _lock(queues, at, first)
    shut_today = set()
    for queue in queues:
        today = queue.mall.date_at(at)
        last = today + dt.timedelta(days=queue.book_ahead_days)
        standing = standing_days(queue, today)
        online = all_online(queue)
        for date, day in queue_days(queue, today, max([last, *standing])).items():
            part = rebuild_day(
                queue=queue,
                date=date,
                day=day,
                at=at,
                all_online=online,
                standing=standing.get(date, Standing([], None)),
            )
            done.add(part)
            if date == today and not day.sessions and (part.crowded or part.removed):
                shut_today.add(queue.pk)
    gone = [c.window.pk for c in done.crowded if not c.seats]
    here = Ticket.objects.filter(queue__in=queues, date__gte=first, state__in=HERE)
    done.present = sorted(
        here.filter(Q(window__in=gone) | Q(queue__in=shut_today, date=first)).values_list(
            "label", flat=True
        )
    )
    _make_room(Room(room_of, at, first=first), done, at=at, reason=reason)
    for mall_id in {queue.mall_id for queue in queues}:
        ids = {queue.pk for queue in queues if queue.mall_id == mall_id}
        live.changed(mall_id=mall_id, queue_ids=ids)
    return done


@transaction.atomic
def close_and_move(
    *, mall: Mall, date: dt.date, at: dt.datetime, reason: str | Promise
) -> tuple[Rearranged, int]:
    """Close a mall's day; who is booked for an hour that lies ahead gets one on another day.

    What was done, and how many numbers the close ended. Refuses `no_room`; nothing is changed then.
    """
    CounterSession.objects.select_for_update().filter(
        counter__mall=mall, date__lte=date, closed_at__isnull=True
    ).order_by("pk").update(closed_at=at)
    days = QueueDay.objects.filter(mall=mall, date=date, closed_at__isnull=True)
    queues = list(
        Queue.objects.filter(pk__in=days.values("queue"))
        .select_related("mall", "agency")
        .order_by("pk")
    )
    done = Rearranged()
    room = Room(_lock(queues, at, date), at, first=date)
    done.crowded = closed_to({queue.pk for queue in queues}, room, date)
    done.present = sorted(
        Ticket.objects.filter(queue__in=queues, date=date, state__in=HERE).values_list(
            "label", flat=True
        )
    )
    _make_room(room, done, at=at, reason=reason)
    done.days = [day for day in done.days if day.date != date]
    return done, close_day(mall=mall, date=date, at=at)


def _lock(queues: Sequence[Queue], at: dt.datetime, first: dt.date) -> list[Queue]:
    """Lock days and windows of these queues, of those where their visitors go too, and of those
    where their services stand now; the queues."""
    visits = Ticket.objects.filter(queue__in=queues, date__gte=first, state=State.BOOKED)
    family = Ticket.objects.filter(
        visit__in=visits.values("visit"), date__gte=first, state=State.BOOKED
    )
    related = list(
        Queue.objects.filter(
            Q(pk__in=[queue.pk for queue in queues])
            | Q(pk__in=family.values("queue"))
            | Q(queue_services__service_type__in=family.values("service_type"))
        )
        .select_related("mall", "agency")
        .order_by("pk")
        .distinct()
    )
    lock_days_and_windows(related, first)
    own = {queue.pk: queue for queue in queues}  # as they are in memory
    return [own.get(queue.pk, queue) for queue in related]


def lock_days_and_windows(queues: Sequence[Queue], first: dt.date) -> None:
    """Nobody takes or gives back a seat of these queues from `first` on until the commit."""
    for model in (QueueDay, Window):
        rows = model.objects.select_for_update().filter(queue__in=queues, date__gte=first)
        list(rows.order_by("pk").values_list("pk", flat=True))


def _make_room(room: Room, done: Rearranged, *, at: dt.datetime, reason: str | Promise) -> None:
    """Move who is too many, visit by visit in the order of their hours; refuse `no_room`."""
    room.limit(done.crowded)
    chosen = _too_many(done.crowded)
    if chosen:
        room.free_the_kept()
    family = list(
        Ticket.objects.select_for_update(of=("self",))
        .filter(visit__in={ticket.visit_id for ticket in chosen.values()})
        .select_related("visit", "mall", "window", "service_type__queue_service")
        .order_by("pk")
    )
    if any(t.state == State.BOOKED and t.queue_id not in room.queues for t in family):
        raise Refusal("busy")  # the visit grew in this very moment
    visits: dict[int, list[Ticket]] = {}
    for ticket in family:
        visits.setdefault(ticket.visit_id, []).append(ticket)
        if ticket.pk in chosen:
            room.leave(ticket)
    before = {ticket.pk: (snapshot(ticket), _place(ticket)) for ticket in family if ticket.window}
    moved: list[Ticket] = []
    stranded: list[list[Ticket]] = []
    for tickets in sorted(visits.values(), key=lambda group: _first_hour(group, chosen)):
        found = _keep_a_place(room, tickets, chosen)
        moved += found or []
        if found is None:
            stranded.append(tickets)
    if stranded:
        room.further()
    lost = 0
    for tickets in stranded:
        found = _keep_a_place(room, tickets, chosen)
        moved += found or []
        if found is None and _may_leave_the_day(room, tickets):
            lost += sum(ticket.pk in chosen for ticket in tickets)
        elif found is None:  # the person is here: an officer will talk to them
            for ticket in tickets:
                if ticket.pk in chosen:
                    room.stay(ticket)
                    done.present.append(ticket.label)
    if lost:
        raise Refusal("no_room", count=lost)
    if moved or done.crowded:
        room.write()
    _write(moved, before, done, at=at, reason=reason)
    days = {
        (place.queue_id, place.starts_at.date()) for d in done.displaced for place in (d.old, d.new)
    }
    done.days = [
        DayLeft(room.queues[queue_id], date, *room.left(queue_id, date))
        for queue_id, date in sorted(days, key=lambda key: (key[1], key[0]))
    ]


def _too_many(crowded: Sequence[Crowded]) -> dict[int, Ticket]:
    """The booked tickets beyond the seats of each window: those with the highest numbers."""
    booked: dict[int, list[Ticket]] = {}
    rows = Ticket.objects.filter(window__in=[c.window for c in crowded], state=State.BOOKED)
    for ticket in rows.order_by("-number", "-pk"):
        booked.setdefault(ticket.window_id or 0, []).append(ticket)
    chosen = {}
    for c in crowded:
        too_many = max(0, c.window.taken - c.seats) if c.seats else None
        chosen.update({t.pk: t for t in booked.get(c.window.pk, [])[:too_many]})
    return chosen


def _first_hour(tickets: Sequence[Ticket], chosen: dict[int, Ticket]) -> tuple:
    return min((t.window.starts_at, t.number, t.pk) for t in tickets if t.pk in chosen and t.window)


def _may_leave_the_day(room: Room, tickets: Sequence[Ticket]) -> bool:
    """Whether nothing of the visit is under way on its day."""
    return not any(
        t.state in HERE or (t.state == State.BOOKED and t.window_id not in room.windows)
        for t in tickets
    )


def _keep_a_place(
    room: Room, tickets: Sequence[Ticket], chosen: dict[int, Ticket]
) -> list[Ticket] | None:
    """Move the chosen tickets of a visit: within their day, else all of it to one other day."""
    goers = sorted((t for t in tickets if t.pk in chosen), key=span_of)
    others = [t for t in tickets if t.pk not in chosen and t.state in ACTIVE and t.window]
    queues = {t.pk: _queue_now(room, t) for t in [*goers, *others]}
    date = goers[0].date
    busy = [span_of(ticket) for ticket in others]
    found = room.places(goers, date, busy, queues=queues)
    if found is None and _may_leave_the_day(room, tickets):
        for ticket in others:
            room.leave(ticket)
        goers = sorted([*goers, *others], key=span_of)
        later = sorted({day for queue_id, day in room.by_day if queue_id in queues.values()})
        for day in later:
            if day > date and (found := room.places(goers, day, [], queues=queues)) is not None:
                break
        else:
            for ticket in others:
                room.stay(ticket)
    if found is None:
        return None
    for ticket in goers:
        room.take(ticket, found[ticket.pk])
    return goers


def _queue_now(room: Room, ticket: Ticket) -> int:
    """Where the service stands now when its old queue is switched off."""
    home = getattr(ticket.service_type, "queue_service", None)
    if room.queues[ticket.queue_id].active or home is None or home.queue_id not in room.queues:
        return ticket.queue_id
    return home.queue_id


def _write(
    moved: Sequence[Ticket],
    before: dict[int, tuple[dict, Place]],
    done: Rearranged,
    *,
    at: dt.datetime,
    reason: str | Promise,
) -> None:
    """Write the moved tickets, their log, and one message a visit in place of the unsent ones."""
    if not moved:
        return
    fields = ["window", "queue", "date", "number", "label", "seat", "person_key", "standard"]
    fields.append("confirmed_at")
    try:
        with transaction.atomic():
            write_all(moved, fields)
    except IntegrityError:
        raise Refusal("busy") from None  # the person has just taken another number
    with override("id"):
        note = str(reason)[:200]
    TicketEvent.objects.bulk_create(
        TicketEvent(ticket=t, kind="displaced", at=at, note=note, before=before[t.pk][0])
        for t in moved
    )
    visits: dict[int, Visit] = {}
    for ticket in moved:
        visits.setdefault(ticket.visit_id, ticket.visit).date = ticket.date
    _give_free_codes(visits)
    write_all(list(visits.values()), ["date", "short_code"])
    booked: dict[int, list[Ticket]] = {}
    about = []
    for ticket in (
        Ticket.objects.filter(visit__in=visits)
        .select_related("window", "mall", "queue")
        .order_by("window__starts_at", "pk")
    ):
        about.append(str(ticket.public_id))
        if ticket.state == State.BOOKED and ticket.window:
            booked.setdefault(ticket.visit_id, []).append(ticket)
    void(about=about, kinds=reminders.PLANNED, at=at)
    new = {ticket.pk: _place(ticket) for ticket in moved}
    moves: dict[int, list[Move]] = {}
    for ticket in moved:
        move = Move(old=before[ticket.pk][1], new=new[ticket.pk])
        moves.setdefault(ticket.visit_id, []).append(move)
    channels = {}
    kept: dict[int, dt.datetime | None] = {}
    for pk, visit in visits.items():
        until = keep_until(moves[pk], at)
        told = reminders.moved(
            visit=visit, booked=booked[pk], moves=moves[pk], reason=reason, at=at, kept_until=until
        )
        kept[pk] = until if told else None  # who cannot be told keeps the place
        if told:
            done.messages.append(told)
            channels[pk] = told.channel
    for ticket in moved:
        ticket.kept_until = kept[ticket.visit_id]
        if ticket.kept_until:
            ticket.confirmed_at = None  # that was said of another hour
    write_all(moved, ["kept_until", "confirmed_at"])
    drafts = [draft for told in done.messages for draft in told.drafts]
    for some in range(0, len(drafts), 500):
        enqueue(drafts=drafts[some : some + 500], at=at)
    done.displaced = [
        Displaced(
            ticket_id=t.pk,
            first_name=first_name_of(t.visit.name),
            old=before[t.pk][1],
            new=new[t.pk],
            channel=channels.get(t.visit_id, ""),
        )
        for t in sorted(moved, key=lambda t: (before[t.pk][1].starts_at, before[t.pk][1].label))
    ]


def _give_free_codes(visits: dict[int, Visit]) -> None:
    """Give a new short code to a visit whose code is in use on the day it comes to."""
    others = Visit.objects.filter(
        mall__in={visit.mall_id for visit in visits.values()},
        date__in={visit.date for visit in visits.values()},
    ).exclude(pk__in=visits)
    used = set(others.values_list("mall", "date", "short_code"))
    for visit in visits.values():
        while (visit.mall_id, visit.date, visit.short_code) in used:
            visit.short_code = issuing.new_short_code()
        used.add((visit.mall_id, visit.date, visit.short_code))


def _place(ticket: Ticket) -> Place:
    starts_at, ends_at = (moment.astimezone(ticket.mall.zone) for moment in span_of(ticket))
    return Place(ticket.queue_id, ticket.label, starts_at, ends_at)
