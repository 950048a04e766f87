"""Floor 4 as a Django app: its checks and its management commands."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MppPortalConfig(AppConfig):
    name = "mpp_portal"
    verbose_name = _("Portal")

    def ready(self) -> None:
        import_module("mpp_portal.checks")
