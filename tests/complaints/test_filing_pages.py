"""Filing on the web: what it is about, files, what was answered before, limits, the pass."""

import uuid

import pytest
import time_machine
from django.conf import settings as configured
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from complaints import limits, surroundings
from complaints.models import Attachment, Case, Publication
from complaints.refusals import Refusal
from complaints.surroundings import TicketPlace
from tests.complaints.conftest import STORY
from tests.complaints.test_pages import WHO, hidden, number_and_pin, send, text_of
from tests.house import at

pytestmark = pytest.mark.django_db
TICKET = "6f1c1f0e-52cf-4c1b-9d5f-0d5a3f7c2b11"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@pytest.fixture(autouse=True)
def _wednesday_morning(tmp_path, settings):
    settings.PRIVATE_ROOT = tmp_path
    with time_machine.travel(at(10), tick=False):
        yield


@pytest.fixture
def address(mall):
    return reverse("complaints:new", args=[mall.slug])


@pytest.fixture
def ticket(ktp, monkeypatch):
    """A ticket of the mall, as the queues tell of it."""
    place = TicketPlace("DUKCAPIL", "KTP", "KTP-el hilang", 7, "C 067")
    known = {uuid.UUID(TICKET): place}
    monkeypatch.setattr(surroundings, "_ticket", lambda mall_id, public_id: known.get(public_id))
    return TICKET


def test_from_a_ticket_the_first_choice_is_its_service(client, address, ticket, ktp):
    page = text_of(client.get(address, {"tiket": ticket}))
    assert "Tiket Anda, C 067" in page
    assert 'value="ticket" checked' in page
    send(client, f"{address}?tiket={ticket}", about="ticket", ticket=ticket)
    case = Case.objects.get()
    assert (case.service_type, case.counter_number) == (ktp, 7)
    assert str(case.ticket_public_id) == ticket


@pytest.mark.parametrize(
    ("asked", "agency"),
    [
        ({"about": "building", "agency": "BPKPD"}, None),
        ({"about": "agency", "agency": "BPKPD"}, "BPKPD"),
        ({"about": "agency"}, None),
        ({"agency": "BPKPD"}, "BPKPD"),
    ],
)
def test_another_choice_lets_the_ticket_go(client, address, ticket, tax, asked, agency):
    send(client, f"{address}?tiket={ticket}", ticket=ticket, **asked)
    case = Case.objects.get()
    assert (case.agency and case.agency.code) == agency
    assert (case.ticket_public_id, case.service_type, case.counter_number) == (None, None, None)


def test_nothing_it_is_about_need_be_chosen(client, address, civil):
    assert send(client, address)[0].status_code == 200
    assert Case.objects.get().agency is None


def test_when_where_and_counter_are_kept(client, address):
    moment = {"happened_on": "2026-11-24", "happened_time": "09.15"}
    send(client, address, place="Ruang tunggu", counter_number="3", **moment)
    case = Case.objects.get()
    assert (case.place, case.counter_number) == ("Ruang tunggu", 3)
    assert (f"{case.happened_on} {case.happened_time}") == "2026-11-24 09:15:00"


def test_a_moment_that_has_not_come_is_refused_beside_its_field(client, address):
    answer, _ = send(client, address, happened_on="2027-01-01")
    assert answer.status_code == 422
    assert 'id="id_happened_on_error"' in text_of(answer)


def test_who_oversees_the_agency_is_named_for_who_is_asked_to_pay(client, address, ktp, civil):
    assert "hanya meja pengaduan yang membacanya" in text_of(client.get(address))
    civil.oversight_name, civil.oversight_contact = "Inspektorat Kota", "0321-123456"
    civil.save()
    page = text_of(client.get(address, {"layanan": "KTP"}))
    assert "Diminta membayar di luar tarif?" in page
    assert "Inspektorat Kota" in page
    assert "0321-123456" in page


def test_files_come_with_the_case(client, address):
    file = SimpleUploadedFile("kuitansi.pdf", PDF, "application/pdf")
    assert send(client, address, files=[file])[0].status_code == 200
    attachment = Attachment.objects.get()
    assert (attachment.case, attachment.name) == (Case.objects.get(), "kuitansi.pdf")


def test_refused_for_another_reason_the_files_are_asked_for_again(client, address):
    file = SimpleUploadedFile("kuitansi.pdf", PDF, "application/pdf")
    answer, _ = send(client, address, phone="1", files=[file])
    assert answer.status_code == 422
    assert "Pilih lagi fotonya" in text_of(answer)
    assert not Attachment.objects.exists()


def test_a_file_that_is_none_is_refused_and_the_words_stay(client, address):
    file = SimpleUploadedFile("program.pdf", b"MZ\x90\x00" * 50, "application/pdf")
    answer, _ = send(client, address, files=[file])
    assert answer.status_code == 422
    assert STORY in text_of(answer)
    assert not Case.objects.exists()


@pytest.fixture
def published(filed, person):
    case, _pin = filed()
    words = {"subject": "Lama menunggu dipanggil", "text": STORY, "answer": "Loket ditambah."}
    desk = person("complaints_desk")
    return Publication.objects.create(case=case, published_at=at(9), published_by=desk, **words)


def test_what_was_answered_before_is_shown_once_and_the_case_goes_all_the_same(
    client, address, published
):
    answer, asked = send(client, address, **WHO)
    text = text_of(answer)
    assert answer.status_code == 200
    assert "Mungkin sudah dijawab" in text
    assert "Loket ditambah." in text
    assert STORY in text
    assert "Siti Aminah" in text
    assert Case.objects.count() == 1
    confirmed = {**asked, "confirmed": hidden(answer, "confirmed")}
    number = client.post(address, confirmed).context["case"].number
    assert Case.objects.exclude(pk=published.case_id).get().number == number


def test_who_sends_files_is_not_asked_twice(client, address, published):
    file = SimpleUploadedFile("kuitansi.pdf", PDF, "application/pdf")
    send(client, address, files=[file])
    assert Case.objects.count() == 2


def test_filing_opens_the_case_in_this_browser_and_nowhere_else(client, address):
    number, _pin = number_and_pin(send(client, address)[0])
    cookie = client.cookies["case_pass"]
    assert (cookie["path"], cookie["samesite"]) == (f"/pengaduan/{number}/", "Strict")
    assert cookie["httponly"]
    assert cookie["max-age"] == 1800
    assert cookie["secure"] == (configured.CSRF_COOKIE_SECURE or "")
    assert STORY in text_of(client.get(f"/pengaduan/{number}/"))


def test_a_form_sent_before_with_other_words_may_be_sent_as_a_new_one(client, address):
    _first, asked = send(client, address)
    answer = client.post(address, asked | {"text": "Hal lain sama sekali."})
    assert answer.status_code == 422
    key = hidden(answer, "request_key")
    assert key != asked["request_key"]
    client.post(address, asked | {"text": "Hal lain sama sekali.", "request_key": key})
    assert Case.objects.count() == 2


# -- limits ----------------------------------------------------------------------------------------


def test_one_contact_files_so_many_a_day_and_is_told_what_to_do(client, address, settings):
    settings.COMPLAINTS_PER_CONTACT_AND_DAY = 2
    for phone in ("081234567890", "+62 812-3456-7890"):
        assert send(client, address, phone=phone)[0].status_code == 200
    answer, _ = send(client, address, phone="081234567890")
    assert answer.status_code == 429
    assert "Datang ke meja pengaduan" in text_of(answer)
    assert "SP4N-LAPOR!" in text_of(answer)
    assert STORY in text_of(answer)
    assert send(client, address, phone="081234567899")[0].status_code == 200
    with time_machine.travel(at(10, days=1), tick=False):
        assert send(client, address, phone="081234567890")[0].status_code == 200


def test_one_address_files_so_many_an_hour(client, address, settings):
    settings.COMPLAINTS_PER_ADDRESS_AND_HOUR = 2
    assert [send(client, address)[0].status_code for _ in range(3)] == [200, 200, 429]
    with time_machine.travel(at(11, 1), tick=False):
        assert send(client, address)[0].status_code == 200


def test_the_same_request_again_is_answered_and_does_not_count(client, address, settings):
    settings.COMPLAINTS_PER_ADDRESS_AND_HOUR = 2
    first, asked = send(client, address)
    with time_machine.travel(at(10, 5), tick=False):
        again = [client.post(address, asked) for _ in range(3)]
        assert {number_and_pin(answer) for answer in again} == {number_and_pin(first)}
        assert send(client, address)[0].status_code == 200
        assert client.post(address, asked).status_code == 200
        assert send(client, address)[0].status_code == 429


def test_what_was_refused_does_not_count(client, address, settings):
    settings.COMPLAINTS_PER_ADDRESS_AND_HOUR = 1
    for _ in range(3):
        assert send(client, address, text="x" * 5001)[0].status_code == 422
    assert send(client, address)[0].status_code == 200


def test_an_address_that_guesses_numbers_waits(client, filed, settings):
    settings.COMPLAINTS_WRONG_PINS_PER_ADDRESS_AND_HOUR = 3
    case, pin = filed()
    lookup = reverse("complaints:lookup")
    for n in range(3):
        answer = client.post(lookup, {"number": f"P7KX29M{'ABC'[n]}", "pin": "1"})
        assert answer.status_code == 404
    answer = client.post(lookup, {"number": case.number, "pin": pin})
    assert answer.status_code == 429
    assert "Terlalu banyak PIN salah" in text_of(answer)
    elsewhere = client.post(lookup, {"number": case.number, "pin": pin}, REMOTE_ADDR="203.0.113.9")
    assert elsewhere.status_code == 302


def test_neither_address_nor_contact_stands_in_the_cache(rf, monkeypatch):
    seen = []
    monkeypatch.setattr(limits, "_take", lambda key, seconds: seen.append(key) or 99)
    with pytest.raises(Refusal) as caught:
        limits.file_counted(
            lambda: None,
            request=rf.get("/"),
            at=timezone.now(),
            phone="081234567890",
            email="siti@contoh.id",
            request_key=None,
        )
    assert (caught.value.code, caught.value.status) == ("too_many_cases", 429)
    assert len(seen) == 3
    assert not any(word in "".join(seen) for word in ("127.0.0.1", "81234567890", "siti"))
    with pytest.raises(Refusal) as guessing:
        limits.open_counted(request=rf.get("/"), number="P7KX29MD", pin="1", at=timezone.now())
    assert guessing.value.code == "too_many_guesses"


def test_the_menus_lead_to_the_open_page_and_other_links_to_the_form(client, mall):
    page = text_of(client.get(reverse("complaints:lookup")))
    assert 'href="/gajah-mada/pengaduan/baru/"' in page
    assert page.count('href="/gajah-mada/pengaduan/"') == 2  # the two menus lead to the open page
