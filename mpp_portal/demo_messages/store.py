"""What was caught, as files of one message each in DATA_DIR/demo_messages; the newest 500."""

import contextlib
import datetime as dt
import email
import email.policy
import json
import re
import secrets
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from email.message import MIMEPart
from pathlib import Path

from mpp_portal.embedded_processes import write_private

FOLDER = "demo_messages"
MOST = 500
_NAME = re.compile(r"\d{20}-[0-9a-f]{8}")


@dataclass(frozen=True, kw_only=True)
class Caught:
    """One message as it arrived; `reference` is the portal's own name of it, where it had one."""

    channel: str
    to: str
    text: str
    subject: str = ""
    html: str = ""
    reference: str = ""
    at: str = ""  # ISO 8601, UTC
    name: str = ""  # of its file: newer ones sort behind

    @property
    def moment(self) -> dt.datetime:
        return dt.datetime.fromisoformat(self.at)


def keep(place: Path, *, channel: str, to: str, text: str, **more: str) -> Caught:
    """Keep one message, and forget those that are too old; `more`: subject, html, reference."""
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    caught = Caught(
        channel=channel,
        to=to,
        text=text,
        at=dt.datetime.now(dt.UTC).isoformat(),
        name=f"{time.time_ns():020d}-{secrets.token_hex(4)}",
        **more,
    )
    write_private(place / caught.name, json.dumps(asdict(caught)))
    for old in _names(place)[MOST:]:
        (place / old).unlink(missing_ok=True)
    return caught


def keep_mail(place: Path, *, to: str, mail: bytes) -> Caught:
    """Keep an e-mail as it came over SMTP."""
    message = email.message_from_bytes(mail, policy=email.policy.default)
    return keep(
        place,
        channel="email",
        to=to,
        subject=str(message.get("Subject", "")),
        text=_words(message.get_body(("plain",))),
        html=_words(message.get_body(("html",))),
        reference=str(message.get("Message-ID", "")).strip("<> "),
    )


def newest(place: Path) -> Iterator[Caught]:
    """What is kept, the newest first."""
    for name in _names(place):
        if caught := one(place, name):
            yield caught


def one(place: Path, name: str) -> Caught | None:
    """The message of this name; None when there is none, or no more."""
    if not _NAME.fullmatch(name):
        return None
    with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
        known = {field.name for field in fields(Caught)}
        words = json.loads((place / name).read_text())
        return Caught(**{key: value for key, value in words.items() if key in known})
    return None


def _names(place: Path) -> list[str]:
    if not place.is_dir():
        return []
    return sorted((p.name for p in place.iterdir() if _NAME.fullmatch(p.name)), reverse=True)


def _words(part: MIMEPart | None) -> str:
    """The text of a part; what its bytes say where its character set is none."""
    if part is None:
        return ""
    try:
        return str(part.get_content()).strip()
    except (LookupError, KeyError):
        return bytes(part.get_payload(decode=True) or b"").decode(errors="replace")
