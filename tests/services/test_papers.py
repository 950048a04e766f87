"""What a visit needs: the papers, where a missing one is had, and which service comes first."""

import csv
import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from services.catalogue import import_catalogue
from services.models import Paper, ServiceStandard, ServiceType
from services.paper_file import READERS, import_papers
from services.papers import asked_by, in_sensible_order, made_before, makers, needed, parse
from tests.services.conftest import AT, CATALOGUE

PAPERS = Path(CATALOGUE).with_name("papers.csv")


@pytest.fixture
def offer(agency):
    """Return a function that makes a service which asks for these papers."""

    def make(code, *requirements):
        service = ServiceType.objects.create(agency=agency, code=code, name=f"Layanan {code}")
        standard = ServiceStandard.objects.create(
            service_type=service,
            valid_from=AT.date(),
            approved_at=AT,
            requirements=list(requirements),
        )
        return service, standard

    return make


def needs(mall, *standards):
    return needed(standards, asked_by(standards, mall))


def test_a_requirement_is_a_name_and_after_the_colon_its_form():
    assert parse("KTP-el: asli, 1 fotokopi") == ("KTP-el", ["asli", "1 fotokopi"])
    assert parse("sudah merekam KTP-el") == ("sudah merekam KTP-el", [])


def test_the_form_is_said_in_the_language_of_the_page(mall, offer):
    _, standard = offer("SKCK", "pas foto: 2 lembar, latar merah, tanpa kacamata")
    Paper.objects.create(mall=mall, name_ind="Pas Foto", name_en="photograph")
    [photo] = needs(mall, standard)
    assert (photo.name, photo.lang) == ("pas foto", "")
    assert photo.detail == "2 lembar, latar merah, tanpa kacamata"
    with translation.override("en"):
        [photo] = needs(mall, standard)
    assert (photo.name, photo.lang) == ("photograph", "")
    assert [phrase.lang for phrase in photo.details] == ["", "", "id"]
    assert photo.details[2].text == "tanpa kacamata"


def test_what_has_no_english_is_marked_as_indonesian(mall, offer):
    _, standard = offer("SKCK", "rumus sidik jari", "surat nikah")
    Paper.objects.create(mall=mall, name_ind="surat nikah", where_ind="Di KUA.")
    with translation.override("en"):
        unknown, known = needs(mall, standard)
    assert (unknown.name, unknown.lang) == ("rumus sidik jari", "id")
    assert (known.lang, known.where, known.where_lang) == ("id", "Di KUA.", "id")


def test_several_services_get_their_copies_and_the_fuller_form(mall, offer):
    _, skck = offer("SKCK", "KTP-el: 1 fotokopi", "NPWP: bila ada")
    _, bank = offer("BANK", "ktp-el: asli, 1 fotokopi", "NPWP: 1 fotokopi", "setoran awal")
    ktp, npwp, deposit = needs(mall, skck, bank)
    assert (ktp.name, ktp.detail) == ("KTP-el", "asli, 2 fotokopi")
    assert npwp.detail == "1 fotokopi"
    assert (deposit.name, deposit.detail) == ("setoran awal", "")
    [_, optional] = needs(mall, skck)
    assert optional.detail == "bila ada"


def test_a_paper_names_the_service_of_the_house_that_makes_it(mall, offer):
    police, report = offer("HILANG", "kronologi")
    _, card = offer("KTP", "surat kehilangan: asli")
    Paper.objects.create(
        mall=mall, name_ind="Surat kehilangan", where_ind="Di Polresta.", made_by=police
    )
    [paper] = needs(mall, card)
    assert (paper.made_by, paper.where, paper.made_in_visit) == (police, "Di Polresta.", False)
    assert makers([paper, paper]) == [police]
    *_, paper = needs(mall, report, card)
    assert paper.made_in_visit
    police.active = False
    police.save(update_fields=["active"])
    [paper] = needs(mall, card)
    assert paper.made_by is None


def test_who_makes_a_paper_is_not_sent_to_itself(mall, offer):
    service, standard = offer("KTP", "KTP-el: asli")
    Paper.objects.create(mall=mall, name_ind="KTP-el", made_by=service)
    assert needs(mall, standard)[0].made_by is None
    assert made_before(mall, [service], AT.date()) == {service.pk: set()}


def test_the_maker_comes_first_and_the_rest_keeps_its_order(mall, offer, django_assert_num_queries):
    card, _ = offer("KTP", "surat kehilangan: asli")
    bank, _ = offer("BANK", "setoran awal")
    police, _ = offer("HILANG", "kronologi")
    Paper.objects.create(mall=mall, name_ind="surat kehilangan", made_by=police)
    with django_assert_num_queries(2):
        before = made_before(mall, [card, bank, police], AT.date())
    assert before[card.pk] == {police.pk}
    assert in_sensible_order([card, bank, police], before) == [bank, police, card]
    assert in_sensible_order([card, bank], before) == [card, bank]


def test_services_that_wait_for_each_other_keep_the_order_of_the_wish(offer):
    a, b, c = (offer(code)[0] for code in "ABC")
    circle = {a.pk: {b.pk}, b.pk: {a.pk}, c.pk: {a.pk}}
    assert in_sensible_order([b, a, c], circle) == [b, a, c]
    assert in_sensible_order([a, b, c], circle) == [a, b, c]


# -- the file --------------------------------------------------------------------------------------


def papers_file(*rows):
    text = io.StringIO()
    writer = csv.DictWriter(text, list(READERS), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def row(name, **cells):
    return {"name_id": name, **cells}


def test_the_file_is_loaded_once_and_then_only_what_differs(mall, offer):
    police, _ = offer("HILANG")
    rows = [row("KTP-el", name_en="e-KTP"), row("surat kehilangan", made_by_code="HILANG")]
    assert import_papers(mall=mall, data=papers_file(*rows)).created == 2
    letter = Paper.objects.get(mall=mall, name_ind="surat kehilangan")
    assert (letter.name, letter.made_by) == ("surat kehilangan", police)
    rows[0]["where_id"] = "Di Dukcapil."
    again = import_papers(mall=mall, data=papers_file(*rows))
    assert (again.created, again.updated, again.unchanged) == (0, 1, 1)
    assert again.rows[0].changes == ("where_id",)


@pytest.mark.parametrize(
    ("rows", "line", "column"),
    [
        ([row("", name_en="e-KTP")], 2, "name_id"),
        ([row("KTP-el"), row("ktp-EL")], 3, "name_id"),
        ([row("KTP-el", made_by_code="TIDAK-ADA")], 2, "made_by_code"),
        ([row("KTP-el", where_id="x" * 301)], 2, "where_id"),
        ([], 1, ""),
    ],
)
def test_a_wrong_cell_is_named_and_nothing_is_loaded(mall, rows, line, column):
    result = import_papers(mall=mall, data=papers_file(*rows))
    assert [(error.row, error.column) for error in result.errors] == [(line, column)]
    assert not Paper.objects.exists()


def test_a_dry_run_and_the_command(mall, tmp_path):
    file = tmp_path / "berkas.csv"
    file.write_bytes(papers_file(row("KTP-el")))
    call_command("import_papers", file, mall=mall.slug, dry_run=True, verbosity=0)
    assert not Paper.objects.exists()
    call_command("import_papers", file, mall=mall.slug)
    assert Paper.objects.get().name == "KTP-el"
    file.write_bytes(papers_file(row("KTP-el", made_by_code="X")))
    with pytest.raises(CommandError):
        call_command("import_papers", file, mall=mall.slug)


def test_every_paper_of_the_demo_has_its_english_name_and_the_police_letter_is_made_here(
    mall, manager
):
    import_catalogue(mall=mall, data=CATALOGUE.read_bytes(), at=AT, approved_by=manager)
    result = import_papers(mall=mall, data=PAPERS.read_bytes())
    assert result.errors == ()
    standards = ServiceStandard.objects.all()
    with translation.override("en"):
        papers = needs(mall, *standards)
    assert [paper.name for paper in papers if paper.lang] == []
    assert sum(bool(paper.where) for paper in papers) >= 60
    wished = [ServiceType.objects.get(code=code) for code in ("DUKCAPIL-02", "POLRESTA-08")]
    ordered = in_sensible_order(wished, made_before(mall, wished, AT.date()))
    assert [service.code for service in ordered] == ["POLRESTA-08", "DUKCAPIL-02"]


@pytest.mark.parametrize(
    ("line", "paper"),
    [("Kartu Keluarga: asli", True), ("usia minimal 17 tahun", False), ("Datang sendiri", False)],
)
def test_a_condition_or_a_deed_is_no_paper(mall, offer, line, paper):
    _, standard = offer("SKCK", line)
    assert needs(mall, standard)[0].is_paper is paper
