"""What this room asks of rooms it does not know; the floor above answers.

A ticket and a counter belong to the queues, which are a sibling: without an answer there is no
ticket and nobody sits anywhere.
"""

from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID


class TicketPlace(NamedTuple):
    """Where a ticket belongs: codes as in the catalogue, its label as it is called."""

    agency_code: str
    service_code: str
    service_name: str
    counter_number: int | None
    label: str


_ticket: Callable[[int, UUID], TicketPlace | None] | None = None
_counters: Callable[[Any], frozenset[tuple[int, int]]] | None = None


def answer_with(
    *,
    ticket: Callable[[int, UUID], TicketPlace | None],
    counters: Callable[[Any], frozenset[tuple[int, int]]],
) -> None:
    """Name who knows a mall's ticket by its public id, and (mall, number) where a person sits."""
    global _ticket, _counters
    _ticket, _counters = ticket, counters


def ticket_place(mall_id: int, public_id: UUID) -> TicketPlace | None:
    """Where a ticket of a mall belongs; None for one that is not known there."""
    return _ticket(mall_id, public_id) if _ticket else None


def own_counters(user: Any) -> frozenset[tuple[int, int]]:
    """(mall id, number) of the counters where a person sat lately; asked once per user object."""
    if _counters is None or not user.is_authenticated:
        return frozenset()
    if not hasattr(user, "own_counters"):
        user.own_counters = _counters(user)
    return user.own_counters  # type: ignore[no-any-return]
