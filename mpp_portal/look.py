"""The admin in the colours of the mall that the signed-in person works for."""

from typing import Any

from django.http import HttpRequest

from services import colours, permissions
from services.models import Mall


def mall_of(request: HttpRequest) -> Mall | None:
    """The mall of the person's first office, else the only mall; asked once per request."""
    if not hasattr(request, "staff_mall"):
        request.staff_mall = _mall_for(getattr(request, "user", None))  # type: ignore[attr-defined]
    return request.staff_mall  # type: ignore[attr-defined,no-any-return]


def primary(request: HttpRequest) -> dict[str, str]:
    """The admin's primary colour in its eleven steps."""
    mall = mall_of(request)
    return colours.steps(mall.primary_colour if mall else colours.DEFAULT_BRAND)


def context(request: HttpRequest) -> dict[str, Any]:
    """What every page of the admin knows besides: the mall whose style sheet it adds."""
    return {"staff_mall": mall_of(request)}


def _mall_for(user: Any) -> Mall | None:
    first = permissions.first_mall_id(user) if user is not None else None
    if first is not None:
        return Mall.objects.filter(pk=first).first()
    malls = list(Mall.objects.filter(active=True).order_by("pk")[:2])
    return malls[0] if len(malls) == 1 else None
