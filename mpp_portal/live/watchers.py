"""A stream that is watched: it holds the latest event only, so that a slow reader delays nobody."""

import asyncio
import datetime as dt
import time
from collections.abc import Iterable

from mpp_portal.live.places import Key, Place
from queueing.live import Claim

ALIVE = b"event: alive\ndata: {}\n\n"
DEAF = b": no news\n\n"  # keeps the connection; the page notices and polls
MISSED = b"event: missed\ndata: {}\n\n"


class Watcher:
    """The event that its reader has not yet taken; whose places it tells, if it is private."""

    __slots__ = ("_event", "_news", "claim", "ended", "told_at")

    def __init__(self, claim: Claim | None = None) -> None:
        self.claim = claim
        self.ended = False
        self.told_at = 0.0
        self._event: bytes | None = None
        self._news: asyncio.Future[None] | None = None

    @property
    def keys(self) -> set[Key]:
        """The queues' days in which its tickets stand."""
        claim = self.claim
        return {(claim.date, queue) for _ticket, queue in claim.tickets} if claim else set()

    def tell(self, event: bytes, *, instead: bytes = b"") -> None:
        """The next event for its reader; `instead` where an earlier one still waits."""
        self._event = instead or event if self._event is not None else event
        self.told_at = time.monotonic()
        self._wake()

    @property
    def mine(self) -> set[str]:
        """The public ids of its own tickets."""
        return {ticket for ticket, _queue in self.claim.tickets} if self.claim else set()

    def keep(self, event: bytes) -> None:
        """An event that says nothing new: only if none waits."""
        if self._event is None:
            self.tell(event)

    def end(self) -> None:
        """No more events; its stream is to close."""
        self.ended = True
        self._wake()

    async def news(self) -> bytes | None:
        """The next event; None at the end."""
        while self._event is None and not self.ended:
            self._news = asyncio.get_running_loop().create_future()
            await self._news
        event, self._event, self._news = self._event, None, None
        return None if self.ended else event

    def _wake(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)


class Streams:
    """All watchers of one mall, and what is to be told them."""

    def __init__(self) -> None:
        self.public: set[Watcher] = set()
        self.private: dict[Key, set[Watcher]] = {}
        self.places: dict[Key, dict[str, Place]] = {}
        self.seen_at: dict[Key, float] = {}  # when, by the loop's clock
        self.clock = ""  # the mall's time of day then
        self.today: dt.date | None = None  # the mall's date then
        self.changed: set[int] = set()  # queues, not yet told
        self.call: int | None = None
        self.look: set[Key] = set()  # queues' days to look at
        self.asked_at = 0.0  # since when something is to be told
        self.told_at = 0.0  # when the last telling was due
        self.turn: asyncio.Task[None] | None = None

    def __bool__(self) -> bool:
        return bool(self.public or self.private)

    def ask(self, *, changed: Iterable[int] = (), look: Iterable[Key] = ()) -> None:
        """These queues changed; these queues' days are to be looked at."""
        if not (self.changed or self.look):
            self.asked_at = time.monotonic()
        self.changed.update(changed)
        self.look.update(look)

    def add(self, watcher: Watcher) -> None:
        if watcher.claim is None:
            self.public.add(watcher)
        for key in watcher.keys:
            self.private.setdefault(key, set()).add(watcher)

    def discard(self, watcher: Watcher) -> None:
        self.public.discard(watcher)
        for key in watcher.keys & self.private.keys():
            self.private[key].discard(watcher)
            if not self.private[key]:
                del self.private[key]
                self.places.pop(key, None)
                self.seen_at.pop(key, None)

    def moved_by(self, queues: Iterable[int]) -> set[Key]:
        """The queues' days that a change of these queues moves: numbers for later days wait."""
        days = {self.today} if self.today else {date for date, _queue in self.private}
        return {(date, queue) for date in days for queue in queues} & self.private.keys()

    def all_private(self) -> set[Watcher]:
        return set().union(*self.private.values())

    def everybody(self) -> set[Watcher]:
        return self.public | self.all_private()

    def wanted(self, keys: Iterable[Key]) -> dict[Key, set[str]]:
        """The watched tickets of these queues' days."""
        found: dict[Key, set[str]] = {}
        for key in keys:
            for watcher in self.private.get(key, ()):
                if watcher.claim:
                    mine = {ticket for ticket, queue in watcher.claim.tickets if queue == key[1]}
                    found.setdefault(key, set()).update(mine)
        return found

    def event(self, watcher: Watcher, name: str = "place") -> bytes | None:
        """What the watcher's tickets are told now; None where that is not known."""
        claim = watcher.claim
        if claim is None:
            return None
        told = []
        for ticket, queue in claim.tickets:
            place = self.places.get((claim.date, queue), {}).get(ticket)
            if place is None:
                return None
            told.append(place.told)
        tickets = b",".join(told)
        return b'event: %b\ndata: {"at":"%b","tickets":[%b]}\n\n' % (
            name.encode(),
            self.clock.encode(),
            tickets,
        )
