"""Late for the hour, the number gone, the ticket lost: what a person can still do."""

import datetime as dt
import re

import pytest
from django.core import mail
from django.utils import timezone

import notifications.rules
from queueing import rules
from queueing.hall import hall_code
from queueing.models import Queue, Ticket
from tests.browser.citizen import Citizen
from tests.browser.conftest import PHONE
from tests.browser.test_main_job import PASSWORD, living_house  # noqa: F401  (a fixture)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NIKS = ["3576014101900001", "3576014201900002", "3576014301900003"]


@pytest.fixture
def citizen(living_house, open_page, accessible):  # noqa: F811
    return Citizen(open_page(PHONE), accessible)


@pytest.fixture
def late(living_house):  # noqa: F811
    """A number whose hour ended at most an hour ago."""
    Queue.objects.update(late_minutes=120, early_minutes=30)
    now = timezone.now()
    window = living_house.queues["C"].windows.filter(ends_at__lte=now).latest("ends_at")
    visit = rules.book(
        mall=living_house.mall,
        wishes=[rules.Wish("KTP", window.pk)],
        at=window.starts_at - dt.timedelta(hours=1),
        name="Siti Aminah",
    )
    return visit.tickets.get()


def test_who_comes_late_for_the_hour_still_joins_the_line(
    living_house,  # noqa: F811
    late,
    citizen,
):
    last = late.window.ends_at + dt.timedelta(minutes=120)
    rules.walk_in(
        mall=living_house.mall, services=["KK"], at=timezone.now(), priority="elderly"
    )  # waits at once
    citizen.open(f"/tiket/{late.visit.token}/")
    assert re.search(r"Terlambat \d+ menit\. Nomor Anda masih berlaku", citizen.text)
    assert "Anda masuk setelah 1 orang." in citizen.text
    assert f"{last.astimezone(living_house.mall.zone):%H.%M}" in citizen.text
    code = hall_code(mall_id=living_house.mall.pk, at=timezone.now())
    citizen.page.fill("input[name=kode]", code)
    citizen.press("Saya sudah di sini")
    assert "Menunggu" in citizen.text
    assert citizen.label == late.label


def test_a_number_nobody_came_for_leads_to_a_new_one(late, citizen):
    Queue.objects.update(late_minutes=0)
    rules.mark_no_shows(at=timezone.now())
    citizen.open(f"/tiket/{late.visit.token}/")
    assert "Batas lapor hadir sudah lewat. Tidak apa-apa" in citizen.text
    citizen.follow("Ambil nomor baru")
    assert citizen.screens[-1] == "Kapan Anda datang?"


def test_a_lost_ticket_is_found_by_its_code_and_six_figures(
    living_house,  # noqa: F811
    open_page,
    accessible,
    settings,
):
    settings.NOTIFICATION_CHANNELS = ["email"]
    visit = rules.book(
        mall=living_house.mall,
        wishes=[rules.Wish("AKTA", living_house.queues["D"].windows.latest("starts_at").pk)],
        at=timezone.now(),
        name="Siti Aminah",
        email="siti@contoh.id",
    )
    citizen = Citizen(open_page(PHONE), accessible)  # another device: nothing is remembered
    citizen.open("/gajah-mada/")
    citizen.follow("Sudah punya nomor? Cari tiket saya")
    code = visit.short_code
    citizen.type("kode", f"{code[:3]} {code[3:]}".lower())
    citizen.press("Kirim 6 angka")
    mail.outbox.clear()
    notifications.rules.send_due(at=timezone.now())
    figures = re.search(r"\b\d{6}\b", next(m for m in mail.outbox if "Kode" in m.subject).body)[0]
    citizen.type("angka", "".join(str(9 - int(figure)) for figure in figures))
    citizen.press("Buka tiket")
    assert citizen.page.get_by_role("alert").is_visible()
    citizen.type("angka", f"{figures[:3]} {figures[3:]}")
    citizen.press("Buka tiket")
    assert citizen.label == visit.tickets.get().label


def test_a_helper_books_for_three_in_one_go_and_prints_their_slips(
    living_house,  # noqa: F811
    citizen,
):
    page = citizen.page
    citizen.open("/gajah-mada/pendamping/")
    assert citizen.screens == ["Masuk"]
    citizen.type("username", "helper")
    citizen.type("password", PASSWORD)
    citizen.press("Masuk")
    citizen.follow("Ambil nomor untuk warga")
    citizen.ask("ktp ilng")
    citizen.tap(page.get_by_role("link", name="Penggantian KTP-el hilang").first)
    citizen.press("Lanjut")
    citizen.press("Tambah satu orang")
    for row, (name, nik) in enumerate(
        zip(("Bu Siti", "Pak Karto", "Mbah Joyo"), NIKS, strict=True)
    ):
        citizen.type(f"w{row}-name", name)
        citizen.type(f"w{row}-nik", nik)
        if row < 2:
            page.check(f"input[name=w{row}-agreed]")
    citizen.press("Ambil semua nomor")
    told = page.get_by_role("alert").inner_text()
    assert "Mbah Joyo: Tanyakan dulu kepada warga ini" in told
    assert Ticket.objects.count() == 0
    assert page.input_value("input[name=w0-name]") == "Bu Siti"
    page.check("input[name=w2-agreed]")
    citizen.press("Ambil semua nomor")
    assert "3 nomor sudah terambil" in citizen.text
    assert Ticket.objects.count() == 3
    citizen.follow("Cetak 3 karcis")
    slips = page.locator("article.m-slip")
    assert slips.count() == 3
    for ticket in Ticket.objects.select_related("visit"):
        slip = slips.filter(has_text=ticket.visit.name).inner_text()
        assert " ".join(ticket.label.split()) in " ".join(slip.split())
        code = ticket.visit.short_code
        assert f"{code[:3]} {code[3:]}" in slip.replace("\xa0", " ")
    page.evaluate("window.print = () => { window.printed = true; }")
    citizen.button("Cetak 3 karcis").click()
    assert page.evaluate("window.printed") is True
