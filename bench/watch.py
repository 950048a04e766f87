"""Many readers of streams in one process: when each heard of each change.

It reads {"port", "paths", "bases", "first"} from its input, opens a stream for each path and says
{"ready": n} once all are open (with `first`: once each was told its place). At the next line of its
input it answers {"heard": [[[seconds, change], ...] for each reader], "asks": n} and ends. A change
is counted by what it did: `base` people were ahead in the beginning and a call takes one of them.
`asks` counts the events upon which a page asks the portal, by whether its own turn had come.
"""

import asyncio
import json
import re
import resource
import sys
import time
from typing import Any

AHEAD = re.compile(rb'"ahead":(\d+)')
HOST = "127.0.0.1"
AT_ONCE = 100  # connections being opened


class Reader(asyncio.Protocol):
    """One stream."""

    def __init__(self, path: str, base: int, first: bool, asks: dict[str, int]) -> None:
        self.path, self.base, self.first, self.asks = path, base, first, asks
        self.rest = b""
        self.heard: list[tuple[float, int]] = []
        self.open = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        transport.write(f"GET {self.path} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        *events, self.rest = (self.rest + data).split(b"\n\n")
        for event in events:
            name = event.partition(b"event: ")[2].partition(b"\n")[0]
            if not self.open.done() and (name == b"place" or (not self.first and not name)):
                self.open.set_result(None)
            ahead = AHEAD.search(event)
            if ahead:
                self.heard.append((now, self.base - int(ahead[1])))
            if name == b"yours":
                self.heard.append((now, self.base + 1))
                self.asks["own"] += 1
            elif name in (b"changed", b"missed"):
                self.asks["others"] += 1


async def watch(spec: dict[str, Any]) -> None:
    loop, asks = asyncio.get_running_loop(), {"own": 0, "others": 0}
    gate = asyncio.Semaphore(AT_ONCE)
    readers = [
        Reader(path, base, spec["first"], asks)
        for path, base in zip(spec["paths"], spec["bases"], strict=True)
    ]

    async def connect(reader: Reader) -> None:
        async with gate:
            await loop.create_connection(lambda: reader, HOST, spec["port"])

    await asyncio.gather(*(connect(reader) for reader in readers))
    await asyncio.wait_for(asyncio.gather(*(reader.open for reader in readers)), 60)
    _say({"ready": len(readers)})
    await loop.run_in_executor(None, sys.stdin.readline)
    _say({"heard": [reader.heard for reader in readers], "asks": asks})
    await loop.run_in_executor(None, sys.stdin.readline)


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(watch(json.loads(sys.stdin.readline())))
