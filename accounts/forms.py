"""Signing in, in the words of the house."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, UsernameField
from django.core.exceptions import ValidationError
from django.forms import TextInput
from django.utils.translation import gettext_lazy as _

from accounts import pins, tries
from accounts.models import User

_TRIES, _WAIT_S = 8, 15 * 60  # of one's own password, written once more


def right_password(user: User, typed: str) -> bool:
    """Whether it is the person's own; an open browser is no place for guessing it."""
    what = f"own-password:{user.pk}"
    if tries.take(what, seconds=_WAIT_S) > _TRIES:
        raise ValidationError(
            _("Kata sandi salah terlalu sering. Coba lagi setelah 15 menit."), code="locked"
        )
    if not user.check_password(typed):
        return False
    tries.forget(what)
    return True


class SignInForm(AuthenticationForm):
    """Name and password of a helper or of the staff."""

    username = UsernameField(
        label=_("Nama akun"),
        error_messages={"required": _("Tulis nama akun Anda.")},
        widget=TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": _(
            "Nama akun atau kata sandi tidak cocok. Periksa huruf besar dan kecilnya, lalu coba "
            "lagi."
        ),
        "inactive": _("Akun ini tidak aktif. Hubungi pengelola mal."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].label = _("Kata sandi")
        self.fields["password"].error_messages["required"] = _("Tulis kata sandi Anda.")


class PasswordForm(PasswordChangeForm):
    """One's own new password."""

    error_messages = {
        **PasswordChangeForm.error_messages,
        "password_incorrect": _("Kata sandi lama tidak cocok. Tulis sekali lagi."),
        "password_mismatch": _("Dua kata sandi baru tidak sama. Tulis yang sama dua kali."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        texts: dict[str, tuple[Any, Any, Any]] = {
            "old_password": (_("Kata sandi lama"), "", _("Tulis kata sandi lama Anda.")),
            "new_password1": (
                _("Kata sandi baru"),
                _("Paling sedikit 8 huruf atau angka. Jangan nama Anda, jangan yang umum."),
                _("Tulis kata sandi baru Anda."),
            ),
            "new_password2": (
                _("Kata sandi baru, sekali lagi"),
                "",
                _("Tulis kata sandi baru sekali lagi."),
            ),
        }
        for name, (label, help_text, missing) in texts.items():
            field = self.fields[name]
            field.label, field.help_text = label, help_text
            field.error_messages["required"] = missing

    def clean_old_password(self) -> str:
        typed: str = self.cleaned_data["old_password"]
        if not right_password(self.user, typed):
            raise ValidationError(
                self.error_messages["password_incorrect"], code="password_incorrect"
            )
        return typed

    def validate_password_for_user(self, user: Any, password_field_name: str = "") -> None:
        """What is wrong with the new password is said where it was first written."""
        super().validate_password_for_user(user, "new_password1")


class OwnPasswordForm(forms.Form):
    """One's own password, before something that an open browser alone must not do."""

    password = forms.CharField(
        label=_("Kata sandi Anda"),
        strip=False,
        max_length=200,
        error_messages={"required": _("Tulis kata sandi Anda.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)

    def clean_password(self) -> str:
        typed: str = self.cleaned_data["password"]
        if not right_password(self.user, typed):
            raise ValidationError(_("Kata sandi tidak cocok. Tulis sekali lagi."), code="wrong")
        return typed


def _figures(label: Any, missing: Any, help_text: Any = "") -> forms.CharField:
    """Figures that nobody beside the screen should read."""
    return forms.CharField(
        label=label,
        help_text=help_text,
        max_length=pins.LENGTH,
        error_messages={"required": missing, "max_length": _("PIN terdiri dari 6 angka.")},
        widget=forms.PasswordInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )


class PinForm(OwnPasswordForm):
    """A new PIN, twice, and the password."""

    pin = _figures(
        _("PIN baru"),
        _("Tulis PIN baru Anda."),
        _("6 angka yang acak. Jangan 123456, jangan tanggal lahir."),
    )
    pin_again = _figures(_("PIN baru, sekali lagi"), _("Tulis PIN baru sekali lagi."))
    field_order = ["pin", "pin_again", "password"]

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or self.cleaned_data
        if {"pin", "pin_again"} <= typed.keys() and typed["pin"] != typed["pin_again"]:
            self.add_error("pin_again", _("Dua PIN tidak sama. Tulis yang sama dua kali."))
        return typed


class CodeForm(forms.Form):
    """The code of the phone's app, or a recovery code."""

    code = forms.CharField(
        label=_("Kode"),
        max_length=30,
        error_messages={"required": _("Tulis kodenya.")},
        widget=TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )
