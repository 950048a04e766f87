"""The survey on a phone of 360 px, by taps alone, with and without scripts; axe sees every page."""

import re
import uuid

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from surveys import rules
from surveys.models import Response
from tests.browser.conftest import DESK, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def fresh(open_house):
    """The path of a survey of today."""
    service, mall = open_house.services["KTP"], open_house.mall
    at = timezone.now()
    token = rules.invite(
        mall=mall,
        agency=service.agency,
        service=service,
        date=mall.date_at(at),
        reference=uuid.uuid4(),
        at=at,
    )
    return f"/survei/{token}/"


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_visit_is_rated_with_nine_taps(fresh, open_page, accessible, scripts):
    page = open_page(PHONE, javascript=scripts, touch=True)
    page.goto(fresh)
    for number in range(1, 10):
        expect(page).to_have_title(re.compile(f"^Penilaian {number} dari 9"))
        faces = page.locator(".m-face")
        boxes = [faces.nth(place).bounding_box() for place in range(4)]
        assert min(box["height"] for box in boxes) >= 72
        assert boxes[-1]["y"] + boxes[-1]["height"] <= PHONE["height"]  # all in the first view
        if number in (1, 4, 9):
            accessible(page)
        faces.nth(2).tap()
    page.wait_for_url("**/tentang-anda/")
    accessible(page)
    page.get_by_role("button", name="Lanjut").tap()
    page.wait_for_url("**/saran/")
    accessible(page)
    page.get_by_role("link", name="Lewati").tap()
    page.wait_for_url("**/selesai/")
    assert page.get_by_role("heading", level=1).inner_text() == "Terima kasih."
    accessible(page)
    assert Response.objects.get().waktu == 3


def test_by_keyboard_and_back_with_the_browsers_own_key(fresh, open_page, accessible):
    page = open_page(DESK)
    page.goto(fresh)
    page.get_by_role("button", name="Kurang sesuai").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/2/")
    page.get_by_role("button", name="Lewati").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/3/")
    page.go_back()
    page.go_back()
    assert page.locator('[aria-pressed="true"]').inner_text() == "Kurang sesuai"
    accessible(page)


def test_words_become_a_complaint_without_standing_in_an_address(
    fresh,
    open_page,
    accessible,
):
    page = open_page(PHONE, javascript=False)
    page.goto(fresh)
    for _number in range(9):
        page.locator(".m-face").nth(1).click()
    page.get_by_role("button", name="Lanjut").click()
    page.get_by_label("Ada yang ingin disampaikan?").fill("Kursi kurang")
    page.get_by_role("button", name="Jadikan pengaduan").click()
    assert page.url.endswith("/gajah-mada/pengaduan/baru/")
    assert page.get_by_label("Apa yang terjadi?").input_value() == "Kursi kurang"
    accessible(page)


def test_an_old_link_says_so_on_a_page_that_all_can_read(fresh, open_page, accessible):
    token = fresh.strip("/").split("/")[1]
    rules.answer(token=token, answers={"waktu": 3}, at=timezone.now(), request_key="perangkat-lain")
    page = open_page(PHONE)
    page.goto(fresh)
    assert "sudah dinilai" in page.get_by_role("heading", level=1).inner_text()
    accessible(page)
