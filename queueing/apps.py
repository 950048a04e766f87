"""Floor 3: queues, windows, visits, tickets, counters."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class QueueingConfig(AppConfig):
    name = "queueing"
    verbose_name = _("Antrean")

    def ready(self) -> None:
        import_module("queueing.retention")
        import_module("queueing.served")
