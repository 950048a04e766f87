"""The page before a change that affects people: who moves where, what they hear, one confirm."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from queueing.rules.displacing import Rearranged

SHOWN = 15  # rows that stand open; the others are folded
STAY = "_back"
CHANNELS = {"email": _("lewat surel"), "console": _("lewat layar latihan")}


class NotYet(Exception):
    """A change that was run, but not confirmed as it came out: it is taken back and shown first."""

    def __init__(self, done: Rearranged) -> None:
        super().__init__("preview")
        self.done = done


def must_be_confirmed(request: HttpRequest, done: Rearranged, *, always: bool = False) -> None:
    """Let pass what nobody feels, or what was confirmed exactly so; else raise `NotYet`.

    A confirmed plan that would move nobody any more is asked anew: it may have been pressed twice.
    """
    seen = request.POST.get("plan")
    if seen != done.fingerprint and (seen is not None or done.affects or always):
        raise NotYet(done)


def page(
    request: HttpRequest, done: Rearranged, *, title: Any, back: str = "", go: Any = ""
) -> HttpResponse:
    """The preview. Nothing is saved: the form travels in hidden fields and is sent again.

    `back` is the address to return to; without one the form itself comes back as it was filled.
    """
    first: dict[str, Any] = {}
    for told in done.messages:
        first.setdefault(told.language, told)
    channels: dict[str, int] = {}
    for told in done.messages:
        channels[told.channel] = channels.get(told.channel, 0) + 1
    context = {
        **admin.site.each_context(request),
        "title": title,
        "done": done,
        "shown": done.displaced[:SHOWN],
        "folded": done.displaced[SHOWN:],
        "samples": [first[language] for language in ("id", "en") if language in first],
        "channels": [(CHANNELS.get(name, name), n) for name, n in channels.items()],
        "hidden": list(_sent(request)),
        "again": "plan" in request.POST,
        "back": back,
        "stay": STAY,
        "go": go or _go(done),
    }
    return render(request, "queueing/desk/preview.html", context)


def report(request: HttpRequest, done: Rearranged) -> None:
    """Say on the next page who was moved, and whom nobody has told."""
    if done.displaced:
        text = ngettext(
            "%(count)d nomor dipindahkan.", "%(count)d nomor dipindahkan.", len(done.displaced)
        )
        messages.success(request, text % {"count": len(done.displaced)})
    if done.unreached:
        names = ", ".join(f"{one.new.label} ({one.first_name})" for one in done.unreached)
        text = _("Tanpa kontak, beri tahu sendiri: %(names)s.")
        messages.warning(request, text % {"names": names})
    if done.present:
        text = _("Masih di aula, beri tahu sendiri: %(labels)s.")
        messages.warning(request, text % {"labels": ", ".join(done.present)})


def _go(done: Rearranged) -> str:
    people = len(done.displaced)
    if not people:
        return str(_("Terapkan"))
    text = ngettext("Terapkan untuk %(count)d nomor", "Terapkan untuk %(count)d nomor", people)
    return text % {"count": people}


def _sent(request: HttpRequest) -> Iterator[tuple[str, str]]:
    for name, values in request.POST.lists():
        if name not in {"csrfmiddlewaretoken", "plan", STAY}:
            yield from ((name, value) for value in values)
