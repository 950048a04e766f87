"""The catalogue's file: all of it or nothing, and every mistake named by row and column."""

import csv
import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from services.catalogue import export_rows, import_catalogue
from services.catalogue_file import COLUMNS, OPTIONAL_COLUMNS
from services.models import Agency, Fee, ServiceStandard, ServiceType
from services.rules import approve_standard, current_standard

CATALOGUE = Path(__file__).parents[2] / "services" / "data" / "catalogue.csv"
ROW = {
    "code": "A-01",
    "agency_code": "A",
    "agency_name": "Dinas A",
    "service_name_id": "Layanan satu",
    "service_name_en": "Service one",
    "requirements": "KTP-el;surat, bermeterai",
    "duration_minutes_at_counter": "15",
    "processing_days": "3",
    "fee_rupiah": "0",
    "legal_basis": "UU 25/2009; Perda",
    "output_product": "Surat",
    "online_possible": "yes",
    "booking_mode": "both",
    "external_system": "",
    "needs_nik": "no",
    "needs_person_present": "no",
    "synonyms": "satu; nomor satu",
    "theme": "uji",
}


def file_of(*rows, columns=COLUMNS, above="# contoh\n"):
    text = io.StringIO()
    text.write(above)
    writer = csv.DictWriter(text, columns, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(ROW | row for row in rows)
    return text.getvalue().encode()


@pytest.fixture
def load(mall, at):
    def load_file(*rows, data=None, **options):
        return import_catalogue(mall=mall, data=data or file_of(*rows), at=at, **options)

    return load_file


def test_the_whole_demo_catalogue_is_loaded(catalogue):
    assert Agency.objects.count() == 24
    assert ServiceType.objects.count() == ServiceStandard.objects.count() == 178
    fees = Fee.objects.all()
    assert fees.filter(amount=0).count() == 110
    assert fees.filter(amount__gt=0).count() == 29
    assert fees.filter(amount=None).count() == 39


def test_every_column_arrives(load, mall, at):
    load({})
    service = ServiceType.objects.get()
    standard = service.standards.get()
    assert (service.code, service.agency.code, service.agency.name) == ("A-01", "A", "Dinas A")
    assert (service.name_ind, service.name_en, service.name) == (
        "Layanan satu",
        "Service one",
        "Layanan satu",
    )
    assert service.synonyms == ["satu", "nomor satu"]
    assert (service.theme, service.booking_mode, service.online_possible) == ("uji", "both", True)
    assert standard.requirements == ["KTP-el", "surat, bermeterai"]
    assert (standard.counter_minutes, standard.processing_days) == (15, 3)
    assert (standard.product, standard.legal_basis) == ("Surat", "UU 25/2009; Perda")
    assert (standard.version, standard.valid_from) == (1, mall.date_at(at))
    assert standard.fees.get().amount == 0


def test_an_empty_fee_varies_and_is_not_free(load):
    load({"fee_rupiah": ""})
    fee = Fee.objects.get()
    assert (fee.amount, fee.collected_by) == (None, "")


def test_the_address_of_a_national_system_may_stand_in_its_own_column(load):
    columns = [*COLUMNS, *OPTIONAL_COLUMNS]
    row = {"booking_mode": "external", "external_system": "M-Paspor"}
    load(data=file_of(row | {"external_url": "https://contoh.id/"}, columns=columns))
    assert ServiceType.objects.get().external_url == "https://contoh.id/"
    load(row)
    assert ServiceType.objects.get().external_url == "https://contoh.id/"


def test_loading_again_changes_nothing(catalogue, at):
    again = import_catalogue(mall=catalogue, data=CATALOGUE.read_bytes(), at=at)
    assert (again.created, again.updated, again.unchanged) == (0, 0, 178)
    assert ServiceStandard.objects.count() == 178


@pytest.mark.parametrize(
    "change",
    [
        {"fee_rupiah": "5000"},
        {"fee_rupiah": ""},
        {"duration_minutes_at_counter": "20"},
        {"requirements": "KTP-el"},
    ],
)
def test_a_changed_standard_becomes_the_next_version_and_keeps_the_old(load, change):
    load({})
    result = load(change)
    assert (result.updated, result.rows[0].changes) == (1, tuple(change))
    old, new = ServiceStandard.objects.order_by("version")
    assert (old.version, new.version) == (1, 2)
    assert old.fees.get().amount == 0
    assert new.fees.count() == 1


def test_a_new_version_keeps_what_the_file_does_not_say(load):
    load({})
    first = ServiceStandard.objects.get()
    ServiceStandard.objects.update(procedure="Ambil nomor, tunggu, bayar.")
    Fee.objects.create(standard=first, amount=5000, variant="kilat")
    load({"processing_days": "1"})
    new = ServiceStandard.objects.get(version=2)
    assert new.procedure == "Ambil nomor, tunggu, bayar."
    assert {(fee.variant, fee.amount) for fee in new.fees.all()} == {("", 0), ("kilat", 5000)}


def test_another_name_changes_the_service_and_not_its_standard(load):
    load({})
    result = load({"service_name_id": "Layanan baru", "agency_name": "Dinas B"})
    assert result.updated == 1
    assert ServiceType.objects.get().name == "Layanan baru"
    assert Agency.objects.get().name == "Dinas B"
    assert ServiceStandard.objects.count() == 1


def test_versions_are_drafts_until_somebody_approves_them(load, mall, at, manager):
    load({})
    today = mall.date_at(at)
    service = ServiceType.objects.get()
    assert current_standard(service, today) is None
    approve_standard(standard=service.standards.get(), by=manager, at=at)
    load({"fee_rupiah": "5000"})
    assert current_standard(service, today).version == 1
    load({"fee_rupiah": "6000"}, approved_by=manager)
    assert current_standard(service, today).version == 3


def test_a_rehearsal_counts_and_writes_nothing(load):
    assert load({}, dry_run=True).created == 1
    assert not ServiceType.objects.exists()
    assert not Agency.objects.exists()


@pytest.mark.parametrize(
    ("column", "cell", "words"),
    [
        ("code", "", "wajib"),
        ("code", "A/01", "huruf, angka"),
        ("code", "A" * 31, "panjang"),
        ("agency_name", "", "wajib"),
        ("service_name_id", "x" * 201, "panjang"),
        ("service_name_id", "Layanan\x00", "tidak terlihat"),
        ("requirements", "a;" + "x" * 301, "panjang"),
        ("duration_minutes_at_counter", "lima", "bilangan bulat"),
        ("duration_minutes_at_counter", "0", "antara"),
        ("duration_minutes_at_counter", "1.5", "bilangan bulat"),
        ("processing_days", "-1", "antara"),
        ("processing_days", "", "bilangan bulat"),
        ("fee_rupiah", "-5000", "antara"),
        ("fee_rupiah", "Rp5.000", "bilangan bulat"),
        ("fee_rupiah", "99999999999", "antara"),
        ("output_product", "x" * 301, "panjang"),
        ("online_possible", "mungkin", "yes"),
        ("needs_nik", "", "yes"),
        ("booking_mode", "telepon", "Pilihannya"),
        ("synonyms", "x" * 81, "panjang"),
        ("theme", "x" * 61, "panjang"),
    ],
)
def test_a_wrong_cell_is_named_by_row_and_column(load, column, cell, words):
    result = load({"code": "A-00"}, {column: cell})
    assert [(error.row, error.column) for error in result.errors] == [(4, column)]
    assert words in result.errors[0].message
    assert not ServiceType.objects.exists()


def test_a_national_service_must_name_its_system(load):
    result = load({"booking_mode": "external"})
    assert [error.column for error in result.errors] == ["external_system"]


def test_all_mistakes_are_told_at_once(load):
    result = load({"needs_nik": "?", "fee_rupiah": "x"}, {"code": "A-02", "theme": "x" * 99})
    assert [(error.row, error.column) for error in result.errors] == [
        (3, "fee_rupiah"),
        (3, "needs_nik"),
        (4, "theme"),
    ]


def test_a_code_twice_in_the_file_is_refused_with_both_lines(load):
    result = load({}, {"service_name_id": "Lain"})
    assert [(error.row, error.column) for error in result.errors] == [(4, "code")]
    assert "baris 3" in result.errors[0].message


def test_an_agency_with_two_names_is_refused(load):
    result = load({}, {"code": "A-02", "agency_name": "Dinas Lain"})
    assert [(error.row, error.column) for error in result.errors] == [(4, "agency_name")]


def test_a_code_of_another_agency_of_the_mall_is_refused(load):
    load({})
    result = load({"agency_code": "B", "agency_name": "Dinas B"})
    assert [(error.row, error.column) for error in result.errors] == [(3, "code")]
    assert not Agency.objects.filter(code="B").exists()


def test_missing_and_unknown_columns_are_named(load):
    columns = [c for c in COLUMNS if c != "theme"] + ["warna"]
    result = load(data=file_of({"warna": "biru"}, columns=columns))
    assert [(error.row, error.column) for error in result.errors] == [(2, "theme"), (2, "warna")]


@pytest.mark.parametrize(
    ("data", "row", "words"),
    [
        (b"", 1, "kosong"),
        (b"# hanya komentar\n", 1, "kosong"),
        (file_of(), 2, "tidak berisi layanan"),
        (file_of({"theme": "kafé"}).decode().encode("latin-1"), 3, "UTF-8"),
        (file_of({}).replace(b",", b";"), 2, "pemisah koma"),
        (file_of({}) + b"A-02,A,Dinas A\n", 4, "3 kolom"),
        (b"x" * 5_000_001, 1, "terlalu besar"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(mall, at, data, row, words):
    result = import_catalogue(mall=mall, data=data, at=at)
    assert [error.row for error in result.errors] == [row]
    assert words in result.errors[0].message


def test_rows_are_counted_by_lines_of_the_file_also_after_a_cell_of_two_lines(load):
    result = load({"legal_basis": "UU\nPP"}, {"code": "A-02", "needs_nik": "?"})
    assert [(error.row, error.column) for error in result.errors] == [(5, "needs_nik")]


def test_what_is_exported_can_be_loaded_again_without_change(catalogue, at):
    rows = export_rows(ServiceType.objects.order_by("code"))
    text = io.StringIO()
    csv.writer(text).writerows([[*COLUMNS, *OPTIONAL_COLUMNS], *rows])
    again = import_catalogue(mall=catalogue, data=text.getvalue().encode("utf-8-sig"), at=at)
    assert (again.errors, again.unchanged) == ((), 178)


def test_the_command_prints_the_summary(mall, tmp_path, capsys):
    path = tmp_path / "katalog.csv"
    path.write_bytes(file_of({}))
    call_command("import_catalogue", path, mall=mall.slug, dry_run=True)
    assert "1 baru, 0 diperbarui, 0 tetap" in capsys.readouterr().out
    assert not ServiceType.objects.exists()
    call_command("import_catalogue", path, mall=mall.slug)
    assert ServiceType.objects.count() == 1


def test_the_command_prints_each_mistake_and_fails(mall, tmp_path, capsys):
    path = tmp_path / "katalog.csv"
    path.write_bytes(file_of({"fee_rupiah": "x"}))
    with pytest.raises(CommandError):
        call_command("import_catalogue", path, mall=mall.slug)
    assert "Baris 3, kolom fee_rupiah" in capsys.readouterr().err


def test_the_command_knows_its_mall_and_its_file(mall, tmp_path):
    with pytest.raises(CommandError, match="mal"):
        call_command("import_catalogue", CATALOGUE, mall="tidak-ada")
    with pytest.raises(CommandError, match="dibaca"):
        call_command("import_catalogue", tmp_path / "tidak-ada.csv", mall=mall.slug)
