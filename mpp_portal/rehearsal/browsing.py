"""A browser's two ways to the portal, small: GET on a kept connection, and a stream of events."""

import asyncio
import contextlib
import time
from collections import Counter as Tally
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

PATIENCE_S = 10.0
LONGEST_LINE = 1 << 20


@dataclass
class Traffic:
    """What was asked and what came back, of all browsers together."""

    statuses: Tally[str] = field(default_factory=Tally)
    errors: Tally[str] = field(default_factory=Tally)
    milliseconds: list[float] = field(default_factory=list)
    streams: int = 0
    streams_lost: int = 0  # ended by the server, or broken off
    events: Tally[str] = field(default_factory=Tally)


class Browser:
    """One visitor of one server."""

    def __init__(self, base_url: str, traffic: Traffic) -> None:
        address = urlsplit(base_url)
        self.host, self.port, self.traffic = address.hostname, address.port, traffic
        self._line: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str, *, part: bool = False) -> tuple[int, str]:
        """Status and body; 0 where nothing came, which is counted as an error."""
        began = time.perf_counter()
        for fresh in (False, True):
            kept = self._line is not None
            try:
                async with asyncio.timeout(PATIENCE_S):
                    status, body = await self._ask(path, part)
            except (OSError, EOFError, ValueError, TimeoutError) as error:
                self.close()
                if kept and not fresh and not isinstance(error, TimeoutError):
                    continue  # the server closed a connection that nobody used
                self.traffic.errors[type(error).__name__] += 1
                return 0, ""
            self.traffic.milliseconds.append(1000 * (time.perf_counter() - began))
            self.traffic.statuses[str(status)] += 1
            return status, body
        return 0, ""

    async def _ask(self, path: str, part: bool) -> tuple[int, str]:
        if self._line is None:
            self._line = await asyncio.open_connection(self.host, self.port, limit=LONGEST_LINE)
        reader, writer = self._line
        more = "HX-Request: true\r\n" if part else ""
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n{more}\r\n".encode())
        await writer.drain()
        status, headers = await _head(reader)
        if headers.get("transfer-encoding") == "chunked":
            body = b""
            while size := int(await reader.readline(), 16):
                body += await reader.readexactly(size)
                await reader.readline()
            await reader.readline()
        else:
            body = await reader.readexactly(int(headers.get("content-length", "0")))
        if headers.get("connection", "").lower() == "close":
            self.close()
        return status, body.decode()

    def close(self) -> None:
        if self._line:
            self._line[1].close()
            self._line = None


async def events(url: str, traffic: Traffic) -> AsyncIterator[tuple[str, str]]:
    """The events of a stream by name and data, as they come; ends when the server ends it."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(
        address.hostname, address.port, limit=LONGEST_LINE
    )
    traffic.streams += 1
    try:
        path = f"{address.path}?{address.query}" if address.query else address.path
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode())
        status, _headers = await _head(reader)
        if status != 200:
            traffic.statuses[f"stream {status}"] += 1
            return
        yield "open", ""
        name = data = ""
        while line := await reader.readline():  # the chunks' own lines are none of these
            text = line.decode().strip()
            if text.startswith("event: "):
                name = text.removeprefix("event: ")
            elif text.startswith("data: "):
                data = text.removeprefix("data: ")
            elif not text and name:
                traffic.events[name] += 1
                yield name, data
                name = data = ""
        traffic.streams_lost += 1
    except (OSError, EOFError):
        traffic.streams_lost += 1
        raise
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    first = (await reader.readline()).split()
    if len(first) < 2:
        raise EOFError
    headers = {}
    while (line := (await reader.readline()).decode().strip()) != "":
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return int(first[1]), headers
