"""What a citizen fills in to take a number, and how it travels from step to step."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from notifications.rules import channels_of
from privacy import identity
from queueing.models import Visit
from queueing.refusals import Refusal
from queueing.rules.booking import Wish
from queueing.rules.seats import MAX_TICKETS_PER_VISIT

_LONGEST_KEY = 60


class Ticks(forms.CheckboxSelectMultiple):
    """Tick boxes, some of which cannot be ticked now."""

    shut: frozenset[str] = frozenset()

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if str(value) in self.shut and not option["selected"]:
            option["attrs"]["disabled"] = True
        return option


class WhoForm(forms.Form):
    """Who comes. Only the name is required; the NIK is asked where a service needs it."""

    name = forms.CharField(
        label=_("Nama"),
        help_text=_("Seperti di KTP. Petugas memanggil Anda dengan nama ini."),
        max_length=100,
        error_messages={
            "required": _("Tulis nama seperti di KTP."),
            "max_length": _("Nama paling panjang 100 huruf. Singkat nama Anda."),
        },
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    nik = forms.CharField(
        label=_("NIK"),
        help_text=_("16 angka di KTP atau Kartu Keluarga. Spasi boleh."),
        required=False,
        max_length=40,
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "off", "class": "form-control--num"}
        ),
    )
    nik_later = forms.BooleanField(
        label=_("Tidak tahu atau belum punya NIK, isi di loket"), required=False
    )
    phone = forms.CharField(
        label=_("Nomor WhatsApp"),
        help_text=_(
            "Untuk pengingat, kabar bila jadwal berubah, dan menemukan nomor Anda lagi. "
            "Contoh: 0812 3456 7890."
        ),
        required=False,
        max_length=40,
        widget=forms.TextInput(
            attrs={"inputmode": "tel", "autocomplete": "tel", "class": "form-control--num"}
        ),
    )
    email = forms.CharField(
        label=_("Surel"),
        help_text=_("Sama gunanya, lewat surel. Contoh: nama@contoh.id."),
        required=False,
        max_length=254,
        widget=forms.TextInput(attrs={"inputmode": "email", "autocomplete": "email"}),
    )
    prefer = forms.ChoiceField(
        label=_("Kabari lewat"),
        required=False,
        choices=[
            ("", _("Mana saja")),
            ("whatsapp", _("WhatsApp")),
            ("sms", _("SMS")),
            ("email", _("Surel")),
        ],
        error_messages={"invalid_choice": _("Pilih saluran yang ada di daftar.")},
    )
    priority = forms.ChoiceField(
        label=_("Mana yang sesuai?"),
        required=False,
        choices=[
            ("", _("Tidak perlu didahulukan")),
            (Visit.Priority.ELDERLY, _("Lansia (60 tahun ke atas)")),
            (Visit.Priority.DISABLED, _("Penyandang disabilitas")),
            (Visit.Priority.PREGNANT, _("Ibu hamil")),
            (Visit.Priority.CHILDREN, _("Membawa bayi atau anak kecil")),
        ],
        widget=forms.RadioSelect,
    )
    needs = forms.MultipleChoiceField(
        label=_("Siapkan untuk saya"),
        required=False,
        choices=[
            (Visit.Need.WHEELCHAIR, _("Kursi roda")),
            (Visit.Need.SIGN_LANGUAGE, _("Juru bahasa isyarat")),
            (Visit.Need.READING, _("Petugas yang membacakan dan menuliskan")),
            (Visit.Need.COMPANION, _("Petugas yang mendampingi")),
        ],
        widget=Ticks,
        error_messages={"invalid_choice": _("Pilih bantuan yang ada di daftar.")},
    )
    accommodation = forms.CharField(
        label=_("Bantuan lain"),
        help_text=_("Contoh: tuntun ke loket, ruang menyusui, kursi untuk pendamping."),
        required=False,
        max_length=160,
    )

    def __init__(
        self,
        *args: Any,
        needs_nik: bool,
        sign_language: bool = False,
        too_near: Refusal | None = None,
        **kwargs: Any,
    ) -> None:
        """`too_near` is why an interpreter, though offered, cannot come on the day chosen."""
        super().__init__(*args, **kwargs)
        self.needs_nik = needs_nik
        self.nik_odd = False
        self.too_near = too_near
        self._offer_channels()
        needs = self.fields["needs"]
        needs.asked = self.fields["priority"].asked = True  # folded: clearly not for everybody
        if not sign_language:
            needs.choices = [c for c in needs.choices if c[0] != Visit.Need.SIGN_LANGUAGE]
        if too_near:
            needs.widget.shut = frozenset({Visit.Need.SIGN_LANGUAGE.value})
        if needs_nik:
            self.fields["nik"].asked = True  # not marked as optional: it or the tick below
        else:
            del self.fields["nik"], self.fields["nik_later"]

    def _offer_channels(self) -> None:
        """The choice of a channel, only where there is one: by phone, or between it and e-mail."""
        typed = self.data if self.is_bound else self.initial
        by_phone = channels_of(phone=True, email=False)
        both = channels_of(phone=True, email=True)
        self.by_phone = len(by_phone) > 1  # else it stands beside the e-mail
        prefer = self.fields["prefer"]
        prefer.asked = True
        if len(both) < 2:
            del self.fields["prefer"]
            return
        offered = both if typed.get("email") or not self.by_phone else by_phone
        prefer.choices = [c for c in prefer.choices if c[0] in {"", typed.get("prefer"), *offered}]

    def clean_name(self) -> str:
        name = identity.normalise_name(self.cleaned_data["name"])
        if not name:
            raise forms.ValidationError(self.fields["name"].error_messages["required"])
        return name

    def clean_phone(self) -> str:
        return _read(identity.normalise_phone, self.cleaned_data["phone"])

    def clean_email(self) -> str:
        return _read(identity.normalise_email, self.cleaned_data["email"])

    def clean_nik(self) -> str:
        """Sixteen figures; odd ones are only warned about, for old wrong entries exist."""
        typed = self.cleaned_data["nik"]
        if not typed:
            return ""
        try:
            nik, self.nik_odd = identity.read_nik(typed)
        except identity.BadNik as error:
            raise forms.ValidationError(str(error)) from None
        return nik

    @property
    def channel(self) -> str:
        """The name of the channel chosen; "" for none."""
        prefer = self.cleaned_data.get("prefer")
        return str(dict(self.fields["prefer"].choices)[prefer]) if prefer else ""

    def clean_needs(self) -> list[str]:
        needs = self.cleaned_data["needs"]
        if self.too_near and Visit.Need.SIGN_LANGUAGE in needs:
            raise forms.ValidationError(self.too_near.message)
        return needs

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        prefer, reach = data.get("prefer"), {"phone", "email"}
        if prefer and reach.isdisjoint(self.errors):
            has = {name: bool(data.get(name)) for name in reach}
            if any(has.values()) and prefer not in channels_of(**has):
                self.add_error("prefer", Refusal("bad_channel").message)
            elif not any(has.values()):
                data["prefer"] = ""
        if self.needs_nik and data.get("nik_later"):
            data["nik"] = ""
            self.errors.pop("nik", None)
        elif self.needs_nik and not data.get("nik") and "nik" not in self.errors:
            self.add_error(
                "nik", _("Tulis NIK, atau centang “Tidak tahu atau belum punya NIK” di bawahnya.")
            )
        return data


def _read(normalise: Any, typed: str) -> str:
    if not typed:
        return ""
    try:
        return normalise(typed)
    except identity.BadIdentity as error:
        raise forms.ValidationError(str(error)) from None


@dataclass
class Draft:
    """What is chosen so far; it lives in the page's hidden fields and is checked at every step.

    `key` makes a repeated sending one booking; a wish's window is 0 until it is chosen.
    """

    key: str
    wishes: list[Wish]
    who: dict[str, str | list[str]] = field(default_factory=dict)

    @classmethod
    def new(cls, *codes: str) -> "Draft":
        """Nothing chosen yet but the services."""
        wishes = [Wish(code, 0) for code in dict.fromkeys(codes)]
        return cls(secrets.token_urlsafe(16), wishes[:MAX_TICKETS_PER_VISIT])

    @classmethod
    def read(cls, posted: QueryDict, code: str) -> "Draft":
        """The draft as a page sent it back; what makes no sense is left out."""
        windows: dict[str, int] = {}
        for pair in posted.getlist("pilihan")[-MAX_TICKETS_PER_VISIT:]:
            service, window = read_pair(pair)
            if service:
                windows[service] = window
        if code not in windows:
            windows = {code: 0, **dict(list(windows.items())[: MAX_TICKETS_PER_VISIT - 1])}
        key = posted.get("kunci", "")
        return cls(
            key if 0 < len(key) <= _LONGEST_KEY else secrets.token_urlsafe(16),
            [Wish(*pair) for pair in windows.items()],
            {
                name: posted.getlist(name) if name == "needs" else posted[name]
                for name in WhoForm.base_fields
                if name in posted
            },
        )

    def choose(self, code: str, window: int) -> None:
        """Set the window of a service, adding the service where it is new."""
        if code not in self.codes:
            self.wishes.append(Wish(code, window))
        self.wishes = [Wish(code, window) if w.service == code else w for w in self.wishes]

    def drop(self, code: str) -> None:
        """Leave a service out."""
        self.wishes = [wish for wish in self.wishes if wish.service != code]

    def arrange(self, codes: Sequence[str]) -> None:
        """Put the wishes in the order of these codes."""
        self.wishes.sort(key=lambda wish: codes.index(wish.service))

    def need(self, need: str) -> None:
        """Note a help that was asked for by a button."""
        needs = self.who.get("needs", [])
        self.who["needs"] = [*(n for n in needs if n != need), str(need)]

    def window_of(self, code: str) -> int:
        """The id of the window wished for a service, 0 where none is."""
        return next((wish.window for wish in self.wishes if wish.service == code), 0)

    @property
    def codes(self) -> list[str]:
        """The services wanted, in order."""
        return [wish.service for wish in self.wishes]

    @property
    def pairs(self) -> list[str]:
        """The wishes as the hidden fields carry them."""
        return [f"{wish.service}:{wish.window}" for wish in self.wishes]

    @property
    def carried(self) -> list[tuple[str, str]]:
        """What was typed about the person, as the hidden fields carry it."""
        return [
            (name, one)
            for name, value in self.who.items()
            for one in ([value] if isinstance(value, str) else value)
        ]


def read_pair(text: str) -> tuple[str, int]:
    """A service's code and a window's id from "KTP:12"; 0 where no id stands."""
    code, _colon, window = text.rpartition(":")
    number = window.isascii() and window.isdigit() and len(window) < 18
    return code, int(window) if number else 0
