"""Measure the portal: `python -m bench [--quick] [--only NAME] [--rows N] [--json FILE]`.

Figures are reported, not judged: the exit code is 0 unless something broke.
"""

import argparse
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import django

from bench import database
from bench.figures import QUICK, TINY, Figure, Scale, as_json, table

FAULTS = (database.CannotRun, OSError, ValueError, KeyError, subprocess.SubprocessError)
NOT_FOR_CITIZENS = ["admin", "unfold", "import_export", "ninja", "django_htmx", "modeltranslation"]
NAMES = ["rule", "post", "rush", "seats", "pages", "call", "growth"]


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def read_arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--quick", action="store_true", help="less of everything: 2 minutes")
    parser.add_argument("--tiny", action="store_true", help="only to see that it runs")
    parser.add_argument("--only", choices=NAMES, action="append", help="may be given repeatedly")
    parser.add_argument("--rows", type=int, help="finished tickets of `growth` (5,000,000)")
    parser.add_argument("--database", default="mpp_bench", help="made and dropped by the run")
    return parser.parse_args(words)


def scale_of(arguments: argparse.Namespace) -> Scale:
    scale = TINY if arguments.tiny else QUICK if arguments.quick else Scale()
    return replace(scale, rows=arguments.rows) if arguments.rows else scale


def main(words: list[str]) -> int:
    arguments = read_arguments(words)
    scale = scale_of(arguments)
    name = arguments.database
    figures: list[Figure] = []
    broken: list[str] = []
    try:
        database.prepare_environment()
        os.environ["DATABASE_URL"] = database.create(name)
        try:
            figures, broken = measure(name, scale, arguments.only or NAMES)
        finally:
            for part in ("pages", "call", "small", "middle", "large"):
                database.drop(f"{name}_{part}")
            database.drop(name)
    except database.CannotRun as error:
        broken.append(str(error))
    say("")
    say(table(figures))
    for line in broken:
        say(f"broken: {line}")
    if arguments.json:
        arguments.json.write_text(json.dumps({**as_json(figures, scale), "broken": broken}))
    return 1 if broken else 0


def measure(name: str, scale: Scale, wanted: list[str]) -> tuple[list[Figure], list[str]]:
    """Prepare the hall in its fresh database and take the measures that are wanted."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "mpp_portal.settings"
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415 - after the settings
    from django.db import connection  # noqa: PLC0415

    from bench import hall, measures  # noqa: PLC0415

    say("Preparing the hall ...")
    call_command("migrate", verbosity=0, interactive=False)
    if "pages" in wanted:
        call_command(
            "collectstatic", verbosity=0, interactive=False, ignore_patterns=NOT_FOR_CITIZENS
        )
    hall.build(waiting=scale.waiting, counters=scale.counters)
    run = measures.Run(name, hall.read(), scale)
    connection.close()  # a database that somebody is connected to cannot be copied
    figures: list[Figure] = []
    broken: list[str] = []
    with run.servers:
        for what in NAMES:
            if what not in wanted:
                continue
            say(f"Measuring: {what} ...")
            try:
                for figure in measures.MEASURES[what](run):
                    say("  " + table([figure]).splitlines()[-1])
                    figures.append(figure)
            except FAULTS as error:
                broken.append(f"{what}: {type(error).__name__}: {error}")
    return figures, broken


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
