"""Small servers that speak the protocols of the providers, and can be told to misbehave."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from notifications.rules.outbox import reference_of

WORDS = {
    "messaging_product",
    "recipient_type",
    "to",
    "type",
    "template",
    "biz_opaque_callback_data",
}

DRIPPING, HANG_UP = "dripping", "hang up"  # of the SMTP server in conftest.py


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def query(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


@dataclass(frozen=True)
class Says:
    """An answer: its body as text, or as what becomes JSON."""

    status: int
    body: Any = ""
    headers: dict[str, str] = field(default_factory=dict)


Act = Callable[["Handler"], None]


class Peer(ThreadingHTTPServer):
    """`usual` answers; what is in `next` goes before it, once each, and `always` instead of it."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, usual: Callable[[Asked], Says]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.usual = usual
        self.next: list[Says | Act] = []
        self.always: Says | Act | None = None
        self.asked: list[Asked] = []
        self.connections = 0
        self.over = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that had enough of us is no error."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Peer

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = Asked(self.command, self.path, self.headers, body)
        self.server.asked.append(asked)
        act = self.server.next.pop(0) if self.server.next else self.server.always
        if act is None:
            act = self.server.usual(asked)
        if isinstance(act, Says):
            self.say(act)
        else:
            act(self)

    do_GET = do_POST = answer

    def say(self, says: Says) -> None:
        text = says.body if isinstance(says.body, str) else json.dumps(says.body)
        self.send_response(says.status)
        for name, value in says.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *told: Any) -> None:
        """Nothing."""


# -- ways to misbehave ---------------------------------------------------------------------------


def silent(handler: Handler) -> None:
    """Takes the request and never answers."""
    handler.server.over.wait(10)
    handler.close_connection = True


def dripping(handler: Handler) -> None:
    """An answer that never ends: a letter every now and then."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")
    _drip(handler)


def dripping_headers(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    _drip(handler)


def _drip(handler: Handler) -> None:
    while not handler.server.over.wait(0.02):
        handler.wfile.write(b"x")
        handler.wfile.flush()
    handler.close_connection = True


def half(handler: Handler) -> None:
    """Promises more than comes."""
    handler.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"messages": [')
    handler.close_connection = True


def hang_up(handler: Handler) -> None:
    """Closes before any byte of an answer."""
    handler.close_connection = True


# -- who they are --------------------------------------------------------------------------------


@contextmanager
def served(usual: Callable[[Asked], Says]) -> Iterator[Peer]:
    with Peer(usual) as peer:
        threading.Thread(target=peer.serve_forever, args=(0.02,), daemon=True).start()
        yield peer
        peer.over.set()
        peer.shutdown()


def graph_error(code: int, status: int = 400, **more: Any) -> Says:
    """An error of the Graph API as published; it quotes the number, as the real one may."""
    error = {
        "message": f"(#{code}) to 6281234567890",
        "type": "OAuthException",
        "code": code,
        "error_data": {"messaging_product": "whatsapp", "details": "6281234567890"},
        "fbtrace_id": "AbC",
    }
    return Says(status, {"error": error | more})


def graph(asked: Asked) -> Says:
    """The Cloud API, of whoever has the token "rahasia" and the number 10611."""
    if asked.headers["Authorization"] != "Bearer rahasia":
        return graph_error(190, 401)
    if asked.method != "POST" or asked.path != "/v24.0/10611/messages":
        return graph_error(100, 400, error_subcode=33)
    told = asked.json
    if set(told) != WORDS or told["messaging_product"] != "whatsapp" or told["type"] != "template":
        return graph_error(100)
    for component in told["template"]["components"]:
        for word in component["parameters"]:
            if not word["text"] or "\n" in word["text"] or word["type"] != "text":
                return graph_error(132012)
    contact = {"input": told["to"], "wa_id": told["to"]}
    message = {"id": f"wamid.{told['biz_opaque_callback_data']}", "message_status": "accepted"}
    return Says(
        200, {"messaging_product": "whatsapp", "contacts": [contact], "messages": [message]}
    )


def wamid(message: Any) -> str:
    """The id that the Cloud API has given a message of ours."""
    return f"wamid.{reference_of(message)}"


def sms_id(message: Any) -> str:
    """The id that the gateway below has given it."""
    return f"sms-{reference_of(message)}"


def gateway(asked: Asked) -> Says:
    """A gateway for SMS that takes JSON and answers in JSON, with 200 also to what it refuses."""
    if asked.headers["Authorization"] != "Bearer kunci":
        return Says(401, {"status": "error", "code": "AUTH"})
    told = asked.json
    if not told["to"].startswith("628"):
        return Says(200, {"status": "error", "code": "1706"})
    return Says(200, {"status": "queued", "data": {"id": f"sms-{told['ref']}"}})
