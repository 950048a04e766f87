"""What is the same for everybody is kept for seconds: never what is one's own, never for long."""

import pytest
from django.core.cache import caches
from django.test import Client

from services.models import Agency
from services.near import kept

HOME, SERVICE = "/gajah-mada/", "/gajah-mada/layanan/KTP/"


@pytest.fixture(autouse=True)
def _near(settings):
    """The cache of the process, empty."""
    memory = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "near-test"}
    settings.CACHES = {**settings.CACHES, "near": memory}
    caches["near"].clear()


def renamed(house):
    Agency.objects.filter(pk=house.civil.pk).update(name="Dinas yang berganti nama")


def page(address, client=None, **extra):
    return (client or Client()).get(address, **extra).content.decode()


def test_it_is_made_once_for_all_who_ask_in_the_same_moment():
    made = []
    for _person in range(3):
        assert kept("pace", [1, 2], 5, lambda: made.append(1) or "quick") == "quick"
    assert len(made) == 1
    assert kept("pace", [1, 3], 5, lambda: "slow") == "slow"


def test_nothing_is_an_answer_too():
    assert kept("x", 1, 5, lambda: None) is None
    assert kept("x", 1, 5, lambda: "asked again") is None


@pytest.mark.parametrize("address", [HOME, SERVICE])
def test_everybody_gets_the_same_page_for_a_moment(house, address, django_assert_num_queries):
    first = page(address)
    renamed(house)
    with django_assert_num_queries(0):
        assert page(address) == first
    caches["near"].clear()
    assert "berganti nama" in page(address)


def test_a_page_in_another_language_is_another_page(house):
    assert 'lang="id"' in page(SERVICE)[:200]
    assert 'lang="en"' in page(SERVICE, HTTP_ACCEPT_LANGUAGE="en")[:200]


def test_who_has_a_ticket_on_the_device_gets_a_page_of_their_own(house):
    page(HOME)
    person = Client()
    person.cookies["tiket"] = "of whatever"
    renamed(house)
    assert "berganti nama" in page(HOME, person)


def test_an_address_with_a_query_and_a_page_that_is_not_there_are_not_kept(house):
    assert "berganti nama" not in page(f"{SERVICE}?dari=wa")
    renamed(house)
    assert "berganti nama" in page(f"{SERVICE}?dari=wa")
    assert Client().get("/gajah-mada/layanan/TIDAK-ADA/").status_code == 404
    assert Client().get("/gajah-mada/layanan/TIDAK-ADA/").status_code == 404


@pytest.mark.parametrize("address", [HOME, SERVICE])
def test_a_shared_page_carries_no_token_and_sets_no_cookie(house, address):
    response = Client(enforce_csrf_checks=True).get(address)
    assert b"csrfmiddlewaretoken" not in response.content
    assert not response.cookies


def test_the_language_is_switched_without_a_token(house):
    person = Client(enforce_csrf_checks=True)
    assert person.post("/bahasa/", {"language": "en", "next": SERVICE})["Location"] == SERVICE
    assert 'lang="en"' in page(SERVICE, person)[:200]
