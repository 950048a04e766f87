"""Names, numbers and addresses of people in one form; and masked, for people who need not know."""

import re
import unicodedata
from typing import Any

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

# Day + 40 marks a woman. A NIK outside this pattern may still be real: old wrong entries exist.
USUAL_NIK = re.compile(r"\d{6}([04][1-9]|[1256]\d|[37][01])(0[1-9]|1[0-2])\d{2}\d{4}", re.ASCII)
APOSTROPHES = "'`´‘’ʻʼ′"


class BadIdentity(ValueError):
    """Something written that we cannot use; `message` tells the person what is expected."""

    message: Any = ""

    def __str__(self) -> str:
        return str(self.message)


class BadPhone(BadIdentity):
    """Not a telephone number of Indonesia."""

    message = _("Nomor WhatsApp diawali 08 atau +62, 10 sampai 13 angka.")


class BadEmail(BadIdentity):
    """Not an e-mail address."""

    message = _("Alamat surel ditulis seperti nama@contoh.id.")


class BadNik(BadIdentity):
    """Not 16 digits; `count` says how many there were."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.count = count
        self.message = _("NIK harus 16 angka. Yang Anda tulis %(count)d angka.") % {"count": count}


def normalise_phone(text: str) -> str:
    """Return an Indonesian number as E.164, "+6281234567890"; raise BadPhone for anything else."""
    try:
        number = phonenumbers.parse(text, "ID")
    except phonenumbers.NumberParseException as error:
        raise BadPhone from error
    national = str(number.national_number)
    # Operators get new ranges before the tables know them.
    mobile = national.startswith("8") and 9 <= len(national) <= 12
    if number.country_code != 62 or number.extension:
        raise BadPhone
    if not mobile and not phonenumbers.is_valid_number(number):
        raise BadPhone
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def normalise_email(text: str) -> str:
    """Return the address in lower case without spaces around; raise BadEmail when it is none."""
    address = unicodedata.normalize("NFC", text).strip().lower()
    try:
        validate_email(address)
    except ValidationError as error:
        raise BadEmail from error
    return address


def normalise_name(text: str) -> str:
    """Return the name as typed, composed (NFC), in one line, without invisible characters."""
    one_line = " ".join(text.split())
    visible = "".join(c for c in one_line if not unicodedata.category(c).startswith("C"))
    return " ".join(unicodedata.normalize("NFC", visible).split())


def fold_name(text: str) -> str:
    """Return the name for comparing: "M. Nur'aini  Dewi" and "m nuraini déwi" are the same."""
    bare = "".join(c for c in text if c not in APOSTROPHES)
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", bare).casefold())
    letters = (c for c in folded if not unicodedata.category(c).startswith("M"))
    return " ".join("".join(c if c.isalnum() else " " for c in letters).split())


def read_nik(text: str) -> tuple[str, bool]:
    """Return the 16 digits, and whether they look odd (to warn, never to refuse).

    Spaces, dots and hyphens are dropped. Raises BadNik with the count of digits found.
    """
    bare = re.sub(r"[\s.\-]", "", text)
    if not re.fullmatch(r"[0-9]{16}", bare):
        raise BadNik(len(re.findall(r"[0-9]", bare)))
    return bare, USUAL_NIK.fullmatch(bare) is None


def mask_phone(phone: str) -> str:
    """Return "+62812*****890": enough to recognise one's own number."""
    if len(phone) < 10:
        return "*" * len(phone)
    return phone[:6] + "*" * (len(phone) - 9) + phone[-3:]


def mask_email(email: str) -> str:
    """Return "b***@contoh.id"."""
    local, at, domain = email.rpartition("@")
    return f"{local[:1]}***{at}{domain}" if at else "***"


def mask_nik(nik: str) -> str:
    """Return "3576********0001"."""
    return nik[:4] + "*" * 8 + nik[-4:] if len(nik) == 16 else "*" * len(nik)
