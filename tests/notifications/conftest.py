"""A few drafts, and small servers of the providers that can be told how to answer."""

import json
import socketserver
import threading
from datetime import UTC, datetime, timedelta

import pytest

from notifications import rules
from notifications.channels import base
from notifications.models import Message
from tests.notifications import peers

AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


@pytest.fixture
def at():
    return AT


@pytest.fixture
def draft():
    """Make a draft that is due now; keywords change it."""

    def make(number=1, **changes) -> rules.Draft:
        values = {
            "kind": "booked",
            "phone": "+6281234567890",
            "email": f"budi{number}@contoh.id",
            "context": {
                "first_name": "Budi Santoso",
                "mall": "MPP Gajah Mada",
                "date": "Selasa, 24 November",
                "time_range": "09.00–10.00",
                "label": "C 037",
                "link": "https://mpp.contoh.id/tiket/abc?a=1&b=2",
            },
            "about": f"ticket-{number}",
            "send_after": AT,
            "not_after": AT + timedelta(hours=8),
            "dedup_key": f"ticket-{number}:booked",
        }
        return rules.Draft(**{**values, **changes})

    return make


@pytest.fixture
def outbox(draft, at):
    """Write `count` due messages and return them."""

    def write(count=1, **changes) -> list[Message]:
        rules.enqueue(drafts=[draft(n, **changes) for n in range(1, count + 1)], at=at)
        return list(Message.objects.order_by("id"))

    return write


@pytest.fixture
def smtp(settings):
    """A real SMTP server. `answers` by verb replaces the usual reply; None means: say nothing.

    DRIPPING is a letter now and then, HANG_UP the end of the line; after `letters` letters the line
    ends, too, with the word `goodbye` or without one.
    """
    hang = threading.Event()

    class Handler(socketserver.StreamRequestHandler):
        def reply(self, verb, usual):
            answer = self.server.answers.get(verb, usual)
            if answer is None:
                hang.wait(10)
            elif answer == peers.DRIPPING:
                while not hang.wait(0.02):
                    self.wfile.write(b"2")
            elif answer == peers.HANG_UP:
                raise ConnectionAbortedError
            else:
                self.wfile.write(f"{answer}\r\n".encode())

        def handle(self):
            self.server.connections += 1
            letters = 0
            self.reply("CONNECT", "220 contoh.id")
            while line := self.rfile.readline():
                verb = line.split()[0].upper().decode() if line.strip() else ""
                if verb == "DATA":
                    self.reply("DATA", "354 go on")
                    if "DATA" not in self.server.answers:
                        lines = iter(self.rfile.readline, b".\r\n")
                        self.server.received.append(b"".join(lines).decode())
                        self.reply("END", "250 taken")
                        letters += 1
                        if letters == self.server.letters:
                            if self.server.goodbye and self.rfile.readline():
                                self.reply("", self.server.goodbye)
                            return
                else:
                    self.reply(verb, "221 bye" if verb == "QUIT" else "250 ok")

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False
        allow_reuse_address = True

        def handle_error(self, request, client_address):
            """A line that ended is no error."""

    with Server(("127.0.0.1", 0), Handler) as server:
        server.received, server.answers = [], {}
        server.connections, server.letters, server.goodbye = 0, None, ""
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_TIMEOUT = 0.5
        settings.DEFAULT_FROM_EMAIL = "antrean@contoh.id"
        settings.NOTIFICATION_CHANNELS = ["email", "console"]
        yield server
        base.rest()
        hang.set()
        server.shutdown()


@pytest.fixture
def meta(settings):
    """The Cloud API of WhatsApp, set up as the only channel."""
    with peers.served(peers.graph) as peer:
        settings.WHATSAPP_URL = f"{peer.url}/v24.0"
        settings.WHATSAPP_PHONE_ID, settings.WHATSAPP_TOKEN = "10611", "rahasia"
        settings.NOTIFICATION_CHANNELS = ["whatsapp"]
        yield peer


@pytest.fixture
def sms_gateway(settings, monkeypatch):
    """A gateway for SMS, set up as the only channel."""
    monkeypatch.setenv("SMS_KEY", "kunci")
    with peers.served(peers.gateway) as peer:
        settings.SMS_REQUEST = json.dumps(
            {
                "url": f"{peer.url}/kirim",
                "headers": {"Authorization": "Bearer {env:SMS_KEY}"},
                "json": {"to": "{to_digits}", "text": "{text}", "ref": "{reference}"},
            }
        )
        settings.SMS_ANSWER = json.dumps(
            {
                "value": "status",
                "accepted": ["queued"],
                "id": "data.id",
                "code": "code",
                "permanent": [1706],
                "limit": ["BUSY"],
                "down": ["AUTH", "NO_CREDIT"],
                "pause_s": 120,
            }
        )
        settings.NOTIFICATION_CHANNELS = ["sms"]
        yield peer
