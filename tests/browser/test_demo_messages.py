"""The demo's inbox on a phone without scripts: readable by everybody, and its links lead on."""

import pytest

from mpp_portal.demo_messages import store
from notifications import rules as outbox
from tests.browser.conftest import DESK, PHONE
from tests.house import at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HTML = (
    "<html lang='id'><title>x</title><main><h1>Halo</h1><a href='{}'>Buka tiket</a></main></html>"
)


@pytest.fixture
def inbox(settings, tmp_path, open_house, live_server):
    """An inbox with one message of each channel, and a reminder that waits."""
    settings.CATCHES_MESSAGES, settings.DATA_DIR = True, tmp_path
    settings.NOTIFICATION_CHANNELS = ["email"]
    open_house.mall.rehearsal = True
    open_house.mall.save(update_fields=["rehearsal"])
    ticket = open_house.book("PBB", 10, email="budi@contoh.id", name="Budi")
    outbox.send_due(at=at(7, 31))
    link, place = f"{live_server.url}/tiket/{ticket.visit.token}/", tmp_path / store.FOLDER
    words = {"text": f"Halo Budi,\n\nbuka {link}", "to": "+6281234567890"}
    store.keep(place, channel="sms", **words)
    words["to"] = "budi@contoh.id"
    store.keep(
        place, channel="email", subject="Nomor antrean Anda", html=HTML.format(link), **words
    )


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_the_inbox_is_for_everybody_and_leads_on(inbox, open_page, accessible, size):
    page = open_page(size, javascript=False)
    page.goto("/demo/pesan/")
    assert page.locator("meta[http-equiv=refresh]").get_attribute("content") == "5"
    assert page.locator("a.m-item").count() == 2
    accessible(page)
    page.goto("/demo/pesan/alamat/")
    accessible(page)
    page.get_by_label("Alamat surel atau nomor HP").fill("budi@contoh.id")
    page.get_by_role("button", name="Tampilkan", exact=True).click()
    page.get_by_text("Untuk: budi@contoh.id").wait_for()
    with page.expect_navigation(wait_until="load"):
        page.locator("a.m-item").click()
    accessible(page)
    page.frame_locator("iframe").get_by_role("link", name="Buka").wait_for()
    with page.context.expect_page() as opened:
        page.frame_locator("iframe").get_by_role("link", name="Buka").click()
    opened.value.wait_for_url("**/tiket/**")
    assert opened.value.locator("#tiket").count() == 1
