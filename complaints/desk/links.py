"""The desk's pages beside the list of cases, as buttons above it: enter, take along, read in."""

from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from complaints.desk import bridge, entry
from complaints.uploads import takes_files
from services import permissions


class DeskLinks:
    """For the admin of cases; a liaison and an agency's head see none of it."""

    actions_list: ClassVar[list[str]] = ["enter", "export", "import_statuses"]

    def has_desk_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_staff and permissions.holds_a_mall(
            request.user, permissions.HANDLE_ALL_CASES
        )

    @takes_files
    @action(
        description=_("Catat dari saluran lain"),
        url_path="catat",
        icon="edit_note",
        permissions=["desk"],
    )
    def enter(self, request: HttpRequest) -> HttpResponse:
        return entry.enter(request, model_admin=self)

    @action(description=_("Ekspor"), url_path="ekspor", icon="download", permissions=["desk"])
    def export(self, request: HttpRequest) -> HttpResponse:
        return bridge.export(request, model_admin=self)

    @action(
        description=_("Impor status LAPOR!"), url_path="impor", icon="upload", permissions=["desk"]
    )
    def import_statuses(self, request: HttpRequest) -> HttpResponse:
        return bridge.import_statuses(request, model_admin=self)
