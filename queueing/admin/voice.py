"""The mall's voice in the admin: hear every word of the calls, record it, give it back."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from csp.constants import SELF
from csp.decorators import csp_update
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from queueing import rules, speech, voice
from queueing.models import VoiceClip
from queueing.refusals import Refusal
from queueing.rules.voice import MOST_BYTES
from queueing.views.voice import ROBOT
from services.models import Mall
from services.permissions import ARRANGE, active_malls_for

GROUPS = [
    (gettext_lazy("Bel dan kalimat"), [voice.BELL, *voice.PHRASES]),
    (gettext_lazy("Angka"), [*(f"angka-{n}" for n in range(10)), *voice.NUMBER_WORDS]),
    (gettext_lazy("Huruf"), [f"huruf-{letter.lower()}" for letter in voice.LETTERS]),
]
EXAMPLE = ("C 067", 14)
View = Callable[..., HttpResponse]


def of_the_mall(view: View) -> View:
    """Fetch the mall that this person arranges whole; without one there is no page."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        malls = active_malls_for(request.user, ARRANGE)
        if not malls:
            raise PermissionDenied
        wanted = request.POST.get("mal") or request.GET.get("mal")
        mall = next((m for m in malls if m.slug == wanted), None if wanted else malls[0])
        if mall is None:
            raise Http404
        request.voice_malls = malls
        return view(request, mall)

    return guarded


@admin.site.admin_view
@never_cache
@require_safe
@csp_update({"media-src": [SELF, "blob:"]})  # what was just recorded, before it is kept
@of_the_mall
def voice_page(request: HttpRequest, mall: Mall) -> HttpResponse:
    """Every word with its clip; recording is the page's own script, a file goes without."""
    rows = _rows(mall)
    groups = [{"name": name, "rows": [rows[key] for key in keys]} for name, keys in GROUPS]
    page = {
        **admin.site.each_context(request),
        "title": _("Suara panggilan"),
        "mall": mall,
        "malls": request.voice_malls,
        "groups": groups,
        "recorded": sum(1 for row in rows.values() if row["clip"] and row["key"] != voice.BELL),
        "total": len(rows) - 1,  # nobody speaks the bell
        "silent": speech.trouble() != "",
        "example": voice.of_call(*EXAMPLE),
        "example_text": voice.spoken(voice.of_call(*EXAMPLE)),
        "addresses": {key: row["address"] for key, row in rows.items()},
    }
    response = render(request, "queueing/desk/voice.html", page)
    response["Permissions-Policy"] = "microphone=(self)"
    return response


@admin.site.admin_view
@never_cache
@require_POST
@of_the_mall
def keep(request: HttpRequest, mall: Mall) -> HttpResponse:
    """A recording or a file for one word. The page's script gets the word's new row."""
    key, file = request.POST.get("kata", ""), request.FILES.get("berkas")
    content = file.read(MOST_BYTES + 1) if file else b""
    try:
        clip = rules.keep_clip(
            mall=mall, key=key, content=content, by=request.user, at=timezone.now()
        )
    except Refusal as refusal:
        return _no(request, mall, refusal)
    if _is_scripted(request):
        row = _rows(mall)[clip.key]
        context = {"row": row, "mall": mall}
        html = render_to_string("queueing/desk/voice_row.html", context, request)
        return JsonResponse({"row": html, "address": row["address"]})
    messages.success(request, _("Rekaman “%(word)s” dipakai mulai sekarang.") % _word(key))
    return _back(mall, key)


@admin.site.admin_view
@never_cache
@require_POST
@of_the_mall
def drop(request: HttpRequest, mall: Mall) -> HttpResponse:
    """The robot speaks the word again."""
    key = request.POST.get("kata", "")
    try:
        rules.drop_clip(mall=mall, key=key)
    except Refusal as refusal:
        return _no(request, mall, refusal)
    said = _("Rekaman “%(word)s” dihapus; suara robot dipakai lagi.")
    messages.success(request, said % _word(key))
    return _back(mall, key)


def _rows(mall: Mall) -> dict[str, dict[str, Any]]:
    """Each word as the page shows it, in one query."""
    clips = VoiceClip.objects.filter(mall=mall).defer("audio").select_related("recorded_by")
    recorded = {clip.key: clip for clip in clips}
    return {
        key: {
            "key": key,
            "word": _name(key),
            "is_spoken": key != voice.BELL,
            "address": voice.address(mall, key, getattr(recorded.get(key), "recorded_at", None)),
            "clip": recorded.get(key),
            "robot": f"{voice.address(mall, key)}&{ROBOT}=1",
        }
        for key in voice.WORDS
    }


def _name(key: str) -> str:
    """The word as it is read: the bell has no words, a letter stands before its name."""
    if key == voice.BELL:
        return _("bunyi bel")
    if key.startswith("huruf-"):
        return f"{key[-1].upper()} ({voice.WORDS[key]})"
    return voice.WORDS[key]


def _word(key: str) -> dict[str, str]:
    return {"word": _name(key)}


def _is_scripted(request: HttpRequest) -> bool:
    return request.headers.get("X-Requested-With") == "fetch"


def _no(request: HttpRequest, mall: Mall, refusal: Refusal) -> HttpResponse:
    if _is_scripted(request):
        return JsonResponse({"message": refusal.message}, status=refusal.status)
    messages.error(request, refusal.message)
    return _back(mall)


def _back(mall: Mall, key: str = "") -> HttpResponse:
    place = f"#kata-{key}" if key in voice.WORDS else ""
    return redirect(f"{reverse('desks:voice')}?mal={mall.slug}{place}")
