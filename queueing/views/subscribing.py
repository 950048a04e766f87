"""The ticket page asks that this browser be told of the turn, or no longer."""

import json

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from queueing import rules
from queueing.refusals import Refusal
from queueing.views.ticket import again, visit_of

MOST_BYTES = 8000


@require_POST
@never_cache
def subscribe(request: HttpRequest, token: str) -> HttpResponse:
    """`subscription`: what the browser's PushManager gave; an empty one, and it is told no longer.

    The page's script sends JSON and reads JSON; a form leads back to the ticket.
    """
    visit = visit_of(token)
    script = request.content_type == "application/json"
    at = timezone.now()
    try:
        subscription = _subscription(request, script)
        if subscription:
            rules.subscribe(visit_id=visit.pk, subscription=subscription, at=at)
        else:
            rules.unsubscribe(visit_id=visit.pk, at=at)
    except Refusal as refusal:
        if not script:
            return again(request, visit, refusal)
        told = {"code": refusal.code, "message": refusal.message}
        return JsonResponse(told, status=refusal.status)
    if not script:
        return redirect("queueing:ticket", token)
    return JsonResponse({"on": bool(subscription)})


def _subscription(request: HttpRequest, script: bool) -> str:
    """The subscription as text, "" for an empty one."""
    try:
        if not script:
            return request.POST["subscription"]
        if len(request.body) > MOST_BYTES:
            raise ValueError
        said = json.loads(request.body)["subscription"]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise Refusal("bad_subscription") from None
    return "" if said is None else json.dumps(said)
