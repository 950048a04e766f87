"""Which entries of the admin's side bar a person sees; the pages themselves check again."""

from collections.abc import Callable

from django.http import HttpRequest

from mpp_portal import history
from services import permissions


def _held(permission: str) -> Callable[[HttpRequest], bool]:
    return lambda request: permissions.can(request.user, permission)


may_call = _held(permissions.CALL)
may_front_desk = _held(permissions.FRONT_DESK)
may_read_figures = _held(permissions.READ_FIGURES)
may_handle_cases = _held(permissions.HANDLE_CASES)
may_enter_surveys = _held(permissions.ENTER_SURVEYS)
may_arrange = _held(permissions.ARRANGE)
may_edit_catalogue = _held(permissions.EDIT_CATALOGUE)


def may_read_history(request: HttpRequest) -> bool:
    return history.may_read(request.user)


def may_see_devices(request: HttpRequest) -> bool:
    return may_arrange_a_mall(request) or permissions.holds_a_mall(
        request.user, permissions.FRONT_DESK
    )


def may_arrange_a_mall(request: HttpRequest) -> bool:
    return permissions.holds_a_mall(request.user, permissions.ARRANGE)


def may_set_terms(request: HttpRequest) -> bool:
    return permissions.holds_a_mall(request.user, permissions.HANDLE_ALL_CASES)


def may_word_messages(request: HttpRequest) -> bool:
    return permissions.holds_every_mall(request.user, permissions.ARRANGE)
