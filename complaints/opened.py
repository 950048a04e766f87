"""A case that number and PIN have opened stays open in this browser for a while: by a cookie.

The cookie holds a pass for that one case and goes to that case's addresses only.
"""

import datetime as dt
from collections.abc import Callable, Sequence

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from complaints import rules
from complaints.models import Case
from complaints.rules import Received
from complaints.rules.filing import words
from complaints.workflow import Step

_RULES: dict[Step, Callable[..., Case]] = {
    Step.COMPLETED: rules.complete,
    Step.ADDED: rules.add,
    Step.OBJECTED: rules.object_to,
    Step.REOPENED: rules.reopen,
}
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


def say(
    case: Case, step: Step, text: str, *, at: dt.datetime, files: Sequence[Received] = ()
) -> Case:
    """Let the reporter of an opened case say something; the same words sent twice count once."""
    if not files and text.strip():
        last = case.events.filter(visible_to_reporter=True).order_by("-pk").first()
        if last is not None and (last.kind, last.note) == (step, words(text)):
            return case
    return _RULES[step](case=case, text=text, files=files, at=at)


def _path(number: str) -> str:
    return reverse("complaints:case", args=[number])
