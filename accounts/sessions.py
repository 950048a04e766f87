"""The browsers in which somebody is signed in: noted at sign-in, listed, ended."""

import re
import time
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, QuerySet
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import SignIn, User
from accounts.pins import BY_PIN

WRITTEN_AT = "password_at"  # in a session: when the password was last written, seconds of 1970
SEEN_EVERY = timedelta(minutes=1)
_RECENT_S = 15 * 60
# The first that fits: browsers call themselves by each other's names.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("UCBrowser", "UC Browser"),
    ("FxiOS|Firefox", "Firefox"),
    ("CriOS|Chrom", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("CrOS", "Chromebook"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)
_noted: dict[str, float] = {}  # session key: when this process last wrote that it was seen


def device_of(user_agent: str) -> str:
    """A browser and its system in short, "Chrome/Android"; empty for what nobody knows."""
    browser = next((name for mark, name in _BROWSERS if re.search(mark, user_agent)), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return f"{browser}/{system}" if browser or system else ""


def device_shown(device: str) -> str:
    """`device_of` in words: "Chrome di Android"."""
    browser, _slash, system = device.partition("/")
    if browser and system:
        return _("%(browser)s di %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("Peramban yang tidak dikenal")


@receiver(user_logged_in)
def note_sign_in(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Each sign-in is a row; by its password until `pins.sign_in` says otherwise."""
    request.session.pop(BY_PIN, None)
    request.session[WRITTEN_AT] = int(time.time())
    if request.session.session_key is None:
        request.session.save()  # now it has a key
    _note(request, user, timezone.now())


def note_seen(request: HttpRequest, user: User, at: datetime) -> None:
    """Write that the session was seen; at most once a minute, also of many processes."""
    key = request.session.session_key
    if key is None or at.timestamp() - _noted.get(key, 0) < SEEN_EVERY.total_seconds():
        return
    mine = SignIn.objects.filter(session_key=key)
    changed = mine.filter(seen_at__lte=at - SEEN_EVERY).update(seen_at=at)
    if not changed and not mine.exists():
        _note(request, user, at)  # from before, or its key has changed with the password
    _remember(key, at)


def of(user: User, at: datetime) -> QuerySet[SignIn]:
    """The person's sessions that still open something, the last active first."""
    alive = Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=at)
    return SignIn.objects.filter(Exists(alive), user=user).order_by("-seen_at", "-pk")


def renamed(*, before: str | None, now: str | None) -> None:
    """The session goes on under another key, as after a new password."""
    if before and now and before != now:
        SignIn.objects.filter(session_key=before).update(session_key=now)


def end(*, user: User, sign_in_id: int) -> bool:
    """End one of the person's sessions; whether there was such a one."""
    return _end(SignIn.objects.filter(user=user, pk=sign_in_id)) > 0


def end_others(*, user: User, keep: str | None) -> int:
    """End all of the person's sessions but the one with the key `keep`; how many there were."""
    return _end(SignIn.objects.filter(user=user).exclude(session_key=keep or ""))


def password_is_fresh(request: HttpRequest) -> bool:
    """Whether the password was written in this session within the last 15 minutes."""
    written = request.session.get(WRITTEN_AT, 0)
    return BY_PIN not in request.session and time.time() - written < _RECENT_S


def _end(sign_ins: QuerySet[SignIn]) -> int:
    keys = list(sign_ins.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    SignIn.objects.filter(session_key__in=keys).delete()
    return len(keys)


def _note(request: HttpRequest, user: User, at: datetime) -> None:
    key = request.session.session_key
    if key is None:
        return
    device = device_of(request.headers.get("User-Agent", ""))
    SignIn.objects.update_or_create(
        session_key=key, defaults={"user": user, "device": device, "at": at, "seen_at": at}
    )
    _remember(key, at)


def _remember(key: str, at: datetime) -> None:
    if len(_noted) > 5000:
        _noted.clear()
    _noted[key] = at.timestamp()
