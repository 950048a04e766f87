"""Messages that are due, by one worker: `python -m bench.messages [--quick] [--json FILE]`.

Sending: `rules.send_due` until nothing is due, to an SMS gateway on loopback, against a bare loop
that makes the same requests with the same client, one after another. Claiming: a batch out of the
outbox with years of sent messages against one with none.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import django

from bench import database
from bench.figures import Figure, OutboxScale, table

JUDGED = {"messages sent", "claim, years on"}


QUICK = OutboxScale(due=3_000, sent=300_000, runs=3, claims=20)
TINY = OutboxScale(due=200, sent=2_000, runs=1, claims=3)


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


@contextmanager
def gateway() -> Iterator[str]:
    """The address of a gateway in a process of its own."""
    child = subprocess.Popen(
        [sys.executable, "-m", "bench.sink"], stdout=subprocess.PIPE, text=True
    )
    try:
        yield f"http://127.0.0.1:{int(child.stdout.readline())}/"  # type: ignore[union-attr]
    finally:
        child.kill()
        child.wait()
        child.stdout.close()  # type: ignore[union-attr]


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.messages", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--quick", action="store_true", help="less of everything")
    parser.add_argument("--tiny", action="store_true", help="only to see that it runs")
    parser.add_argument("--database", default="mpp_bench_messages", help="made and dropped here")
    arguments = parser.parse_args(words)
    scale = TINY if arguments.tiny else QUICK if arguments.quick else OutboxScale()
    found: list[Figure] = []
    broken: list[str] = []
    try:
        database.prepare_environment()
        os.environ["DATABASE_URL"] = database.create(arguments.database)
        os.environ["DJANGO_SETTINGS_MODULE"] = "mpp_portal.settings"
        django.setup()
        from django.db import connection  # noqa: PLC0415 - after the settings

        from bench import outbox  # noqa: PLC0415

        try:
            with gateway() as url:
                found = list(outbox.figures(url, scale))
        finally:
            connection.close()
            database.drop(arguments.database)
    except (database.CannotRun, OSError) as error:
        broken.append(str(error))
    say("")
    say(table(found))
    missed = [f.name for f in found if f.name in JUDGED and not f.holds and not arguments.tiny]
    for line in broken:
        say(f"broken: {line}")
    for line in missed:
        say(f"missed: {line}")
    if arguments.json:
        told = {"scale": asdict(scale), "figures": [asdict(figure) for figure in found]}
        arguments.json.write_text(json.dumps({**told, "broken": broken}))
    return 1 if broken or missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
