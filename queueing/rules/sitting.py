"""Who sits at a counter: opening, closing, taking over; and that one press acts once."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction
from django.db.models import Q

from accounts.models import User
from queueing import live
from queueing.models import Counter, CounterAssignment, CounterSession, QueueDay, Ticket
from queueing.refusals import Refusal
from queueing.rules.calling import lock_session
from queueing.rules.day import close_day
from queueing.rules.record import log
from queueing.workflow import AT_COUNTER
from services.permissions import CALL, agencies_for


def assigned_queues(*, counter: Counter, officer: User, date: dt.date) -> list[int]:
    """The queues that a counter calls from on `date`, in order, that this officer may call."""
    ids = (
        CounterAssignment.objects.filter(
            Q(weekday__isnull=True) | Q(weekday=date.weekday()),
            Q(first_date__isnull=True) | Q(first_date__lte=date),
            Q(last_date__isnull=True) | Q(last_date__gte=date),
            counter=counter,
            queue__active=True,
            queue__agency__in=agencies_for(officer, CALL),
        )
        .order_by("position", "pk")
        .values_list("queue_id", flat=True)
    )
    return list(dict.fromkeys(ids))


def open_counter(
    *,
    counter_id: int,
    officer: User,
    at: dt.datetime,
    browser: str = "",
    take_over: bool = False,
) -> CounterSession:
    """Sit down at a counter: one open session per counter and per officer. Twice is once.

    `browser` names the window at which the officer sits ("": a program). Refuses `counter_taken`
    (a colleague sits there) and `open_elsewhere` (the officer's own, in another browser) unless
    `take_over`: then the colleague's session ends, and who stands at the counter is the officer's.
    Days that were never closed are closed first, so that yesterday is never called.
    """
    counter = Counter.objects.select_related("mall").get(pk=counter_id)
    today = counter.mall.date_at(at)
    for date in (
        QueueDay.objects.filter(mall=counter.mall, date__lt=today, closed_at__isnull=True)
        .order_by("date")
        .values_list("date", flat=True)
        .distinct()
    ):
        close_day(mall=counter.mall, date=date, at=at)
    CounterSession.objects.filter(
        Q(counter__mall=counter.mall) | Q(officer=officer), date__lt=today, closed_at__isnull=True
    ).update(closed_at=at)  # of a day that was closed before its last officer left
    queues = assigned_queues(counter=counter, officer=officer, date=today)
    if not queues:
        raise Refusal("nothing_assigned")
    new = CounterSession(
        counter=counter,
        officer=officer,
        date=today,
        queue_ids=queues,
        opened_at=at,
        browser=browser,
    )
    try:
        return _open(new, take_over, at)
    except IntegrityError:  # the officer, in the same moment, at another counter
        return _open(new, take_over, at)


@transaction.atomic
def _open(new: CounterSession, take_over: bool, at: dt.datetime) -> CounterSession:
    Counter.objects.select_for_update(no_key=True).get(pk=new.counter_id)  # one after the other
    for session in (
        CounterSession.objects.select_for_update(of=("self",))
        .filter(Q(counter=new.counter) | Q(officer=new.officer), closed_at__isnull=True)
        .select_related("counter")
        .order_by("pk")
    ):
        if session.counter_id != new.counter_id:
            raise Refusal("officer_elsewhere", number=session.counter.number)
        if session.officer_id == new.officer_id:
            return _again(session, new, take_over)
        if not take_over:
            raise Refusal("counter_taken")
        session.closed_at = at
        session.save(update_fields=["closed_at"])
        _pass_on(session, new, at)
    new.pk = None
    new.save(force_insert=True)
    live.changed(mall_id=new.counter.mall_id, queue_ids=new.queue_ids)  # the waits are shorter now
    return new


def _again(session: CounterSession, new: CounterSession, take_over: bool) -> CounterSession:
    """The officer's own counter once more: from the same browser, or taken over from another."""
    if new.browser and session.browser not in {"", new.browser} and not take_over:
        raise Refusal("open_elsewhere")
    session.queue_ids = new.queue_ids
    session.browser = new.browser or session.browser
    session.save(update_fields=["queue_ids", "browser"])
    return session


def _pass_on(old: CounterSession, new: CounterSession, at: dt.datetime) -> None:
    """Who stands at the counter is the new officer's; refused where that queue is not theirs."""
    for ticket in Ticket.objects.select_for_update(of=("self",)).filter(
        counter=old.counter, state__in=AT_COUNTER
    ):
        if ticket.queue_id not in new.queue_ids:
            raise Refusal("still_serving")
        ticket.officer_id = new.officer_id
        ticket.save(update_fields=["officer"])
        log(ticket, "taken_over", at=at, officer_id=new.officer_id, counter_id=old.counter_id)


@contextmanager
def press(
    *, counter_id: int, officer: User, at: dt.datetime, browser: str, seen: str | None
) -> Iterator[None]:
    """Around an act at the console: it happens in the browser that sits there, and once.

    `seen` is what stood at the counter (`standing`) when the page with the button was made; None
    does not ask. Refuses `taken_over` (another browser sits there now) and `seen_otherwise` (this
    press, or another, has already changed what stands there: nothing is to be done twice).
    """
    with transaction.atomic():
        session = lock_session(counter_id, officer, at)
        if session["browser"] not in {"", browser}:
            raise Refusal("taken_over")
        if seen is not None and seen != standing(counter_id):
            raise Refusal("seen_otherwise")
        yield


def standing(counter_id: int) -> str:
    """What stands at a counter, as one word: changes with every act on it; "" when nobody."""
    ticket = (
        Ticket.objects.filter(counter=counter_id, state__in=AT_COUNTER)
        .only("pk", "state", "recalls")
        .first()
    )
    return standing_of(ticket)


def standing_of(ticket: Ticket | None) -> str:
    """The same for a ticket already read."""
    return f"{ticket.pk}:{ticket.state}:{ticket.recalls}" if ticket else ""


@transaction.atomic
def close_counter(*, counter_id: int, officer: User, at: dt.datetime) -> None:
    """Leave a counter; refused while a number is still there. Twice is once."""
    session = (
        CounterSession.objects.select_for_update(of=("self",))
        .filter(counter_id=counter_id, officer=officer, closed_at__isnull=True)
        .select_related("counter")
        .first()
    )
    if session is None:
        return
    if Ticket.objects.filter(counter_id=counter_id, state__in=AT_COUNTER).exists():
        raise Refusal("still_serving")
    session.closed_at = at
    session.save(update_fields=["closed_at"])
    live.changed(mall_id=session.counter.mall_id, queue_ids=session.queue_ids)
