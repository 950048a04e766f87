"""Personal data is unreadable in the database, and only readable where it was written."""

import base64
import secrets
from datetime import UTC, datetime

import pytest
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from notifications.models import Message
from privacy.fields import Undecryptable, decrypt, encrypt, encrypted
from privacy.index import blind

AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
text = st.text(st.characters(exclude_categories=["Cs"]))


def new_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def write(address, **changes) -> Message:
    values = {"kind": "booked", "channel": "console", "about": "t1", "dedup_key": "k1"}
    times = {"send_after": AT, "created_at": AT}
    return Message.objects.create(address=address, **{**values, **times, **changes})


@given(text, text)
def test_what_is_encrypted_comes_back_and_never_twice_the_same(words, about):
    one, two = encrypt(words, about=about), encrypt(words, about=about)
    assert decrypt(one, about=about) == decrypt(memoryview(two), about=about) == words
    assert one != two
    if len(words) > 3:
        assert words.encode() not in one


@given(st.integers(min_value=0), st.integers(1, 255))
def test_a_changed_byte_anywhere_is_noticed(position, flip):
    data = bytearray(encrypt("budi@contoh.id", about="a.B.c"))
    data[position % len(data)] ^= flip
    with pytest.raises(Undecryptable):
        decrypt(bytes(data), about="a.B.c")


@given(st.binary(max_size=40))
def test_rubbish_is_refused_not_read(data):
    with pytest.raises(Undecryptable):
        decrypt(data, about="a.B.c")


def test_a_new_first_key_writes_and_the_old_one_still_reads(settings):
    old, new = new_key(), new_key()
    settings.FIELD_KEYS = [old]
    before = encrypt("budi", about="x")
    settings.FIELD_KEYS = [new, old]
    after = encrypt("budi", about="x")
    assert decrypt(before, about="x") == decrypt(after, about="x") == "budi"
    settings.FIELD_KEYS = [new]
    assert decrypt(after, about="x") == "budi"
    with pytest.raises(Undecryptable):
        decrypt(before, about="x")


@pytest.mark.parametrize(
    "keys", [[], ["short"], ["!" * 44], [base64.b64encode(b"x" * 31).decode()]]
)
def test_a_missing_or_short_key_is_a_configuration_error(settings, keys):
    settings.FIELD_KEYS = keys
    with pytest.raises(ImproperlyConfigured):
        encrypt("budi", about="x")


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["", "budi@contoh.id", "+6281234567890", "Ñurul 🙂"])
def test_a_column_holds_ciphertext_and_gives_back_text(address):
    message = write(address)
    assert Message.objects.get(pk=message.pk).address == address
    with connection.cursor() as cursor:
        cursor.execute("SELECT address FROM notifications_message")
        stored = bytes(cursor.fetchone()[0])
    assert len(stored) == 32 + len(address.encode())
    assert not address or address.encode() not in stored


@pytest.mark.django_db
def test_many_rows_at_once_are_encrypted_and_null_stays_null():
    rows = [
        Message(
            kind="booked", channel="console", about="t", dedup_key=str(i), address=address,
            send_after=AT, created_at=AT, state="voided", ended_at=AT,
            erased_at=None if address else AT,
        )
        for i, address in enumerate(["a@contoh.id", None, "b@contoh.id"])
    ]  # fmt: skip
    Message.objects.bulk_create(rows)
    found = Message.objects.order_by("pk").values_list("address", flat=True)
    assert list(found) == ["a@contoh.id", None, "b@contoh.id"]
    assert Message.objects.filter(address=None).count() == 1
    assert Message.objects.filter(address__isnull=False).count() == 2


@pytest.mark.django_db
def test_hand_written_sql_can_fill_the_column():
    message = write("a@contoh.id")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE notifications_message SET address = %s",
            [encrypted(Message, "address", "b@contoh.id")],
        )
    message.refresh_from_db()
    assert message.address == "b@contoh.id"
    assert encrypted(Message, "address", None) is None


@pytest.mark.django_db
@pytest.mark.parametrize("lookup", ["address", "address__contains", "address__in", "address__gt"])
def test_an_encrypted_column_cannot_be_searched(lookup):
    with pytest.raises(FieldError, match="blind index"):
        Message.objects.filter(**{lookup: "a@contoh.id"}).exists()


def test_one_columns_ciphertext_is_refused_in_another():
    with pytest.raises(Undecryptable):
        decrypt(encrypt("budi", about="queueing.Visit.name"), about="complaints.Case.name")


@pytest.mark.django_db
def test_a_value_copied_into_this_column_from_elsewhere_is_refused():
    message = write("a@contoh.id")
    foreign = encrypt("b@contoh.id", about="queueing.Visit.email")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE notifications_message SET address = %s", [foreign])
    with pytest.raises(Undecryptable):
        message.refresh_from_db()


@given(st.lists(text, max_size=4), st.lists(text, max_size=4))
def test_fingerprints_are_equal_exactly_when_the_parts_are(one, two):
    assert (blind("p", *one) == blind("p", *two)) is (one == two)
    assert len(blind("p", *one)) == 32


def test_fingerprints_depend_on_purpose_joint_and_key(settings):
    before = blind("person", "ab", "c")
    assert before not in {
        blind("contact", "ab", "c"),
        blind("person", "a", "bc"),
        blind("personab", "c"),
    }
    settings.BLIND_INDEX_KEY = new_key()
    assert blind("person", "ab", "c") != before
