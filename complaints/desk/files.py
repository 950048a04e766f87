"""Files of a case for who handles it."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe

from complaints import files
from complaints.desk.acts import is_desk
from complaints.file_views import sent
from complaints.models import Case


def urls(model_admin: Any) -> list[URLPattern]:
    @require_safe
    def file(request: HttpRequest, pk: int, stored_as: UUID) -> HttpResponseBase:
        """A file of a case the person's office covers; its name can tell who reported."""
        case = Case.objects.visible_to(request.user).select_related("mall").filter(pk=pk).first()
        if case is None:
            raise Http404
        found = case.attachments.all()
        hidden = case.anonymous and not is_desk(request.user, case)
        kind = found.filter(stored_as=stored_as).values_list("kind", flat=True).first()
        name = files.clean_name("", kind) if hidden and kind else ""
        return sent(found, stored_as, name=name)

    return [
        path(
            "<int:pk>/lampiran/<uuid:stored_as>/",
            model_admin.admin_site.admin_view(file),
            name="complaints_case_file",
        )
    ]
