"""Who stands before a page of the desk: of which mall, and with which case."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest

from complaints.models import Case
from services import permissions
from services.models import Mall


def desk_malls(request: HttpRequest) -> list[Mall]:
    """The malls whose desk the person is, by name; refused to everybody else."""
    malls = permissions.active_malls_for(request.user, permissions.HANDLE_ALL_CASES)
    if not malls:
        raise PermissionDenied
    return malls


def desk_mall(request: HttpRequest) -> Mall:
    """The mall named by `mal`, else the person's own or the first; another desk's is not there."""
    malls = desk_malls(request)
    slug = request.POST.get("mal") or request.GET.get("mal")
    own = permissions.first_mall_id(request.user)
    usual = next((mall for mall in malls if mall.pk == own), malls[0])
    mall = next((mall for mall in malls if mall.slug == slug), None) if slug else usual
    if mall is None:
        raise Http404
    return mall


def desk_case(model_admin: Any, request: HttpRequest, pk: int) -> Case:
    """The case, for the desk of its mall alone: there for who may see it, else not there."""
    case = model_admin.seen(request, str(pk))
    if not permissions.can(request.user, permissions.HANDLE_ALL_CASES, mall=case.mall):
        raise PermissionDenied
    return case
