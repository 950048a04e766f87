"""The demo's catcher of messages: the real process, SMTP and HTTP in, the page out."""

import contextlib
import datetime as dt
import os
import re
import subprocess
import sys
import time
from email.message import EmailMessage
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests
from django.test import Client

from mpp_portal import checks, demo_messages, supervisor
from mpp_portal.demo_messages import store
from mpp_portal.ports import HOST, free_ports, why_not
from notifications import rules as outbox
from notifications.channels.console import masked
from notifications.models import Message
from notifications.rules.marking import fingerprint
from tests.house import at

CHECKOUT = Path(__file__).resolve().parents[2]
INBOX = "/demo/pesan/"
PAGES = [INBOX, f"{INBOX}alamat/", f"{INBOX}{'0' * 20}-12345678/"]


def start(place, smtp_port, sms_port, **environment):
    environment = {"MPP_DEMO": "1", "PRODUCTION": "0", **environment}
    return subprocess.Popen(
        [sys.executable, "-m", "mpp_portal.demo_messages.catcher", str(smtp_port), str(sms_port)],
        cwd=CHECKOUT,
        env={**os.environ, "DATA_DIR": str(place), **environment},
        stderr=subprocess.PIPE,
    )


@contextlib.contextmanager
def catching(place):
    """A catcher at work, ended by SIGTERM."""
    smtp_port, sms_port = free_ports(2, after=20_000 + os.getpid() % 10_000)
    process = start(place, smtp_port, sms_port)
    try:
        end = time.monotonic() + 30
        while not (why_not(smtp_port) and why_not(sms_port)):
            assert process.poll() is None, process.stderr.read().decode()
            assert time.monotonic() < end
            time.sleep(0.05)
        yield SimpleNamespace(process=process, smtp_port=smtp_port, sms_port=sms_port)
    finally:
        process.terminate()
        process.wait(timeout=10)
        process.stderr.close()
    assert not why_not(smtp_port)
    assert not why_not(sms_port)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def _catcher(place):
    with catching(place) as one:
        yield one


@pytest.fixture
def demo_of_today(settings, place):
    """Settings as the processes of the demo have them."""
    settings.CATCHES_MESSAGES, settings.DATA_DIR = True, place
    yield settings
    for kept in (place / store.FOLDER).glob("*"):
        kept.unlink()


@pytest.fixture
def catcher(_catcher, demo_of_today):
    """The process, and the channels told to send to it as the supervisor tells them."""
    told = demo_messages.environment(
        smtp_port=_catcher.smtp_port, sms_port=_catcher.sms_port, push=False
    )
    demo_of_today.NOTIFICATION_CHANNELS = told["NOTIFICATION_CHANNELS"].split(",")
    demo_of_today.SMS_REQUEST, demo_of_today.SMS_ANSWER = told["SMS_REQUEST"], told["SMS_ANSWER"]
    demo_of_today.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    demo_of_today.EMAIL_HOST, demo_of_today.EMAIL_PORT = HOST, _catcher.smtp_port
    demo_of_today.QUIET_HOURS = told["QUIET_HOURS"]
    return _catcher


@pytest.fixture
def rehearsed(house):
    """The small mall as a mall of rehearsal."""
    house.mall.rehearsal = True
    house.mall.save(update_fields=["rehearsal"])
    return house


def words(response):
    assert response.status_code == 200
    html = re.sub(r"(?s)<(script|style).*?</\1>", "", response.content.decode())
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def first_link(page):
    return re.search(rf'href="({INBOX}\d{{20}}-[0-9a-f]{{8}}/)"', page.content.decode())[1]


def test_what_a_visitor_is_sent_by_e_mail_can_be_read_and_its_link_followed(catcher, rehearsed):
    ticket = rehearsed.book("PBB", 10, email="budi@contoh.id", name="Budi Santoso")
    assert outbox.send_due(at=at(7, 31)) == 1
    client = Client()
    page = client.get(INBOX)
    assert f"Nomor diambil, surel ke {masked('budi@contoh.id')}" in words(page)
    assert "budi@contoh.id" not in page.content.decode()
    message = client.get(first_link(page))
    assert ticket.label in words(message)
    link = f"/tiket/{ticket.visit.token}/"
    assert re.search(rf'<a href="http://[^"]+{re.escape(link)}"', message.content.decode())
    assert "unsafe" not in message["Content-Security-Policy"]


def test_an_sms_goes_through_the_gateway_of_the_settings(catcher, rehearsed):
    rehearsed.book("PBB", 10, phone="081234567890", name="Budi Santoso")
    assert outbox.send_due(at=at(7, 31)) == 1
    sent = Message.objects.get(kind="booked")
    assert (sent.state, sent.channel, sent.rehearsal) == ("sent", "sms", False)
    page = Client().get(INBOX)
    assert "Nomor diambil, SMS ke " in words(page)
    assert sent.provider_id == fingerprint("sms", first_link(page).strip("/").split("/")[-1])


def test_those_who_are_made_up_do_not_flood_it(catcher, rehearsed):
    rehearsed.book("PBB", 10, phone="081201234567", name="Siti Rehearsal")
    assert outbox.send_due(at=at(7, 31)) == 1
    assert set(Message.objects.values_list("channel", "rehearsal")) == {("console", True)}
    assert "Belum ada pesan" in words(Client().get(INBOX))


def test_the_gateway_answers_like_one(catcher):
    url = f"http://{HOST}:{catcher.sms_port}/kirim"
    for how in ({"json": {"to": "+6281", "text": "Halo"}}, {"data": {"to": "1", "text": "Halo"}}):
        answer = requests.post(url, timeout=5, **how)
        assert (answer.status_code, answer.json()["status"]) == (200, "accepted")
        assert answer.json()["id"]
    for how in ({"json": {"to": "+6281"}}, {"data": b"\xff"}, {"json": [1]}):
        answer = requests.post(url, timeout=5, **how)
        assert (answer.status_code, answer.json()["status"]) == (400, "rejected")


def mail(place, *, to="budi@contoh.id", subject="Nomor Anda C 037", html=""):
    one = EmailMessage()
    one["Subject"], one["To"], one["Message-ID"] = subject, to, "<mpp-0-0@contoh.id>"
    one.set_content("Halo Budi\nhttp://127.0.0.1:8000/tiket/abc/\n<script>alert(1)</script>")
    if html:
        one.add_alternative(html, subtype="html")
    return store.keep_mail(place / store.FOLDER, to=to, mail=bytes(one))


def test_the_html_part_stands_in_a_frame_that_may_nothing(demo_of_today, place, db):
    kept = mail(place, html="<p>Halo <a href='http://x/'>Buka</a><script>alert(1)</script></p>")
    client = Client()
    outside = client.get(f"{INBOX}{kept.name}/").content.decode()
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in outside
    assert "<script>alert(1)</script>" not in outside
    inside = client.get(f"{INBOX}{kept.name}/isi/")
    assert '<base target="_blank"><p>Halo' in inside.content.decode()
    policy = inside["Content-Security-Policy"]
    for rule in ("default-src 'none'", "form-action 'none'", "frame-ancestors 'self'"):
        assert rule in policy
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in policy
    assert "script-src" not in policy
    assert inside["X-Frame-Options"] == "SAMEORIGIN"
    plain = mail(place)
    assert client.get(f"{INBOX}{plain.name}/isi/").status_code == 404


def test_one_looks_at_ones_own_messages_without_ones_address_in_the_link(demo_of_today, place, db):
    mail(place, to="budi@contoh.id", subject="Untuk Budi")
    mail(place, to="sari@contoh.id", subject="Untuk Sari")
    store.keep(place / store.FOLDER, channel="sms", to="+6281234567890", text="Untuk HP")
    client = Client()
    all_of_them = words(client.get(INBOX))
    assert all_of_them.index("Untuk HP") < all_of_them.index("Untuk Sari")
    for typed, seen in (
        ("Budi@contoh.id ", "budi@contoh.id"),
        ("0812-3456-7890", "+6281234567890"),
    ):
        chosen = client.post(f"{INBOX}alamat/", {"alamat": typed})
        assert (chosen.status_code, chosen["Location"]) == (302, INBOX)
        page = words(client.get(INBOX))
        assert f"ke {seen}" in page
        assert "Untuk Sari" not in page
    client.post(f"{INBOX}alamat/", {"alamat": "contoh.id"})  # a part is enough, and unmasks nobody
    page = words(client.get(INBOX))
    assert page.count("Untuk Budi") == page.count("Untuk Sari") == 1
    assert "budi@" not in page
    client.post(f"{INBOX}alamat/", {"alamat": ""})
    assert "Untuk Sari" in words(client.get(INBOX))


def test_a_reminder_need_not_be_waited_for(catcher, rehearsed, time_machine):
    time_machine.move_to(at(7, 40))
    rehearsed.book("PBB", 10, days=1, email="budi@contoh.id", name="Budi Santoso")
    rehearsed.book("PBB", 11, days=1, phone="081201234567", name="Siti Rehearsal")
    outbox.send_due(at=at(7, 40))
    client = Client()
    page = client.get(INBOX)
    assert f"Pengingat sehari sebelumnya 16.00, surel ke {masked('budi@contoh.id')}" in words(page)
    reminder = Message.objects.get(kind="reminder_day", rehearsal=False)
    made_up = Message.objects.get(kind="reminder_day", rehearsal=True)
    for pk in (reminder.pk, made_up.pk):
        assert client.post(f"{INBOX}kirim/{pk}/")["Location"] == INBOX
    assert client.get(f"{INBOX}kirim/{reminder.pk}/").status_code == 405
    assert outbox.send_due(at=at(7, 41)) == 1
    reminder.refresh_from_db()
    assert reminder.state == "sent"
    client.post(f"{INBOX}kirim/{reminder.pk}/")  # once more: it left already
    assert outbox.send_due(at=at(7, 42)) == 0


def test_the_page_asks_as_much_for_fifty_messages_as_for_one(
    demo_of_today, place, rehearsed, django_assert_max_num_queries
):
    for n in range(60):
        mail(place, subject=f"Pesan {n}")
    client = Client()
    client.get(INBOX)
    with django_assert_max_num_queries(4):
        page = words(client.get(INBOX))
    assert "Pesan 59" in page
    assert "Pesan 9 " not in page
    assert "Ada 10 pesan yang lebih lama" in page


def test_the_newest_are_kept_and_only_for_their_owner(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "MOST", 3)
    for n in range(5):
        kept = store.keep(tmp_path / "box", channel="sms", to="+6281", text=f"{n}")
    assert [one.text for one in store.newest(tmp_path / "box")] == ["4", "3", "2"]
    assert (tmp_path / "box" / kept.name).stat().st_mode & 0o077 == 0
    assert (tmp_path / "box").stat().st_mode & 0o077 == 0


def test_a_second_start_keeps_what_was_caught(tmp_path):
    for _start in range(2):
        with catching(tmp_path) as one:
            url = f"http://{HOST}:{one.sms_port}/kirim"
            requests.post(url, json={"to": "+6281", "text": "Halo"}, timeout=5)
        assert one.process.returncode == -15
    assert len(list(store.newest(tmp_path / store.FOLDER))) == 2


@pytest.mark.parametrize("settled", [{}, {"CATCHES_MESSAGES": True, "PRODUCTION": True}])
def test_outside_the_demo_there_is_no_such_address(settled, settings, place, db):
    kept = mail(place)
    for name, value in settled.items():
        setattr(settings, name, value)
    for address in (*PAGES, f"{INBOX}{kept.name}/", f"{INBOX}{kept.name}/isi/"):
        assert Client().get(address, secure=True).status_code == 404
    assert Client().post(f"{INBOX}alamat/", {"alamat": "x"}, secure=True).status_code == 404
    assert Client().post(f"{INBOX}kirim/1/", secure=True).status_code == 404


def test_no_address_leads_out_of_the_folder(demo_of_today, place, db):
    (place / "secrets.json").write_text("{}")
    assert store.one(place / store.FOLDER, "../secrets.json") is None
    for name in ("secrets", "..", "0" * 29):
        assert Client().get(f"{INBOX}{name}/").status_code == 404


@pytest.mark.parametrize("environment", [{"MPP_DEMO": ""}, {"PRODUCTION": "1"}])
def test_the_process_refuses_to_run_outside_the_demo(environment, tmp_path):
    process = start(tmp_path, *free_ports(2, after=30_000), **environment)
    _out, said = process.communicate(timeout=30)
    assert process.returncode == 2
    assert "demo alone" in said.decode()
    assert not list(tmp_path.iterdir())


def test_a_production_that_was_told_to_be_a_demo_is_told_so(settings):
    settings.DEMO = True
    assert checks.nothing_of_the_demo_is_set(None) == []
    settings.PRODUCTION = True
    (error,) = checks.nothing_of_the_demo_is_set(None)
    assert error.is_serious()
    assert "MPP_DEMO" in error.msg


def test_only_the_demo_starts_it_and_tells_all_its_processes(tmp_path):
    port = free_ports(1, after=25_000)[0]
    assert supervisor.Portal(port=port, place=tmp_path).first_processes() == []
    demo = supervisor.Demo(port=port, place=tmp_path)
    told = demo.own_environment()
    (catcher,) = demo.first_processes()
    assert catcher.name == "pesan"
    assert told["EMAIL_URL"] == f"smtp://{HOST}:{catcher.command[-2]}"
    assert f"{HOST}:{catcher.command[-1]}/kirim" in told["SMS_REQUEST"]
    assert len({port, port + 1, *map(int, catcher.command[-2:])}) == 4


def test_an_e_mail_that_is_broken_is_kept_all_the_same(tmp_path):
    torn = b"Subject: =?utf-8?q?Nomor\r\nContent-Type: text/plain; charset=martian\r\n\r\nHalo \xff"
    assert "Halo" in store.keep_mail(tmp_path, to="x@y", mail=torn).text
    assert store.keep_mail(tmp_path, to="x@y", mail=b"").moment <= dt.datetime.now(dt.UTC)


def test_the_visitors_of_a_rehearsal_elsewhere_are_sent_nothing(rehearsed, settings):
    settings.NOTIFICATION_CHANNELS = ["email", "console"]
    rehearsed.book("PBB", 10, email="budi@contoh.id", name="Budi")
    assert set(Message.objects.values_list("channel", "rehearsal")) == {("console", True)}
