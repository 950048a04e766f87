"""The counter in the admin: one page per counter, each act one POST that calls one rule.

A press by script is answered with the page's inner part, so it is one round trip; without scripts
it is a redirect. An act happens in the browser that sits at the counter, and once (`rules.press`).
"""

import datetime as dt
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from queueing import rules
from queueing.admin import console_page
from queueing.admin.console_acts import ACTS, SHOWN_ANYWAY, SITTING_DOWN, browser_of
from queueing.models import Counter, CounterAssignment, CounterSession, Queue, Ticket
from queueing.refusals import Refusal
from queueing.workflow import AT_COUNTER
from services.permissions import CALL, agencies_for

View = Callable[..., HttpResponse]
HUSH = "m-hush"  # said aloud; the page below shows the same
_SEAT = {"taken_over", "open_elsewhere", "counter_taken", "not_allowed"}  # the page itself says it


def counters_of(request: HttpRequest) -> QuerySet[Counter]:
    """The counters at which this officer may sit: those with a queue of an agency they call for."""
    return (
        Counter.objects.filter(
            active=True, assignments__queue__agency__in=agencies_for(request.user, CALL)
        )
        .select_related("mall")
        .distinct()
    )


def with_counter(view: View) -> View:
    """Fetch the counter with its permission; without it there is no such counter."""

    @wraps(view)
    def guarded(request: HttpRequest, counter_id: int, *args: Any, **kwargs: Any) -> HttpResponse:
        counter = counters_of(request).filter(pk=counter_id).first()
        if counter is None:
            raise Http404
        return view(request, counter, *args, **kwargs)

    return guarded


@admin.site.admin_view
@never_cache
@require_safe
def counters(request: HttpRequest) -> HttpResponse:
    """The officer's counters today, who sits where; the own one first, to go on there."""
    at = timezone.now()
    mine = list(counters_of(request).order_by("mall", "number"))
    sessions = {
        s.counter_id: s
        for s in CounterSession.objects.filter(
            counter__in=mine, closed_at__isnull=True
        ).select_related("officer")
        if s.date == s.counter.mall.date_at(at)
    }
    labels = dict(
        Ticket.objects.filter(counter__in=sessions, state__in=AT_COUNTER).values_list(
            "counter_id", "label"
        )
    )
    today = _queues_today(request, mine, at)
    shown = [
        (counter, sessions.get(counter.pk), today[counter.pk], labels.get(counter.pk, ""))
        for counter in mine
        if today[counter.pk] or counter.pk in sessions
    ]
    own = next((one for one in shown if one[1] and one[1].officer_id == request.user.pk), None)
    context = {"title": _("Loket"), "counters": shown, "own": own}
    return render(
        request, "queueing/desk/counters.html", {**admin.site.each_context(request), **context}
    )


def _queues_today(
    request: HttpRequest, counters: list[Counter], at: dt.datetime
) -> dict[int, list[Queue]]:
    """The queues that each counter calls from today and this officer may call, in order."""
    queues: dict[int, list[Queue]] = {counter.pk: [] for counter in counters}
    dates = {counter.pk: counter.mall.date_at(at) for counter in counters}
    for one in (
        CounterAssignment.objects.filter(
            counter__in=queues,
            queue__active=True,
            queue__agency__in=agencies_for(request.user, CALL),
        )
        .select_related("queue")
        .order_by("position", "pk")
    ):
        if one.holds_on(dates[one.counter_id]) and one.queue not in queues[one.counter_id]:
            queues[one.counter_id].append(one.queue)
    return queues


@admin.site.admin_view
@never_cache
@require_safe
@with_counter
def counter(request: HttpRequest, counter: Counter) -> HttpResponse:
    """The console: who is here, what may be done, who waits and why."""
    return _answer(request, counter, timezone.now())


@admin.site.admin_view
@never_cache
@require_safe
@with_counter
def small(request: HttpRequest, counter: Counter) -> HttpResponse:
    """The small window beside the officer's other systems: the number and one big button."""
    return _answer(request, counter, timezone.now(), small=True)


@admin.site.admin_view
@never_cache
@require_POST
@with_counter
def act(request: HttpRequest, counter: Counter, act: str) -> HttpResponse:
    """One act at the counter; a refusal comes back as a sentence on the same page."""
    if act not in ACTS:
        raise Http404
    at = timezone.now()
    try:
        if act in SITTING_DOWN:
            said = ACTS[act](request, counter, at)
        else:
            with rules.press(
                counter_id=counter.pk,
                officer=request.user,
                at=at,
                browser=browser_of(request),
                seen=request.POST.get("seen"),
            ):
                said = ACTS[act](request, counter, at)
    except Refusal as refusal:
        _tell_refusal(request, counter, refusal, at)
    else:
        if said:
            shown = HUSH if act in SHOWN_ANYWAY else ""
            messages.success(request, said, extra_tags=shown)
    small = request.POST.get("kembali") == "kecil"
    if _by_script(request):
        return _answer(request, counter, at, small=small)
    return redirect("desks:small" if small else "desks:counter", counter_id=counter.pk)


def _by_script(request: HttpRequest) -> bool:
    return request.headers.get("X-Requested-With") == "fetch"


def _answer(
    request: HttpRequest, counter: Counter, at: dt.datetime, *, small: bool = False
) -> HttpResponse:
    """The page, or for a script only the part of it that changes."""
    place = console_page.place_of(counter, request.user, browser_of(request), at)
    context: dict[str, Any] = {
        "counter": counter,
        "mall": counter.mall,
        "place": place,
        "session": place.session,
        "small": small,
    }
    if place.mine and place.session:
        show = console_page.small if small else console_page.work
        context |= show(counter, place.session, request.user, at)
    name = "console_small" if small else "console"
    if _by_script(request):
        return render(request, f"queueing/desk/{name}_part.html", context)
    if not small:
        context |= admin.site.each_context(request)
        context["services"] = console_page.services_of(counter.mall) if place.mine else []
        context["call_reasons"] = console_page.CALL_REASONS
    context["title"] = f"{_('Loket')} {counter.number}"
    return render(request, f"queueing/desk/{name}.html", context)


def _tell_refusal(
    request: HttpRequest, counter: Counter, refusal: Refusal, at: dt.datetime
) -> None:
    if refusal.code == "seen_otherwise":
        messages.info(request, refusal.message)
    elif refusal.code not in _SEAT or (
        refusal.code == "not_allowed"
        and console_page.place_of(counter, request.user, browser_of(request), at).mine
    ):
        messages.error(request, refusal.message)
