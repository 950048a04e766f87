"""Hears from Redis what changed and tells those who watch: at once, then about once a second.

A private stream is told places; they are worked out once for each queue that changed, and again
every twelve seconds, because Redis may lose a message. Where the database is away nothing is told
of places, and no stream is told that all is well.
"""

import asyncio
import contextlib
import json
import logging
import os
import signal
import time
import traceback
from collections.abc import AsyncIterator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import redis.asyncio as redis
from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone
from redis.exceptions import RedisError

from mpp_portal.live.places import Key, Seen, look
from mpp_portal.live.watchers import ALIVE, DEAF, MISSED, Streams, Watcher
from queueing.live import Claim, channel

COALESCE_S = 0.9  # less than a second: changes that come each second do not wait for each other
GATHER_S = 0.01  # what one transaction changes is told together
ROUND_S = 12  # between two looks at all that is watched; also the streams' sign of life
DEAF_ROUND_S = 5  # the same while Redis is away
LOOK_S = 8  # longer than the database's own limits
FRESH_S = 30  # an older place is not claimed to be known
PING_S = 5
RETRY_S = 2
logger = logging.getLogger(__name__)


class Hub:
    """One subscription and one database connection for all watchers."""

    def __init__(self) -> None:
        self.malls: dict[int, Streams] = {}
        self.hears = False
        self._database = ThreadPoolExecutor(1, "places", _impatient)
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to listen, and to look again and again."""
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._rounds())]
        for task in self._tasks:
            task.add_done_callback(_no_streams_without)

    def end_streams(self) -> None:
        """Close every stream; the readers come back, to whoever listens then."""
        for streams in self.malls.values():
            for watcher in streams.everybody():
                watcher.end()

    def stop(self) -> None:
        """End all that `start` began."""
        self.end_streams()
        for task in [*self._tasks, *(s.turn for s in self.malls.values() if s.turn)]:
            task.cancel()
        self._database.shutdown(wait=False, cancel_futures=True)

    @contextlib.contextmanager
    def watching(self, mall: int, claim: Claim | None) -> Iterator[Watcher]:
        """A watcher, told from now on; one with a claim is first told where it stands."""
        watcher = Watcher(claim)
        streams = self.malls.setdefault(mall, Streams())
        streams.add(watcher)
        if claim:
            first = streams.event(watcher) if self._knows(streams, watcher) else None
            if first:
                watcher.tell(first)
            else:
                streams.ask(look=watcher.keys)
                self._plan(mall, streams)
        try:
            yield watcher
        finally:
            streams.discard(watcher)
            if not streams and not streams.turn:
                self.malls.pop(mall, None)

    # -- hearing -----------------------------------------------------------------------------------

    async def _listen(self) -> None:
        wait, broke_off = 0.5, False
        while True:
            try:
                async with self._subscribed() as pubsub:
                    wait, self.hears = 0.5, True
                    if broke_off:
                        self._catch_up()
                    await self._hear(pubsub)
            except (RedisError, OSError):
                self.hears, broke_off = False, True
                await asyncio.sleep(wait)
                wait = min(wait * 2, 3)

    @contextlib.asynccontextmanager
    async def _subscribed(self) -> AsyncIterator[Any]:
        client = redis.Redis.from_url(os.environ["REDIS_URL"], socket_connect_timeout=PING_S)
        try:
            async with client.pubsub() as pubsub:
                await pubsub.subscribe(channel())
                yield pubsub
        finally:
            with contextlib.suppress(RedisError, OSError):
                await client.aclose()

    async def _hear(self, pubsub: Any) -> None:
        """Take each message; a Redis that does not even answer a ping is away."""
        asked = False
        while True:
            message = await pubsub.get_message(timeout=PING_S)
            if message is None:
                if asked:
                    raise redis.ConnectionError("no answer")
                await pubsub.ping()
            elif message["type"] == "message":
                try:
                    self._note(json.loads(message["data"]))
                except (ValueError, KeyError, TypeError):
                    logger.warning("message not understood")
            asked = message is None

    def _note(self, change: dict[str, Any]) -> None:
        mall, queues, call = change["mall"], map(int, change["queues"]), int(change["call"] or 0)
        streams = self.malls.get(mall)
        if streams:
            streams.ask(changed=set(queues))
            streams.call = max(streams.call or 0, call) or None
            self._plan(mall, streams)

    def _catch_up(self) -> None:
        for mall, streams in self.malls.items():
            for watcher in streams.public:
                watcher.tell(MISSED)
            streams.ask(look=streams.private)
            self._plan(mall, streams)

    # -- telling -----------------------------------------------------------------------------------

    def _plan(self, mall: int, streams: Streams) -> None:
        if streams.turn is None:
            streams.turn = asyncio.create_task(self._turns(mall, streams))

    async def _turns(self, mall: int, streams: Streams) -> None:
        """Tell what changed, and what changes meanwhile a second later."""
        try:
            while streams.changed or streams.look:
                # by when it was due, so that one that came late does not make the next ones late
                streams.told_at = max(streams.told_at + COALESCE_S, streams.asked_at + GATHER_S)
                await asyncio.sleep(max(0, streams.told_at - time.monotonic()))
                queues, call = streams.changed, streams.call
                keys = streams.look | streams.moved_by(queues)
                streams.changed, streams.call, streams.look = set(), None, set()
                if queues:
                    body = json.dumps({"queues": sorted(queues), "call": call})
                    event = f"event: changed\ndata: {body}\n\n".encode()
                    for watcher in streams.public:
                        watcher.tell(event, instead=MISSED)
                if not await self._tell_places(mall, streams, keys):
                    streams.ask(look=keys)
                    await asyncio.sleep(RETRY_S)
        finally:
            streams.turn = None

    async def _tell_places(self, mall: int, streams: Streams, keys: set[Key]) -> bool:
        """Tell each watcher of these queues whose place is another one; whether it was known."""
        wanted = streams.wanted(keys)
        if not wanted:
            return True
        seen = await self._look(mall, wanted)
        if seen is None:
            for key in wanted:
                streams.seen_at.pop(key, None)
            return False
        now, different, moved = time.monotonic(), set(), set()
        streams.clock, streams.today = seen.at, seen.today
        for key, places in seen.places.items():
            known = streams.places.get(key, {})
            for ticket, place in places.items():
                before = known.get(ticket)
                if before != place:
                    different.add(ticket)
                    if before and before.state != place.state:
                        moved.add(ticket)
            if key in streams.private:
                streams.places[key], streams.seen_at[key] = places, now
        if not different:
            return True
        made: dict[Claim | None, bytes | None] = {}  # who share a page share its words
        for watcher in set().union(*(streams.private.get(key, ()) for key in seen.places)):
            claim = watcher.claim
            if claim not in made:
                mine = watcher.mine
                name = "yours" if mine & moved else "place"
                made[claim] = streams.event(watcher, name) if mine & different else None
            if event := made[claim]:
                watcher.tell(event)
        return True

    async def _look(self, mall: int, wanted: dict[Key, set[str]]) -> Seen | None:
        """The places now; None where the database does not say. The next round tries again."""
        loop = asyncio.get_running_loop()
        try:
            looking = loop.run_in_executor(self._database, _looked, mall, wanted)
            return await asyncio.wait_for(looking, LOOK_S)
        except (DatabaseError, InterfaceError, ObjectDoesNotExist, TimeoutError) as error:
            logger.warning("places not known: %s", type(error).__name__)
        except Exception as error:  # noqa: BLE001 - one mall's rows must not end all streams
            where = "".join(traceback.format_tb(error.__traceback__))
            logger.error("places not known: %s\n%s", type(error).__name__, where)
        return None

    async def _rounds(self) -> None:
        """Look at all that is watched, then give every stream a sign of life."""
        while True:
            await asyncio.sleep(ROUND_S if self.hears else DEAF_ROUND_S)
            malls = list(self.malls.items())
            for _mall, streams in malls:  # first, as they need no database
                await self._keep_alive(streams, streams.public)
            for mall, streams in malls:
                for watcher in streams.all_private():
                    if watcher.claim and watcher.claim.until <= time.time():
                        watcher.end()
                await self._tell_places(mall, streams, set(streams.private))
                await self._keep_alive(streams, streams.all_private())

    async def _keep_alive(self, streams: Streams, watchers: Iterable[Watcher]) -> None:
        recently = time.monotonic() - ROUND_S / 2
        for count, watcher in enumerate(list(watchers)):
            if watcher.told_at > recently:
                continue
            if watcher.claim is None:
                watcher.keep(ALIVE if self.hears else DEAF)
            else:
                known = self._knows(streams, watcher) and streams.event(watcher)
                watcher.keep(known or DEAF)
            if count % 200 == 199:
                await asyncio.sleep(0.02)  # changes come first

    def _knows(self, streams: Streams, watcher: Watcher) -> bool:
        oldest = time.monotonic() - FRESH_S
        return all(streams.seen_at.get(key, oldest) > oldest for key in watcher.keys)


def _impatient() -> None:
    """In the thread, before its connection is opened: a database that hangs is one that is away."""
    own = connection.settings_dict
    options = {**own["OPTIONS"], "connect_timeout": 3, "tcp_user_timeout": 5000}
    options["options"] = f"{options.get('options', '')} -c statement_timeout=5000"
    connection.settings_dict = {**own, "OPTIONS": options}


def _looked(mall: int, wanted: dict[Key, set[str]]) -> Seen:
    """In the thread; a connection that failed is not used again."""
    try:
        return look(mall, wanted, timezone.now())
    except (DatabaseError, InterfaceError):
        connection.close()
        raise


def _no_streams_without(task: asyncio.Task[None]) -> None:
    """Rather no process, which is started again, than one that seems to live."""
    if not task.cancelled() and task.exception():
        logger.error("the live process ends", exc_info=task.exception())
        signal.raise_signal(signal.SIGTERM)
