"""What the API of every room asks of a request: whose token it bears, and the key of a repeat."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from ninja.security import HttpBearer

from accounts.models import ApiToken, User
from accounts.rules import Refusal, user_for_token
from privacy.index import blind

LONGEST_KEY = 200


class Bearer(HttpBearer):
    """Lets in who bears a live token with one of these scopes; none named: with any.

    Sessions of a browser do not count, so there is nothing to forge.
    """

    def __init__(self, *scopes: ApiToken.Scope) -> None:
        super().__init__()
        self.scopes = scopes

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        user = user_for_token(token=token, at=timezone.now())
        if user is None or not self.scopes or {*self.scopes} & {*user.api_token.scopes}:  # type: ignore[attr-defined]
            return user
        wanted = ", ".join(self.scopes)
        text = _("Token ini tidak mencakup %(scope)s. Minta token dengan lingkup itu.")
        raise Refusal(
            "scope_missing", text % {"scope": wanted}, status=403, fields={"scope": wanted}
        )


class BearerOrNobody(Bearer):
    """The same, for what needs no token: without one the request is nobody's."""

    def __call__(self, request: HttpRequest) -> Any:
        if not request.headers.get(self.header):
            return AnonymousUser()
        return super().__call__(request)


def request_key(request: HttpRequest) -> str | None:
    """The rules' key for a request's `Idempotency-Key`; what the client wrote is not kept."""
    key = request.headers.get("Idempotency-Key", "")
    owner = getattr(request, "auth", None)
    whose = [str(owner.pk)] if owner and owner.is_authenticated else []
    return f"api:{blind('request-key', *whose, key).hex()}" if key else None
