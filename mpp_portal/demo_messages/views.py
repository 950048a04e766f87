"""/demo/pesan/: what the demo has sent, like an inbox; one message; what still waits for its time.

Only the demo has these pages, which need no sign-in: whoever tries it out reads what it would have
sent to them. Elsewhere, and always in production, there is no such address.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterable
from functools import wraps
from itertools import islice
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from csp.decorators import csp
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mpp_portal.demo_messages import rules, store
from mpp_portal.rehearsal.house import SLUG
from notifications.channels.console import masked
from notifications.models import Message
from privacy import identity
from services.models import Mall

SHOWN, WAITING = 50, 20
REFRESH_S = 5
MINE = "demo_messages_to"  # in the session: whose messages are looked at
_OURS = re.compile(r"mpp-(\d+)-(\d+)")  # the portal's references: the row and when it was made
CHANNELS = {
    "email": gettext_lazy("surel"),
    "sms": gettext_lazy("SMS"),
    "whatsapp": gettext_lazy("WhatsApp"),
    "push": gettext_lazy("notifikasi di peramban"),
}
# The page in the frame is somebody else's: no scripts, no forms, nothing from a network.
FRAMED = {
    "default-src": [NONE],
    "img-src": ["data:"],
    "style-src": ["'unsafe-inline'"],
    "base-uri": [NONE],
    "form-action": [NONE],
    "frame-ancestors": [SELF],
    "sandbox": ["allow-popups", "allow-popups-to-escape-sandbox"],
}
View = Callable[..., HttpResponse]


def in_demo(view: View) -> View:
    """The page is there only in the demo."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if settings.PRODUCTION or not settings.CATCHES_MESSAGES:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@require_safe
@in_demo
@never_cache
def inbox(request: HttpRequest) -> HttpResponse:
    """The newest messages, and those that wait; the page comes again by itself."""
    mine = request.session.get(MINE, "")
    found = [one for one in store.newest(_place()) if mine in one.to]
    mall, at = _mall(), timezone.now()
    page = {
        "mall": mall,
        "mine": mine,
        "caught": _told(islice(found, SHOWN), mine, mall, at),
        "more": max(0, len(found) - SHOWN),
        "waiting": _waiting(mine, mall, at),
        "refresh_s": REFRESH_S,
    }
    return render(request, "demo_messages/inbox.html", page)


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@in_demo
@never_cache
def whose(request: HttpRequest) -> HttpResponse:
    """Choose whose messages are shown: all, or those to one address, which stays in the session."""
    if request.method == "POST":
        request.session[MINE] = _one_shape(request.POST.get("alamat", ""))
        return redirect("demo_messages:inbox")
    page = {"mall": _mall(), "mine": request.session.get(MINE, "")}
    return render(request, "demo_messages/whose.html", page)


@require_POST
@in_demo
@never_cache
def send_now(request: HttpRequest, message_id: int) -> HttpResponse:
    """Do not wait for a reminder's time."""
    rules.send_now(pk=message_id, at=timezone.now())
    return redirect("demo_messages:inbox")


@require_safe
@in_demo
@never_cache
def message(request: HttpRequest, caught: str) -> HttpResponse:
    """One message: its words with links that work, and the page that a mail program shows."""
    one = _the(caught)
    mall = _mall()
    (told,) = _told([one], request.session.get(MINE, ""), mall, timezone.now())
    page = {"mall": mall, "one": one, "told": told}
    return render(request, "demo_messages/message.html", page)


@require_safe
@in_demo
@never_cache
@xframe_options_sameorigin
@csp(FRAMED)
def framed(request: HttpRequest, caught: str) -> HttpResponse:
    """The HTML part alone, for the frame; its links open in a window of their own."""
    if not (html := _the(caught).html):
        raise Http404
    return HttpResponse(f'<!doctype html><base target="_blank">{html}')


def _place() -> Path:
    return settings.DATA_DIR / store.FOLDER


def _mall() -> Mall | None:
    """Whose colours the pages wear."""
    return Mall.objects.filter(slug=SLUG, rehearsal=True).first()


def _the(name: str) -> store.Caught:
    if one := store.one(_place(), name):
        return one
    raise Http404


def _one_shape(typed: str) -> str:
    """An address or number, or a part of one, as messages carry it."""
    typed = typed.strip().lower()[:254]
    try:
        return identity.normalise_phone(typed)
    except identity.BadPhone:
        return typed


def _told(
    caught: Iterable[store.Caught], mine: str, mall: Mall | None, at: dt.datetime
) -> list[dict[str, Any]]:
    """Messages as the pages show them; what they are about is asked of the outbox at once."""
    caught = list(caught)
    ours = {one.name: found.groups() for one in caught if (found := _OURS.match(one.reference))}
    rows = Message.objects.filter(pk__in=[pk for pk, _made in ours.values()])
    kinds = {
        (str(pk), str(int(made.timestamp()))): Message.Kind(kind).label
        for pk, made, kind in rows.values_list("pk", "created_at", "kind")
    }
    return [
        {
            "name": one.name,
            "subject": one.subject or _first_words(one.text),
            "is_mail": one.channel == "email",
            "kind": kinds.get(ours.get(one.name), ""),
            "way": _way(one.channel, one.to, mine),
            "when": _when(one.moment, mall, at),
        }
        for one in caught
    ]


def _waiting(mine: str, mall: Mall | None, at: dt.datetime) -> list[dict[str, Any]]:
    """The next messages of visitors that wait for their time."""
    due = Message.objects.filter(
        state=Message.State.DUE, rehearsal=False, erased_at=None, send_after__gt=at
    )
    rows = [row for row in due.defer("routes").order_by("send_after", "pk") if mine in row.address]
    return [
        {
            "pk": row.pk,
            "kind": row.get_kind_display(),
            "way": _way(row.channel, row.address, mine),
            "when": _when(row.send_after, mall, at),
        }
        for row in rows[:WAITING]
    ]


def _way(channel: str, address: str, mine: str) -> str:
    """By which channel to whom; only one's own address is readable."""
    if channel == "push":
        return str(CHANNELS["push"])
    to = address if address == mine else masked(address)
    return _("%(channel)s ke %(to)s") % {"channel": CHANNELS.get(channel, channel), "to": to}


def _when(moment: dt.datetime, mall: Mall | None, at: dt.datetime) -> str:
    """The time of day in the mall's zone, with its date unless that is today."""
    zone = mall.zone if mall else timezone.get_current_timezone()
    local = moment.astimezone(zone)
    time = f"{local:%H:%M}" if get_language() == "en" else f"{local:%H.%M}"
    if local.date() == at.astimezone(zone).date():
        return time
    return f"{format_date(local, 'j F')}, {time}"


def _first_words(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 90 else f"{words[:88].rpartition(' ')[0]} …"
