"""Print a new set-up code, as long as nobody has set the portal up."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from mpp_portal.first_run import code
from services.rules import is_empty_installation


class Command(BaseCommand):
    help = "Print the address and a new code for the first run; nothing once there is a mall."

    def handle(self, *args: Any, **options: Any) -> None:
        if is_empty_installation():
            told = {"address": f"{settings.BASE_URL}/mulai/", "code": code.issue()}
            self.stdout.write(_("Buka %(address)s dan tulis kode %(code)s") % told)
