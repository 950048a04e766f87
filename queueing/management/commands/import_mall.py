"""Read a mall's set-up from a file: all of it, or nothing and the list of problems."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from queueing import rules, setup_file


class Command(BaseCommand):
    help = "Make a mall from a file of export_mall, or bring the mall of that address to it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--slug", help="another address than the file's")
        parser.add_argument("--by", help="the account that approves the standards")
        parser.add_argument("--dry-run", action="store_true", help="check, count, write nothing")

    def handle(self, *args: Any, file: Path, dry_run: bool, **options: Any) -> None:
        try:
            document, problems = setup_file.load(file.read_bytes())
        except OSError as error:
            raise CommandError(_("Berkas tidak dapat dibaca: %s") % file) from error
        by = User.objects.filter(username=options["by"]).first() if options["by"] else None
        if options["by"] and by is None:
            raise CommandError(_("Tidak ada akun “%s”.") % options["by"])
        if not problems:
            mall = document.get("mall")
            slug = options["slug"] or (mall.get("slug", "") if isinstance(mall, dict) else "")
            result = rules.import_setup(
                document=document, slug=slug, by=by, at=timezone.now(), dry_run=dry_run
            )
            problems = result.problems
        for problem in problems:
            self.stderr.write(f"{problem.place or file.name}: {problem.message}")
        if problems:
            raise CommandError(_("Tidak ada yang dimuat. Perbaiki berkas lalu coba lagi."))
        self.stdout.write(
            _("%(created)d baru, %(updated)d diperbarui, %(unchanged)d tetap.")
            % {kind: result.count(kind) for kind in ("created", "updated", "unchanged")}
        )
