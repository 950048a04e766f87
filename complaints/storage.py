"""Private storage: files that people attached, reached only through a case, never by an address.

A file is there whole or not at all, by a name that tells nothing. It lies there before its row is
written; where the row never comes, `sweep` takes the file.
"""

import datetime as dt
import errno
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from django.conf import settings

from complaints.models import Attachment

SWEPT_AFTER = dt.timedelta(days=1)
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}  # how a disk says that there is no room


def path_of(stored_as: UUID) -> Path:
    """Where a file lies, or would."""
    name = stored_as.hex
    return _files() / name[:2] / name[2:4] / name


def discard(stored: Iterable[UUID]) -> None:
    """Delete files; one that is gone already is none."""
    for stored_as in stored:
        path_of(stored_as).unlink(missing_ok=True)


def sweep(at: dt.datetime) -> int:
    """Delete files without a row that is a day old or older, and what was never finished."""
    before, swept = (at - SWEPT_AFTER).timestamp(), 0
    lying = (Path(folder, name) for folder, _, names in os.walk(_files()) for name in names)
    old = (path for path in lying if _older(path, before))
    while some := list(islice(old, 1000)):
        named = {one for path in some if (one := _uuid(path.name))}
        kept = Attachment.objects.filter(stored_as__in=named, erased_at=None)
        known = {one.hex for one in kept.values_list("stored_as", flat=True)}
        for path in some:
            if path.name not in known:
                path.unlink(missing_ok=True)
                swept += 1
    return swept


def incoming() -> Any:
    """A file without a name for what is still arriving: gone with the process that reads it."""
    return tempfile.TemporaryFile(dir=_private_root())


def _private_root() -> Path:
    root = Path(settings.PRIVATE_ROOT)
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    return root


def _files() -> Path:
    return Path(settings.PRIVATE_ROOT) / "attachments"


def _older(path: Path, before: float) -> bool:
    try:
        return path.stat().st_mtime < before
    except FileNotFoundError:
        return False


def _uuid(name: str) -> UUID | None:
    try:
        return UUID(hex=name)
    except ValueError:
        return None


@contextmanager
def laid_down(stored_as: UUID) -> Iterator[IO[bytes]]:
    """A file to write into, which is there whole afterwards or not at all."""
    path = path_of(stored_as)
    _private_root()  # what is below it is private by that
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    try:
        with open(unfinished, "xb+", opener=_privately) as target:
            yield target
            target.flush()
            os.fsync(target.fileno())
        unfinished.rename(path)
        for folder in (path.parent, path.parent.parent, _files()):
            _sync(folder)
    finally:
        unfinished.unlink(missing_ok=True)


def _privately(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
