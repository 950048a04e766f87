"""A complaint's pages on a phone: the draft, small photos, a lost signal; axe sees every state."""

import datetime as dt

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from complaints import rules
from complaints.models import Case, Publication
from tests.browser.conftest import DESK, PHONE
from tests.complaints.paper import photo

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FORM = "/gajah-mada/pengaduan/baru/"
STORY = "Janji pukul 09.00, baru dipanggil pukul 10.30 di loket KTP."
DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def _kept_nowhere(tmp_path, settings):
    settings.PRIVATE_ROOT = tmp_path


def test_a_draft_survives_on_this_phone_and_goes_when_it_is_filed(house, open_page):
    page = open_page(PHONE)
    page.goto(FORM)
    page.get_by_label("Apa yang terjadi?").fill(STORY)
    page.locator("input[value=building]").check()
    page.get_by_label("Rahasia").check()
    page.get_by_label("Nomor WhatsApp").fill("081234567890")
    expect(page.get_by_text("Draf tersimpan di HP ini")).to_be_visible()
    key = page.locator("[name=request_key]").input_value()
    page.goto(FORM)
    expect(page.get_by_label("Apa yang terjadi?")).to_have_value(STORY)
    expect(page.locator("input[value=building]")).to_be_checked()
    expect(page.get_by_label("Rahasia")).to_be_checked()
    expect(page.get_by_label("Nomor WhatsApp")).to_have_value("")
    assert page.locator("[name=request_key]").input_value() == key
    page.get_by_role("button", name="Kirim pengaduan").click()
    page.get_by_role("heading", name="Pengaduan Anda diterima").wait_for()
    assert page.evaluate("localStorage.length") == 0
    page.goto(FORM)
    expect(page.get_by_label("Apa yang terjadi?")).to_have_value("")
    assert page.locator("[name=request_key]").input_value() != key


def test_a_draft_is_thrown_away_on_request_and_after_a_day(house, open_page):
    page = open_page(PHONE)
    page.goto(FORM)
    page.get_by_label("Apa yang terjadi?").fill(STORY)
    page.get_by_role("button", name="Hapus draf").click()
    expect(page.get_by_label("Apa yang terjadi?")).to_have_value("")
    assert page.evaluate("localStorage.length") == 0
    page.get_by_label("Apa yang terjadi?").fill(STORY)
    page.evaluate(
        """() => { const name = Object.keys(localStorage)[0];
        const draft = JSON.parse(localStorage[name]);
        localStorage[name] = JSON.stringify({ ...draft, at: draft.at - 25 * 3600 * 1000 }); }"""
    )
    page.goto(FORM)
    expect(page.get_by_label("Apa yang terjadi?")).to_have_value("")


def test_without_a_signal_nothing_is_lost_and_it_goes_when_it_is_back(house, open_page):
    page = open_page(PHONE, network=False)
    page.goto(FORM)
    page.get_by_label("Apa yang terjadi?").fill(STORY)
    page.context.set_offline(True)
    page.get_by_role("button", name="Kirim pengaduan").click()
    expect(page.get_by_role("alert")).to_contain_text("Belum ada sinyal")
    expect(page.get_by_label("Apa yang terjadi?")).to_have_value(STORY)
    assert not Case.objects.exists()
    page.context.set_offline(False)
    page.get_by_role("button", name="Kirim pengaduan").click()
    page.get_by_role("heading", name="Pengaduan Anda diterima").wait_for()
    assert Case.objects.get().text == STORY


def test_a_photo_is_made_small_before_it_goes(house, open_page):
    page = open_page(PHONE)
    page.goto(FORM)
    large = photo(3000, 2000, noise=True, quality=95)
    picked = {"name": "loket.jpg", "mimeType": "image/jpeg", "buffer": large}
    page.locator("input[type=file]").set_input_files([picked])
    expect(page.locator(".m-picked li")).to_contain_text("loket.jpg")
    longest, size = page.evaluate(
        """async () => { const file = document.querySelector('[type=file]').files[0];
        const picture = await createImageBitmap(file);
        return [Math.max(picture.width, picture.height), file.size]; }"""
    )
    assert longest == 2048
    assert size < len(large)
    page.get_by_label("Apa yang terjadi?").fill(STORY)
    page.get_by_role("button", name="Kirim pengaduan").click()
    page.get_by_role("heading", name="Pengaduan Anda diterima").wait_for()
    assert Case.objects.get().attachments.count() == 1


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["360 px", "1280 px"])
def test_every_state_of_the_form_is_accessible(house, open_page, accessible, size):
    page = open_page(size)
    page.goto(FORM)
    page.locator("input[value=agency]").check()
    page.get_by_text("Kapan dan di mana").click()
    accessible(page)
    page.get_by_label("Nomor WhatsApp").fill("12")
    page.get_by_label("Apa yang terjadi?").fill(" ")
    page.get_by_role("button", name="Kirim pengaduan").click()
    page.get_by_role("heading", name="Ada yang perlu diperbaiki").wait_for()
    accessible(page)
    page.goto("/pengaduan/")
    page.get_by_text("Tidak bisa membuka?").click()
    accessible(page)


def test_what_was_answered_before_is_accessible_and_the_way_on_is_one_tap(
    house, open_page, accessible
):
    at, desk = timezone.now(), house.people["complaints_desk"]
    usual = {"mall": house.mall, "kind": "complaint", "channel": "web", "language": "id"}
    case = rules.file_case(text=STORY, at=at, **usual).case
    words = {"subject": "Lama menunggu dipanggil", "text": STORY, "answer": "Loket ditambah."}
    Publication.objects.create(case=case, published_at=at, published_by=desk, **words)
    page = open_page(PHONE)
    page.goto(FORM)
    page.get_by_label("Apa yang terjadi?").fill(STORY)
    page.get_by_role("button", name="Kirim pengaduan").click()
    page.get_by_role("heading", name="Mungkin sudah dijawab").wait_for()
    accessible(page)
    page.get_by_role("button", name="Kirim pengaduan saya").click()
    page.get_by_role("heading", name="Pengaduan Anda diterima").wait_for()
    accessible(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Simpan").click()
    number = Case.objects.latest("pk").number
    assert download.value.suggested_filename == f"pengaduan-{number}.txt"
    assert number[:4] in download.value.path().read_text()


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["360 px", "1280 px"])
def test_every_state_of_a_case_is_accessible(house, open_page, accessible, size):
    at, desk = timezone.now(), house.people["complaints_desk"]
    usual = {"mall": house.mall, "kind": "complaint", "channel": "web", "language": "id"}
    case, pin = rules.file_case(text=STORY, agency_code="DUKCAPIL", at=at - 20 * DAY, **usual)
    page = open_page(size)
    page.goto(f"/pengaduan/{case.number}/")
    page.get_by_label("PIN").fill(pin)
    page.get_by_role("button", name="Lihat status").click()

    def look(state):
        page.goto(f"/pengaduan/{case.number}/")
        expect(page.locator(".m-state")).to_contain_text(state)
        page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
        accessible(page)

    look("Diterima")  # and late
    rules.check(case_id=case.pk, by=desk, at=at)
    rules.classify(case_id=case.pk, level="supervision", by=desk, at=at)
    rules.ask_for_more(case_id=case.pk, text="Kapan?", by=desk, at=at)
    look("Menunggu jawaban Anda")
    rules.complete(case=case, text="Kemarin.", at=at)
    rules.respond(case_id=case.pk, text="Kami cek.", by=desk, at=at)
    look("Diperiksa")
    rules.answer(case_id=case.pk, text="Beres.", by=desk, at=at)
    look("Dijawab")
    rules.object_to(case=case, text="Belum.", at=at)
    look("Keberatan diajukan")
    rules.withdraw(case=case, at=at)
    look("Dicabut")
