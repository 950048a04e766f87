"""Cases go to SP4N-LAPOR! as packages, and its ids and statuses come back; identity stays here."""

import csv
import hashlib
import io
import json
import zipfile
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from complaints import bridge, rules, statuses
from complaints.models import Case
from complaints.refusals import Refusal
from complaints.rules import Received
from complaints.storage import path_of
from privacy.models import RevealLog
from services.models import Mall, Officer
from tests.complaints.conftest import STORY
from tests.house import at

pytestmark = pytest.mark.django_db
Role = Officer.Role
EXPORT, IMPORT = "/admin/complaints/case/ekspor/", "/admin/complaints/case/impor/"
RANGE = {"first": "2026-11-25", "last": "2026-11-25"}
WHO = {"name": "Siti Aminah", "phone": "081234567890", "email": "siti@contoh.id"}
PHOTO = b"\xff\xd8\xff" + b"foto" * 5000


@pytest.fixture
def desk(person):
    return person(Role.COMPLAINTS_DESK)


@pytest.fixture
def stored(settings, tmp_path):
    """A file as it lies in storage."""
    settings.PRIVATE_ROOT = tmp_path

    def store(content=PHOTO, name="KTP Siti.jpg"):
        received = Received(
            uuid4(), name, "image/jpeg", len(content), hashlib.sha256(content).digest()
        )
        path = path_of(received.stored_as)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return received

    return store


@pytest.fixture
def page(client, desk, time_machine):
    """A page of the desk, sent to."""
    time_machine.move_to(at(14))
    cache.clear()
    client.force_login(desk)
    return lambda path, **asked: client.post(path, asked)


@pytest.fixture
def download(page):
    """The package, read as another house would."""

    def download(**asked):
        answer = page(EXPORT, bentuk="zip", **asked)
        assert answer.status_code == 200, answer.context["form"].errors
        assert answer["Content-Type"] == "application/zip"
        return zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))

    return download


def rows_of(answer):
    data = b"".join(answer.streaming_content)
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def link(case, desk, lapor_id="7654321", status="Diproses", **more):
    more = {"at": at(12), **more}
    return rules.link_to_lapor(case_id=case.pk, lapor_id=lapor_id, status=status, by=desk, **more)


# -- the id there ------------------------------------------------------------------------------


def test_an_id_and_its_status_are_written_down_and_the_reporter_sees_them(filed, desk):
    case = filed().case
    linked = link(case, desk, " #76543 21 ")
    assert (linked.lapor_id, linked.lapor_status, linked.lapor_at) == (
        "7654321",
        "Diproses",
        at(12),
    )
    assert linked.state == "received"
    event = case.events.order_by("-pk").first()
    assert (event.kind, event.visible_to_reporter, event.by) == ("linked", True, desk)
    assert "7654321" in event.note
    assert "Diproses" in event.note


def test_the_same_id_and_status_again_change_nothing(filed, desk):
    case = filed().case
    link(case, desk)
    link(case, desk, at=at(13))
    assert case.events.filter(kind="linked").count() == 1


def test_a_closed_case_is_linked_too(filed, desk):
    case = filed().case
    rules.reject(case_id=case.pk, reason="Bukan layanan.", by=desk, at=at(11))
    assert link(case, desk).state == "rejected"


def test_what_does_not_fit_is_refused(filed, desk, person, civil, passed_on):
    case, other = passed_on(filed(agency_code="DUKCAPIL").case), filed().case
    link(other, desk, "111")
    seen = rules.last_event(case)
    rules.add_note(case_id=case.pk, text="Catatan.", by=desk, at=at(11))
    for code, asked in (
        ("bad_lapor_id", {"lapor_id": ""}),
        ("bad_lapor_id", {"lapor_id": "=HYPERLINK(1)"}),
        ("bad_lapor_id", {"lapor_id": "1" * 31}),
        ("lapor_status_too_long", {"status": "a" * 81}),
        ("lapor_id_taken", {"lapor_id": "111"}),
        ("changed_meanwhile", {"seen": seen}),
        ("desk_only", {"desk": person(Role.LIAISON, civil)}),
    ):
        with pytest.raises(Refusal) as refused:
            link(case, **{"desk": desk, **asked})
        assert refused.value.code == code
    assert Case.objects.get(pk=case.pk).lapor_id == ""


def test_two_who_file_the_same_id_at_once_are_told(filed, desk):
    entry = rules.Entry(desk, lapor_id="222")
    filed(entry=entry)
    with pytest.raises(Refusal, match="lapor_id_taken"):
        filed(entry=entry)


def test_the_page_of_the_id(page, client, filed):
    case = filed().case
    address = reverse("admin:complaints_case_lapor", args=[case.pk])
    seen = client.get(address).context["form"]["seen"].value()
    assert page(address, lapor_id="x y!", seen=seen).status_code == 422
    answer = page(address, lapor_id="123", status="Selesai", seen=seen)
    assert answer.status_code == 302
    assert Case.objects.get(pk=case.pk).lapor_status == "Selesai"


# -- taking cases along ------------------------------------------------------------------------


def test_a_package_reads_back_as_what_was_told(download, filed, desk, civil, stored):
    case = filed(
        agency_code="DUKCAPIL", place="Lobi", subject="Antre", files=[stored()], **WHO
    ).case
    rules.add_note(case_id=case.pk, text="Rahasia dapur.", by=desk, at=at(11), files=[stored()])
    link(case, desk)
    package = download(**RANGE)
    held = json.loads(package.read(f"{case.number}/kasus.json"))
    assert (held["schema"], held["version"]) == (bridge.SCHEMA, 1)
    assert (held["number"], held["text"], held["place"]) == (case.number, STORY, "Lobi")
    assert held["agency"] == {"code": "DUKCAPIL", "name": civil.name}
    assert held["received_at"] == "2026-11-25T10:00:00+07:00"
    assert held["first_answer_due_on"] == case.first_answer_due_on.isoformat()
    assert held["lapor"] == {
        "id": "7654321",
        "status": "Diproses",
        "as_of": "2026-11-25T12:00:00+07:00",
    }
    assert [event["kind"] for event in held["events"]] == ["filed", "linked"]
    (file,) = held["attachments"]
    content = package.read(file["path"])
    assert content == PHOTO
    assert (file["sha256"], file["intact"]) == (hashlib.sha256(content).hexdigest(), True)
    of_all = json.loads(package.read("paket.json"))
    assert (of_all["cases"], of_all["with_identity"]) == ([case.number], False)


def test_nothing_that_says_who_reported_goes_along_unasked(download, filed, desk, stored):
    entry = rules.Entry(desk, account="@siti", permalink="https://x.com/siti/status/1")
    filed(entry=entry, files=[stored()], **WHO)
    package = download(**RANGE)
    all_of_it = (
        b"".join(package.read(name) for name in package.namelist())
        + "".join(package.namelist()).encode()
    )
    for word in ("Siti", "siti", "81234567890", desk.username):
        assert word.encode() not in all_of_it
    assert not RevealLog.objects.exists()


def test_a_file_that_is_gone_or_changed_is_said(download, filed, stored):
    gone, changed = stored(), stored(b"\xff\xd8\xff lain")
    filed(files=[gone, changed])
    path_of(gone.stored_as).unlink()
    path_of(changed.stored_as).write_bytes(b"diganti")
    package = download(**RANGE)
    name = next(name for name in package.namelist() if name.endswith("kasus.json"))
    files = json.loads(package.read(name))["attachments"]
    assert [file["intact"] for file in files] == [False, False]


def test_identity_goes_along_with_a_reason_and_every_look_is_written_down(download, filed, desk):
    named, hidden = filed(**WHO).case, filed(anonymous=True, **WHO).case
    package = download(**RANGE, identity="on", reason="Diminta Ombudsman")
    held = json.loads(package.read(f"{named.number}/kasus.json"))
    assert held["reporter"]["name"] == "Siti Aminah"
    assert json.loads(package.read(f"{hidden.number}/kasus.json"))["reporter"] is None
    assert named.events.filter(kind="revealed", by=desk, visible_to_reporter=False).exists()
    assert not hidden.events.filter(kind="revealed").exists()
    assert RevealLog.objects.get().reference == named.number


def test_without_a_reason_no_identity_and_no_file(page, filed):
    filed(**WHO)
    answer = page(EXPORT, bentuk="csv", identity="on", reason=" ", **RANGE)
    assert answer.status_code == 422
    assert "reason" in answer.context["form"].errors
    assert not RevealLog.objects.exists()


def test_a_confidential_case_goes_along_only_when_ticked(page, filed):
    open_case, secret = filed().case, filed(confidential=True).case
    numbers = {row["nomor"] for row in rows_of(page(EXPORT, bentuk="csv", **RANGE))}
    assert numbers == {open_case.number}
    ticked = rows_of(page(EXPORT, bentuk="csv", confidential="on", **RANGE))
    assert {row["nomor"] for row in ticked} == {open_case.number, secret.number}


def test_what_is_chosen_is_what_goes_along(page, filed, civil):
    mine = filed(agency_code="DUKCAPIL").case
    other = filed().case
    filed(at=at(10, days=-1))

    def numbers(**asked):
        return {row["nomor"] for row in rows_of(page(EXPORT, bentuk="csv", **asked))}

    assert numbers(**RANGE, agency=civil.pk) == {mine.number}
    assert numbers(**RANGE, state="received") == {mine.number, other.number}
    assert numbers(number=other.number.lower()) == {other.number}


def test_cells_are_no_formulas(page, filed):
    filed(subject="=1+1", text='=HYPERLINK("http://x","y")', place=" @SUM(A1)")
    (row,) = rows_of(page(EXPORT, bentuk="csv", **RANGE))
    assert row["judul"] == "'=1+1"
    assert row["cerita"].startswith("'=")
    assert row["tempat"].startswith("'@")
    for cell in ("=1", "+1", "-1", "@a", "\t=1", " =1", "\n=1"):
        assert bridge.safe_cell(cell) == f"'{cell}"
    assert bridge.safe_cell("Loket 3") == "Loket 3"
    assert bridge.safe_cell(None) == ""


def test_nothing_chosen_too_much_and_wrong_dates_are_said(page, filed, monkeypatch):
    answer = page(EXPORT, bentuk="zip", **RANGE)
    assert answer.status_code == 422
    assert answer.context["form"].non_field_errors() == [Refusal("nothing_to_export").message]
    filed()
    filed()
    for asked in (
        {"first": "2026-11-25"},
        {"first": "2026-11-26", "last": "2026-11-25"},
        {"first": "kemarin", "last": "2026-11-25"},
        {**RANGE, "agency": "999999"},
        {"number": "x"},
        {"number": "\x00"},
    ):
        assert page(EXPORT, bentuk="zip", **asked).status_code == 422
    monkeypatch.setattr("complaints.desk.bridge.MOST_CASES", 1)
    answer = page(EXPORT, bentuk="zip", **RANGE)
    said = Refusal("export_too_large", cases=1, size=500).message
    assert answer.context["form"].non_field_errors() == [said]


def test_a_desk_takes_only_its_own_malls_cases_and_none_about_itself(page, filed, person, desk):
    other = Mall.objects.create(slug="lain", name="Lain", regency="Lain", province="Lain")
    filed(mall=other)
    mine = filed().case
    Case.objects.filter(pk=mine.pk).update(about_person=desk)
    assert page(EXPORT, bentuk="csv", **RANGE).status_code == 422
    assert page(EXPORT, bentuk="csv", mal="lain", **RANGE).status_code == 404


def test_a_package_costs_the_same_queries_for_one_case_and_for_many(download, filed, stored):
    def queries():
        with CaptureQueriesContext(
            connection,
        ) as asked:
            download(**RANGE)
        return len(asked)

    filed(files=[stored()])
    download(**RANGE)
    one = queries()
    for _n in range(6):
        filed(files=[stored()])
    assert queries() == one


# -- statuses back -----------------------------------------------------------------------------


def send(page, text, **more):
    data = text if isinstance(text, bytes) else text.encode()
    return page(IMPORT, file=SimpleUploadedFile("status.csv", data), **more)


def test_a_table_is_shown_first_and_written_down_when_confirmed(page, filed, desk):
    new, known = filed().case, filed().case
    link(known, desk, "111", at=at(9))
    table = (
        f"lapor_id;nomor;status;tanggal\n777;{new.number};Diproses;25/11/2026\n111;;Selesai;\n"
        "999;;Selesai;\n"
    )
    answer = send(page, table)
    outcomes = [line.outcome for line in answer.context["lines"]]
    assert outcomes == [statuses.NEW, statuses.NEW, statuses.UNKNOWN]
    assert Case.objects.get(pk=new.pk).lapor_id == ""
    confirmed = page(IMPORT, table=answer.context["table"], terapkan="1")
    assert confirmed.status_code == 302
    new.refresh_from_db()
    known.refresh_from_db()
    assert (new.lapor_id, new.lapor_status, new.lapor_at) == ("777", "Diproses", at(12))
    assert (known.lapor_status, known.state) == ("Selesai", "received")
    again = send(page, table)
    assert {line.outcome for line in again.context["lines"]} == {statuses.SAME, statuses.UNKNOWN}


def test_old_repeated_and_foreign_lines_change_nothing(page, filed, desk):
    one, two = filed().case, filed().case
    link(one, desk, "111")
    table = (
        "lapor_id,nomor,status,tanggal\n"
        "111,,Lama,2026-11-24\n"
        "111,,Lagi,\n"
        f"111,{two.number},Milik lain,\n"
        f",{two.number},Tanpa nomor,\n"
    )
    lines = send(page, table).context["lines"]
    assert [line.outcome for line in lines] == [
        statuses.OLDER,
        statuses.TWICE,
        statuses.TAKEN,
        statuses.UNKNOWN,
    ]
    assert page(IMPORT, table=table, terapkan="1").status_code == 200
    assert Case.objects.get(pk=one.pk).lapor_status == "Diproses"


def test_two_lines_that_claim_one_new_id_are_told_apart(page, filed):
    one, two = filed().case, filed().case
    table = f"lapor_id,nomor,status\n5,{one.number},A\n5,{two.number},B\n"
    answer = page(IMPORT, table=table, terapkan="1")
    assert answer.status_code == 409
    assert [row for row, _why in answer.context["refused"]] == [3]
    assert Case.objects.get(pk=one.pk).lapor_id == "5"


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("lapor_id,status\n=cmd|1,Selesai\n", 2),
        ("lapor_id,status\n1,\n", 2),
        (f"lapor_id,status\n1,{'a' * 81}\n", 2),
        ("lapor_id,status,tanggal\n1,Selesai,31/02/2026\n", 2),
        ("nomor,status\nABC,Selesai\n", 2),
        ("nomor,status\n,Selesai\n", 2),
        ("lapor_id,status\n1,Sele\x00sai\n", 2),
        ("lapor_id,keadaan\n1,Selesai\n", 1),
        ("lapor_id,status\n1,é\n".encode("latin-1"), 2),
        ("lapor_id,status\n", 1),
        (b"PK\x03\x04\x00\xff", 1),
        (b"lapor_id,status\n" + b"1,a\n" * 200_000, 1),
        (b"lapor_id,status\n" + b"1,a\n" * 2_001, 2002),
    ],
)
def test_a_fault_is_said_by_its_line(page, table, row):
    answer = send(page, table)
    assert answer.status_code == 422
    assert answer.context["errors"][0].row == row


def test_a_status_that_looks_like_a_formula_stays_words(page, filed, desk):
    case = filed().case
    link(case, desk, "1", "A")
    page(IMPORT, table="lapor_id,status\n'1,=1+1\n", terapkan="1")
    assert Case.objects.get(pk=case.pk).lapor_status == "=1+1"
    (row,) = rows_of(page(EXPORT, bentuk="csv", **RANGE))
    assert row["status_lapor"] == "'=1+1"


def test_no_file_and_an_empty_one_are_said(page):
    assert page(IMPORT).status_code == 422
    assert send(page, b"").status_code == 422


def test_a_table_of_many_lines_is_compared_with_two_queries(page, filed, mall, desk):
    numbers = [filed().case.number for _n in range(5)]
    table = ["lapor_id,nomor,status", *(f"{n},{one},A" for n, one in enumerate(numbers))]
    rows, _errors = statuses.read("\n".join(table).encode())
    statuses.compare(rows, mall=mall, by=desk)  # the offices are known from here on
    with CaptureQueriesContext(connection) as asked:
        assert len(statuses.compare(rows, mall=mall, by=desk)) == 5
    assert len(asked) <= 4
