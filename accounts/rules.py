"""Tokens by which an officer's programs sign in."""

import hashlib
import secrets
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.backends import is_of_the_demo
from accounts.models import ApiToken, User

PREFIX = "mpp_"


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


def token_hash(token: str) -> bytes:
    """SHA-256 of a token: 192 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).digest()


def issue_token(*, user: User, name: str, at: datetime, expires_at: datetime | None = None) -> str:
    """Make a token and return it: this is the only time anybody sees it."""
    if not user.is_active:
        raise Refusal("inactive", _("Akun ini tidak aktif. Aktifkan dulu akunnya."))
    if expires_at is not None and expires_at <= at:
        text = _("Masa berlaku harus di masa depan.")
        raise Refusal("already_over", text, status=422, fields={"expires_at": text})
    token = PREFIX + secrets.token_urlsafe(24)  # 32 characters
    ApiToken.objects.create(
        user=user, name=name, token_hash=token_hash(token), created_at=at, expires_at=expires_at
    )
    return token


def revoke_token(*, token: ApiToken, at: datetime) -> None:
    """End a token for good; the first moment counts."""
    ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=at)
    token.refresh_from_db(fields=["revoked_at"])


def user_for_token(*, token: str, at: datetime) -> User | None:
    """The active person whose live token this is, in one query; None for any other string."""
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
    return found.user
