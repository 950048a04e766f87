"""What a channel must do, and the list of channels."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Outgoing:
    """A finished message. `reference` is the same at every try and names nobody."""

    kind: str
    address: str
    subject: str
    body: str
    reference: str


class SendFailed(Exception):
    """A try that did not succeed.

    `code` is short and without personal data. `permanent`: another try cannot help.
    `down`: the whole channel cannot be reached, so the other messages need not try now.
    """

    def __init__(self, code: str, *, permanent: bool = False, down: bool = False) -> None:
        super().__init__(code)
        self.code, self.permanent, self.down = code[:40], permanent, down


Send = Callable[[Outgoing], None]
_channels: dict[str, Send] = {}


def channel(name: str) -> Callable[[Send], Send]:
    """Register a function that sends one message, or raises SendFailed within its own time-out."""

    def add(send: Send) -> Send:
        _channels[name] = send
        return send

    return add


def get(name: str) -> Send:
    """The channel of this name; SendFailed when there is none."""
    if name not in _channels:
        raise SendFailed("no_such_channel", permanent=True)
    return _channels[name]
