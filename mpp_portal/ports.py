"""The ports of the portal's own servers: chosen by PORT, and free."""

import os
import socket
from itertools import islice

HOST = "127.0.0.1"


class CannotStart(Exception):
    """The portal cannot start; the text is one sentence that says what to do."""


def wanted_port() -> int:
    """PORT of the environment; it and the next one must be free."""
    text = os.environ.get("PORT") or "8000"
    if not text.isdecimal() or not 1 <= int(text) <= 65534:
        raise CannotStart(f"PORT={text} is no port: choose a number from 1024 to 65534.")
    port = int(text)
    for number in (port, port + 1):
        if reason := why_not(number):
            raise CannotStart(
                f"Port {number} on {HOST} {reason}: the portal needs PORT and PORT+1; stop what is "
                f"there or choose others, for example: PORT={port + 100}"
            )
    return port


def free_ports(count: int, *, after: int) -> list[int]:
    """The next free ports behind this one; what belongs to the portal alone needs no fixed ones."""
    free = (number for number in range(after + 1, 65536) if not why_not(number))
    found = list(islice(free, count))
    if len(found) < count:
        raise CannotStart(f"No port behind {after} on {HOST} is free: choose a smaller PORT.")
    return found


def why_not(port: int) -> str:
    """Why this port cannot be ours; empty when it is free.

    Both are asked, because two servers that set SO_REUSEPORT share one port without an error.
    SO_REUSEADDR lets a port pass that is only in TIME_WAIT; nobody who listens is passed by it.
    """
    with socket.socket() as caller:
        caller.settimeout(1)
        if caller.connect_ex((HOST, port)) == 0:
            return "is taken by another program"
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
            listener.listen()
        except PermissionError:
            return "is reserved for root"
        except OSError:
            return "is taken by another program"
    return ""
