"""Web push (RFC 8030): encrypted for one browser and handed to the push service it has chosen."""

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from django.conf import settings
from pywebpush import WebPusher

from notifications import vapid
from notifications.channels.base import Accepted, Outgoing, SendFailed, channel
from notifications.channels.http import ask

LONGEST = 4000  # letters of a subscription
MOST_WORDS = 600  # letters: a message of more than 4096 bytes is refused
HOUR_S = 3600
# How long a message waits for a browser that is away; a call is worth nothing later.
TTL_S = {
    "called": 120,
    "ahead": 900,
    "offer": 900,
    "reminder_hours": 2 * HOUR_S,
    "paused": 2 * HOUR_S,
    "reminder_day": 12 * HOUR_S,
}
A_DAY_S = 24 * HOUR_S
URGENT = {"called", "ahead"}
_ENDPOINT = re.compile(r"(https?://([a-z0-9.-]+)(?::\d{1,5})?)/[!-~]*")
_SENTENCE_ENDS = re.compile(r"(?<=[.!?])\s+|\n\n")
_TRUE_OF_THE_KEY = {400, 401, 403}  # the services differ in which they say


@dataclass(frozen=True)
class Subscription:
    """A browser's address at its push service, and the keys that only this browser can read."""

    endpoint: str
    p256dh: str
    auth: str

    @property
    def origin(self) -> str:
        return _ENDPOINT.fullmatch(self.endpoint)[1]  # type: ignore[index]

    def as_text(self) -> str:
        """As it is kept, and given to `read` again."""
        keys = {"p256dh": self.p256dh, "auth": self.auth}
        return json.dumps({"endpoint": self.endpoint, "keys": keys})


def offered() -> bool:
    """Whether a browser can be asked to subscribe: a key is there, and the channel is listed."""
    return "push" in settings.NOTIFICATION_CHANNELS and vapid.readable(settings.VAPID_PRIVATE_KEY)


def public_key() -> str:
    """What a browser subscribes with."""
    return vapid.public_key(settings.VAPID_PRIVATE_KEY)


def name_of(text: str | None) -> str:
    """Tells one subscription from another without saying where it is: a hash of its address."""
    return hashlib.sha256(read(text).endpoint.encode()).hexdigest()[:16] if text else ""


def read(text: str) -> Subscription:
    """A subscription from the JSON of a browser's PushSubscription.

    Raises ValueError with a code: "shape" where it is none or its keys cannot be used, "service"
    where its address is not of a push service in PUSH_SERVICES. People give us this address and our
    server calls it, so it must be nobody else's.
    """
    if len(text) > LONGEST:
        raise ValueError("shape")
    try:
        told = json.loads(text)
        endpoint, keys = told["endpoint"], told["keys"]
        p256dh, auth = _bytes(keys["p256dh"]), _bytes(keys["auth"])
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), p256dh)
        address = _ENDPOINT.fullmatch(endpoint)
    except (ValueError, TypeError, KeyError, RecursionError):
        raise ValueError("shape") from None
    if address is None or len(p256dh) != 65 or len(auth) != 16:
        raise ValueError("shape")
    if not (address[1] in settings.PUSH_SERVICES or _known(address[1], address[2])):
        raise ValueError("service")
    return Subscription(endpoint, _text(p256dh), _text(auth))


def _known(origin: str, host: str) -> bool:
    """Over TLS, at its usual port, by name or as a host below a name ("*.push.apple.com")."""
    return origin == f"https://{host}" and any(
        host.endswith(name[1:]) if name.startswith("*.") else host == name
        for name in settings.PUSH_SERVICES
    )


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def service_of(address: str) -> str:
    """The push service of a subscription as it is kept; "" where it is none."""
    try:
        return read(address).origin
    except ValueError:
        return ""


@channel("push", parts=("subject", "short"), scope=service_of)
def send(message: Outgoing) -> Accepted:
    """Hand one message to the push service of its browser; it keeps it until the browser is there.

    A subscription that its browser gave up is "gone". Only a service that is listed by name counts
    as away for everybody who uses it: of any other answer a single person's address may be the
    cause.
    """
    try:
        to = read(message.address)
    except ValueError as error:
        raise SendFailed(f"push_{error}", permanent=True) from None
    key = settings.VAPID_PRIVATE_KEY
    if not vapid.readable(key):
        raise SendFailed("vapid_key", permanent=True)
    topic = _topic(message.reference)
    keys = {"endpoint": to.endpoint, "keys": {"p256dh": to.p256dh, "auth": to.auth}}
    headers = {
        "Authorization": vapid.authorization(key, subject=settings.VAPID_SUBJECT, origin=to.origin),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(TTL_S.get(message.kind, A_DAY_S)),
        "Urgency": "high" if message.kind in URGENT else "normal",
        "Topic": topic,
    }
    body = WebPusher(keys).encode(_payload(message, topic))["body"]
    try:
        status, _headers, _body = ask("POST", to.endpoint, data=body, headers=headers)
    except SendFailed as failure:
        everybody = failure.code != "http_429" and _listed_by_name(to.origin)
        raise SendFailed(
            failure.code,
            permanent=failure.permanent,
            down=failure.down and everybody,
            retry_after_s=failure.retry_after_s,
            may_have_left=failure.may_have_left,
            scope=to.origin,
        ) from None
    if status in (404, 410):
        raise SendFailed("gone", permanent=True)
    if status in _TRUE_OF_THE_KEY:
        raise SendFailed(f"vapid_{status}")
    if not 200 <= status < 300:
        raise SendFailed(f"http_{status}", permanent=True)
    return Accepted()


def _listed_by_name(origin: str) -> bool:
    return origin in settings.PUSH_SERVICES or urlsplit(origin).netloc in settings.PUSH_SERVICES


def _topic(reference: str) -> str:
    """At most 32 letters of base64: a second copy takes the place of the first."""
    return _text(hashlib.sha256(reference.encode()).digest()[:24])


def _without(link: str, text: str) -> str:
    """The text without the sentence that holds the link: here the whole message is the link."""
    sentences = _SENTENCE_ENDS.split(text.strip())
    rest = [one for one in sentences if not link or link not in one]
    return " ".join(" ".join(rest or sentences).split())


def _payload(message: Outgoing, topic: str) -> bytes:
    """What the worker of the pages shows, and the path that a press on it opens."""
    words = _without(message.link, message.short)
    told = {
        "title": message.subject[:120],
        "body": words if len(words) <= MOST_WORDS else words[: MOST_WORDS - 1] + "…",
        "url": urlsplit(message.link).path,
        "tag": topic,
        "kind": message.kind,
        "lang": message.language,
    }
    return json.dumps(told, ensure_ascii=False).encode()
