"""A thermal printer on the network: what its paper looks like, and whether it came out.

ESC/POS over TCP (port 9100 by custom). The printer is asked for its status (DLE EOT) before and
after: paper out, paper nearly out, cover open or offline. Every road ends within five seconds:
somebody stands before the kiosk; therefore its address is a number, which need not be looked up.
Text is plain ASCII: cheap printers agree on no other letters.
"""

import ipaddress
import socket
import textwrap
import threading
import time
import unicodedata
from dataclasses import dataclass

from django.conf import settings
from escpos.constants import QR_ECLEVEL_M, RT_STATUS_ONLINE, RT_STATUS_PAPER
from escpos.exceptions import Error as EscposError
from escpos.printer import Dummy, Network

from queueing.models import Device
from queueing.slips import Slip, SlipTicket

COLUMNS = {58: 32, 80: 48}
PORTS = range(1024, 65536)  # printers listen above; mail and web servers do not
CONNECT_S = 2.0
STATUS_S = 2.0
WHOLE_S = 4.5
_QR_DOTS = {58: 6, 80: 7}
_OFFLINE = 0x08  # of DLE EOT 1
_NO_PAPER, _LITTLE_PAPER = 0x60, 0x0C  # of DLE EOT 4
_FIXED, _FIXED_IS = 0x93, 0x12  # the bits that every status byte has
_PLAIN = str.maketrans(
    {"–": "-", "—": "-", "“": '"', "”": '"', "‘": "'", "’": "'", "…": "...", "·": "-", "•": "-"}
)
_AGAIN_S = 0.3  # after a printer that just let go of somebody else
_WAIT_S = 1.0  # for the line below
_SPEAKING = threading.BoundedSemaphore(2)  # of a process: the others serve people meanwhile
_STOPS = {Device.Trouble.PAPER_OUT, Device.Trouble.PRINTER_AWAY}
# no answer, no such host, no such port
_FAILURES = (OSError, ValueError, OverflowError, EscposError)


@dataclass(frozen=True)
class Outcome:
    """Whether the paper came out, as far as the printer knows; `trouble` is a Device.Trouble."""

    out: bool
    trouble: str = ""


def is_host(text: str) -> bool:
    """Whether this can be the address of a printer: an IP address, in production not our own."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return False
    found = getattr(found, "ipv4_mapped", None) or found
    if found.is_loopback and settings.PRODUCTION:
        return False
    return not (found.is_multicast or found.is_unspecified or found.is_link_local)


def send(host: str, port: int, data: bytes) -> Outcome:
    """Print `data`; no transaction may be open meanwhile."""
    printer = _Bounded(host, port)
    if not _SPEAKING.acquire(timeout=_WAIT_S):
        return Outcome(False, Device.Trouble.PRINTER_AWAY)
    try:
        printer.open()
        before = printer.trouble()
        if before in _STOPS:
            return Outcome(False, before)
        printer._raw(data)
        after = printer.trouble()
        return Outcome(after not in _STOPS, after)
    except _FAILURES:
        return Outcome(False, Device.Trouble.PRINTER_AWAY)
    finally:
        _SPEAKING.release()
        printer.close()


def look(host: str, port: int) -> str:
    """What is wrong with the printer now; "" for nothing."""
    printer = _Bounded(host, port)
    try:
        printer.open()
        return printer.trouble()
    except _FAILURES:
        return Device.Trouble.PRINTER_AWAY
    finally:
        printer.close()


class _Bounded(Network):
    """The library's network printer, which waits for nothing longer than the whole allows."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(host, port)
        self.ends_at = time.monotonic() + WHOLE_S

    def open(self, raise_not_found: bool = True) -> None:
        """Connect; once more to one that takes a single caller and was just speaking to another."""
        try:
            self.device = self._connected()
        except ConnectionRefusedError:
            time.sleep(_AGAIN_S)
            self.device = self._connected()

    def _connected(self) -> socket.socket:
        return socket.create_connection(
            (self.host, self.port), timeout=min(CONNECT_S, self._left())
        )

    def _left(self) -> float:
        left = self.ends_at - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return min(left, STATUS_S)

    def _raw(self, msg: bytes) -> None:
        self.device.settimeout(self._left())
        self.device.sendall(msg)

    def _read(self) -> bytes:
        """One status byte; other bytes, which some printers send by themselves, are no answer."""
        while True:
            self.device.settimeout(self._left())
            byte = self.device.recv(1)
            if not byte:
                raise ConnectionError
            if byte[0] & _FIXED == _FIXED_IS:
                return byte

    def trouble(self) -> str:
        paper = self.query_status(RT_STATUS_PAPER)[0]
        if paper & _NO_PAPER:
            return Device.Trouble.PAPER_OUT
        if self.query_status(RT_STATUS_ONLINE)[0] & _OFFLINE:
            return Device.Trouble.PRINTER_AWAY
        return Device.Trouble.PAPER_LOW if paper & _LITTLE_PAPER else ""


# -- the paper -----------------------------------------------------------------------------------


def draw(slip: Slip, paper_mm: int) -> bytes:
    """The commands that print the slip on paper of this width, and cut it."""
    paper = _Paper(paper_mm)
    paper.middle(slip.mall, bold=True)
    paper.middle(slip.date)
    for ticket in slip.tickets:
        paper.rule()
        _draw_ticket(paper, ticket)
    if slip.papers or slip.conditions:
        paper.rule()
        paper.left(slip.prepare, bold=True)
        for line in slip.papers:
            paper.left(line, first="[ ] ", rest="    ")
        for line in slip.conditions:
            paper.left(line, first="- ", rest="  ")
    paper.rule()
    if slip.address:
        paper.middle(slip.follow, bold=True)
        paper.qr(slip.address)
        paper.middle(slip.follow_how)
    paper.middle(f"{slip.code_is} {slip.short_code}", bold=True)
    paper.rule()
    for line in (slip.missed, slip.free, slip.asked_for_money, slip.printed_at):
        paper.middle(line)
    return paper.cut()


def _draw_ticket(paper: "_Paper", ticket: SlipTicket) -> None:
    paper.big(ticket.label, paper.columns // 8)
    paper.middle(ticket.service, bold=True)
    for line in (ticket.agency, ticket.place, ticket.fee):
        paper.middle(line)
    if ticket.when:
        paper.middle("")
        if ticket.ahead:
            paper.middle(ticket.when_is)
        paper.big(ticket.when, paper.columns // 16)
        if not ticket.ahead:
            paper.middle(ticket.when_is)
    paper.middle(ticket.ahead)


class _Paper:
    """Lines of a known width, drawn by the library into memory."""

    def __init__(self, paper_mm: int) -> None:
        self.columns, self.dots = COLUMNS[paper_mm], _QR_DOTS[paper_mm]
        self._to = Dummy()
        self._to.hw("INIT")

    def middle(self, text: str, *, bold: bool = False) -> None:
        self._lines("center", bold, textwrap.wrap(plain(text), self.columns))

    def left(self, text: str, *, bold: bool = False, first: str = "", rest: str = "") -> None:
        wrapped = textwrap.wrap(
            plain(text), self.columns, initial_indent=first, subsequent_indent=rest
        )
        self._lines("left", bold, wrapped)

    def _lines(self, align: str, bold: bool, lines: list[str]) -> None:
        self._to.set(align=align, bold=bold, normal_textsize=True)
        for line in lines:
            self._to.textln(line)

    def big(self, text: str, times: int) -> None:
        """One line, as large as asked, but never wider than the paper."""
        text = plain(text)
        times = max(1, min(times, self.columns // max(1, len(text))))
        self._to.set(align="center", bold=True, custom_size=True, width=times, height=times)
        self._to.textln(text)

    def rule(self) -> None:
        self._lines("left", False, ["-" * self.columns])

    def qr(self, text: str) -> None:
        self._to.set(align="center", normal_textsize=True)
        self._to.qr(text, native=True, size=self.dots, ec=QR_ECLEVEL_M)
        self._to.ln()

    def cut(self) -> bytes:
        self._to.cut("PART")
        return self._to.output


def plain(text: str) -> str:
    """Text in ASCII: dashes and quotes made plain, accents left out, the rest as "?"."""
    bare = unicodedata.normalize("NFKD", text.translate(_PLAIN))
    letters = "".join(letter for letter in bare if not unicodedata.combining(letter))
    printable = "".join(letter if letter.isprintable() else " " for letter in letters)
    return printable.encode("ascii", "replace").decode()
