"""The staff page of a case in Chromium: axe clean, as wide as its window, no words lost."""

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from complaints import rules
from complaints.models import CaseEvent
from complaints.workflow import State
from tests.browser.conftest import DESK, PHONE
from tests.browser.officers import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ANSWER = "Antrean sudah kami tata ulang sejak hari ini."


@pytest.fixture
def case(open_house):
    """A case with the civil registry, anonymous, with a contact."""
    house, at = open_house, timezone.now()
    desk = house.people["complaints_desk"]
    case = rules.file_case(
        mall=house.mall,
        kind="complaint",
        subject="Loket tutup sebelum waktunya",
        text="Saya datang 14.40 dan loket sudah kosong.",
        agency_code="DUKCAPIL",
        at=at,
        channel="web",
        language="id",
        name="Siti Aminah",
        anonymous=True,
        counter_number=3,
    ).case
    rules.check(case_id=case.pk, by=desk, at=at)
    rules.classify(case_id=case.pk, level="ordinary", by=desk, at=at)
    rules.add_note(case_id=case.pk, text="CCTV disimpan.", by=desk, at=at)
    return case


@pytest.mark.parametrize("size", [PHONE, DESK])
def test_the_page_of_a_case_is_accessible_with_everything_open(
    case, open_house, open_page, live_server, accessible, size
):
    page = open_page(size)
    sign_in(page, open_house.people["complaints_desk"], live_server.url)
    page.goto(live_server.url + reverse("admin:complaints_case_changelist"))
    expect(page.get_by_text("Sisa").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    page.goto(live_server.url + reverse("admin:complaints_case_change", args=[case.pk]))
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    accessible(page)


def test_the_second_of_two_answers_is_kept_on_the_page(
    case, open_house, open_page, live_server, accessible
):
    people, address = open_house.people, reverse("admin:complaints_case_change", args=[case.pk])
    CaseEvent.objects.create(case=case, kind="forwarded", at=case.received_at)
    first, second = open_page(DESK), open_page(PHONE)
    for page, who in ((first, "liaison"), (second, "head")):
        sign_in(page, people[who], live_server.url)
        page.goto(live_server.url + address)
        page.get_by_text("Jawab pelapor").first.click()
        page.get_by_label("Jawaban untuk pelapor").fill(f"{ANSWER} ({who})")
    first.get_by_role("button", name="Jawab pelapor").click()
    expect(first.get_by_text("Jawaban terkirim kepada pelapor.")).to_be_visible()
    second.get_by_role("button", name="Jawab pelapor").click()
    expect(second.get_by_role("alert")).to_contain_text("baru saja berubah")
    expect(second.get_by_label("Tulisan Anda")).to_have_value(f"{ANSWER} (head)")
    accessible(second)
    second.get_by_role("button", name="Simpan sebagai catatan").click()
    expect(second.get_by_text(f"{ANSWER} (head)")).to_be_visible()
    case.refresh_from_db()
    assert case.state == State.ANSWERED
