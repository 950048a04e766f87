"""Pages of the complaints desk for citizens: file a case, follow it, answer, object, take it back.

Nothing here puts a PIN, a contact or a story into an address: number and PIN come back as the
answer to the POST itself, and no answer is kept by a browser. What opens a case is its pass
(`opened.py`); where that is over, the PIN is asked and what was typed is still there.
"""

import datetime as dt
import secrets
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from complaints import limits, opened, rules
from complaints.channels import WEB
from complaints.codes import read_number
from complaints.deadlines import first_answer
from complaints.files import ACCEPTED, receiving
from complaints.forms import CaseForm, LookUpForm
from complaints.models import Case
from complaints.progress import RATINGS, Progress
from complaints.promises import promise_text
from complaints.refusals import Refusal
from complaints.rules import Filed
from complaints.rules.filing import words
from complaints.similar import similar
from services.models import Mall, ServiceType
from services.views import in_mall, mall_of_address

LONGEST_NUMBER = 20
WITH_WORDS = {"complete", "add", "object_to", "reopen"}  # their refusals stand in their own form


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@never_cache
@in_mall
def new(request: HttpRequest, mall: Mall) -> HttpResponse:
    """The form; sent, it answers with number and PIN, or first with what was answered before."""
    at = timezone.now()
    if request.method != "POST":
        service = _service(mall, request.GET.get("layanan", ""))
        form = CaseForm.empty(mall=mall, service=service, ticket=request.GET.get("tiket", ""))
        return _form_page(request, mall, form, at)
    if "mulai" in request.POST:  # words written elsewhere are brought along; nothing is filed yet
        service = _service(mall, request.POST.get("service", ""))
        text = request.POST.get("text", "")
        form = CaseForm.empty(mall=mall, service=service, ticket="", text=text)
        return _form_page(request, mall, form, at)
    form = CaseForm(request.POST, mall=mall)
    if not form.is_valid():
        return _form_page(request, mall, form, at, status=422)
    uploads = request.FILES.getlist("files")
    asks = not uploads and "confirmed" not in request.POST
    if asks and (found := similar(mall, form.cleaned_data["text"])):
        return _form_page(request, mall, form, at, similar=found)
    asked = form.asked()

    def file() -> Filed:
        with receiving(uploads) as files:
            return rules.file_case(
                mall=mall,
                at=at,
                channel=WEB,
                language=(get_language() or "id")[:2],
                files=files,
                **asked,
            )

    try:
        counted = {key: asked[key] for key in ("phone", "email", "request_key")}
        counted["with_files"] = bool(uploads)
        filed = limits.file_counted(file, request=request, at=at, **counted)
    except Refusal as refusal:
        if refusal.code == "request_reused":
            form.begin_anew(secrets.token_urlsafe(24))
        form.show(refusal)
        return _form_page(request, mall, form, at, status=refusal.status)
    context = {"mall": mall, "case": filed.case, "pin": filed.pin}
    return opened.keep_open(render(request, "complaints/filed.html", context), filed.case)


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@never_cache
def lookup(request: HttpRequest) -> HttpResponse:
    """Number and PIN open the case's page."""
    if request.method != "POST":
        return _pin_page(request, LookUpForm())
    return _opened(request, LookUpForm(request.POST))


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@never_cache
def case(request: HttpRequest, number: str) -> HttpResponse:
    """The address of one case: asks for its PIN, then shows it."""
    read = read_number(number)[:LONGEST_NUMBER]
    if request.method == "POST":
        return _opened(request, LookUpForm({"number": read, "pin": request.POST.get("pin", "")}))
    if read != number and read.isalnum():
        return redirect("complaints:case", read)
    found = opened.case_of(request, read)
    if found is None:
        return _pin_page(request, LookUpForm(initial={"number": read}))
    page = _case_page(request, found, timezone.now())
    return opened.keep_open(page, found)


@require_POST
@never_cache
def shut(request: HttpRequest, number: str) -> HttpResponse:
    """Close the page of a case in this browser."""
    return opened.shut(redirect("complaints:lookup"), read_number(number)[:LONGEST_NUMBER])


Act = Callable[[HttpRequest, Case, dt.datetime], Any]


def _view(act: Act) -> Callable[..., HttpResponse]:
    """A page's act: by the pass, else by the PIN; then the case is shown anew.

    Refused, the page stays with its reason and with every word that was typed.
    """

    @require_POST
    @sensitive_post_parameters()
    @never_cache
    def view(request: HttpRequest, number: str) -> HttpResponse:
        at = timezone.now()
        number = read_number(number)[:LONGEST_NUMBER]
        found = opened.case_of(request, number)
        if found is None:
            form = LookUpForm({"number": number, "pin": request.POST.get("pin", "")})
            if "pin" not in request.POST:
                form = LookUpForm(initial={"number": number})
                return _pin_page(request, form, status=403, again=True)
            try:
                found = _open(request, form, at)
            except Refusal as refusal:
                form.add_error(None, refusal.message)
                return _pin_page(request, form, status=refusal.status, again=True)
            if found is None:
                return _pin_page(request, form, status=422, again=True)
        try:
            act(request, found, at)
        except Refusal as refusal:
            page = _case_page(request, _fresh(found), at, refusal=refusal)
            page.status_code = refusal.status
        else:
            page = HttpResponseRedirect(_address(found))
        return opened.keep_open(page, found)

    return view


def _with_words(rule: Callable[..., Case]) -> Callable[..., HttpResponse]:
    """An act that takes words and files."""

    def act(request: HttpRequest, case: Case, at: dt.datetime) -> None:
        text = words(request.POST.get("text", ""))  # looked at before the files are
        with receiving(request.FILES.getlist("files")) as files:
            rule(case=case, text=text, at=at, files=files)

    return _view(act)


def _rating(typed: str) -> int:
    return int(typed) if typed in {"1", "2", "3", "4"} else 0


complete = _with_words(rules.complete)
add = _with_words(rules.add)
object_to = _with_words(rules.object_to)
reopen = _with_words(rules.reopen)
withdraw = _view(lambda request, case, at: rules.withdraw(case=case, at=at))
rate = _view(
    lambda request, case, at: rules.rate(
        case=case, rating=_rating(request.POST.get("rating", "")), at=at
    )
)


def _service(mall: Mall, code: str) -> ServiceType | None:
    """The service the story is about, where the address or the form names one."""
    if not code or not code.isprintable():
        return None
    services = ServiceType.objects.filter(agency__mall=mall, code=code)
    return services.select_related("agency").first()


def _form_page(
    request: HttpRequest,
    mall: Mall,
    form: CaseForm,
    at: dt.datetime,
    *,
    status: int = 200,
    similar: Any = (),
) -> HttpResponse:
    promised = first_answer(mall=mall, at=at)
    form.service = form.service or _service(mall, form["service"].value() or "")
    context = {
        "mall": mall,
        "form": form,
        "retention_days": settings.RETENTION_CASE_DAYS,
        "promise": promise_text(promised.due_on, get_language() or "id"),
        "similar": similar,
        "accepted": ACCEPTED,
        "files_again": status != 200 and bool(request.FILES),
    }
    return render(request, "complaints/new.html", context, status=status)


def _open(request: HttpRequest, form: LookUpForm, at: dt.datetime) -> Case | None:
    """The case that what was typed opens; None where something is missing."""
    if not form.is_valid():
        return None
    return limits.open_counted(request=request, at=at, **form.cleaned_data)


def _opened(request: HttpRequest, form: LookUpForm) -> HttpResponse:
    try:
        case = _open(request, form, timezone.now())
    except Refusal as refusal:
        form.add_error(None, refusal.message)
        return _pin_page(request, form, status=refusal.status)
    if case is None:
        return _pin_page(request, form, status=422)
    return opened.keep_open(HttpResponseRedirect(_address(case)), case)


def _pin_page(
    request: HttpRequest, form: LookUpForm, *, status: int = 200, again: bool = False
) -> HttpResponse:
    """Asks for number and PIN; `again` sends the same act with what was typed for it."""
    typed = {key: request.POST[key] for key in ("text", "rating") if again and key in request.POST}
    context = {
        "mall": mall_of_address(request.path),
        "form": form,
        "again": again,
        "typed": typed,
        "files_again": again and bool(request.FILES),
        "retention_days": settings.RETENTION_CASE_DAYS,
    }
    return render(request, "complaints/lookup.html", context, status=status)


def _case_page(
    request: HttpRequest, case: Case, at: dt.datetime, *, refusal: Refusal | None = None
) -> HttpResponse:
    progress = Progress(case, at)
    act = request.resolver_match.url_name if refusal and request.resolver_match else ""
    context = {
        "mall": case.mall,
        "case": case,
        "progress": progress,
        "ratings": RATINGS.items(),
        "refusal": refusal,
        "act": act if act in WITH_WORDS and progress.may[act] else "",
        "typed": request.POST.get("text", "") if refusal else "",
        "files_again": bool(refusal and request.FILES),
        "accepted": ACCEPTED,
    }
    return render(request, "complaints/case.html", context)


def _fresh(case: Case) -> Case:
    """The case as it is now, after an act was refused."""
    return Case.objects.select_related("mall", "agency", "service_type").get(pk=case.pk)


def _address(case: Case) -> str:
    return reverse("complaints:case", args=[case.number])
