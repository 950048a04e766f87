"""What is asked besides the nine elements, and the form by which a paper one is entered."""

import secrets
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from services.models import Mall, ServiceType
from surveys.elements import QUESTIONNAIRE
from surveys.models import Response
from surveys.rules import LONGEST_TEXT


def _choices(field: str) -> list[tuple[str, Any]]:
    return [("", _("Tidak diisi")), *Response._meta.get_field(field).choices]


class ProfileForm(forms.Form):
    """Who answered, in rough groups; all of it may stay empty."""

    sex = forms.ChoiceField(label=_("Jenis kelamin"), choices=_choices("sex"), required=False)
    age_group = forms.ChoiceField(label=_("Usia"), choices=_choices("age_group"), required=False)
    education = forms.ChoiceField(
        label=_("Pendidikan terakhir"), choices=_choices("education"), required=False
    )
    work = forms.ChoiceField(label=_("Pekerjaan"), choices=_choices("work"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.asked = True  # the page says once that all is optional


class TextForm(forms.Form):
    """Words of one's own."""

    text = forms.CharField(
        label=_("Ada yang ingin disampaikan?"),
        help_text=_("Dibaca pimpinan instansi tanpa nama. Jangan tulis nama, NIK, atau nomor HP."),
        required=False,
        widget=forms.Textarea(
            attrs={"rows": 5, "maxlength": LONGEST_TEXT, "class": "form-control"}
        ),
    )


class PaperForm(ProfileForm):
    """A form filled in on paper: service, day, nine answers, and what else is on it."""

    service = forms.ModelChoiceField(
        label=_("Layanan"),
        queryset=ServiceType.objects.none(),
        empty_label=_("Pilih layanan"),
        error_messages={"required": _("Pilih layanan yang dinilai.")},
    )
    date = forms.DateField(
        label=_("Tanggal diisi"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": _("Tulis tanggal formulir diisi.")},
    )
    text = forms.CharField(
        label=_("Saran yang tertulis"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": LONGEST_TEXT}),
    )
    request_key = forms.CharField(max_length=60, widget=forms.HiddenInput)

    def __init__(self, *args: Any, mall: Mall, **kwargs: Any) -> None:
        kwargs["initial"] = {
            "request_key": secrets.token_urlsafe(18),
            **(kwargs.get("initial") or {}),
        }
        super().__init__(*args, **kwargs)
        services = ServiceType.objects.filter(agency__mall=mall).select_related("agency__mall")
        self.fields["service"].queryset = services.order_by("agency__name", "name")
        self.fields["service"].label_from_instance = lambda one: f"{one.agency.name}: {one.name}"
        for element in QUESTIONNAIRE:
            marks = [(mark, f"{mark} {said}") for mark, said in enumerate(element.answers, 1)]
            self.fields[element.code] = forms.TypedChoiceField(
                label=element.name,
                choices=[*marks, ("", _("Tidak diisi"))],
                coerce=int,
                empty_value=None,
                required=False,
                widget=forms.RadioSelect,
            )

    def elements(self) -> list[Any]:
        """The nine bound fields in the order of the questionnaire."""
        return [self[element.code] for element in QUESTIONNAIRE]

    def profile(self) -> list[Any]:
        """The bound fields about the respondent."""
        return [self[name] for name in ProfileForm.base_fields]

    def asked(self) -> dict[str, Any]:
        """The arguments of `enter_paper` that were typed."""
        data = self.cleaned_data
        return {
            "service": data["service"],
            "date": data["date"],
            "text": data["text"],
            "request_key": data["request_key"],
            "answers": {element.code: data[element.code] for element in QUESTIONNAIRE},
            "profile": {name: data[name] for name in ProfileForm.base_fields},
        }
