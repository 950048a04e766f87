"""Files that come with an event: their rows, written in the transaction of the event itself.

The files were checked and lie in private storage before the rule begins (`complaints/files.py`);
those whose rows never come are swept away.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from complaints.models import Attachment, CaseEvent
from complaints.refusals import Refusal

MOST_OF_A_CASE = 30_000_000  # bytes
MOST_FILES_OF_A_CASE = 20


@dataclass(frozen=True)
class Received:
    """A file that was checked and lies in storage: its name as shown, media type, size in bytes."""

    stored_as: UUID
    name: str
    kind: str
    size: int
    sha256: bytes


def attach(event: CaseEvent, files: Sequence[Received]) -> None:
    """Let files belong to an event of a locked case; refuses attachments_too_many, _too_large."""
    if not files:
        return
    held = Attachment.objects.filter(case_id=event.case_id, erased_at=None)
    sizes = list(held.values_list("size", flat=True))
    if len(sizes) + len(files) > MOST_FILES_OF_A_CASE:
        raise Refusal("attachments_too_many", limit=MOST_FILES_OF_A_CASE)
    if sum(sizes) + sum(file.size for file in files) > MOST_OF_A_CASE:
        raise Refusal("attachments_too_large", limit=MOST_OF_A_CASE // 1_000_000)
    Attachment.objects.bulk_create(
        Attachment(case_id=event.case_id, event=event, **vars(file)) for file in files
    )
