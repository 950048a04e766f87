"""A citizen's journeys at 360 px: find, book, two services in one visit; counted, and by keyboard.

`Citizen` counts taps and fields. A question typed into the search is one field more, of no form.
"""

import re

import pytest

from queueing.models import Queue, Ticket, Visit
from services.models import Agency, Mall, Paper, ServiceStandard, ServiceType
from tests.browser.citizen import Citizen
from tests.browser.conftest import PHONE
from tests.browser.test_main_job import living_house  # noqa: F401  (a fixture)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NAME, NIK = "Siti Aminah", "3576014101900001"
HOME, QUESTION = "/gajah-mada/", "ktp ilng"
# Words that are the same in both languages.
SHARED = {"NIK", "WhatsApp", "QR", "ID", "EN", "November", "April", "September"}
SHARED |= {*NAME.split(), *QUESTION.split(), "hilang"}
# An outline is drawn around what has the focus, in forced colours too, or around what holds it.
RING = """() => {
    const on = document.activeElement;
    return [on, on.nextElementSibling, on.parentElement].some((element) => {
        const style = element && getComputedStyle(element);
        return style && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2
            && (style.outlineColor !== "rgba(0, 0, 0, 0)" || /0px 0px 3px/.test(style.boxShadow));
    });
}"""


def book_with(citizen):
    """From the service's page to the ticket: five presses with the one that led there."""
    citizen.follow("Ambil nomor antrean")
    citizen.press("Lanjut")
    citizen.type("name", NAME)
    citizen.type("nik", NIK)
    citizen.press("Lanjut")
    citizen.press("Ambil nomor antrean")


@pytest.mark.parametrize("javascript", [True, False], ids=["with scripts", "without scripts"])
def test_a_misspelt_question_leads_to_a_number_in_five_taps_and_two_fields(
    living_house,  # noqa: F811
    open_page,
    accessible,
    javascript,
):
    page = open_page(PHONE, javascript=javascript)
    citizen = Citizen(page, accessible)
    citizen.open(HOME)
    citizen.ask(QUESTION)
    citizen.tap(page.get_by_role("link", name="Penggantian KTP-el hilang").first)
    book_with(citizen)
    assert (citizen.taps, citizen.fields, len(citizen.screens)) == (5, 2, 7), citizen.screens
    ticket = Ticket.objects.get()
    assert citizen.label == ticket.label
    assert page.locator("b.m-pin").inner_text().replace(" ", "") == ticket.visit.short_code
    assert page.locator("[role=img] svg.m-qr").count() == 1


def test_what_is_sought_most_leads_to_a_number_in_six_screens(
    living_house,  # noqa: F811
    open_page,
):
    citizen = Citizen(open_page(PHONE))
    citizen.open(HOME)
    citizen.tap(citizen.page.locator(f"main a[href='{HOME}layanan/KTP/']").first)
    book_with(citizen)
    assert (citizen.taps, citizen.fields, len(citizen.screens)) == (5, 2, 6), citizen.screens


def test_after_a_change_of_language_no_indonesian_sentence_is_left(
    living_house,  # noqa: F811
    open_page,
    accessible,
):
    said = {}
    for language in ("id", "en"):
        citizen = Citizen(open_page(PHONE), accessible if language == "en" else lambda _page: None)
        citizen.page.goto(HOME)
        if language == "en":
            citizen.press("Read in English")
            citizen.language, citizen.screens, citizen.said, citizen.taps = "en", [], set(), 0
            assert citizen.page.locator("html").get_attribute("lang") == "en"
        citizen.arrive()
        citizen.ask(QUESTION)
        citizen.tap(citizen.page.locator(f"main a[href='{HOME}layanan/KTP/']").first)
        book_with(citizen)
        assert (citizen.taps, citizen.fields) == (5, 2)
        said[language] = citizen.said
        Ticket.objects.update(person_key=None)  # the second time it is somebody else
    content = sorted(_content(), key=len, reverse=True)
    left = {line: _without(line, content) for line in said["id"] & said["en"]}
    assert [line for line, rest in left.items() if re.search(r"[^\W\d_]{2,}", rest)] == []


def _content():
    """What the mall itself wrote: names are the same in every language."""
    for model, fields in (
        (Mall, ("name", "regency", "province")),
        (Agency, ("name",)),
        (Queue, ("name",)),
        (ServiceType, ("name", "code")),
    ):
        for row in model.objects.values_list(*fields):
            yield from (text for text in row if text)
    yield from SHARED
    for standard in ServiceStandard.objects.all():
        yield from standard.requirements


def _without(line, content):
    for text in content:
        line = re.sub(rf"(?<!\w){re.escape(text)}(?!\w)", "", line, flags=re.IGNORECASE)
    return line


# -- by keyboard alone ---------------------------------------------------------------------------


def tab_to(page, wanted):
    """Press Tab until `wanted` has the focus; on the way it moves each time, and is seen."""
    target = wanted.element_handle()
    for _press in range(60):
        before = page.evaluate_handle("document.activeElement")
        page.keyboard.press("Tab")
        assert not page.evaluate("(before) => document.activeElement === before", before), "a trap"
        where = page.evaluate("document.activeElement.outerHTML.slice(0, 120)")
        assert page.evaluate(RING), f"no ring around {where}"
        if page.evaluate("(wanted) => document.activeElement === wanted", target):
            return
    raise AssertionError(f"Tab never comes to {wanted}")


def key(page, name):
    """Press a key that leads to another page."""
    with page.expect_navigation(wait_until="load"):
        page.keyboard.press(name)


def test_the_whole_booking_by_keyboard_with_a_wrong_nik_on_the_way(
    living_house,  # noqa: F811
    open_page,
    accessible,
):
    page = open_page(PHONE)
    at = Citizen(page)
    page.goto(HOME)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.hash") == "#isi"  # the first stop skips the menu
    page.keyboard.press("Enter")
    tab_to(page, page.locator("input[name=q]"))
    page.keyboard.type(QUESTION)
    key(page, "Enter")
    tab_to(page, page.get_by_role("link", name="Penggantian KTP-el hilang").first)
    key(page, "Enter")
    tab_to(page, at.link("Ambil nomor antrean"))
    key(page, "Enter")
    hour = page.locator("input[name=jam]:checked")
    beforehand = hour.input_value()
    tab_to(page, hour)
    page.keyboard.press("ArrowDown")
    chosen = page.locator("input[name=jam]:checked").input_value()
    assert chosen != beforehand
    tab_to(page, at.button("Lanjut"))
    key(page, "Space")
    tab_to(page, page.locator("input[name=name]"))
    page.keyboard.type(NAME)
    tab_to(page, page.locator("input[name=nik]"))
    page.keyboard.type(NIK[:-1])
    key(page, "Enter")

    assert page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    assert (
        "NIK harus 16 angka. Yang Anda tulis 15 angka." in page.locator("[role=alert]").inner_text()
    )
    accessible(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the error's link leads into its field
    assert page.evaluate("document.activeElement.name") == "nik"
    assert page.input_value("input[name=nik]") == NIK[:-1]
    assert page.input_value("input[name=name]") == NAME
    page.keyboard.press("End")
    page.keyboard.type(NIK[-1])
    key(page, "Enter")
    tab_to(page, at.button("Ambil nomor antrean"))
    key(page, "Enter")
    assert at.label == Ticket.objects.get(window=chosen).label


# -- two services in one visit -------------------------------------------------------------------


@pytest.mark.parametrize("javascript", [True, False], ids=["with scripts", "without scripts"])
def test_two_numbers_at_once_the_maker_of_the_paper_first(
    living_house,  # noqa: F811
    open_page,
    accessible,
    javascript,
):
    tax = living_house.services["PBB"]
    Paper.objects.create(
        mall=living_house.mall, name="surat kehilangan dari kepolisian", made_by=tax
    )
    ServiceStandard.objects.filter(service_type=tax).update(requirements=[])
    page = open_page(PHONE, javascript=javascript)
    citizen = Citizen(page, accessible)
    citizen.open(f"{HOME}layanan/KTP/")
    page.get_by_text("Belum punya?").first.click()
    citizen.follow("Ambil dua nomor sekaligus")
    assert "Ambil 2 nomor sekaligus" in citizen.text
    citizen.tap(page.locator("main").get_by_role("button", name=re.compile("^Ambil .*, mulai")))
    citizen.type("name", NAME)
    citizen.type("nik", NIK)
    citizen.press("Lanjut")
    assert citizen.text.index("Layanan PBB") < citizen.text.index("Penggantian KTP-el hilang")
    citizen.press("Ambil nomor antrean")
    assert (citizen.taps, citizen.fields, len(citizen.screens)) == (4, 2, 5), citizen.screens
    first, second = Visit.objects.get().tickets.order_by("window__starts_at")
    assert [first.service_type.code, second.service_type.code] == ["PBB", "KTP"]
    assert first.window.ends_at <= second.window.starts_at
    assert "2 nomor, urut menurut jam." in citizen.text
    assert citizen.text.index(first.label) < citizen.text.index(second.label)
