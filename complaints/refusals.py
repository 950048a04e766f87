"""Every no of the complaints desk: its code, the sentence a citizen may read, its HTTP status."""

from typing import Any

from django.utils.translation import gettext_lazy as _

_TEXTS: dict[str, tuple[Any, int]] = {
    "text_missing": (_("Ceritakan apa yang terjadi."), 422),
}


class Refusal(Exception):
    """A rule says no. `code` for programs, `message` for people, `status` for HTTP."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
        self.message, self.status = _TEXTS[code]
        self.fields: dict[str, str] = {}
