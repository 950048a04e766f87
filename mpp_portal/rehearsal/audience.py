"""Who looks on while a day is rehearsed: displays that follow each call, phones that follow a turn.

`python -m mpp_portal.rehearsal.audience` with the addresses as JSON on its first line; each line
after that is the token of a visit that a phone would follow. It says `ready` when all displays are
on; at the end of its input it answers with one line: what every display saw and when, and what the
server answered. Displays do what static/js/display.js does, phones what static/js/live.js does.
"""

import asyncio
import contextlib
import html
import json
import random
import re
import sys
import time
from collections import deque
from collections.abc import Coroutine
from typing import Any

from mpp_portal.rehearsal.browsing import Browser, Traffic, events

POLL_S, POLL_DEAF_S = 10.0, 4.0  # of a display with and without its stream
GAP_S = 1.0  # between two questions of a display
READY = "ready"
LAST_LOOK_S = 3.0  # for what is on its way when the day is over
_CALL = re.compile(r'data-call="(\d+)"')
_STREAM = re.compile(r'data-stream="([^"]*)"')
_DATA = re.compile(r'<div id="tiket"([^>]*)>')
_WORD = re.compile(r'data-(\w+)="([^"]*)"')


def patience(seconds: float) -> float:
    return seconds * (0.85 + 0.3 * random.random())  # noqa: S311


class Follower:
    """Something that follows a stream and asks for its page at times."""

    def __init__(self, base_url: str, traffic: Traffic) -> None:
        self.traffic = traffic
        self.browser = Browser(base_url, traffic)
        self.wanted = asyncio.Event()
        self.listens = False
        self.drops = 0

    async def follow(self, url: str) -> None:
        """Take the stream's events, and come back whenever it breaks off."""
        while True:
            try:
                async for name, data in events(url, self.traffic):
                    self.listens, self.drops = True, 0
                    self.hear(name, data)
            except (OSError, EOFError):
                pass  # counted as a stream that was lost
            except ValueError as error:
                self.note(error)
            self.listens = False
            self.drops += 1
            self.wanted.set()
            await asyncio.sleep(patience(min(60, 2**self.drops)))

    def hear(self, name: str, data: str) -> None:
        raise NotImplementedError

    def note(self, error: Exception) -> None:
        self.traffic.errors[f"{type(self).__name__}: {type(error).__name__}"] += 1

    async def noting(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Do the work; what fails in it breaks the day, not the other followers."""
        try:
            return await work
        except Exception as error:  # noqa: BLE001 - whatever it was, the report names it
            self.note(error)
            return None

    async def ask_within(self, seconds: float) -> None:
        """Until somebody wants the page, or the time is over."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.wanted.wait(), seconds)
        self.wanted.clear()


class Display(Follower):
    """A display of one zone or, with "", of the whole hall: it must learn of every call."""

    def __init__(self, base_url: str, traffic: Traffic, path: str) -> None:
        super().__init__(base_url, traffic)
        self.path, self.last = path, 0
        self.is_on = asyncio.Event()
        self.seen: dict[int, float] = {}

    def hear(self, name: str, data: str) -> None:
        if name == "open":
            self.is_on.set()
        if name in {"open", "missed", "changed"}:
            self.wanted.set()

    async def run(self) -> None:
        following = None
        try:
            status, body = await self.browser.get(self.path)
            while status != 200:
                await asyncio.sleep(patience(POLL_DEAF_S))
                status, body = await self.browser.get(self.path)
            self.take(body)
            url = html.unescape(_STREAM.search(body)[1])  # type: ignore[index]
            following = asyncio.create_task(self.noting(self.follow(url)))
            while True:
                asked = time.monotonic()
                await self.look()
                await asyncio.sleep(max(0.0, asked + GAP_S - time.monotonic()))
                await self.ask_within(patience(POLL_S if self.listens else POLL_DEAF_S))
        finally:
            self.is_on.set()  # or it never will be: nobody waits for it
            if following:
                following.cancel()

    async def look(self) -> None:
        _status, body = await self.browser.get(f"{self.path}?sejak={self.last}", part=True)
        self.take(body)

    def take(self, body: str) -> None:
        now = time.time()
        for call in map(int, _CALL.findall(body)):
            self.seen.setdefault(call, now)
            self.last = max(self.last, call)


class Phone(Follower):
    """A phone with a ticket's page, until nothing can happen to that ticket any more."""

    def __init__(self, base_url: str, traffic: Traffic, token: str) -> None:
        super().__init__(base_url, traffic)
        self.path = f"/tiket/{token}/"
        self.page: dict[str, str] = {}
        self.states: dict[str, str] = {}
        self.placed = False

    def hear(self, name: str, data: str) -> None:
        if name in {"place", "yours"}:
            self.placed = True
            told = {one["id"]: one["state"] for one in json.loads(data)["tickets"]}
            if told != self.states:
                self.wanted.set()
        elif name == "missed" or (name == "open" and "?" not in self.page.get("stream", "")):
            self.wanted.set()
        elif name == "changed":
            mine = set(self.page.get("queues", "").split())
            if mine & {str(queue) for queue in json.loads(data)["queues"]}:
                self.wanted.set()

    async def run(self) -> bool:
        """Follow the ticket to its end; whether there was one to follow."""
        status, body = await self.browser.get(self.path)
        if status != 200 or not self.take(body):
            self.browser.close()
            return False
        following = asyncio.create_task(self.noting(self.follow(self.page["stream"])))
        stream = self.page["stream"]
        try:
            while "url" in self.page:
                poll = float(self.page["calm" if self.listens and self.placed else "poll"])
                await self.ask_within(patience(poll))
                gap = float(self.page["gap"])
                await asyncio.sleep(gap * random.random())  # noqa: S311
                states = self.page["states"]
                status, body = await self.browser.get(f"{self.path}?keadaan={states}", part=True)
                if status == 204:  # another state: the rest of the page changes too
                    status, body = await self.browser.get(self.path)
                if status == 404:
                    break
                if status == 200:
                    self.take(body)
                if self.page.get("stream", stream) != stream:
                    stream = self.page["stream"]
                    following.cancel()
                    following = asyncio.create_task(self.noting(self.follow(stream)))
        finally:
            following.cancel()
            self.browser.close()
        return True

    def take(self, body: str) -> bool:
        found = _DATA.search(body)
        words = _WORD.findall(found[1]) if found else []
        self.page = {name: html.unescape(value) for name, value in words}
        cards = re.findall(r'data-id="([0-9a-f-]{36})" data-state="(\w+)"', body)
        self.states = dict(cards)
        return "url" in self.page


class Audience:
    """All of them, and what they have to tell at the end."""

    def __init__(self, base_url: str, displays: dict[str, str], phones: int) -> None:
        self.base_url, self.phones = base_url, phones
        self.traffic = Traffic()
        self.displays = {
            zone: Display(base_url, self.traffic, path) for zone, path in displays.items()
        }
        self.tokens: deque[str] = deque(maxlen=max(1, phones))
        self.followed = 0

    async def run(self) -> dict[str, Any]:
        began = time.monotonic()
        displays = self.displays.values()
        tasks = [asyncio.create_task(display.noting(display.run())) for display in displays]
        await asyncio.gather(*(display.is_on.wait() for display in self.displays.values()))
        sys.stdout.write(f"{READY}\n")  # a display opened later would not repeat what was called
        sys.stdout.flush()
        phones = [asyncio.create_task(self.a_phone()) for _n in range(self.phones)]
        await self.take_tokens()
        for phone in phones:
            phone.cancel()
        await asyncio.sleep(LAST_LOOK_S)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, *phones, return_exceptions=True)
        for display in self.displays.values():
            await display.look()
        return {
            "seconds": time.monotonic() - began,
            "followed": self.followed,
            "screens": {zone: display.seen for zone, display in self.displays.items()},
            "traffic": vars(self.traffic),
        }

    async def a_phone(self) -> None:
        while True:
            if self.tokens:
                phone = Phone(self.base_url, self.traffic, self.tokens.pop())
                self.followed += bool(await phone.noting(phone.run()))
            else:
                await asyncio.sleep(0.5)

    async def take_tokens(self) -> None:
        lines = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
        while line := (await lines.readline()).decode().strip():
            self.tokens.append(line)


def main() -> None:
    words = json.loads(sys.stdin.buffer.raw.readline())  # type: ignore[attr-defined]
    answer = asyncio.run(Audience(words["base_url"], words["displays"], words["phones"]).run())
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
