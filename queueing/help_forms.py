"""What a helper fills in for several people at once; it travels in the page until it is sent."""

import secrets
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from queueing.forms import WhoForm, read_pair
from queueing.helping import MOST_PEOPLE

_FIRST_ROWS = 2
_LONGEST_KEY = 40


class PersonForm(WhoForm):
    """One person a helper books for; the person has agreed, or there is no number."""

    another_hour = False  # what was refused might be had at another hour
    agreed = forms.BooleanField(
        label=_("Warga ini setuju datanya dipakai untuk antrean"),
        error_messages={
            "required": _("Tanyakan dulu kepada warga ini, lalu centang persetujuannya.")
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("email", "prefer", "accommodation"):
            self.fields.pop(name, None)
        texts = {
            "name": (_("Nama"), _("Seperti di KTP. Petugas memanggil dengan nama ini.")),
            "phone": (_("Nomor WhatsApp warga"), _("Untuk pengingat. Boleh nomor keluarganya.")),
            "priority": (_("Perlu didahulukan?"), ""),
            "needs": (_("Bantuan di mal"), ""),
        }
        for name, (label, help_text) in texts.items():
            self.fields[name].label, self.fields[name].help_text = label, help_text
        self.fields["priority"].widget = forms.Select(choices=self.fields["priority"].choices)
        for name in ("name", "phone", "nik"):
            if name in self.fields:
                self.fields[name].widget.attrs["autocomplete"] = "off"

    @property
    def blank(self) -> bool:
        """Nothing is written in this row: it is nobody."""
        written = ("name", "nik", "phone", "agreed")
        return not any(self.data.get(self.add_prefix(name), "").strip() for name in written)


class PeopleDraft:
    """The window chosen and the rows of people; a row keeps its number, and so its request key."""

    def __init__(self, posted: QueryDict | None = None) -> None:
        posted = posted if posted is not None else QueryDict()
        key = posted.get("kunci", "")
        good = 0 < len(key) <= _LONGEST_KEY and key.isascii() and key.isprintable()
        self.key = key if good else secrets.token_urlsafe(16)
        self.window_id = read_pair(":" + posted.get("jam", ""))[1]
        numbers = {int(n) for n in posted.getlist("baris") if n in _NUMBERS}
        self.rows = sorted(numbers) or list(range(_FIRST_ROWS))
        self.typed = posted

    def add_row(self) -> None:
        """One more person, as long as there may be one."""
        free = [n for n in range(MOST_PEOPLE) if n > self.rows[-1]]
        self.rows += free[:1]

    @property
    def full(self) -> bool:
        return self.rows[-1] >= MOST_PEOPLE - 1

    def forms(self, *, written: bool = True, **kwargs: Any) -> dict[int, PersonForm]:
        """The rows as forms by number; `written` checks those in which something stands."""
        found = {n: PersonForm(self.typed, prefix=_prefix(n), **kwargs) for n in self.rows}
        return {
            n: form if written and not form.blank else self._untouched(n, **kwargs)
            for n, form in found.items()
        }

    def _untouched(self, n: int, **kwargs: Any) -> PersonForm:
        """The row with what stands in it, unchecked."""
        bound = PersonForm(self.typed, prefix=_prefix(n), **kwargs)
        initial = {name: bound[name].value() for name in bound.fields}
        return PersonForm(initial=initial, prefix=_prefix(n), **kwargs)

    @property
    def carried(self) -> list[tuple[str, str]]:
        """What stands in the rows, as the hidden fields carry it."""
        prefixes = tuple(f"{_prefix(n)}-" for n in self.rows)
        return [
            (name, value)
            for name in self.typed
            if name.startswith(prefixes)
            for value in self.typed.getlist(name)
        ]

    def request_key(self, row: int) -> str:
        return f"helper:{self.key}:{row}"


_NUMBERS = {str(n) for n in range(MOST_PEOPLE)}


def _prefix(row: int) -> str:
    return f"w{row}"


def request_keys(key: str) -> list[str]:
    """Every request key that a draft with this key can have used."""
    return [f"helper:{key}:{row}" for row in range(MOST_PEOPLE)]
