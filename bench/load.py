"""Loads an address with GETs or POSTs from several processes over kept connections.

A process of its own keeps its connections busy with a selector: a request is written when the last
answer is whole. It costs some 40 microseconds a request, so it is not what is measured.
"""

import json
import selectors
import socket
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

HOST = "127.0.0.1"
PROCESSES = 2


@dataclass
class Outcome:
    """What came back: requests per second, milliseconds of each, how many of each status."""

    per_second: float = 0.0
    milliseconds: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    answers: list[dict[str, Any]] = field(default_factory=list)

    def percentile(self, share: float) -> float:
        ordered = sorted(self.milliseconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def load(
    port: int,
    path: str,
    *,
    mall: str,
    windows: list[tuple[str, int]],
    connections: int,
    requests: int,
    first: int,
    keep_answers: bool = False,
) -> Outcome:
    """Send `requests` bookings, of people numbered from `first`, round the windows.

    Without windows the address is read instead.
    """
    share, begin = requests // PROCESSES, time.time() + 0.5
    children = []
    for n in range(PROCESSES):
        spec = {
            "port": port,
            "path": path,
            "mall": mall,
            "windows": windows,
            "connections": connections // PROCESSES,
            "requests": share,
            "first": first + n * share,
            "begin": begin,
            "keep": keep_answers,
        }
        child = subprocess.Popen(
            [sys.executable, "-m", "bench.load"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        child.stdin.write(json.dumps(spec))  # type: ignore[union-attr]
        child.stdin.close()  # type: ignore[union-attr]
        children.append(child)
    outcome = Outcome()
    for child in children:
        said = json.loads(child.stdout.read())  # type: ignore[union-attr]
        child.stdout.close()  # type: ignore[union-attr]
        child.wait()
        outcome.per_second += len(said["milliseconds"]) / said["seconds"]
        outcome.milliseconds += said["milliseconds"]
        outcome.statuses.update(said["statuses"])
        outcome.answers += said["answers"]
    return outcome


def _request(spec: dict[str, Any], n: int) -> bytes:
    if not spec["windows"]:
        return f"GET {spec['path']} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
    service, window = spec["windows"][n % len(spec["windows"])]
    body = json.dumps(
        {
            "mall": spec["mall"],
            "name": "Siti Aminah",
            "phone": f"0813{spec['first'] + n:08d}",
            "tickets": [{"service": service, "window": window}],
        }
    )
    head = f"POST {spec['path']} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()


def _whole(data: bytes) -> bool:
    head, end, body = data.partition(b"\r\n\r\n")
    if not end:
        return False
    length = head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]
    return len(body) >= int(length or 0)


def _run(spec: dict[str, Any]) -> dict[str, Any]:
    waiting = [_request(spec, n) for n in range(spec["requests"])]
    selector = selectors.DefaultSelector()
    for _n in range(spec["connections"]):
        link = socket.create_connection((HOST, spec["port"]), timeout=30)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(link, selectors.EVENT_READ, [b"", 0.0])
    time.sleep(max(0.0, spec["begin"] - time.time()))
    milliseconds: list[float] = []
    statuses: Counter[str] = Counter()
    answers = []
    clock = time.perf_counter
    started = clock()
    busy = 0
    for key in list(selector.get_map().values()):
        if waiting:
            key.data[1] = clock()
            key.fileobj.sendall(waiting.pop())  # type: ignore[union-attr]
            busy += 1
    while busy:
        for key, _ in selector.select(30) or _silence():
            link, state = key.fileobj, key.data
            part = link.recv(65536)  # type: ignore[union-attr]
            state[0] += part
            if part and not _whole(state[0]):
                continue
            milliseconds.append((clock() - state[1]) * 1000)
            statuses[state[0][9:12].decode() or "cut"] += 1
            if spec["keep"] or not part or state[0][9:10] != b"2":
                answers.append(_read(state[0]))
            busy -= 1
            state[0] = b""
            if not part:
                selector.unregister(link)
            elif waiting:
                state[1] = clock()
                link.sendall(waiting.pop())  # type: ignore[union-attr]
                busy += 1
    seconds = clock() - started
    answers = answers if spec["keep"] else answers[:3]
    return {
        "seconds": seconds,
        "milliseconds": milliseconds,
        "statuses": statuses,
        "answers": answers,
    }


def _read(answer: bytes) -> dict[str, Any]:
    body = answer.partition(b"\r\n\r\n")[2]
    try:
        return {"status": answer[9:12].decode(), "body": json.loads(body)}
    except ValueError:
        return {"status": answer[9:12].decode(), "body": body[:200].decode(errors="replace")}


def _silence() -> list[Any]:
    raise TimeoutError("The server has not answered for 30 seconds.")


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_run(json.load(sys.stdin))))
