"""The same person written in two ways is the same person; staff see a mask."""

import contextlib
import unicodedata

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from privacy import identity

digits = st.text("0123456789", min_size=8, max_size=10)


@pytest.mark.parametrize(
    "text",
    ["081234567890", "0812-3456-7890", "+62 812 3456 7890", "62 81234567890", "(0812) 34567890"],
)
def test_a_mobile_number_has_one_form_however_typed(text):
    assert identity.normalise_phone(text) == "+6281234567890"


def test_a_landline_of_mojokerto_is_a_number():
    assert identity.normalise_phone("(0321) 321321") == "+62321321321"


@pytest.mark.parametrize(
    "text", ["", "halo", "0812", "0812345678901234", "+65 9123 4567", "081234567890 ext 5", "\x00"]
)
def test_anything_else_is_no_number_and_the_text_says_what_is_expected(text):
    with pytest.raises(identity.BadPhone) as refused:
        identity.normalise_phone(text)
    assert isinstance(refused.value, ValueError)
    assert "08" in str(refused.value.message)


@given(digits)
def test_normalising_a_phone_twice_changes_nothing(rest):
    phone = identity.normalise_phone("08" + rest)
    assert identity.normalise_phone(phone) == phone == "+628" + rest


@given(st.text(max_size=30))
def test_any_text_is_a_phone_or_refused_never_an_error(text):
    with contextlib.suppress(identity.BadPhone):
        assert identity.normalise_phone(text).startswith("+62")


def test_an_email_address_is_trimmed_and_lower_case():
    assert identity.normalise_email("  Budi.S@Contoh.ID ") == "budi.s@contoh.id"


@pytest.mark.parametrize("text", ["", "budi", "budi@", "a@b\nbcc: c@d.id", "a b@contoh.id"])
def test_a_broken_email_address_is_refused(text):
    with pytest.raises(identity.BadEmail):
        identity.normalise_email(text)


def test_a_name_keeps_its_letters_and_loses_what_is_invisible():
    assert (
        identity.normalise_name("  Siti\t Nur\u200baini \x00\n Dewi\u0301 ") == "Siti Nuraini Dewí"
    )


@given(st.text())
def test_names_are_stable_and_in_one_line(text):
    name = identity.normalise_name(text)
    assert identity.normalise_name(name) == name == unicodedata.normalize("NFC", name)
    assert not any(unicodedata.category(c).startswith("C") for c in name)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Nur'aini", "NUR’AINI"),
        ("Nur'aini", "Nuraini"),
        ("M. Ali", "M.Ali"),
        ("André", "Andre\u0301"),
        ("SITI  AMINAH, S.Pd.", "Siti Aminah S Pd"),
    ],
)
def test_spellings_of_one_name_compare_equal(one, two):
    assert identity.fold_name(one) == identity.fold_name(two)


@given(st.text())
def test_folding_twice_changes_nothing(text):
    assert identity.fold_name(identity.fold_name(text)) == identity.fold_name(text)


@pytest.mark.parametrize(
    ("nik", "odd"),
    [
        ("3576014508900001", False),  # a woman born on the 5th
        ("3576010508900001", False),
        ("3576017108900001", False),  # 31st + 40
        ("3576013208900001", True),  # no 32nd
        ("3576010513900001", True),  # no 13th month
        ("0000000000000000", True),
    ],
)
def test_an_odd_nik_is_a_warning_never_a_refusal(nik, odd):
    assert identity.read_nik(f" {nik[:4]} {nik[4:8]}.{nik[8:]} ") == (nik, odd)


@pytest.mark.parametrize(
    ("text", "count"),
    [("357601450890000", 15), ("", 0), ("35760145089000012", 17), ("357601450890000X", 15)],
)
def test_a_nik_of_another_length_is_refused_with_its_count(text, count):
    with pytest.raises(identity.BadNik) as refused:
        identity.read_nik(text)
    assert refused.value.count == count
    with translation.override("id"):
        assert str(refused.value.message) == f"NIK harus 16 angka. Yang Anda tulis {count} angka."


def test_digits_of_other_scripts_are_not_a_nik():
    with pytest.raises(identity.BadNik):
        identity.read_nik("٣٥٧٦٠١٤٥٠٨٩٠٠٠٠١")


def test_masks_leave_enough_to_recognise_oneself():
    assert identity.mask_nik("3576014508900001") == "3576********0001"
    assert identity.mask_phone("+6281234567890") == "+62812*****890"
    assert identity.mask_email("budi@contoh.id") == "b***@contoh.id"


@given(st.text(max_size=40))
def test_masks_never_fail_and_hide_the_middle(text):
    assert len(identity.mask_phone(text)) == len(text)
    assert len(identity.mask_nik(text)) == len(text)
    assert "*" in identity.mask_email(text)
