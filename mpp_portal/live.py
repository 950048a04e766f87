"""The live process: server-sent events from Redis, without Django's request cycle.

`GET /langsung/<mall id>/` streams at most one event a second: which queues changed, and the id of
the latest call. It says that something changed, never what: pages fetch that, and also poll.
Every 15 seconds `alive` says that changes would be heard; after Redis was away, `missed`.
"""

import asyncio
import contextlib
import json
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import redis.asyncio as redis
from redis.exceptions import RedisError

CHANNEL = "mpp:changes"
KEEP_ALIVE_S = 15
ALIVE = b"event: alive\ndata: {}\n\n"
DEAF = b": no news from Redis\n\n"  # keeps the connection; the page notices and polls
MISSED = b"event: missed\ndata: {}\n\n"
COALESCE_S = 1.0
_PATH = re.compile(r"^/langsung/(\d+)/$")
Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]


class Hub:
    """One subscription for all watchers; each mall's changes of a second become one event."""

    def __init__(self) -> None:
        self.watchers: dict[int, set[asyncio.Queue[bytes]]] = {}
        self.hears = False
        self._changes: dict[int, tuple[set[int], int | None]] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to listen and to tell."""
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._tell())]

    async def stop(self) -> None:
        """End both, and every stream."""
        for task in self._tasks:
            task.cancel()
        for queues in self.watchers.values():
            for queue in queues:
                queue.put_nowait(b"")

    @contextlib.asynccontextmanager
    async def watching(self, mall: int) -> AsyncIterator[asyncio.Queue[bytes]]:
        """A watcher's queue of events, while it watches."""
        queue: asyncio.Queue[bytes] = asyncio.Queue(maxsize=8)
        self.watchers.setdefault(mall, set()).add(queue)
        try:
            yield queue
        finally:
            self.watchers[mall].discard(queue)

    async def _listen(self) -> None:
        wait, broke_off = 0.5, False
        while True:
            try:
                client = redis.Redis.from_url(os.environ["REDIS_URL"])
                async with client.pubsub() as pubsub:
                    await pubsub.subscribe(CHANNEL)
                    wait, self.hears = 0.5, True
                    if broke_off:
                        self._tell_all(MISSED)
                    async for message in pubsub.listen():
                        if message["type"] == "message":
                            self._note(json.loads(message["data"]))
            except (RedisError, OSError):
                self.hears, broke_off = False, True
                await asyncio.sleep(wait)
                wait = min(wait * 2, 10)

    def _note(self, change: dict[str, Any]) -> None:
        queues, call = self._changes.get(change["mall"], (set(), None))
        queues.update(change["queues"])
        self._changes[change["mall"]] = (queues, max(call or 0, change["call"] or 0) or None)

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(COALESCE_S)
            changes, self._changes = self._changes, {}
            for mall, (queues, call) in changes.items():
                data = json.dumps({"queues": sorted(queues), "call": call})
                event = f"event: changed\ndata: {data}\n\n".encode()
                self._put(self.watchers.get(mall, set()), event)

    def _tell_all(self, event: bytes) -> None:
        for watchers in self.watchers.values():
            self._put(watchers, event)

    def _put(self, watchers: set[asyncio.Queue[bytes]], event: bytes) -> None:
        for queue in watchers:
            if not queue.full():
                queue.put_nowait(event)


hub = Hub()


async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """The ASGI application."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif scope["type"] == "http":
        match = _PATH.match(scope["path"])
        if match and scope["method"] == "GET":
            await _stream(int(match[1]), receive, send)
        else:
            await _plain(send, 200 if scope["path"] == "/sehat/" else 404)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            hub.start()
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await hub.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return


async def _plain(send: Send, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def _stream(mall: int, receive: Receive, send: Send) -> None:
    headers = [
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),
    ]
    if base := os.environ.get("BASE_URL"):
        headers.append((b"access-control-allow-origin", base.rstrip("/").encode()))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"retry: 3000\n\n", "more_body": True})
    gone = asyncio.create_task(_gone(receive))
    try:
        async with hub.watching(mall) as queue:
            while not gone.done():
                next_event = asyncio.create_task(queue.get())
                await asyncio.wait(
                    {next_event, gone}, timeout=KEEP_ALIVE_S, return_when=asyncio.FIRST_COMPLETED
                )
                if next_event.done():
                    event = next_event.result()
                    if not event:
                        return
                else:
                    next_event.cancel()
                    event = ALIVE if hub.hears else DEAF
                if not gone.done():
                    await send({"type": "http.response.body", "body": event, "more_body": True})
    finally:
        gone.cancel()
        with contextlib.suppress(RuntimeError, OSError):
            await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
