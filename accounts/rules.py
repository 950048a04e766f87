"""Tokens by which an officer's programs sign in, and the letters an account gets."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.backends import is_of_the_demo
from accounts.models import ApiToken, User

PREFIX = "mpp_"
USED_EVERY = timedelta(minutes=1)  # how often the use of a token is noted


class Refusal(Exception):
    """Something that may not be done, with a text that says what to do next."""

    def __init__(
        self,
        code: str,
        message: Any,
        *,
        status: int = 409,
        fields: dict[str, Any] | None = None,
        next_date: date | None = None,
    ) -> None:
        super().__init__(code)
        self.code, self.message, self.status = code, message, status
        self.fields, self.next_date = fields or {}, next_date


def choose_digest(*, user: User, wanted: bool) -> None:
    """Switch the daily letter on or off; refuses to switch it on where there is no e-mail."""
    if wanted and not user.email:
        text = _("Akun ini belum punya surel. Minta pengelola menambahkannya.")
        raise Refusal("no_email", text, status=422)
    user.digest = wanted
    user.save(update_fields=["digest"])


def token_hash(token: str) -> bytes:
    """SHA-256 of a token: 192 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).digest()


def issue_token(
    *,
    user: User,
    name: str,
    at: datetime,
    scopes: Iterable[str] = tuple(ApiToken.Scope),
    expires_at: datetime | None = None,
) -> str:
    """Make a token and return it: this is the only time anybody sees it.

    It may do what its account may, of that only what `scopes` name; unnamed: all of it.
    """
    chosen = sorted({ApiToken.Scope(scope) for scope in scopes})
    if not chosen:
        text = _("Pilih paling sedikit satu lingkup.")
        raise Refusal("no_scope", text, status=422, fields={"scopes": text})
    if not user.is_active:
        raise Refusal("inactive", _("Akun ini tidak aktif. Aktifkan dulu akunnya."))
    if expires_at is not None and expires_at <= at:
        text = _("Masa berlaku harus di masa depan.")
        raise Refusal("already_over", text, status=422, fields={"expires_at": text})
    token = PREFIX + secrets.token_urlsafe(24)  # 32 characters
    ApiToken.objects.create(
        user=user,
        name=name,
        scopes=chosen,
        token_hash=token_hash(token),
        created_at=at,
        expires_at=expires_at,
    )
    return token


def revoke_token(*, token: ApiToken, at: datetime) -> None:
    """End a token for good; the first moment counts."""
    with transaction.atomic():
        live = ApiToken.objects.select_for_update().filter(pk=token.pk, revoked_at=None).first()
        if live:
            live.revoked_at = at
            live.save(update_fields=["revoked_at"])
    token.refresh_from_db(fields=["revoked_at"])


def user_for_token(*, token: str, at: datetime) -> User | None:
    """The active person whose live token this is, in one query; None for any other string.

    The token stays on the person as `api_token`; once a minute it is noted that it was used.
    """
    if not token.startswith(PREFIX):
        return None
    found = (
        ApiToken.objects.filter(token_hash=token_hash(token), revoked_at=None, user__is_active=True)
        .filter(Q(expires_at=None) | Q(expires_at__gt=at))
        .select_related("user")
        .first()
    )
    if found is None or (settings.PRODUCTION and is_of_the_demo(found.user)):
        return None
    if found.last_used_at is None or at - found.last_used_at >= USED_EVERY:
        ApiToken.objects.filter(pk=found.pk).update(last_used_at=at)
    found.user.api_token = found  # type: ignore[attr-defined]
    return found.user
