"""The second factor at sign-in: a code of the phone's app (TOTP), or one of ten recovery codes."""

import hashlib
import math
import re
import secrets
from base64 import b32encode
from datetime import datetime

import segno
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from django_otp.models import Device, ThrottlingMixin
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import sessions
from accounts.models import User
from accounts.rules import Refusal

RECOVERY_CODES = 10
_FIGURES = 12  # of a recovery code: 40 bits, and guessing is slowed down


def active(user: User) -> TOTPDevice | None:
    """The phone that gives the person's codes; None where there is no second factor."""
    return TOTPDevice.objects.filter(user=user, confirmed=True).first()


def pending(user: User) -> TOTPDevice | None:
    """The phone that is being set up."""
    return TOTPDevice.objects.filter(user=user, confirmed=False).first()


def codes_left(user: User) -> int:
    """How many recovery codes are unused."""
    return StaticToken.objects.filter(device__user=user).count()


@transaction.atomic
def begin(*, user: User) -> TOTPDevice:
    """Start setting up: a new secret, which counts once a code of it was written."""
    _lock(user)
    if active(user):
        raise Refusal("already_active", _("Verifikasi dua langkah sudah aktif untuk akun Anda."))
    return _new_phone(user)


@transaction.atomic
def change_phone(*, user: User) -> TOTPDevice:
    """Start anew with another phone; the old one and its recovery codes open nothing any more."""
    _lock(user)
    _forget(user)
    return _new_phone(user)


def _new_phone(user: User) -> TOTPDevice:
    TOTPDevice.objects.filter(user=user).delete()
    return TOTPDevice.objects.create(user=user, name="TOTP", confirmed=False)


def confirm(*, user: User, typed: str, keep: str | None) -> tuple[TOTPDevice, list[str]]:
    """The first code: the factor counts from now on; the recovery codes, seen this once.

    All sessions of the person end but the one with the key `keep`: they were opened without it.
    """
    with transaction.atomic():
        _lock(user)
        device = TOTPDevice.objects.select_for_update().filter(user=user, confirmed=False).first()
        if device is None:
            raise Refusal("not_begun", _("Mulai dari awal: buat kode QR yang baru."))
        right = _judge(device, _figures(typed))
        if right:
            device.confirmed = True
            device.save(update_fields=["confirmed"])
            codes = _write_codes(user)
            sessions.end_others(user=user, keep=keep)
    if not right:  # outside: what was counted stays counted
        raise _refused(device)
    return device, codes


def verify(*, user: User, typed: str) -> Device:
    """The device whose code this is; a recovery code is used up. Refuses `wrong_code`, `wait`."""
    figures = _figures(typed)
    table, figures = (
        (StaticDevice, _hashed(figures)) if len(figures) == _FIGURES else (TOTPDevice, figures)
    )
    with transaction.atomic():
        device = table.objects.select_for_update().filter(user=user, confirmed=True).first()
        right = device is not None and _judge(device, figures)
    if device is None or not right:
        raise _refused(device)
    return device


@transaction.atomic
def new_codes(*, user: User) -> list[str]:
    """Ten new recovery codes, seen this once; those from before open nothing any more."""
    _lock(user)
    if active(user) is None:
        raise Refusal("not_active", _("Verifikasi dua langkah belum aktif. Aktifkan dulu."))
    return _write_codes(user)


@transaction.atomic
def turn_off(*, user: User, required: bool) -> None:
    """Sign in by password alone again; refused to whom the office requires it."""
    if required:
        raise Refusal("required", _("Peran Anda mewajibkan verifikasi dua langkah."), status=403)
    _forget(user)


@transaction.atomic
def reset(*, user: User, by: User, reason: str, at: datetime) -> None:
    """For who lost the phone: all of it is forgotten, every session ends, and it is in the log."""
    if user.pk == by.pk:
        raise Refusal("own_factor", _("Minta rekan mengatur ulang: milik sendiri tidak bisa."))
    if len(reason.strip()) < 5:
        text = _("Tulis alasannya, paling sedikit 5 huruf.")
        raise Refusal("reason_missing", text, status=422, fields={"reason": text})
    _forget(user)
    sessions.end_others(user=user, keep=None)
    LogEntry.objects.log_actions(
        by.pk,
        [user],
        CHANGE,
        change_message=f"Verifikasi dua langkah diatur ulang: {reason.strip()}",
        single_object=True,
    )


def secret_shown(device: TOTPDevice) -> str:
    """The secret as one types it: groups of four."""
    secret = b32encode(device.bin_key).decode().rstrip("=")
    return " ".join(re.findall(".{1,4}", secret))


def qr(device: TOTPDevice, label: str) -> SafeString:
    """The secret for the phone's camera, as inline SVG."""
    svg = segno.make(device.config_url, error="m", micro=False).svg_inline(
        scale=4, border=4, omitsize=True, svgclass="m-qr", title=label, lineclass=None
    )
    return mark_safe(svg)  # noqa: S308 - drawn by segno, which escapes the title


def _judge(device: Device, typed: str) -> bool:
    return bool(typed) and bool(device.verify_token(typed))


def _refused(device: Device | None) -> Refusal:
    """Why a code opened nothing: after wrong ones each next one has to wait twice as long."""
    if isinstance(device, ThrottlingMixin):
        allowed, why = device.verify_is_allowed()
        if not allowed and why and why["failure_count"] > 2:
            seconds = math.ceil((why["locked_until"] - timezone.now()).total_seconds())
            wait = _("Kode salah beberapa kali. Tunggu %(s)d detik, lalu tulis kode yang baru.")
            said = wait % {"s": seconds}
            return Refusal("wait", said, status=429, fields={"code": said})
    text = _("Kode tidak cocok. Tulis 6 angka yang sekarang tampil di aplikasi.")
    return Refusal("wrong_code", text, status=422, fields={"code": text})


def _write_codes(user: User) -> list[str]:
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="recovery")
    codes = [f"{secrets.randbelow(10**_FIGURES):0{_FIGURES}d}" for _code in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=device, token=_hashed(c)) for c in codes)
    return [" ".join(re.findall("....", code)) for code in codes]


def _forget(user: User) -> None:
    TOTPDevice.objects.filter(user=user).delete()
    StaticDevice.objects.filter(user=user).delete()


def _lock(user: User) -> None:
    """Two browsers of one person do this one after the other."""
    User.objects.select_for_update().only("pk").get(pk=user.pk)


def _figures(typed: str) -> str:
    """What was typed without blanks and hyphens; empty unless figures are left."""
    bare = re.sub(r"[\s\-]", "", typed)
    return bare if re.fullmatch(r"[0-9]{6}|[0-9]{12}", bare) else ""


def _hashed(code: str) -> str:
    """What is kept of a recovery code; the column holds 16 characters."""
    return hashlib.sha256(code.encode()).hexdigest()[:16]
