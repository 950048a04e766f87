"""Ways around the pages: what nobody may learn of a case by another method, filter or number."""

import datetime as dt
import time
from uuid import uuid4

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from complaints import drafts, files, rules, storage
from complaints.models import Attachment, Case
from complaints.paper import without_traces
from complaints.refusals import Refusal
from queueing.models import Counter, CounterSession
from services.models import Officer
from tests.complaints.paper import paper
from tests.house import at, at_once

pytestmark = pytest.mark.django_db
Role = Officer.Role
WHO = {"name": "Siti Rahayu", "phone": "081234567890", "email": "siti@contoh.id"}
CASES = reverse("admin:complaints_case_changelist")


def page_of(case):
    return reverse("admin:complaints_case_change", args=[case.pk])


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "POST", "SEIZE"])
def test_no_method_shows_the_fields_of_a_case(client, filed, person, civil, method):
    case = filed(agency_code=civil.code, anonymous=True, **WHO).case
    for role, agency in ((Role.LIAISON, civil), (Role.COMPLAINTS_DESK, None)):
        client.force_login(person(role, agency))

        answer = client.generic(method, page_of(case))

        assert answer.status_code == (403 if method == "POST" else 405)
        assert "Siti" not in answer.content.decode()


@pytest.mark.parametrize("column", ["ticket_public_id", "about_person", "entered_by__id__exact"])
def test_the_list_answers_no_guess_at_what_is_hidden(client, filed, person, civil, column):
    ticket, named = uuid4(), person(Role.COUNTER, civil)
    case = filed(agency_code=civil.code, anonymous=True, ticket_public_id=ticket).case
    Case.objects.filter(pk=case.pk).update(about_person=named, entered_by=named)
    client.force_login(person(Role.AGENCY_HEAD, civil))

    guess = ticket if column == "ticket_public_id" else named.pk
    assert client.get(CASES, {column: guess}).status_code == 400
    assert (
        client.get(CASES, {"agency__id__exact": civil.pk, "status": "received"}).status_code == 200
    )


def test_the_number_of_an_anonymous_case_is_not_written_under_the_post(filed, person):
    desk = person(Role.COMPLAINTS_DESK)
    entry = rules.Entry(entered_by=desk, account="@siti")
    for hidden in (True, False):
        case = filed(channel="instagram", anonymous=hidden, entry=entry).case
        made = drafts.drafts(case, [], address="https://contoh.id/pengaduan/")
        assert any(one.public for one in made) != hidden


def lying():
    root = storage.path_of(files.uuid4()).parents[2]
    return [path for path in root.rglob("*") if path.is_file()]


def test_files_that_no_case_takes_are_gone_at_once(client, filed):
    filed_case, pin = filed()
    address = reverse("complaints:case", args=[filed_case.number])
    client.post(address, {"pin": pin})

    def send(name):
        big = [SimpleUploadedFile(f"{n}.pdf", paper(7_000_000)) for n in range(4)]
        return client.post(f"{address}tambah/", {"text": f"Ini suratnya. {name}", "files": big})

    assert send("satu").status_code == 302
    assert len(lying()) == 4
    assert send("dua").status_code == 422  # 30 MB a case
    assert len(lying()) == Attachment.objects.count() == 4


def test_a_form_sent_twice_keeps_its_files_once(client, mall):
    form = {"text": "Loket tutup sebelum waktunya.", "kind": "complaint", "request_key": "k" * 30}
    for _ in range(2):
        sent = form | {"files": [SimpleUploadedFile("surat.pdf", paper(1000))]}
        assert client.post(reverse("complaints:new", args=[mall.slug]), sent).status_code == 200
    assert len(lying()) == Attachment.objects.count() == 1


def test_an_officer_who_sat_there_never_sees_what_was_told_of_the_counter(
    filed, person, mall, civil
):
    officer = person(Role.LIAISON, civil)
    counter = Counter.objects.create(mall=mall, number=3)
    CounterSession.objects.create(
        counter=counter, officer=officer, date=at(8).date(), opened_at=at(8), closed_at=at(15)
    )
    filed(agency_code=civil.code, counter_number=3)
    for days in (0, 30, 91, 400, 700):
        with time_machine.travel(at(16) + dt.timedelta(days=days), tick=False):
            again = type(officer).objects.get(pk=officer.pk)
            assert not Case.objects.visible_to(again).exists(), days


@pytest.mark.parametrize("number", ["-", ";domain=x", "é", "%20"])
def test_an_address_that_names_no_case_is_shut_without_a_fault(client, number):
    answer = client.post(f"/pengaduan/{number}/tutup/")
    assert answer.status_code == 302
    assert not answer.cookies


@pytest.mark.parametrize("known", [True, False])
def test_a_number_whose_pin_is_guessed_all_day_opens_no_more_that_day(filed, known):
    case, pin = filed()
    number, wrong = (case.number if known else "P7KX29MD"), "000000" if pin[0] != "0" else "111111"
    for n in range(30):
        moment = at(0, 30) + dt.timedelta(minutes=20 * (n // 5 + 1))
        assert refused(rules.open_with_pin, number=number, pin=wrong, at=moment) == "unknown_case"
    assert refused(rules.open_with_pin, number=number, pin=pin, at=at(12)) == "no_more_tries"
    if known:
        assert rules.open_with_pin(number=number, pin=pin, at=at(9, days=1)) == case


@pytest.mark.parametrize(
    "text", ["Kata siti.aminah88 begitu.", "Lihat HTTPS://contoh.id/p/77 di sana."]
)
def test_the_account_of_who_told_it_is_never_published(filed, person, text):
    desk = person(Role.COMPLAINTS_DESK)
    entry = rules.Entry(
        entered_by=desk, account="@Siti.Aminah88", permalink="https://contoh.id/p/77"
    )
    case = filed(channel="instagram", entry=entry).case
    rules.check(case_id=case.pk, by=desk, at=at(10))
    rules.answer(case_id=case.pk, text="Loket ditambah.", by=desk, at=at(10))
    words = {"subject": "Menunggu lama", "text": text, "answer": ""}
    asked = {"case_id": case.pk, "by": desk, "at": at(11), "read_over": True} | words
    assert refused(rules.publish, **asked) == "still_personal"


def refused(act, **asked):
    with pytest.raises(Refusal) as caught:
        act(**asked)
    return caught.value.code


SIGNED = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Metadata 3 0 R>>endobj\n"
    b"2 0 obj<</Author(Siti \\(Rahayu\\) (binti) X)/Title (Surat Siti.docx)/Producer<53697469>"
    b"/CreationDate(D:20261122)>>endobj\n"
    b"3 0 obj<</Length 60>>stream\n<x:xmpmeta><dc:creator>Siti</dc:creator></x:xmpmeta>\n"
    b"endstream endobj\n4 0 obj<<>>stream\n\xff\xd8\xff\xe1\x00\x12Exif\0\0GPS-7.47;x"
    b"\xff\xdb (Siti tetap di sini)\nendstream endobj\n"
    b"trailer<</Root 1 0 R/Info 2 0 R>>\n%%EOF\n"
)


def test_a_pdf_does_not_say_who_made_it_and_where():
    (kept,) = files.receive_all([SimpleUploadedFile("surat.pdf", SIGNED)])
    stored = storage.path_of(kept.stored_as).read_bytes()
    assert len(stored) == len(SIGNED)
    for trace in (b"Rahayu", b"docx", b"binti", b"53697469", b"creator", b"GPS-"):
        assert trace not in stored
    assert b"\xff\xdb (Siti tetap di sini)" in stored  # what is on the pages stays
    assert stored.index(b"trailer") == SIGNED.index(b"trailer")
    assert without_traces(stored) == stored


@pytest.mark.parametrize(
    "trap",
    [
        b"2 0 obj" + b"(" * 200_000,
        b"2 0 obj " * 20_000,
        b"2 0 obj(" + b"\\" * 99_999,
        b"<x:xmpmeta" * 9_000,
        b"\xff\xe1\xff\xffExif\0\0" * 100_000,
    ],
)
def test_a_pdf_made_to_keep_us_busy_is_read_quickly(trap):
    content = SIGNED + trap + b" /Info 2 0 R" * 3_000
    start = time.process_time()
    assert len(without_traces(content)) == len(content)
    assert time.process_time() - start < 2


def test_nothing_that_leads_to_the_reporter_stays_after_erasure(filed, person, settings):
    entry = rules.Entry(entered_by=person(Role.COMPLAINTS_DESK), account="@siti", lapor_id="777")
    case = filed(channel="lapor", entry=entry, **WHO).case
    rules.erase_cases(at(11) + dt.timedelta(days=settings.RETENTION_CASE_DAYS + 1))
    case.refresh_from_db()
    assert (case.lapor_id, case.lapor_status, case.account, case.name) == ("", "", "", "")


@pytest.mark.django_db(transaction=True)
def test_of_two_who_write_one_lapor_id_to_two_cases_one_is_told(filed, person):
    desk, cases = person(Role.COMPLAINTS_DESK), [filed().case for _ in range(2)]

    def link(n):
        asked = {"case_id": cases[n].pk, "lapor_id": "777", "status": "", "by": desk}
        return rules.link_to_lapor(**asked, at=at(12))

    told = sorted(str(getattr(outcome, "code", "")) for outcome in at_once(2, link))
    assert told == ["", "lapor_id_taken"]


def test_a_liaison_does_not_read_the_number_of_a_case_out_of_reach(client, filed, person, civil):
    desk = person(Role.COMPLAINTS_DESK)
    case, secret = filed(agency_code=civil.code).case, filed(confidential=True).case
    rules.check(case_id=case.pk, by=desk, at=at(10))
    rules.merge(case_id=case.pk, into_id=secret.pk, by=desk, at=at(11))
    client.force_login(person(Role.LIAISON, civil))
    assert secret.number not in client.get(page_of(case)).content.decode()
    client.force_login(desk)
    assert secret.number in client.get(page_of(case)).content.decode()


def test_sendings_with_files_count_for_their_address_though_they_are_refused(
    client, mall, settings
):
    settings.COMPLAINTS_PER_ADDRESS_AND_HOUR = 2
    form = reverse("complaints:new", args=[mall.slug])
    statuses = []
    for _sending in range(4):
        broken = SimpleUploadedFile("foto.jpg", b"MZ bukan foto")
        asked = {"kind": "complaint", "text": "Lama.", "files": [broken]}
        statuses.append(client.post(form, asked).status_code)
    assert statuses == [422, 422, 429, 429]
    assert not Case.objects.exists()


def test_nothing_is_written_to_a_case_that_was_erased_meanwhile(filed):
    case = filed().case
    Case.objects.filter(pk=case.pk).update(erased_at=at(9), pin_hash=None, request_key=None)
    with pytest.raises(Refusal, match="unknown_case"):
        rules.add(case=case, text="Nama saya Siti Rahayu.", at=at(10))
