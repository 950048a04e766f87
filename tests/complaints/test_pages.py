"""The pages work by plain forms; number and PIN are shown once and are in no address or log."""

import html
import re

import pytest
import time_machine
from django.urls import reverse

from complaints.models import Case
from tests.complaints.conftest import STORY
from tests.house import at

pytestmark = pytest.mark.django_db
WHO = {"name": "Siti Aminah", "phone": "0812 3456 7890", "email": "siti@contoh.id"}


@pytest.fixture(autouse=True)
def _wednesday_morning():
    with time_machine.travel(at(10), tick=False):
        yield


@pytest.fixture
def address(mall):
    return reverse("complaints:new", args=[mall.slug])


def text_of(answer):
    return html.unescape(answer.content.decode())


def hidden(answer, name):
    return re.search(rf'name="{name}" value="([^"]+)"', answer.content.decode()).group(1)


def send(client, address, **fields):
    key = hidden(client.get(address), "request_key")
    asked = {"kind": "complaint", "text": STORY, "request_key": key} | fields
    return client.post(address, asked), asked


def number_and_pin(answer):
    case = Case.objects.get()
    return case.number, re.search(r"\b(\d{3}) (\d{3})\b", text_of(answer)).expand(r"\1\2")


def test_the_form_promises_a_date_explains_both_flags_and_names_the_national_channel(
    client, address, civil
):
    page = client.get(address)
    text = text_of(page)
    assert "Tanggapan pertama paling lambat Rabu, 2 Desember 2026" in text
    assert "Nama dan kontak Anda hanya dilihat meja pengaduan" in text
    assert "Seluruh laporan, bukan hanya nama Anda" in text
    assert "SP4N-LAPOR!" in text
    assert "Dinas Dukcapil" in text
    assert text.index('name="text"') < text.index('name="kind"') < text.index('name="phone"')
    assert "no-store" in page["Cache-Control"]


def test_no_script_is_needed_and_no_style_is_written_into_a_tag(client, address):
    content = client.get(address).content.decode()
    form = content[content.index('<form method="post" action="/gajah-mada/pengaduan/baru/"') :]
    form = form[: form.index("</form>")]
    assert not re.search(r"<script|\son\w+=|\sstyle=|hx-", form)


def test_a_sent_story_is_answered_with_number_and_pin_kept_by_no_browser(client, address, civil):
    answer, _ = send(client, address, agency="DUKCAPIL", **WHO)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    case = Case.objects.get()
    number, pin = number_and_pin(answer)
    assert f"{number[:4]} {number[4:]}" in text_of(answer)
    assert pin not in "".join(re.findall(r'(?:href|action|src)="([^"]*)"', text_of(answer)))
    assert (case.text, case.phone, case.agency) == (STORY, "+6281234567890", civil)
    assert case.promise in text_of(answer)


def test_sending_twice_shows_the_same_number_and_pin(client, address):
    first, asked = send(client, address)
    again = client.post(address, asked)
    assert number_and_pin(again) == number_and_pin(first)


def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(client, address):
    for wrong, field, message in (
        ({"text": " "}, "text", "Ceritakan apa yang terjadi."),
        ({"phone": "123"}, "phone", "Nomor WhatsApp diawali 08 atau +62"),
        ({"agency": "NIHIL"}, "agency", "Instansi itu tidak ada di mal ini."),
    ):
        answer, _ = send(client, address, subject="Menunggu lama", **wrong)
        text = text_of(answer)
        assert answer.status_code == 422
        assert f'href="#id_{field}"' in text
        assert f'id="id_{field}_error">{message}' in text
        assert 'value="Menunggu lama"' in text
        assert ('value="123"' in text) == ("phone" in wrong)
    assert not Case.objects.exists()


def test_a_link_may_name_the_service_and_the_ticket(client, address, ktp):
    ticket = "6f1c1f0e-52cf-4c1b-9d5f-0d5a3f7c2b11"
    page = client.get(address, {"layanan": "KTP", "tiket": ticket})
    assert "KTP-el hilang" in text_of(page)
    send(client, f"{address}?layanan=KTP", service="KTP", ticket=ticket)
    case = Case.objects.get()
    assert (case.service_type, str(case.ticket_public_id)) == (ktp, ticket)


def test_a_link_that_names_nothing_real_still_gives_a_form_that_can_be_sent(client, address):
    page = client.get(address, {"layanan": "\x00", "tiket": "x"})
    assert page.status_code == 200
    assert send(client, f"{address}?layanan=NIHIL&tiket=x")[0].status_code == 200


def test_number_and_pin_open_the_status_page(client, address):
    number, pin = number_and_pin(send(client, address, subject="Menunggu lama")[0])
    for place in (reverse("complaints:lookup"), reverse("complaints:case", args=[number])):
        client.cookies.clear()
        page = client.post(place, {"number": number, "pin": pin}, follow=True)
        assert page.redirect_chain == [(f"/pengaduan/{number}/", 302)]
        assert "no-store" in page["Cache-Control"]
        assert "Menunggu lama" in text_of(page)
        assert "Diterima" in text_of(page)
        assert "25 Nov 2026, 10.00" in text_of(page)


def test_the_status_page_hides_what_is_not_for_the_reporter(client, address):
    number, _pin = number_and_pin(send(client, address)[0])
    case = Case.objects.get()
    case.events.create(kind="checked", at=at(11), note="Hubungi kepala seksi")
    case.events.create(kind="answered", at=at(12), note="Mohon maaf.", visible_to_reporter=True)
    text = text_of(client.get(reverse("complaints:case", args=[number])))
    assert "Mohon maaf." in text
    assert "kepala seksi" not in text


def test_the_address_of_a_case_shows_nothing_without_its_pin(client, address):
    number, pin = number_and_pin(send(client, address, subject="Menunggu lama")[0])
    client.cookies.clear()
    place = reverse("complaints:case", args=[number])
    page = client.get(place)
    assert page.status_code == 200
    assert "Menunggu lama" not in text_of(page)
    assert client.get(reverse("complaints:case", args=["P7KX29MD"])).status_code == 200
    wrong = "000000" if pin != "000000" else "111111"
    statuses = [client.post(place, {"pin": wrong}).status_code for _ in range(6)]
    assert statuses == [404] * 5 + [429]
    assert client.post(place, {"pin": ""}).status_code == 422


def test_neither_story_nor_contact_nor_pin_is_logged(client, address, caplog, capfd):
    caplog.set_level("DEBUG")
    number, pin = number_and_pin(send(client, address, **WHO)[0])
    client.post(reverse("complaints:lookup"), {"number": number, "pin": pin})
    client.get(reverse("complaints:case", args=[number]))
    logged = caplog.text + "".join(capfd.readouterr())
    for secret in ("dipanggil", "Siti", "81234567890", "siti@", number):
        assert secret not in logged
    assert not re.search(rf"\b{pin}\b", logged)


def test_more_agencies_cost_no_more_questions(
    client, address, civil, tax, django_assert_max_num_queries
):
    with django_assert_max_num_queries(5):
        client.get(address)
