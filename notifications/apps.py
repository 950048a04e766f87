"""Floor 0: the outbox of messages to citizens."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = _("Pesan")

    def ready(self) -> None:
        import_module("notifications.retention")
        import_module("notifications.text_checks")
