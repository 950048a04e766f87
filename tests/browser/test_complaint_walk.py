"""One complaint from the story to the rating, as a citizen on a phone and the staff live it.

It is told on 17 March 2026, before the long leave of Nyepi and Idul Fitri: three working days later
it is the 27th. What was asked on the 17th and answered on the 27th moves every date by those three.
"""

import datetime as dt
import re

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from complaints import rules
from complaints.desk.acts import ACTS
from complaints.models import Attachment, Case, ServiceLevel
from complaints.storage import path_of
from notifications.models import Message
from services.models import Holiday
from tests.browser.conftest import DESK, PHONE
from tests.browser.officers import sign_in
from tests.complaints.paper import CAMERA, phone_photo

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LEAVE = (18, 19, 20, 21, 22, 23, 24)  # of March: Nyepi, Idul Fitri and the shared leave
STORY = "Janji pukul 09.00, baru dipanggil pukul 10.30 di loket KTP."
QUESTION, REPLY = "Pukul berapa Anda mengambil nomor?", "Malam sebelumnya, lewat HP."
ANSWER, DOUBT = "Loket cadangan sekarang dibuka.", "Kemarin masih satu loket yang buka."
SECOND_ANSWER, AGAIN = "Kepala dinas memeriksa, dua loket buka.", "Hari ini tutup lagi."
EMAIL = "siti.aminah@contoh.id"


def moment(day: int, hour: int = 10, month: int = 3) -> dt.datetime:
    return dt.datetime(2026, month, day, hour, tzinfo=dt.timezone(dt.timedelta(hours=7)))


class Reporter:
    """A citizen's phone."""

    def __init__(self, page: Page) -> None:
        self.page, self.number, self.pin = page, "", ""

    def files(self, photo: bytes) -> None:
        page = self.page
        page.goto("/gajah-mada/pengaduan/")
        page.get_by_role("link", name="Sampaikan pengaduan").first.click()
        page.get_by_label("Apa yang terjadi?").fill(STORY)
        page.get_by_role("radio", name="Layanan atau instansi").check()
        page.get_by_label("Instansi yang mana?").select_option(label="Dinas Dukcapil")
        picked = {"name": "loket.jpg", "mimeType": "image/jpeg", "buffer": photo}
        page.locator("input[type=file]").set_input_files([picked])
        page.get_by_label("Anonim").check()
        page.get_by_text("Nama dan surel").click()
        page.get_by_label("Surel").last.fill(EMAIL)
        page.get_by_role("button", name="Kirim pengaduan").click()
        page.get_by_role("heading", name="Pengaduan Anda diterima").wait_for()
        said = page.locator("#struk").inner_text()
        self.number = "".join(re.search(r"([A-Z2-9]{4}) ([A-Z2-9]{4})", said).groups())
        self.pin = "".join(re.search(r"(\d{3}) (\d{3})\s", said).groups())

    def opens(self) -> None:
        """By number and PIN, as who comes back later; the page is shut first."""
        page = self.page
        page.context.clear_cookies(name="case_pass")
        page.goto("/pengaduan/")
        page.get_by_label("Nomor pengaduan").fill(self.number)
        page.get_by_label("PIN").fill(self.pin)
        page.get_by_role("button", name="Lihat status").click()
        page.get_by_role("heading", name="Perjalanan pengaduan Anda").wait_for()

    def writes(self, fold: str, label: str, words: str, button: str) -> None:
        if fold:
            self.page.locator("summary", has_text=fold).click()
        self.page.get_by_label(label).fill(words)
        self.page.get_by_role("button", name=button, exact=True).click()
        self.page.locator(".m-quote", has_text=words).first.wait_for()

    def reads(self, words: str) -> None:
        expect(self.page.locator("main")).to_contain_text(words)


class Office:
    """The staff's window on the case."""

    def __init__(self, page: Page, user: User, base: str, case: Case) -> None:
        self.page, self.user, self.base, self.case = page, user, base, case

    def opens(self) -> None:
        sign_in(self.page, self.user, self.base)  # days pass, and a session does not last
        self.page.goto(f"/admin/complaints/case/{self.case.pk}/change/")

    def does(self, act: str, words: str = "", **choose: str) -> None:
        """Press an act's button on the page as it is now, with what it asks for."""
        self.opens()
        form = self.page.locator(f"form[action$='/langkah/{act}/']")
        if not form.is_visible():
            fold = self.page.locator("details", has=self.page.locator(f"form[action$='/{act}/']"))
            fold.locator("summary").click()
        if words:
            form.locator("textarea").fill(words)
        for name, label in choose.items():
            if name == "level":
                form.get_by_text(label).click()
            else:
                form.locator(f"[name={name}]").select_option(label=label)
        form.locator("button").click()
        self.page.get_by_text(str(ACTS[act].said)).first.wait_for()


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])
def test_a_complaint_from_the_story_to_the_rating(
    open_page, accessible, live_server, house, time_machine, javascript
):
    for day in LEAVE:
        Holiday.objects.create(mall=house.mall, date=dt.date(2026, 3, day), name="Libur")
    since = dt.date(2026, 1, 1)
    ServiceLevel.objects.create(mall=house.mall, level="ordinary", days=3, valid_from=since)
    time_machine.move_to(moment(17))
    citizen = Reporter(open_page(PHONE, javascript=javascript))
    citizen.files(phone_photo(1600, 1200))
    case = Case.objects.get(number=citizen.number)
    assert (case.anonymous, case.agency) == (True, house.civil)
    assert CAMERA.encode() not in path_of(Attachment.objects.get().stored_as).read_bytes()
    citizen.opens()
    citizen.reads(
        "Tanggapan pertama: Selasa 31 Mar"
    )  # five working days, none of them in the leave
    accessible(citizen.page)

    desk = Office(open_page(DESK), house.people["complaints_desk"], live_server.url, case)
    desk.does("periksa")
    desk.does("tingkat", level="Pengaduan biasa")
    case.refresh_from_db()
    assert case.completion_due_on == dt.date(2026, 3, 27)
    desk.does("tanya", QUESTION)
    citizen.opens()
    citizen.reads(QUESTION)
    accessible(citizen.page)
    time_machine.move_to(moment(27))
    citizen.opens()
    citizen.writes("", "Jawaban Anda", REPLY, "Kirim jawaban")
    citizen.reads("Jam berhenti 3 hari kerja")
    citizen.reads("Rabu, 1 April 2026")

    desk.does("teruskan", agency="Dinas Dukcapil")
    liaison = Office(open_page(DESK), house.people["liaison"], live_server.url, case)
    liaison.opens()
    assert EMAIL not in liaison.page.content()
    liaison.does("kerjakan")
    liaison.does("jawab", ANSWER)
    citizen.opens()
    citizen.reads(ANSWER)
    accessible(citizen.page)
    citizen.writes("Ajukan keberatan", "Apa yang belum sesuai?", DOUBT, "Ajukan keberatan")

    liaison.opens()
    expect(liaison.page.locator("main, #main, body").first).to_contain_text("diputuskan atasan")
    head = Office(open_page(DESK), house.people["head"], live_server.url, case)
    head.does("jawab", SECOND_ANSWER)
    citizen.opens()
    citizen.reads(SECOND_ANSWER)
    citizen.page.get_by_role("button", name="Puas", exact=False).first.click()

    time_machine.move_to(moment(20, month=4))
    assert rules.close_unanswered(moment(20, month=4)) == 1
    citizen.opens()
    citizen.writes("Buka lagi", "Apa yang masih belum beres?", AGAIN, "Buka lagi")
    case.refresh_from_db()
    assert (case.state, case.rating is not None) == ("verification", True)

    told = list(
        Message.objects.exclude(kind="case_duty").order_by("pk").values_list("kind", flat=True)
    )
    assert told[0] == "case_received"
    assert {"case_question", "case_answer", "case_changed"} <= set(told)
