"""Pages of the complaints desk for citizens: file a case, open it with its PIN, withdraw it.

Nothing here puts a PIN, a contact or a story into an address: number and PIN come back as the
answer to the POST itself, and no answer is kept by a browser.
"""

import datetime as dt

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from complaints import rules
from complaints.channels import WEB
from complaints.codes import read_number
from complaints.deadlines import first_answer
from complaints.forms import CaseForm, LookUpForm
from complaints.models import Case
from complaints.promises import promise_text
from complaints.refusals import Refusal
from complaints.workflow import Step, may
from services.models import Mall, ServiceType
from services.views import in_mall


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@never_cache
@in_mall
def new(request: HttpRequest, mall: Mall) -> HttpResponse:
    """The form; sent, it answers with number and PIN."""
    at = timezone.now()
    if request.method != "POST":
        form = CaseForm.empty(
            mall=mall,
            service=_service(mall, request.GET.get("layanan", "")),
            ticket=request.GET.get("tiket", ""),
        )
        return _form_page(request, mall, form, at)
    if "mulai" in request.POST:  # words written elsewhere are brought along; nothing is filed yet
        service = _service(mall, request.POST.get("service", ""))
        text = request.POST.get("text", "")
        form = CaseForm.empty(mall=mall, service=service, ticket="", text=text)
        return _form_page(request, mall, form, at)
    form = CaseForm(request.POST, mall=mall)
    if not form.is_valid():
        return _form_page(request, mall, form, at, status=422)
    try:
        filed = rules.file_case(
            mall=mall,
            at=at,
            channel=WEB,
            language=(get_language() or "id")[:2],
            **form.asked(),
        )
    except Refusal as refusal:
        form.show(refusal)
        return _form_page(request, mall, form, at, status=refusal.status)
    context = {"mall": mall, "case": filed.case, "pin": filed.pin}
    return render(request, "complaints/filed.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@never_cache
def lookup(request: HttpRequest) -> HttpResponse:
    """Number and PIN open the case's page."""
    if request.method != "POST":
        return render(request, "complaints/lookup.html", {"form": LookUpForm()})
    return _opened(request, LookUpForm(request.POST))


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@never_cache
def case(request: HttpRequest, number: str) -> HttpResponse:
    """The address of one case: asks for its PIN, then shows it."""
    number = read_number(number)[:20]
    if request.method != "POST":
        form = LookUpForm(initial={"number": number})
        return render(request, "complaints/lookup.html", {"form": form})
    return _opened(request, LookUpForm({"number": number, "pin": request.POST.get("pin", "")}))


@require_POST
@sensitive_post_parameters()
@never_cache
def withdraw(request: HttpRequest, number: str) -> HttpResponse:
    """Take a case back; the PIN is asked again, and the page then shows what became of it."""
    pin = request.POST.get("pin", "")
    at = timezone.now()
    opened = rules.open_with_pin(number=number, pin=pin, at=at)
    case = rules.withdraw(case=opened, at=at)
    return _case_page(request, case)


def _service(mall: Mall, code: str) -> ServiceType | None:
    """The service the story is about, where the address or the form names one."""
    if not code or not code.isprintable():
        return None
    services = ServiceType.objects.filter(agency__mall=mall, code=code)
    return services.select_related("agency").first()


def _form_page(
    request: HttpRequest, mall: Mall, form: CaseForm, at: dt.datetime, *, status: int = 200
) -> HttpResponse:
    promised = first_answer(mall=mall, at=at)
    context = {
        "mall": mall,
        "form": form,
        "retention_days": settings.RETENTION_CASE_DAYS,
        "promise": promise_text(promised.due_on, get_language() or "id"),
        "service": form.service or _service(mall, form["service"].value()),
    }
    return render(request, "complaints/new.html", context, status=status)


def _opened(request: HttpRequest, form: LookUpForm) -> HttpResponse:
    if not form.is_valid():
        return render(request, "complaints/lookup.html", {"form": form}, status=422)
    try:
        case = rules.open_with_pin(**form.cleaned_data, at=timezone.now())
    except Refusal as refusal:
        form.add_error(None, refusal.message)
        return render(request, "complaints/lookup.html", {"form": form}, status=refusal.status)
    return _case_page(request, case)


def _case_page(request: HttpRequest, case: Case) -> HttpResponse:
    context = {
        "mall": case.mall,
        "case": case,
        "events": case.events.filter(visible_to_reporter=True).order_by("pk"),
        "may_withdraw": may(Step.WITHDRAWN, case.state),
    }
    return render(request, "complaints/case.html", context)
