"""Who comes, in one shape, and the blind indexes that tell people apart."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from notifications.rules import channels_of
from privacy import identity
from privacy.index import blind
from queueing.models import Visit
from queueing.refusals import Refusal


@dataclass(frozen=True)
class Contact:
    """Who comes, in one shape: phone E.164, NIK 16 digits, empty where not given."""

    name: str
    phone: str
    email: str
    nik: str

    @cached_property
    def key(self) -> bytes | None:
        """The blind index of the contact, for the cap."""
        reach = self.phone or self.email
        return blind("contact", reach) if reach else None

    def person_key(self, date: dt.date, service_id: int) -> bytes | None:
        """The blind index of person, service and date; None when nothing tells people apart."""
        day, service = date.isoformat(), str(service_id)
        if self.nik:
            return blind("person-nik", day, service, self.nik)
        if reach := self.phone or self.email:
            return blind("person-contact", day, service, reach, identity.fold_name(self.name))
        return None


def read_contact(*, name: str, phone: str, email: str, nik: str, needs_name: bool) -> Contact:
    """Bring what was typed into one shape, or refuse with every field that needs mending."""
    problems: dict[str, Refusal] = {}
    name = identity.normalise_name(name)
    if needs_name and not name:
        problems["name"] = Refusal("name_missing")
    elif len(name) > 100:
        problems["name"] = Refusal("name_too_long")
    try:
        phone = identity.normalise_phone(phone) if phone.strip() else ""
    except identity.BadPhone:
        problems["phone"] = Refusal("bad_phone")
    try:
        email = identity.normalise_email(email) if email.strip() else ""
    except ValueError:
        problems["email"] = Refusal("bad_email")
    try:
        nik = identity.read_nik(nik)[0] if nik.strip() else ""
    except identity.BadNik as error:
        problems["nik"] = Refusal("bad_nik", count=error.count)
    if problems:
        first = next(iter(problems.values()))
        first.fields = {field: problem.message for field, problem in problems.items()}
        raise first
    return Contact(name, phone, email, nik)


def contact_of(visit: Visit) -> Contact:
    """The contact as it is kept with the visit."""
    return Contact(visit.name, visit.phone or "", visit.email or "", visit.nik or "")


def known_channel(prefer: str, contact: Contact) -> str:
    """The channel asked for; refuses one by which this contact cannot be reached."""
    if prefer and prefer not in channels_of(phone=bool(contact.phone), email=bool(contact.email)):
        refusal = Refusal("bad_channel")
        refusal.fields = {"prefer": refusal.message}
        raise refusal
    return prefer


def one_line(text: str) -> str:
    """A free remark as it is kept: one line, no invisible characters, at most 160 letters."""
    return identity.normalise_name(text)[:160]


def known_needs(needs: Sequence[str]) -> list[str]:
    """The helps asked for, each once, in the order of `Visit.Need`; refuses unknown ones."""
    if not set(needs) <= set(Visit.Need.values):
        raise Refusal("bad_need")
    return [need for need in Visit.Need.values if need in needs]
