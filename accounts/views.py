"""Signing in (password, then the second factor), and what a person arranges about it."""

import time
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME, login, views
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST
from django_otp import login as remember_device
from django_otp.plugins.otp_static.models import StaticDevice

from accounts import pins, rules, second_factor, sessions
from accounts.backends import PasswordBackend
from accounts.forms import CodeForm, OwnPasswordForm, PasswordForm, PinForm, SignInForm
from accounts.models import User
from accounts.rules import Refusal

HALF = "half_signed_in"  # in a session: whose password was right, while the code is awaited
_HALF_LASTS_S = 10 * 60


class SignInView(views.LoginView):
    """The password; who has a second factor is asked for its code before the door opens."""

    template_name = "accounts/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_initial(self) -> dict[str, Any]:
        known = getattr(self.request, "known_user", None)
        return {"username": known.username} if known is not None else {}

    def form_valid(self, form: Any) -> HttpResponse:
        user = form.get_user()
        if second_factor.active(user) is None:
            return super().form_valid(form)
        self.request.session[HALF] = {
            "user": user.pk,
            "hash": user.get_session_auth_hash(),
            "at": int(time.time()),
            "next": self.get_success_url(),
        }
        return redirect("accounts:code")


class OwnPasswordView(views.PasswordChangeView):
    """A new password; everywhere else the person is signed out."""

    template_name = "accounts/password.html"
    form_class = PasswordForm
    success_url = reverse_lazy("accounts:password_done")

    def form_valid(self, form: Any) -> HttpResponse:
        before = self.request.session.session_key
        response = super().form_valid(form)
        now = self.request.session.session_key
        sessions.renamed(before=before, now=now)
        sessions.end_others(user=form.user, keep=now)
        return response


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@never_cache
def code(request: HttpRequest) -> HttpResponse:
    """The second step: a code of the phone, or a recovery code."""
    user = _half_signed_in(request)
    if user is None:
        return redirect("accounts:sign_in")
    form, status = CodeForm(request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        try:
            device = second_factor.verify(user=user, typed=form.cleaned_data["code"])
        except Refusal as refusal:
            status = _told(form, refusal)
        else:
            goes_to = request.session.pop(HALF)["next"]
            login(request, user, backend=pins.BACKEND)
            remember_device(request, device)
            if isinstance(device, StaticDevice):
                _tell_codes_left(request, user)
            return HttpResponseRedirect(goes_to)
    status = 422 if form.errors and status == 200 else status
    form.fields["code"].widget.attrs["autofocus"] = not form.errors
    return _shown(request, "code", {"form": form, "asked": user}, status)


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@never_cache
@login_required
def pin(request: HttpRequest) -> HttpResponse:
    """The PIN for the quick change at a counter: set or taken away, by the password."""
    if request.method == "POST" and request.POST.get("aksi") == "hapus":
        return _remove_pin(request)
    form, status = PinForm(request.user, request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        try:
            pins.set_pin(user=request.user, pin=form.cleaned_data["pin"], at=timezone.now())
        except Refusal as refusal:
            status = _told(form, refusal)
        else:
            messages.success(request, _("PIN Anda sudah disimpan."))
            return redirect("account")
    removing = OwnPasswordForm(request.user, auto_id="hapus_%s") if request.user.pin else None
    status = 422 if form.errors and status == 200 else status
    return _shown(request, "pin", {"form": form, "removing": removing}, status)


def _remove_pin(request: HttpRequest) -> HttpResponse:
    removing = OwnPasswordForm(request.user, request.POST, auto_id="hapus_%s")
    if not removing.is_valid():
        form = PinForm(request.user)
        return _shown(request, "pin", {"form": form, "removing": removing}, 422)
    pins.remove_pin(user=request.user)
    messages.success(request, _("PIN Anda sudah dihapus."))
    return redirect("account")


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@never_cache
@login_required
def two_steps(request: HttpRequest) -> HttpResponse:
    """The second factor: set it up, see what is left, get new recovery codes, turn it off."""
    if request.method != "POST":
        return _two_steps(request)
    act = _ACTS.get(request.POST.get("aksi", ""))
    return act(request) if act else _two_steps(request, status=422)


@require_POST
@never_cache
@login_required
def end_session(request: HttpRequest) -> HttpResponse:
    """Sign out one of the other browsers, or all of them."""
    if request.POST.get("sesi") == "lain":
        count = sessions.end_others(user=request.user, keep=request.session.session_key)
        text = ngettext(
            "%(n)d perangkat lain sudah dikeluarkan.",
            "%(n)d perangkat lain sudah dikeluarkan.",
            count,
        )
        messages.success(request, text % {"n": count})
    elif request.POST.get("sesi", "").isdecimal():
        sessions.end(user=request.user, sign_in_id=int(request.POST["sesi"][:18]))
        messages.success(request, _("Perangkat itu sudah dikeluarkan."))
    return redirect("account")


@require_POST
@never_cache
@login_required
def digest(request: HttpRequest) -> HttpResponse:
    """The daily letter by e-mail: on or off."""
    wanted = request.POST.get("kirim") == "ya"
    rules.choose_digest(user=request.user, wanted=wanted)
    on = _("Ringkasan akan dikirim ke surel Anda.")
    messages.success(request, on if wanted else _("Ringkasan tidak dikirim lagi."))
    return redirect("account")


# -- the second factor, act by act -------------------------------------------------------------


def _begin(request: HttpRequest) -> HttpResponse:
    if not sessions.password_is_fresh(request):
        form = OwnPasswordForm(request.user, request.POST)
        if not form.is_valid():
            return _two_steps(request, form=form, status=422)
    second_factor.begin(user=request.user)
    return redirect(_here(request))


def _confirm(request: HttpRequest) -> HttpResponse:
    form = CodeForm(request.POST)
    if not form.is_valid():
        return _two_steps(request, form=form, status=422)
    try:
        device, codes = second_factor.confirm(
            user=request.user,
            typed=form.cleaned_data["code"],
            keep=request.session.session_key,
        )
    except Refusal as refusal:
        if refusal.code == "not_begun":
            return redirect(_here(request))
        return _two_steps(request, form=form, status=_told(form, refusal))
    remember_device(request, device)
    return _codes(request, codes)


def _renew_codes(request: HttpRequest) -> HttpResponse:
    form = OwnPasswordForm(request.user, request.POST)
    if not form.is_valid():
        return _two_steps(request, form=form, status=422)
    return _codes(request, second_factor.new_codes(user=request.user))


def _change_phone(request: HttpRequest) -> HttpResponse:
    form = OwnPasswordForm(request.user, request.POST, auto_id="ganti_%s")
    if not form.is_valid():
        return _two_steps(request, changing=form, status=422)
    second_factor.change_phone(user=request.user)
    return redirect("accounts:two_steps")


def _turn_off(request: HttpRequest) -> HttpResponse:
    form = OwnPasswordForm(request.user, request.POST, auto_id="matikan_%s")
    if not form.is_valid():
        return _two_steps(request, turning_off=form, status=422)
    second_factor.turn_off(user=request.user, required=_is_required(request))
    messages.success(request, _("Verifikasi dua langkah sudah dimatikan."))
    return redirect("account")


_ACTS = {
    "mulai": _begin,
    "pastikan": _confirm,
    "kode-baru": _renew_codes,
    "ganti": _change_phone,
    "matikan": _turn_off,
}


def _two_steps(request: HttpRequest, *, status: int = 200, **forms: Any) -> HttpResponse:
    """The page as the person's second factor stands: off, being set up, or on."""
    user = request.user
    page: dict[str, Any] = {"required": _is_required(request), "next": _next(request), **forms}
    if device := second_factor.active(user):
        page |= {"device": device, "left": second_factor.codes_left(user)}
        page.setdefault("form", OwnPasswordForm(user))
        page.setdefault("changing", OwnPasswordForm(user, auto_id="ganti_%s"))
        page.setdefault("turning_off", OwnPasswordForm(user, auto_id="matikan_%s"))
    elif device := second_factor.pending(user):
        page |= {
            "pending": device,
            "qr": second_factor.qr(device, _("Kode QR untuk aplikasi kode")),
            "secret": second_factor.secret_shown(device),
        }
        page.setdefault("form", CodeForm())
    elif not sessions.password_is_fresh(request):
        page.setdefault("form", OwnPasswordForm(user))
    return _shown(request, "two_steps", page, status)


def _codes(request: HttpRequest, codes: list[str]) -> HttpResponse:
    """The recovery codes, this once: in the answer itself, kept nowhere."""
    page = {"codes": codes, "next": _next(request)}
    return _shown(request, "recovery_codes", page, 200)


def _is_required(request: HttpRequest) -> bool:
    """Whether the person's office asks for it: the edge, which knows offices, has said so."""
    return bool(getattr(request, "second_factor_required", False))


def _here(request: HttpRequest) -> str:
    address, goes_to = reverse("accounts:two_steps"), _next(request)
    return f"{address}?{urlencode({REDIRECT_FIELD_NAME: goes_to})}" if goes_to else address


# -- shared ------------------------------------------------------------------------------------


def _half_signed_in(request: HttpRequest) -> User | None:
    """Whose password was right in this browser a moment ago, and still is."""
    half = request.session.get(HALF)
    if half is None or time.time() - half["at"] > _HALF_LASTS_S:
        return None
    user = User.objects.filter(pk=half["user"]).first()
    if user is None or not PasswordBackend().user_can_authenticate(user):
        return None
    return user if constant_time_compare(half["hash"], user.get_session_auth_hash()) else None


def _next(request: HttpRequest) -> str:
    """Where to go on afterwards: an address of ours, or nowhere."""
    asked = request.POST.get(REDIRECT_FIELD_NAME) or request.GET.get(REDIRECT_FIELD_NAME, "")
    ours = url_has_allowed_host_and_scheme(
        asked, {request.get_host()}, require_https=request.is_secure()
    )
    return asked if ours else ""


def _tell_codes_left(request: HttpRequest, user: User) -> None:
    left = second_factor.codes_left(user)
    text = ngettext(
        "Satu kode pemulihan terpakai, tersisa %(n)d. Buat yang baru di halaman akun Anda.",
        "Satu kode pemulihan terpakai, tersisa %(n)d. Buat yang baru di halaman akun Anda.",
        left,
    )
    messages.warning(request, text % {"n": left})


def _told(form: Form, refusal: Refusal) -> int:
    """Say a refusal at its field; its status."""
    for name, text in (refusal.fields or {None: refusal.message}).items():
        form.add_error(name if name in form.fields else None, str(text))
    return refusal.status


def _shown(request: HttpRequest, name: str, page: dict[str, Any], status: int) -> HttpResponse:
    page.setdefault("onward", resolve_url(settings.LOGIN_REDIRECT_URL))
    return render(request, f"accounts/{name}.html", page, status=status)
