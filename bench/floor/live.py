"""The floor of the streams: a bare ASGI application that pushes to all what Redis brings it."""

import asyncio
import os
import resource
from typing import Any

import redis.asyncio as redis

CHANNEL = "bench:floor"
_HEADERS = [(b"content-type", b"text/event-stream"), (b"connection", b"close")]


class _Latest:
    event = b""
    news = asyncio.Event()


async def _listen() -> None:
    async with redis.Redis.from_url(os.environ["REDIS_URL"]).pubsub() as pubsub:
        await pubsub.subscribe(CHANNEL)
        async for message in pubsub.listen():
            if message["type"] == "message":
                _Latest.event, news, _Latest.news = message["data"], _Latest.news, asyncio.Event()
                news.set()


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """`GET` anything: a stream without end."""
    if scope["type"] == "lifespan":
        await receive()
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        listening = asyncio.create_task(_listen())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        listening.cancel()
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": b"retry: 3000\n\n", "more_body": True})
    while True:
        await _Latest.news.wait()
        await send({"type": "http.response.body", "body": _Latest.event, "more_body": True})
