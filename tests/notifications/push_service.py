"""A small push service of our own (RFC 8030): it knows who sends, and reads like the browser does.

Its subscriptions are real: a P-256 key and a secret of 16 bytes each. What it is sent is checked as
a push service checks it (RFC 8292) and decrypted as a browser decrypts it (RFC 8291).
"""

import base64
import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def to_text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def to_bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Browser:
    """Somebody's browser: where it is reached, and the keys that never leave it."""

    def __init__(self, origin: str) -> None:
        self.path = f"/push/{secrets.token_urlsafe(24)}"
        self.endpoint = origin + self.path
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.auth = secrets.token_bytes(16)

    @property
    def subscription(self) -> dict[str, Any]:
        """What its PushManager would give to the page."""
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        keys = {"p256dh": to_text(point), "auth": to_text(self.auth)}
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": keys}

    @property
    def text(self) -> str:
        return json.dumps(self.subscription)

    def read(self, body: bytes) -> dict[str, Any]:
        """Decrypt one message."""
        plain = http_ece.decrypt(
            body, private_key=self.key, auth_secret=self.auth, version="aes128gcm"
        )
        return json.loads(plain)


class PushService:
    """What was handed in, by browser; `answers` are (status, headers), the next one first."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.browsers: dict[str, Browser] = {}
        self.received: list[tuple[Browser, dict[str, str], dict[str, Any]]] = []
        self.claims: list[dict[str, Any]] = []
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.faults: list[str] = []

    def browser(self) -> Browser:
        new = Browser(self.origin)
        self.browsers[new.path] = new
        return new

    def take(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str]]:
        """The status and headers of the answer to one POST."""
        if self.answers:
            return self.answers.pop(0)
        browser = self.browsers.get(path)
        if browser is None:
            return 404, {}
        if len(body) > 4096:
            return 413, {}
        if not self._knows(headers.get("authorization", "")):
            return 403, {}
        self.received.append((browser, headers, browser.read(body)))
        return 201, {"Location": f"{self.origin}/message/{secrets.token_urlsafe(8)}"}

    def _knows(self, authorization: str) -> bool:
        """Whether the JWT is signed by the key that it names."""
        scheme, _, rest = authorization.partition(" ")
        parts = dict(part.strip().split("=", 1) for part in rest.split(","))
        head, claims, signature = parts["t"].split(".")
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), to_bytes(parts["k"]))
        raw = to_bytes(signature)
        pair = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
        point.verify(pair, f"{head}.{claims}".encode(), ec.ECDSA(SHA256()))
        self.claims.append({**json.loads(to_bytes(claims)), "k": parts["k"]})
        return scheme == "vapid" and json.loads(to_bytes(head))["alg"] == "ES256"


@contextmanager
def push_service() -> Iterator[PushService]:
    """A push service on the loopback, until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                status, more = service.take(self.path, headers, body)
            except Exception as error:  # noqa: BLE001 - a test reads it
                service.faults.append(repr(error))
                status, more = 400, {}
            self.send_response(status)
            for name, value in {"Content-Length": "0", **more}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *words: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    service = PushService(f"http://127.0.0.1:{server.server_address[1]}")
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
