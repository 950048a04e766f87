"""A call for help reaches the front desk by itself, keeps the focus, and is answered by a press."""

import pytest
from django.utils import timezone

from queueing import rules
from queueing.models import HelpCall
from tests.browser.conftest import DESK, PHONE
from tests.browser.officers import sign_in
from tests.hall.devices import pair_device

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def kiosks(open_house):
    at = timezone.now()
    return [pair_device(open_house.mall, "kiosk", last_seen_at=at) for _n in range(2)]


@pytest.fixture
def desk(open_house, open_page, live_server):
    def desk(size=DESK, **more):
        page = open_page(size, **more)
        if more.get("javascript", True):
            page.clock.install()
        sign_in(page, open_house.people["front_desk"], live_server.url)
        page.goto("/admin/meja-depan/")
        return page

    return desk


def test_a_call_comes_by_itself_and_what_has_the_focus_keeps_it(kiosks, desk, accessible):
    first, second = kiosks
    call = rules.call_for_help(device=first, at=timezone.now())
    page = desk()
    page.locator(f"#bantu-{call.pk}").focus()
    assert page.title().startswith("(1) ")
    rules.call_for_help(device=second, at=timezone.now())
    page.clock.run_for(15_500)
    page.get_by_text(f"{second.name} memanggil petugas.").wait_for()
    assert page.title().startswith("(2) ")
    assert page.evaluate("document.activeElement.id") == f"bantu-{call.pk}"
    accessible(page)
    page.keyboard.press("Enter")
    page.get_by_text(f"Anda menjawab panggilan dari {first.name}").wait_for()
    assert HelpCall.objects.get(answered_at=None).device == second


def test_without_scripts_a_call_is_there_on_reload_and_answered(kiosks, desk):
    page = desk(PHONE, javascript=False)
    rules.call_for_help(device=kiosks[0], at=timezone.now())
    page.reload()
    page.get_by_role("button", name="Saya ke sana").click()
    page.get_by_text("Anda menjawab panggilan").wait_for()
    assert not HelpCall.objects.filter(answered_at=None).exists()
