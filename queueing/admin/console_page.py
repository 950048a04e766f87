"""What the console of a counter shows: who sits there, who is here, who waits and why."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Avg, Case, Count, F, Q, QuerySet, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User
from queueing.admin.today import PAUSE_REASONS
from queueing.models import Counter, CounterSession, Queue, QueueDay, Ticket, TicketEvent
from queueing.rules.moving import UNDOABLE
from queueing.rules.record import UNDO_WITHIN
from queueing.rules.sitting import standing_of
from queueing.workflow import AT_COUNTER, State
from services import directory
from services.models import Mall, ServiceType

WAITING_SHOWN = 12
ASIDE_SHOWN = 9  # one key each
MOST_LATE = 6  # bricks beyond the promise
# What citizens and later readers see is stored in Indonesian, whatever the officer's language.
PARK_REASONS = [
    ("menunggu fotokopi", gettext_lazy("menunggu fotokopi")),
    ("mengambil berkas di rumah atau kendaraan", gettext_lazy("mengambil berkas")),
    ("menunggu sistem nasional", gettext_lazy("menunggu sistem nasional")),
    ("sedang ke toilet atau beribadah", gettext_lazy("ke toilet atau beribadah")),
]
CALL_REASONS = [
    gettext_lazy("lansia atau sakit, tidak kuat menunggu"),
    gettext_lazy("berkasnya sudah siap di loket"),
    gettext_lazy("diarahkan kembali ke loket ini"),
]


@dataclass(frozen=True)
class Place:
    """Who sits at a counter, seen by one officer in one browser.

    `how`: closed (nobody), mine, elsewhere (mine, in another browser), taken (a colleague's).
    """

    how: str
    session: CounterSession | None = None

    @property
    def mine(self) -> bool:
        return self.how == "mine"


def place_of(counter: Counter, user: User, browser: str, at: dt.datetime) -> Place:
    """Who sits at the counter today, seen by this officer in this browser."""
    session = (
        CounterSession.objects.filter(
            counter=counter, closed_at__isnull=True, date=counter.mall.date_at(at)
        )
        .select_related("officer")
        .first()
    )
    if session is None:
        return Place("closed")
    if session.officer_id != user.pk:
        return Place("taken", session)
    return Place("mine" if session.browser in {"", browser} else "elsewhere", session)


def work(counter: Counter, session: CounterSession, user: User, at: dt.datetime) -> dict[str, Any]:
    """What an open console shows, in a fixed number of queries."""
    date = session.date
    of_queues = Ticket.objects.filter(queue__in=session.queue_ids, date=date)
    here = now_at(counter, at)
    line = list(
        of_queues.filter(state=State.WAITING)
        .select_related("service_type", "window")
        .order_by("sort_at", "number")[:WAITING_SHOWN]
    )
    counts = _counts(of_queues)
    aside = list(_aside(of_queues))
    queues = Queue.objects.filter(pk__in=session.queue_ids)
    days = {d.queue_id: d for d in QueueDay.objects.filter(queue__in=session.queue_ids, date=date)}
    return {
        **here,
        "waiting": [(ticket, why(ticket, counter.mall), _minutes(ticket, at)) for ticket in line],
        "more_waiting": counts["waiting"] - len(line),
        "ordinary": [ticket for ticket in line if not ticket.priority],
        "counts": counts,
        "aside": aside,
        "queues": sorted(
            ((queue, days.get(queue.pk)) for queue in queues),
            key=lambda pair: session.queue_ids.index(pair[0].pk),
        ),
        "colleagues": _colleagues(session),
        "following": _following(here["current"]),
        "undo": _undo(counter, user, at),
        "date": date,
        "outcomes": [
            Ticket.Outcome.COLLECT_LATER,
            Ticket.Outcome.INFORMATION_ONLY,
            Ticket.Outcome.REFERRED,
        ],
        "park_reasons": PARK_REASONS,
        "pause_reasons": PAUSE_REASONS,
    }


def small(counter: Counter, session: CounterSession, user: User, at: dt.datetime) -> dict[str, Any]:
    """The same for the small window: the number, the next one, how many wait, what to undo."""
    of_queues = Ticket.objects.filter(
        queue__in=session.queue_ids, date=session.date, state=State.WAITING
    )
    first = of_queues.order_by("sort_at", "number").first()
    return {
        **now_at(counter, at),
        "waiting": [(first, "", _minutes(first, at))] if first else [],
        "counts": {"waiting": of_queues.count()},
        "undo": _undo(counter, user, at),
    }


def now_at(counter: Counter, at: dt.datetime) -> dict[str, Any]:
    """Who is at the counter, since when, measured against the promise."""
    current = (
        Ticket.objects.filter(counter=counter, state__in=AT_COUNTER)
        .select_related("visit", "service_type", "standard", "window", "queue")
        .first()
    )
    shown: dict[str, Any] = {"current": current, "seen": standing_of(current), "now": at}
    if current is None:
        return shown
    since = current.started_at if current.state == State.SERVING else current.called_at
    seconds = int((at - since).total_seconds()) if since else 0
    standard = current.standard.counter_minutes if current.standard else None
    serving = current.state == State.SERVING
    calls = current.queue.max_recalls + 1
    return shown | {
        "first_name": current.visit.name.split(" ")[0],
        "since": since,
        "elapsed": f"{seconds // 60:02d}:{seconds % 60:02d}",
        "standard_minutes": standard,
        "bricks": _bricks(seconds // 60, standard) if serving else _bricks(current.recalls, calls),
        "call": current.recalls + 1,
        "calls": calls,
        "recalls_left": max(0, calls - 1 - current.recalls),
        # called once is not enough to say that nobody came
        "may_be_absent": current.recalls >= 1 or calls == 1,
        "papers": current.standard.requirements if current.standard else [],
    }


def services_of(mall: Mall) -> QuerySet[ServiceType]:
    """Every service of the mall with a line: where a person may be sent on to."""
    return (
        ServiceType.objects.filter(
            agency__mall=mall, active=True, queue_service__queue__active=True
        )
        .select_related("agency")
        .order_by("agency__name", "name")
    )


def why(ticket: Ticket, mall: Mall) -> str:
    """Why a ticket stands where it stands, for the staff and for whoever asks."""
    reasons = []
    if ticket.returns:
        reasons.append(_("kembali ke antrean"))
    elif ticket.window is None:
        reasons.append(_("urut kedatangan"))
    elif ticket.checked_in_at and ticket.checked_in_at > ticket.window.ends_at:
        reasons.append(_("terlambat, urut kedatangan"))
    else:
        start, end = (
            moment.astimezone(mall.zone)
            for moment in (ticket.window.starts_at, ticket.window.ends_at)
        )
        reasons.append(_("jadwal %(span)s") % {"span": f"{start:%H.%M}–{end:%H.%M}"})
    if ticket.priority:
        reasons.append(_("prioritas"))
    return ", ".join(reasons)


def lasted(span: dt.timedelta) -> str:
    """A span of time in words: 12 menit 2 detik."""
    minutes, seconds = divmod(int(span.total_seconds()), 60)
    words = ngettext("%(n)d detik", "%(n)d detik", seconds) % {"n": seconds}
    if minutes:
        words = ngettext("%(n)d menit", "%(n)d menit", minutes) % {"n": minutes} + " " + words
    return words


def _counts(of_queues: QuerySet[Ticket]) -> dict[str, Any]:
    """The day of the counter's queues in figures, among them the mean minutes of a service."""
    done = Q(state=State.DONE)
    counts = of_queues.aggregate(
        waiting=Count("pk", filter=Q(state=State.WAITING)),
        done=Count("pk", filter=done),
        booked=Count("pk", filter=Q(state=State.BOOKED)),
        absent=Count("pk", filter=Q(state=State.ABSENT)),
        mean=Avg(F("ended_at") - F("started_at"), filter=done),
    )
    mean = counts.pop("mean")
    seconds = int(mean.total_seconds()) if mean else 0
    return counts | {"mean": f"{seconds // 60:02d}:{seconds % 60:02d}" if mean else ""}


def _aside(of_queues: QuerySet[Ticket]) -> QuerySet[Ticket]:
    """Who may come back: parked, absent (once), documents missing; parked ones first."""
    return (
        of_queues.filter(
            Q(state=State.PARKED)
            | Q(state=State.ABSENT, returns=0)
            | Q(state=State.DONE, outcome=Ticket.Outcome.DOCUMENTS_MISSING)
        )
        .select_related("service_type")
        .alias(rank=Case(When(state=State.PARKED, then=Value(0)), default=Value(1)))
        .order_by("rank", F("released_at").desc(nulls_last=True))[:ASIDE_SHOWN]
    )


def _colleagues(session: CounterSession) -> list[tuple[CounterSession, str]]:
    """Who else calls from these queues now, and the number they have."""
    others = list(
        CounterSession.objects.filter(
            closed_at__isnull=True, date=session.date, queue_ids__overlap=session.queue_ids
        )
        .exclude(pk=session.pk)
        .select_related("counter", "officer")
        .order_by("counter__number")
    )
    labels = dict(
        Ticket.objects.filter(
            counter__in=[other.counter_id for other in others], state__in=AT_COUNTER
        ).values_list("counter_id", "label")
    )
    return [(other, labels.get(other.counter_id, "")) for other in others]


def _following(current: Ticket | None) -> str:
    """The next service of the same visit, "PBB (T 014)"; "" when there is none."""
    if current is None or current.state != State.SERVING:
        return ""
    ticket = (
        Ticket.objects.filter(
            visit_id=current.visit_id, state__in=[State.WAITING, State.BOOKED, State.PARKED]
        )
        .select_related("service_type")
        .order_by("sort_at", "window__starts_at", "pk")
        .first()
    )
    return f"{directory.short_name(ticket.service_type)} ({ticket.label})" if ticket else ""


def _minutes(ticket: Ticket, at: dt.datetime) -> int:
    since = ticket.checked_in_at or ticket.booked_at
    return max(0, int((at - since).total_seconds() // 60))


def _bricks(passed: int, promised: int | None) -> list[str]:
    """One brick per promised unit: used, now, left; a few late ones beyond the promise."""
    if not promised:
        return []
    kinds = ["is-on" if n < passed else "is-now" if n == passed else "" for n in range(promised)]
    return kinds + ["is-late"] * min(MOST_LATE, max(0, passed - promised + 1))


def _undo(counter: Counter, user: User, at: dt.datetime) -> dict[str, Any] | None:
    """The officer's last act here, in words, while it can be taken back; how many seconds more."""
    last = (
        TicketEvent.objects.filter(counter=counter).select_related("ticket").order_by("-pk").first()
    )
    if last is None or last.kind not in UNDOABLE or last.officer_id != user.pk:
        return None
    left = int((last.at + UNDO_WITHIN - at).total_seconds())
    if left < 0:
        return None
    missing = last.kind == "ended" and last.ticket.outcome == Ticket.Outcome.DOCUMENTS_MISSING
    return {"words": _happened(last), "left": left, "slip": last.ticket_id if missing else None}


def _happened(event: TicketEvent) -> str:
    ticket = event.ticket
    values = {"label": ticket.label, "note": event.note, "time": ""}
    if event.kind == "ended" and ticket.started_at:
        values["time"] = lasted(event.at - ticket.started_at)
        if ticket.outcome == Ticket.Outcome.DOCUMENTS_MISSING:
            return _("%(label)s: berkas kurang.") % values
        return _("%(label)s selesai, %(time)s.") % values
    words = {
        "called": _("%(label)s dipanggil."),
        "started": _("%(label)s mulai dilayani."),
        "parked": _("%(label)s ditunda: %(note)s."),
        "absent": _("%(label)s tidak hadir."),
        "transferred": _("%(label)s dipindahkan."),
    }
    return words.get(event.kind, "%(label)s") % values
