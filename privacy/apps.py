"""Floor -1: personal data kept safe."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PrivacyConfig(AppConfig):
    name = "privacy"
    verbose_name = _("Privasi")

    def ready(self) -> None:
        import_module("privacy.retention")
