"""The staff page of a case: what was told, its course, the acts that are possible now, and who
reported it, opened with a reason."""

import datetime as dt
from typing import Any, NamedTuple

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

import privacy.rules
from complaints import rules
from complaints.deadlines import CLOSE_DAYS, holidays_of
from complaints.desk import clocks, words
from complaints.desk.acts import ACTS, is_desk, likely, mergeable, offered
from complaints.models import USUAL_DAYS, Attachment, Case, CaseEvent, Level, ServiceLevel
from complaints.refusals import Refusal
from complaints.rules.revealing import known_of
from complaints.uploads import takes_files
from complaints.workflow import AT_SUPERIOR, Step, may, stands_in
from services.calendar import add_working_days
from services.models import Officer

# Who is complained about, who looked at the identity, and where else it may be found: for the desk
# alone.
FOR_THE_DESK = {Step.NAMED, Step.REVEALED, Step.LINKED}


def urls(model_admin: Any) -> list[URLPattern]:
    """The addresses under the admin of cases."""
    wrap = model_admin.admin_site.admin_view

    @require_POST
    def act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
        return take_step(model_admin, request, pk, act)

    @never_cache
    def identity(request: HttpRequest, pk: int) -> HttpResponse:
        return show_identity(model_admin, request, pk)

    return [
        path("<int:pk>/langkah/<str:act>/", takes_files(wrap(act)), name="complaints_case_act"),
        path("<int:pk>/identitas/", wrap(identity), name="complaints_case_identity"),
    ]


class Typed(NamedTuple):
    """An act that was refused: what was typed, and why."""

    act: str
    fields: dict[str, str]
    error: str
    had_files: bool


class Shown(NamedTuple):
    """An event of the course, in the words of the staff."""

    event: CaseEvent
    title: str | Promise
    author: Any
    told: bool  # the reporter's own words
    internal: bool
    note: str


class Term(NamedTuple):
    """A level, the working days it gives, and the date that results."""

    level: str
    label: str | Promise
    days: int
    due_on: dt.date


def take_step(model_admin: Any, request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Take one act; a refusal shows the page again, with the words that were typed."""
    case, act = model_admin.seen(request, str(pk)), ACTS.get(name)
    uploads = request.FILES.getlist("files")
    try:
        if act is None:
            raise Refusal("cannot_step")
        if act.desk and not is_desk(request.user, case):
            raise Refusal("desk_only")
        act.run(
            case,
            request.POST,
            uploads,
            case_id=case.pk,
            by=request.user,
            at=timezone.now(),
            seen=_seen(request),
        )
    except Refusal as refusal:
        fields = {key: str(value) for key, value in request.POST.items()}
        typed = Typed(name, fields, _sentence(refusal), bool(uploads))
        return show(model_admin, request, pk, typed=typed, status=refusal.status)
    messages.success(request, str(act.said))
    if not Case.objects.visible_to(request.user).filter(pk=pk).exists():
        return redirect("admin:complaints_case_changelist")
    return redirect("admin:complaints_case_change", pk)


def show(
    model_admin: Any,
    request: HttpRequest,
    pk: int,
    *,
    typed: Typed | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of a case, for whoever's office covers it."""
    # Before the case itself: what happens in between must refuse what is decided without it.
    last = CaseEvent.objects.filter(case=pk).order_by("-pk").values_list("pk", flat=True).first()
    case = model_admin.seen(request, str(pk))
    user, desk = request.user, is_desk(request.user, case)
    today = case.mall.date_at(timezone.now())
    terms, holidays = _terms(case, today)
    names = offered(user, case)
    first = typed.act if typed and typed.act in names else likely(user, case)
    asked = request.GET.get("gabung", "") or (typed.fields.get("number", "") if typed else "")
    if asked and "gabung" in names:
        first = "gabung"
    first = first if first in names else ""
    course = _course(case, desk=desk)
    answers = [shown.event.at for shown in course if shown.event.kind == Step.ANSWERED]
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Pengaduan %(number)s") % {"number": f"{case.number[:4]} {case.number[4:]}"},
        "opts": model_admin.opts,
        "case": case,
        "desk": desk,
        "state": words.state(case.state),
        "look": words.LOOKS.get(case.state, "skip"),
        "holder": words.holder(case),
        "first_answer": clocks.first_answer(case, today, holidays),
        "completion": clocks.completion(case, today, holidays, max(answers, default=None)),
        "course": course,
        "publishes": desk
        and (
            may(Step.PUBLISHED, case.state)
            or any(shown.event.kind == Step.PUBLISHED for shown in course)
        ),
        "open_act": (first, ACTS[first]) if first else None,
        "acts": [(name, ACTS[name]) for name in names if name != first],
        "lost": typed if typed and typed.act not in names else None,
        "typed": typed,
        "may_note": "catatan" in names,
        "waits_for_superior": stands_in(case.state, case.goes_on_as) in AT_SUPERIOR
        and "jawab" not in names,
        "seen": last or 0,
        "terms": terms,
        "closes_on": add_working_days(today, CLOSE_DAYS, holidays=holidays),
        "agencies": case.mall.agencies.filter(active=True).order_by("name") if desk else (),
        "officers": _officers(case, user) if "pihak" in names else (),
        "known": _known(case) if desk else (),
        "asked": asked,
        "other": mergeable(user, case, asked) if asked and "gabung" in names else None,
    }
    with timezone.override(case.mall.zone):
        return render(request, "complaints/desk/case.html", context, status=status)


def show_identity(model_admin: Any, request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for the reason; write the look down; show who reported, once."""
    case = model_admin.seen(request, str(pk))
    if not is_desk(request.user, case):
        raise Refusal("desk_only")
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Identitas pelapor"),
        "case": case,
        "known": _known(case),
        "reason": request.POST.get("reason", ""),
    }
    status = 200
    if request.method == "POST":
        try:
            context["identity"] = rules.reveal_identity(
                case_id=case.pk,
                reason=request.POST.get("reason", ""),
                by=request.user,
                at=timezone.now(),
            )
        except privacy.rules.Refusal as refusal:
            context["error"], status = refusal.message, refusal.status
    return render(request, "complaints/desk/identity.html", context, status=status)


def _seen(request: HttpRequest) -> int:
    typed = request.POST.get("seen", "")
    return int(typed) if typed.isdecimal() and len(typed) < 19 else 0


def _sentence(refusal: Refusal) -> str:
    """The refusal for the staff, whose page has already been loaded anew."""
    match refusal.code:
        case "text_missing":
            return _("Tulis dahulu isinya.")
        case "text_too_long":
            return _("Paling panjang %(limit)s huruf. Yang Anda tulis %(count)s.") % refusal.context
        case "changed_meanwhile":
            return _("Pengaduan ini baru saja berubah. Baca perubahannya, lalu putuskan lagi.")
        case "cannot_step":
            return _("Langkah itu tidak mungkin pada status sekarang.")
    return refusal.message


def _course(case: Case, *, desk: bool) -> list[Shown]:
    files = Prefetch("attachments", Attachment.objects.order_by("pk"))
    events = case.events.select_related("by").prefetch_related(files).order_by("pk")
    return [
        Shown(
            event,
            words.step(event.kind),
            words.author(event),
            event.by_id is None and words.author(event) is words.REPORTER,
            not event.visible_to_reporter,
            _("Nilai %(rating)s dari 4") % {"rating": event.note}
            if event.kind == Step.RATED
            else event.note,
        )
        for event in events
        if desk or event.kind not in FOR_THE_DESK
    ]


def _terms(case: Case, today: dt.date) -> tuple[list[Term], set[dt.date]]:
    """The levels with their dates, as `rules.classify` would set them; and the holidays."""
    received_on = case.mall.date_at(case.received_at)
    rows = ServiceLevel.objects.filter(mall=case.mall, valid_from__lte=received_on)
    days = {level.value: usual for level, usual in USUAL_DAYS.items()}
    days |= dict(rows.order_by("valid_from").values_list("level", "days"))
    span = max(days.values()) + case.waited_days + abs((today - case.counted_from).days)
    holidays = holidays_of(case.mall, min(case.counted_from, today), span + CLOSE_DAYS)
    terms = [
        Term(
            level.value,
            level.label,
            days[level],
            add_working_days(case.counted_from, days[level] + case.waited_days, holidays=holidays),
        )
        for level in Level
    ]
    return terms, holidays


def _officers(case: Case, user: Any) -> list[Officer]:
    """Who may be named: the officers of the mall but oneself."""
    offices = Officer.objects.filter(mall=case.mall, active=True).exclude(user=user)
    return list(offices.select_related("user", "agency").order_by("user__username", "pk"))


def _known(case: Case) -> list[str | Promise]:
    names = {field.name: field.verbose_name for field in Case._meta.fields}
    return [names[name] for name in known_of(case)]
