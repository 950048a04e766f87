"""The citizen's page of a visit: its numbers, the people ahead, check-in, coming back."""

import uuid
from functools import partial

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from notifications.channels import push
from queueing import earlier, live, rules
from queueing.hall import check_hall_code
from queueing.models import Ticket, Visit
from queueing.refusals import Refusal
from queueing.turns import NEAR
from queueing.views.sharing import invitation
from queueing.views.shown import Shown, qr, shown
from queueing.workflow import AT_COUNTER, State
from services import papers
from services.models import Mall
from services.near import kept

_POLL_S, _POLL_NEAR_S = 30, 10
_GAP_S, _GAP_NEAR_S = 10, 1  # between two looks at a queue that changes all the time
_CALM_S = 300  # while the stream tells the place, for what it does not tell
_KEPT_S = 30  # a mall's name, a standard once approved, a paper's whereabouts
_VISIT = "SELECT * FROM queueing_visit WHERE token = %s AND erased_at IS NULL"
_ANY_MOMENT = (*AT_COUNTER, State.PARKED, State.ABSENT)
_MOVING = (State.PRINTING, State.WAITING, *AT_COUNTER, State.PARKED)
_BY_THE_CLOCK = {State.PRINTING, State.BOOKED}  # what they may do changes with the time alone
_WITH_CODE = (State.PRINTING, State.BOOKED, State.WAITING, State.PARKED, State.ABSENT)


@require_safe
@never_cache
def ticket(request: HttpRequest, token: str) -> HttpResponse:
    """The page; its script asks for the living part alone, and for all when a state changed."""
    visit = visit_of(token)
    page = _page(visit)
    if not request.htmx:
        return render(request, "queueing/ticket.html", page)
    if request.GET.get("keadaan") != page["states"]:
        response = HttpResponse(status=204)
        response["HX-Refresh"] = "true"
        return response
    return render(request, "queueing/_ticket.html", page)


@require_POST
@never_cache
def check_in(request: HttpRequest, token: str) -> HttpResponse:
    """Report present with the code shown in the hall."""
    visit = visit_of(token)
    try:
        rules.check_in(visit_id=visit.pk, at=timezone.now(), hall_code=request.POST.get("kode", ""))
    except Refusal as refusal:
        return again(request, visit, refusal)
    return redirect("queueing:ticket", token)


@require_POST
@never_cache
def come_back(request: HttpRequest, token: str, public_id: uuid.UUID) -> HttpResponse:
    """A missed number rejoins the line; the hall's code shows that its holder is there."""
    visit = visit_of(token)
    ticket = ticket_of(visit, public_id)
    at = timezone.now()
    try:
        check_hall_code(
            visit_id=visit.pk, mall_id=visit.mall_id, code=request.POST.get("kode", ""), at=at
        )
        rules.bring_back(ticket_id=ticket.pk, at=at)
    except Refusal as refusal:
        return again(request, visit, refusal)
    return redirect("queueing:ticket", token)


def visit_of(token: str) -> Visit:
    """The visit that this token opens, with its mall, or 404."""
    visit = next(iter(Visit.objects.raw(_VISIT, [token])), None)
    if visit is None:
        raise Http404
    malls = Mall.objects.filter(pk=visit.mall_id)
    visit.mall = kept("mall", visit.mall_id, _KEPT_S, malls.get)
    return visit


def ticket_of(visit: Visit, public_id: uuid.UUID) -> Ticket:
    """A ticket of this visit, or 404."""
    ticket = (
        visit.tickets.exclude(state=State.TRANSFERRED)
        .filter(public_id=public_id)
        .select_related("service_type__agency__mall", "window")
        .first()
    )
    if ticket is None:
        raise Http404
    return ticket


def papers_of(visit: Visit, tickets: list[Shown]) -> list[papers.Needed]:
    """What to bring for the tickets that are still ahead, each paper once."""
    ahead = [one.ticket for one in tickets if one.usable and one.ticket.state != State.SERVING]
    standards = [ticket.standard for ticket in ahead if ticket.standard]
    return kept(
        "papers",
        (get_language(), sorted(standard.pk for standard in standards)),
        _KEPT_S,
        lambda: papers.needed(standards, papers.asked_by(standards, visit.mall)),
    )


def again(request: HttpRequest, visit: Visit, refusal: Refusal) -> HttpResponse:
    """The ticket page with a refusal at its top."""
    page = _page(visit) | {"refusal": refusal}
    return render(request, "queueing/ticket.html", page, status=refusal.status)


def _page(visit: Visit) -> dict[str, object]:
    at = timezone.now()
    tickets = shown(visit, at)
    states = [one.ticket.state for one in tickets]
    waiting = [one.ahead for one in tickets if one.ticket.state == State.WAITING]
    called = State.CALLED in states
    living = any(one.active for one in tickets)
    active = [one for one in tickets if one.usable]
    check_in_now = any(one.can_check_in for one in tickets)
    returning = [one for one in tickets if one.can_return]
    typing = check_in_now or bool(returning)
    return {
        "mall": visit.mall,
        "visit": visit,
        "first_name": (visit.name.split() or [""])[0],
        "tickets": tickets,
        "active": active,
        "states": ",".join(_states(tickets)),
        "living": living,
        "check_in_now": check_in_now,
        "returning": returning,
        # without scripts: it would take away what is being typed
        "refreshing": not typing and any(state in _MOVING for state in states),
        "called": called,
        "with_code": not called and any(one.ticket.state in _WITH_CODE for one in active),
        "in_calendar": any(one.can_move for one in tickets),
        "cancellable": [one for one in active if one.can_cancel],
        "poll_s": _POLL_NEAR_S if called or any(n <= NEAR for n in waiting) else _POLL_S,
        "gap_s": _GAP_NEAR_S if _soon(states, waiting) else _GAP_S,
        "calm_s": 3 * _POLL_S if _BY_THE_CLOCK & set(states) else _CALM_S,
        "near": f"{_POLL_NEAR_S} {_GAP_NEAR_S}",
        "stream": live.stream_of(
            visit.mall_id, tickets=[one.ticket for one in tickets], zone=visit.mall.zone
        ),
        # only for the whole page
        "papers": partial(papers_of, visit, tickets),
        "qr": partial(qr, visit),
        "share": partial(invitation, visit, tickets),
        "push_key": push.public_key() if _may_be_told(visit) else "",
        "told_browser": partial(push.name_of, visit.push),
        "earlier": SimpleLazyObject(partial(earlier.of_tickets, [t.ticket for t in tickets], at)),
        **_kept(visit, tickets),
        "today": visit.mall.date_at(at),
        "at": at,
    }


def _kept(visit: Visit, tickets: list[Shown]) -> dict[str, object]:
    """Places that the mall chose and that wait for a yes, and until when in the mall's time."""
    waiting = [one for one in tickets if one.ticket.kept_until and one.can_move]
    until = min((one.ticket.kept_until for one in waiting if one.ticket.kept_until), default=None)
    return {"kept": waiting, "kept_until": until and until.astimezone(visit.mall.zone)}


def _may_be_told(visit: Visit) -> bool:
    """Whether a phone can be told of this visit; a rehearsal tells nobody, but a demo does."""
    return push.offered() and (settings.CATCHES_MESSAGES or not visit.mall.rehearsal)


def _soon(states: list[str], waiting: list[int]) -> bool:
    """Whether something may happen at any moment."""
    return any(state in _ANY_MOMENT for state in states) or any(n <= NEAR for n in waiting)


def _states(tickets: list[Shown]) -> list[str]:
    """What the page around the living part depends on: another list, another page."""
    check_in = ["lapor"] if any(one.can_check_in for one in tickets) else []
    return [one.ticket.state for one in tickets] + check_in
