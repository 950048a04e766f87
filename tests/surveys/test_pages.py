"""The survey by plain forms: one tap an answer, back and skip, nothing said in an address."""

import html
import re

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from complaints.models import Case
from surveys import rules
from surveys.elements import CODES, QUESTIONNAIRE
from surveys.models import Invitation, Response
from tests.house import TODAY, at

pytestmark = pytest.mark.django_db
WEEK = TODAY.fromordinal(TODAY.toordinal() - 9)  # the Monday of the week before


@pytest.fixture(autouse=True)
def _wednesday_noon():
    with time_machine.travel(at(12), tick=False):
        yield


@pytest.fixture
def address(token):
    return f"/survei/{token}/"


def text_of(page):
    return html.unescape(page.content.decode())


def tap(client, address, number, mark, **more):
    return client.post(f"{address}{number}/", {"nilai": mark}, **more)


def walk(client, address, marks="333333333"):
    for number, mark in enumerate(marks, 1):
        page = tap(client, address, number, "lewati" if mark == "-" else mark)
    return page


def test_nine_taps_keep_the_answers_then_two_optional_pages_then_thanks(client, address):
    page = client.get(address)
    for number, element in enumerate(QUESTIONNAIRE, 1):
        text = text_of(page)
        assert str(element.question) in text
        places = [text.index(f"</svg>{answer}</button>") for answer in element.answers]
        assert places == sorted(places)  # the lowest first
        assert 'aria-pressed="true"' not in text  # nothing is chosen beforehand
        assert text.count('class="m-face"') == 4
        assert f"Penilaian {number} dari 9" in text
        assert "Layanan KTP, hari ini" in text
        page = client.post(f"{address}{number}/", {"nilai": "4"}, follow=True)
    assert Response.objects.get().pengaduan == 4
    assert "Sedikit tentang Anda" in text_of(page)
    page = client.post(f"{address}tentang-anda/", {"sex": "female", "work": "swasta"}, follow=True)
    assert "Ada yang ingin disampaikan?" in text_of(page)
    page = client.post(f"{address}saran/", {"text": "Kursi kurang"}, follow=True)
    assert page.redirect_chain == [(f"{address}selesai/", 302)]
    assert "Penilaian Anda masuk ke indeks triwulan 4, 2026." in text_of(page)
    response = Response.objects.get()
    assert (response.sex, response.work, response.age_group) == ("female", "swasta", "")
    assert response.text == "Kursi kurang"


def test_an_answer_stands_on_the_device_alone_until_the_last(client, address):
    walk(client, address, "4444")
    assert not Response.objects.exists()
    assert Invitation.objects.get().answered_on is None
    cookie = client.cookies["penilaian"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (address, True, "Lax")
    other = Client()
    assert "Pertanyaan" in text_of(other.get(f"{address}5/", follow=True))
    assert "Penilaian 1 dari 9" in text_of(other.get(f"{address}5/", follow=True))


def test_one_goes_back_sees_the_own_answer_and_changes_it(client, address):
    walk(client, address, "222")
    back = text_of(client.get(f"{address}3/"))
    assert re.search(r'value="2" aria-pressed="true"', back)
    assert f'href="{address}2/"' in back
    tap(client, address, 3, "4")
    for number in range(4, 10):
        tap(client, address, number, "1")
    response = Response.objects.get()
    assert [getattr(response, code) for code in CODES] == [2, 2, 4, 1, 1, 1, 1, 1, 1]


def test_any_question_may_be_skipped(client, address):
    walk(client, address, "4-3------")
    response = Response.objects.get()
    assert [getattr(response, code) for code in CODES[:3]] == [4, None, 3]
    assert response.biaya is None


def test_all_skipped_is_said_kindly_and_may_be_mended(client, address):
    page = walk(client, address, "---------")
    assert page.status_code == 422
    assert "Jawab paling sedikit satu" in text_of(page)
    assert not Response.objects.exists()
    assert tap(client, address, 9, "3").status_code == 302
    assert Response.objects.get().pengaduan == 3


def test_the_last_answer_tapped_twice_is_one_response(client, address):
    walk(client, address)
    assert tap(client, address, 9, "1")["Location"] == f"{address}selesai/"
    assert Response.objects.get().pengaduan == 3


def test_opening_pages_does_nothing(client, address):
    for end in ("", "1/", "2/", "9/", "tentang-anda/", "saran/", "selesai/"):
        assert client.get(f"{address}{end}").status_code in {200, 302}
        assert client.head(f"{address}{end}").status_code in {200, 302}
    assert not Response.objects.exists()
    assert Invitation.objects.get().answered_on is None
    assert client.get(f"{address}0/").status_code == 404
    assert client.get(f"{address}10/").status_code == 404


def test_what_is_no_answer_is_asked_again(client, address):
    page = tap(client, address, 1, "5")
    assert page.status_code == 422
    assert "Pilih satu dari empat jawaban" in text_of(page)


def test_a_forged_cookie_is_a_new_beginning(client, address):
    client.cookies["penilaian"] = "kunci.333333333:palsu"
    assert client.get(f"{address}9/")["Location"] == f"{address}1/"


def test_a_spent_link_an_old_one_and_none_at_all_say_so(client, address, token):
    walk(client, address)
    spent = Client().get(address)
    assert spent.status_code == 409
    assert "Terima kasih, kunjungan ini sudah dinilai" in text_of(spent)
    assert Client().get(f"{address}saran/").status_code == 409
    unknown = client.get("/survei/tebakan-yang-cukup-panjang/")
    assert unknown.status_code == 404
    assert "/tiket/" not in text_of(unknown)
    Invitation.objects.update(answered_on=None, request_hash=None)
    with time_machine.travel(at(12, days=20), tick=False):
        old = Client().get(address)
        assert old.status_code == 410
        assert "Waktu menilai sudah lewat" in text_of(old)
        assert "/gajah-mada/pengaduan/" in text_of(old)


def test_the_operators_own_questions_follow_the_nine(client, address, settings):
    settings.SURVEY_INTEGRITY_QUESTIONS = ["Tidak ada pungutan di luar tarif."]
    walk(client, address)
    assert not Response.objects.exists()
    page = client.get(f"{address}10/")
    assert "Penilaian 10 dari 10" in text_of(page)
    assert "Tidak ada pungutan di luar tarif." in text_of(page)
    tap(client, address, 10, "4")
    assert Response.objects.get().integrity == [4]


def test_too_long_words_are_not_lost(client, address):
    walk(client, address)
    page = client.post(f"{address}saran/", {"text": "panjang " * 200})
    assert page.status_code == 422
    assert "Saran paling panjang 1000 huruf" in text_of(page)
    assert "panjang panjang" in text_of(page)


def test_the_words_go_on_to_the_complaint_form_in_the_body_and_file_nothing(client, address):
    walk(client, address)
    page = client.get(f"{address}saran/")
    assert 'formaction="/gajah-mada/pengaduan/baru/"' in text_of(page)
    form = client.post(
        "/gajah-mada/pengaduan/baru/", {"mulai": "1", "service": "KTP", "text": "Kursi kurang"}
    )
    text = text_of(form)
    assert form.status_code == 200
    assert re.search(r"<textarea[^>]*>\s*Kursi kurang</textarea>", text)
    assert "Layanan KTP" in text
    assert "Ada yang perlu diperbaiki" not in text
    assert not Case.objects.exists()
    assert "Kursi" not in form.request["QUERY_STRING"]


def test_the_average_is_shown_from_ten_of_past_weeks_on(client, address, filled):
    filled("KTP", 9, WEEK)
    filled("KTP", 20, TODAY.fromordinal(TODAY.toordinal() - 2), mark=1)  # this week: not yet
    walk(client, address)
    few = text_of(client.get(f"{address}selesai/"))
    assert "sesudah 10 penilaian" in few
    assert "Rata-rata Dinas Dukcapil" not in few
    filled("AKTA", 1, WEEK, mark=4)
    filled("PBB", 30, WEEK, mark=1)  # of another agency
    enough = text_of(client.get(f"{address}selesai/"))
    assert "Rata-rata Dinas Dukcapil" in enough
    assert "10 penilaian lengkap" in enough
    assert ">3,1<" in enough


def test_pages_are_not_kept_and_cost_few_queries(client, address, filled):
    filled("KTP", 12, WEEK)
    steps = [("get", "", {}), *(("post", f"{n}/", {"nilai": "3"}) for n in range(1, 10))]
    steps += [("get", end, {}) for end in ("tentang-anda/", "saran/", "selesai/")]
    for method, end, data in steps:
        with CaptureQueriesContext(connection) as queries:
            page = getattr(client, method)(address + end, data)
        assert len(queries) <= 8, (end, [q["sql"] for q in queries])
        assert "no-store" in page["Cache-Control"]


def test_english_readers_find_every_page(client, address):
    client.cookies["django_language"] = "en"
    assert '<html lang="en">' in text_of(client.get(address))


def test_the_language_is_changed_without_losing_an_answer(client, address):
    walk(client, address, "22")
    page = client.post(
        "/bahasa/", {"language": "en", "next": f"{address}3/"}, headers={"host": "testserver"}
    )
    assert page["Location"] == f"{address}3/"
    assert '<html lang="en">' in text_of(client.get(f"{address}3/"))
    assert 'aria-pressed="true"' in text_of(client.get(f"{address}2/"))


def test_after_the_night_nothing_can_be_added(client, address):
    walk(client, address)
    rules.erase_responses(at(3, days=1))
    assert client.post(f"{address}saran/", {"text": "terlambat"}).status_code == 409
    assert Response.objects.get().text == ""
