"""Kiosks and displays: pairing, what they report, and calls for help.

A device is known by a random token in its cookie, a pairing by a short code: of both only the
fingerprint is kept. None of them ever stands in an address.
"""

import datetime as dt
import hashlib
import secrets

from django.db import IntegrityError, transaction
from django.db.models import Q

from accounts import tries
from accounts.models import User
from privacy.index import blind
from queueing.models import Device, HelpCall
from queueing.refusals import Refusal
from services.models import Mall

PAIRING_FOR = dt.timedelta(minutes=15)
ON_THE_WAY = dt.timedelta(minutes=5)  # an officer who answered a call
CODE_LENGTH = 8
GUESSES = 10
_GUESSES_S = 600
_CLEAR = "ABCDEFGHJKLMNPRSTUVWXYZ23456789"  # without I, O, Q, 0, 1


def fingerprint(token: str) -> str:
    """What is kept of a device's token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _of_code(code: str) -> str:
    return blind("pairing", code).hex()


@transaction.atomic
def make_pairing_code(*, device_id: int, at: dt.datetime) -> str:
    """A new code with which the device is paired once, within a quarter of an hour.

    An older code is void at once; what the device shows now goes on until the new one is used.
    """
    device = Device.objects.select_for_update().get(pk=device_id)
    if not device.active:
        raise Refusal("device_off")
    code = "".join(secrets.choice(_CLEAR) for _ in range(CODE_LENGTH))
    device.pairing_hash = _of_code(code)
    device.pairing_until = at + PAIRING_FOR
    device.save(update_fields=["pairing_hash", "pairing_until"])
    return code


def pair(*, mall: Mall, code: str, client: str, at: dt.datetime) -> tuple[Device, str]:
    """The device whose code this is, and its new token; the old token and the code are void.

    Of two devices that type the same code one wins. `client` is the address guesses are counted by.
    """
    if tries.take(f"pairing:{client}", seconds=_GUESSES_S) > GUESSES:
        raise Refusal("too_many_pairings")
    typed = "".join(letter for letter in code.upper() if letter.isalnum())[:CODE_LENGTH]
    device, token = _paired(mall, _of_code(typed), at)
    tries.forget(f"pairing:{client}")
    return device, token


@transaction.atomic
def _paired(mall: Mall, pairing_hash: str, at: dt.datetime) -> tuple[Device, str]:
    device = _with_code(mall, pairing_hash)
    if device is None or device.pairing_until is None or at >= device.pairing_until:
        raise Refusal("wrong_pairing_code")
    token = secrets.token_urlsafe(32)
    device.token_hash = fingerprint(token)
    device.pairing_hash, device.pairing_until = "", None
    device.paired_at = device.last_seen_at = at
    device.reload_at = None
    device.save(
        update_fields=[
            "token_hash",
            "pairing_hash",
            "pairing_until",
            "paired_at",
            "last_seen_at",
            "reload_at",
        ]
    )
    return device, token


def _with_code(mall: Mall, pairing_hash: str) -> Device | None:
    """Locked: who comes second finds the code gone."""
    return (
        Device.objects.select_for_update()
        .filter(mall=mall, active=True, pairing_hash=pairing_hash)
        .first()
    )


def unpair(*, device_id: int) -> None:
    """The device's token and code are void; it can be paired again."""
    Device.objects.filter(pk=device_id).update(
        token_hash="", pairing_hash="", pairing_until=None, paired_at=None
    )


def seen(*, device_id: int, at: dt.datetime) -> None:
    """The device has just asked for something."""
    Device.objects.filter(pk=device_id).update(last_seen_at=at)


def report_trouble(*, device_id: int, trouble: str, at: dt.datetime) -> None:
    """What is wrong with the device now, "" for nothing; a trouble that stays keeps its moment."""
    if trouble and trouble not in Device.Trouble.values:
        raise Refusal("bad_trouble")
    Device.objects.filter(~Q(trouble=trouble), pk=device_id).update(
        trouble=trouble, trouble_at=at if trouble else None
    )


def ask_reload(*, device_id: int, at: dt.datetime) -> None:
    """The device loads its page anew at its next beat."""
    Device.objects.filter(pk=device_id).update(reload_at=at)


def call_for_help(*, device: Device, at: dt.datetime) -> HelpCall:
    """Somebody at the device asks for a person; pressed again it stays one call since the first.

    One of an earlier day, which nobody answered, makes room: who called is long gone.
    """
    HelpCall.objects.filter(
        device=device, answered_at=None, at__lt=_midnight(device.mall, at)
    ).update(answered_at=at)
    try:
        with transaction.atomic():
            return HelpCall.objects.create(mall_id=device.mall_id, device=device, at=at)
    except IntegrityError:
        return HelpCall.objects.filter(device=device).latest("pk")


def help_under_way(*, device: Device, at: dt.datetime) -> HelpCall | None:
    """Today's call that is open, or was answered so lately that the officer is on the way."""
    return (
        HelpCall.objects.filter(
            Q(answered_at=None) | Q(answered_at__gt=at - ON_THE_WAY),
            device=device,
            at__gte=_midnight(device.mall, at),
        )
        .order_by("-pk")
        .first()
    )


def _midnight(mall: Mall, at: dt.datetime) -> dt.datetime:
    return dt.datetime.combine(mall.date_at(at), dt.time.min, mall.zone)


@transaction.atomic
def answer_help(*, call_id: int, mall: Mall, officer: User, at: dt.datetime) -> HelpCall:
    """An officer goes there. Of two who answer the first is kept, and the second is told so."""
    call = (
        HelpCall.objects.select_for_update(of=("self",))
        .select_related("device")
        .filter(pk=call_id, mall=mall)
        .first()
    )
    if call is None:
        raise Refusal("unknown_help_call")
    if call.answered_at is not None:
        if call.answered_by_id == officer.pk:
            return call
        raise Refusal("help_answered")
    call.answered_at, call.answered_by = at, officer
    call.save(update_fields=["answered_at", "answered_by"])
    return call
