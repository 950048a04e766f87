"""What a channel must do, and the list of channels."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Outgoing:
    """A finished message. `reference` is the same at every try and names nobody.

    `short` says the same in few letters, for channels that bill by length or show one line;
    `parameters` are its variable words in their order, for channels whose provider keeps the text.
    `html` is "" where a text has none; `link` is the page that the message leads to.
    """

    kind: str
    address: str
    subject: str
    body: str
    reference: str
    language: str = "id"
    short: str = ""
    parameters: tuple[str, ...] = ()
    html: str = ""
    link: str = ""


@dataclass(frozen=True)
class Accepted:
    """What a provider said when it took a message: its own id of it, and how many parts it bills.

    The id is what delivery reports quote; "" where there are none.
    """

    provider_id: str = ""
    parts: int = 1


@dataclass(frozen=True)
class Report:
    """What a provider tells later about a message it took: delivered, read or undelivered.

    `reference` is ours, "" where the provider does not give it back; `code` names nobody.
    """

    provider_id: str
    outcome: str
    code: str = ""
    reference: str = ""


class SendFailed(Exception):
    """A try that did not succeed.

    `code` is short and without personal data. `permanent`: another try at this address cannot
    help, another channel may. `down`: the whole channel cannot be reached, so the other messages
    need not try now; with `scope` only those of this part of it (one of many push services).
    `retry_after_s`: the provider asked to be left alone for so many seconds. `may_have_left`: the
    provider was asked and gave no answer, so that another try may be a second copy.
    """

    def __init__(
        self,
        code: str,
        *,
        permanent: bool = False,
        down: bool = False,
        retry_after_s: float | None = None,
        may_have_left: bool = False,
        scope: str = "",
    ) -> None:
        super().__init__(code)
        self.code, self.permanent, self.down = code[:40], permanent, down
        self.retry_after_s = retry_after_s
        self.may_have_left, self.scope = may_have_left, scope


class Withheld(SendFailed):
    """Not tried at all: the channel was found down a moment ago."""

    def __init__(self, *, scope: str, retry_after_s: float) -> None:
        super().__init__("channel_down", down=True, scope=scope, retry_after_s=retry_after_s)


# Sends within its own time-out, from any thread, and asks the database nothing.
Send = Callable[[Outgoing], Accepted | None]


@dataclass(frozen=True)
class Channel:
    """A way to reach a person; `rest` lets go of connections when a round of messages is over.

    `parts` are those of a text that it carries. `scope` names the part of the channel that an
    address belongs to, as SendFailed does.
    """

    name: str
    send: Send
    parts: frozenset[str]
    rest: Callable[[], None] | None = None
    scope: Callable[[str], str] | None = None


_channels: dict[str, Channel] = {}


PARTS = frozenset({"subject", "body", "short", "parameters", "html"})


def channel(
    name: str,
    *,
    parts: Iterable[str] = PARTS,
    rest: Callable[[], None] | None = None,
    scope: Callable[[str], str] | None = None,
) -> Callable[[Send], Send]:
    """Register a function that sends one message, or raises SendFailed within its own time-out."""

    def add(send: Send) -> Send:
        _channels[name] = Channel(name, send, frozenset(parts), rest, scope)
        return send

    return add


def get(name: str) -> Send:
    """The channel of this name; SendFailed when there is none."""
    if name not in _channels:
        raise SendFailed("no_such_channel", permanent=True)
    return _channels[name].send


def parts_of(name: str) -> frozenset[str]:
    """The parts of a text that a channel carries."""
    return _channels[name].parts if name in _channels else PARTS


def scope(name: str, address: str) -> str:
    """The part of a channel that an address belongs to; "" for a channel that has no parts."""
    known = _channels.get(name)
    return known.scope(address) if known and known.scope else ""


def rest() -> None:
    """The round is over: connections that channels keep for it are closed."""
    for one in _channels.values():
        if one.rest:
            one.rest()
