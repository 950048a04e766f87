"""The kiosk touched in Chromium: three touches, reach mode, larger writing, reset, scanner."""

from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from queueing import rules
from queueing.devices import COOKIE
from queueing.models import HelpCall, Ticket, Window
from tests.browser.officers import open_today
from tests.hall.devices import pair_device

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PORTRAIT = {"width": 1080, "height": 1920}
LANDSCAPE = {"width": 1920, "height": 1080}
KIOSK = "/gajah-mada/kios/"
PAGES = ("", "layanan/", "instansi/", "instansi/DUKCAPIL/", "prioritas/", "hadir/", "pengaduan/")
SMALL = """() => [...document.querySelectorAll('a, button, input:not([type=hidden])')]
  .filter((one) => one.checkVisibility() && !one.closest('.m-kscan, dialog, .m-skip'))
  .map((one) => [one.innerText || one.name, one.getBoundingClientRect()])
  .filter(([, box]) => WRONG).map(([name]) => name.slice(0, 40))"""
TOO_SMALL = SMALL.replace("WRONG", "box.height < 71.5 || box.width < 71.5")
TOO_HIGH = SMALL.replace("WRONG", "box.top < innerHeight / 2 - 1")
OUTSIDE = SMALL.replace("WRONG", "box.bottom > innerHeight + 1 || box.right > innerWidth + 1")
SCROLLS = """() => [document.documentElement, ...document.querySelectorAll(
    '.m-kiosk, .m-kiosk__top, .m-kiosk__main, .m-kacts, .m-ktile, .m-kbtn, .m-kpaper')]
  .filter((one) => one.scrollHeight > one.clientHeight + 2)
  .map((one) => `${one.className}: ${one.scrollHeight} in ${one.clientHeight}`)"""
LAID_OUT = """() => document.fonts.ready.then(() => new Promise((done) =>
  requestAnimationFrame(() => requestAnimationFrame(done))))"""


@pytest.fixture
def house(open_house):
    """The small mall, open at this very hour."""
    open_today(open_house)
    return open_house


@pytest.fixture
def device(house):
    return pair_device(house.mall, "kiosk")


@pytest.fixture
def open_kiosk(open_page, live_server, device):
    """`open_kiosk(size)`: a touch screen with the kiosk's cookie, at its start page."""

    def open_one(size=PORTRAIT, *, look: str = "", **page_of):
        page = open_page(size, touch=True, **page_of)
        host = urlsplit(live_server.url).hostname
        cookies = [{"name": COOKIE, "value": device.token, "domain": host, "path": "/"}]
        if look:
            cookies.append({"name": "kios_tampilan", "value": look, "domain": host, "path": KIOSK})
        page.context.add_cookies(cookies)
        page.add_init_script("window.printed = 0; window.print = () => { window.printed += 1; };")
        page.goto(KIOSK)
        return page

    return open_one


def tap(page, words: str) -> None:
    """Touch the button or link that says this."""
    press(page, page.locator("a:visible, button:visible").filter(has_text=words).first)


def press(page, button) -> None:
    """Touch it, and wait for the page it leads to."""
    with page.expect_navigation():
        button.tap()


def take(page) -> Ticket:
    """Start, a tile, the number."""
    tap(page, "Ambil nomor antrean")
    tap(page, "Layanan KK")
    page.wait_for_url("**/nomor/")
    return Ticket.objects.latest("pk")


def test_an_old_person_has_a_number_after_two_touches_and_the_paper_after_three(house, open_kiosk):
    page = open_kiosk()
    ticket = take(page)
    number = page.locator(".m-kpaper .m-code")
    expect(number).to_contain_text(ticket.label.split()[1])
    expect(number).to_be_in_viewport()
    page.wait_for_function("() => window.printed === 1")
    expect(page.locator(".m-kslip")).to_contain_text(house.mall.name)
    page.emulate_media(media="print")
    expect(page.locator(".m-kslip .m-slip__code")).to_be_visible()
    expect(page.locator(".m-kiosk")).to_be_hidden()
    page.emulate_media(media="screen")
    tap(page, "Ya, sudah")
    expect(page.get_by_text("Ambil karcis Anda")).to_be_visible()
    ticket.refresh_from_db()
    assert ticket.state == "waiting"
    assert page.evaluate("window.printed") == 0  # the page after prints no second paper


def test_a_page_drawn_again_prints_no_second_paper(house, open_kiosk):
    page = open_kiosk()
    take(page)
    page.wait_for_function("() => window.printed === 1")
    tap(page, "Perbesar tulisan")
    expect(page.locator("html.is-large")).to_be_attached()
    page.wait_for_timeout(300)
    assert page.evaluate("window.printed") == 0


def test_two_touches_in_a_blink_give_one_number(house, open_kiosk):
    page = open_kiosk()
    tap(page, "Ambil nomor antrean")
    page.evaluate(
        """() => { const tile = document.querySelector('button.m-ktile');
                   setTimeout(() => { tile.click(); tile.click(); }); }"""
    )
    page.wait_for_url("**/nomor/")
    assert Ticket.objects.count() == 1


@pytest.mark.parametrize("size", [PORTRAIT, LANDSCAPE], ids=["portrait", "landscape"])
@pytest.mark.parametrize("look", ["", "en", "besar", "rendah", "en.rendah.besar"])
def test_no_page_scrolls_and_every_target_is_large(house, open_kiosk, size, look):
    page = open_kiosk(size, look=look)
    seen = [KIOSK + path for path in PAGES]
    for address in seen:
        page.goto(address)
        _holds(page, low="rendah" in look)
    page.goto(KIOSK + "layanan/")
    page.locator("button.m-ktile").first.tap()
    page.wait_for_url("**/nomor/")
    _holds(page, low="rendah" in look)
    press(page, page.locator("[value=tidak]"))
    _holds(page, low="rendah" in look)
    press(page, page.locator("[value=tanpa]"))
    _holds(page, low="rendah" in look)


def test_with_larger_writing_a_call_for_help_hides_nothing(house, open_kiosk):
    page = open_kiosk(LANDSCAPE, look="besar")
    take(page)
    tap(page, "Panggil petugas")
    _holds(page, low=False)
    page.goto(KIOSK + "hadir/")
    _holds(page, low=False)


def _holds(page, *, low: bool) -> None:
    where = (page.url, page.viewport_size)
    page.evaluate(LAID_OUT)
    assert page.evaluate(SCROLLS) == [], where
    assert page.evaluate(TOO_SMALL) == [], where
    assert page.evaluate(OUTSIDE) == [], where
    if low:
        assert page.evaluate(TOO_HIGH) == [], where


def test_reach_mode_larger_writing_and_english_go_together_by_touch(house, open_kiosk):
    page = open_kiosk()
    tap(page, "Tombol di bawah")
    tap(page, "Perbesar tulisan")
    tap(page, "English")
    assert page.locator("html").get_attribute("lang") == "en"
    expect(page.locator("html.is-large .is-low")).to_be_attached()
    press(page, page.locator("main .m-kbtn--call"))
    page.locator("button.m-ktile").first.tap()
    page.wait_for_url("**/nomor/")
    assert Ticket.objects.get().visit.language == "en"
    _holds(page, low=True)


@pytest.mark.parametrize("look", ["", "en.rendah.besar"])
def test_every_page_is_clean_for_axe(house, open_kiosk, accessible, look):
    page = open_kiosk(look=look)
    for path in PAGES:
        page.goto(KIOSK + path)
        accessible(page)
    page.goto(KIOSK + "layanan/")
    page.locator("button.m-ktile").first.tap()
    page.wait_for_url("**/nomor/")
    accessible(page)


def test_nobody_there_means_a_question_and_then_the_start(house, open_kiosk):
    page = open_kiosk()
    page.clock.install()
    take(page)
    page.clock.run_for(49_000)
    expect(page.get_by_text("Masih di sini?")).to_be_hidden()
    page.clock.run_for(2_000)
    expect(page.get_by_text("Masih di sini?")).to_be_visible()
    page.get_by_text("Ya, lanjut").tap()
    expect(page.get_by_text("Masih di sini?")).to_be_hidden()
    page.clock.run_for(61_000)
    page.wait_for_url("**/kios/?baru")


def test_thirty_seconds_after_the_paper_the_kiosk_is_the_next_persons(house, open_kiosk):
    page = open_kiosk()
    page.clock.install()
    label = take(page).label.split()[1]
    tap(page, "Ya, sudah")
    expect(page.get_by_text("kembali ke awal dalam 30 detik")).to_be_visible()
    page.clock.run_for(31_000)
    page.wait_for_url("**/kios/?baru")
    for _n in range(3):
        page.go_back()
        page.wait_for_load_state()
        expect(page.locator("body")).not_to_contain_text(label)


def test_without_a_server_the_kiosk_stays_hides_the_number_and_comes_back(house, open_kiosk):
    page = open_kiosk(network=False)
    page.clock.install()
    take(page)
    tap(page, "Ya, sudah")
    page.route("**/kios/?baru", lambda route: route.abort())
    page.locator(".m-kcount").tap()
    expect(page.locator("main")).to_be_hidden()
    assert page.url.endswith("/nomor/")
    page.unroute("**/kios/?baru")
    page.clock.run_for(5_100)
    page.wait_for_url("**/kios/?baru")
    expect(page.get_by_text("Sudah punya nomor")).to_be_visible()


def test_a_touch_on_the_question_or_on_a_button_leaves_the_scanner_its_field(house, open_kiosk):
    page = open_kiosk()
    page.clock.install()
    page.goto(KIOSK + "layanan/")
    field = page.locator("[data-scan]:focus")
    page.locator("[data-read]").tap()
    field.wait_for(state="attached")
    page.locator("[data-read]").tap()
    page.clock.run_for(51_000)
    page.locator("#masih h2").tap()
    expect(page.locator("#masih")).to_be_hidden()
    field.wait_for(state="attached")
    page.clock.run_for(51_000)
    page.keyboard.type("ABC")
    expect(page.locator("#masih")).to_be_hidden()
    assert page.locator("[data-scan]").input_value() == "ABC"
    assert page.url.endswith("/layanan/")


def test_the_number_is_said_and_then_what_to_do(house, open_kiosk):
    page = open_kiosk()
    tap(page, "Ambil nomor antrean")
    with page.expect_response(lambda answer: "/suara/id/keluar.wav" in answer.url) as answer:
        tap(page, "Layanan KK")
    assert answer.value.ok
    expect(page.get_by_text("Sentuh Ya agar nomor Anda ikut dipanggil.")).to_be_visible()


def test_a_scanner_types_a_ticket_anywhere_and_its_token_stays_nowhere(
    house, open_kiosk, live_server
):
    now = timezone.now()
    window = Window.objects.filter(queue=house.queues["C"], starts_at__lte=now, ends_at__gt=now)
    wish = rules.Wish("KTP", window.get().pk)
    visit = rules.book(mall=house.mall, wishes=[wish], at=now, name="Siti Aminah")
    for path in ("", "layanan/", "hadir/"):
        page = open_kiosk()
        page.goto(KIOSK + path)
        page.locator("[data-scan]:focus").wait_for(state="attached")
        page.keyboard.type(f"{live_server.url}/tiket/{visit.token}/")
        page.keyboard.press("Enter")
        page.wait_for_url("**/nomor/")
        expect(page.locator("h1")).to_have_text("Anda tercatat hadir")
        assert visit.token not in page.url
        assert "Siti" not in page.content()
    assert visit.tickets.get().state == "waiting"


def test_the_code_is_typed_on_the_screen(house, open_kiosk):
    page = open_kiosk()
    tap(page, "Sudah punya nomor")
    for key in "ABCZ":
        page.locator(f"[data-key='{key}']").tap()
    page.get_by_label("Hapus satu").tap()
    for key in "234X":
        page.locator(f"[data-key='{key}']").tap()
    assert page.locator("#kode").input_value() == "ABC234"
    tap(page, "Lapor hadir")
    expect(page.get_by_role("alert")).to_contain_text("meja depan")


def test_staff_are_called_from_any_page(house, open_kiosk):
    page = open_kiosk()
    tap(page, "Layanan prioritas")
    tap(page, "Panggil petugas")
    expect(page.get_by_role("status")).to_contain_text("Petugas sudah dipanggil")
    assert page.url.endswith("/prioritas/")
    assert HelpCall.objects.count() == 1


def test_the_page_is_read_aloud_in_its_language(house, open_kiosk):
    page = open_kiosk(look="en")
    page.evaluate("""() => { window.spoken = [];
        document.addEventListener('mpp:spoken', (event) => spoken.push(event.detail.keys)); }""")
    with page.expect_response(lambda answer: "/suara/en/mulai.wav" in answer.url) as answer:
        page.locator("[data-read]").tap()
    assert answer.value.ok
    page.wait_for_function("() => JSON.stringify(spoken) === '[[\"bantuan\"]]'")


def test_without_scripts_the_whole_way_works(house, open_kiosk):
    page = open_kiosk(javascript=False)
    ticket = take(page)
    expect(page.locator(".m-kpaper")).to_contain_text(ticket.label.split()[1])
    tap(page, "Ya, sudah")
    expect(page.get_by_text("Ambil karcis Anda")).to_be_visible()
    ticket.refresh_from_db()
    assert ticket.state == "waiting"
    tap(page, "Selesai")
    page.wait_for_url("**/kios/?baru")
