"""What is wrong is said with the next step, in the person's language, without a query."""

import re
from contextlib import contextmanager

import pytest
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import OperationalError, connection, connections
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import path
from django.utils import translation

import mpp_portal.urls
from mpp_portal import edge, errors
from queueing.refusals import Refusal

SECRET = "3576014101900001"


def failing(error):
    def view(request: HttpRequest):
        raise error

    return view


class NoAnswer(Exception):
    """What the driver says when the server cannot be reached: without a code."""


def database_error(code=None):
    error = OperationalError(f"could not connect, {SECRET}")
    error.__cause__ = NoAnswer()
    error.__cause__.pgcode = code
    return error


@contextmanager
def lost_database():
    """The real thing: nobody listens on the port."""
    reached = connections["default"]
    lost = reached.copy()
    lost.settings_dict = {**reached.settings_dict, "HOST": "127.0.0.1", "PORT": "1"}
    connections["default"] = lost
    try:
        yield
    finally:
        connections["default"] = reached


FAILURES = {
    "hilang": (Refusal("unknown_window"), 404, "Jam itu tidak ada lagi"),
    "penuh": (Refusal("full"), 409, "Pilih jam lain"),
    "salah": (Refusal("bad_nik", count=15), 422, "16 angka"),
    "ramai": (Refusal("busy"), 503, "Sedang ramai"),
    "kunci": (database_error("55P03"), 503, "Sedang ramai"),
    "putus": (database_error(), 503, "Portal sedang terganggu"),
    "mati": (database_error("57P01"), 503, "Portal sedang terganggu"),
    "rusak": (ValueError(SECRET), 500, "Ada gangguan di pihak kami"),
    "larang": (PermissionDenied(), 403, "bukan untuk akun Anda"),
    "kacau": (BadRequest(), 400, "tidak dapat dibaca"),
}


class Urls:
    handler400 = mpp_portal.urls.handler400
    handler403 = mpp_portal.urls.handler403
    handler404 = mpp_portal.urls.handler404
    handler500 = mpp_portal.urls.handler500
    urlpatterns = [
        *(path(f"gajah-mada/{name}/", failing(e[0])) for name, e in FAILURES.items()),
        *(path(f"api/v1/{name}", failing(e[0])) for name, e in FAILURES.items()),
        *mpp_portal.urls.urlpatterns,
    ]


@pytest.fixture
def breaking(settings, house):
    """A citizen whose portal has addresses at which everything goes wrong."""
    settings.ROOT_URLCONF = Urls
    return Client(raise_request_exception=False)


def a_whole_page(page: str, language: str = "id") -> bool:
    """A heading, a landmark with the skip link's target, a way out, the words of one language."""
    return (
        f'<html lang="{language}">' in page
        and page.count("<h1>") == 1
        and 'href="#isi"' in page
        and page.count("<main") == page.count('id="isi"') == 1
        and bool(re.search(r'<a class="btn btn-(line|primary)" href="/', page))
    )


@pytest.mark.parametrize("name", FAILURES)
def test_each_failure_is_a_whole_page_with_its_own_words(breaking, name):
    _error, status, words = FAILURES[name]
    answer = breaking.get(f"/gajah-mada/{name}/")
    page = answer.content.decode()
    assert answer.status_code == status
    assert words in page
    assert a_whole_page(page)
    assert SECRET not in page
    assert answer["Cache-Control"] == "no-store"
    assert ("Retry-After" in answer) == (status == 503)


@pytest.mark.parametrize("name", ["penuh", "larang", "kacau", "ramai", "putus", "rusak"])
def test_the_malls_header_stays_so_that_one_can_go_on(breaking, name):
    breaking.get("/gajah-mada/")  # what the process remembers when it may not ask
    page = breaking.get(f"/gajah-mada/{name}/").content.decode()
    assert "MPP Gajah Mada" in page
    assert 'class="m-tabs"' in page
    assert 'href="/gajah-mada/">' in page


@pytest.mark.parametrize("name", ["ramai", "kunci", "putus", "rusak"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_where_the_database_may_be_away_nothing_is_asked_of_it(breaking, name, method):
    with CaptureQueriesContext(connection) as captured:
        typed = {"name": "Siti"} if method == "post" else {}
        answer = getattr(breaking, method)(f"/gajah-mada/{name}/", typed)
    assert answer.status_code >= 500
    assert len(captured) == 0
    assert "Siti" not in answer.content.decode()


def test_a_database_that_cannot_be_reached_is_said_so(house):
    client = Client(raise_request_exception=False)
    client.get("/gajah-mada/")
    with lost_database():
        answers = [client.get(p) for p in ("/gajah-mada/", "/sehat/", "/api/v1/malls")]
    assert [answer.status_code for answer in answers] == [503, 503, 503]
    assert "Portal sedang terganggu" in answers[0].content.decode()
    assert "MPP Gajah Mada" in answers[0].content.decode()
    assert answers[1].json() == {"database": False}
    assert answers[2].json()["code"] == "unavailable"
    assert all("Retry-After" in answer for answer in answers)


def test_a_crash_carries_a_code_that_the_log_has_too(breaking, monkeypatch):
    lines = []
    monkeypatch.setattr(edge._log, "error", lambda event, **facts: lines.append(facts))
    page = breaking.get("/gajah-mada/rusak/").content.decode()
    assert f"Kode gangguan {lines[0]['code']}." in page
    assert SECRET not in str(lines)


def test_what_was_typed_is_sent_again_by_a_reload_and_the_page_says_so(breaking):
    for name in ("ramai", "putus", "rusak"):
        page = breaking.post(f"/gajah-mada/{name}/").content.decode()
        assert "Tekan muat ulang" in page
        assert "tidak akan ganda" not in page
    with lost_database():
        page = breaking.post("/gajah-mada/antrean/KTP/", {"aksi": "kirim"}).content.decode()
    assert "Nomor tidak akan ganda." in page


def test_who_may_not_is_led_to_an_account_that_may(breaking, house):
    assert 'href="/masuk/"' in breaking.get("/gajah-mada/larang/").content.decode()
    breaking.force_login(house.people["manager"])
    page = breaking.get("/gajah-mada/larang/").content.decode()
    assert 'action="/keluar/"' in page
    answer = breaking.post("/keluar/", {"next": "/masuk/"}, follow=True)
    assert answer.redirect_chain == [("/masuk/", 302)]
    assert "Nama akun" in answer.content.decode()


def test_each_page_speaks_english_too(breaking):
    breaking.cookies["django_language"] = "en"
    for name in FAILURES:
        page = breaking.get(f"/gajah-mada/{name}/").content.decode()
        assert a_whole_page(page, "en"), name


def test_an_unknown_address_offers_the_search_of_its_mall(client, house):
    page = client.get("/gajah-mada/tidak-ada/").content.decode()
    assert a_whole_page(page)
    assert 'action="/gajah-mada/cari/"' in page
    assert "Halaman ini tidak ada" in page


def test_a_staff_address_leads_back_to_the_staffs_pages(client, house):
    client.force_login(house.people["manager"])
    page = client.get("/admin/tidak/ada/").content.decode()
    assert "Ke halaman petugas" in page


def test_a_stale_form_is_told_that_nothing_was_sent(house):
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/gajah-mada/antrean/KTP/", {"name": "Siti Aminah"})
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "Belum ada yang terkirim" in page
    assert a_whole_page(page)
    assert "Siti" not in page


def test_too_many_wrong_passwords_are_answered_in_words(settings, house, client):
    settings.AXES_FAILURE_LIMIT = 2
    for _try in range(2):
        answer = client.post("/masuk/", {"username": "officer", "password": "salah"})
    assert answer.status_code == 429
    assert "setelah 15 menit" in answer.content.decode()
    assert 890 < int(answer["Retry-After"]) <= 900


@pytest.mark.parametrize(("until", "words"), [("1", "dirawat"), ("sampai pukul 14.00", "14.00")])
def test_maintenance_closes_everything_but_the_health_page(settings, house, client, until, words):
    settings.MAINTENANCE = until
    with CaptureQueriesContext(connection) as captured:
        answers = [client.get("/gajah-mada/"), client.post("/gajah-mada/antrean/KTP/")]
        answers += [client.get("/admin/"), client.get("/tiket/apa-saja/")]
        told = client.get("/api/v1/malls")
    assert len(captured) == 0
    for answer in answers:
        page = answer.content.decode()
        assert answer.status_code == 503
        assert answer["Retry-After"] == "600"
        assert words in page
        assert a_whole_page(page)
    assert told.status_code == 503
    assert told.json()["code"] == "maintenance"
    assert client.get("/sehat/").status_code == 200


@pytest.mark.parametrize(
    ("until", "said"),
    [("sampai pukul 14.00", "14:00"), ("14:00", "14:00"), ("sampai Senin", "sampai Senin")],
)
def test_the_end_of_maintenance_is_said_in_the_readers_way(settings, client, db, until, said):
    settings.MAINTENANCE = until
    client.cookies["django_language"] = "en"
    assert said in client.get("/gajah-mada/").content.decode()


@pytest.mark.parametrize("off", ["", "0", "false"])
def test_without_maintenance_all_is_open(settings, house, client, off):
    settings.MAINTENANCE = off
    assert client.get("/gajah-mada/").status_code == 200


def test_the_page_of_a_crash_needs_no_middleware():
    """A crash outside of everything: no language chosen, no session, no user."""
    translation.deactivate()
    request = RequestFactory().get("/gajah-mada/")
    request.resolver_match = None
    assert "Ada gangguan" in errors.failed(request).content.decode()
