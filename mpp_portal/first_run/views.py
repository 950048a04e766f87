"""The pages of the first run: one for each step, the review, and what was made."""

import base64
import datetime as dt
import json
from collections.abc import Callable
from functools import wraps
from typing import Any

import segno
from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from mpp_portal.first_run import code, draft, forms, starter
from privacy.fields import decrypt, encrypt
from queueing import rules, setup_file
from queueing.rules.setting_up import Administrator, Person
from services.models import Mall, Officer, ServiceType
from services.rules import is_empty_installation
from services.views import in_mall

View = Callable[..., HttpResponse]
_DRAFT, _DONE, _ABOUT = "first_run", "first_run_done", "first_run.passwords"
_TIMES = ("opens_at", "closes_at", "break_starts_at", "break_ends_at")
_SHOWN_FOR = dt.timedelta(hours=1)  # the passwords, unless they are put away before
TITLES = {
    "account": _("Anda"),
    "mall": _("Mal"),
    "hours": _("Jam buka"),
    "services": _("Instansi dan layanan"),
    "queues": _("Antrean"),
    "counters": _("Loket"),
    "people": _("Petugas"),
    "review": _("Periksa"),
}


def while_empty(view: View) -> View:
    """The page is there only as long as nobody has set anything up."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not is_empty_installation():
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@while_empty
def step(request: HttpRequest, name: str) -> HttpResponse:
    """A step: shown with what was written before, else with a proposal; kept when it is right."""
    kept: draft.Draft = request.session.get(_DRAFT, {})
    order = draft.steps(kept)
    if name not in order or any(one not in kept for one in order[: order.index(name)]):
        return redirect(f"first_run:{draft.first_open(kept)}")
    at = timezone.now()
    act = request.POST.get("aksi", "")
    if request.method == "POST" and name == "review":
        return _found(request, kept, at)
    page = _PAGES[name](request, kept, at)
    if request.method == "POST":
        if name == "services" and ":" in act:  # all or none of somebody's: the page again
            draft.put(kept, name, page.value)
            request.session[_DRAFT] = kept
            return redirect(f"{reverse('first_run:services')}#{act.partition(':')[2]}")
        if page.valid and act == "usul":
            return _shown(request, name, kept, page, at)
        if page.valid:
            draft.put(kept, name, page.value)
            request.session[_DRAFT] = kept
            return redirect(f"first_run:{draft.first_open(kept)}")
    return _shown(request, name, kept, page, at)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def done(request: HttpRequest) -> HttpResponse:
    """What was made, with the first passwords for an hour or until they are put away."""
    kept = request.session.get(_DONE)
    if kept is None:
        raise Http404
    if request.method == "POST":
        request.session[_DONE] = {"mall": kept["mall"]}
        return redirect("first_run:done")
    mall = Mall.objects.filter(pk=kept["mall"]).first()
    if mall is None:
        raise Http404
    people = []
    if kept.get("until", "") > timezone.now().isoformat():
        people = json.loads(decrypt(base64.b64decode(kept["people"]), about=_ABOUT))
    counters = mall.counters.order_by("number")
    context = {"new": mall, "people": people, "counter": counters.first()}
    context["service"] = _first_service(mall)
    return render(request, "first_run/done.html", context)


@require_safe
@in_mall
def poster(request: HttpRequest, mall: Mall) -> HttpResponse:
    """A sheet for the wall: the mall's address as a QR code."""
    address = f"{settings.BASE_URL}{reverse('queueing:home', args=[mall.slug])}"
    drawing = segno.make(address, error="m").svg_inline(omitsize=True, svgclass="m-qr")
    context = {"mall": mall, "address": address, "qr": mark_safe(drawing)}  # noqa: S308 - drawn here
    return render(request, "first_run/poster.html", context)


# -- the steps -------------------------------------------------------------------------------------


class _Page:
    """What a step shows, whether what came is right, and what the draft would keep of it."""

    def __init__(self, context: dict[str, Any], valid: bool = False, value: Any = None) -> None:
        self.context, self.valid, self.value = context, valid, value


def _data(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _start(kept: draft.Draft, name: str, at: dt.datetime) -> Any:
    return kept[name] if name in kept else draft.proposed(kept, name, at=at)


def _account(request: HttpRequest, kept: draft.Draft, at: dt.datetime) -> _Page:
    before = kept.get("account", {})
    form = forms.AccountForm(
        _data(request), request.FILES or None, initial=before, knows_code=bool(before)
    )
    if form.is_bound and form.is_valid():
        if form.document:
            kept.clear()  # what the file says, not what was ticked before
            kept["file"] = form.document
        return _Page({"form": form}, True, form.kept(before))
    return _Page({"form": form, "problems": form.problems})


def _mall(request: HttpRequest, kept: draft.Draft, at: dt.datetime) -> _Page:
    form = forms.MallForm(_data(request), initial=_start(kept, "mall", at))
    if form.is_bound and form.is_valid():
        return _Page({"form": form}, True, form.cleaned_data)
    return _Page({"form": form})


def _hours(request: HttpRequest, kept: draft.Draft, at: dt.datetime) -> _Page:
    start = _start(kept, "hours", at)
    data = _data(request)
    week = [
        {**row, **{name: row[name].replace(":", ".") for name in _TIMES}} for row in start["week"]
    ]
    days = forms.Days(data, prefix="hari", initial=week)
    last = forms.LastTicketForm(data, initial=start)
    off = draft.holidays(kept, at=at)
    ticked = data.getlist("libur") if data is not None else start["holidays"]
    context = {"days": days, "form": last, "holidays": off, "ticked": set(ticked)}
    context["names"] = {
        "week": _("Senin–Kamis"),
        "friday": _("Jumat"),
        "saturday": _("Sabtu"),
        "sunday": _("Minggu"),
    }
    if data is None or not (days.is_valid() & last.is_valid()):
        return _Page(context)
    week = [form.kept() for form in days]
    if not any(row["open"] for row in week):
        context["refused"] = _("Pilih paling sedikit satu hari buka.")
        return _Page(context)
    known = {day.date.isoformat() for day in off}
    value = {"week": week, "last_ticket": last.cleaned_data["last_ticket"]}
    return _Page(context, True, value | {"holidays": sorted(known & set(ticked))})


def _services(request: HttpRequest, kept: draft.Draft, at: dt.datetime) -> _Page:
    codes = [row["code"] for agency in starter.agencies() for row in agency.services]
    chosen = set(_start(kept, "services", at))
    joined = {a.code for a in starter.agencies() if any(r["code"] in chosen for r in a.services)}
    if request.method == "POST":
        joined = set(request.POST.getlist("instansi"))
        chosen = set(request.POST.getlist("layanan"))
        joined, chosen = _all_or_none(request.POST.get("aksi", ""), joined, chosen)
        chosen = {
            row["code"]
            for agency in starter.agencies()
            if agency.code in joined
            for row in agency.services
            if row["code"] in chosen
        }
    agencies = [
        {
            "agency": agency,
            "joined": agency.code in joined,
            "services": [
                # who does not come yet would come with everything
                (row, row["code"] in chosen or agency.code not in joined)
                for row in agency.services
            ],
            "count": sum(row["code"] in chosen for row in agency.services),
        }
        for agency in starter.agencies()
    ]
    context = {"agencies": agencies, "count": len(chosen), "all": len(codes)}
    if request.method == "POST" and not starter.brought(chosen):
        context["refused"] = _("Centang paling sedikit satu layanan yang mengambil nomor di sini.")
        return _Page(context, value=sorted(chosen))
    return _Page(context, True, [code for code in codes if code in chosen])


def _all_or_none(act: str, joined: set[str], chosen: set[str]) -> tuple[set[str], set[str]]:
    """What is ticked after "semua:DUKCAPIL", "kosong:DUKCAPIL" or the same of everybody."""
    what, _colon, whose = act.partition(":")
    if what not in {"semua", "kosong"}:
        return joined, chosen
    agencies = [a for a in starter.agencies() if whose in {a.code, "daftar"}]
    for agency in agencies:
        codes = {row["code"] for row in agency.services}
        joined = joined | {agency.code} if what == "semua" else joined - {agency.code}
        chosen = chosen | codes if what == "semua" else chosen - codes
    return joined, chosen


def _queues(request: HttpRequest, kept: draft.Draft, at: dt.datetime) -> _Page:
    rows = forms.Queues(_data(request), prefix="antrean", initial=_start(kept, "queues", at))
    names = draft.agency_names(kept)
    if rows.is_bound and rows.is_valid():
        return _Page({"rows": rows}, True, [row.cleaned_data for row in rows])
    return _Page({"rows": rows, "names": names})


def _counters(request: HttpRequest, kept: draft.Draft, at: dt.datetime) -> _Page:
    prefixes = [queue["prefix"] for queue in kept["queues"]]
    context: dict[str, Any] = {"queues": kept["queues"]}
    if request.POST.get("aksi") == "usul":
        count = forms.CountForm(request.POST)
        if count.is_valid():
            start = draft.proposed_counters(kept, count.cleaned_data["count"])
            rows = forms.Counters(prefix="loket", initial=start, prefixes=prefixes)
            return _Page({**context, "rows": rows, "count": count}, True)
        rows = forms.Counters(
            prefix="loket", initial=_start(kept, "counters", at), prefixes=prefixes
        )
        return _Page({**context, "rows": rows, "count": count})
    start = _start(kept, "counters", at)
    rows = forms.Counters(_data(request), prefix="loket", initial=start, prefixes=prefixes)
    context |= {"rows": rows, "count": forms.CountForm(initial={"count": len(start)})}
    if rows.is_bound and rows.is_valid():
        return _Page(context, True, [row.cleaned_data for row in rows])
    return _Page(context)


def _people(request: HttpRequest, kept: draft.Draft, at: dt.datetime) -> _Page:
    names = draft.agency_names(kept)
    rows = forms.People(
        _data(request),
        prefix="petugas",
        initial=_start(kept, "people", at),
        administrator=kept["account"]["username"],
        form_kwargs={"agencies": names},
    )
    if rows.is_bound and rows.is_valid():
        people = [row.cleaned_data for row in rows if row.cleaned_data.get("username")]
        return _Page({"rows": rows}, True, people)
    return _Page({"rows": rows})


def _review(request: HttpRequest, kept: draft.Draft, at: dt.datetime) -> _Page:
    document = draft.document(kept, at=at)
    problems = setup_file.check(document)[1]
    services = [s for agency in document["agencies"] for s in agency["services"]]
    context = {
        "kept": kept,
        "document": document,
        "services": len(services),
        "names": draft.agency_names(kept),
        "roles": dict(Officer.Role.choices),
        "problems": problems,
        "week": [row for row in kept.get("hours", {}).get("week", []) if row["open"]],
    }
    return _Page(context)


_PAGES: dict[str, Callable[[HttpRequest, draft.Draft, dt.datetime], _Page]] = {
    "account": _account,
    "mall": _mall,
    "hours": _hours,
    "services": _services,
    "queues": _queues,
    "counters": _counters,
    "people": _people,
    "review": _review,
}


def _shown(
    request: HttpRequest, name: str, kept: draft.Draft, page: _Page, at: dt.datetime
) -> HttpResponse:
    order = draft.steps(kept)
    here = order.index(name)
    context = {
        "step": name,
        "title": TITLES[name],
        "number": here + 1,
        "order": order,
        "here": here,
        "back": order[here - 1] if here else "",
        **page.context,
    }
    wrong = request.method == "POST" and not page.valid
    return render(request, f"first_run/{name}.html", context, status=422 if wrong else 200)


# -- the end ---------------------------------------------------------------------------------------


def _found(request: HttpRequest, kept: draft.Draft, at: dt.datetime) -> HttpResponse:
    """Make everything, sign the administrator in, and keep the first passwords for their page."""
    founded = rules.set_up(
        document=draft.document(kept, at=at),
        administrator=Administrator(**kept["account"]),
        people=[Person(**person) for person in kept["people"]],
        at=at,
    )
    code.forget()
    login(request, founded.administrator, backend="accounts.backends.PasswordBackend")
    names = draft.agency_names(kept)
    roles = dict(Officer.Role.choices)
    people = [
        {
            "name": person.name,
            "username": person.username,
            "role": str(roles[person.role]),
            "agency": names.get(person.agency, ""),
            "password": password,
        }
        for person, password in founded.passwords
    ]
    request.session.pop(_DRAFT, None)
    request.session[_DONE] = {
        "mall": founded.mall.pk,
        "people": base64.b64encode(encrypt(json.dumps(people), about=_ABOUT)).decode(),
        "until": (at + _SHOWN_FOR).isoformat(),
    }
    return redirect("first_run:done")


def _first_service(mall: Mall) -> ServiceType | None:
    """A service for the first number: one of the first counter that can be booked from here."""
    bookable = [ServiceType.BookingMode.BOTH, ServiceType.BookingMode.ONLINE_ONLY]
    return (
        ServiceType.objects.filter(
            queue_service__queue__mall=mall,
            queue_service__queue__online_share__gt=0,
            booking_mode__in=bookable,
        )
        .order_by("queue_service__queue__assignments__counter__number", "code")
        .first()
    )
