"""Back, reload, a lost answer: a person who presses again has one number, and types nothing again.

The pages of a booking have no scripts; `test_main_job.py` holds the double press.
"""

import pytest
from playwright.sync_api import Error

from queueing.models import Ticket, Visit, Window
from tests.browser.citizen import Citizen
from tests.browser.conftest import PHONE
from tests.browser.test_main_job import living_house  # noqa: F401  (a fixture)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SEND = "aksi=kirim"


@pytest.fixture
def citizen(living_house, open_page):  # noqa: F811
    """Siti at the last page before her number, on a line that may fail."""
    citizen = Citizen(open_page(PHONE, network=False))
    citizen.to_the_review("AKTA", "Siti Aminah")
    return citizen


def one_number(citizen):
    """There is one number, it is the one on the page, and it took one seat."""
    citizen.page.locator("b.m-pin").wait_for()
    assert Visit.objects.count() == 1
    assert citizen.label == Ticket.objects.get().label
    assert sum(Window.objects.values_list("taken", flat=True)) == 1


def lose_the_answer(page, how):
    """The server takes the booking; its answer never comes to the phone: `how(route)` instead."""
    lost = []

    def handle(route):
        if lost or SEND not in (route.request.post_data or ""):
            return route.continue_()
        lost.append(route.fetch(max_redirects=0).status)
        return how(route)

    page.route("**/antrean/**", handle)
    return lost


def on_the_browsers_own_page(page):
    """Wait until the browser says that there is no page."""
    while not page.url.startswith("chrome-error:"):
        page.wait_for_timeout(20)
    page.wait_for_load_state()


def test_sending_again_after_going_back_gives_the_same_ticket(citizen):
    page = citizen.page
    citizen.press("Ambil nomor antrean")
    first = citizen.label
    page.reload()
    assert citizen.label == first
    try:
        page.go_back()
    except Error:  # the browser asks whether to send the form of that page again: yes
        on_the_browsers_own_page(page)
        page.reload()
    assert page.locator("h1").inner_text() == "Sudah benar?"
    citizen.press("Ambil nomor antrean")
    assert citizen.label == first
    one_number(citizen)


def test_the_phones_back_from_the_review_keeps_what_was_typed(citizen):
    citizen.page.go_back()
    assert citizen.page.locator("h1").inner_text() == "Siapa yang datang?"
    assert citizen.page.input_value("input[name=name]") == "Siti Aminah"
    citizen.press("Lanjut")
    citizen.press("Ambil nomor antrean")
    one_number(citizen)


def test_a_booking_whose_answer_was_lost_is_found_by_pressing_again(citizen):
    page = citizen.page
    lost = lose_the_answer(page, lambda route: None)  # nothing comes, and the page stays
    box = citizen.button("Ambil nomor antrean").bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.click(*middle)
    while not lost:
        page.wait_for_timeout(20)
    assert lost == [302]
    assert Visit.objects.count() == 1
    page.mouse.click(*middle)
    one_number(citizen)


def test_a_line_that_breaks_under_the_answer_costs_no_second_number(citizen):
    page = citizen.page
    lost = lose_the_answer(page, lambda route: route.abort("connectionreset"))
    citizen.button("Ambil nomor antrean").click(no_wait_after=True)
    on_the_browsers_own_page(page)
    assert lost == [302]
    page.reload()  # the browser's own button: the form is sent a second time
    one_number(citizen)
