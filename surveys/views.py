"""Pages of the survey: one question a page, one tap an answer; opening a page never acts.

Nothing a person says stands in an address: answers travel in the body and stay in the device's own
cookie until the last (`draft.py`), and no page is kept by a browser.
"""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from surveys import draft as drafts
from surveys import figures, rules
from surveys.draft import Draft
from surveys.elements import AGREEMENT, QUESTIONNAIRE
from surveys.forms import ProfileForm, TextForm
from surveys.models import Invitation
from surveys.refusals import Refusal

View = Callable[..., HttpResponse]
SKIP = "lewati"
METHODS = ["GET", "HEAD", "POST"]


def invited(view: View) -> View:
    """Give the view the invitation of its address and the device's draft.

    A link that is spent or too old gets a page of its own that says so.
    """

    @wraps(view)
    def with_invitation(request: HttpRequest, token: str, **kwargs: int) -> HttpResponse:
        draft = drafts.read(request, token)
        invitation = rules.find(token=token)
        try:
            rules.check_open(invitation, timezone.now(), draft.key)
        except Refusal as refusal:
            return _page(request, "closed", invitation, refusal.status, refusal=refusal)
        return view(request, invitation, draft, **kwargs)

    return with_invitation


def answered(view: View) -> View:
    """The pages after the nine: only for the device that answered."""

    @wraps(view)
    def when_answered(request: HttpRequest, invitation: Invitation, draft: Draft) -> HttpResponse:
        if invitation.answered_on is None:
            return redirect("surveys:start", invitation.token)
        return view(request, invitation, draft)

    return when_answered


@require_http_methods(METHODS)
@never_cache
@invited
def question(
    request: HttpRequest, invitation: Invitation, draft: Draft, number: int = 1
) -> HttpResponse:
    """One question; a tap on an answer keeps it and shows the next."""
    if invitation.answered_on is not None:
        return redirect("surveys:done", invitation.token)
    total = len(QUESTIONNAIRE) + len(settings.SURVEY_INTEGRITY_QUESTIONS)
    if not 1 <= number <= total:
        raise Http404
    if number > len(draft.marks) + 1:  # not reached, or the device forgot what it held
        return redirect("surveys:question", invitation.token, len(draft.marks) + 1)
    if request.method != "POST":
        return _question_page(request, invitation, draft, number, total)
    try:
        draft = draft.with_mark(number - 1, _mark(request.POST.get("nilai", "")))
        if len(draft.marks) >= total and number == total:
            rules.answer(
                token=invitation.token or "",
                answers=draft.answers,
                integrity=draft.integrity,
                at=timezone.now(),
                request_key=draft.key,
            )
            response = redirect("surveys:profile", invitation.token)
        else:
            response = redirect("surveys:question", invitation.token, number + 1)
    except Refusal as refusal:
        if refusal.code not in {"bad_answer", "nothing_answered"}:
            raise
        response = _question_page(request, invitation, draft, number, total, refusal)
    drafts.write(response, invitation.token or "", draft)
    return response


@require_http_methods(METHODS)
@never_cache
@sensitive_post_parameters()
@invited
@answered
def profile(request: HttpRequest, invitation: Invitation, draft: Draft) -> HttpResponse:
    """The optional data of the respondent, on one page."""
    form = ProfileForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        rules.add_profile(request_key=draft.key, profile=form.cleaned_data)
        return redirect("surveys:words", invitation.token)
    return _page(request, "profile", invitation, 422 if form.errors else 200, form=form)


@require_http_methods(METHODS)
@never_cache
@sensitive_post_parameters()
@invited
@answered
def words(request: HttpRequest, invitation: Invitation, draft: Draft) -> HttpResponse:
    """The optional words; they may also go on to the complaint form, in the body of a POST."""
    form = TextForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            rules.add_text(request_key=draft.key, text=form.cleaned_data["text"])
        except Refusal as refusal:
            if not refusal.fields:
                raise
            form.add_error("text", refusal.message)
        else:
            return redirect("surveys:done", invitation.token)
    return _page(request, "words", invitation, 422 if form.errors else 200, form=form)


@require_safe
@never_cache
@invited
@answered
def done(request: HttpRequest, invitation: Invitation, draft: Draft) -> HttpResponse:
    """Thanks, and what all say together where they are enough."""
    today = invitation.mall.date_at(timezone.now())
    average = figures.average_of(invitation.agency, today=today)
    return _page(
        request,
        "done",
        invitation,
        average=average,
        quarter=figures.Quarter.of_week(invitation.answered_on or today),
        least=figures.LEAST,
    )


def _question_page(
    request: HttpRequest,
    invitation: Invitation,
    draft: Draft,
    number: int,
    total: int,
    refusal: Refusal | None = None,
) -> HttpResponse:
    given = draft.marks[number - 1] if number <= len(draft.marks) else None
    own = number - len(QUESTIONNAIRE)  # of the operator's questions, from 1
    element = QUESTIONNAIRE[number - 1] if own < 1 else None
    answers = element.answers if element else AGREEMENT
    return _page(
        request,
        "question",
        invitation,
        refusal.status if refusal else 200,
        refusal=refusal,
        element=element,
        asked=element.question if element else settings.SURVEY_INTEGRITY_QUESTIONS[own - 1],
        answers=[(mark, said, mark == given) for mark, said in enumerate(answers, 1)],
        number=number,
        total=total,
        places=range(1, total + 1),
        today=invitation.mall.date_at(timezone.now()),
    )


def _mark(said: str) -> int | None:
    if said == SKIP:
        return None
    if said not in {"1", "2", "3", "4"}:
        raise Refusal("bad_answer")
    return int(said)


def _page(
    request: HttpRequest, name: str, invitation: Invitation, status: int = 200, **context: object
) -> HttpResponse:
    context |= {"mall": invitation.mall, "invitation": invitation}
    return render(request, f"surveys/{name}.html", context, status=status)
