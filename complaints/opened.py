"""A case that number and PIN have opened stays open in this browser for a while: by a cookie.

The cookie holds a pass for that one case and goes to that case's addresses only.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from complaints import rules
from complaints.models import Case

COOKIE = "case_pass"


def case_of(request: HttpRequest, number: str) -> Case | None:
    """The case whose pass this browser holds; None where it holds none, or it is over."""
    token = request.COOKIES.get(COOKIE, "")
    return rules.open_with_pass(number=number, token=token) if token else None


def keep_open(response: HttpResponse, case: Case) -> HttpResponse:
    """Let the browser hold a pass for the case, from now on PASS_S seconds."""
    response.set_cookie(
        COOKIE,
        rules.pass_for(case),
        max_age=rules.PASS_S,
        path=_path(case.number),
        secure=settings.CSRF_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )
    return response


def shut(response: HttpResponse, number: str) -> HttpResponse:
    """Take the pass away, as on a phone that somebody lent."""
    if number.isascii() and number.isalnum():  # else no case, and nothing that fits into a cookie
        response.delete_cookie(COOKIE, path=_path(number), samesite="Strict")
    return response


def _path(number: str) -> str:
    return reverse("complaints:case", args=[number])
