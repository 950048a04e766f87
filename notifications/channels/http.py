"""What the channels that speak HTTP share: one way to ask, and one reading of every failure."""

import email.utils
import http.client
import io
import socket
import threading
import time
from datetime import UTC, datetime
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from notifications.channels.base import SendFailed

CONNECT_S, READ_S, WHOLE_S = 3.0, 6.0, 10.0
KEPT_S = 4.0  # an idle connection that is older may be closed by the other side at any moment
MOST_BYTES = 64 * 1024
Answer = tuple[int, dict[str, str], bytes]


class _OfThread(threading.local):
    """A session for each thread, and until when its request may last."""

    session: requests.Session | None = None
    used = 0.0
    until = 0.0


_mine = _OfThread()


class _Hurried(io.RawIOBase):
    """What comes from a socket, while there is time: a drop every few seconds is no answer."""

    def __init__(self, raw: Any, sock: socket.socket) -> None:
        self.raw, self.sock = raw, sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = _mine.until - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self.sock.settimeout(min(READ_S, left))
        read: int | None = self.raw.readinto(buffer)
        return read

    def close(self) -> None:
        if not self.closed:
            self.raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: Any, *rest: Any, **more: Any) -> None:
        super().__init__(sock, *rest, **more)
        self.fp = io.BufferedReader(_Hurried(self.fp.detach(), sock))


class _Connection(HTTPConnection):
    response_class = _Response


class _SecureConnection(HTTPSConnection):
    response_class = _Response


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *rest: Any, **more: Any) -> None:
        super().init_poolmanager(*rest, **more)  # type: ignore[no-untyped-call]
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


def _session() -> requests.Session:
    """One for each thread: connections are kept a moment, cookies and the machine's proxies not."""
    now = time.monotonic()
    if _mine.session is None:
        _mine.session = requests.Session()
        _mine.session.trust_env = False
        for scheme in ("http://", "https://"):
            _mine.session.mount(scheme, _Adapter())
    elif now - _mine.used > KEPT_S:
        _mine.session.close()
    _mine.used, _mine.until = now, now + WHOLE_S
    return _mine.session


def exchange(method: str, url: str, **how: Any) -> Answer:
    """Send one request and read the whole answer: (status, headers in lower case, body).

    Raises SendFailed when there is none: no connection, a time-out (also of an answer that drips),
    a connection that ends too early. Redirects are not followed. What was asked and not answered
    may have been done, so that the failure says `may_have_left`.
    """
    try:
        with _session().request(
            method, url, timeout=(CONNECT_S, READ_S), stream=True, allow_redirects=False, **how
        ) as answer:
            body = _read(answer)
    except requests.ConnectTimeout:
        raise SendFailed("unreachable", down=True) from None
    except requests.Timeout:
        raise SendFailed("timeout", down=True, may_have_left=True) from None
    except requests.exceptions.ChunkedEncodingError:
        raise SendFailed("disconnected", down=True, may_have_left=True) from None
    except requests.ConnectionError as error:
        raise _no_connection(str(error)) from None
    except (requests.RequestException, ValueError):
        raise SendFailed("bad_request", down=True) from None  # an address or header we were given
    finally:
        _mine.used = time.monotonic()
    return answer.status_code, {n.lower(): v for n, v in answer.headers.items()}, body


def _no_connection(told: str) -> SendFailed:
    """What requests says of a connection that was never made, or was lost on the way."""
    if "Failed to establish" in told:
        return SendFailed("unreachable", down=True)
    if "timed out" in told:
        return SendFailed("timeout", down=True, may_have_left=True)
    if "aborted" in told:
        return SendFailed("disconnected", down=True, may_have_left=True)
    return SendFailed("unreachable", down=True)


def ask(method: str, url: str, **how: Any) -> Answer:
    """As `exchange`, for addresses that a person gave and peers whose refusals are in the status.

    Raises what `refused` says, too; an address that cannot be asked is this person's alone.
    """
    try:
        status, headers, body = exchange(method, url, **how)
    except SendFailed as failed:
        if failed.code != "bad_request":
            raise
        raise SendFailed(failed.code, permanent=True) from None
    if failure := refused(status, headers):
        raise failure
    return status, headers, body


def refused(status: int, headers: dict[str, str]) -> SendFailed | None:
    """What 429 and 503 with their Retry-After, other 5xx, and redirects mean; None for the rest.

    A gateway that sends us elsewhere is set up wrongly.
    """
    code = f"http_{status}"
    if status in (429, 503):
        return SendFailed(code, down=True, retry_after_s=retry_after_s(headers))
    if 300 <= status < 400:
        return SendFailed(code, down=True)
    # 504: whoever stands in front heard nothing from the one that was asked.
    return SendFailed(code, may_have_left=status == 504) if status >= 500 else None


def _read(answer: requests.Response) -> bytes:
    """The body, unless it is endless."""
    body = b""
    for piece in answer.iter_content(8192):
        body += piece
        if len(body) > MOST_BYTES:
            raise SendFailed("answer_too_long", may_have_left=True)
    return body


def retry_after_s(headers: dict[str, str]) -> float | None:
    """Seconds of the header Retry-After, a number or a date (RFC 9110, 10.2.3), else None."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    moment = moment.replace(tzinfo=moment.tzinfo or UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
