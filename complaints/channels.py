"""By which way a case came: the portal's own channels, and those whose names are settings."""

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

WEB, API, KIOSK = "web", "api", "kiosk"
OWN: dict[str, str | Promise] = {WEB: _("daring"), API: _("API"), KIOSK: _("kios")}
LAPOR = "lapor"  # what the bridge brings in


def entered() -> dict[str, str | Promise]:
    """The channels that the desk writes down by hand, by code."""
    return dict(settings.COMPLAINT_CHANNELS)


def channel_label(code: str) -> str:
    """A channel in words; one that is not set up any more keeps its code."""
    return str({**OWN, **entered()}.get(code, code))
