"""Floor 4 as a Django app: its checks and its management commands."""

from importlib import import_module

from auditlog.apps import AuditlogConfig
from django.apps import AppConfig, apps
from django.utils.translation import gettext_lazy as _


class HistoryConfig(AuditlogConfig):
    """The app that writes changes down, by a name of the house."""

    verbose_name = _("Riwayat")


class MppPortalConfig(AppConfig):
    name = "mpp_portal"
    default = True
    verbose_name = _("Portal")

    def ready(self) -> None:
        # What packages bring and no page loads is not gathered: minutes on a slow machine.
        gathered = apps.get_app_config("staticfiles")
        unused = ["bootstrap-*", "bootstrap.css*", "*.rtl.*", "redoc*"]
        gathered.ignore_patterns = [*gathered.ignore_patterns, *unused]  # type: ignore[attr-defined]
        import_module("mpp_portal.checks")
        import_module("mpp_portal.neighbours")
        import_module("mpp_portal.retention")
        import_module("mpp_portal.history").start()
