"""The answers on their way: they stay on the person's own device until the last one is given.

A signed cookie, for this survey's addresses alone and for an hour, holds a secret of its own and
one sign per answer; so pages can be opened again, in the other language too, and nothing half said
is kept here. With the secret the device may add to its answer later the same day.
"""

import secrets
from dataclasses import dataclass, field, replace

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from surveys.elements import CODES

NAME, KEPT_S = "penilaian", 3600


@dataclass(frozen=True)
class Draft:
    """The device's secret, and the answers given so far: 1 to 4, None where skipped."""

    key: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    marks: tuple[int | None, ...] = ()

    def with_mark(self, place: int, mark: int | None) -> "Draft":
        """The draft with the answer to the question at `place` (from 0), which was reached."""
        return replace(self, marks=(*self.marks[:place], mark, *self.marks[place + 1 :]))

    @property
    def answers(self) -> dict[str, int | None]:
        """The nine by code."""
        return dict(zip(CODES, self.marks, strict=False))

    @property
    def integrity(self) -> tuple[int | None, ...]:
        """The answers to the operator's own questions, which come after the nine."""
        return self.marks[len(CODES) :]


def read(request: HttpRequest, token: str) -> Draft:
    """The device's draft; a new one where there is none, or none of ours."""
    kept = request.get_signed_cookie(NAME, default="", salt=token, max_age=KEPT_S) or ""
    key, _dot, signs = kept.partition(".")
    if not key or set(signs) - set("01234"):
        return Draft()
    return Draft(key, tuple(int(sign) or None for sign in signs))


def write(response: HttpResponse, token: str, draft: Draft) -> None:
    """Give the draft to the device."""
    response.set_signed_cookie(
        NAME,
        f"{draft.key}.{''.join(str(mark or 0) for mark in draft.marks)}",
        salt=token,
        max_age=KEPT_S,
        path=reverse("surveys:start", args=[token]),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
