"""The one order of locks, and how a rule runs whole or again."""

from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import IntegrityError, OperationalError, transaction

from queueing import issuing
from queueing.models import Ticket, Window
from queueing.refusals import Refusal

P = ParamSpec("P")
R = TypeVar("R")
ATTEMPTS = 10
_BUSY = {"55P03", "40P01", "40001"}  # lock_timeout, deadlock, serialisation failure


def whole_or_again(rule: Callable[P, R]) -> Callable[P, R]:
    """Run a rule in one transaction; again when a code collided or what it read was gone."""

    @wraps(rule)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with transaction.atomic():
                    return rule(*args, **kwargs)
            except issuing.TryAgain:
                continue
            except IntegrityError as error:
                name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""
                if name == "one_active_ticket_per_person":
                    raise Refusal("already_booked") from None
                if attempt >= 3 or name not in {
                    "one_short_code_per_mall_and_date",
                    "one_label_per_mall_and_date",
                    "one_visit_per_request",
                }:
                    raise
        raise Refusal("busy")

    return run


def sweep(ids: Iterable[int], step: Callable[[int], int]) -> int:
    """Run the step of a sweep for each; the sum. What others hold is left for the next sweep.

    Each step is a transaction of its own.
    """
    done = 0
    for pk in ids:
        try:
            done += step(pk)
        except Refusal as refusal:
            if refusal.code != "busy":
                raise
        except OperationalError as error:
            if getattr(error.__cause__, "pgcode", None) not in _BUSY:
                raise
    return done


def lock_with_window(ticket_id: int) -> Ticket:
    """Lock a ticket after its window, in the one order; the ticket with its visit and mall."""
    return lock_all_with_windows([ticket_id])[0]


def lock_all_with_windows(ticket_ids: Sequence[int]) -> list[Ticket]:
    """Lock tickets after their windows, each by id; checked again after the lock."""
    while True:
        seen = dict(Ticket.objects.filter(pk__in=ticket_ids).values_list("pk", "window_id"))
        if len(seen) < len(set(ticket_ids)):
            raise Refusal("unknown_ticket")
        lock_windows({w for w in seen.values() if w})
        tickets = list(
            Ticket.objects.select_for_update(of=("self",))
            .select_related("visit", "mall", "window", "queue")
            .filter(pk__in=ticket_ids)
            .order_by("pk")
        )
        if all(seen[t.pk] == t.window_id for t in tickets):
            return tickets


def lock_windows(ids: set[int]) -> None:
    if ids:
        list(
            Window.objects.select_for_update()
            .filter(pk__in=ids)
            .order_by("pk")
            .values_list("pk", flat=True)
        )
