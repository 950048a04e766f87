"""How the files of a form arrive: each on disk as it comes, never more of it than is accepted.

Nothing here ends the request: what is wrong with a file is told by `files.receive_all`, to a page
that still has the words that were written. Only a body too large for all of it is refused before
anything is read (`mpp_portal.bodies`).
"""

import contextlib
from collections.abc import Callable
from typing import Any, TypeVar

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from complaints import files, storage

MOST_OF_A_REQUEST = files.MOST_FILES_AT_ONCE * files.MOST_OF_A_FILE + 900_000  # and the words
View = TypeVar("View", bound=Callable[..., Any])


def takes_files(view: View) -> View:
    """Mark a view as one that takes files: its requests may be large, and arrive as below."""
    view.largest_body = MOST_OF_A_REQUEST  # type: ignore[attr-defined]
    view.upload_handler = Uploads  # type: ignore[attr-defined]
    return view


class Incoming(UploadedFile):
    """A file as it came; `refused` is the code of why it did not come whole."""

    refused = ""


class Uploads(FileUploadHandler):
    """Writes each file into one without a name, which is gone with the process."""

    count = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.count += 1
        self.refused = "files_too_many" if self.count > files.MOST_FILES_AT_ONCE else ""
        self.file: Any = None
        self._write(b"")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if start + len(raw_data) > files.MOST_OF_A_FILE:
            self._give_up("file_too_large")
        self._write(raw_data)

    def file_complete(self, file_size: int) -> Incoming:
        self._write(None)
        upload = Incoming(self.file, self.file_name, self.content_type, file_size)
        upload.refused = self.refused
        return upload

    def upload_interrupted(self) -> None:
        self._give_up("file_empty")

    def _write(self, data: bytes | None) -> None:
        """Write, and with None what is still on its way to the disk."""
        if self.refused:
            return
        try:
            self.file = self.file or storage.incoming()
            if data is None:
                self.file.flush()
                self.file.seek(0)
            else:
                self.file.write(data)
        except OSError as error:
            if error.errno not in storage.FULL:
                raise
            self._give_up("no_room")

    def _give_up(self, code: str) -> None:
        self.refused = self.refused or code
        if getattr(self, "file", None) is not None:
            with contextlib.suppress(OSError):  # what it still held does not fit either
                self.file.close()
        self.file = None
