"""E-mail over the SMTP server of the settings (EMAIL_URL, EMAIL_TIMEOUT, EMAIL_CONNECTIONS)."""

import contextlib
import re
import smtplib
import socket
import threading
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.smtp import EmailBackend

from notifications.channels.base import Outgoing, SendFailed, channel

WHOLE_S = 20.0  # one message, with waiting for a connection and opening it
GOODBYE_S = 1.0
_SMTP = "django.core.mail.backends.smtp.EmailBackend"
_POLICY = re.compile(rb"\s*5\.7\.")  # RFC 3463: the server's rules, not this address


class _Hurried:
    """What a server says, while there is time: a letter every few seconds is no answer."""

    def __init__(self, smtp: Any) -> None:
        self.smtp, self.pending = smtp, b""

    def readline(self, limit: int) -> bytes:
        while b"\n" not in self.pending and len(self.pending) < limit:
            left = self.smtp.until - time.monotonic()
            if left <= 0:
                raise TimeoutError
            sock: socket.socket = self.smtp.sock
            sock.settimeout(min(self.smtp.timeout, left))
            piece = sock.recv(4096)
            if not piece:
                break
            self.pending += piece
        end = min(self.pending.find(b"\n") + 1 or len(self.pending), limit)
        line, self.pending = self.pending[:end], self.pending[end:]
        return line

    def close(self) -> None:
        """The socket is closed by its owner."""


class _Timed:
    """An SMTP conversation that knows its deadline, and whether the letter was handed over."""

    sock: Any
    file: Any

    def __init__(self, *rest: Any, until: float, **more: Any) -> None:
        self.until, self.handed_over = until, False
        super().__init__(*rest, **more)

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None:
            self.file = _Hurried(self)
        try:
            return super().getreply()  # type: ignore[misc,no-any-return]
        except smtplib.SMTPServerDisconnected as error:
            if isinstance(error.__context__, TimeoutError):
                raise TimeoutError from None
            raise

    def data(self, message: Any) -> tuple[int, bytes]:
        self.handed_over = True
        return super().data(message)  # type: ignore[misc,no-any-return]


class _Plain(_Timed, smtplib.SMTP):
    pass


class _Secure(_Timed, smtplib.SMTP_SSL):
    pass


class _Backend(EmailBackend):
    """Django's, with a deadline."""

    connection: Any
    until = 0.0
    handed_over = False  # the letter, when the connection was let go

    @property
    def connection_class(self) -> Any:
        return partial(_Secure if self.use_ssl else _Plain, until=self.until)

    def hurry(self, until: float) -> None:
        self.until = until
        if self.connection:
            self.connection.until, self.connection.handed_over = until, False
            if self.connection.sock:
                self.connection.sock.settimeout(self.timeout)

    def let_go(self) -> None:
        """Close politely if that takes no time."""
        self.handed_over = bool(self.connection and self.connection.handed_over)
        self.hurry(time.monotonic() + GOODBYE_S)
        with contextlib.suppress(OSError, smtplib.SMTPException):
            self.close()
        self.connection = None


class _Kept:
    """The open connections of a round, shared by the threads that send: few, as servers like it."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.idle: list[_Backend] = []
        self.out = 0

    @contextlib.contextmanager
    def one(self, until: float) -> Iterator[_Backend]:
        """A connection of our own for a moment, open or not; it is kept if it is still open."""
        with self.changed:
            if not self.changed.wait_for(
                lambda: self.out < settings.EMAIL_CONNECTIONS, until - time.monotonic()
            ):
                raise SendFailed("busy", down=True)
            self.out += 1
            backend = self.idle.pop() if self.idle else _Backend()
        whole = False
        try:
            backend.hurry(until)
            yield backend
            whole = True
        finally:
            if not whole:
                backend.let_go()
            with self.changed:
                self.out -= 1
                if whole and backend.connection:
                    self.idle.append(backend)
                self.changed.notify()

    def rest(self) -> None:
        """Close what nobody uses."""
        with self.changed:
            idle, self.idle = self.idle, []
        for backend in idle:
            backend.let_go()


_kept = _Kept()


@channel("email", parts=("subject", "body", "html"), rest=_kept.rest)
def send(message: Outgoing) -> None:
    """Send one message, as text and where it has one also as HTML.

    SMTP answers become codes: their texts quote addresses.
    """
    mail = _composed(message)
    backend = None
    try:
        if settings.EMAIL_BACKEND != _SMTP:
            get_connection().send_messages([mail])
            return
        until = time.monotonic() + WHOLE_S
        with _kept.one(until) as backend:
            _deliver(backend, mail)
    except smtplib.SMTPException as error:
        failure = _failure(error)
        failure.may_have_left = _may_have_left(backend) and _code(error) <= 0
        raise failure from None
    except TimeoutError:
        raise SendFailed("timeout", down=True, may_have_left=_may_have_left(backend)) from None
    except ValueError:
        raise SendFailed("bad_address", permanent=True) from None
    except OSError:
        raise SendFailed("unreachable", down=True, may_have_left=_may_have_left(backend)) from None


def _may_have_left(backend: _Backend | None) -> bool:
    """Whether the letter was on its way when the line broke."""
    return backend is not None and backend.handed_over


def _composed(message: Outgoing) -> EmailMultiAlternatives:
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
    mail = EmailMultiAlternatives(
        " ".join(message.subject.split()),
        message.body,
        to=[message.address],
        headers={
            # The same at every try: mail programs drop the second copy.
            "Message-ID": f"<{message.reference}@{domain}>",
            "List-Id": f"<pesan.{domain}>",
            "Auto-Submitted": "auto-generated",
            "Content-Language": message.language,
        },
    )
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    return mail


def _deliver(backend: _Backend, mail: EmailMultiAlternatives) -> None:
    """Send over a kept connection if it still holds, else over a new one.

    A letter that was handed over before the line broke may have arrived: it is not sent anew here.
    """
    kept = backend.connection
    if kept:
        try:
            backend.send_messages([mail])
        except smtplib.SMTPException as error:
            closing = isinstance(error, smtplib.SMTPServerDisconnected) or _code(error) == 421
            if not closing or kept.handed_over:
                raise
        except TimeoutError:
            raise
        except OSError:
            if kept.handed_over:
                raise
        else:
            return
        backend.let_go()
        backend.hurry(kept.until)
    backend.open()
    backend.send_messages([mail])


def _code(error: smtplib.SMTPException) -> int:
    """The server's number; 0 where it said none."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return min((code for code, _ in error.recipients.values()), default=0)
    return getattr(error, "smtp_code", 0)


def _failure(error: smtplib.SMTPException) -> SendFailed:
    """What an answer means (RFC 5321, 4.2): 4xx later, 5xx never, by whose fault it is.

    To a recipient or a letter, 5xx (unknown, full) is about this person, but for 5.7.x, the
    server's own rules. To a greeting, a log-in or our sender it is about us, and 421 about nobody:
    then the channel is down.
    """
    code = _code(error)
    if code <= 0:
        gone = isinstance(error, (smtplib.SMTPServerDisconnected, smtplib.SMTPResponseException))
        return SendFailed("disconnected" if gone else "smtp", down=True)
    named = f"smtp_{code}"
    if code == 421:
        return SendFailed(named, down=True)
    if isinstance(error, smtplib.SMTPSenderRefused):
        return SendFailed(named, down=code >= 500)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        ours = any(_POLICY.match(text) for _, text in error.recipients.values())
        return SendFailed(named, permanent=code >= 500 and not ours)
    if isinstance(error, smtplib.SMTPDataError):
        return SendFailed(named, permanent=code >= 500)
    return SendFailed(named, down=True)  # greeting, TLS, log-in
