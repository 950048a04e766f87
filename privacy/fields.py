"""A text column that the database only ever sees as AES-256-GCM ciphertext.

Stored form: key id (4 bytes) + nonce (12) + ciphertext with tag. The associated data is the model's
label and the field's name, so that a value copied into another column cannot be read there.
"""

import base64
import binascii
import hashlib
import secrets
from functools import cached_property, lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import connection, models
from django.db.models.lookups import Exact

KEY_ID_BYTES, NONCE_BYTES = 4, 12


class Undecryptable(ValueError):
    """No key of ours wrote this value here, or it was changed since."""


def read_key(text: str) -> bytes:
    """Return the 32 bytes of a urlsafe base64 key; raise ImproperlyConfigured for anything else."""
    try:
        key = base64.urlsafe_b64decode(text)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != 32:
        raise ImproperlyConfigured("A key is 32 random bytes, written in urlsafe base64.")
    return key


@lru_cache(maxsize=8)
def _ciphers(keys: tuple[str, ...]) -> dict[bytes, AESGCM]:
    """Ciphers by key id; the first one writes."""
    if not keys:
        raise ImproperlyConfigured("FIELD_KEYS is empty.")
    raw = [read_key(key) for key in keys]
    return {hashlib.sha256(key).digest()[:KEY_ID_BYTES]: AESGCM(key) for key in raw}


def encrypt(text: str, *, about: str) -> bytes:
    """Encrypt `text` with the first key, bound to the column named by `about`."""
    key_id, cipher = next(iter(_ciphers(tuple(settings.FIELD_KEYS)).items()))
    nonce = secrets.token_bytes(NONCE_BYTES)
    return key_id + nonce + cipher.encrypt(nonce, text.encode(), about.encode())


def decrypt(data: bytes | memoryview, *, about: str) -> str:
    """Return the text in `data`; raise Undecryptable when it is not ours, changed, or moved."""
    data = bytes(data)
    cipher = _ciphers(tuple(settings.FIELD_KEYS)).get(data[:KEY_ID_BYTES])
    nonce = data[KEY_ID_BYTES : KEY_ID_BYTES + NONCE_BYTES]
    if cipher is None or len(nonce) < NONCE_BYTES:
        raise Undecryptable(f"no key for a value of {about}")
    try:
        return cipher.decrypt(nonce, data[KEY_ID_BYTES + NONCE_BYTES :], about.encode()).decode()
    except InvalidTag as error:
        raise Undecryptable(f"a value of {about} does not fit its key or its place") from error


class OnlyNone(Exact):
    """`field=None`, which Django turns into `field__isnull=True`."""

    def __init__(self, lhs: Any, rhs: Any) -> None:
        if rhs is not None:
            about = lhs.output_field.about
            raise FieldError(f"{about} is encrypted: look it up by a blind index.")
        super().__init__(lhs, rhs)


class EncryptedTextField(models.Field):
    """str or None in Python, bytea in PostgreSQL. It can be tested for NULL, never searched."""

    description = "Encrypted text"
    empty_strings_allowed = True

    def db_type(self, connection: Any) -> str:
        return "bytea"

    @cached_property
    def about(self) -> str:
        """What binds a ciphertext to this column."""
        return f"{self.model._meta.label}.{self.name}"

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is None:
            return None
        return connection.Database.Binary(encrypt(str(value), about=self.about))

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> str | None:
        return None if value is None else decrypt(value, about=self.about)

    def to_python(self, value: Any) -> str | None:
        return value if value is None else str(value)

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name == "exact":
            return OnlyNone
        if lookup_name == "isnull":
            return super().get_lookup(lookup_name)
        raise FieldError(f"{self.about} is encrypted: look it up by a blind index.")

    def get_transform(self, lookup_name: str) -> Any:
        raise FieldError(f"{self.about} is encrypted: look it up by a blind index.")


def encrypted(model: type[models.Model], field: str, value: str | None) -> Any:
    """`value` as a parameter of hand-written SQL that fills the column of `model.field`."""
    column = model._meta.get_field(field)
    if not isinstance(column, EncryptedTextField):
        raise TypeError(f"{column} is not encrypted")
    return column.get_db_prep_value(value, connection)
