"""The PIN for the quick change of officers at a counter: six figures, good for nothing else."""

import re
from datetime import datetime
from typing import Any

from django.contrib.auth import login
from django.contrib.auth.hashers import check_password, make_password
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import tries
from accounts.addresses import client_address
from accounts.backends import PasswordBackend
from accounts.models import User
from accounts.rules import Refusal

LENGTH = 6
TRIES = 5  # wrong ones of one account, then it waits
TRIES_OF_AN_ADDRESS = 60  # of all accounts from one place: a whole mall can be behind one
WAIT_S = 15 * 60
BY_PIN = "by_pin"  # in a session: good for the counters only
BACKEND = "accounts.backends.PasswordBackend"
_STEPS = {"0123456789012345", "9876543210987654"}
_WRONG = _("Nama akun atau PIN tidak cocok. Coba lagi, atau masuk dengan kata sandi.")
_LOCKED = _("PIN salah terlalu sering. Masuk dengan kata sandi, atau coba lagi setelah 15 menit.")


def user_by_pin(*, request: HttpRequest, username: str, pin: str, at: datetime) -> User:
    """The active person whose PIN this is.

    Refuses with `wrong_pin`, which says the same whether the account, its PIN or the figures are
    wrong, and after five wrong ones with `pin_locked` for fifteen minutes.
    """
    username = username.strip().replace("\0", "")
    of_account = f"pin:{username.lower()}"
    of_address = f"pin-from:{client_address(request)}"
    count = tries.take(of_account, seconds=WAIT_S)
    if count > TRIES or tries.take(of_address, seconds=WAIT_S) > TRIES_OF_AN_ADDRESS:
        raise Refusal("pin_locked", _LOCKED, status=429, fields={"pin": _LOCKED})
    user = User.objects.filter(username=username).first()
    # An account without a PIN, or no account, takes as long as a wrong PIN.
    right = check_password(pin[: LENGTH + 1], user.pin if user else "")
    if user is None or not right or not PasswordBackend().user_can_authenticate(user):
        if count == TRIES:
            tries.again(of_account, seconds=WAIT_S)
            raise Refusal("pin_locked", _LOCKED, status=429, fields={"pin": _LOCKED})
        raise Refusal("wrong_pin", _WRONG, status=422, fields={"pin": _WRONG})
    tries.forget(of_account)
    return user


def sign_in(request: HttpRequest, user: User) -> None:
    """Sign the person in for the counters only: any other page asks for the password."""
    login(request, user, backend=BACKEND)
    request.session[BY_PIN] = True


def set_pin(*, user: User, pin: str, at: datetime) -> None:
    """Give the account a new PIN; an easy one is refused (`easy_pin`, `bad_pin`)."""
    if not re.fullmatch(rf"[0-9]{{{LENGTH}}}", pin):
        raise _refused("bad_pin", _("PIN terdiri dari 6 angka."))
    if is_easy(pin):
        raise _refused("easy_pin", _("PIN ini mudah ditebak. Pilih 6 angka lain yang acak."))
    if any(pin in re.sub(r"\D", "", text) for text in (user.username, user.email)):
        raise _refused("easy_pin", _("PIN ini ada di nama akun Anda. Pilih 6 angka lain."))
    user.pin = make_password(pin)
    user.save(update_fields=["pin"])


def remove_pin(*, user: User) -> None:
    """Take the PIN away: counters are handed over by password."""
    user.pin = ""
    user.save(update_fields=["pin"])


def is_easy(pin: str) -> bool:
    """Whether many would guess it: 000000, 123456, 654321, 121212, 123123, 112233."""
    return (
        len(set(pin)) <= 2
        or pin[:3] == pin[3:]
        or pin == pin[::-1]
        or any(pin in steps for steps in _STEPS)
        or (pin[::2] == pin[1::2] and any(pin[::2] in steps for steps in _STEPS))
        or (pin[:2] == pin[2:4] == pin[4:])
    )


def _refused(code: str, text: Any) -> Refusal:
    return Refusal(code, text, status=422, fields={"pin": text})
