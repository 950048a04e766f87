"""The process that catches: python -m mpp_portal.demo_messages.catcher SMTP_PORT SMS_PORT

E-mail arrives by SMTP, SMS as one POST to /kirim like at a gateway: {"to", "text", "reference"} as
JSON or as a form, answered {"status": "accepted", "id": ...} or, with 400, {"status": "rejected"}.
It listens on the loopback, and runs in the demo only.
"""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl

import environ
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from mpp_portal.demo_messages import store
from mpp_portal.ports import HOST

LARGEST = 2_000_000  # bytes


class Mail:
    """What aiosmtpd asks for each e-mail."""

    def __init__(self, place: Path) -> None:
        self.place = place

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        for address in envelope.rcpt_tos:
            store.keep_mail(self.place, to=address, mail=bytes(envelope.content or b""))
        return "250 Kept"


class Gateway(BaseHTTPRequestHandler):
    """One SMS."""

    place: Path
    protocol_version = "HTTP/1.1"
    timeout = 10

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        body = self.rfile.read(int(length)) if length.isdigit() and int(length) < LARGEST else b""
        words = self._words(body)
        if self.path != "/kirim" or not words.get("to") or not words.get("text"):
            self._answer(400, {"status": "rejected", "message": "to and text are needed"})
            return
        kept = store.keep(
            self.place,
            channel="sms",
            to=words["to"],
            text=words["text"],
            reference=words.get("reference", ""),
        )
        self._answer(200, {"status": "accepted", "id": kept.name})

    def _words(self, body: bytes) -> dict[str, str]:
        """What was posted, by name; nothing when it cannot be read."""
        try:
            if "json" not in self.headers.get("Content-Type", ""):
                return dict(parse_qsl(body.decode()))
            found = json.loads(body)
        except ValueError:
            return {}
        return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}

    def _answer(self, status: int, words: dict[str, str]) -> None:
        body = json.dumps(words).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        """Nothing: a line would hold nothing that the page does not show."""


def main(arguments: list[str]) -> int:
    env = environ.Env()
    if env.bool("PRODUCTION", default=False) or not env.bool("MPP_DEMO", default=False):
        print("The catcher of messages belongs to the demo alone.", file=sys.stderr)  # noqa: T201
        return 2
    smtp_port, sms_port = (int(word) for word in arguments)
    place = Path(os.environ["DATA_DIR"]) / store.FOLDER
    Gateway.place = place
    with ThreadingHTTPServer((HOST, sms_port), Gateway) as gateway:
        Controller(
            Mail(place), hostname=HOST, port=smtp_port, data_size_limit=LARGEST, ident="demo"
        ).start()
        gateway.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
