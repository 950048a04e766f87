"""The ASGI application: `/langsung/<mall id>/` streams what changes, until the reader leaves.

Without a claim: event `changed` with the queues that changed and the id of the latest call; pages
fetch what they show. With `?hak=` (queueing/live.py): `place` with where each ticket stands, and
`yours` when its state changed. `alive` says that changes would be heard (on a private stream
`place` does); after Redis was away a public stream says `missed`. A claim that does not hold
gives the public stream: the page fetches, and gets a new one.
"""

import asyncio
import contextlib
import os
import re
import resource
import signal
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

from django.utils import timezone

from mpp_portal.live.hub import Hub
from mpp_portal.live.watchers import Watcher
from queueing.live import Claim, read_claim

_PATH = re.compile(r"^/langsung/(\d{1,18})/$")
Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]
hub = Hub()


async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """The ASGI application."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif scope["type"] == "http":
        match = _PATH.match(scope["path"])
        if match and scope["method"] == "GET":
            mall = int(match[1])
            await _stream(mall, _claim(scope, mall), receive, send)
        else:
            await _plain(send, 200 if scope["path"] == "/sehat/" else 404)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            _allow_many()
            _end_streams_on_signals()
            hub.start()
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            hub.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return


def _allow_many() -> None:
    """A watcher is an open file: as many as this machine lets a process have."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _end_streams_on_signals() -> None:
    """The server waits for its streams to end before it tells us; so end them when it is told."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        theirs = signal.getsignal(number)

        def handle(given: int, frame: Any, theirs: Any = theirs) -> None:
            loop.call_soon_threadsafe(hub.end_streams)
            if callable(theirs):
                theirs(given, frame)

        with contextlib.suppress(ValueError):  # not in the main thread: somebody else's signals
            signal.signal(number, handle)


def _claim(scope: dict[str, Any], mall: int) -> Claim | None:
    query = parse_qs(scope["query_string"].decode("latin-1"))
    return read_claim(query["hak"][0], mall, timezone.now()) if "hak" in query else None


async def _plain(send: Send, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def _stream(mall: int, claim: Claim | None, receive: Receive, send: Send) -> None:
    headers = [
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),
        (b"connection", b"close"),
    ]
    if base := os.environ.get("BASE_URL"):
        headers.append((b"access-control-allow-origin", base.rstrip("/").encode()))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"retry: 3000\n\n", "more_body": True})
    with hub.watching(mall, claim) as watcher:
        gone = asyncio.create_task(_gone(receive, watcher))
        try:
            while (event := await watcher.news()) is not None:
                await send({"type": "http.response.body", "body": event, "more_body": True})
        finally:
            gone.cancel()
    with contextlib.suppress(RuntimeError, OSError):
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _gone(receive: Receive, watcher: Watcher) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    watcher.end()
