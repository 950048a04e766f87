"""Signing in, in the words of the house."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, UsernameField
from django.forms import TextInput
from django.utils.translation import gettext_lazy as _


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

    def validate_password_for_user(self, user: Any, password_field_name: str = "") -> None:
        """What is wrong with the new password is said where it was first written."""
        super().validate_password_for_user(user, "new_password1")
