"""Why something about messages may not be done, in words that say what to do next."""

from typing import Any

from django.utils.translation import gettext_lazy as _

MESSAGES = {
    "text": _("Ada yang perlu diperbaiki di teks ini."),
    "unreachable": _("Tulis alamat yang bisa dijangkau saluran ini."),
    "tried_enough": _("Sudah banyak uji coba dalam satu jam ini. Coba lagi nanti."),
}


class Refusal(Exception):
    """Something that may not be done; `fields` holds the sentences of single fields."""

    def __init__(self, code: str, *, fields: dict[str, Any] | None = None) -> None:
        super().__init__(code)
        self.code, self.message, self.status = code, MESSAGES[code], 422
        self.fields = fields or {}
