"""A small thermal printer on the loopback: it answers DLE EOT, collects bytes, and can fail.

`decode` reads the commands of the paper back: its lines, its QR, whether it was cut.
"""

import contextlib
import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

DLE_EOT = b"\x10\x04"


@dataclass
class Line:
    text: str
    size: int
    align: str
    bold: bool


@dataclass
class Printed:
    """What stands on one piece of paper."""

    lines: list[Line] = field(default_factory=list)
    qr: str = ""
    cuts: int = 0

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)

    @property
    def words(self) -> str:
        """The text without line breaks."""
        return re.sub(r"\s+", " ", self.text)

    def size_of(self, text: str) -> int:
        return next(line.size for line in self.lines if line.text == text)


def decode(data: bytes) -> Printed:
    """Walk through the ESC/POS commands of a slip; an unknown one is an error."""
    paper, line = Printed(), Line("", 1, "left", False)
    i = 0
    while i < len(data):
        byte, two = data[i : i + 1], data[i : i + 2]
        if byte == b"\n":
            paper.lines.append(line)
            line = Line("", line.size, line.align, line.bold)
            i += 1
        elif two == b"\x1b@":
            i += 2
        elif two == b"\x1ba":
            line.align = {0: "left", 1: "center", 2: "right"}[data[i + 2] % 48]
            i += 3
        elif two == b"\x1bE":
            line.bold = bool(data[i + 2])
            i += 3
        elif two in {b"\x1bt", b"\x1b!", b"\x1bM"}:
            if two == b"\x1b!":
                line.size = 1
            i += 3
        elif two == b"\x1bd":
            i += 3
        elif two == b"\x1d!":
            line.size = (data[i + 2] >> 4) + 1
            i += 3
        elif two == b"\x1dV":
            paper.cuts += 1
            i += 4 if data[i + 2] in {65, 66} else 3
        elif data[i : i + 3] == b"\x1d(k":
            length = data[i + 3] + 256 * data[i + 4]
            body = data[i + 5 : i + 5 + length]
            if body[1] == 80:  # the content is stored
                paper.qr = body[3:].decode()
            i += 5 + length
        else:
            assert 32 <= data[i] < 127, f"not a command, not a letter: {data[i : i + 8]!r}"
            line.text += byte.decode()
            i += 1
    return paper


class Printer:
    """The printer; `mode` may change at any time.

    ready, paper_low, paper_out, offline, runs_out (while printing), closes (at once), silent (says
    nothing), hangs (prints, then says nothing), dies (while printing).
    """

    def __init__(self) -> None:
        self.mode = "ready"
        self.papers: list[Printed] = []
        self.done = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.host, self.port = self._socket.getsockname()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.done.set()
        self._socket.close()
        with contextlib.suppress(OSError):
            socket.create_connection((self.host, self.port), timeout=0.2).close()
        self._thread.join(timeout=2)

    def _serve(self) -> None:
        while not self.done.is_set():
            try:
                client, _address = self._socket.accept()
            except OSError:
                return
            with client, contextlib.suppress(OSError):
                self._speak(client)

    def _speak(self, client: socket.socket) -> None:
        if self.mode == "closes":
            return
        client.settimeout(0.1)
        received = b""
        while not self.done.is_set():
            try:
                chunk = client.recv(4096)
            except TimeoutError:
                continue
            if not chunk:
                break
            received += chunk
            if self.mode == "dies" and len(received.replace(DLE_EOT, b"")) > 8:
                return
            received = self._answer(client, received)
        if received:
            self.papers.append(decode(received))

    def _answer(self, client: socket.socket, received: bytes) -> bytes:
        """Answer what was asked, and leave what is to be printed."""
        while DLE_EOT in received:
            i = received.index(DLE_EOT)
            if i + 2 >= len(received):
                return received
            asked, printing = received[i + 2], i > 0
            received = received[:i] + received[i + 3 :]
            if self.mode == "silent" or (self.mode == "hangs" and printing):
                continue
            client.sendall(bytes([self._status(asked, printing)]))
        return received

    def _status(self, asked: int, printing: bool) -> int:
        out = self.mode == "paper_out" or (self.mode == "runs_out" and printing)
        if asked == 4:
            return 0x12 | (0x60 if out else 0) | (0x0C if out or self.mode == "paper_low" else 0)
        return 0x12 | (0x08 if out or self.mode == "offline" else 0)


@contextlib.contextmanager
def a_printer() -> Iterator[Printer]:
    printer = Printer()
    try:
        yield printer
    finally:
        printer.close()


def a_closed_port() -> int:
    """A port of the loopback on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]
