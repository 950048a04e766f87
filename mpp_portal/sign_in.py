"""Who is let in how far: a PIN opens the counters only, some offices need a second factor.

Here, where offices are known: `accounts` knows passwords, PINs and codes, and nothing of offices.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import second_factor, sessions
from accounts.models import User
from accounts.pins import BY_PIN
from accounts.rules import Refusal
from mpp_portal.look import mall_of
from services.models import Officer
from services.permissions import APPOINT, malls_for, needs_second_factor

Handler = Callable[[HttpRequest], HttpResponse]
LETTER_OF = {Officer.Role.AGENCY_HEAD, Officer.Role.COUNTER}  # who may have a daily letter
_STAFF = ("/admin/", "/dasbor/", "/akun/")
_COUNTERS = ("/admin/loket/", "/admin/jsi18n/", "/admin/logout/")  # all that a PIN opens
_SIGN_IN, _ADMIN_SIGN_IN, _SET_UP = "/masuk/", "/admin/login/", "/akun/dua-langkah/"


def admission(get_response: Handler) -> Handler:
    """Who owes a password or a second factor is nobody yet, at every address but the next step."""

    def handle(request: HttpRequest) -> HttpResponse:
        known = request.user
        request.user = SimpleLazyObject(  # type: ignore[assignment]
            lambda: AnonymousUser() if _owed(request, known) else known
        )
        request.its_mall = SimpleLazyObject(lambda: mall_of(request))  # type: ignore[attr-defined]
        if request.path.startswith((*_STAFF, _SIGN_IN)) and request.path != _ADMIN_SIGN_IN:
            to = _next_step(request, known)
            if to is not None:
                return to
        response = get_response(request)
        seen = getattr(request, "_cached_user", None)  # asked for, by whichever page
        if seen is not None and seen.is_authenticated:
            sessions.note_seen(request, seen, timezone.now())
        return response

    return handle


def _next_step(request: HttpRequest, known: Any) -> HttpResponse | None:
    """Where a person who owes something is led from a page of the staff; None who owes nothing."""
    owed = _owed(request, known)
    if request.path == _SET_UP and known.is_authenticated:
        request.second_factor_required = needs_second_factor(known)  # type: ignore[attr-defined]
    if not owed:
        return None
    if request.path.startswith(_SIGN_IN) and owed != "second_factor":
        request.known_user = known  # type: ignore[attr-defined]  # the sign-in page says why
        return None
    asked = request.get_full_path() if request.path.startswith(_STAFF) else ""
    if request.path.startswith(_SIGN_IN):
        asked = request.GET.get(REDIRECT_FIELD_NAME, "")
    step = _SET_UP if owed == "second_factor" else _SIGN_IN
    return _led(step, asked if request.method in {"GET", "HEAD"} else "")


def _owed(request: HttpRequest, known: Any) -> str:
    """What this person still owes at this address: "password", "second_factor", or nothing."""
    if not known.is_authenticated:
        return ""
    if request.session.get(BY_PIN):
        return "" if request.path.startswith(_COUNTERS) else "password"
    if known.is_verified() or not needs_second_factor(known):
        return ""
    if second_factor.active(known) is not None:
        return "password"  # signed in before it was set up
    return "" if request.path == _SET_UP else "second_factor"


def _led(step: str, goes_to: str) -> HttpResponse:
    query = f"?{urlencode({REDIRECT_FIELD_NAME: goes_to})}" if goes_to else ""
    return HttpResponseRedirect(f"{step}{query}")


@never_cache
def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """The admin's own sign-in leads to the one of the portal; nobody signs in here."""
    asked = request.GET.get(REDIRECT_FIELD_NAME, "")
    ours = url_has_allowed_host_and_scheme(
        asked, {request.get_host()}, require_https=request.is_secure()
    )
    goes_to = asked if ours else reverse("admin:index")
    if not request.user.is_authenticated:
        return _led(_SIGN_IN, goes_to)
    if not request.user.is_staff:
        raise PermissionDenied
    return HttpResponseRedirect(goes_to)


@require_safe
@never_cache
@login_required
def account(request: HttpRequest) -> HttpResponse:
    """One's own page: offices, how one signs in, and where one is signed in."""
    at = timezone.now()
    key = request.session.session_key
    places = list(sessions.of(request.user, at))
    for place in places:
        place.shown, place.here = sessions.device_shown(place.device), place.session_key == key
    mall = mall_of(request)
    offices = list(
        Officer.objects.filter(user=request.user, active=True)
        .select_related("mall", "agency")
        .order_by("pk")
    )
    page = {
        "offices": offices,
        "letter": next((o.role for o in offices if o.role in LETTER_OF), ""),
        "places": sorted(places, key=lambda place: not place.here),
        "others": sum(not place.here for place in places),
        "factor": second_factor.active(request.user),
        "codes_left": second_factor.codes_left(request.user),
        "required": needs_second_factor(request.user),
        "zone": mall.time_zone if mall else timezone.get_default_timezone_name(),
    }
    return render(request, "accounts/account.html", page)


@admin.site.admin_view
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def reset_second_factor(request: HttpRequest, user_id: int) -> HttpResponse:
    """For somebody who lost the phone: with a reason, which stays in the log."""
    if not request.user.is_superuser and not malls_for(request.user, APPOINT).exists():
        raise PermissionDenied
    person = get_object_or_404(people_under(request.user), pk=user_id)
    error, status = "", 200
    if request.method == "POST":
        try:
            second_factor.reset(
                user=person,
                by=request.user,
                reason=request.POST.get("reason", "")[:200],
                at=timezone.now(),
            )
        except Refusal as refusal:
            error, status = str(refusal.message), refusal.status
        else:
            text = _("Verifikasi dua langkah %(name)s diatur ulang. Semua sesinya berakhir.")
            messages.success(request, text % {"name": person})
            return redirect("admin:index")
    page = {
        **admin.site.each_context(request),
        "title": _("Atur ulang verifikasi dua langkah"),
        "person": person,
        "active": second_factor.active(person),
        "error": error,
    }
    return render(request, "accounts/reset_second_factor.html", page, status=status)


def people_under(user: User) -> QuerySet[User]:
    """Accounts that are in this person's hands: all offices in the malls where they appoint."""
    if user.is_superuser:
        return User.objects.all()
    malls = malls_for(user, APPOINT)
    elsewhere = Officer.objects.filter(~Q(mall__in=malls), active=True)
    return (
        User.objects.filter(offices__mall__in=malls, is_superuser=False)
        .exclude(pk__in=elsewhere.values("user"))
        .distinct()
    )
