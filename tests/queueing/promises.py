"""What must hold after anything that happened in the queues, and how the tests say it."""

from collections import Counter as Tally
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.db.models import Count

from accounts.models import User
from queueing import rules
from queueing.models import Counter, CounterAssignment, Ticket, Visit, Window
from queueing.refusals import Refusal
from queueing.workflow import ACTIVE, AT_COUNTER, State
from services.models import Officer
from tests.house import House, at


@contextmanager
def refused(code: str) -> Iterator[Any]:
    """The block is refused with this code and with a sentence that can be read."""
    with pytest.raises(Refusal) as caught:
        yield caught
    assert caught.value.code == code
    assert caught.value.message
    assert "%(" not in caught.value.message


def keep_their_promises() -> None:
    """Seats add up, labels are unique, nobody is at two counters, no counter has two."""
    for window in Window.objects.all():
        held = Tally(window.tickets.exclude(seat="").values_list("seat", flat=True))
        held["online"] += window.freed_seats.filter(state="open").count()
        assert window.taken == held.total(), window
        assert window.taken_online == held["online"], window
        assert window.taken <= window.seats
        assert window.taken_online <= window.online_seats
        assert window.issued >= window.tickets.filter(number__gte=window.first_number).count() or (
            window.issued > 0
        )
    there = Ticket.objects.exclude(state=State.TRANSFERRED)
    active = Ticket.objects.filter(state__in=ACTIVE, person_key__isnull=False)
    at_counter = Ticket.objects.filter(state__in=AT_COUNTER)
    for rows, what in (
        (there, ("mall", "date", "label")),
        (active, ("person_key",)),
        (at_counter, ("counter",)),
        (at_counter, ("visit",)),
    ):
        assert not rows.values(*what).annotate(n=Count("pk")).filter(n__gt=1).exists(), what
    assert not Visit.objects.filter(tickets=None).exists()
    assert not Ticket.objects.filter(events=None).exists()


def tally(outcomes: list[Any]) -> Tally[str]:
    """How often each thing happened: "ok", the code of a refusal, or the name of another error."""
    return Tally(
        o.code if isinstance(o, Refusal) else repr(o) if isinstance(o, Exception) else "ok"
        for o in outcomes
    )


def seats(window: Window, number: int, *, online: int | None = None, **more: int) -> Window:
    """The window with this many seats, all of them online unless said otherwise.

    With `block_size` its numbers start at a thousand of its own, so that no two blocks meet.
    """
    online = number if online is None else online
    if "block_size" in more:
        more["first_number"] = 1000 * window.starts_at.hour + 1000
    Window.objects.filter(pk=window.pk).update(seats=number, online_seats=online, **more)
    return window


def sit(house: House, number: int, who: str = "officer", *, now: Any = None) -> dict[str, Any]:
    """Open a counter; the arguments that its rules take."""
    place = {"counter_id": house.counters[number].pk, "officer": house.people[who]}
    rules.open_counter(**place, at=now or at(8))
    return place


def many_counters(house: House, prefix: str, number: int) -> list[dict[str, Any]]:
    """More open counters that call from one queue, each with an officer of its own."""
    places = []
    for n in range(number):
        counter = Counter.objects.create(mall=house.mall, number=100 + n)
        CounterAssignment.objects.create(counter=counter, queue=house.queues[prefix])
        officer = User.objects.create(username=f"officer-{prefix}-{n}", is_staff=True)
        Officer.objects.create(
            user=officer,
            mall=house.mall,
            agency=house.queues[prefix].agency,
            role=Officer.Role.COUNTER,
        )
        rules.open_counter(counter_id=counter.pk, officer=officer, at=at(8))
        places.append({"counter_id": counter.pk, "officer": officer})
    return places


@contextmanager
def without_constraints(*names: str) -> Iterator[None]:
    """These constraints and unique indexes are away; then the tickets are, and they are back."""
    back = []
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(
                "SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint"
                " WHERE conname = %s",
                [name],
            )
            if row := cursor.fetchone():
                cursor.execute(f'ALTER TABLE {row[0]} DROP CONSTRAINT "{name}"')
                back.append(f'ALTER TABLE {row[0]} ADD CONSTRAINT "{name}" {row[1]}')
            else:
                cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", [name])
                back.append(cursor.fetchone()[0])
                cursor.execute(f'DROP INDEX "{name}"')
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE queueing_ticket, queueing_visit, queueing_window CASCADE")
            for statement in back:
                cursor.execute(statement)


def must_break(attempt: Any, tries: int = 20) -> None:
    """The rule without its guard breaks the promise; else its race test proves nothing."""
    for n in range(tries):
        if attempt(n):
            return
    pytest.fail("it held without its guard: the race test proves nothing")
