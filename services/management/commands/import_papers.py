"""Load a file of papers into a mall, or say which cells are wrong."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from services.models import Mall
from services.paper_file import import_papers


class Command(BaseCommand):
    help = "Load the papers that a mall's services ask for from a CSV file: every row, or none."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--mall", required=True, help="the mall's slug")
        parser.add_argument("--dry-run", action="store_true", help="check, count, write nothing")

    def handle(self, *args: Any, file: Path, mall: str, dry_run: bool, **options: Any) -> None:
        try:
            data, place = file.read_bytes(), Mall.objects.get(slug=mall)
        except OSError as error:
            raise CommandError(_("Berkas tidak dapat dibaca: %s") % file) from error
        except Mall.DoesNotExist as error:
            raise CommandError(_("Tidak ada mal dengan alamat “%s”.") % mall) from error
        result = import_papers(mall=place, data=data, dry_run=dry_run)
        for error in result.errors:
            self.stderr.write(
                _("Baris %(row)d, kolom %(column)s: %(message)s")
                % {"row": error.row, "column": error.column or "-", "message": error.message}
            )
        if result.errors:
            raise CommandError(_("Tidak ada yang dimuat. Perbaiki berkas lalu coba lagi."))
        self.stdout.write(
            _("%(created)d baru, %(updated)d diperbarui, %(unchanged)d tetap.")
            % {
                "created": result.created,
                "updated": result.updated,
                "unchanged": result.unchanged,
            }
        )
