"""Number and PIN open a case for who reported it; a pass keeps it open for a while."""

import datetime as dt
import hmac

from django.core import signing
from django.core.cache import cache

from complaints import codes
from complaints.models import Case
from complaints.refusals import Refusal
from privacy.index import blind

TRIES, WRONG_A_DAY = 5, 30
PASS_S = 1800
_PASS = "complaints.pass"  # noqa: S105 - a salt
# Tries count in slots of 5 minutes; this many of them always cover 15 minutes.
_SLOT_S, _SLOTS, _DAY_S = 300, 4, 86_400


def open_with_pin(*, number: str, pin: str, at: dt.datetime) -> Case:
    """Return the case that number and PIN open, with its mall, agency and service.

    An unknown number and a wrong PIN are one refusal; more than five tries per number within 15
    minutes are refused before anything is looked up, and after WRONG_A_DAY wrong PINs all of them
    until tomorrow: whoever knows a number does not get through its PINs in the life of a case.
    """
    number, pin = codes.read_number(number), codes.read_pin(pin)
    wrong_today = f"case-wrong:{blind('case-wrong', number).hex()[:32]}:{at:%Y%m%d}"
    if cache.get(wrong_today, 0) >= WRONG_A_DAY:
        raise Refusal("no_more_tries")
    tries = _count_try(number, at)
    case = (
        Case.objects.select_related("mall", "agency", "service_type")
        .filter(number=number, pin_hash__isnull=False)
        .first()
        if number.isascii() and number.isalnum()
        else None
    )
    expected = bytes(case.pin_hash or b"") if case else b""
    if not hmac.compare_digest(codes.pin_hash(number, pin), expected) or case is None:
        cache.add(wrong_today, 0, _DAY_S)
        cache.incr(wrong_today)
        raise Refusal("unknown_case")
    cache.delete_many(tries)
    return case


def pass_for(case: Case) -> str:
    """A pass for a case that number and PIN have opened, for PASS_S seconds."""
    return signing.dumps([case.number, _mark(case)], salt=_PASS)


def open_with_pass(*, number: str, token: str) -> Case | None:
    """The case that a pass opens; None when it is over, of another case, or the case erased."""
    try:
        of_number, mark = signing.loads(token, salt=_PASS, max_age=PASS_S)
    except signing.BadSignature:
        return None
    if of_number != codes.read_number(number):
        return None
    case = (
        Case.objects.select_related("mall", "agency", "service_type")
        .filter(number=of_number, pin_hash__isnull=False)
        .first()
    )
    return case if case is not None and _mark(case) == mark else None


def _mark(case: Case) -> str:
    return bytes(case.pin_hash or b"").hex()[:16]


def _count_try(number: str, at: dt.datetime) -> list[str]:
    """Count one try at a number, known or not; the keys to forget when the PIN was right."""
    slot = int(at.timestamp() // _SLOT_S)
    who = blind("case-tries", number).hex()[:32]
    keys = [f"case-tries:{who}:{slot - n}" for n in range(_SLOTS)]
    cache.add(keys[0], 0, _SLOT_S * (_SLOTS + 1))
    cache.incr(keys[0])
    if sum(cache.get_many(keys).values()) > TRIES:
        cache.decr(keys[0])  # waiting helps, even who tried while waiting
        raise Refusal("too_many_tries")
    return keys
