"""How many cases one address and one contact may file, and how many PINs one address may guess.

A hall puts many people behind one address, so an address may file a lot. Counted in Redis under
keyed fingerprints, before anything is judged; while Redis is away nobody is stopped from filing.
"""

import datetime as dt
import logging
from collections.abc import Callable, Iterator
from contextlib import suppress

import redis
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

from accounts.addresses import client_address
from complaints import rules
from complaints.models import Case
from complaints.refusals import Refusal
from complaints.rules import Filed
from privacy import identity
from privacy.index import blind

HOUR_S, DAY_S = 3600, 86_400
logger = logging.getLogger(__name__)


def file_counted(
    file: Callable[[], Filed],
    *,
    request: HttpRequest,
    at: dt.datetime,
    phone: str,
    email: str,
    request_key: str | None,
    with_files: bool = False,
) -> Filed:
    """File a case unless this address or contact filed too many; refuses too_many_cases.

    What was refused does not count, nor does a request that is answered again; but files cost work
    before they are refused, so a sending `with_files` counts for its address whatever comes of it.
    """
    taken = [
        (key, _take(key, seconds), limit)
        for key, seconds, limit in _whose(request, phone, email, at)
    ]
    filed = None
    try:
        if any(0 < limit < count for _key, count, limit in taken) and (
            with_files or not _filed(request_key)
        ):
            raise Refusal("too_many_cases")
        filed = file()
    finally:
        if filed is None or filed.case.received_at != at:
            kept = 1 if with_files else 0  # the address comes first
            _give_back([key for key, _count, _limit in taken[kept:]])
    return filed


def open_counted(*, request: HttpRequest, number: str, pin: str, at: dt.datetime) -> Case:
    """Open a case with number and PIN; an address that guessed too often waits an hour."""
    limit = settings.COMPLAINTS_WRONG_PINS_PER_ADDRESS_AND_HOUR
    key = _key("guess", client_address(request), at, HOUR_S)
    if 0 < limit < _take(key, HOUR_S):
        _give_back([key])
        raise Refusal("too_many_guesses")
    case = rules.open_with_pin(number=number, pin=pin, at=at)
    _give_back([key])
    return case


def _whose(
    request: HttpRequest, phone: str, email: str, at: dt.datetime
) -> Iterator[tuple[str, int, int]]:
    """The counts a case belongs to: key, seconds they last, and how far they may go."""
    address = client_address(request)
    yield _key("address", address, at, HOUR_S), HOUR_S, settings.COMPLAINTS_PER_ADDRESS_AND_HOUR
    contacts = []
    with suppress(identity.BadPhone):  # what cannot be read, the rule refuses
        contacts += [identity.normalise_phone(phone)] if phone.strip() else []
    with suppress(identity.BadEmail):
        contacts += [identity.normalise_email(email)] if email.strip() else []
    for contact in contacts:
        yield _key("contact", contact, at, DAY_S), DAY_S, settings.COMPLAINTS_PER_CONTACT_AND_DAY


def _key(what: str, who: str, at: dt.datetime, seconds: int) -> str:
    fingerprint = blind(f"case-limit-{what}", who).hex()[:32]
    return f"case-limit:{what}:{fingerprint}:{int(at.timestamp()) // seconds}"


def _filed(request_key: str | None) -> bool:
    """Whether this very request filed its case already."""
    if not request_key:
        return False
    return Case.objects.filter(request_key=blind("case-request", request_key)).exists()


def _take(key: str, seconds: int) -> int:
    """Count one; 0 while Redis is away."""
    try:
        cache.add(key, 0, seconds)
        return int(cache.incr(key))
    except ValueError:  # forgotten in this very moment
        return 1
    except redis.RedisError as error:
        logger.warning("case not counted: %s", type(error).__name__)
        return 0


def _give_back(keys: list[str]) -> None:
    with suppress(ValueError, redis.RedisError):
        for key in keys:
            cache.decr(key)
