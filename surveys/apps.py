"""Floor 2: what citizens think of a finished visit (SKM), and the index made of it."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SurveysConfig(AppConfig):
    name = "surveys"
    verbose_name = _("Survei kepuasan")

    def ready(self) -> None:
        import_module("surveys.retention")
