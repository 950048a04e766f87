"""People find a service by their own words, misspelt or not."""

from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone

from services.catalogue import import_catalogue
from services.models import Agency, Mall
from services.search import nearest_words, search, understand, vocabulary
from services.spelling import Vocabulary

CATALOGUE = Path(__file__).parents[2] / "services" / "data" / "catalogue.csv"


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker):
    """The demo catalogue, loaded once for the whole file and taken back at its end."""
    with django_db_blocker.unblock(), transaction.atomic():
        mall = Mall.objects.create(slug="cari", name="MPP Cari")
        import_catalogue(mall=mall, data=CATALOGUE.read_bytes(), at=timezone.now())
        yield mall
        transaction.set_rollback(True)


@pytest.fixture
def catalogue(loaded, db):
    return loaded


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("ktp", "DUKCAPIL-01"),
        ("bikin ktp", "DUKCAPIL-01"),
        ("ktp ilang", "DUKCAPIL-02"),
        ("e-KTP hilang", "DUKCAPIL-02"),
        ("KTP-el hilang", "DUKCAPIL-02"),
        ("ktp rusak", "DUKCAPIL-03"),
        ("kk baru", "DUKCAPIL-04"),
        ("mau urus kartu keluarga", "DUKCAPIL-04"),
        ("akte anak", "DUKCAPIL-08"),
        ("akta kelahiran", "DUKCAPIL-08"),
        ("surat pindah", "DUKCAPIL-16"),
        ("perpanjang sim", "POLRESTA-03"),
        ("perpanjnag sim", "POLRESTA-03"),
        ("skck", "POLRESTA-01"),
        ("bpjs nunggak", "BPJSKES-07"),
        ("stnk", "SAMSAT-01"),
        ("pajak motor", "SAMSAT-01"),
        ("tilang", "KEJARI-01"),
        ("imb", "DPMPTSPNAKER-06"),
        ("bansos", "DINSOS-03"),
        ("pasport anak", "IMIGRASI-04"),
        ("passport", "IMIGRASI-01"),
        ("driving licence", "POLRESTA-03"),
    ],
)
def test_the_right_service_comes_first(catalogue, text, first):
    assert search(mall=catalogue, text=text)[0].code == first


@pytest.mark.parametrize("text", ["antrian paspor", "paspr", "antrean imigrasi"])
def test_what_is_asked_of_an_agency_leads_to_its_services(catalogue, text):
    assert {s.agency.code for s in search(mall=catalogue, text=text, limit=5)} == {"IMIGRASI"}


@pytest.mark.parametrize("text", ["perpanjang sim", "sim perpanjang"])
def test_both_licences_come_before_the_rest(catalogue, text):
    found = [service.code for service in search(mall=catalogue, text=text)]
    assert set(found[:2]) == {"POLRESTA-03", "POLRESTA-04"}


@pytest.mark.parametrize("text", ["", "   ", "???", "😀", "\x00"])
def test_nothing_asked_finds_nothing_and_asks_nothing(mall, text, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert search(mall=mall, text=text) == []


@pytest.mark.parametrize(
    "text",
    [
        "ktp " * 125,
        "x" * 500,
        "😀 ktp 😀",
        "<script>alert('ktp')</script>",
        "ktp\x00hilang",
        "ktp & | ! ( ' :* \\ <->",
        "'; DROP TABLE services_mall; --",
        "%%%_",
    ],
)
def test_strange_text_is_harmless(catalogue, text):
    assert len(search(mall=catalogue, text=text)) <= 20


def test_a_search_is_one_query_with_the_agencies(catalogue, django_assert_num_queries):
    vocabulary(catalogue)  # read every five minutes
    with django_assert_num_queries(1):
        assert [service.agency.name for service in search(mall=catalogue, text="ktp hilang")]


def test_only_services_of_this_mall_that_are_offered_are_found(catalogue, other_mall):
    assert search(mall=other_mall, text="ktp") == []
    Agency.objects.filter(code="DUKCAPIL").update(active=False)
    assert "DUKCAPIL" not in {s.agency.code for s in search(mall=catalogue, text="ktp hilang")}


def test_limit_cuts_the_end(catalogue):
    assert len(search(mall=catalogue, text="ktp", limit=2)) == 2


def test_noise_is_dropped_unless_there_is_nothing_else():
    assert understand("mau bikin KTP kaca dong").text == "ktp kaca"
    assert understand("antrian").text == "antrian"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("kls", "kelas"),  # vowels left out
        ("skkc", "skck"),  # letters swapped
        ("kelahirn", "kelahiran"),  # a letter lost
        ("pensiunn", "pensiun"),  # a letter doubled
        ("matrai", "meterai"),  # written as it is said
        ("pasp", "pasp"),  # the beginning of a word is no error
        ("lapis", "lapis"),  # nothing is near
        ("1234", "1234"),
        ("ab", "ab"),
    ],
)
def test_a_mistyped_word_is_read_as_the_nearest(typed, meant):
    words = Vocabulary(["kelas", "skck", "kelahiran", "pensiun", "meterai", "paspor", "12345"])
    assert words.nearest(typed) == meant


def test_of_two_words_as_near_the_one_said_more_often_is_meant():
    assert Vocabulary(["kartu", "kartu", "karta"]).nearest("kartx") == "kartu"


def test_the_page_can_say_what_was_read_as_another_word(catalogue):
    words = vocabulary(catalogue)
    assert understand("ktp ilang", words).mended == (("ilang", "hilang"),)
    assert understand("beli matrai", words).mended == (("matrai", "materai"),)
    assert understand("ktp hilang", words).mended == ()


def test_who_finds_nothing_is_offered_words_of_the_catalogue(catalogue):
    assert search(mall=catalogue, text="sertivokat") == []
    assert "sertifikat" in nearest_words(mall=catalogue, text="sertivokat")
    assert nearest_words(mall=catalogue, text="qqqq") == []


def test_a_service_of_little_worth_beside_the_best_is_left_out(catalogue):
    assert "POLRESTA-08" in {s.code for s in search(mall=catalogue, text="ktp ilang")}
    assert len(search(mall=catalogue, text="ktp ilang")) < 6
