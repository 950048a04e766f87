"""Files of a case: only photos and PDFs, made harmless, kept privately, for whom the event is."""

import datetime as dt
import io
import os
import resource
import stat
import sys
import time
from contextlib import contextmanager

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from complaints import files, opened, rules, storage
from complaints.models import Attachment
from complaints.refusals import Refusal
from complaints.rules import attaching
from mpp_portal import checks
from services.models import Officer
from tests.complaints.paper import CAMERA, PDF, PLACE, paper, phone_photo, photo
from tests.house import at

pytestmark = pytest.mark.django_db
Role = Officer.Role


def receive(name, content):
    (received,) = files.receive_all([SimpleUploadedFile(name, content)])
    return received


def refused(*contents, name="berkas.jpg"):
    uploads = [SimpleUploadedFile(name, content) for content in contents]
    with pytest.raises(Refusal) as caught:
        files.receive_all(uploads)
    assert lying() == []
    return caught.value


def lying():
    root = storage.path_of(files.uuid4()).parents[2]
    return [path for path in root.rglob("*") if path.is_file()]


def stored(received):
    return Image.open(storage.path_of(received.stored_as))


# -- what is taken ---------------------------------------------------------------------------------


def test_a_photo_keeps_what_can_be_seen_and_nothing_else():
    sent = phone_photo()
    assert PLACE in sent
    assert CAMERA.encode() in sent
    received = receive("IMG_2031.JPG", sent)
    content = storage.path_of(received.stored_as).read_bytes()
    assert PLACE not in content
    assert CAMERA.encode() not in content
    assert b"Exif" not in content
    assert not stored(received).getexif()
    assert (received.name, received.kind) == ("IMG_2031.jpg", "image/jpeg")
    assert received.size == len(content)


@pytest.mark.parametrize(("turned", "corner"), [(1, (10, 10)), (3, (790, 590)), (6, (590, 10))])
def test_a_photo_stands_the_right_way_up(turned, corner):
    image = stored(receive("a.jpg", phone_photo(turned=turned)))
    red, green, _blue = image.getpixel(corner)
    assert (red > 200, green < 60) == (True, True)


@pytest.mark.parametrize(("kind", "mode"), [("PNG", "RGBA"), ("WEBP", "RGB"), ("PNG", "P")])
def test_other_pictures_become_a_jpeg_of_a_size_for_a_screen(kind, mode):
    received = receive(f"a.{kind}", photo(4000, 1000, kind=kind, mode=mode))
    assert received.name == "a.jpg"
    assert stored(received).size == (2560, 640)
    assert stored(received).format == "JPEG"


def test_a_pdf_stays_as_it_is():
    received = receive("Surat pengantar.pdf", PDF)
    assert storage.path_of(received.stored_as).read_bytes() == PDF
    assert (received.name, received.kind) == ("Surat pengantar.pdf", "application/pdf")


def test_nothing_sent_is_nothing_received():
    assert files.receive_all([]) == []


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"MZ\x90\x00\x03 This program cannot be run in DOS mode.", "bad_file"),
        (b"<!doctype html><script>alert(1)</script>", "bad_file"),
        (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "bad_file"),
        (b"#!/bin/sh\nrm -rf /\n", "bad_file"),
        (b"GIF89a" + b"\0" * 20, "bad_file"),
        (b"PK\x03\x04" + b"\0" * 40, "save_as_pdf"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "save_as_pdf"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "send_as_jpg"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0", "no_video"),
        (b"%PDF-1.7 and then the line broke", "broken_pdf"),
        (phone_photo()[:3000], "broken_picture"),
        (b"\xff\xd8\xff\xe0 only begins like one", "broken_picture"),
        (b"", "file_empty"),
        (paper(files.MOST_OF_A_FILE + 1), "file_too_large"),
    ],
)
@pytest.mark.parametrize("name", ["surat.pdf", "foto.jpg"])
def test_what_it_is_its_content_says_whatever_it_is_called(content, code, name):
    refusal = refused(content, name=name)
    assert refusal.code == code
    assert name in refusal.fields["files"]


def test_one_bad_file_leaves_none_of_the_good_ones_behind():
    assert refused(PDF, phone_photo(), b"MZ").code == "bad_file"


def test_no_more_than_five_at_once():
    assert refused(*[PDF] * 6).code == "files_too_many"


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\Budi\\KTP.exe", "KTP.pdf"),
        ("laporan\u202efdp.exe", "laporan fdp.pdf"),
        ("a\r\nSet-Cookie: x", "a Set-Cookie_ x.pdf"),
        (".pdf", "dokumen.pdf"),
        ("...", "dokumen.pdf"),
        ("surat v1.2 final", "surat v1.2 final.pdf"),
        ("kartu.keluarga.PDF", "kartu.keluarga.pdf"),
        ("x" * 300, "x" * 96 + ".pdf"),
    ],
)
def test_a_name_is_shown_without_its_tricks(sent, shown):
    assert files.clean_name(sent, "application/pdf") == shown


# -- pictures that ask for too much ----------------------------------------------------------------


def test_a_photo_of_fifty_megapixels_is_taken():
    sent = photo(8192, 6144, quality=70)
    assert stored(receive("a.jpg", sent)).size == (2560, 1920)


@pytest.mark.parametrize(
    "asked",
    [
        {"width": 8192, "height": 6144, "kind": "PNG", "mode": "L"},
        {"width": 30_000, "height": 30_000, "kind": "PNG", "mode": "1"},
        {"width": 65_000, "height": 3_000, "mode": "L", "quality": 10},
    ],
    ids=["50 megapixels at once", "a bomb", "a wide one"],
)
def test_a_picture_too_large_to_open_is_refused_at_once(asked):
    content = photo(**asked)
    assert len(content) < files.MOST_OF_A_FILE
    began = time.monotonic()
    assert refused(content).code == "picture_too_large"
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "painter",
    [
        "import os; os.kill(os.getpid(), 11)",
        "import time; print('half', flush=True); time.sleep(60)",
        "x = bytearray(10**12)",
    ],
    ids=["crashes", "hangs", "eats memory"],
)
def test_a_decoder_that_fails_takes_nobody_with_it(monkeypatch, painter):
    monkeypatch.setattr(files, "PAINTER", [sys.executable, "-c", painter])
    monkeypatch.setattr(files, "PATIENCE_S", 1)
    assert refused(phone_photo()).code == "picture_too_large"


def test_only_so_many_photos_are_made_at_the_same_time(monkeypatch):
    monkeypatch.setattr(files, "WAIT_S", 0.01)
    for _one in range(files.AT_ONCE):
        files._painters.acquire()
    try:
        assert refused(phone_photo()).code == "pictures_busy"
    finally:
        for _one in range(files.AT_ONCE):
            files._painters.release()
    receive("a.jpg", phone_photo())


# -- where they lie --------------------------------------------------------------------------------


@contextmanager
def a_full_disk(room):
    """No file of this process and its children grows beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("content", [paper(400_000), photo(1000, 750, noise=True)])
def test_a_full_disk_is_said_and_nothing_half_written_stays(content):
    with on_disk(content) as upload, a_full_disk(50_000), pytest.raises(Refusal) as caught:
        files.receive_all([upload])
    assert (caught.value.code, caught.value.status) == ("no_room", 507)
    assert lying() == []


@contextmanager
def on_disk(content):
    with storage.incoming() as file:
        file.write(content)
        file.flush()
        upload = SimpleUploadedFile("a", b"")
        upload.file, upload.size = file, len(content)
        yield upload


def test_storage_is_private():
    path = storage.path_of(receive("a.pdf", PDF).stored_as)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parents[3].stat().st_mode) == 0o700
    assert "a.pdf" not in str(path)


def test_storage_inside_a_served_folder_is_refused_at_the_start(settings):
    assert checks.private_files_are_served_by_nobody(None) == []
    settings.PRIVATE_ROOT = settings.MEDIA_ROOT / "lampiran"
    (error,) = checks.private_files_are_served_by_nobody(None)
    assert error.id == "mpp_portal.E006"


def test_files_whose_case_never_came_are_swept_after_a_day(filed):
    kept, lost = receive("a.pdf", PDF), receive("b.pdf", PDF)
    half = storage.path_of(lost.stored_as).with_suffix(".part")
    half.write_bytes(b"half")
    filed(files=[kept])
    now = dt.datetime.now(dt.UTC)
    assert storage.sweep(now + dt.timedelta(hours=23)) == 0
    assert storage.sweep(now + dt.timedelta(hours=25)) == 2
    assert lying() == [storage.path_of(kept.stored_as)]


def test_what_is_erased_with_its_case_leaves_its_row(filed, django_capture_on_commit_callbacks):
    received = receive("Siti.pdf", PDF)
    case = filed(files=[received]).case
    with django_capture_on_commit_callbacks(execute=True):
        assert rules.erase_cases(at(10) + dt.timedelta(days=731)) == 1
    assert lying() == []
    row = Attachment.objects.get(case=case)
    assert (row.name, row.size, row.kind) == ("", len(PDF), "application/pdf")
    assert row.erased_at


def test_a_case_holds_so_many_files_and_so_many_bytes(filed, monkeypatch):
    case = filed(files=[receive("a.pdf", PDF)]).case
    monkeypatch.setattr(attaching, "MOST_FILES_OF_A_CASE", 2)
    for code, more in (("attachments_too_many", 2), ("attachments_too_large", 1)):
        with pytest.raises(Refusal) as caught:
            rules.add(case=case, text="Ini lagi.", at=at(11), files=[receive("b.pdf", PDF)] * more)
        assert caught.value.code == code
        monkeypatch.setattr(attaching, "MOST_OF_A_CASE", 2 * len(PDF) - 1)
    assert (case.attachments.count(), case.events.count()) == (1, 1)


# -- for whom they are -----------------------------------------------------------------------------


@pytest.fixture
def case(filed):
    return filed(files=[receive("Bukti é.pdf", PDF)], agency_code="DUKCAPIL", anonymous=True).case


def holding(case):
    """A browser that number and PIN have opened the case in."""
    client = Client()
    client.cookies[opened.COOKIE] = rules.pass_for(case)
    return client


def address(case, attachment=None):
    attachment = attachment or case.attachments.get()
    return reverse("complaints:file", args=[case.number, attachment.stored_as])


def test_the_reporter_saves_the_file_and_no_browser_opens_it(civil, case):
    answer = holding(case).get(address(case))
    assert b"".join(answer.streaming_content) == PDF
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''Bukti%20")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["Content-Length"] == str(len(PDF))
    assert answer["Content-Type"] == "application/pdf"
    head = holding(case).head(address(case))
    assert (head.status_code, head["Content-Length"]) == (200, str(len(PDF)))


def test_without_the_pass_of_the_case_there_is_no_file(client, civil, filed, case):
    other = filed(files=[receive("b.pdf", PDF)]).case
    assert client.get(address(case)).status_code == 404
    assert holding(other).get(address(case)).status_code == 404
    crossed = reverse("complaints:file", args=[other.number, case.attachments.get().stored_as])
    assert holding(other).get(crossed).status_code == 404
    assert holding(case).post(address(case)).status_code == 405


def test_what_came_with_a_note_of_the_staff_is_for_the_staff(civil, case, person):
    desk = person(Role.COMPLAINTS_DESK)
    note = [receive("rapat.pdf", PDF)]
    rules.add_note(case_id=case.pk, text="Lihat notulen.", by=desk, at=at(11), files=note)
    attachment = case.attachments.get(stored_as=note[0].stored_as)
    assert holding(case).get(address(case, attachment)).status_code == 404
    assert handled(desk, case, attachment).status_code == 200


def handled(user, case, attachment=None):
    client = Client()
    client.force_login(user)
    attachment = attachment or case.attachments.get()
    args = [case.pk, attachment.stored_as]
    return client.get(reverse("admin:complaints_case_file", args=args))


def test_who_handles_the_case_has_its_files(civil, tax, case, person, passed_on):
    passed_on(case)
    desk, liaison = person(Role.COMPLAINTS_DESK), person(Role.LIAISON, civil)
    assert "Bukti" in handled(desk, case)["Content-Disposition"]
    own = handled(liaison, case)
    assert b"".join(own.streaming_content) == PDF
    assert own["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in own["Content-Security-Policy"]
    # its name can tell who the anonymous reporter is
    assert own["Content-Disposition"] == 'attachment; filename="dokumen.pdf"'
    assert handled(person(Role.LIAISON, tax), case).status_code == 404


def test_a_file_of_a_confidential_case_is_for_the_desk(civil, filed, person, passed_on):
    case = filed(files=[receive("a.pdf", PDF)], agency_code="DUKCAPIL", confidential=True).case
    assert handled(person(Role.LIAISON, civil), passed_on(case)).status_code == 404
    assert handled(person(Role.COMPLAINTS_DESK), case).status_code == 200


def test_a_file_that_is_lost_is_said_to_be(civil, case):
    os.unlink(storage.path_of(case.attachments.get().stored_as))
    answer = holding(case).get(address(case))
    assert answer.status_code == 404
    assert str(Refusal("file_missing").message) in answer.content.decode()


def test_an_attached_picture_can_be_read_by_any_viewer(civil, filed):
    case = filed(files=[receive("a.png", photo(kind="PNG"))]).case
    answer = holding(case).get(address(case))
    assert Image.open(io.BytesIO(b"".join(answer.streaming_content))).format == "JPEG"
