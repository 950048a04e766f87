"""What the desk fills in for other channels and for SP4N-LAPOR!; the rules judge it."""

import secrets
from collections import defaultdict
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from complaints import channels
from complaints.forms import ShowsRefusals
from complaints.models import Case
from complaints.rules import (
    LONGEST_ACCOUNT,
    LONGEST_LAPOR_ID,
    LONGEST_LAPOR_STATUS,
    LONGEST_NAME,
    LONGEST_PERMALINK,
    LONGEST_SUBJECT,
    LONGEST_TEXT,
)
from complaints.workflow import State
from services.models import Agency, Mall, ServiceType

_EVENT = ("place", "happened_on", "happened_time")
_REPORTER = ("name", "phone", "email", "lapor_id")


class EntryForm(ShowsRefusals):
    """What somebody said elsewhere: where, the words as they were written, and about what."""

    channel = forms.ChoiceField(
        label=_("Saluran"),
        error_messages=dict.fromkeys(("required", "invalid_choice"), _("Pilih salurannya.")),
    )
    account = forms.CharField(
        label=_("Akun pelapor"),
        help_text=_("Contoh: @siti.aminah. Hanya dilihat meja pengaduan."),
        required=False,
        widget=forms.TextInput(attrs={"maxlength": LONGEST_ACCOUNT, "autocapitalize": "none"}),
    )
    permalink = forms.CharField(
        label=_("Tautan kiriman"),
        help_text=_("Salin alamat kirimannya. Kiriman yang sama tidak tercatat dua kali."),
        required=False,
        widget=forms.TextInput(
            attrs={"maxlength": LONGEST_PERMALINK, "inputmode": "url", "autocapitalize": "none"}
        ),
    )
    told_at = forms.DateTimeField(
        label=_("Waktu disampaikan"),
        help_text=_("Tanggal dan jam kiriman itu."),
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"invalid": _("Tulis tanggal dan jam, atau kosongkan.")},
    )
    text = forms.CharField(
        label=_("Kata-kata pelapor"),
        help_text=_("Salin persis seperti tertulis atau terucap. Hapus NIK bila ada."),
        error_messages={"required": _("Salin kata-kata pelapor.")},
        widget=forms.Textarea(attrs={"rows": 6, "maxlength": LONGEST_TEXT}),
    )
    kind = forms.ChoiceField(
        label=_("Jenisnya"),
        choices=Case.Kind.choices,
        initial=Case.Kind.COMPLAINT,
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(
            ("required", "invalid_choice"),
            _("Pilih jenisnya: pengaduan, aspirasi, atau permintaan informasi."),
        ),
    )
    subject = forms.CharField(
        label=_("Judul singkat"),
        required=False,
        widget=forms.TextInput(attrs={"maxlength": LONGEST_SUBJECT}),
    )
    agency = forms.ChoiceField(
        label=_("Instansi"),
        required=False,
        error_messages={
            "invalid_choice": _("Instansi itu tidak ada di mal ini. Pilih dari daftar.")
        },
    )
    service = forms.ChoiceField(
        label=_("Layanan yang mana"),
        required=False,
        error_messages={
            "invalid_choice": _("Layanan itu tidak ada di mal ini. Pilih layanan lain.")
        },
    )
    counter_number = forms.IntegerField(
        label=_("Nomor loket"),
        required=False,
        min_value=1,
        max_value=999,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "maxlength": 3}),
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"), _("Tulis nomor loket, misalnya 12.")
        ),
    )
    place = forms.CharField(
        label=_("Tempat"),
        required=False,
        widget=forms.TextInput(attrs={"maxlength": LONGEST_SUBJECT}),
    )
    happened_on = forms.DateField(
        label=_("Tanggal kejadian"),
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Tulis tanggalnya, atau kosongkan.")},
    )
    happened_time = forms.TimeField(
        label=_("Jam kejadian"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"invalid": _("Tulis jamnya, atau kosongkan.")},
    )
    name = forms.CharField(
        label=_("Nama"),
        required=False,
        widget=forms.TextInput(attrs={"maxlength": LONGEST_NAME}),
    )
    phone = forms.CharField(
        label=_("Nomor WhatsApp"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "tel"}),
    )
    email = forms.CharField(
        label=_("Surel"),
        required=False,
        max_length=254,
        widget=forms.TextInput(attrs={"inputmode": "email", "autocapitalize": "none"}),
    )
    anonymous = forms.BooleanField(label=_("Anonim: identitas disembunyikan"), required=False)
    confidential = forms.BooleanField(
        label=_("Rahasia: seluruh laporan hanya dibaca meja pengaduan"), required=False
    )
    lapor_id = forms.CharField(
        label=_("Nomor LAPOR!"),
        required=False,
        widget=forms.TextInput(attrs={"maxlength": LONGEST_LAPOR_ID}),
    )
    language = forms.ChoiceField(
        label=_("Bahasa pelapor"), choices=settings.LANGUAGES, initial=settings.LANGUAGE_CODE
    )
    request_key = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)

    def __init__(self, *args: Any, mall: Mall, **kwargs: Any) -> None:
        start = {"request_key": secrets.token_urlsafe(18)}
        kwargs["initial"] = {**start, **(kwargs.get("initial") or {})}
        super().__init__(*args, auto_id="id_%s", **kwargs)
        names = [(code, str(name)) for code, name in channels.entered().items()]
        self.fields["channel"].choices = [("", _("Pilih saluran")), *names]
        agencies = Agency.objects.filter(mall=mall, active=True).order_by("name")
        self.fields["agency"].choices = [
            ("", _("Gedung, antrean, atau hal lain di mal")),
            *((agency.code, agency.name) for agency in agencies),
        ]
        services = ServiceType.objects.filter(agency__mall=mall, agency__active=True)
        groups = defaultdict(list)
        for code, name, agency in services.order_by("agency__name", "name").values_list(
            "code", "name", "agency__name"
        ):
            groups[agency].append((code, name))
        self.fields["service"].choices = [("", _("Tidak disebut")), *groups.items()]
        first = "account" if self["channel"].value() else "channel"
        self.fields[first].widget.attrs["autofocus"] = not self.is_bound

    def where(self) -> list[Any]:
        """Where it was said."""
        return [self[name] for name in ("channel", "account", "permalink", "told_at")]

    def about(self) -> list[Any]:
        """What it is about."""
        return [self[name] for name in ("agency", "service", "counter_number")]

    def event(self) -> list[Any]:
        """Where and when it happened."""
        return [self[name] for name in _EVENT]

    def reporter(self) -> list[Any]:
        """Who said it."""
        return [self[name] for name in (*_REPORTER, "language")]

    def open_event(self) -> bool:
        """Whether something stands in the folded part."""
        return any(self[name].value() for name in _EVENT)

    def open_reporter(self) -> bool:
        """Whether something stands in the folded part."""
        return any(self[name].value() for name in _REPORTER)

    def asked(self) -> dict[str, Any]:
        """The arguments of `enter_case` that were typed."""
        data = dict(self.cleaned_data)
        return {"agency_code": data.pop("agency"), "service_code": data.pop("service"), **data}


class LaporForm(ShowsRefusals):
    """A case's id and status in SP4N-LAPOR!."""

    lapor_id = forms.CharField(
        label=_("Nomor LAPOR!"),
        help_text=_("Nomor lacak dari SP4N-LAPOR!."),
        error_messages={"required": _("Tulis nomor lacaknya.")},
        widget=forms.TextInput(attrs={"maxlength": LONGEST_LAPOR_ID, "autofocus": True}),
    )
    status = forms.CharField(
        label=_("Status di LAPOR!"),
        help_text=_("Salin seperti tertulis di sana. Status di portal ini tidak ikut berubah."),
        required=False,
        widget=forms.TextInput(attrs={"maxlength": LONGEST_LAPOR_STATUS}),
    )
    seen = forms.IntegerField(widget=forms.HiddenInput)


class ExportForm(ShowsRefusals):
    """Which cases go into the package, and whether who reported goes along."""

    number = forms.CharField(
        label=_("Nomor pengaduan"),
        help_text=_("Untuk satu pengaduan saja; pilihan lain tidak dipakai."),
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"autocapitalize": "characters", "spellcheck": "false"}),
    )
    first = forms.DateField(
        label=_("Diterima sejak"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Tulis tanggalnya, atau kosongkan.")},
    )
    last = forms.DateField(
        label=_("Diterima sampai"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Tulis tanggalnya, atau kosongkan.")},
    )
    state = forms.ChoiceField(
        label=_("Status"), required=False, choices=[("", _("Semua status")), *State.choices]
    )
    agency = forms.ModelChoiceField(
        label=_("Instansi"),
        required=False,
        queryset=Agency.objects.none(),
        empty_label=_("Semua instansi"),
    )
    confidential = forms.BooleanField(label=_("Sertakan laporan rahasia"), required=False)
    identity = forms.BooleanField(label=_("Sertakan identitas pelapor"), required=False)
    reason = forms.CharField(
        label=_("Alasan menyertakan identitas"),
        help_text=_("Tercatat pada setiap pengaduan, atas nama Anda."),
        required=False,
        max_length=200,
    )

    def __init__(self, *args: Any, mall: Mall, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["agency"].queryset = Agency.objects.filter(mall=mall).order_by("name")

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        first, last = data.get("first"), data.get("last")
        if not data.get("number") and not (first and last) and not self.errors:
            self.add_error("first", _("Tulis kedua tanggalnya, atau nomor satu pengaduan."))
        if first and last and first > last:
            self.add_error("last", _("Tanggal akhir harus sesudah tanggal awal."))
        return data


class StatusFileForm(forms.Form):
    """The table of statuses; `table` is the file once read."""

    file = forms.FileField(
        label=_("Berkas status (CSV)"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
        error_messages=dict.fromkeys(
            ("invalid", "empty"), _("Berkas ini kosong. Pilih yang lain.")
        ),
    )
    table = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not (data.get("file") or data.get("table")) and not self.errors:
            self.add_error("file", _("Pilih berkas statusnya."))
        return data
