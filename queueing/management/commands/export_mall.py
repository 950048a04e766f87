"""Write a mall's set-up into a file, or to standard output."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from queueing import setup_file
from queueing.setup_export import document_of
from services.models import Mall


class Command(BaseCommand):
    help = "Write a mall's set-up (no people, no visits) as one file for import_mall."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug")
        parser.add_argument(
            "file", type=Path, nargs="?", help="standard output where it is missing"
        )

    def handle(self, *args: Any, slug: str, file: Path | None, **options: Any) -> None:
        mall = Mall.objects.filter(slug=slug).first()
        if mall is None:
            raise CommandError(_("Tidak ada mal dengan alamat “%s”.") % slug)
        content = setup_file.dump(document_of(mall=mall, at=timezone.now()))
        if file is None:
            self.stdout.write(content.decode(), ending="")
        else:
            file.write_bytes(content)
