"""Files of a case for who holds its pass: those of the events that the reporter sees."""

from typing import Any
from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from complaints import storage
from complaints.models import Attachment
from complaints.opened import case_of
from complaints.refusals import Refusal


@require_safe
def file(request: HttpRequest, number: str, stored_as: UUID) -> HttpResponseBase:
    """A file of the opened case; all that cannot be had is not there."""
    case = case_of(request, number)
    if case is None:
        raise Http404
    return sent(case.attachments.filter(event__visible_to_reporter=True), stored_as)


def sent(attachments: Any, stored_as: UUID, *, name: str = "") -> HttpResponseBase:
    """One of these files, to be saved and never opened as a page; refuses file_missing."""
    attachment: Attachment | None = attachments.filter(stored_as=stored_as, erased_at=None).first()
    if attachment is None:
        raise Http404
    try:
        content = storage.path_of(stored_as).open("rb")
    except FileNotFoundError as error:
        raise Refusal("file_missing") from error
    response = FileResponse(
        content,
        as_attachment=True,
        filename=name or attachment.name,
        content_type=attachment.kind,
    )
    response.block_size = 256 * 1024
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    return response
