"""Today so far: played from its beginning, or from where an earlier start left it."""

import datetime as dt

from django.db.models import Max

from accounts.models import User
from mpp_portal.rehearsal.simulation import KEY, VISITS_PER_HOUR, Simulation
from queueing import rules
from queueing.models import CounterSession, Ticket, TicketEvent
from queueing.workflow import State
from services.models import Mall

BOOKED_BEFORE = 48  # visits booked for the day before it begins
STALE_AFTER = dt.timedelta(minutes=20)
AT_MOST_BACK = dt.timedelta(minutes=60)  # what a later start of the same day plays again


def catch_up(
    mall: Mall, *, began_at: dt.datetime, at: dt.datetime, visits: int = 6 * VISITS_PER_HOUR
) -> Simulation:
    """Play today up to `at`: from its beginning, or from where an earlier start left it.

    After a longer pause those who were left waiting went home when it began, and at most the last
    hour is played. `visits`: people on an average day.
    """
    day = Simulation(mall, at=at, per_hour=visits / 6)
    last = (
        TicketEvent.objects.filter(
            ticket__mall=mall,
            ticket__date=day.date,
            ticket__queue__in=day.hall.queue_ids,
            ticket__visit__request_key__startswith=KEY,
            at__lte=at,
        )
        .exclude(kind="issued")
        .aggregate(last=Max("at"))["last"]
    )
    if last is None or last < began_at:
        day.play(
            start=began_at + dt.timedelta(minutes=1),
            until=at,
            booked_before=BOOKED_BEFORE * visits // (6 * VISITS_PER_HOUR),
        )
        return day
    if at - last > STALE_AFTER:
        send_home(day, at=last + dt.timedelta(minutes=1))
    day.play(start=max(last, at - AT_MOST_BACK) + dt.timedelta(seconds=1), until=at)
    return day


def send_home(day: Simulation, *, at: dt.datetime) -> int:
    """The demo was off: made-up people who were left waiting went home at `at`; how many."""
    for counter_id, officer_id in CounterSession.objects.filter(
        counter__in=list(day.hall.agencies_of), date=day.date, closed_at__isnull=True
    ).values_list("counter_id", "officer_id"):
        if officer := day.hall.officers.get(officer_id):
            day.run(lambda now, c=counter_id, o=officer: _end_what_is_there(c, o, now), at)
    left = Ticket.objects.filter(
        day.hall.mine(), state__in=[State.PRINTING, State.WAITING, State.PARKED]
    ).values_list("pk", flat=True)
    for pk in list(left):
        day.run(lambda now, pk=pk: rules.cancel(ticket_id=pk, at=now, reason="Pulang"), at)
    return len(left)


def _end_what_is_there(counter_id: int, officer: User, at: dt.datetime) -> None:
    if Ticket.objects.filter(counter_id=counter_id, state=State.CALLED).exists():
        rules.start(counter_id=counter_id, officer=officer, at=at)
    if Ticket.objects.filter(counter_id=counter_id, state=State.SERVING).exists():
        rules.end(counter_id=counter_id, officer=officer, at=at)
