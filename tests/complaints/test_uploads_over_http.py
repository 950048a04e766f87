"""What people send, tried on a real web process: refused kindly, nothing half stored, nothing lost.

The server is granian, on the database of the test; the requests are made by hand, as browsers and
as those who are none make them.
"""

import html
import http.client
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from complaints import files, storage
from complaints.models import Attachment, Case
from complaints.refusals import Refusal
from services.models import Mall
from tests.complaints.conftest import STORY
from tests.complaints.paper import CAMERA, PDF, PLACE, paper, phone_photo, photo
from tests.faults.stage import ROOT, answers, free_port

pytestmark = pytest.mark.django_db(transaction=True)
MB = 1_000_000
# No collected static files are needed here.
PLAIN = """
from mpp_portal.settings import *
STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
"""
# Lays a file down as a web process does, and dies before its row is written.
DIE = """
import os, signal, django; django.setup()
from django.core.files.uploadedfile import SimpleUploadedFile
from complaints import files
files.receive_all([SimpleUploadedFile("a.pdf", open(0, "rb").read())])
os.kill(os.getpid(), signal.SIGKILL)
"""


class Web:
    """The web process, its storage, and one browser."""

    def __init__(self, place: Path) -> None:
        self.place, self.port = place, free_port()
        known = connection.settings_dict
        database = f"{known['HOST']}:{known['PORT']}/{known['NAME']}"
        self.env = {
            **os.environ,
            "DATABASE_URL": f"postgres://{known['USER']}:{known['PASSWORD']}@{database}",
            "REDIS_URL": configured.REDIS_URL,
            "DATA_DIR": str(place),
            "PRIVATE_ROOT": str(place / "private"),
            "DJANGO_SETTINGS_MODULE": "plain_settings",
            "PYTHONPATH": f"{ROOT}:{place}",
        }
        (place / "plain_settings.py").write_text(PLAIN)
        command = f"-m granian --interface wsgi --host 127.0.0.1 --port {self.port} --workers 1"
        command += " --blocking-threads 2 --no-access-log --log-level critical"
        self.process = subprocess.Popen(
            [sys.executable, *command.split(), "mpp_portal.wsgi:application"],
            cwd=ROOT,
            env=self.env,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=(place / "web.log").open("wb"),
        )

    def close(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    @property
    def worker(self) -> int:
        """The process that answers: the large one of those that were started."""
        tasks = Path(f"/proc/{self.process.pid}/task").iterdir()
        children = [pid for task in tasks for pid in (task / "children").read_text().split()]
        return max(map(int, children), key=lambda pid: rss(pid, "VmRSS"))

    def memory(self, what: str) -> float:
        """VmRSS or VmHWM (the most it has been) of the worker, in MB."""
        return rss(self.worker, what)

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str):
        """An answer and its text."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            line.request(method, path, body or None, headers)
            answer = line.getresponse()
            return answer, html.unescape(answer.read().decode())
        finally:
            line.close()

    def form(self, path: str) -> tuple[dict[str, str], str]:
        """The hidden fields of the form, and the cookie that belongs to it."""
        answer, text = self.ask("GET", path)
        assert answer.status == 200, text
        hidden = dict(re.findall(r'name="(csrfmiddlewaretoken|request_key)" value="([^"]+)"', text))
        return hidden, answer.headers["Set-Cookie"].partition(";")[0]

    def file(self, path: str, *sent: tuple[str, bytes], **fields: str):
        """Send the form with these files, as a browser does."""
        hidden, cookie = self.form(path)
        fields = {**hidden, "kind": "complaint", "text": STORY, "confirmed": "1", **fields}
        body, kind = multipart(fields, sent)
        return self.ask("POST", path, body, **{"Content-Type": kind, "Cookie": cookie})

    @property
    def lying(self) -> list[Path]:
        return [path for path in self.place.glob("private/**/*") if path.is_file()]


def rss(pid: int, what: str) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"{what}:\s+(\d+) kB", status)[1]) * 1024 / MB


def multipart(fields: dict[str, str], sent) -> tuple[bytes, str]:
    mark = uuid.uuid4().hex
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    for name, content in sent:
        head = f'Content-Disposition: form-data; name="files"; filename="{name}"'
        parts += [f"--{mark}\r\n{head}\r\nContent-Type: x/x\r\n\r\n".encode(), content, b"\r\n"]
    return b"".join([*parts, f"--{mark}--\r\n".encode()]), f"multipart/form-data; boundary={mark}"


@pytest.fixture(scope="module")
def _running(tmp_path_factory, django_db_setup) -> Iterator[Web]:
    one = Web(tmp_path_factory.mktemp("web"))
    try:
        answers(f"http://127.0.0.1:{one.port}/sehat/")
        yield one
    finally:
        one.close()


@pytest.fixture
def web(_running, settings):
    """The server, with this test looking into its storage."""
    settings.PRIVATE_ROOT = _running.place / "private"
    return _running


@pytest.fixture
def path():
    """The form of a mall that the server has not seen yet."""
    mall = Mall.objects.create(
        slug=f"mpp-{uuid.uuid4().hex[:8]}", name="MPP", regency="Kota", province="Jawa Timur"
    )
    return reverse("complaints:new", args=[mall.slug])


def test_a_case_of_thirty_megabytes_is_filed_and_the_process_stays_small(web, path):
    large = photo(2200, 1900, noise=True, kind="PNG")  # some 9 MB
    assert 8 * MB < len(large) < 10 * MB
    sent = [("a.pdf", paper(9_900_000)), ("b.pdf", paper(9_900_000)), ("c.png", large)]
    answer, text = web.file(path, ("warm.jpg", phone_photo()))
    assert answer.status == 200, text
    before = web.memory("VmRSS")
    Path(f"/proc/{web.worker}/clear_refs").write_text("5")  # the peak begins anew
    answer, text = web.file(path, *sent)
    assert answer.status == 200, text
    case = Case.objects.order_by("-pk")[0]
    assert case.attachments.count() == 3
    grown = web.memory("VmHWM") - before
    print(f"grown by {grown:.1f} MB at most, from {before:.1f}")  # noqa: T201
    assert grown < 60


def test_a_photo_arrives_without_place_and_camera(web, path):
    assert web.file(path, ("IMG_1.jpg", phone_photo()))[0].status == 200
    attachment = Attachment.objects.get()
    content = storage.path_of(attachment.stored_as).read_bytes()
    assert content.startswith(b"\xff\xd8\xff")
    assert (PLACE in content, CAMERA.encode() in content, b"Exif" in content) == (False,) * 3


def test_a_photo_of_fifty_megapixels_is_taken_over_http(web, path):
    assert web.file(path, ("a.jpg", photo(8192, 6144, quality=60)))[0].status == 200
    assert Attachment.objects.get().size < 3 * MB


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("tagihan.pdf", b"MZ\x90\x00" + b"\0" * 3_000_000, "bad_file"),
        ("laporan.docx", b"PK\x03\x04" + b"\0" * 3_000_000, "save_as_pdf"),
        ("foto.jpg", b"<html><script>alert(1)</script></html>", "bad_file"),
        ("gambar.svg", b"<svg onload='alert(1)'/>", "bad_file"),
        ("besar.png", photo(30_000, 30_000, kind="PNG", mode="1"), "picture_too_large"),
        ("panjang.pdf", paper(10_000_001), "file_too_large"),
        ("kosong.jpg", b"", "file_empty"),
    ],
)
def test_what_cannot_be_taken_is_said_and_the_story_stays(web, path, name, content, code):
    before = set(web.lying)
    answer, text = web.file(path, ("baik.pdf", PDF), (name, content))
    assert answer.status == 422
    assert str(Refusal(code, name=name, limit=10).message) in text
    assert STORY in text
    assert not Case.objects.exists()
    assert set(web.lying) == before


def test_six_files_are_one_too_many_and_the_story_stays(web, path):
    answer, text = web.file(path, *[(f"{n}.pdf", PDF) for n in range(6)])
    assert (answer.status, STORY in text) == (422, True)
    assert str(Refusal("files_too_many", limit=files.MOST_FILES_AT_ONCE).message) in text


@contextmanager
def no_room(web):
    """No file of the worker and its children grows beyond 1 MB."""
    most = resource.prlimit(web.worker, resource.RLIMIT_FSIZE)
    resource.prlimit(web.worker, resource.RLIMIT_FSIZE, (MB, most[1]))
    try:
        yield
    finally:
        resource.prlimit(web.worker, resource.RLIMIT_FSIZE, most)


def test_where_the_disk_is_full_nothing_is_half_stored_and_the_story_stays(web, path):
    before = set(web.lying)
    with no_room(web):
        answer, text = web.file(path, ("a.pdf", PDF), ("b.pdf", paper(3 * MB)))
    assert answer.status == 507
    assert str(Refusal("no_room").message) in text
    assert STORY in text
    assert set(web.lying) == before
    assert not Case.objects.exists()
    assert web.file(path, ("a.pdf", PDF), ("b.pdf", paper(3 * MB)))[0].status == 200


def pour(web, head: str, amount: int) -> tuple[int, bytes]:
    """Send that head and as much of a body as is taken; how much that was, and the answer."""
    piece, sent = b"x" * 65_536, 0
    with socket.create_connection(("127.0.0.1", web.port), timeout=20) as line:
        line.sendall(f"{head}\r\nHost: 127.0.0.1\r\n\r\n".encode())
        try:
            while sent < amount:
                sent += line.send(piece)
        except OSError:  # it was let go
            pass
        answer = b""
        try:
            while more := line.recv(65_536):
                answer += more
                if b"</html>" in answer:
                    break
        except OSError:
            pass
    return sent, answer


KIND = "Content-Type: multipart/form-data; boundary=x"


@pytest.mark.parametrize("where", ["form", "sign in"])
def test_two_hundred_megabytes_are_refused_before_they_are_read(web, path, where):
    address = path if where == "form" else "/masuk/"
    web.form(path)
    before, kept = web.memory("VmRSS"), set(web.lying)
    began = time.monotonic()
    head = f"POST {address} HTTP/1.1\r\nContent-Length: 200000000\r\n{KIND}"
    _sent, answer = pour(web, head, 200 * MB)
    assert answer.startswith(b"HTTP/1.1 413"), answer[:200]
    said = Refusal("request_too_large", limit=50 if where == "form" else 4).message
    assert said.encode() in answer
    assert time.monotonic() - began < 10
    assert web.memory("VmRSS") - before < 10
    assert set(web.lying) == kept


def test_a_body_that_does_not_say_its_length_is_refused(web, path):
    head = f"POST {path} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n{KIND}"
    _sent, answer = pour(web, head, 0)
    assert answer.startswith(b"HTTP/1.1 413"), answer[:200]


def test_who_asks_first_is_told_before_sending(web, path):
    head = f"POST {path} HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 200000000\r\n{KIND}"
    _sent, answer = pour(web, head, 0)
    assert answer.startswith(b"HTTP/1.1 413"), answer[:200]


def test_a_file_is_saved_and_asked_about_over_http(web, path):
    content = paper(2 * MB)
    answer, _text = web.file(path, ("Surat é.pdf", content))
    cookie = answer.headers["Set-Cookie"].partition(";")[0]
    attachment = Attachment.objects.select_related("case").get()
    address = reverse("complaints:file", args=[attachment.case.number, attachment.stored_as])
    line = http.client.HTTPConnection("127.0.0.1", web.port, timeout=20)
    for method, body in (("GET", content), ("HEAD", b"")):
        line.request(method, address, headers={"Cookie": cookie})
        got = line.getresponse()
        assert (got.status, got.read() == body) == (200, True)
        assert got.headers["Content-Length"] == str(len(content))
        assert got.headers["X-Content-Type-Options"] == "nosniff"
        assert got.headers["Content-Disposition"].startswith("attachment;")
    line.close()


def test_a_process_killed_between_file_and_row_leaves_a_file_that_is_swept(web):
    before = set(web.lying)
    done = subprocess.run(
        [sys.executable, "-c", DIE], input=PDF, cwd=ROOT, env=web.env, check=False, timeout=30
    )
    assert done.returncode == -signal.SIGKILL
    (left,) = set(web.lying) - before
    day_before_yesterday = time.time() - 2 * 86_400
    os.utime(left, (day_before_yesterday, day_before_yesterday))
    assert storage.sweep(timezone.now()) == 1
    assert set(web.lying) == before
