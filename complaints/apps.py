"""Floor 3: the complaints intake desk, and the bridge to SP4N-LAPOR!."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ComplaintsConfig(AppConfig):
    name = "complaints"
    verbose_name = _("Pengaduan")

    def ready(self) -> None:
        import_module("complaints.retention")
