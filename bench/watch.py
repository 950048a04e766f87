"""Many readers of streams in one process: when each heard of each change.

It reads {"port", "paths", "bases", "first"} from its input, opens a stream for each path and says
{"ready": n} once all are open (with `first`: once each was told its place). At the next line of its
input it answers {"heard": [[[seconds, change], ...] for each reader], "asks": [n for each reader]}
and ends. A change is counted by what it did: `base` people were ahead in the beginning and a call
takes one of them. `asks` counts the events upon which static/js/live.js asks the portal: its own
state is another one, or something changed that the stream does not tell.
"""

import asyncio
import json
import re
import resource
import sys
import time
from typing import Any

AHEAD, STATE = re.compile(rb'"ahead":(\d+)'), re.compile(rb'"state":"(\w*)"')
HOST = "127.0.0.1"
AT_ONCE = 100  # connections being opened


class Reader(asyncio.Protocol):
    """One stream."""

    def __init__(self, path: str, base: int, first: bool) -> None:
        self.path, self.base, self.first = path, base, first
        self.asks, self.state, self.rest = 0, b"", b""
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
            state = STATE.search(event)
            if state:  # the first is what the page, a moment old, shows already
                self.asks += self.state not in (b"", state[1])
                self.state = state[1]
            self.asks += name in (b"changed", b"missed")


async def watch(spec: dict[str, Any]) -> None:
    loop = asyncio.get_running_loop()
    gate = asyncio.Semaphore(AT_ONCE)
    readers = [
        Reader(path, base, spec["first"])
        for path, base in zip(spec["paths"], spec["bases"], strict=True)
    ]

    async def connect(reader: Reader) -> None:
        async with gate:
            await loop.create_connection(lambda: reader, HOST, spec["port"])

    await asyncio.gather(*(connect(reader) for reader in readers))
    await asyncio.wait_for(asyncio.gather(*(reader.open for reader in readers)), 60)
    _say({"ready": len(readers)})
    await loop.run_in_executor(None, sys.stdin.readline)
    _say({"heard": [r.heard for r in readers], "asks": [r.asks for r in readers]})
    await loop.run_in_executor(None, sys.stdin.readline)


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(watch(json.loads(sys.stdin.readline())))
