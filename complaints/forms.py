"""What a citizen fills in to file a case or to look one up; the rules judge it, not the form."""

import re
import secrets
from typing import Any
from uuid import UUID

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from complaints.models import Case
from complaints.progress import oversights
from complaints.rules import LONGEST_NAME, LONGEST_SUBJECT, LONGEST_TEXT
from complaints.rules.handling import MOST_COUNTERS
from complaints.surroundings import TicketPlace, ticket_place
from services.models import Agency, Mall, ServiceType

MINE, AGENCY, BUILDING = "ticket", "agency", "building"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class ShowsRefusals(forms.Form):
    """A form that says a rule's no beside the fields it is about."""

    def show(self, refusal: Any) -> None:
        """Put a refusal's sentences where they belong."""
        for field, message in refusal.fields.items():
            shown = field in self.fields and not self.fields[field].widget.is_hidden
            self.add_error(field if shown else None, message)
        if not refusal.fields:
            self.add_error(None, refusal.message)


class CaseForm(ShowsRefusals):
    """The story first; everything else may stay empty."""

    text = forms.CharField(
        label=_("Apa yang terjadi?"),
        help_text=_("Tulis apa adanya: kapan, di loket mana, dan apa yang Anda harapkan."),
        error_messages={"required": _("Ceritakan apa yang terjadi.")},
        widget=forms.Textarea(attrs={"rows": 6, "maxlength": LONGEST_TEXT}),
    )
    kind = forms.ChoiceField(
        label=_("Jenisnya"),
        choices=Case.Kind.choices,
        initial=Case.Kind.COMPLAINT,
        error_messages=dict.fromkeys(
            ("required", "invalid_choice"),
            _("Pilih jenisnya: pengaduan, aspirasi, atau permintaan informasi."),
        ),
        widget=forms.RadioSelect,
    )
    subject = forms.CharField(
        label=_("Judul singkat"),
        help_text=_("Contoh: Menunggu lebih dari satu jam."),
        required=False,
        widget=forms.TextInput(attrs={"maxlength": LONGEST_SUBJECT}),
    )
    about = forms.ChoiceField(
        label=_("Tentang apa?"),
        choices=[(code, code) for code in (MINE, AGENCY, BUILDING)],
        required=False,
    )
    agency = forms.ChoiceField(
        label=_("Instansi yang mana?"),
        required=False,
        error_messages={
            "invalid_choice": _("Instansi itu tidak ada di mal ini. Pilih dari daftar.")
        },
    )
    place = forms.CharField(
        label=_("Di mana?"),
        help_text=_("Contoh: ruang tunggu lantai 1."),
        required=False,
        widget=forms.TextInput(attrs={"maxlength": LONGEST_SUBJECT}),
    )
    counter_number = forms.IntegerField(
        label=_("Nomor loket"),
        required=False,
        min_value=1,
        max_value=MOST_COUNTERS,
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"),
            _("Nomor loket ditulis dengan angka, 1 sampai 999."),
        ),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "maxlength": 3}),
    )
    happened_on = forms.DateField(
        label=_("Tanggal"),
        required=False,
        error_messages={"invalid": _("Tulis tanggal seperti 25/11/2026.")},
        input_formats=["%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    happened_time = forms.TimeField(
        label=_("Jam"),
        required=False,
        error_messages={"invalid": _("Tulis jam seperti 09.30.")},
        input_formats=["%H:%M", "%H.%M", "%H:%M:%S"],
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    anonymous = forms.BooleanField(
        label=_("Anonim: sembunyikan identitas saya"),
        help_text=_(
            "Nama dan kontak Anda hanya dilihat meja pengaduan, tidak oleh instansi yang diadukan "
            "atau orang lain."
        ),
        required=False,
    )
    confidential = forms.BooleanField(
        label=_("Rahasia: sembunyikan seluruh laporan"),
        help_text=_(
            "Seluruh laporan, bukan hanya nama Anda, hanya dibaca meja pengaduan dan tidak "
            "ditampilkan kepada instansi atau umum."
        ),
        required=False,
    )
    name = forms.CharField(
        label=_("Nama"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name", "maxlength": LONGEST_NAME}),
    )
    phone = forms.CharField(
        label=_("Nomor WhatsApp"),
        help_text=_("Untuk mengabari jawabannya. Tanpa ini, pakai nomor dan PIN."),
        required=False,
        max_length=40,
        widget=forms.TextInput(
            attrs={"inputmode": "tel", "autocomplete": "tel", "class": "form-control--num"}
        ),
    )
    email = forms.CharField(
        label=_("Surel"),
        required=False,
        max_length=254,
        widget=forms.TextInput(attrs={"inputmode": "email", "autocomplete": "email"}),
    )
    service = forms.CharField(required=False, max_length=30, widget=forms.HiddenInput)
    ticket = forms.UUIDField(required=False, widget=forms.HiddenInput)
    request_key = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)

    def __init__(self, *args: Any, mall: Mall, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.service: ServiceType | None = None
        self.mall = mall
        agencies = Agency.objects.filter(mall=mall, active=True).order_by("name")
        self.agencies = list(agencies)
        self.fields["agency"].choices = [
            ("", _("Belum tahu, biar petugas yang menentukan")),
            *((agency.code, agency.name) for agency in self.agencies),
        ]

    @cached_property
    def ticket_place(self) -> TicketPlace | None:
        """Where the ticket belongs from which the person comes."""
        public_id = str(self["ticket"].value() or "")
        return ticket_place(self.mall.pk, UUID(public_id)) if _UUID.fullmatch(public_id) else None

    @property
    def mine(self) -> tuple[str, str] | None:
        """The first thing it can be about: the service's name, and where the person met it."""
        if (place := self.ticket_place) is not None:
            return place.service_name, _("Tiket Anda, %(label)s") % {"label": place.label}
        return (self.service.name, self.service.agency.name) if self.service else None

    @property
    def chosen(self) -> str:
        """What it is about, as chosen so far."""
        chosen = self["about"].value() or ""
        if chosen or self.is_bound:
            return chosen or (AGENCY if self["agency"].value() else "")
        return MINE if self.mine else ""

    @property
    def oversights(self) -> dict[str, tuple[str, str, list[str]]]:
        """Who oversees the agency meant, else every agency of the mall."""
        code = self.ticket_place.agency_code if self.ticket_place else ""
        code = code or (self.service.agency.code if self.service else "")
        own = [agency for agency in self.agencies if agency.code == code]
        return oversights(own) or oversights(self.agencies)

    @classmethod
    def empty(
        cls, *, mall: Mall, service: ServiceType | None, ticket: str, text: str = ""
    ) -> "CaseForm":
        """A new form; its key makes a repeated sending one case. A ticket that is none is left."""
        start = {"request_key": secrets.token_urlsafe(24), "text": text}
        if service is not None:
            start["service"] = service.code
        if _UUID.fullmatch(ticket):
            start["ticket"] = ticket
        form = cls(mall=mall, initial=start)
        form.service = service
        return form

    def asked(self) -> dict[str, Any]:
        """The arguments of `file_case` that come from the citizen."""
        data = dict(self.cleaned_data)
        about, agency = data.pop("about"), data.pop("agency")
        service, ticket = data.pop("service"), data.pop("ticket")
        agency = "" if about in {MINE, BUILDING} else agency
        if agency or about in {AGENCY, BUILDING}:
            service, ticket = "", None
        return {
            "agency_code": agency,
            "service_code": service,
            "ticket_public_id": ticket,
            "request_key": data.pop("request_key") or None,
            **data,
        }

    def begin_anew(self, key: str) -> None:
        """Another key: what is sent next is a case of its own."""
        self.data = self.data.copy()
        self.data["request_key"] = key


class LookUpForm(forms.Form):
    """Number and PIN."""

    number = forms.CharField(
        label=_("Nomor pengaduan"),
        help_text=_("8 huruf dan angka, contoh: P7KX 29MD."),
        error_messages={"required": _("Tulis nomor pengaduan.")},
        max_length=20,
        widget=forms.TextInput(
            attrs={
                "class": "form-control--num",
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
            }
        ),
    )
    pin = forms.CharField(
        label=_("PIN"),
        help_text=_("6 angka yang Anda terima saat melapor."),
        error_messages={"required": _("Tulis PIN, 6 angka.")},
        max_length=20,
        widget=forms.TextInput(
            attrs={
                "class": "form-control--num",
                "inputmode": "numeric",
                "autocomplete": "off",
            }
        ),
    )
