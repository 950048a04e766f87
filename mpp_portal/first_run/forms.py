"""The forms of the first run: one for each step, each with the words that help."""

import re
from typing import Any

from django import forms
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from mpp_portal.first_run import code
from mpp_portal.first_run.draft import slug_of
from queueing import setup_file
from queueing.models import PREFIX
from services import colours
from services.models import Mall, Officer
from services.models.malls import colour, validate_slug_not_reserved

_ACCOUNT = {"autocapitalize": "none", "spellcheck": "false"}
_WHOLE_MALL = {
    Officer.Role.FRONT_DESK,
    Officer.Role.COMPLAINTS_DESK,
    Officer.Role.MALL_MANAGER,
    Officer.Role.LEADER,
    Officer.Role.HELPER,
}
_NEEDS_AGENCY = {Officer.Role.COUNTER, Officer.Role.LIAISON, Officer.Role.AGENCY_HEAD}


def username_field(**more: Any) -> forms.CharField:
    return forms.CharField(
        label=_("Nama akun"),
        max_length=150,
        validators=[
            UnicodeUsernameValidator(message=_("Pakai huruf, angka, titik, atau tanda hubung."))
        ],
        error_messages={"required": _("Tulis nama akun.")},
        **more,
    )


class AccountForm(forms.Form):
    """The set-up code and the first administrator; perhaps a set-up of another mall."""

    code = forms.CharField(
        label=_("Kode penataan"),
        help_text=_("Delapan huruf dan angka yang dicetak saat portal dinyalakan."),
        max_length=20,
        error_messages={"required": _("Tulis kode penataan.")},
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autocapitalize": "characters"}
        ),
    )
    name = forms.CharField(
        label=_("Nama Anda"),
        max_length=120,
        error_messages={"required": _("Tulis nama Anda.")},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    username = username_field(
        help_text=_("Untuk masuk sebagai pengurus portal. Contoh: ratna."),
        widget=forms.TextInput(attrs={**_ACCOUNT, "autocomplete": "username"}),
    )
    password = forms.CharField(
        label=_("Kata sandi"),
        help_text=_("Paling sedikit 8 huruf atau angka. Jangan nama Anda, jangan yang umum."),
        error_messages={"required": _("Tulis kata sandi.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("Kata sandi, sekali lagi"),
        error_messages={"required": _("Tulis kata sandi sekali lagi.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    file = forms.FileField(
        label=_("Berkas penataan"),
        help_text=_("Hasil “Ekspor penataan”, berakhiran .json."),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".json,application/json"}),
    )

    def __init__(self, *args: Any, knows_code: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.document: dict[str, Any] | None = None
        self.problems: list[setup_file.Problem] = []
        if knows_code:  # came back to change something
            del self.fields["code"]
            for name in ("password", "again"):
                self.fields[name].required = False
                self.fields[name].asked = True
            self.fields["password"].help_text = _("Kosongkan bila tidak diganti.")

    def clean_code(self) -> str:
        if code.too_many_tries():
            raise ValidationError(_("Terlalu banyak percobaan. Tunggu 15 menit, lalu coba lagi."))
        if not code.is_right(self.cleaned_data["code"]):
            raise ValidationError(
                _("Kode tidak cocok. Lihat di layar tempat portal dinyalakan, lalu tulis lagi.")
            )
        return ""

    def clean_file(self) -> None:
        file = self.cleaned_data["file"]
        if not file:
            return
        self.document, self.problems = setup_file.load(file.read(setup_file.MOST_BYTES + 1))
        if not self.problems:
            self.problems = setup_file.check(self.document)[1]
        if self.problems:
            raise ValidationError(_("Berkas penataan belum dapat dipakai. Lihat yang di bawah."))

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        password, again = data.get("password"), data.get("again")
        if password and again is not None and password != again:
            self.add_error("again", _("Dua kata sandi tidak sama. Tulis yang sama dua kali."))
        elif password:
            user = User(username=data.get("username", ""), first_name=data.get("name", ""))
            try:
                validate_password(password, user)
            except ValidationError as error:
                self.add_error("password", error)
        return data

    def kept(self, before: dict[str, Any]) -> dict[str, Any]:
        """What the draft keeps: the password only as its hash."""
        password = self.cleaned_data["password"]
        return {
            "name": self.cleaned_data["name"],
            "username": self.cleaned_data["username"],
            "password_hash": make_password(password) if password else before["password_hash"],
        }


class MallForm(forms.ModelForm):
    """The mall itself; its address is proposed from its name."""

    slug = forms.SlugField(
        label=_("Alamat halaman"),
        help_text=_("Kosongkan, dan kami buat dari namanya. Contoh: gajah-mada."),
        max_length=40,
        required=False,
        validators=[validate_slug_not_reserved],
        error_messages={"invalid": _("Pakai huruf kecil, angka, dan tanda hubung.")},
        widget=forms.TextInput(attrs=_ACCOUNT),
    )
    time_zone = forms.ChoiceField(
        label=_("Zona waktu"),
        choices=[
            ("Asia/Jakarta", _("WIB (Jakarta)")),
            ("Asia/Makassar", _("WITA (Makassar)")),
            ("Asia/Jayapura", _("WIT (Jayapura)")),
        ],
    )
    greeting = forms.CharField(
        label=_("Sapaan"),
        help_text=_("Di atas beranda, dalam bahasa daerah bila mau. Contoh: Sugeng rawuh."),
        max_length=80,
        required=False,
    )
    primary_colour = forms.CharField(
        label=_("Warna utama"), max_length=7, validators=[colour], initial=colours.DEFAULT_BRAND
    )
    accent_colour = forms.CharField(
        label=_("Warna aksen"), max_length=7, validators=[colour], initial=colours.DEFAULT_ACCENT
    )

    class Meta:
        model = Mall
        fields = ("name", "regency", "province", "time_zone", "address", "phone")
        labels = {
            "name": _("Nama mal"),
            "regency": _("Kabupaten atau kota"),
            "province": _("Provinsi"),
            "address": _("Alamat gedung"),
            "phone": _("Telepon"),
        }
        help_texts = {"name": _("Contoh: MPP Gajah Mada.")}
        error_messages = {
            "name": {"required": _("Tulis nama mal.")},
            "regency": {"required": _("Tulis kabupaten atau kotanya.")},
            "province": {"required": _("Tulis provinsinya.")},
        }
        widgets = {
            "address": forms.Textarea(attrs={"rows": 2}),
            "phone": forms.TextInput(attrs={"type": "tel"}),
        }

    field_order = ("name", "regency", "province", "time_zone", "address", "phone", "greeting")

    def clean_slug(self) -> str:
        return (self.cleaned_data["slug"] or "").lower()

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not data.get("slug") and "slug" not in self.errors:
            data["slug"] = slug_of(data.get("name", ""))
        refused = colours.objections(data.get("primary_colour", ""), data.get("accent_colour", ""))
        for name, text in refused.items():
            self.add_error(name, text)
        return data

    def _post_clean(self) -> None:
        """The set-up's own check judges the row; here only what was typed."""


def time_field(label: Any, **more: Any) -> forms.TimeField:
    return forms.TimeField(
        label=label,
        input_formats=["%H.%M", "%H:%M"],
        widget=forms.TimeInput(attrs={"inputmode": "decimal"}, format="%H.%M"),
        error_messages={"invalid": _("Tulis jam seperti 08.00.")},
        **more,
    )


class RowForm(forms.Form):
    """One row of several: no word on what may stay empty beside each field."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.asked = True


class DayForm(RowForm):
    """Days that are alike: open or not, from when to when, with a break."""

    day = forms.CharField(widget=forms.HiddenInput)
    open = forms.BooleanField(label=_("Buka"), required=False)
    opens_at = time_field(_("Buka pukul"), required=False)
    closes_at = time_field(_("Tutup pukul"), required=False)
    break_starts_at = time_field(_("Istirahat dari"), required=False)
    break_ends_at = time_field(_("Istirahat sampai"), required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not data.get("open") or self.errors:
            return data
        opens, closes = data.get("opens_at"), data.get("closes_at")
        if opens is None or closes is None:
            name = "opens_at" if opens is None else "closes_at"
            self.add_error(name, _("Tulis jamnya."))
        elif closes <= opens and (closes.hour, closes.minute) != (0, 0):
            self.add_error("closes_at", _("Jam tutup harus setelah jam buka."))
        pause, resume = data.get("break_starts_at"), data.get("break_ends_at")
        if (pause is None) != (resume is None) or (pause and pause >= resume):
            self.add_error(
                "break_starts_at",
                _("Isi jam mulai dan selesai istirahat; selesai harus setelah mulai."),
            )
        return data

    def kept(self) -> dict[str, Any]:
        times = ("opens_at", "closes_at", "break_starts_at", "break_ends_at")
        data = self.cleaned_data
        return {
            "day": data["day"],
            "open": data["open"],
            **{name: data[name].strftime("%H:%M") if data.get(name) else "" for name in times},
        }


class LastTicketForm(forms.Form):
    last_ticket = forms.IntegerField(
        label=_("Nomor terakhir, menit sebelum tutup"),
        help_text=_("Sesudah itu tidak ada nomor baru hari itu."),
        min_value=0,
        max_value=240,
        error_messages={"required": _("Tulis angkanya, misalnya 30.")},
    )


class QueueForm(RowForm):
    """A queue of one agency."""

    agency = forms.CharField(widget=forms.HiddenInput)
    prefix = forms.CharField(
        label=_("Awalan"),
        max_length=2,
        validators=[PREFIX],
        error_messages={"required": _("Tulis awalannya, misalnya C.")},
        widget=forms.TextInput(attrs={"autocapitalize": "characters", "spellcheck": "false"}),
    )
    name = forms.CharField(
        label=_("Nama antrean"),
        max_length=120,
        error_messages={"required": _("Tulis nama antreannya.")},
    )
    seats_per_hour = forms.IntegerField(
        label=_("Nomor per jam"),
        min_value=1,
        max_value=500,
        error_messages={"required": _("Tulis angkanya, misalnya 10.")},
    )
    online_share = forms.IntegerField(
        label=_("Daring (%)"),
        min_value=0,
        max_value=100,
        error_messages={"required": _("Tulis angkanya, 0 sampai 100.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.is_bound:
            self.data = self.data.copy()
            name = self.add_prefix("prefix")
            self.data[name] = self.data.get(name, "").strip().upper()


class QueuesFormSet(forms.BaseFormSet):
    def clean(self) -> None:
        seen: set[str] = set()
        for form in self.forms:
            prefix = form.cleaned_data.get("prefix") if hasattr(form, "cleaned_data") else None
            if prefix in seen:
                form.add_error("prefix", _("Awalan ini sudah dipakai antrean lain."))
            if prefix:
                seen.add(prefix)


class CounterForm(RowForm):
    """A counter and the queues it calls, in order."""

    number = forms.IntegerField(
        label=_("Loket"),
        min_value=1,
        max_value=999,
        error_messages={"required": _("Tulis nomor loketnya.")},
    )
    floor = forms.CharField(label=_("Lantai"), max_length=20, required=False)
    queues = forms.CharField(
        label=_("Antrean"),
        max_length=80,
        error_messages={"required": _("Tulis awalan antreannya, misalnya C D2.")},
        widget=forms.TextInput(attrs={"autocapitalize": "characters", "spellcheck": "false"}),
    )

    def clean_queues(self) -> str:
        words = re.findall(r"[A-Z0-9]+", self.cleaned_data["queues"].upper())
        return " ".join(dict.fromkeys(words))


class CountersFormSet(forms.BaseFormSet):
    """`prefixes` are those of the draft's queues."""

    def __init__(self, *args: Any, prefixes: list[str], **kwargs: Any) -> None:
        self.prefixes = prefixes
        super().__init__(*args, **kwargs)

    def clean(self) -> None:
        numbers: set[int] = set()
        called: set[str] = set()
        for form in self.forms:
            row = getattr(form, "cleaned_data", {})
            if row.get("number") in numbers:
                form.add_error("number", _("Nomor loket ini sudah dipakai."))
            numbers.add(row.get("number"))
            words = row.get("queues", "").split()
            called.update(words)
            unknown = [word for word in words if word not in self.prefixes]
            if unknown:
                form.add_error(
                    "queues",
                    _("Tidak ada antrean %(prefix)s.") % {"prefix": ", ".join(unknown)},
                )
        alone = [prefix for prefix in self.prefixes if prefix not in called]
        if alone and not any(form.errors for form in self.forms):
            raise ValidationError(
                _("Belum ada loket untuk antrean %(prefix)s. Tulis awalannya di salah satu loket.")
                % {"prefix": ", ".join(alone)}
            )


class CountForm(forms.Form):
    count = forms.IntegerField(
        label=_("Jumlah loket"),
        min_value=1,
        max_value=150,
        widget=forms.NumberInput(attrs={"form": "usul"}),
        error_messages={"required": _("Tulis jumlah loketnya.")},
    )


class PersonForm(RowForm):
    """Somebody who works there; an empty row is nobody."""

    name = forms.CharField(label=_("Nama"), max_length=120, required=False)
    username = username_field(required=False, widget=forms.TextInput(attrs=_ACCOUNT))
    role = forms.ChoiceField(
        label=_("Peran"), choices=Officer.Role.choices, initial=Officer.Role.COUNTER
    )
    agency = forms.ChoiceField(label=_("Instansi"), required=False)

    def __init__(self, *args: Any, agencies: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["agency"].choices = [("", _("Seluruh mal")), *agencies.items()]

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not data.get("username") and not data.get("name"):
            return data
        if not data.get("username") and "username" not in self.errors:
            self.add_error("username", _("Tulis nama akun, atau kosongkan baris ini."))
        if not data.get("name") and "name" not in self.errors:
            self.add_error("name", _("Tulis nama orangnya, atau kosongkan baris ini."))
        if data.get("role") in _NEEDS_AGENCY and not data.get("agency"):
            self.add_error("agency", _("Peran ini harus menyebut instansinya."))
        elif data.get("role") in _WHOLE_MALL:
            data["agency"] = ""
        return data


class PeopleFormSet(forms.BaseFormSet):
    """`administrator` is an account name that is taken already."""

    def __init__(self, *args: Any, administrator: str, **kwargs: Any) -> None:
        self.administrator = administrator
        super().__init__(*args, **kwargs)

    def clean(self) -> None:
        taken = {self.administrator.lower()}
        for form in self.forms:
            username = getattr(form, "cleaned_data", {}).get("username", "").lower()
            if username and username in taken:
                form.add_error("username", _("Nama akun ini sudah dipakai. Tulis yang lain."))
            taken.add(username)


Days = forms.formset_factory(DayForm, extra=0)
Queues = forms.formset_factory(QueueForm, formset=QueuesFormSet, extra=0, max_num=60)
Counters = forms.formset_factory(CounterForm, formset=CountersFormSet, extra=0, max_num=150)
People = forms.formset_factory(PersonForm, formset=PeopleFormSet, extra=3, max_num=150)
