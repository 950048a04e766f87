"""What a person types to find a visit again: its short code, then the figures of the message."""

import re

from django import forms
from django.utils.translation import gettext_lazy as _

_CODE_LETTERS = re.compile(r"[A-Z0-9]{6}", re.ASCII)


class ShortCodeForm(forms.Form):
    """The six letters and figures under the number; small letters and spaces are forgiven."""

    kode = forms.CharField(
        label=_("Kode tiket"),
        help_text=_("6 huruf dan angka di tiket, karcis, atau pesan Anda. Contoh: ABC 234."),
        max_length=40,
        error_messages={
            "required": _("Tulis kode tiket, 6 huruf dan angka."),
            "max_length": _("Kode tiket 6 huruf dan angka. Contoh: ABC 234."),
        },
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "class": "form-control--num",
            }
        ),
    )

    def clean_kode(self) -> str:
        code = re.sub(r"[\s.\-]", "", self.cleaned_data["kode"]).upper()
        if not _CODE_LETTERS.fullmatch(code):
            count = len(re.findall(r"[A-Z0-9]", code, re.ASCII))
            text = _("Kode tiket 6 huruf dan angka. Yang Anda tulis %(count)s.")
            raise forms.ValidationError(text, params={"count": count})
        return code


class FiguresForm(forms.Form):
    """The six figures of the message; spaces are forgiven."""

    angka = forms.CharField(
        label=_("6 angka dari pesan"),
        max_length=40,
        error_messages={"required": _("Tulis 6 angka dari pesan.")},
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "inputmode": "numeric",
                "class": "form-control--num",
            }
        ),
    )
