"""Files of a case: looked at, photos made anew, laid down in private storage.

What a file is, its content says; the name only tells what the sender calls it. Their rows are
written with the event that they come with (`rules.attaching`).
"""

import hashlib
import os
import shutil
import subprocess
import sys
import threading
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, NamedTuple
from uuid import uuid4

from django.core.files.uploadedfile import UploadedFile
from django.db import DatabaseError

from complaints import storage
from complaints.models import Attachment
from complaints.paper import without_traces
from complaints.picture import BROKEN, NO_ROOM
from complaints.refusals import Refusal
from complaints.rules.attaching import Received

MOST_OF_A_FILE = 10_000_000  # bytes
MOST_FILES_AT_ONCE = 5
LONGEST_FILE_NAME = 100
ACCEPTED = ".jpg,.jpeg,.png,.webp,.pdf"  # for the form's file picker
PAINTER = [sys.executable, "-m", "complaints.picture"]
ROOT = Path(__file__).resolve().parent.parent
AT_ONCE, WAIT_S, PATIENCE_S = 2, 15, 20  # photos at the same time in a process, and for how long
_painters = threading.BoundedSemaphore(AT_ONCE)


class _Look(NamedTuple):
    """What a file turned out to be: its kind as stored, and which decoder reads it."""

    kind: str
    decoder: str = ""


_JPEG = Attachment.Kind.JPEG.value
_SUFFIXES = {_JPEG: ".jpg", Attachment.Kind.PDF.value: ".pdf"}
_NAMELESS = {_JPEG: "foto", Attachment.Kind.PDF.value: "dokumen"}
_HEADS = {
    b"\xff\xd8\xff": _Look(_JPEG, "JPEG"),
    b"\x89PNG\r\n\x1a\n": _Look(_JPEG, "PNG"),
    b"%PDF-": _Look(Attachment.Kind.PDF.value),
}
_ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08", b"\xd0\xcf\x11\xe0", b"{\\rtf")
_STILLS = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif"}


def receive_all(uploads: Iterable[UploadedFile]) -> list[Received]:
    """Check files as they were sent and lay them down, all of them or none.

    Refuses, with the sentence also under `files`: files_too_many, file_empty, file_too_large,
    bad_file, save_as_pdf, send_as_jpg, no_video, broken_pdf, broken_picture, picture_too_large,
    pictures_busy, no_room.
    """
    uploads = list(uploads)
    received: list[Received] = []
    try:
        if len(uploads) > MOST_FILES_AT_ONCE:
            raise _refusal("files_too_many", limit=MOST_FILES_AT_ONCE)
        for upload in uploads:
            received.append(_receive(upload))
    except Refusal:
        storage.discard(file.stored_as for file in received)
        raise
    return received


@contextmanager
def receiving(uploads: Iterable[UploadedFile]) -> Iterator[list[Received]]:
    """Files as `receive_all` lays them down, for one rule: what no event took is gone at the end.

    So who is refused, or sends the same once more, fills no disk.
    """
    received = receive_all(uploads)
    try:
        yield received
    finally:
        if stored := [file.stored_as for file in received]:
            with suppress(DatabaseError):  # nobody knows: the sweep looks later
                taken = Attachment.objects.filter(stored_as__in=stored)
                storage.discard(set(stored) - set(taken.values_list("stored_as", flat=True)))


def _receive(upload: UploadedFile) -> Received:
    """One file, checked and laid down."""
    name = str(upload.name or "")
    if code := getattr(upload, "refused", ""):  # it did not even arrive whole
        raise _refusal(code, name=clean_name(name), limit=MOST_OF_A_FILE // 1_000_000)
    if not upload.size:
        raise _refusal("file_empty", name=clean_name(name))
    if upload.size > MOST_OF_A_FILE:
        limit = MOST_OF_A_FILE // 1_000_000
        raise _refusal("file_too_large", name=clean_name(name), limit=limit)
    try:
        with _on_disk(upload) as source:
            look = _look_at(source, clean_name(name))
            stored_as = uuid4()
            with storage.laid_down(stored_as) as target:
                if look.decoder:
                    _paint(source, target, look.decoder, clean_name(name))
                else:
                    target.write(without_traces(source.read()))
                    target.flush()
                size, sha256 = _measure(target)
    except OSError as error:
        if error.errno not in storage.FULL:
            raise
        raise _refusal("no_room") from error
    return Received(stored_as, clean_name(name, look.kind), look.kind, size, sha256)


def _refusal(code: str, **context: Any) -> Refusal:
    return Refusal(code, **context).at("files")


def _look_at(source: IO[bytes], name: str) -> _Look:
    """What the content is; refuses all that is neither a photo nor a PDF. Nothing is unpacked."""
    head = source.read(16)
    look = next((look for start, look in _HEADS.items() if head.startswith(start)), None)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        look = _Look(_JPEG, "WEBP")
    if look is None:
        if head.startswith(_ARCHIVES):
            raise _refusal("save_as_pdf", name=name)
        if head[4:8] == b"ftyp":
            raise _refusal("send_as_jpg" if head[8:12] in _STILLS else "no_video", name=name)
        raise _refusal("bad_file", name=name)
    if look.kind == Attachment.Kind.PDF:
        source.seek(max(0, source.seek(0, os.SEEK_END) - 2048))
        if b"%%EOF" not in source.read():
            raise _refusal("broken_pdf", name=name)
    source.seek(0)
    return look


def clean_name(name: str, kind: str = "") -> str:
    """A name that can be shown and saved: no path, nothing invisible, the suffix of its kind."""
    name = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    name = "".join(" " if unicodedata.category(one)[0] in "CZ" else one for one in name)
    name = " ".join("".join("_" if one in '<>:"|?*%' else one for one in name).split())
    if not kind:
        return name[:LONGEST_FILE_NAME] or "?"
    suffix = _SUFFIXES[kind]
    stem, dot, last = name.rpartition(".")
    if not (dot and last.isalnum() and len(last) <= 5):
        stem = name
    return (stem.strip(". ")[: LONGEST_FILE_NAME - len(suffix)] or _NAMELESS[kind]) + suffix


def _paint(source: IO[bytes], target: IO[bytes], decoder: str, name: str) -> None:
    """Let the painter's process make the photo anew; a few at a time, each within its limits."""
    if not _painters.acquire(timeout=WAIT_S):
        raise _refusal("pictures_busy")
    try:
        done = subprocess.run(  # noqa: S603
            [*PAINTER, decoder],
            stdin=source,
            stdout=target,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
            env={},  # no keys for whoever talks a decoder into something
            timeout=PATIENCE_S,
            check=False,
        ).returncode
    except subprocess.TimeoutExpired:
        done = None
    finally:
        _painters.release()
    if done == NO_ROOM:
        raise _refusal("no_room")
    if done == BROKEN:
        raise _refusal("broken_picture", name=name)
    if done != 0:  # too many pixels, out of memory or time, or the decoder crashed
        raise _refusal("picture_too_large", name=name)


@contextmanager
def _on_disk(upload: UploadedFile) -> Iterator[IO[bytes]]:
    """The upload as a file another process can read, from its beginning."""
    file: Any = upload.file
    file.seek(0)
    try:
        file.fileno()
    except (AttributeError, OSError):
        with storage.incoming() as copy:
            shutil.copyfileobj(file, copy, 256 * 1024)
            copy.seek(0)
            yield copy
    else:
        yield file


def _measure(file: Any) -> tuple[int, bytes]:
    """Size and SHA-256 of what was written."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return size, hashlib.file_digest(file, "sha256").digest()
