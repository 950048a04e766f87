"""The first part of a mall's addresses; the portal's own first parts never fit it."""

from django.urls import register_converter

from services.models import RESERVED_SLUGS


class MallSlug:
    """A mall's slug in an address."""

    regex = r"(?!(?:" + "|".join(sorted(RESERVED_SLUGS)) + r")(?:/|$))[-a-zA-Z0-9_]+"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(MallSlug, "mall")
