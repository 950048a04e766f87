"""The clips of the hall's voice: the mall's own recording where there is one, else the robot."""

from collections.abc import Callable

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_cache_control
from django.views.decorators.http import require_safe

from queueing import kiosk, speech, voice
from queueing.models import VoiceClip
from services.models import Mall
from services.views import in_mall

ROBOT = "robot"  # in the query of a clip: this one, even where a recording replaces it
WAV = "audio/wav"
_YEAR_S = 365 * 24 * 3600
_AGAIN_S = "60"


@require_safe
@in_mall
def clip(request: HttpRequest, mall: Mall, word: str) -> HttpResponse:
    """A word of the calls."""
    if word not in voice.WORDS:
        raise Http404
    recorded = None
    if ROBOT not in request.GET:
        recorded = VoiceClip.objects.filter(mall=mall, key=word).first()
    if recorded:
        made = voice.recording_version(recorded.recorded_at)
        return _sound(request, made, recorded.content_type, lambda: bytes(recorded.audio))
    return _sound(request, voice.version(word), WAV, lambda: voice.sound(word))


@require_safe
@in_mall
def sentence(request: HttpRequest, mall: Mall, language: str, phrase: str) -> HttpResponse:
    """A sentence of the kiosk's spoken help."""
    if phrase not in kiosk.SPOKEN or language not in dict(settings.LANGUAGES):
        raise Http404
    text = voice.sentence(phrase, language)
    return _sound(request, speech.version(text, language), WAV, lambda: speech.say(text, language))


def _sound(
    request: HttpRequest, version: str, content_type: str, make: Callable[[], bytes]
) -> HttpResponse:
    """The clip, kept for a year under the address that names its version; 503 where it is silent.

    A silent robot is no error of the page: who plays the clip skips it.
    """
    etag = f'"{version}"'
    response = get_conditional_response(request, etag)
    if response is None:
        try:
            response = HttpResponse(make(), content_type=content_type, headers={"ETag": etag})
        except speech.Silent:
            headers = {"Retry-After": _AGAIN_S, "Cache-Control": "no-store"}
            return HttpResponse(status=503, content_type="text/plain", headers=headers)
    if request.GET.get("v") == version:
        patch_cache_control(response, public=True, max_age=_YEAR_S, immutable=True)
    else:
        patch_cache_control(response, public=True, no_cache=True)
    return response
