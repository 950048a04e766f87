"""Who stands at a kiosk now, in two cookies of its own path: how they look at it, and their visit.

Neither stands in an address. Both are forgotten within minutes, and at once when the kiosk resets.
"""

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from queueing.refusals import Refusal

LOOK_COOKIE, GUEST_COOKIE = "kios_tampilan", "kios_tamu"
_LOOK_S = 300
_GUEST_S = 300
_SALT = "queueing.kiosk"
_LANGUAGES = {code for code, _name in settings.LANGUAGES}


@dataclass(frozen=True)
class Look:
    """The language, whether all buttons are low, whether the writing is larger."""

    language: str = settings.LANGUAGE_CODE
    low: bool = False
    large: bool = False

    @classmethod
    def of(cls, request: HttpRequest) -> "Look":
        words = request.COOKIES.get(LOOK_COOKIE, "").split(".")
        language = next((word for word in words if word in _LANGUAGES), cls.language)
        return cls(language, "rendah" in words, "besar" in words)

    def __str__(self) -> str:
        words = [self.language, "rendah" if self.low else "", "besar" if self.large else ""]
        return ".".join(filter(None, words))

    def turned(self, wish: str) -> "Look":
        """The look after one button: a language, "rendah" or "besar"; another word changes none."""
        if wish in _LANGUAGES:
            return replace(self, language=wish)
        if wish == "rendah":
            return replace(self, low=not self.low)
        return replace(self, large=not self.large) if wish == "besar" else self


@dataclass
class Guest:
    """What the person before the kiosk has chosen: `visit` is an id, `no` a refusal to be told."""

    priority: str = ""
    visit: int = 0
    present: bool = False  # the visit was not taken here: it reported present
    typed: bool = False  # by its short code: the QR of its page was not shown
    printed: bool = False  # ... and then had a paper printed here
    paperless: bool = False
    no: str = ""
    words: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, request: HttpRequest) -> "Guest":
        """From a cookie that this kiosk's pages signed; a stranger where there is none."""
        try:
            known = signing.loads(
                request.COOKIES.get(GUEST_COOKIE, ""), salt=_SALT, max_age=_GUEST_S
            )
            return cls(**known)
        except (signing.BadSignature, TypeError):  # or of a page of before an update
            return cls()

    def refused(self, refusal: Refusal) -> None:
        """Remember the no, to be told on the page that follows."""
        self.no = refusal.code
        self.words = {name: str(value) for name, value in refusal.context.items()}

    def told(self) -> Refusal | None:
        """The no that is to be told now, once."""
        if not self.no:
            return None
        refusal = Refusal(self.no, **self.words)
        self.no, self.words = "", {}
        return refusal


def keep(response: HttpResponse, guest: Guest, look: Look, *, path: str) -> None:
    """Send both back, each only where it says anything."""
    options: dict[str, Any] = {
        "path": path,
        "httponly": True,
        "samesite": "Lax",
        "secure": settings.SESSION_COOKIE_SECURE,
    }
    if guest == Guest():
        response.delete_cookie(GUEST_COOKIE, path=path, samesite="Lax")
    else:
        value = signing.dumps(asdict(guest), salt=_SALT)
        response.set_cookie(GUEST_COOKIE, value, max_age=_GUEST_S, **options)
    if look == Look():
        response.delete_cookie(LOOK_COOKIE, path=path, samesite="Lax")
    else:
        response.set_cookie(LOOK_COOKIE, str(look), max_age=_LOOK_S, **options)
