"""What the rules of this room answer when they say no."""

import datetime as dt
from collections.abc import Mapping

from django.utils.functional import Promise


class Refusal(Exception):
    """A rule said no; `message` is a text that a citizen may read, saying what to do next."""

    def __init__(
        self,
        code: str,
        message: str | Promise,
        *,
        status: int = 409,
        fields: Mapping[str, str | Promise] | None = None,
        next_date: dt.date | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.status = status
        self.fields = dict(fields or {})
        self.next_date = next_date
