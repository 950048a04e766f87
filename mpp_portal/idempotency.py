"""`Idempotency-Key` on the API's POSTs: a repeat acts once and is told the object as it is now.

An operation that changes something returns what it changed (`Acted`); the answer is read from that,
at once or when the request comes again. Key, act and answer are one transaction: a refused act
leaves no key, and a crash leaves neither. While a request is under way its repeat is told so (409).
"""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from django.db import connection, transaction
from django.http import HttpRequest
from django.utils import timezone
from ninja.errors import HttpError
from ninja.responses import Status

from accounts.api import LONGEST_KEY
from mpp_portal.models import AnsweredRequest
from privacy.index import blind
from queueing.api import answers, counters
from queueing.api.answers import Acted
from queueing.refusals import Refusal

KEPT_FOR = dt.timedelta(hours=24)
IN_FLIGHT = 409
Operation = Callable[..., Any]
READERS: dict[str, Callable[[HttpRequest, int], dict[str, Any]]] = {
    "visit": lambda request, pk: answers.read_visit(pk, at=timezone.now()),
    "ticket": lambda request, pk: answers.read_ticket(pk, officer_id=request.auth.pk),  # type: ignore[attr-defined]
    "counter": lambda request, pk: counters.read_counter(pk, user=request.auth),  # type: ignore[attr-defined]
}


def answered_once(operation: Operation) -> Operation:
    """Wrap an operation of the API; one that `keeps_its_own_key` answers a repeat by itself."""
    keeps_its_own = getattr(operation, "keeps_its_own_key", False)

    @wraps(operation)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        key = request.headers.get("Idempotency-Key", "")
        if request.method != "POST" or not key:
            return _tell(request, operation(request, *args, **kwargs))
        if len(key) > LONGEST_KEY:
            raise Refusal("bad_request_key", limit=LONGEST_KEY)
        with _alone(_scope(request), key):
            if keeps_its_own:
                return operation(request, *args, **kwargs)
            with transaction.atomic():
                row, new = _row(request, key, at=timezone.now())
                if new:
                    acted = operation(request, *args, **kwargs)
                    row.status = 200 if acted.kind else 204
                    row.reference = f"{acted.kind}:{acted.pk}"
                    row.save(update_fields=["status", "reference"])
            kind, _colon, pk = row.reference.partition(":")
            return _tell(request, Acted(kind, int(pk)))

    return run


def forget_old_keys(at: dt.datetime) -> int:
    """Delete what was answered 24 hours ago; return how many rows."""
    old = AnsweredRequest.objects.filter(created_at__lt=at - KEPT_FOR)
    return old._raw_delete(old.db)


@contextmanager
def _alone(scope: str, key: str) -> Iterator[None]:
    """Only one request with this key at a time; the lock goes with its connection."""
    name = int.from_bytes(blind("request-alone", scope, key)[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [name])
        if not cursor.fetchone()[0]:
            raise HttpError(IN_FLIGHT, "in_flight")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [name])


_CLAIM = """
INSERT INTO mpp_portal_answeredrequest (scope, key, body_hash, status, reference, created_at)
VALUES (%s, %s, %s, 0, '', %s) ON CONFLICT (scope, key) DO NOTHING
"""


def _row(request: HttpRequest, key: str, *, at: dt.datetime) -> tuple[AnsweredRequest, bool]:
    """The row of this key, and whether it is new; one of yesterday counts no more."""
    scope = _scope(request)
    fingerprint = blind("request-key", key)
    body_hash = blind("request-body", request.path, request.body.hex())
    rows = AnsweredRequest.objects.filter(scope=scope, key=fingerprint)
    rows.filter(created_at__lt=at - KEPT_FOR).delete()
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [scope, fingerprint, body_hash, at])
        new = cursor.rowcount == 1
    row = rows.get()
    if bytes(row.body_hash) != body_hash:
        raise Refusal("request_reused")
    return row, new


def _scope(request: HttpRequest) -> str:
    """Whose key it is: the token's account's, or the visit's; strangers' keys never meet."""
    user = getattr(request, "auth", None)
    if user is not None and user.is_authenticated:
        return f"user:{user.pk}"
    match = request.resolver_match
    token = match.kwargs.get("token") if match else None
    return f"visit:{blind('request-scope', token).hex()[:32]}" if token else "public"


def _tell(request: HttpRequest, result: Any) -> Any:
    if not isinstance(result, Acted):
        return result
    if not result.kind:
        return Status(204, None)
    return READERS[result.kind](request, result.pk)
